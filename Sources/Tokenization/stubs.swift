enum TV: Sendable { case string(String) }
struct TemplateVariable: Sendable { init(_ n: String, _ v: TV) {} }
struct ChatTemplates: Sendable { init() {}; init(source: String?) {}
 init(_ f: LocatedJSON) throws(TokenizerError) {} }
