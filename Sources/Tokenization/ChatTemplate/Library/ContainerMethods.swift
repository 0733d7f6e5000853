// ContainerMethods.swift — the methods of Python's `list`, `tuple` and `dict` that change nothing.
// Tokenization › ChatTemplate › Library.  The others exist for the reference too, but its sandbox refuses them.

enum ContainerMethods {
    private static let unsafeListMethods: Set<String> = [
        "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
    ]
    private static let unsafeMappingMethods: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]

    static func method(_ name: String, of list: ListValue) throws(TemplateFault) -> Value? {
        if list.kind == .list && unsafeListMethods.contains(name) { return unsafe(name, of: "list") }
        guard list.kind == .list || list.kind == .tuple else { return nil }
        switch name {
        case "count":
            return .function(
                try Function(name, over: [.list(list)]) { (evaluator, arguments) throws(TemplateFault) in
                    let wanted = try arguments.single(name)
                    for element in list.elements { try evaluator.spend(comparing: element, wanted) }
                    return .integer(list.elements.count { $0.equals(wanted) })
                })
        case "index":
            return .function(
                try Function(name, over: [.list(list)]) { (evaluator, arguments) throws(TemplateFault) in
                    let wanted = try arguments.single(name)
                    for element in list.elements { try evaluator.spend(comparing: element, wanted) }
                    guard let index = list.elements.firstIndex(where: { $0.equals(wanted) }) else {
                        throw TemplateFault("\(try evaluator.repr(wanted).text) is not in list")
                    }
                    return .integer(index)
                })
        case "copy" where list.kind == .list:
            return .function(try Function(name, over: [.list(list)]) { (_, _) throws(TemplateFault) in .list(list) })
        default: return nil
        }
    }

    static func method(_ name: String, of mapping: Mapping) throws(TemplateFault) -> Value? {
        if unsafeMappingMethods.contains(name) { return unsafe(name, of: "dict") }
        guard ["get", "items", "keys", "values", "copy"].contains(name) else { return nil }
        return .function(
            try Function(name, over: [.mapping(mapping)]) { (evaluator, arguments) throws(TemplateFault) in
                if name == "get" {
                    let given = try arguments.bound("get", ["key", "default"])
                    guard let key = given[0] else { throw TemplateFault("get expected at least 1 argument, got 0") }
                    return try evaluator.value(for: key, in: mapping) ?? given[1] ?? .null
                }
                try arguments.requireNone(name)
                try evaluator.spend(mapping.entries.count)
                switch name {
                case "items": return try .sequence(try mapping.items(), .items)
                case "keys": return try .sequence(mapping.keys, .keys)
                case "values": return try .sequence(mapping.entries.map(\.value), .values)
                default: return .mapping(mapping)
                }
            })
    }

    private static func unsafe(_ name: String, of type: String) -> Value {
        .undefined(Undefined("access to attribute '\(name)' of '\(type)' object is unsafe."))
    }
}
