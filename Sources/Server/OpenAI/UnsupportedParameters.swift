// UnsupportedParameters.swift — parameters that exist elsewhere and not here, and the values that ask for nothing.
// Server › OpenAI.  Accepting them silently would promise what is not done; refusing a no-op would break clients
// that always send them.

import Base

/// The values of a known parameter that leave the answer as it is.
enum NoOpValue: CustomStringConvertible {
    /// Labels and hints: they never change an answer.
    case anyString
    case anyObject
    case anyBool
    case bool(Bool)
    case number(Double)
    case emptyArray
    case emptyObject
    case emptyString
    case strings([String])
    /// `{"type": "text"}`
    case textType
    /// An array that holds only this string.
    case arrayOf(String)
    case onlyNull

    func allows(_ value: JSON) -> Bool {
        if value.isNull { return true }
        return switch self {
        case .anyString: value.kind == .string
        case .anyObject: value.kind == .object
        case .anyBool: value.kind == .bool
        case .bool(let wanted): value.bool == wanted
        case .number(let wanted): value.double == wanted
        case .emptyArray: value.kind == .array && value.count == 0
        case .emptyObject: value.kind == .object && value.count == 0
        case .emptyString: value.utf8?.isEmpty == true
        case .strings(let wanted): value.string.map(wanted.contains) ?? false
        case .textType: value.count == 1 && value["type"]?.string == "text"
        case .arrayOf(let wanted): value.count == 1 && value[0]?.string == wanted
        case .onlyNull: false
        }
    }

    /// Completes the sentence "set it to …".
    var description: String {
        switch self {
        case .anyString: "a string"
        case .anyObject: "an object"
        case .anyBool: "true or false"
        case .bool(let wanted): wanted ? "true" : "false"
        case .number(let wanted): wanted == wanted.rounded() ? String(Int(wanted)) : String(wanted)
        case .emptyArray: "[]"
        case .emptyObject: "{}"
        case .emptyString: "\"\""
        case .strings(let wanted): wanted.map { "\"\($0)\"" }.joined(separator: " or ")
        case .textType: "{\"type\": \"text\"}"
        case .arrayOf(let wanted): "[\"\(wanted)\"]"
        case .onlyNull: "null"
        }
    }
}

enum UnsupportedParameters {
    /// On both routes: labels of OpenAI's, extensions of vLLM's.
    private static let common: [String: NoOpValue] = [
        "user": .anyString,
        "best_of": .number(1),
        "skip_special_tokens": .bool(true),
        "spaces_between_special_tokens": .bool(true),
        "allowed_token_ids": .emptyArray,
        "bad_words": .emptyArray,
        "prompt_logprobs": .onlyNull,
        "truncate_prompt_tokens": .onlyNull,
        "return_token_ids": .bool(false),
        "return_tokens_as_token_ids": .bool(false),
        "use_beam_search": .bool(false),
        "length_penalty": .number(1),
        "response_format": .textType,
        "typical_p": .number(1),
    ]

    static let completion: [String: NoOpValue] = common.merging(
        [
            "suffix": .emptyString,
            "add_special_tokens": .bool(true),
        ],
        uniquingKeysWith: { $1 })

    static let chat: [String: NoOpValue] = common.merging(
        [
            "tool_choice": .strings(["none", "auto"]),
            "parallel_tool_calls": .anyBool,
            "functions": .emptyArray,
            "function_call": .strings(["none", "auto"]),
            "echo": .bool(false),
            "store": .bool(false),
            "metadata": .anyObject,
            "modalities": .arrayOf("text"),
            "audio": .onlyNull,
            "prediction": .onlyNull,
            "reasoning_effort": .strings(["none"]),
            "verbosity": .strings(["medium"]),
            "service_tier": .strings(["auto", "default"]),
            "safety_identifier": .anyString,
            "prompt_cache_key": .anyString,
            "prompt_cache_retention": .strings(["in_memory", "in-memory"]),
            "web_search_options": .onlyNull,
            "add_special_tokens": .bool(false),
        ],
        uniquingKeysWith: { $1 }
    ).merging(template, uniquingKeysWith: { $1 })

    /// Wherever the chat template is applied.
    static let template: [String: NoOpValue] = [
        "tools": .emptyArray,
        "add_generation_prompt": .bool(true),
        "continue_final_message": .bool(false),
        "chat_template": .onlyNull,
        "chat_template_kwargs": .emptyObject,
        "documents": .emptyArray,
    ]

    /// Inside one chat message.
    static let message: [String: NoOpValue] = [
        "refusal": .onlyNull,
        "audio": .onlyNull,
        "tool_calls": .emptyArray,
        "function_call": .onlyNull,
        "reasoning_content": .onlyNull,
        "annotations": .emptyArray,
    ]
}
