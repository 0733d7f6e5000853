#!/usr/bin/env python3
"""What a flood does to a modest tenant: its time to first token beside three neighbours, in wall time.

    Bench/serving/flood.py --output Bench/results/flood.json

  flood       another tenant always has --flood requests open
  polite      another tenant sends, evenly, as many requests a second as the flood got answered
  one queue   the flood comes with the modest tenant's own key: first come, first served

The second is the baseline: the same work done for the neighbour, asked for politely.
"""

import argparse
import hashlib
import json
import os
import pathlib
import tempfile

from servers import PROGRAMS, finish, load, running
from sweep import save

MODEST, FLOOD = "sk-modest", "sk-flood"


def keys(folder):
    path = pathlib.Path(folder) / "keys.json5"
    entries = [{"sha256": hashlib.sha256(key.encode()).hexdigest(), "tenant": key[3:]} for key in (MODEST, FLOOD)]
    path.write_text(json.dumps({"tenants": {}, "keys": entries}))
    return path


def bearer(key):
    return "--header", f"authorization: Bearer {key}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="FILE", help="instead of the embedded model")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--slots", type=int, default=16, help="requests computed together (default: 16)")
    parser.add_argument("--flood", type=int, default=200, help="requests the flood has open (default: 200)")
    parser.add_argument("--rate", type=float, default=4, help="the modest tenant's requests per second (default: 4)")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--input-tokens", type=int, default=256)
    parser.add_argument("--output-tokens", type=int, default=32)
    parser.add_argument("--output", required=True, metavar="FILE")
    arguments = parser.parse_args()
    lengths = ("--input-tokens", arguments.input_tokens, "--output-tokens", arguments.output_tokens)

    def measure(folder, name, url, *neighbour):
        """The modest tenant's result while the neighbour goes on, and the neighbour's."""
        results = [pathlib.Path(folder) / f"{name}-{part}.json" for part in ("modest", "neighbour")]
        other = load(url, *lengths, *neighbour, "--seed", 7, "--output", results[1], wait=False)
        load(url, *bearer(MODEST), *lengths, "--request-rate", arguments.rate,
             "--num-prompts", round(arguments.rate * arguments.seconds), "--warmup", 4, "--seed", 3,
             "--output", results[0])
        other.send_signal(2)  # Ctrl-C: it ends early and keeps what it has.
        finish(other)
        modest, neighbour = (json.loads(result.read_text()) for result in results)
        figures = {"ttft_p50_ms": modest["median_ttft_ms"], "ttft_p90_ms": modest["p90_ttft_ms"],
                   "ttft_p99_ms": modest["p99_ttft_ms"], "answered": modest["completed"],
                   "neighbour_requests_per_second": neighbour["request_throughput"]}
        print(f"{name}: first token p50 {figures['ttft_p50_ms']:.0f} ms, p99 {figures['ttft_p99_ms']:.0f} ms; "
              f"the neighbour got {figures['neighbour_requests_per_second']:.1f} answers/s", flush=True)
        return figures

    with tempfile.TemporaryDirectory() as folder:
        serve = [PROGRAMS / "swiftlet", "serve", *(["--model", arguments.model] if arguments.model else []),
                 "--threads", arguments.threads, "--max-num-seqs", arguments.slots, "--api-keys", keys(folder),
                 "--max-waiting", 1000, "--port", "{port}"]
        many = ("--max-concurrency", arguments.flood, "--num-prompts", 20_000)
        found = {}
        with running(serve) as url:
            found["flood"] = measure(folder, "flood", url, *bearer(FLOOD), *many)
        rate = found["flood"]["neighbour_requests_per_second"]
        for _ in range(4):
            with running(serve) as url:
                found["polite"] = measure(folder, "polite", url, *bearer(FLOOD), "--request-rate", rate, "--burstiness",
                                          "inf", "--num-prompts", 20_000)
            if found["polite"]["neighbour_requests_per_second"] > 0.975 * rate:
                break
            # More than the server had to give just now: whoever asks for it is no polite neighbour.
            rate = 0.98 * found["polite"]["neighbour_requests_per_second"]
        with running(serve) as url:
            found["one queue"] = measure(folder, "one queue", url, *bearer(MODEST), *many)
    ratio = found["flood"]["ttft_p99_ms"] / found["polite"]["ttft_p99_ms"]
    print(f"p99 beside the flood ÷ beside the polite tenant: {ratio:.2f}")
    save(arguments.output, {**{key: value for key, value in vars(arguments).items() if key not in ("output", "model")},
                            "p99_ratio": ratio, "neighbours": found})


if __name__ == "__main__":
    main()
