// TemplateFilters.swift — Jinja's filters by name.
// Tokenization › ChatTemplate › Library.  Reference: jinja2.filters, with transformers' `tojson`.
//
// Left out: `random` (not reproducible), `urlize`, `striptags`, `xmlattr`, `wordwrap`, `filesizeformat`, `pprint`
// (web pages and debugging). A template that uses one of them fails with the filter's name.

enum TemplateFilters {
    typealias Filter = @Sendable (Evaluator, Value, CallArguments) throws(TemplateFault) -> Value

    static let table: [String: Filter] = [
        // Text
        "capitalize": text { $0.capitalized }, "lower": text { $0.lowercased }, "upper": text { $0.uppercased },
        "title": text(jinjaTitle), "trim": trim, "replace": replace, "indent": indent, "center": center,
        "truncate": truncate, "wordcount": wordCount, "format": format, "string": string, "safe": safe,
        "escape": escape, "e": escape, "forceescape": forceEscape, "urlencode": urlEncode,
        "tojson": JSONDump.filter,
        // Numbers
        "abs": absolute, "int": int, "float": float, "round": round,
        // Values
        "default": defaultValue, "d": defaultValue, "length": length, "count": length, "list": list, "items": items,
        "attr": attr,
        // Sequences
        "first": first, "last": last, "join": join, "reverse": reverse, "sum": sum, "batch": batch, "slice": slice,
        "map": map,
        "select": select(keeps: true, byAttribute: false), "reject": select(keeps: false, byAttribute: false),
        "selectattr": select(keeps: true, byAttribute: true), "rejectattr": select(keeps: false, byAttribute: true),
        // Order
        "sort": sort, "dictsort": dictSort, "unique": unique, "groupby": groupBy,
        "min": extremum("min") { (a, b) throws(TemplateFault) in try a.isLess(than: b) },
        "max": extremum("max") { (a, b) throws(TemplateFault) in try b.isLess(than: a) },
    ]
}
