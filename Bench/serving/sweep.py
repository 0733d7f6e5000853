#!/usr/bin/env python3
"""The same rising load on one server after the other: throughput and latency up to saturation and beyond.

    Bench/serving/sweep.py --output Bench/results/sweep.json --report sweep.html \\
        swiftlet-5m swiftlet:MODEL.gguf llama.cpp:MODEL.gguf

Each server is `swiftlet-5m` (the embedded model), `swiftlet:FILE` or `llama.cpp:FILE`. Requests arrive at random
instants (Poisson) at each of --rates per second, whether or not earlier ones were answered.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

from servers import PROGRAMS, load, running


def command(server, arguments):
    kind, _, model = server.partition(":")
    threads = str(arguments.threads)
    if kind == "llama.cpp":
        slots = arguments.slots
        tokens = slots * (arguments.input_tokens + arguments.output_tokens + 64)
        return [arguments.llama_server, "-m", model, "-t", threads, "-tb", threads, "-np", slots, "-c", tokens,
                "--host", "127.0.0.1", "--port", "{port}"]
    return [PROGRAMS / "swiftlet", "serve", *(["--model", model] if model else []), "--threads", threads,
            "--max-num-seqs", arguments.slots, "--port", "{port}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="SERVER")
    parser.add_argument("--rates", default="0.5,1,1.5,2,3,4", help="requests per second, one run each")
    parser.add_argument("--seconds", type=float, default=15, help="how long requests arrive at each rate")
    parser.add_argument("--input-tokens", type=int, default=256)
    parser.add_argument("--output-tokens", type=int, default=64)
    parser.add_argument("--slots", type=int, default=32, help="requests computed together (default: 32)")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--llama-server", default=".build/peers/llama/bin/llama-server", metavar="FILE")
    parser.add_argument("--output", required=True, metavar="FILE", help="the results, as JSON")
    parser.add_argument("--report", metavar="FILE", help="one HTML page with the curves of all servers")
    arguments = parser.parse_args()

    runs, files = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, server in enumerate(arguments.servers):
            points = []
            with running(command(server, arguments)) as url:
                load(url, "--num-prompts", 4, "--input-tokens", arguments.input_tokens, "--output-tokens", 8)
                for rate in map(float, arguments.rates.split(",")):
                    point = pathlib.Path(folder) / f"{number}-{rate}.json"
                    load(url, "--request-rate", rate, "--num-prompts", max(8, round(rate * arguments.seconds)),
                         "--input-tokens", arguments.input_tokens, "--output-tokens", arguments.output_tokens,
                         "--seed", len(points) + 1, "--label", pathlib.Path(server).stem if ":" not in server
                         else f"{server.partition(':')[0]} {pathlib.Path(server.partition(':')[2]).stem}",
                         "--output", point)
                    files.append(point)
                    points.append(json.loads(point.read_text()))
                    show(server, rate, points[-1])
            runs.append({"server": server.partition(":")[0] + ":" + pathlib.Path(server).name, "points": points})
        if arguments.report:
            subprocess.run([PROGRAMS / "swiftlet-bench", "serve", *files, "--report", arguments.report], check=True)
    save(arguments.output, {"input_tokens": arguments.input_tokens, "output_tokens": arguments.output_tokens,
                            "slots": arguments.slots, "threads": arguments.threads, "runs": summary(runs)})


KEPT = ("request_rate", "completed", "failed", "duration", "request_throughput", "output_throughput", "mean_ttft_ms",
        "median_ttft_ms", "p90_ttft_ms", "p99_ttft_ms", "median_tpot_ms", "p99_tpot_ms", "median_itl_ms", "p99_itl_ms",
        "median_e2el_ms", "p99_e2el_ms", "max_concurrent_requests")


def summary(runs):
    """Without the single requests, which make a record of megabytes."""
    return [{**run, "points": [{key: point[key] for key in KEPT if key in point} for point in run["points"]]}
            for run in runs]


def show(server, rate, point):
    print(f"{server} at {rate:g}/s: {point['request_throughput']:.2f} requests/s, "
          f"{point['output_throughput']:.0f} tokens/s, first token {point['median_ttft_ms']:.0f} ms "
          f"(p99 {point['p99_ttft_ms']:.0f}), each further {point['median_tpot_ms']:.1f} ms", flush=True)


def save(path, document):
    path = pathlib.Path(path)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(document, indent=1) + "\n")
    part.replace(path)


if __name__ == "__main__":
    main()
