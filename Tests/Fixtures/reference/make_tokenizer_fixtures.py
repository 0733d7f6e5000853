"""Token ids of many hard strings, by Hugging Face tokenizers: tokenizer_expected.json.

    python make_tokenizer_fixtures.py        # after make_llama_fixtures.py and with the embedded model in place

Ids are given twice: `ids` with special tokens recognised in the text (a rendered chat), as
`Tokenizer.encode(text, add_special_tokens=False)` does, and `plain` only where reading the text as plain
text (special tokens spelt out byte by byte) gives something else.
"""

import json
import random

import tokenizers
from tokenizers import Tokenizer

from make_llama_fixtures import HERE

MODELS = HERE.parents[2] / "Models"

HAND_WRITTEN = [
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r", "\r\n", "\r\n\r\n", " \n", "\n ", " \n ", " \n\n  \t x",
    "a", " a", "a ", " a ", "  a", "   a  b   c    ", "a\tb", "a \tb", "a\n\nb", "a\r\nb", "x  \n  y", "\u00a0", "a\u00a0b", "a \u00a0 b",
    "\u2003em\u2003space", "\u3000全角　空白", "zero\u200bwidth", "joiner\u200d", "\ufeffbom", "soft\u00adhyphen", "line\u2028sep\u2029par",
    "\x00", "nul\x00in\x00it", "\x01\x02\x03", "\x1b[31mred\x1b[0m", "bell\x07", "del\x7f", "\x85next", "\x0b\x0c", "a\x1cb\x1db\x1ec\x1fd",
    "Hello, world!", "Hello World", "hello world", "HELLO WORLD", "The swift is a small bird.", "the the the the", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "I'm you're he's we'll they've I'd don't", "I'M YOU'RE HE'S WE'LL", "it’s “quoted” — really…", "'s 't 're 've 'm 'll 'd", "''s", "x's's", "' s", "'tis 'twas", "can't've",
    "1", "12", "123", "1234567890", "3.14159", "-1e-10", "1,000,000.00", "0x7fffffff", "1st 2nd 3rd", "½ ¾ ² ³ ¹", "Ⅷ ⅷ", "٠١٢٣٤٥٦٧٨٩", "१२३", "①②③", "10 km/h", "a1b2c3",
    "!", "!!", "!!!", "?!?!", "...", "…", "--", "---", "=====", "#####", "<>", "()[]{}", "/* c */ // d", "a.b.c", "a_b_c", "snake_case camelCase PascalCase", "@user #tag $5 50%", "&amp; &lt;", "\\n \\t \\\\", "`code`", "**bold** _it_", "|a|b|", "~/.bashrc", "C:\\Windows\\System32",
    "func add(_ a: Int, _ b: Int) -> Int { a + b }", "for i in range(10):\n    print(i)\n", "if (x == 1) {\n\treturn;\n}\n", "SELECT * FROM t WHERE id = 1;", "let s = \"\\(name)\"", "#include <stdio.h>", "{\"a\": [1, 2, {\"b\": null}]}", "<html><body>x</body></html>", "https://example.org/a?b=c&d=%20#e", "user@example.org", "2026-01-31T12:00:00Z", "e = mc²", "∑_{i=0}^{n} x_i ≤ ∞", "∀x∈ℝ: x²≥0", "α β γ δ → λ", "f(x)=√x",
    "café", "cafe\u0301", "naïve façade", "Übergröße", "Straße", "ÆØÅ æøå", "İstanbul ıI", "ﬁ ﬂ", "ǅ ǆ", "Ωmega", "Привет, мир!", "Съешь же ещё этих булок", "Γειά σου Κόσμε", "שלום עולם", "مرحبا بالعالم", "السَّلَامُ عَلَيْكُمْ", "هذا نص عربي مع ١٢٣", "سلام دنیا", "नमस्ते दुनिया", "স্বাগতম", "வணக்கம்", "สวัสดีชาวโลก", "ສະບາຍດີ", "မင်္ဂလာပါ", "ជំរាបសួរ", "გამარჯობა", "Բարև", "ሰላም", "你好，世界！", "我能吞下玻璃而不伤身体。", "繁體中文測試", "こんにちは世界", "カタカナ ｶﾀｶﾅ", "日本語とEnglishの混在", "안녕하세요 세계", "ᄒ\u1161ᆫ", "𠜎𠜱𠝹", "𝒳 𝔘𝔫𝔦", "Tiếng Việt", "Zażółć gęślą jaźń", "Příliš žluťoučký", "Ĉu vi parolas Esperanton?", "ᚠᛇᚻ", "𓀀𓂀",
    "😀", "😀😀", "a😀b", " 😀 ", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "❤", "1️⃣2️⃣", "👨🏿‍🚀 lands", "🧑‍💻: 'hi'", "☃️ snow", "🫠🫡", "🐦‍⬛", "👁️‍🗨️", "©®™", "\U0001f1e6", "\u0301", "a\u0301\u0302\u0303\u0304", "Z̵͇͊a̸͎͝l̷̰̈g̶͚̽o̴̻͝",
    "<|endoftext|>", "a<|endoftext|>b", "<|end|>", "<|bos|>", "<|bos|><|eos|>", " <|end|> ", "<|end|", "<|END|>", "<|user|>\nHello<|end|>\n<|assistant|>\n", "<|endoftext|><|system|>\nBe brief.<|end|>\n<|user|>\nWho are you?<|end|>\n<|assistant|>\n", "<|unknown|>", "<s>", "</s>", "[INST]",
]  # fmt: skip


def random_strings(count, seed):
    """Mixtures of pieces, to meet borders nobody thought of."""
    rng = random.Random(seed)
    pieces = [" ", "  ", "\n", "\n\n", "\t", "a", "B", "the", "The", "'s", "'", "’s", "1", "23", ".", ",", "!?", "é", "ß", "я", "中", "文字", "ع", "😀", "👍🏽", "\u00a0", "\u200d", "_", "-", "(", ")", "\x00", "ing", "tion", "<|end|>", "\u0301", "𝒳"]  # fmt: skip
    return ["".join(rng.choice(pieces) for _ in range(rng.randint(4, 24))) for _ in range(count)]


def plain_ids(tokenizer, text):
    """The ids with no special token recognised: the model alone, piece by piece."""
    words = tokenizer.pre_tokenizer.pre_tokenize_str(text)
    return [t.id for word, _ in words for t in tokenizer.model.tokenize(word)]


def main():
    strings = list(dict.fromkeys(HAND_WRITTEN))
    strings += random_strings(max(24, 240 - len(strings)), 7)
    lines = []
    tokenizer_files = {
        "fixture": HERE / "llama-gqa-f32" / "tokenizer.json",
        "embedded": embedded() / "tokenizer.json",
    }
    loaded = {name: Tokenizer.from_file(str(path)) for name, path in tokenizer_files.items()}
    for text in strings:
        entry = dict(text=text)
        for name, tokenizer in loaded.items():
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            plain = plain_ids(tokenizer, text)
            assert tokenizer.decode(plain, skip_special_tokens=False) == text, text
            entry[name] = dict(ids=ids) if plain == ids else dict(ids=ids, plain=plain)
        lines.append(json.dumps(entry, separators=(",", ":")))
    root = HERE.parents[2]
    head = dict(tokenizers=tokenizers.__version__, files={n: str(p.relative_to(root)) for n, p in tokenizer_files.items()})
    text = json.dumps(head)[:-1] + ', "strings": [\n' + ",\n".join(lines) + "\n]}\n"
    (HERE / "tokenizer_expected.json").write_text(text, encoding="utf-8")
    print(len(strings), "strings")


def embedded():
    """The folder of the model that is served by default."""
    return MODELS / "swiftlet-5m"


if __name__ == "__main__":
    main()
