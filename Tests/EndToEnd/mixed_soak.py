"""Good and bad clients, mixed, for as long as wanted: flat memory, every request ended exactly once, counters that balance.

    python mixed_soak.py --binary .build/release/swiftlet --seconds 1800 --json result.json

The server's log has one line per response, so the books can be kept twice: what the clients did against the log, and
the log against /metrics. The result file is written every minute; a run that is cut off leaves what it had seen.
Exits 0 when everything holds, 1 with one line per failure.
"""

import argparse
import collections
import json
import os
import random
import socket
import struct
import sys
import threading
import time

from soak import make_requests
from swiftlet_server import events, raw_request, read_response, running_server

ROUTE = "/v1/completions"


def close_hard(connection):
    """Closes with a reset instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Client(threading.Thread):
    """Does one thing after another, drawn by chance, and knows what each must lead to."""

    def __init__(self, soak, number):
        super().__init__(daemon=True)
        self.soak = soak
        self.draw = random.Random(number)
        self.name = f"client-{number}"
        self.count = 0

    def run(self):
        acts = [(whole, 6), (stream, 6), (chat, 3), (slow_reader, 2), (leaves_early, 4), (leaves_at_once, 2),
                (shuts_its_side, 1), (drips, 1), (tools, 2), (wrong, 3), (garbage, 1), (idles, 1), (probes, 1)]
        names, weights = zip(*acts)
        while time.monotonic() < self.soak.deadline and len(self.soak.failures) < 20:
            act = self.draw.choices(names, weights)[0]
            try:
                act(self, self.soak.server)
            except Exception as error:
                self.soak.fail(f"{self.name}, {act.__name__}: {type(error).__name__} {error}")
            self.soak.acted(act.__name__)

    def identity(self):
        """A request id for the log, noted as sent."""
        self.count += 1
        name = f"{self.name}-{self.count}"
        self.soak.sent(name)
        return name

    def completion(self, **options):
        """A request whose text is known, as the bytes to send, and that text."""
        index = self.draw.randrange(len(self.soak.requests))
        body = {**self.soak.requests[index], **options}
        fields = {"x-request-id": self.identity(), "connection": "close"}
        return raw_request("POST", ROUTE, json.dumps(body).encode(), fields), self.soak.expected[index]

    def endless(self, **options):
        tokens = self.soak.context - 3
        body = {"prompt": [5, 6, 7], "max_tokens": tokens, "ignore_eos": True, "stream": True,
                "n": self.draw.randint(1, 4), **options}
        fields = {"x-request-id": self.identity(), "connection": "close"}
        return raw_request("POST", ROUTE, json.dumps(body).encode(), fields)


def texts(response):
    """The text of every choice of a streamed answer, which must be complete."""
    assert response.status == 200, response.body[:200]
    data = events(response.body)
    assert data[-1] == "[DONE]", data[-1][:200]
    result = collections.defaultdict(str)
    for item in data[:-1]:
        for choice in json.loads(item)["choices"]:
            result[choice["index"]] += choice["text"]
    return result


# -- What clients do


def whole(client, server):
    request, expected = client.completion(stream=False)
    with server.connect(300) as connection:
        connection.sendall(request)
        response = read_response(connection)
    assert response.status == 200, response.body[:200]
    assert response.json()["choices"][0]["text"] == expected, "differs from its single run"


def stream(client, server):
    request, expected = client.completion(n=client.draw.choice([1, 1, 3]))
    with server.connect(300) as connection:
        connection.sendall(request)
        assert texts(read_response(connection))[0] == expected, "differs from its single run"


def chat(client, server):
    body = {"messages": [{"role": "user", "content": "What is a KV cache?"}], "max_tokens": client.draw.randint(1, 40),
            "logprobs": True, "top_logprobs": 2}
    response = server.post("/v1/chat/completions", body, headers={"x-request-id": client.identity()}, timeout=300)
    assert response.status == 200 and response.json()["choices"][0]["logprobs"]["content"]


def slow_reader(client, server):
    request, expected = client.completion()
    with server.connect(300) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request)
        time.sleep(client.draw.random() * 2)
        assert texts(read_response(connection))[0] == expected, "differs from its single run"


def leaves_early(client, server):
    connection = server.connect(300)
    connection.sendall(client.endless(stream=client.draw.random() < 0.7))
    connection.settimeout(client.draw.random())
    try:
        connection.recv(1)
    except TimeoutError:
        pass
    close_hard(connection) if client.draw.random() < 0.5 else connection.close()


def leaves_at_once(client, server):
    connection = server.connect()
    connection.sendall(client.endless())
    connection.close()


def shuts_its_side(client, server):
    with server.connect() as connection:
        connection.sendall(client.endless(stream=False))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


def drips(client, server):
    request, expected = client.completion(stream=False)
    with server.connect(300) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(0, 60):
            connection.sendall(request[index:index + 1])
        connection.sendall(request[60:])
        assert read_response(connection).json()["choices"][0]["text"] == expected


def tools(client, server):
    text = "A KV cache keeps keys and values. " * client.draw.randint(1, 200)
    named = {"headers": {"x-request-id": client.identity()}}
    tokens = server.post("/tokenize", {"prompt": text, "add_special_tokens": False}, **named).json()["tokens"]
    named = {"headers": {"x-request-id": client.identity()}}
    assert server.post("/detokenize", {"tokens": tokens}, **named).json()["prompt"] == text


def wrong(client, server):
    """Each gets its own status."""
    cases = [
        ("POST", ROUTE, {}, 400), ("POST", ROUTE, {"prompt": "a", "temprature": 1}, 400),
        ("POST", ROUTE, {"prompt": "a", "model": "other"}, 404), ("POST", "/nowhere", {}, 404),
        ("DELETE", ROUTE, {}, 405), ("POST", ROUTE, {"prompt": [1 << 40]}, 400),
        ("POST", ROUTE, {"prompt": "a", "max_tokens": 1 << 20}, 400)]
    method, path, body, status = client.draw.choice(cases)
    response = server.request(method, path, json.dumps(body).encode(), {"x-request-id": client.identity()})
    assert response.status == status and response.error


def garbage(client, server):
    with server.connect() as connection:
        connection.sendall(client.draw.randbytes(client.draw.randint(1, 2000)) + b"\r\n\r\n")
        connection.settimeout(20)
        try:
            first = connection.recv(12)
        except ConnectionError:
            return
        assert first in (b"", b"HTTP/1.1 400"), first


def idles(client, server):
    with server.connect():
        time.sleep(client.draw.random() * 3)


def probes(client, server):
    for path in ("/health", "/ready"):
        response = server.request("GET", path, headers={"x-request-id": client.identity()})
        assert response.status == 200, response.body


# -- The books


class Soak:
    def __init__(self, server, seconds, context, requests):
        self.server = server
        self.context = context
        self.requests = requests
        self.expected = []
        self.start = time.monotonic()
        self.seconds = seconds
        self.deadline = self.start + seconds
        self.lock = threading.Lock()
        self.failures = []
        self.acts = collections.Counter()
        self.open = {}
        self.logged = 0
        self.choices = 0
        self.statuses = collections.Counter()
        self.read_lines = 0
        self.resident = []
        self.descriptors = []

    def fail(self, text):
        with self.lock:
            self.failures.append(text)

    def acted(self, name):
        with self.lock:
            self.acts[name] += 1

    def sent(self, name):
        with self.lock:
            self.open[name] = 0

    def read_log(self):
        """Takes in the lines the server has logged since the last call."""
        lines = self.server.stderr[self.read_lines:]
        self.read_lines += len(lines)
        for line in lines:
            if not line.startswith("{"):
                continue
            entry = json.loads(line)
            self.logged += 1
            self.statuses[entry["status"]] += 1
            self.choices += entry.get("choices", 0)
            name = entry["request_id"]
            if name.startswith("client-"):
                with self.lock:
                    self.open[name] = self.open.get(name, 0) + 1
                    if self.open[name] > 1:
                        self.failures.append(f"{name} ended {self.open[name]} times")

    def sample(self):
        self.resident.append((time.monotonic() - self.start, self.server.resident_bytes()))
        self.descriptors.append(len(os.listdir(f"/proc/{self.server.pid}/fd")))

    def median_memory(self, low, high):
        values = sorted(b for t, b in self.resident if low * self.seconds <= t < high * self.seconds)
        return values[len(values) // 2] if values else 0

    def close_books(self):
        """Once every client has gone: who is missing, and do the counters say the same as the log?"""
        if not self.server.wait_until_idle(30):
            self.fail("requests or blocks are still held after every client is gone")
        time.sleep(1)
        self.read_log()
        # A request that never arrived whole has no line: one that was reset, or left at once.
        missing = [name for name, count in self.open.items() if count == 0]
        left = self.acts["leaves_early"] + self.acts["leaves_at_once"] + self.acts["shuts_its_side"]
        if len(missing) > left:
            self.fail(f"{len(missing)} requests never ended, and only {left} clients left")
        values = self.server.metrics()
        ended = sum(v for k, v in values.items() if k.startswith("vllm:request_success_total{"))
        if ended != self.choices:
            self.fail(f"the log has {self.choices} sequences, the counters say that {ended:.0f} ended")
        errors = sum(v for k, v in values.items() if "finished_reason=\"error\"" in k)
        if errors or self.statuses[500]:
            self.fail(f"{errors:.0f} sequences failed, {self.statuses[500]} answers were 500")
        third, fourth = self.median_memory(0.5, 0.75), self.median_memory(0.75, 1.01)
        if third and fourth > third * 1.02 + (1 << 20):
            self.fail(f"resident memory rose from {third >> 20} MiB to {fourth >> 20} MiB in the second half")
        if self.descriptors and len(os.listdir(f"/proc/{self.server.pid}/fd")) > min(self.descriptors) + 2:
            self.fail("descriptors are left open")
        return {"never_arrived": len(missing), "sequences_ended": int(ended), "third": third, "fourth": fourth}

    def figures(self, **more):
        third = more.pop("third", self.median_memory(0.5, 0.75))
        fourth = more.pop("fourth", self.median_memory(0.75, 1.01))
        return {
            "seconds_wanted": self.seconds, "seconds": round(min(time.monotonic() - self.start, self.seconds), 1),
            "acts": dict(sorted(self.acts.items())), "responses": self.logged, "sequences": self.choices,
            "statuses": {str(k): v for k, v in sorted(self.statuses.items())},
            "rss_third_quarter_bytes": third, "rss_fourth_quarter_bytes": fourth,
            "failures": len(self.failures), "first_failures": self.failures[:5], **more}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--server-args", default="--kv-cache-memory 32MiB", help="a small cache, full within the first minute")
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--json", help="where the result goes, written anew every minute")
    options = parser.parse_args()

    def write(figures):
        text = json.dumps(figures, indent=1) + "\n"
        if options.json:
            with open(options.json + ".new", "w") as file:
                file.write(text)
            os.replace(options.json + ".new", options.json)
        return text

    with running_server(options.binary, options.server_args) as server:
        context = server.context_length()
        requests = make_requests(24, 7, context)
        soak = Soak(server, options.seconds, context, requests)
        for request in requests:
            soak.expected.append(texts(server.post(ROUTE, request))[0])
        soak.start = time.monotonic()
        soak.deadline = soak.start + options.seconds
        clients = [Client(soak, number) for number in range(options.clients)]
        for client in clients:
            client.start()
        written = time.monotonic()
        while any(client.is_alive() for client in clients):
            time.sleep(1)
            soak.sample()
            soak.read_log()
            if time.monotonic() - written > 60:
                written = time.monotonic()
                write(soak.figures(finished=False))
        result = soak.close_books()
        if server.process.poll() is not None:
            soak.fail(f"the server ended with status {server.process.returncode}")
    for failure in soak.failures[:20]:
        print(failure, file=sys.stderr)
    print(write(soak.figures(finished=True, **result)), end="")
    sys.exit(1 if soak.failures else 0)


if __name__ == "__main__":
    main()
