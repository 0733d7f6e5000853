"""Many streaming clients for a while: no error, the same texts as alone, flat memory, blocks freed when clients die.

    python soak.py --binary .build/release/swiftlet --clients 64 --seconds 120

Exits 0 when everything holds, 1 with one line per failure. `--json` prints the figures as one document.
"""

import argparse
import json
import random
import socket
import sys
import threading
import time

from swiftlet_server import events, raw_request, read_response, running_server, wait_for

WORDS = "the of and a in to was on river winter light small old house people water north city again under".split()


def make_requests(count, seed, context):
    """Fixed requests of mixed lengths, greedy and sampled; outputs of 8 to 96 tokens.

    A token is at least a byte of these words, so a prompt of as many letters as tokens are free always fits.
    """
    draw = random.Random(seed)
    free = max(48, context - 96 - 8)

    def words(letters):
        text = ""
        while len(text) < letters:
            text += " " + draw.choice(WORDS)
        return text[:letters].strip()

    shared = words(free // 3)
    requests = []
    for index in range(count):
        prompt = words(draw.randint(4, free * 2 // 3 - 8))
        if index % 3 == 0:
            prompt = shared + " " + prompt  # a prefix that the cache can share
        requests.append({
            "prompt": prompt, "max_tokens": draw.randint(8, 96), "temperature": draw.choice([0, 0.7, 1.0]),
            "seed": index, "ignore_eos": True, "stream": True})
    return requests


def run_one(server, request):
    """The text of one streamed request; raises on anything but a complete stream."""
    response = server.post("/v1/completions", request, timeout=300)
    if response.status != 200:
        raise RuntimeError(f"status {response.status}: {response.body[:200]!r}")
    data = events(response.body)
    if data[-1] != "[DONE]":
        raise RuntimeError(f"stream ended with {data[-1][:200]}")
    return "".join(choice["text"] for item in data[:-1] for choice in json.loads(item)["choices"])


class Soak:
    def __init__(self, server, requests, expected):
        self.server = server
        self.requests = requests
        self.expected = expected
        self.lock = threading.Lock()
        self.failures = []
        self.completed = 0
        self.resident = []

    def fail(self, text):
        with self.lock:
            self.failures.append(text)

    def client(self, number, deadline):
        draw = random.Random(number)
        while time.monotonic() < deadline and len(self.failures) < 20:
            index = draw.randrange(len(self.requests))
            try:
                text = run_one(self.server, self.requests[index])
            except Exception as error:
                self.fail(f"client {number}, request {index}: {error}")
                continue
            if text != self.expected[index]:
                self.fail(f"client {number}, request {index}: differs from its single run\n"
                          f"  alone:    {self.expected[index][:120]!r}\n  together: {text[:120]!r}")
            with self.lock:
                self.completed += 1

    def sample_memory(self, start, deadline):
        while time.monotonic() < deadline:
            self.resident.append((time.monotonic() - start, self.server.resident_bytes()))
            time.sleep(0.5)

    def run(self, clients, seconds):
        start = time.monotonic()
        deadline = start + seconds
        threads = [threading.Thread(target=self.client, args=(n, deadline)) for n in range(clients)]
        threads.append(threading.Thread(target=self.sample_memory, args=(start, deadline)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def check_memory(self, seconds, tolerance):
        """In the second half resident memory may not rise: third against fourth quarter's medians."""
        def median(low, high):
            values = sorted(b for t, b in self.resident if low * seconds <= t < high * seconds)
            return values[len(values) // 2] if values else 0

        third, fourth = median(0.5, 0.75), median(0.75, 1.01)
        if third and fourth > third * (1 + tolerance) + (1 << 20):
            self.fail(f"resident memory rose from {third >> 20} MiB to {fourth >> 20} MiB in the second half")
        return third, fourth


def kill_half(server, clients):
    """Streams to all clients, closes every second one in mid-stream: the others complete, and all blocks come back."""
    before = server.metrics()
    tokens = server.context_length() - 3
    body = json.dumps({"prompt": [5, 6, 7], "max_tokens": tokens, "ignore_eos": True, "stream": True}).encode()
    connections = []
    for _ in range(clients):
        connection = server.connect(300)
        connection.sendall(raw_request("POST", "/v1/completions", body, {"connection": "close"}))
        connections.append(connection)
    for connection in connections:
        connection.recv(1, socket.MSG_PEEK)  # the stream has begun
    for connection in connections[::2]:
        connection.close()
    started = time.monotonic()

    def ended(reason):
        name = f'finished_reason="{reason}"'
        return sum(v - before.get(k, 0) for k, v in server.metrics().items() if name in k)

    # Each of the closed half is aborted, or had ended before.
    gone = len(connections[::2])
    wait_for(lambda: ended("abort") + ended("length") >= gone, 10)
    seconds = time.monotonic() - started
    aborted = ended("abort")
    failures = []
    for connection in connections[1::2]:
        data = events(read_response(connection).body)
        if data[-1] != "[DONE]":
            failures.append(f"a surviving stream ended with {data[-1][:200]}")
        connection.close()
    if not server.wait_until_idle(10):
        failures.append("blocks are still held after every client is gone")
    if aborted > gone:
        failures.append(f"{aborted} requests were aborted, only {gone} clients left")
    if ended("abort") + ended("length") != clients:
        failures.append(f"{ended('abort') + ended('length')} requests ended out of {clients}")
    return failures, seconds, aborted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--server-args", default="")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--requests", type=int, default=48, help="distinct requests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory-tolerance", type=float, default=0.02)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    with running_server(options.binary, options.server_args) as server:
        requests = make_requests(options.requests, options.seed, server.context_length())
        expected = [run_one(server, request) for request in requests]
        soak = Soak(server, requests, expected)
        tokens_before = server.metric("vllm:generation_tokens_total")
        soak.run(options.clients, options.seconds)
        tokens = server.metric("vllm:generation_tokens_total") - tokens_before
        third, fourth = soak.check_memory(options.seconds, options.memory_tolerance)
        if not server.wait_until_idle(10):
            soak.fail("blocks are still held after the soak")
        failures, cancel_seconds, aborted = kill_half(server, options.clients)
        for failure in failures:
            soak.fail(failure)
        if server.process.poll() is not None:
            soak.fail(f"the server ended with status {server.process.returncode}")

    figures = {
        "clients": options.clients, "seconds": options.seconds, "completed": soak.completed,
        "failures": len(soak.failures), "tokens_per_second": round(tokens / options.seconds, 1),
        "rss_third_quarter_bytes": third, "rss_fourth_quarter_bytes": fourth,
        "half_gone": (options.clients + 1) // 2, "half_aborted": int(aborted),
        "half_ended_after_s": round(cancel_seconds, 3)}
    for failure in soak.failures[:20]:
        print(failure, file=sys.stderr)
    print(json.dumps(figures) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))
    sys.exit(1 if soak.failures else 0)


if __name__ == "__main__":
    main()
