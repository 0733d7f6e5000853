"""Asks a running server for every kind of error with curl, and writes what it says into Sources/Server/README.md.

    .build/venv/bin/python Tests/EndToEnd/transcripts.py --binary .build/release/swiftlet [--check]
"""

import argparse
import contextlib
import json
import pathlib
import shlex
import signal
import subprocess
import sys

from swiftlet_server import raw_request, running_server, wait_for

PAGE = pathlib.Path(__file__).resolve().parents[2] / "Sources/Server/README.md"
BEGIN, END = "<!-- transcripts -->\n", "<!-- end of transcripts -->"
JSON = "-H 'content-type: application/json'"
SHOWN = ("http/", "allow:", "retry-after:", "www-authenticate:")

# What is asked, in a shell's words; URL stands for the server.
CASES = [
    ("Not JSON", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\",}}'"),
    ("A missing parameter", f"URL/v1/completions {JSON} -d '{{}}'"),
    ("A wrong type", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"n\": \"two\"}}'"),
    ("Out of range", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"temperature\": 3}}'"),
    ("More than a limit", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"stop\": [\"1\", \"2\", \"3\", \"4\", \"5\"]}}'"),
    ("An unknown parameter", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"temprature\": 1}}'"),
    ("A parameter that is not supported", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"suffix\": \"b\"}}'"),
    ("A parameter given twice", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"seed\": 1, \"seed\": 2}}'"),
    ("Too long for the context", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"max_tokens\": 100000}}'"),
    ("Another model", f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"model\": \"gpt-9\"}}'"),
    ("An unknown route", "URL/v1/nothing"),
    ("A wrong method", "-X DELETE URL/v1/models"),
    ("A body that is not announced as JSON", "URL/v1/completions -d 'prompt=a'"),
    ("A body that is too large", f"URL/v1/completions {JSON} -H 'content-length: 9000000' -H 'expect: 100-continue' -d '{{}}'"),
    ("A request line that is too long", "URL/?q=AAAA…"),
    ("Too many header fields", "URL/health -H 'x-1: …' -H 'x-2: …' …"),
]


def curl(url, words):
    """Status line, telling headers and body of one request."""
    words = shlex.split(words)
    words = [word.replace("URL", url).replace("AAAA…", "A" * 9000) for word in words if word != "…"]
    if "x-1: …" in words:
        words = [word for word in words if word not in ("-H", "x-1: …", "x-2: …")]
        for index in range(101):
            words += ["-H", f"x-{index}: 1"]
    found = subprocess.run(["curl", "-s", "-i", "-m", "20", *words], capture_output=True).stdout.decode()
    head, _, body = found.partition("\r\n\r\n")
    lines = [line for line in head.split("\r\n") if line.lower().startswith(SHOWN)]
    return "\n".join(lines + [body.strip()])


def transcript(title, words, answer):
    assert answer.startswith("HTTP/1.1 "), f"{title}: no answer but {answer!r}"
    command = "curl -i " + words.replace("URL", "http://127.0.0.1:8080")
    return f"{title}:\n\n```\n$ {command}\n{answer}\n```\n"


@contextlib.contextmanager
def busy(server, count):
    """Requests that keep the engine busy and read nothing."""
    body = {"prompt": [5, 6, 7], "max_tokens": server.context_length() - 3, "ignore_eos": True, "stream": True, "n": 16}
    connections = []
    for _ in range(count):
        connection = server.connect()
        connection.sendall(raw_request("POST", "/v1/completions", json.dumps(body).encode()))
        connections.append(connection)
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


def transcripts(binary, arguments=""):
    parts = []
    with running_server(binary, arguments) as server:
        for title, words in CASES:
            parts.append(transcript(title, words, curl(server.url, words)))
    with running_server(binary, arguments + " --api-key sk-secret") as server:
        words = "URL/v1/models -H 'authorization: Bearer sk-guess'"
        parts.append(transcript("A wrong key", words, curl(server.url, words)))
    with running_server(binary, arguments + " --max-num-seqs 1 --max-waiting 16") as server:
        with busy(server, 1):
            wait_for(lambda: server.metric("vllm:num_requests_waiting") >= 15, 10)
            words = f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\", \"n\": 2}}'"
            parts.append(transcript("A full queue", words, curl(server.url, words)))
    with running_server(binary, arguments + " --drain-timeout 2") as server:
        with busy(server, 1) as connections:
            wait_for(lambda: server.metric("vllm:num_requests_running") > 0, 10)
            server.process.send_signal(signal.SIGTERM)
            wait_for(lambda: curl(server.url, "URL/ready").startswith("HTTP/1.1 503"), 5)
            words = f"URL/v1/completions {JSON} -d '{{\"prompt\": \"a\"}}'"
            parts.append(transcript("A server that shuts down", words, curl(server.url, words)))
            received = b""
            while piece := connections[0].recv(65536):
                received += piece
            last = [line for line in received.decode(errors="replace").splitlines() if line.startswith("data: {\"error\"")]
            assert last, "the stream ended without an event"
            parts.append("The same in mid-stream, once the drain's time is up, as the last event:\n\n```\n"
                         + "\n".join(last) + "\n```\n")
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--server-args", default="")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    found = transcripts(options.binary, options.server_args)
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    old, _, after = rest.partition(END)
    if options.check:
        sys.exit(0 if old == found else "the transcripts in Sources/Server/README.md are not what the server says")
    PAGE.write_text(before + BEGIN + found + END + after)


if __name__ == "__main__":
    main()
