"""Perplexity per weight format: Swiftlet and llama.cpp's llama-perplexity on the same files and windows.

    Bench/peers/perplexity.py --peers .build/peers --text T.txt [--model DIR] [--bytes N] [--json R.json]

The model (default: Models/swiftlet-5m) is written as GGUF by `swiftlet quantize`, once a format. Both engines score the
second half of each full window of 512 tokens, each token after all the window's tokens before it. Prints a Markdown
table; the share is of the same engine's figure for the F32 file.
"""
import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SWIFTLET = ROOT / ".build/release/swiftlet"
FORMATS = ["f32", "f16", "bf16", "q8_0", "q4_0"]


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        sys.exit(f"perplexity: {command[0]} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    return done


def swiftlet(model, text, window):
    done = run(SWIFTLET, "perplexity", "--model", model, "--file", text, "--window", window, "--second-half", "--json")
    return json.loads(done.stdout)["perplexity"]


def llama(program, model, text, window):
    for _ in range(5):  # It sometimes ends before its last line is written.
        done = run(program, "-m", model, "-f", text, "-c", window)
        found = re.search(r"PPL = ([0-9.]+)", done.stdout + done.stderr)
        if found:
            return float(found[1])
    sys.exit(f"perplexity: {program} printed no figure:\n{done.stderr[-2000:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, metavar="DIR", help="where Bench/peers/run built llama.cpp")
    parser.add_argument("--text", required=True, metavar="FILE")
    parser.add_argument("--model", default=ROOT / "Models/swiftlet-5m", metavar="DIR")
    parser.add_argument("--bytes", type=int, default=300_000, help="of the text's beginning (default: 300000)")
    parser.add_argument("--window", type=int, default=512)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    program = Path(options.peers) / "llama/bin/llama-perplexity"
    found = {}
    print("| format | Swiftlet | of its F32 | llama.cpp | of its F32 |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        text.write_bytes(Path(options.text).read_bytes()[: options.bytes].decode(errors="ignore").encode())
        for name in FORMATS:
            model = Path(folder) / f"{name}.gguf"
            run(SWIFTLET, "quantize", options.model, model, "--type", name)
            found[name] = {
                "swiftlet": swiftlet(model, text, options.window),
                "llama.cpp": llama(program, model, text, options.window)}
            cells = [f"{found[name][engine]:.4f} | {found[name][engine] / found['f32'][engine] - 1:+.3%}"
                     for engine in ("swiftlet", "llama.cpp")]
            print(f"| {name.upper()} | {' | '.join(cells)} |", flush=True)
    if options.json:
        record = {"text": Path(options.text).name, "bytes": options.bytes, "window": options.window,
                  "model": Path(options.model).name, "perplexity": found}
        Path(options.json).write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
