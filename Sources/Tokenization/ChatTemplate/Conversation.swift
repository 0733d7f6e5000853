// Conversation.swift — what a chat template renders.
// Tokenization › ChatTemplate.  Shape: OpenAI's chat messages, as transformers hands them to templates.

/// One message. `fields` is what the template sees, in this order.
package struct ChatMessage: Sendable, Equatable {
    package var fields: [TemplateField]

    package init(fields: [TemplateField]) { self.fields = fields }

    /// - Parameters:
    ///   - content: text, null, or a list of parts.
    ///   - others: `tool_calls`, `tool_call_id`, `name`, `reasoning_content` and so on.
    package init(role: String, content: TemplateValue, others: [TemplateField] = []) {
        fields = [TemplateField("role", .string(role)), TemplateField("content", content)] + others
    }

    package init(role: String, content: String) { self.init(role: role, content: .string(content)) }
}

/// A conversation and everything else that a rendering depends on.
package struct Conversation: Sendable, Equatable {
    package var messages: [ChatMessage]
    /// JSON schemas of the tools offered; nil where none are.
    package var tools: [TemplateValue]?
    /// End with the beginning of the assistant's answer.
    package var addGenerationPrompt: Bool
    /// What the request adds for the template (`enable_thinking`). Counts as outside input and hides nothing.
    package var options: [TemplateVariable]
    /// `bos_token` and so on: what the model's files and the server's configuration say.
    package var variables: [TemplateVariable]
    package var now: CalendarTime

    package init(
        messages: [ChatMessage], tools: [TemplateValue]? = nil, addGenerationPrompt: Bool = true,
        options: [TemplateVariable] = [], variables: [TemplateVariable] = [], now: CalendarTime = .now()
    ) {
        self.messages = messages
        self.tools = tools
        self.addGenerationPrompt = addGenerationPrompt
        self.options = options
        self.variables = variables
        self.now = now
    }

    /// Roles are the server's words, checked against this list; templates build special tokens from them
    /// (`<|user|>`), so they do not count as outside input.
    private static let knownRoles: Set<String> = [
        "system", "developer", "user", "assistant", "tool", "function", "ipython", "observation",
    ]

    /// What the template sees, a later one hiding an earlier. What clients wrote is marked as input.
    func globals() throws(TemplateFault) -> [(name: String, value: Value)] {
        var values: [(name: String, value: Value)] = []
        for option in options { values.append((option.name, try Value(option.value, isInput: true))) }
        for function in try TemplateGlobals.functions() { values.append((function.name, .function(function))) }
        for variable in variables { values.append((variable.name, try Value(variable.value, isInput: false))) }
        var list: [Value] = []
        for message in messages {
            var members: [(key: Value, value: Value)] = []
            for field in message.fields {
                var isInput = true
                if field.name == "role", case .string(let role) = field.value {
                    isInput = !Conversation.knownRoles.contains(role)
                }
                members.append((.text(field.name), try Value(field.value, isInput: isInput)))
            }
            list.append(.mapping(try Mapping(members)))
        }
        let tools: Value = if let tools { try Value(.list(tools), isInput: true) } else { .null }
        return values + [
            ("messages", try .sequence(list)), ("tools", tools), ("documents", .null),
            ("add_generation_prompt", .boolean(addGenerationPrompt)),
        ]
    }
}

extension Value {
    /// Plain data as a value; its text is marked if it came from outside.
    init(_ data: TemplateValue, isInput: Bool) throws(TemplateFault) {
        switch data {
        case .null: self = .null
        case .boolean(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = .float(value)
        case .string(let value): self = .string(TemplateString(value, isInput: isInput))
        case .list(let elements):
            var values: [Value] = []
            for element in elements { values.append(try Value(element, isInput: isInput)) }
            self = try .sequence(values)
        case .mapping(let fields):
            var members: [(key: Value, value: Value)] = []
            for field in fields {
                members.append(
                    (.string(TemplateString(field.name, isInput: isInput)), try Value(field.value, isInput: isInput)))
            }
            self = .mapping(try Mapping(members))
        }
    }
}
