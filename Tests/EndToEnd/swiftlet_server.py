"""Starts a swiftlet server for tests, reads its metrics, and speaks HTTP to it without a library."""

import contextlib
import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request


class Server:
    """A `swiftlet serve` process, or one that somebody else started (`process` is None then)."""

    def __init__(self, url, process=None):
        self.url = url
        self.process = process
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        self.stderr = []

    @property
    def pid(self):
        return self.process.pid if self.process else None

    # -- HTTP without a library: what is sent is exactly what stands here

    def connect(self, timeout=30):
        return socket.create_connection(self.address, timeout=timeout)

    def request(self, method, path, body=None, headers=None, timeout=60):
        """One request on its own connection; returns a Response."""
        with self.connect(timeout) as connection:
            connection.sendall(raw_request(method, path, body, {"connection": "close", **(headers or {})}))
            return read_response(connection, expects_body=method != "HEAD")

    def post(self, path, document, **options):
        return self.request("POST", path, json.dumps(document).encode(), **options)

    def context_length(self):
        """The longest prompt plus output, in tokens."""
        return self.request("GET", "/v1/models").json()["data"][0]["max_model_len"]

    # -- Metrics

    def metrics(self):
        """{'name{label="x"}': value} of GET /metrics."""
        text = urllib.request.urlopen(self.url + "/metrics", timeout=30).read().decode()
        result = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                result[name] = float(value)
        return result

    def metric(self, name):
        """Sum of a metric over its labels."""
        return sum(v for k, v in self.metrics().items() if k == name or k.startswith(name + "{"))

    def is_idle(self):
        values = self.metrics()

        def total(name):
            return sum(v for k, v in values.items() if k.startswith(name))

        return (
            total("vllm:num_requests_running{") == 0
            and total("vllm:num_requests_waiting{") == 0
            and total("vllm:kv_cache_usage_perc{") == 0
        )

    def wait_until_idle(self, seconds=5):
        """True once nothing runs or waits and no block is held."""
        return wait_for(self.is_idle, seconds)

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def wait_for(condition, seconds, interval=0.02):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(interval)
    return bool(condition())


# -- Processes


@contextlib.contextmanager
def running_server(binary, arguments="", seconds=120):
    """A server on a free port, stopped at the end; fails with its stderr if it does not come up."""
    process = subprocess.Popen(
        [os.path.abspath(binary), "serve", "--port", "0", *shlex.split(arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    stderr = []
    threading.Thread(target=lambda: stderr.extend(process.stderr), daemon=True).start()
    try:
        url = listening_url(process, seconds)
        if url is None:
            raise RuntimeError(f"no 'listening on' line from {binary}:\n" + "".join(stderr[-20:]))
        threading.Thread(target=lambda: [None for _ in process.stdout], daemon=True).start()
        server = Server(url, process)
        server.stderr = stderr
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def listening_url(process, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ready, _, _ = select.select([process.stdout], [], [], 0.2)
        if ready:
            line = process.stdout.readline()
            found = re.search(r"listening on (http://\S+)", line)
            if found:
                return found.group(1)
            if not line:
                return None
        if process.poll() is not None:
            return None
    return None


# -- Raw HTTP


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error object, checked to have exactly OpenAI's four keys."""
        error = self.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}, error
        assert isinstance(error["message"], str) and error["message"]
        assert isinstance(error["type"], str)
        assert error["param"] is None or isinstance(error["param"], str)
        assert error["code"] is None or isinstance(error["code"], str)
        return error


def raw_request(method, path, body=None, headers=None):
    lines = [f"{method} {path} HTTP/1.1", "host: test"]
    fields = {"content-type": "application/json"} if body is not None else {}
    fields.update(headers or {})
    if body is not None and "transfer-encoding" not in fields:
        fields.setdefault("content-length", str(len(body)))
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def read_response(connection, expects_body=True):
    """Reads one response from a socket (or from a file made of one, for several on one connection)."""
    file = connection.makefile("rb") if isinstance(connection, socket.socket) else connection
    status_line = file.readline()
    if not status_line:
        raise ConnectionError("closed without a response")
    status = int(status_line.split()[1])
    headers = {}
    while (line := file.readline()) not in (b"\r\n", b""):
        name, value = line.decode("latin-1").split(":", 1)
        headers[name.strip().lower()] = value.strip()
    body = b""
    if expects_body and status not in (204, 304):
        if headers.get("transfer-encoding") == "chunked":
            body = b"".join(read_chunks(file))
        elif "content-length" in headers:
            body = file.read(int(headers["content-length"]))
        else:
            body = file.read()
    return Response(status, headers, body)


def read_chunks(file):
    while (size := int(file.readline().split(b";")[0], 16)) > 0:
        yield file.read(size)
        file.readline()
    file.readline()


def events(body):
    """The data of every server-sent event; comments are skipped."""
    result = []
    for block in body.decode().split("\n\n"):
        lines = [line[5:].lstrip() for line in block.splitlines() if line.startswith("data:")]
        if lines:
            result.append("\n".join(lines))
    return result
