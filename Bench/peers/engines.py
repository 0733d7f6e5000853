"""Swiftlet, llama.cpp and OpenVINO GenAI on the same GGUF files and threads, in turn (A B C A B C …).

Prints a Markdown table of medians and ratios to standard output and, with --json FILE, every single figure.
Machines are shared and noisy: only the ratios of one run mean anything, which is why the engines take turns.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def output_of(command, **keywords):
    """Standard output of a program; its errors only when it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **keywords)
    if done.returncode != 0:
        sys.exit(f"peers: {command[0]} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


class Swiftlet:
    name = "swiftlet"

    def __init__(self, _, repeats):
        self.program, self.repeats = ROOT / ".build/release/swiftlet-bench", repeats

    def engine(self, model, threads, prompt, output, requests, *more):
        text = output_of([
            self.program, "engine", "--model", model, "--threads", threads, "--prompt-tokens", prompt,
            "--output-tokens", output, "--concurrency", requests, "--repeats", self.repeats, "--json", *more])
        report = json.loads(text)
        return report["results"][0] | {"limits": report["limits"]}

    def single(self, model, threads, prompt, output):
        result = self.engine(model, threads, prompt, output, 1)
        return {
            "prefill": result["prefill_tokens_per_second"], "decode": result["decode_tokens_per_second"],
            "prefill share of limit": result["share_of_limit"]["prefill"],
            "decode share of limit": result["share_of_limit"]["decode"],
            "peak MiB": result["peak_rss_bytes"] / 2**20,
            "same prompt, ms": self.engine(
                model, threads, prompt, output, 1, "--same-prompt")["ttft_ms"]["p50"],
        }

    def many(self, model, threads, prompt, output, requests):
        return {"job": self.engine(model, threads, prompt, output, requests)["output_tokens_per_second"]}

    def decode(self, model, threads, depth):
        return self.engine(model, threads, depth, 64, 1)["decode_tokens_per_second"]


class LlamaCpp:
    name = "llama.cpp"

    def __init__(self, peers, repeats):
        self.bin, self.repeats = peers / "llama/bin", repeats

    def bench(self, model, threads, *more):
        text = output_of([
            self.bin / "llama-bench", "-m", model, "-t", threads, "-r", self.repeats, "-o", "json", *more])
        return json.loads(text)

    def single(self, model, threads, prompt, output):
        prefill, = self.bench(model, threads, "-p", prompt, "-n", 0)
        return {"prefill": prefill["avg_ts"], "decode": self.decode(model, threads, prompt, output)}

    def decode(self, model, threads, depth, output=64):
        """Decoding with `depth` tokens in the cache, as the other engines have them."""
        decode, = self.bench(model, threads, "-p", 0, "-n", output, "-d", depth)
        return decode["avg_ts"]

    def many(self, model, threads, prompt, output, requests):
        text = output_of([
            self.bin / "llama-batched-bench", "-m", model, "-t", threads, "-c", requests * (prompt + output) + 512,
            "-b", 2048, "-ub", 512, "-npp", prompt, "-ntg", output, "-npl", requests, "--output-format", "jsonl"])
        last = json.loads([line for line in text.splitlines() if line.startswith("{")][-1])
        return {"job": requests * output / (last["t_pp"] + last["t_tg"])}


class OpenVINO:
    name = "OpenVINO"

    def __init__(self, _, repeats):
        self.repeats = repeats

    def run(self, model, threads, prompt, output, requests):
        text = output_of([
            sys.executable, Path(__file__).with_name("openvino_engine.py"), model, threads, prompt, output, requests,
            self.repeats])
        return json.loads(text.splitlines()[-1])

    def single(self, model, threads, prompt, output):
        result = self.run(model, threads, prompt, output, 1)
        return {
            "prefill": result["prefill_tokens_per_second"], "decode": result["decode_tokens_per_second"],
            "same prompt, ms": result["same_prompt_ttft_ms"], "peak MiB": result["peak_rss_bytes"] / 2**20,
        }

    def many(self, model, threads, prompt, output, requests):
        return {"job": self.run(model, threads, prompt, output, requests)["output_tokens_per_second"]}


class BusyCore:
    """Another process that holds one core: the last this process may use."""

    def __enter__(self):
        core = max(os.sched_getaffinity(0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{core}}})\nwhile True: pass"])
        time.sleep(0.3)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def measure(engines, model, options):
    """Every figure of every round: {(figure, threads): {engine: [values]}}."""
    figures = {}

    def note(figure, threads, engine, value):
        if value is not None:
            figures.setdefault((figure, threads), {}).setdefault(engine.name, []).append(value)

    for turn in range(options.rounds):
        for threads in options.threads:
            for engine in engines:
                print(f"round {turn + 1}, {threads} threads, {model.name}: {engine.name}", file=sys.stderr)
                for figure, value in engine.single(model, threads, options.prompt, options.output).items():
                    note(figure, threads, engine, value)
                if threads == max(options.threads):
                    for figure, value in engine.many(model, threads, 128, 64, options.requests).items():
                        note(f"{options.requests} × (128 in, 64 out), output tokens/s", threads, engine, value)
        threads = max(options.threads)
        for engine in engines:
            if not hasattr(engine, "decode"):
                continue
            if options.busy:
                calm = engine.decode(model, threads, 128)
                with BusyCore():
                    busy = engine.decode(model, threads, 128)
                note("decode beside a busy core ÷ undisturbed", threads, engine, busy / calm)
            if options.depth:
                far = engine.decode(model, threads, options.depth)
                note(f"ms per token at {options.depth} ÷ at 128", threads, engine,
                     engine.decode(model, threads, 128) / far)
    return figures


def table(figures, engines):
    names = [engine.name for engine in engines]
    lines = ["| figure | threads | " + " | ".join(names) + " | ÷ best peer |", "|---" * (len(names) + 3) + "|"]
    for (figure, threads), values in figures.items():
        medians = {name: statistics.median(values[name]) for name in names if name in values}
        peers = [value for name, value in medians.items() if name != "swiftlet"]
        # Of times the smallest is the best, of rates the largest.
        is_time = bool(re.search(r"\bms\b", figure)) or "MiB" in figure
        best = (min if is_time else max)(peers) if peers else None
        ratio = f"{medians['swiftlet'] / best:.2f}" if best and "swiftlet" in medians else ""
        cells = [f"{medians[name]:,.{0 if medians[name] > 50 else 2}f}" if name in medians else "" for name in names]
        lines.append(f"| {figure} | {threads} | " + " | ".join(cells) + f" | {ratio} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL.gguf")
    parser.add_argument("--peers", type=Path, default=ROOT / ".build/peers", help="where the peers are installed")
    parser.add_argument("--threads", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2])
    parser.add_argument("--engines", default="swiftlet,llama.cpp,OpenVINO")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=2, help="measured runs of an engine in each round")
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--output", type=int, default=64)
    parser.add_argument("--requests", type=int, default=16)
    parser.add_argument("--busy", action="store_true", help="also decode beside a process that holds one core")
    parser.add_argument("--depth", type=int, default=0, help="also decode with this many tokens in the cache")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    wanted = options.engines.split(",")
    engines = [kind(options.peers, options.repeats) for kind in (Swiftlet, LlamaCpp, OpenVINO) if kind.name in wanted]

    everything = {}
    for model in options.models:
        if not model.is_file():
            sys.exit(f"peers: {model} is not a file")
        figures = measure(engines, model, options)
        print(f"\n### {model.stem}\n\n{table(figures, engines)}", flush=True)
        everything[model.stem] = [
            {"figure": figure, "threads": threads, "values": values} for (figure, threads), values in figures.items()]
    if options.json:
        temporary = options.json.with_name(options.json.name + ".part")
        temporary.write_text(json.dumps(everything, indent=1) + "\n")
        temporary.rename(options.json)


main()
