#!/usr/bin/env python3
"""Writes one small tokenizer for every supported part of a tokenizer.json, with what Hugging Face `tokenizers` makes of
hard strings.

    pip install tokenizers
    Tests/Fixtures/tokenizers/make_parts.py

The models have a piece for each character at the start of a word and another inside one, so that ids tell where words
begin.
"""
import json, pathlib
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

here = pathlib.Path(__file__).parent

TEXTS = [
    "Hello, world!", "  two  blanks\tand a tab\n", "", " ", "don't stop (now) [ok]", "x=1+2; y<3 & z>$4 ^ `q` ~ |", "a1b22c333 44",
    "Größe ÉCOLE éa\u0301 ñ", "İstanbul ΣΑΣ ǅ", "日本語の文字 漢字", "한국어 \u1112\u1161\u11ab", "½ ² Ⅷ ٣٤", "…—“quoted”«so»", "tab\x00\x07\x7fend\u200b\ufeff\ufffdx",
    "a\u00a0b\u3000c\u2028d\x85e", "-–-", "__init__ snake_case", "[CLS] [SEP] [UNK]", "▁a ▁▁b▁", "word word-word.", "aXXbXXXc", "😀👍🏽 ok",
    "it's  he'll.  I've, can n't ?"]


def characters():
    return sorted({c for text in TEXTS for form in (text, text.lower(), normalizers.NFD().normalize_str(text), normalizers.NFC().normalize_str(text))
                   for c in form.lower() + form} | set("XYZ▁"))


def word_piece(skipped="7☃"):
    vocab = {name: id for id, name in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])}
    for c in characters():
        if c not in skipped:
            for piece in (c, "##" + c):
                vocab.setdefault(piece, len(vocab))
    for piece in ["hello", "##llo", "word", "##word", "don", "##ord", "'s", "n't", "the"]:
        vocab.setdefault(piece, len(vocab))
    return models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=30)


def tokenizer(model=None, **parts):
    result = Tokenizer(model or word_piece())
    parts.setdefault("decoder", decoders.WordPiece())
    for part, value in parts.items():
        setattr(result, part, value)
    result.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    return result


def bert():
    return tokenizer(normalizer=normalizers.BertNormalizer(), pre_tokenizer=pre_tokenizers.BertPreTokenizer(),
                     post_processor=processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)))


def word_level():
    vocab = {name: id for id, name in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "Hello", ",", "world", "!", "word", "-", "a", "b"])}
    return tokenizer(models.WordLevel(vocab, unk_token="[UNK]"), pre_tokenizer=pre_tokenizers.Whitespace())


def metaspace_bpe():
    vocab = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
    for c in characters() + ["▁a", "▁b", "▁w", "or", "wo", "▁wo", "▁wor", "rd"] + ["<0x%02X>" % byte for byte in range(256)]:
        if c != "語":
            vocab.setdefault(c, len(vocab))
    merges = [("▁", "a"), ("▁", "b"), ("▁", "w"), ("o", "r"), ("w", "o"), ("▁", "wo"), ("▁w", "or"), ("r", "d")]
    return tokenizer(models.BPE(vocab, merges, byte_fallback=True, unk_token="[UNK]", fuse_unk=True),
                     pre_tokenizer=pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
                     decoder=decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]))


def supported():
    yield "model", "WordPiece", bert()
    yield "model", "WordLevel", word_level()
    yield "model", "BPE", metaspace_bpe()
    yield "decoder", "WordPiece", tokenizer(pre_tokenizer=pre_tokenizers.Whitespace(), decoder=decoders.WordPiece(cleanup=False))
    yield "post_processor", "BertProcessing", tokenizer(post_processor=processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)))
    yield "post_processor", "RobertaProcessing", tokenizer(post_processor=processors.RobertaProcessing(("[SEP]", 3), ("[CLS]", 2)))
    yield "post_processor", "Sequence", tokenizer(post_processor=processors.Sequence([processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])]))
    for normalizer in [
            normalizers.NFC(), normalizers.NFD(), normalizers.Lowercase(), normalizers.Strip(), normalizers.Strip(left=False), normalizers.StripAccents(),
            normalizers.Replace("XX", "yz"), normalizers.Prepend("▁"), normalizers.BertNormalizer(lowercase=False), normalizers.BertNormalizer(strip_accents=False),
            normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False), normalizers.BertNormalizer(lowercase=False, strip_accents=True),
            normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()])]:
        yield "normalizer", type(normalizer).__name__, tokenizer(normalizer=normalizer, pre_tokenizer=pre_tokenizers.WhitespaceSplit())
    splits = [pre_tokenizers.Split(pattern, behavior, invert) for pattern in ("XX", Regex(r"[aeiou]|\s+")) for behavior in
              ("isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous") for invert in (False, True)]
    metaspaces = [pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split) for scheme in ("always", "first", "never") for split in (True, False)]
    punctuations = [pre_tokenizers.Punctuation(behavior) for behavior in ("isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous")]
    for pre_tokenizer in [
            pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(), pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(True), pre_tokenizers.Digits(False),
            *punctuations, *metaspaces, *splits,
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])]:
        yield "pre_tokenizer", type(pre_tokenizer).__name__, tokenizer(pre_tokenizer=pre_tokenizer)


def is_taken_for_special(tokenizer, text):
    """Plain text that becomes a special token, because that is also a piece of the model: not followed."""
    tokenizer.encode_special_tokens = True
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = False
    return bool({0, 2, 3} & set(plain))


def case(tokenizer, text):
    ids = tokenizer.encode(text).ids
    parsed = tokenizer.encode(text, add_special_tokens=False).ids
    decoded, named = tokenizer.decode(parsed), tokenizer.decode(parsed, skip_special_tokens=False)
    tokenizer.encode_special_tokens = True
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = False
    result = {"text": text, "ids": ids}
    # Whatever is the same as the one before is left out.
    for key, value, usual in (("parsed", parsed, ids), ("plain", plain, parsed), ("decoded", decoded, text), ("named", named, decoded)):
        if value != usual:
            result[key] = value
    return result


def main():
    with open(here / "parts.jsonl", "w", encoding="utf-8") as file:
        for part, name, made in supported():
            line = {"part": part, "name": name, "file": json.loads(made.to_str()), "cases": [case(made, text) for text in TEXTS if not is_taken_for_special(made, text)]}
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
