"""Writes the fuzzers' seeds: small files of each format, with every part that the loaders read.

    python make_seeds.py        # needs nothing beyond Python; writes Seeds/ beside this file

The tokenizers and configurations come from Tests/Fixtures, cut to a few pieces: a fuzzer learns little from a long file.
"""

import json
import shutil
import struct
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIXTURES = HERE.parent / "Fixtures"
DTYPES = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U8": 1, "BOOL": 1, "F8_E4M3": 1}


def safetensors(tensors, metadata=None):
    header, end = {}, 0
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape in tensors:
        size = DTYPES[dtype]
        for n in shape:
            size *= n
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(i % 251 for i in range(end))


def string(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(data)) + data


SCALARS = {"u8": (0, "<B"), "i8": (1, "<b"), "u16": (2, "<H"), "i16": (3, "<h"), "u32": (4, "<I"), "i32": (5, "<i"),
           "f32": (6, "<f"), "bool": (7, "<?"), "u64": (10, "<Q"), "i64": (11, "<q"), "f64": (12, "<d")}  # fmt: skip


def value(kind, content):
    """The value's type number and its bytes."""
    if kind == "str":
        return 8, string(content)
    if isinstance(kind, list):
        inner = [value(kind[0], element) for element in content]
        code = value(kind[0], [] if isinstance(kind[0], list) else "" if kind[0] == "str" else 0)[0]
        return 9, struct.pack("<IQ", code, len(inner)) + b"".join(data for _, data in inner)
    code, form = SCALARS[kind]
    return code, struct.pack(form, content)


def gguf(keys, tensors, version=3, alignment=32):
    out = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys))
    for key, kind, content in keys:
        code, data = value(kind, content)
        out += string(key) + struct.pack("<I", code) + data
    entries, data = b"", b""
    for name, code, shape, size in tensors:
        data += bytes(-len(data) % alignment)
        entries += string(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        entries += struct.pack("<IQ", code, len(data))
        data += struct.pack("<f", 1.5) * ((size + 3) // 4)
    out += entries
    return out + bytes(-len(out) % alignment) + data


def numbers(family, **more):
    keys = [("general.architecture", "str", family), (f"{family}.embedding_length", "u32", 32),
            (f"{family}.feed_forward_length", "u32", 32), (f"{family}.block_count", "u32", 1),
            (f"{family}.attention.head_count", "u32", 4), (f"{family}.attention.head_count_kv", "u32", 2),
            (f"{family}.context_length", "u32", 64), (f"{family}.rope.freq_base", "f32", 10000.0),
            (f"{family}.attention.layer_norm_rms_epsilon", "f32", 1e-5)]  # fmt: skip
    return keys + [(f"{family}.{key.replace('__', '.')}", *entry) for key, entry in more.items()]


BYTE_LEVEL = [
    ("tokenizer.ggml.model", "str", "gpt2"), ("tokenizer.ggml.pre", "str", "llama-bpe"),
    ("tokenizer.ggml.tokens", ["str"], ["<s>", "</s>", "<|im_end|>", "H", "e", "l", "o", "Ġ", "1", "Ã", "Ĥ", "He", "ll"]),
    ("tokenizer.ggml.token_type", ["i32"], [3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    ("tokenizer.ggml.merges", ["str"], ["H e", "l l"]), ("tokenizer.ggml.bos_token_id", "u32", 0),
    ("tokenizer.ggml.eos_token_id", "u32", 1), ("tokenizer.ggml.add_bos_token", "bool", True),
    ("tokenizer.chat_template", "str", "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"),
]  # fmt: skip
SENTENCE_PIECE = [
    ("tokenizer.ggml.model", "str", "llama"),
    ("tokenizer.ggml.tokens", ["str"], ["<unk>", "<s>", "</s>", "<0x0A>", "<0xFF>", "▁", "H", "e", "He", "▁He", "ö", "🐦"]),
    ("tokenizer.ggml.scores", ["f32"], [0, 0, 0, 0, 0, -1, -2, -3, -4, -5, -6, -7]),
    ("tokenizer.ggml.token_type", ["i32"], [2, 3, 3, 6, 6, 1, 1, 1, 1, 1, 1, 4]),
    ("tokenizer.ggml.eot_token_id", "u32", 2), ("tokenizer.ggml.add_space_prefix", "bool", False),
]  # fmt: skip
EMBEDDING = ("token_embd.weight", 8, [32, 13], 13 * 34)


def cut_tokenizer(path):
    """The same file with only pieces of few bytes that a short text needs."""
    file = json.loads(path.read_text())
    model = file["model"]
    wanted = set("Helo wrd1Ġ▁tinaĊ") | {"<0x0A>", "<unk>"} | {t["content"] for t in file["added_tokens"]}
    merges = [m.split(" ") if isinstance(m, str) else m for m in model["merges"]]
    kept = []
    for left, right in merges:
        if left in wanted and right in wanted and len(kept) < 6:
            kept.append([left, right])
            wanted.add(left + right)
    names = [name for name in model["vocab"] if name in wanted]
    model["vocab"] = {name: i for i, name in enumerate(names)}
    as_text = isinstance(model["merges"][0], str)
    model["merges"] = [" ".join(m) for m in kept] if as_text else kept
    for token in file["added_tokens"]:
        token["id"] = model["vocab"].get(token["content"], token["id"])
    return json.dumps(file, ensure_ascii=False, separators=(",", ":")).encode()


REQUESTS = {
    "get": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "head": b"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "options": b"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
    "absolute": b"GET http://x/a%2Fb HTTP/1.1\r\nHost: x\r\nA: \t b \t\r\nContent-Length: 0\r\n\r\n",
    "query": b"GET /v1/search?q=a+b%20c&top=3 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n",
    "length": b"POST /v1/c HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello worldGET /b HTTP/1.0\r\n\r\n",
    "chunked": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    b"5;a=b\r\nhello\r\n1\r\n \r\n0\r\nT: u\r\n\r\n",
}  # fmt: skip


def seeds():
    yield "safetensors", "whole", safetensors(
        [("model.embed_tokens.weight", "F32", [3, 4]), ("a", "BF16", [2, 2]), ("b", "I64", [1]), ("empty", "F16", [0, 2]),
         ("scalar", "F32", []), ("odd", "F8_E4M3", [3])], {"format": "pt"})  # fmt: skip
    yield "safetensors", "none", safetensors([])
    yield "safetensors", "one", safetensors([("w", "F16", [2])])
    yield "gguf", "llama", gguf(numbers("llama", rope__dimension_count=("u32", 8)) + SENTENCE_PIECE,
                                [EMBEDDING, ("blk.0.attn_q.weight", 0, [32, 2], 256), ("rope_freqs.weight", 0, [4], 16)])  # fmt: skip
    yield "gguf", "qwen2", gguf(numbers("qwen2", attention__key_length=("u32", 8)) + BYTE_LEVEL, [EMBEDDING], version=2)
    linear = dict(rope__scaling__type=("str", "linear"), rope__scaling__factor=("f32", 4.0))
    yield "gguf", "linear", gguf(numbers("llama", **linear) + BYTE_LEVEL, [EMBEDDING])
    gemma2 = dict(attn_logit_softcapping=("f32", 50.0), final_logit_softcapping=("f32", 30.0),
                  attention__sliding_window=("u32", 8), attention__key_length=("u32", 8))  # fmt: skip
    yield "gguf", "gemma2", gguf(numbers("gemma2", **gemma2) + SENTENCE_PIECE, [EMBEDDING])
    gemma3 = dict(rope__freq_base_swa=("f32", 10000.0), attention__sliding_window=("u32", 8))
    yield "gguf", "gemma3", gguf(numbers("gemma3", **gemma3, **linear) + SENTENCE_PIECE, [EMBEDDING])
    phi3 = dict(rope__scaling__original_context_length=("u32", 16), rope__scaling__attn_factor=("f32", 1.2),
                rope__dimension_count=("u32", 8), attention__sliding_window=("u32", 8))  # fmt: skip
    factors = [(f"rope_factors_{length}.weight", 0, [4], 16) for length in ("short", "long")]
    yield "gguf", "phi3", gguf(numbers("phi3", **phi3) + SENTENCE_PIECE, [EMBEDDING] + factors)
    every = [(f"k.{kind}", kind, 1) for kind in SCALARS] + [(f"a.{kind}", [kind], [1, 0]) for kind in SCALARS]
    every += [("general.alignment", "u32", 64), ("nested", [["u8"]], [[1], [2, 3]]), ("split.count", "u16", 1)]
    yield "gguf", "types", gguf(every, [("t", 30, [4, 2], 16)], alignment=64)
    for path in sorted(FIXTURES.glob("tokenizers/*/tokenizer.json")):
        yield "tokenizer-json", path.parent.name, cut_tokenizer(path)
    for path in sorted(FIXTURES.glob("reference/*/config.json")):
        yield "config-json", path.parent.name, path.read_bytes()
    for name, data in REQUESTS.items():
        # The first byte chooses limits and pieces: HTTPTarget.swift.
        yield "http", name, b"\x00" + data
        yield "http", name + "-small", b"\x07" + data


def main():
    shutil.rmtree(HERE / "Seeds", ignore_errors=True)
    for target, name, data in seeds():
        path = HERE / "Seeds" / target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        print(target, name, len(data))


if __name__ == "__main__":
    main()
