import Testing
import Tokenization

@Suite struct `Template limits` {
    /// `n.x` and `n.y` are equal lists of 2ᵗⁱᵐᵉˢ parts that take no more room than `times` of them.
    private static func doubled(_ source: String, _ times: Int = 40) -> String {
        "{% set n = namespace(x=(1,), y=(1,)) %}{% for i in range(\(times)) %}"
            + "{% set n.x = (n.x, n.x) %}{% set n.y = (n.y, n.y) %}{% endfor %}" + source
    }

    private func render(_ source: String, _ limits: TemplateLimits = TemplateLimits()) throws(TemplateError) -> String {
        let data = TemplateValue.mapping([TemplateField("x", .integer(1))])
        return try ChatTemplate(source: source, limits: limits).render(
            Conversation(
                messages: [ChatMessage(role: "user", content: "hi")], variables: [TemplateVariable("data", data)]))
    }

    @Test(arguments: [
        // Never-ending work.
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% macro m() %}{% if caller %}{% endif %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}",
        // Never-ending text.
        "{{ 'x' * 999999999999 }}", "{{ 'ab' * 9223372036854775807 }}", "{{ ['x'] * 999999999 }}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s.replace('a', 'aaaaaaaa') %}{% endfor %}",
        "{% for a in range(99999) %}{{ 'some text that is printed' * 100 }}{% endfor %}",
        "{{ 'x'.center(99999999999) }}", "{{ 'x'.zfill(99999999999) }}", "{{ '\\t'.expandtabs(99999999999) }}",
        "{{ '%99999999999d' % 1 }}", "{{ '{:99999999999}'.format(1) }}", "{{ 'a' | indent(99999999999, true) }}",
        "{{ data | tojson(indent=99999999999) }}", "{{ [1] | batch(99999999999, 1) | list }}",
        "{{ [1] | slice(99999999999) | list }}",
        // Never-ending walks through small values: printed, compared, looked for, sorted, hashed.
        Self.doubled("{{ n.x }}"), Self.doubled("{{ n.x | tojson }}"), Self.doubled("{% if n.x == n.y %}{% endif %}"),
        Self.doubled("{% if n.x < n.y %}{% endif %}"), Self.doubled("{% if n.x in [n.y] %}{% endif %}"),
        Self.doubled("{{ [n.x].count(n.y) }}"), Self.doubled("{{ [n.x, n.y] | sort }}"),
        Self.doubled("{{ [n.x, n.y] | max }}"), Self.doubled("{{ {(n.x, 1): 2} }}"),
        Self.doubled("{{ n.x is sameas n.y }}"),
        // The same within the bound on parts, a thousand times.
        Self.doubled("{% for i in range(1000) %}{% if n.x == n.y %}{% endif %}{% endfor %}", 18),
        Self.doubled("{% for i in range(1000) %}{{ [n.x].index(n.y) }}{% endfor %}", 18),
        Self.doubled("{{ ([n.x, n.y] * 500) | sort | length }}", 17),
        Self.doubled("{% for i in range(1000) %}{% set d = {n.x: 1} %}{% endfor %}", 18),
        Self.doubled("{% for i in range(1000) %}{% set d = dict([(n.x, 1)]) %}{% endfor %}", 18),
        Self.doubled("{% for i in range(1000) %}{{ {}[n.x] is defined }}{% endfor %}", 18),
        Self.doubled("{% for i in range(1000) %}{{ {}.get(n.x) }}{% endfor %}", 18),
        Self.doubled("{% for i in range(1000) %}{% set t = '%.1r' % (n.x,) %}{% endfor %}", 18),
        Self.doubled("{% for i in range(1000) %}{% set t = '{!r:.1}'.format(n.x) %}{% endfor %}", 18),
        // Long texts as keys, and compared.
        "{% set k = 'x' * 4000000 %}{% for i in range(9999) %}{% set v = {}[k] %}{% endfor %}",
        "{% set k = 'x' * 4000000 %}{% set m = 'x' * 4000000 %}{% for i in range(9999) %}{% if k == m %}{% endif %}{% endfor %}",
        // Never-ending nesting.
        "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}",
        "{% set ns = namespace(d={}) %}{% for i in range(9999) %}{% set ns.d = {'a': ns.d} %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(9999) %}{% set ns.l = ns.l | map('string') %}{% endfor %}",
        "{% set ns = namespace(f=[].index) %}{% for i in range(9999) %}{% set ns.f = [ns.f].index %}{% endfor %}",
    ])
    func `stop what would not end`(source: String) throws {
        // The standard number in a tenth of the time.
        var limits = TemplateLimits()
        limits.steps /= 10
        #expect {
            try render(source, limits)
        } throws: { error in
            if case TemplateError.limit = error { true } else { false }
        }
    }

    /// A million places at which half a million characters nearly match: seconds where each place is tried anew.
    @Test func `search for a long text in a longer one`() throws {
        let source = "{% set a = 'a' * 1000000 %}{% set b = 'a' * 500000 ~ 'b' %}"
        #expect(try render(source + "{{ b in a }} {{ a.find(b) }} {{ a.rfind('b' ~ a[:500000]) }}") == "False -1 -1")
        #expect(try render(source + "{{ (a ~ b).find(b) }} {{ (b ~ b).rfind(b) }}") == "1000000 500001")
    }

    @Test func `count steps and characters`() throws {
        var limits = TemplateLimits()
        limits.steps = 100
        #expect(throws: TemplateError.self) { try render("{% for i in range(60) %}{{ i }}{% endfor %}", limits) }
        #expect(try render("{% for i in range(6) %}{{ i }}{% endfor %}", limits) == "012345")
        // An empty turn is work too: it makes a scope.
        limits.steps = 500
        #expect(throws: TemplateError.self) { try render("{% for i in range(99) %}{% endfor %}", limits) }
        limits = TemplateLimits()
        limits.characters = 10
        #expect(throws: TemplateError.limit(line: 2, message: "a text grows past 10 characters")) {
            try render("12345\n{{ '123456' }}", limits)
        }
    }

    @Test(arguments: [
        "{{ " + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000) + " }}",
        "{{ " + String(repeating: "[", count: 5000), "{{ " + String(repeating: "not ", count: 5000) + "1 }}",
        "{{ 1" + String(repeating: " + 1", count: 5000) + " }}",
        "{{ 1" + String(repeating: "|abs", count: 5000) + " }}",
        "{{ a" + String(repeating: ".b", count: 5000) + " }}", "{{ a" + String(repeating: "[0]", count: 5000) + " }}",
        "{{ " + String(repeating: "1 if 1 else ", count: 5000) + "1 }}",
        "{{ " + String(repeating: "-", count: 5000) + "1 }}",
        String(repeating: "{% if 1 %}", count: 5000), "{% set " + String(repeating: "(", count: 5000) + " %}",
        "{{ 1 is " + String(repeating: "odd(1 is ", count: 5000) + " }}",
    ])
    func `refuse source that nests too deeply`(source: String) {
        #expect {
            try ChatTemplate(source: source)
        } throws: { error in
            if case TemplateError.syntax = error { true } else { false }
        }
    }

    @Test(arguments: [
        "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 9223372036854775807 * 2 }}",
        "{{ 2 ** 64 }}", "{{ (-9223372036854775807 - 1) // -1 }}", "{{ -(-9223372036854775807 - 1) }}",
        "{{ (-9223372036854775807 - 1) | abs }}", "{{ 99999999999999999999 }}",
    ])
    func `turn integers that do not fit into errors`(source: String) {
        #expect(throws: TemplateError.self) { try render(source) }
    }

    @Test func `survive damaged sources`() throws {
        let source =
            "{%- for m in messages if m.role is defined %}{{ m['content'][1:-1] | default('x', true) ~ \"\\u00e9\" }}{# c #}{% else %}{{ {'a': (1, 2.5)} }}{% endfor -%}{% macro f(a=1) %}{{ a }}{% endmacro %}{{ f(2) }}"
        var random = SplitMix(seed: 41)
        let alphabet = Array("{}%#-+|()[]'\"\\.,:=~ \nafx019".unicodeScalars)
        for _ in 0..<3000 {
            var scalars = Array(source.unicodeScalars)
            for _ in 0..<(1 + random.next(below: 4)) {
                let position = random.next(below: scalars.count)
                switch random.next(below: 3) {
                case 0: scalars[position] = alphabet[random.next(below: alphabet.count)]
                case 1: scalars.remove(at: position)
                default: scalars.insert(alphabet[random.next(below: alphabet.count)], at: position)
                }
            }
            var damaged = String.UnicodeScalarView()
            damaged.append(contentsOf: scalars)
            _ = try? render(String(damaged))
        }
    }

    @Test(arguments: [
        "'abc'.center(-9223372036854775807 - 1)", "'abc'.zfill(-9223372036854775807 - 1)",
        "'abc'[9223372036854775807:]",
        "'abc'.find('c', 9223372036854775807)", "'abc'.count('', 9223372036854775807)",
        "'abc'.find('c', -9223372036854775807 - 1, 9223372036854775807)", "[1][-9223372036854775807 - 1]",
        "[1, 2][::9223372036854775807]", "[1, 2][::-9223372036854775807 - 1]",
        "range(9223372036854775806, 9223372036854775807)",
        "range(-9223372036854775807 - 1, 9223372036854775807, 9223372036854775807) | list",
        "'a' | truncate(9223372036854775807)",
        "'a b' | truncate(3, leeway=9223372036854775807)", "5 | round(9223372036854775807)",
        "'%.9223372036854775807f' % 1",
        "'%.9223372036854775807d' % 1", "'{:.9223372036854775807}'.format('a')",
        "'a'.split('b', -9223372036854775807 - 1)",
        "'a'.replace('a', 'b', 9223372036854775807)", "(-9223372036854775807 - 1) % -1", "1e308 * 10 | int",
        "'1e400' | int",
    ])
    func `take extreme numbers without a trap`(expression: String) { _ = try? render("{{ \(expression) }}") }

    @Test func `let a request's options hide nothing`() throws {
        let template = try ChatTemplate(
            source: "{{ bos_token }}{{ range(2) | list }}{{ messages | length }}{{ think }}")
        let options = ["bos_token", "range", "messages", "think"].map { TemplateField($0, .string("x")) }
        let conversation = Conversation(
            messages: [], options: options, variables: [TemplateVariable("bos_token", .string("<s>"))])
        #expect(try template.render(conversation) == "<s>[0, 1]0x")
    }

    @Test func `name the line that failed`() {
        #expect(throws: TemplateError.runtime(line: 3, message: "'nothing' is undefined")) {
            try render("a\n{% if true %}\n{{ nothing.x }}\n{% endif %}")
        }
        #expect(throws: TemplateError.syntax(line: 2, message: "unknown tag {% nonsense %}")) {
            try render("a\n{% nonsense %}")
        }
    }
}
