// HTTPHeaders.swift — header fields in order, names compared without case.
// Network › HTTP.  RFC 9110, section 5.

/// An ordered multi-map. Names are kept in lower case, values without surrounding blanks.
///
/// Lookup walks the list: there are at most `HTTPLimits.headerCount` fields, mostly about ten.
package struct HTTPHeaders: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package init(_ pairs: [(String, String)]) {
        for (name, value) in pairs { append(name: name, value: value) }
    }

    package mutating func append(name: String, value: String) {
        fields.append(Field(name: name.lowercased(), value: value))
    }

    /// The first field's value of that name.
    package subscript(name: String) -> String? {
        let name = name.lowercased()
        return fields.first { $0.name == name }?.value
    }

    /// All fields' values of that name, in order.
    package func values(_ name: String) -> [String] {
        let name = name.lowercased()
        return fields.filter { $0.name == name }.map(\.value)
    }

    /// The members of a comma-separated list field such as `Connection`, in lower case, over all fields of that name.
    package func listMembers(_ name: String) -> [String] {
        values(name).flatMap { value in
            Array(value.utf8).split(separator: UInt8(ascii: ",")).map(\.trimmed).filter { !$0.isEmpty }
                .map { String(decoding: $0.map(\.lowered), as: UTF8.self) }
        }
    }
}
