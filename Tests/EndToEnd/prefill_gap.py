"""What a long prompt costs those who are decoding: gaps between tokens of 8 streams, alone and while 8k tokens arrive.

    python prefill_gap.py --binary .build/release/swiftlet --chunks 32,64,128,256,512 --rounds 3

`--prefill-beside-decode` bounds the rows a step gives to prompts while others decode, and so the gap. For each such
chunk size, in alternation: the gaps of eight streams by themselves, then with the prompt among them. Prints a table;
`--json FILE` keeps the figures.
"""

import argparse
import json
import statistics
import threading
import time

from swiftlet_server import raw_request, running_server

STREAMS = 8


class Stream(threading.Thread):
    """Reads one stream and notes when each token came."""

    def __init__(self, server, seed, tokens):
        super().__init__(daemon=True)
        self.times = []
        self.connection = server.connect(300)
        body = {"prompt": [5, 6, 7 + seed], "max_tokens": tokens, "ignore_eos": True, "stream": True, "seed": seed}
        fields = {"connection": "close"}
        self.connection.sendall(raw_request("POST", "/v1/completions", json.dumps(body).encode(), fields))

    def run(self):
        try:
            while piece := self.connection.recv(65536):
                now = time.monotonic()
                self.times += [now] * piece.count(b"\ndata: {")
        except OSError:
            pass

    def gaps(self, start, end):
        """Milliseconds between neighbours of which the later one came within the interval."""
        return [1000 * (b - a) for a, b in zip(self.times, self.times[1:]) if start <= b <= end]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def one_round(server, prompt_tokens, seconds, round_number):
    """Gaps alone, gaps beside the prompt, and how long the prompt took."""
    streams = [Stream(server, seed, server.context_length() - 4) for seed in range(STREAMS)]
    for stream in streams:
        stream.start()
    time.sleep(0.5)
    start = time.monotonic()
    time.sleep(seconds)
    middle = time.monotonic()
    # Another beginning in every round: nothing of it is in the prefix cache.
    prompt = [11 + (index * 7 + round_number) % 4000 for index in range(prompt_tokens)]
    response = server.post("/v1/completions", {"prompt": prompt, "max_tokens": 1}, timeout=300)
    end = time.monotonic()
    assert response.status == 200, response.body[:300]
    for stream in streams:
        stream.connection.close()
    alone = [gap for stream in streams for gap in stream.gaps(start, middle)]
    beside = [gap for stream in streams for gap in stream.gaps(middle, end)]
    assert server.wait_until_idle(10)
    return alone, beside, end - middle


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--server-args", default="")
    parser.add_argument("--chunks", default="32,64,128,256,512")
    parser.add_argument("--prompt-tokens", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="how long the streams are watched alone")
    parser.add_argument("--json")
    options = parser.parse_args()

    chunks = [int(chunk) for chunk in options.chunks.split(",")]
    figures = {chunk: [] for chunk in chunks}
    for round_number in range(options.rounds):
        for chunk in chunks:
            arguments = (f"{options.server_args} --no-request-log --prefill-beside-decode {chunk}"
                         f" --max-model-len {options.prompt_tokens + 256} --encoder none")
            with running_server(options.binary, arguments) as server:
                alone, beside, seconds = one_round(server, options.prompt_tokens, options.seconds, round_number)
            figures[chunk].append({
                "alone_p50_ms": percentile(alone, 0.5), "alone_p99_ms": percentile(alone, 0.99),
                "beside_p50_ms": percentile(beside, 0.5), "beside_p99_ms": percentile(beside, 0.99),
                "beside_max_ms": max(beside, default=float("nan")), "prompt_seconds": seconds})

    rows = {chunk: {name: round(statistics.median(each[name] for each in rounds), 2) for name in rounds[0]}
            for chunk, rounds in figures.items()}
    print("| chunk | alone p50, p99 ms | beside p50, p99, max ms | p99 beside ÷ alone | prompt s |")
    print("|---|---|---|---|---|")
    for chunk, row in rows.items():
        print(f"| {chunk} | {row['alone_p50_ms']:.1f}, {row['alone_p99_ms']:.1f} | {row['beside_p50_ms']:.1f},"
              f" {row['beside_p99_ms']:.1f}, {row['beside_max_ms']:.1f}"
              f" | {row['beside_p99_ms'] / row['alone_p99_ms']:.1f} | {row['prompt_seconds']:.1f} |")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"streams": STREAMS, "prompt_tokens": options.prompt_tokens, "rounds": options.rounds,
                       "server_args": options.server_args, "medians": rows}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
