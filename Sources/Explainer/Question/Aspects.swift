// Aspects.swift — what people ask of anything: what does it cost, is it slow, when would I skip it, give me an example.
// Explainer › Question.  The words of the question are not those of the answer: "is it slow" is told in milliseconds.

/// A side of a subject, with the words that ask for it and the words that tell of it.
struct Aspect: Sendable {
    /// In lower case.
    let asked: Set<String>
    let told: Set<String>

    /// The aspects that a question asks for, and those of its words that do.
    static func all(in question: String) -> (aspects: [Aspect], words: Set<String>) {
        let words = Set(question.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map(String.init))
        let asked = table.filter { !$0.asked.isDisjoint(with: words) }
        return (asked, words.intersection(asked.reduce(into: manners) { $0.formUnion($1.asked) }))
    }

    /// Whether a question wants the short answer once more, or what follows from it: "so which one should I use?"
    static func asksForVerdict(_ question: String) -> Bool {
        let words = question.lowercased().split { !$0.isLetter && $0 != "'" }
        return words.contains { verdicts.contains(String($0)) }
    }

    private static let verdicts: Set = [
        "which", "should", "better", "best", "recommend", "worth", "prefer", "verdict", "bottom", "again", "sorry",
        "sentence", "short", "summary", "summarize", "why", "reason", "so", "pick", "choose", "advice", "advise",
        "rule", "need",
    ]

    /// Whether it is a word that asks for an aspect: it is spelled right, whatever the notes say.
    static func isAsked(_ word: String) -> Bool { askedWords.contains(word) }

    private init(_ asked: String, _ told: String) {
        self.asked = Self.words(asked)
        self.told = Self.words(told)
    }

    private static func words(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }

    /// Words that ask for no side of it: "how exactly does that work in practice".
    private static let manners = words(
        """
        exactly roughly basically simply really usually normally typically mostly ever even still well like ok okay hm \
        hmm yes yeah no thing things stuff more most much many lot bit little very too just only also go goes going come \
        comes people everyone someone anyone everybody somebody anybody say says said mean means detail details please \
        thanks show give tell explain think happen happens put
        """)

    private static let askedWords = table.reduce(into: manners) { $0.formUnion($1.asked) }

    private static let table = [
        Aspect(
            "cost costs costly price pricey expensive cheap cheaper pay afford bill overhead money budget",
            "cost costs price overhead dollar dollars cheap cheaper expensive pay pays bill times extra slower"),
        Aspect(
            "slow slower fast faster speed speedup quick quicker latency performance milliseconds takes take long time",
            "latency millisecond milliseconds ms second seconds speed faster slower time throughput"),
        Aspect(
            "memory ram vram size big large space storage bytes gb footprint",
            "memory bytes gb mb gib mib kib ram size storage space gigabytes megabytes"),
        Aspect(
            "skip avoid without bad fail fails failing break breaks downside downsides drawback drawbacks disadvantage "
                + "disadvantages catch limit limits limitation limitations problem problems risk risks pitfall pitfalls issue "
                + "issues cons trap wrong unnecessary overkill",
            "failure modes limit limits loses lose fails fail wrong risk not worse weak problem trap edge cannot unnecessary"
        ),
        Aspect(
            "example examples instance concrete concretely number numbers illustrate math maths calculate calculation "
                + "compute arithmetic figures",
            "example worked numbers arithmetic take suppose measured gives"),
        Aspect(
            "alternative alternatives instead else option options other others",
            "alternative alternatives instead variants kinds other"),
        Aspect(
            "quality accuracy accurate worse hurt hurts degrade degrades lose loses better result results",
            "quality accuracy error errors loss perplexity worse measured evidence recall"),
        Aspect(
            "why reason point benefit benefits advantage advantages help helps buys gain gains worth useful",
            "why because reason gain gains buys benefit advantage helps purpose"),
        Aspect(
            "works work working mechanism steps step inside",
            "mechanism steps step operation pipeline structure kernel design method path loop"),
        Aspect(
            "measure measured measuring evaluate evaluated test tested testing check know monitor metric metrics verify debug",
            "evaluation measure measuring measured metric test tests testing check checks alerts monitor detection"),
        Aspect(
            "choose pick set tune tuning value values default setting settings select decide right",
            "choosing choose default defaults decide pick typical values value rule set"),
        Aspect(
            "who invented came introduced paper papers history origin", "et al paper introduced proposed coined showed"),
        Aspect(
            "use used uses useful practice production apply when where",
            "use uses used practice production choosing when suits fits default"),
        Aspect("train trained training learn learned taught", "training train trained learned learning"),
        Aspect(
            "scale scales scaling grow grows bigger larger longer",
            "scale scales scaling grow grows linear longer larger"),
        Aspect("safe secure security privacy attack", "safety security privacy attack trust permission"),
        Aspect(
            "fix solve prevent mitigate repair handle improve reduce",
            "repair prevention fix remedy mitigation improve reduce"),
        Aspect("cpu gpu hardware laptop", "cpu cpus gpu gpus hardware bandwidth device"),
        Aspect("code implement implementation write", "code implementation complexity function kernel"),
    ]
}

extension Vocabulary {
    /// The stems of a question, and of the words that tell of the aspects it asks for.
    func asked(by question: String) -> Set<[UInt8]> {
        Aspect.all(in: question).aspects.reduce(into: stems(of: QuestionWords.named(in: question))) { words, aspect in
            words.formUnion(stems(of: aspect.told.sorted().joined(separator: " ")))
        }
    }

    /// The stems of a question but for those that ask for an aspect of something, or how to tell it.
    func subject(of question: String) -> Set<[UInt8]> {
        let aspects = Aspect.all(in: question).words
        return stems(of: QuestionWords.named(in: question)).subtracting(
            stems(of: aspects.sorted().joined(separator: " ")))
    }
}
