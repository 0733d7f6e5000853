#!/usr/bin/env python3
"""Compares `swiftlet-bench tokenizer` with Hugging Face `tokenizers`: the same text, one thread each, run after run.

    pip install tokenizers
    Bench/peers/tokenizers.py ../shared/data/tokenizers TEXT… [--output RESULT.json]

Both encode the text in documents of some four kilobytes; `tokenizers` by `encode_batch_fast`, its quickest way, which
keeps no offsets. Times are processor time, which a busy machine disturbs least. For each tokenizer: speeds, whether
the ids are equal, the load time of a tokenizer.json; then words of 12.5 to 100 KB without a blank, a tokenizer.json of
ten megabytes, and training on all of the text.
"""
import argparse, json, os, pathlib, random, resource, statistics, subprocess, sys, tempfile, time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
root = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != pathlib.Path(__file__).resolve().parent]
sys.path.append(str(root / "Tests/Differential"))
from tokenizers import Tokenizer, __version__, decoders, models, pre_tokenizers, trainers
import tokenizers_reference as reference

programs = root / ".build/release"


def documents(text):
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + 4096) + 1
        if start + 4096 >= len(text) or end == 0:
            end = len(text)
        yield text[start:end].decode()
        start = end


def timed(work, repeats):
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1e3, result


def checksum(encodings):
    sum, count = 0, 0
    for encoding in encodings:
        for id in encoding.ids:
            sum = (sum * 31 + id) % 0x7fffffff
            count += 1
    return sum, count


def compare(path, text_path, repeats):
    ours = json.loads(subprocess.check_output([
        programs / "swiftlet-bench", "tokenizer", "--tokenizer", path, "--text", text_path, "--repeats", str(repeats), "--json"]))
    text = list(documents(pathlib.Path(text_path).read_bytes()))
    load, tokenizer = timed(lambda: Tokenizer.from_file(str(path)), repeats)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encode, encodings = timed(lambda: tokenizer.encode_batch_fast(text, add_special_tokens=False), repeats)
    return {"load_ms": ours["load_ms"], "peer_load_ms": load, "bytes": ours["bytes"], "tokens": ours["tokens"],
            "ids_equal": (ours["checksum"], ours["tokens"]) == checksum(encodings),
            "megabytes_per_second": ours["bytes"] / ours["encode_ms"] / 1e3, "peer_megabytes_per_second": ours["bytes"] / encode / 1e3,
            "times_as_fast": encode / ours["encode_ms"], "encode_ms": ours["encode_ms"]}


def children_time():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def train(text_path, folder):
    start = children_time()
    subprocess.run([programs / "swiftlet", "tokenizer", "train", text_path, "--vocab-size", "32000", "--output", folder / "ours.json"],
                   check=True, stderr=subprocess.DEVNULL)
    ours = children_time() - start
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    start = time.process_time()
    tokenizer.train([str(text_path)], trainers.BpeTrainer(
        vocab_size=32000, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|endoftext|>"], show_progress=False))
    theirs = time.process_time() - start
    found, expected = json.load(open(folder / "ours.json"))["model"], json.loads(tokenizer.to_str())["model"]
    return {"bytes": text_path.stat().st_size, "vocabulary": 32000, "seconds": ours, "peer_seconds": theirs, "times_as_fast": theirs / ours,
            "merges_equal": found["merges"] == expected["merges"] and found["vocab"] == expected["vocab"]}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("texts", type=pathlib.Path, nargs="+")
    arguments.add_argument("--bytes", type=int, default=3_000_000, help="of text to encode; training takes all of it")
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--output", type=pathlib.Path)
    arguments = arguments.parse_args()
    result = {"peer": "tokenizers " + __version__, "cpu": cpu(), "threads": 1, "encode": {}, "word_ms": {}}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        corpus = b"".join(path.read_bytes() for path in arguments.texts).decode(errors="ignore").encode()
        (folder / "corpus.txt").write_bytes(corpus)
        # From the middle outward in slices, so that every file has a part in it.
        step = max(1, len(corpus) // 64)
        sample = b"".join(corpus[start:start + arguments.bytes // 64] for start in range(0, len(corpus), step))
        (folder / "sample.txt").write_bytes(sample.decode(errors="ignore").encode())
        for name, path in written_tokenizers(arguments.data, folder):
            result["encode"][name] = line = compare(path, folder / "sample.txt", arguments.repeats)
            print(f"{name:22} {line['megabytes_per_second']:7.2f} MB/s, peer {line['peer_megabytes_per_second']:6.2f}, "
                  f"{line['times_as_fast']:5.2f} x, equal {line['ids_equal']}, load {line['load_ms']:6.1f} ms, peer {line['peer_load_ms']:6.1f}", flush=True)
            result["word_ms"][name] = words = {}
            for size in (12_500, 25_000, 50_000, 100_000):
                letters = random.Random(1).choices("etaoinshrdlu", k=size)
                (folder / "word.txt").write_text("".join(letters))
                line = compare(path, folder / "word.txt", arguments.repeats)
                words[size] = line["encode_ms"]
                if not line["ids_equal"]:
                    sys.exit(f"{name}: the ids of a word of {size} bytes differ")
            print(" " * 22, "words:", {size: round(value, 2) for size, value in words.items()}, flush=True)
        result["training"] = line = train(folder / "corpus.txt", folder)
        print("training", line)
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=1) + "\n")


def written_tokenizers(data, folder):
    for name, tokenizer in reference.reference_tokenizers(data):
        if name in ("gpt2", "smollm2", "llama2", "llama3", "qwen2"):
            path = folder / (name + ".json")
            tokenizer.save(str(path))
            yield name, path
    yield "bert-base-uncased", data / "bert-base-uncased/tokenizer.json"
    yield "all-MiniLM-L6-v2", data / "all-MiniLM-L6-v2/tokenizer.json"
    # Ten megabytes: Llama 3's with more pieces that nothing makes.
    file = json.loads((folder / "llama3.json").read_text())
    vocabulary = file["model"]["vocab"]
    file["added_tokens"] = []
    while len(json.dumps(file, ensure_ascii=False).encode()) < 10_000_000:
        for _ in range(5_000):
            vocabulary.setdefault(f"Ġunmade{len(vocabulary)}", len(vocabulary))
    (folder / "large.json").write_text(json.dumps(file, ensure_ascii=False), encoding="utf-8")
    yield "ten megabytes", folder / "large.json"


def cpu():
    return next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")


if __name__ == "__main__":
    main()
