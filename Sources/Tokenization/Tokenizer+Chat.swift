// Tokenizer+Chat.swift — conversations to ids.
// Tokenization.

package import Base

extension Tokenizer {
    /// The model's template for conversations without tools; nil if it has none or it does not parse.
    package var chatTemplate: ChatTemplate? { try? parts.chatTemplates.plain.get() }

    /// Why conversations cannot be written for this model, if so: it has no template, or one that does not parse.
    package var chatTemplateProblem: TemplateError? {
        guard case .failure(let problem) = parts.chatTemplates.plain else { return nil }
        return problem
    }

    /// The conversation as the model's template writes it.
    package func renderChat(_ conversation: Conversation) throws(TemplateError) -> String {
        try template(for: conversation).render(withModelVariables(conversation))
    }

    /// The tokens of a templated conversation: special tokens are those that the template wrote, never those that
    /// somebody typed into a message.
    ///
    /// Each character of the rendered prompt remembers whether it came out of the conversation. A special token is
    /// taken only where none of its characters did, so `<|im_end|>` in a user's text stays text. Reference clients
    /// (`apply_chat_template(tokenize=True)`) tokenize the rendered text as a whole and so let a user end his own
    /// turn; for conversations without special tokens in their texts the ids are the same. Added tokens that are not
    /// special (`<think>` in Qwen3) count as ordinary vocabulary and are taken anywhere, so that a model's own
    /// answers come back as the tokens they were.
    ///
    /// Nothing is put around the prompt: templates write the beginning-of-sequence token themselves.
    package func encodeChat(_ conversation: Conversation) throws(TemplateError) -> [TokenID] {
        let text = try template(for: conversation).renderMarked(withModelVariables(conversation))
        return encode(text, addSpecialTokens: false, parsing: .unmarked)
    }

    private func template(for conversation: Conversation) throws(TemplateError) -> ChatTemplate {
        try parts.chatTemplates.template(hasTools: conversation.tools != nil)
    }

    private func withModelVariables(_ conversation: Conversation) -> Conversation {
        var conversation = conversation
        conversation.variables = parts.templateVariables + conversation.variables
        return conversation
    }
}
