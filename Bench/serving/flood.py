#!/usr/bin/env python3
"""What a flood does to a modest tenant: its time to first token beside three neighbours, in wall time.

    Bench/serving/flood.py --output Bench/results/flood.json

  flood       another tenant always has --flood requests open
  polite      another tenant sends, evenly, nearly as many requests a second as the flood got answered (--ease)
  one queue   the flood comes with the modest tenant's own key: first come, first served

The second is the baseline: the same work done for the neighbour, asked for politely. A machine's speed changes from
one half minute to the next by more than the two differ, so they alternate in short rounds. The figure is the median of
the rounds' ratios, with its 95 % interval (sign test): a round that met a slow machine once weighs no more than others.
Percentiles over all rounds' requests stand beside it; the slowest rounds decide those.
"""

import argparse
import hashlib
import json
import math
import os
import pathlib
import statistics
import tempfile
import time

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


def percentile(values, share):
    """The smallest value that at least `share` of the values do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def p99_ratio(rounds):
    flood, polite = ([ttft for pair in rounds for ttft in pair[name]["ttfts_ms"]] for name in ("flood", "polite"))
    return percentile(flood, 0.99) / percentile(polite, 0.99)


def median_with_interval(values):
    """The median, and the pair of values that the true one lies between in 95 of 100 cases, or the outermost."""
    values, count = sorted(values), len(values)
    outside, below = 0, 0  # Chance that at most `below` of `count` fair coins show heads, on both sides.
    while below < (count - 1) // 2 and outside + 2 * math.comb(count, below) / 2**count <= 0.05:
        outside += 2 * math.comb(count, below) / 2**count
        below += 1
    return statistics.median(values), values[max(0, below - 1)], values[min(count - 1, count - below)]


def summary(runs):
    ttfts = [ttft for run in runs for ttft in run["ttfts_ms"]]
    return {"ttft_p50_ms": percentile(ttfts, 0.5), "ttft_p90_ms": percentile(ttfts, 0.9),
            "ttft_p99_ms": percentile(ttfts, 0.99), "answered": len(ttfts),
            "neighbour_requests_per_second": sum(run["neighbour_requests_per_second"] for run in runs) / len(runs)}


def describe(name, figures):
    print(f"{name}: first token p50 {figures['ttft_p50_ms']:.0f} ms, p99 {figures['ttft_p99_ms']:.0f} ms; "
          f"the neighbour got {figures['neighbour_requests_per_second']:.1f} answers/s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="FILE", help="instead of the embedded model")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--slots", type=int, default=16, help="requests computed together (default: 16)")
    parser.add_argument("--flood", type=int, default=200, help="requests the flood has open (default: 200)")
    parser.add_argument("--rate", type=float, default=6, help="the modest tenant's requests per second (default: 6)")
    parser.add_argument("--rounds", type=int, default=20, help="of flood and polite neighbour in turn (default: 20)")
    parser.add_argument("--seconds", type=float, default=5, help="of one neighbour in one round (default: 5)")
    parser.add_argument("--ease", type=float, default=0.95, help="share of the flood's answers that the polite tenant "
                        "asks for: who asks for more than there is, is not polite (default: 0.95)")
    parser.add_argument("--input-tokens", type=int, default=256)
    parser.add_argument("--output-tokens", type=int, default=32)
    parser.add_argument("--output", required=True, metavar="FILE")
    arguments = parser.parse_args()
    lengths = ("--input-tokens", arguments.input_tokens, "--output-tokens", arguments.output_tokens)

    def measure(folder, url, seed, *neighbour):
        """The modest tenant's times while the neighbour goes on, and what the neighbour got."""
        results = [pathlib.Path(folder) / f"{part}.json" for part in ("modest", "neighbour")]
        other = load(url, *lengths, *neighbour, "--num-prompts", 20_000, "--seed", 1000 + seed,
                     "--output", results[1], wait=False)
        time.sleep(2)  # The neighbour is there first: measured is the steady state, not 200 connections being opened.
        load(url, *bearer(MODEST), *lengths, "--request-rate", arguments.rate,
             "--num-prompts", round(arguments.rate * arguments.seconds), "--warmup", 4, "--seed", seed,
             "--output", results[0])
        other.send_signal(2)  # Ctrl-C: it ends early and keeps what it has.
        finish(other)
        modest, neighbour = (json.loads(result.read_text()) for result in results)
        return {"ttfts_ms": [round(1000 * seconds, 1) for seconds in modest["ttfts"]],
                "neighbour_requests_per_second": neighbour["request_throughput"]}

    with tempfile.TemporaryDirectory() as folder:
        serve = [PROGRAMS / "swiftlet", "serve", *(["--model", arguments.model] if arguments.model else []),
                 "--threads", arguments.threads, "--max-num-seqs", arguments.slots, "--api-keys", keys(folder),
                 "--max-waiting", 1000, "--port", "{port}"]
        flood = ("--max-concurrency", arguments.flood)
        rounds = []
        for number in range(arguments.rounds):
            with running(serve) as url:
                flooded = measure(folder, url, number, *bearer(FLOOD), *flood)
            with running(serve) as url:
                polite = measure(folder, url, number, *bearer(FLOOD), "--burstiness", "inf",
                                 "--request-rate",
                                 arguments.ease * flooded["neighbour_requests_per_second"])
            rounds.append({"flood": flooded, "polite": polite})
            describe(f"round {number + 1}, flood", summary([flooded]))
            describe(f"round {number + 1}, polite", summary([polite]))
        with running(serve) as url:
            one_queue = measure(folder, url, arguments.rounds, *bearer(MODEST), *flood)
    found = {name: summary([pair[name] for pair in rounds]) for name in ("flood", "polite")}
    found["one queue"] = summary([one_queue])
    for name, figures in found.items():
        describe(name, figures)
    ratio, low, high = median_with_interval([p99_ratio([pair]) for pair in rounds])
    print(f"p99 beside the flood ÷ beside the polite tenant: {ratio:.2f} (95 %: {low:.2f} to {high:.2f}), "
          f"over all rounds' requests {p99_ratio(rounds):.2f}")
    save(arguments.output, {**{key: value for key, value in vars(arguments).items() if key not in ("output", "model")},
                            "p99_ratio": ratio, "p99_ratio_interval": [low, high],
                            "p99_ratio_of_all": p99_ratio(rounds), "neighbours": found,
                            "each_round": rounds})


if __name__ == "__main__":
    main()
