// HuggingFaceFolder+ChatTemplates.swift — where the versions of transformers have put a model's chat templates.
// Tokenization › TokenizerFile.  Order: transformers' loading of tokenizers, and last that of processors.

import Base

/// The templates' text, not parsed.
struct ChatTemplateSources: Equatable {
    var plain: String?
    /// For conversations with tools, where the model has one of its own.
    var withTools: String?
}

extension HuggingFaceFolder {
    /// The first of these that exists:
    ///
    ///     chat_template.jinja                                        beside it additional_chat_templates/tool_use.jinja
    ///     tokenizer_config.json, chat_template                       one template, or a list of named ones
    ///     chat_template.json, chat_template                          the same, of folders that also take pictures
    func chatTemplateSources() throws(TokenizerError) -> ChatTemplateSources {
        if let template = try text("chat_template.jinja") {
            return ChatTemplateSources(
                plain: template, withTools: try text("additional_chat_templates/tool_use.jinja"))
        }
        for file in ["tokenizer_config.json", "chat_template.json"] {
            let stored = try json(file)["chat_template"]
            if !stored.isAbsent { return try ChatTemplateSources(stored) }
        }
        return ChatTemplateSources()
    }

    private func text(_ name: String) throws(TokenizerError) -> String? {
        try bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension ChatTemplateSources {
    fileprivate init(_ file: LocatedJSON) throws(TokenizerError) {
        guard file.value?.kind == .array else {
            plain = try file.string()
            return
        }
        for entry in file.elements {
            let source = try entry["template"].requiredString()
            switch try entry["name"].requiredString() {
            case "default": plain = source
            case "tool_use": withTools = source
            default: break  // For other uses than a conversation.
            }
        }
    }
}
