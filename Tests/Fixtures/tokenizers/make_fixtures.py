#!/usr/bin/env python3
"""Writes small tokenizers of every supported kind, with what Hugging Face `tokenizers` makes of hard strings.

    pip install tokenizers
    Tests/Fixtures/tokenizers/make_fixtures.py
"""
import json, pathlib, random, sys

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent.parent / "Differential"))
import tokenizers_reference as reference
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = """
A language model reads text as tokens. The tokenizer splits the text into words, and each word into pieces that it
knows; don't confuse it with a compiler's lexer. We've seen 1,024 tokens in 2026, and they're all there: it's what I'd
expect. The cache keeps the keys and the values of the tokens, block by block, so that the next step needs no more
work than the last one did. If the pool of blocks runs dry, the newest request gives way.
Größe, Ærøskøbing, naïve café, Владивосток, Ελλάδα, 日本語の文字, 你好世界, 한국어, שלום, مرحبا, ไทย, नमस्ते, 😀👍🏽🚀
def f(x):
    return {"a": x[0] != 1, "b": 3.14159}   # comment
    for i in range(10): print(i, end="\\n")
""" * 3


def special(name, **options):
    return AddedToken(name, special=True, normalized=False, **options)


def train(tokenizer, size, alphabet=(), specials=()):
    tokenizer.train_from_iterator([TEXT], trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=list(alphabet), special_tokens=[special(name) for name in specials], show_progress=False))
    return tokenizer


def byte_level(pre_tokenizer, size=420, normalizer=None, **model):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    train(tokenizer, size, pre_tokenizers.ByteLevel.alphabet(), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    trained = json.loads(tokenizer.to_str())
    trained["model"].update(model)
    tokenizer = Tokenizer.from_str(json.dumps(trained))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def gpt2():
    tokenizer = reference.odd_added_tokens(byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)))
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(), processors.TemplateProcessing(single="<|endoftext|> $A <|im_end|>", special_tokens=[("<|endoftext|>", 0), ("<|im_end|>", 2)])])
    return tokenizer


def split(numbers):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(reference.CL100K % numbers), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def llama3():
    return byte_level(split(r"\p{N}{1,3}"), ignore_merges=True)


def qwen2():
    tokenizer = byte_level(split(r"\p{N}"), normalizer=normalizers.NFC())
    tokenizer.add_tokens([AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False)])
    return tokenizer


def smollm():
    tokenizer = byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                    pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    # Like SmolLM2's, a vocabulary without the bytes that no text has: they are dropped.
    trained = json.loads(tokenizer.to_str())
    for letter in "ÀÁõö":
        del trained["model"]["vocab"][letter]
    return Tokenizer.from_str(json.dumps(trained))


def prefixed():
    return byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True), size=300)


def llama2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    train(tokenizer, 300, specials=["<unk>", "<s>", "</s>"])
    trained = json.loads(tokenizer.to_str())
    model = trained["model"]
    bytes = [f"<0x{byte:02X}>" for byte in range(256)]
    names = ["<unk>", "<s>", "</s>"] + bytes + [name for name in model["vocab"] if name not in ("<unk>", "<s>", "</s>")]
    model["vocab"] = {name: id for id, name in enumerate(names)}
    model.update(unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer = Tokenizer.from_str(json.dumps(trained))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


def unknown():
    """Characters without bytes to fall back to: what the vocabulary lacks becomes <unk>."""
    trained = json.loads(llama2().to_str())
    trained["model"].update(byte_fallback=False, fuse_unk=False)
    return Tokenizer.from_str(json.dumps(trained))


def llama_cpp_default():
    """No file can say this; the test builds it from the gpt2 fixture's vocabulary."""
    tokenizer = Tokenizer.from_str((here / "gpt2/tokenizer.json").read_text(encoding="utf-8"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"[\p{P}\$\+<=>\^~\|]+"), "isolated"),
        pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"), "isolated"),
        pre_tokenizers.Split(Regex(r"\p{N}+"), "isolated"), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    return tokenizer


def main():
    for make in (gpt2, llama3, qwen2, smollm, prefixed, llama2, unknown, llama_cpp_default):
        tokenizer = make()
        folder = here / make.__name__
        folder.mkdir(exist_ok=True)
        rng = random.Random(make.__name__)
        texts = ["", " ", "  ", "a", "Hello, world! It's 2026.", "tokens tokens", "don't DON'T 'Sam", "x<|im_end|>y", "<s>a</s>"]
        texts += [text for text in (reference.random_text(rng) for _ in range(110)) if len(text) < 70]
        reference.write_cases(tokenizer, texts, folder / "cases.jsonl")
        if make is llama_cpp_default:
            continue
        written = json.loads(tokenizer.to_str())
        if make is gpt2:
            written["model"]["merges"] = [" ".join(merge) for merge in written["model"]["merges"]]
        (folder / "tokenizer.json").write_text(json.dumps(written, ensure_ascii=False) + "\n", encoding="utf-8")
        print(make.__name__, tokenizer.get_vocab_size(), len(texts))


if __name__ == "__main__":
    main()
