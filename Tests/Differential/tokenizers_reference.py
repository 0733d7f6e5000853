#!/usr/bin/env python3
"""Writes what Hugging Face `tokenizers` makes of many hard strings, for the test `Differential run` to compare with.

    pip install tokenizers
    Tests/Differential/tokenizers_reference.py ../shared/data/tokenizers OUT --count 20000
    SWIFTLET_DIFFERENTIAL=OUT swift test -c release --filter Differential

OUT gets one folder a tokenizer: its tokenizer.json, and cases.jsonl with for each text the ids (with special tokens
around it, "parsed" without, "plain" with those in the text left as text), and the decoded text ("named" with the names
of special tokens).
"""
import argparse, json, pathlib, random, unicodedata
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
CL100K = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

TAIL = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
O200K = rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{TAIL}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{TAIL}|" \
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def byte_level(vocab, merges, numbers, nfc, **options):
    """Llama 3 or Qwen2 from the plain files; `tokenizers` writes the tokenizer.json."""
    vocab = json.load(open(vocab, encoding="utf-8"))
    lines = [line for line in open(merges, encoding="utf-8").read().split("\n") if line and not line.startswith("#version")]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[tuple(line.split(" ")) for line in lines], **options))
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(CL100K % numbers), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False)])
    return tokenizer


def llama2(path):
    """The stored copy has blanks where the original has no-break spaces, and `tokenizers` refuses it."""
    file = json.load(open(path, encoding="utf-8"))
    model = file["model"]
    model["vocab"] = {piece.replace(" ", "\u00a0"): id for piece, id in model["vocab"].items()}
    for index, merge in enumerate(model["merges"]):
        if merge.count(" ") != 1:
            half = len(merge) // 2
            model["merges"][index] = " ".join([merge[:half].replace(" ", "\u00a0"), merge[half + 1:].replace(" ", "\u00a0")])
    return Tokenizer.from_str(json.dumps(file))


def odd_added_tokens(tokenizer):
    """The same tokenizer with one added token of each kind."""
    tokenizer.add_tokens([
        AddedToken("<left>", lstrip=True), AddedToken("<right>", rstrip=True, normalized=False),
        AddedToken("word", single_word=True), AddedToken("two words", normalized=True),
        AddedToken("é́", normalized=False)])
    tokenizer.add_special_tokens([AddedToken("<|both|>", lstrip=True, rstrip=True), AddedToken("<|", normalized=False)])
    return tokenizer


def reference_tokenizers(folder):
    yield "gpt2", Tokenizer.from_file(str(folder / "gpt2/tokenizer-newstyle.json"))
    yield "gpt2-added", odd_added_tokens(Tokenizer.from_file(str(folder / "gpt2/tokenizer-newstyle.json")))
    prefixed = Tokenizer.from_file(str(folder / "gpt2/tokenizer-newstyle.json"))
    prefixed.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    prefixed.post_processor = processors.TemplateProcessing(
        single="<|endoftext|> $A <|endoftext|>", special_tokens=[("<|endoftext|>", 50256)])
    yield "gpt2-prefixed", prefixed
    yield "smollm2", Tokenizer.from_file(str(folder / "smollm2/tokenizer.json"))
    yield "llama2", llama2(folder / "llama2-spm/tokenizer.json")
    yield "llama2-added", odd_added_tokens(llama2(folder / "llama2-spm/tokenizer.json"))
    yield "llama3", byte_level(folder / "llama3/encoder.json", folder / "llama3/vocab.bpe", r"\p{N}{1,3}", False, ignore_merges=True)
    yield "qwen2", byte_level(folder / "qwen2.5/vocab.json", folder / "qwen2.5/merges.txt", r"\p{N}", True)

    yield "bert", Tokenizer.from_file(str(folder / "bert-base-uncased/tokenizer.json"))
    yield "minilm", Tokenizer.from_file(str(folder / "all-MiniLM-L6-v2/tokenizer.json"))
    # A pattern without a scanner of its own: GPT-4o's.
    gpt4o = byte_level(folder / "llama3/encoder.json", folder / "llama3/vocab.bpe", "", False)
    gpt4o.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(O200K), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    yield "o200k", gpt4o


WORDS = """the The quick brown fox jumps over lazy dogs don't I'll we've they're it's you'd I'M CAN'T 'twas o'clock
    naïve café Ærøskøbing Größe straße İstanbul Владивосток нещо Ελλάδα σοφός ἄνθρωπος عربي مرحبا بالعالم שלום नमस्ते
    दुनिया កាន់តែ ไทย ภาษา 日本語 中文字符 你好世界 한국어 안녕하세요 ქართული አማርኛ Tiếng Việt e\u0301 n\u0303o \u1100\u1161\u11a8
    0 1 42 007 1234567 3.14 1,000,000 ½ ² Ⅷ ٣٤٥ १२३ 万 😀 👍🏽 👩‍👩‍👧‍👦 🇩🇪🇫🇷 ❤️ 🚀✅ → ≤ ∑ € © … – — “quoted” «так» \ufeff \u200b \u2028
    def f(x): return {x[0]: "a\\n"} if(x!=NULL)&&y==0; // /* <div class='a'> </div> https://example.org/?q=1&r=%20 __init__
    <|endoftext|> <|im_start|> <|im_end|> <s> </s> <unk> <think> </think> <left> <right> word two words <|both|> <| é́
    'S 'LL 'Re 'ſ 'ſt '' ''s .'s !!! ??? ... ---- ==== #### \\t \\n a\u0308\u0323 \ufb01 \u212b \ud55c\uae00""".split()
SPACES = [" ", " ", " ", " ", "", "", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n ", "\n  ", "\u00a0", "\u3000", "\x0b", "\x85", " \t \n\r \n", "        "]


def is_unsettled(character):
    # Swift 6.3 knows Unicode 16; the regex engine of `tokenizers` may know 17, and its normaliser is older than both.
    # Only characters that this Python's table has are compared, and only combining ones that are old.
    if unicodedata.combining(character) and unicodedata.ucd_3_2_0.category(character) == "Cn":
        return True
    return unicodedata.category(character) in ("Cn", "Cs")


def random_text(rng):
    kind = rng.random()
    if kind < 0.6:
        return "".join(rng.choice(WORDS) + rng.choice(SPACES) for _ in range(rng.randrange(1, 20)))
    if kind < 0.75:
        return "".join(rng.choice("aeiouTHs'’ .,;:!?-_()<>|=+0123456789\n\r\t \u00a0éß漢字ア한я٣½😀\u0301\u200d") for _ in range(rng.randrange(0, 60)))
    if kind < 0.9:
        ranges = [(0, 0x250), (0x250, 0x3000), (0x3000, 0xd800), (0xe000, 0x11000), (0x1d000, 0x20000), (0, 0x110000)]
        low, high = rng.choice(ranges)
        return "".join(c for c in (chr(rng.randrange(low, high)) for _ in range(rng.randrange(1, 40))) if not is_unsettled(c))
    word = rng.choice(["a", "ab", "aaaa", " ", "\n", "漢", "0", "!", "é", "haha", "\t ", "<|im_end|>", "word"])
    return word * rng.randrange(1, 200) + rng.choice(WORDS)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--count", type=int, default=20000)
    arguments.add_argument("--only", nargs="+", metavar="NAME", help="of these tokenizers alone")
    arguments = arguments.parse_args()
    for name, tokenizer in reference_tokenizers(arguments.data):
        if arguments.only and name not in arguments.only:
            continue
        rng = random.Random(name)
        folder = arguments.out / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"))
        texts = [random_text(rng) for _ in range(arguments.count)]
        write_cases(tokenizer, texts, folder / "cases.jsonl")
        print(name, arguments.count)


def write_cases(tokenizer, texts, path):
    tokenizer.no_truncation()
    # A token found in normalised text is decoded by its normalised name, which is then not known to be special:
    # an oddity of the reference that is not followed, so those texts are compared by ids only.
    renamed = {id for id, token in tokenizer.get_added_tokens_decoder().items() if token.normalized}
    renamed = renamed if tokenizer.normalizer else set()
    with open(path, "w", encoding="utf-8") as file:
        for text in texts:
            tokenizer.encode_special_tokens = False
            ids = tokenizer.encode(text).ids
            parsed = tokenizer.encode(text, add_special_tokens=False).ids
            tokenizer.encode_special_tokens = True
            plain = tokenizer.encode(text, add_special_tokens=False).ids
            odd = bool(renamed & set(parsed))
            decoded = None if odd else tokenizer.decode(parsed)
            named = None if odd else tokenizer.decode(parsed, skip_special_tokens=False)
            # What goes without saying is left out: a key that is absent equals the one before it.
            case = {"text": text, "ids": ids}
            for key, value, usual in (("parsed", parsed, ids), ("plain", plain, parsed), ("decoded", decoded, text), ("named", named, decoded)):
                if value != usual:
                    case[key] = value
            file.write(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
