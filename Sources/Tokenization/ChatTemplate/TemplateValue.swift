// TemplateValue.swift — what a conversation hands to a chat template: plain, ordered data.
// Tokenization › ChatTemplate.

package import Base

/// Data for a template. Objects keep their order, because templates print them as JSON.
package indirect enum TemplateValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case list([TemplateValue])
    case mapping([TemplateField])
}

/// One member of an object.
package struct TemplateField: Sendable, Equatable {
    package var name: String
    package var value: TemplateValue

    package init(_ name: String, _ value: TemplateValue) {
        self.name = name
        self.value = value
    }
}

/// A named value that a template sees beside the conversation: `bos_token`, `enable_thinking`.
package typealias TemplateVariable = TemplateField

extension TemplateValue {
    /// The same data as a JSON text. A number that is no integer that fits becomes a float; one beyond a double's
    /// range becomes infinite, as Python reads it.
    package init(_ json: JSON) {
        switch json.kind {
        case .null: self = .null
        case .bool: self = .boolean(json.bool ?? false)
        case .string: self = .string(json.string ?? "")
        case .number:
            if json.isWrittenAsInteger, let integer = json.integer {
                self = .integer(integer)
            } else {
                self = .float(json.double ?? .infinity)
            }
        case .array: self = .list(json.elements.map { TemplateValue($0) })
        case .object:
            self = .mapping(
                json.members.map { TemplateField(String(decoding: $0.key, as: UTF8.self), TemplateValue($0.value)) })
        }
    }

    package subscript(name: String) -> TemplateValue? {
        guard case .mapping(let fields) = self else { return nil }
        return fields.last { $0.name == name }?.value
    }
}
