"""Swiftlet's HTTP parser beside llhttp (Node.js's, through httptools): nothing that llhttp refuses is accepted.

    python differential_http.py --binary .build/release/swiftlet --cases 3000

Requests are taken from a list of strictness cases and then damaged by chance, with a fixed seed. Each goes to llhttp and,
on a connection of its own, to a server. Where llhttp finds an error, the server must refuse or wait for more; where the
server accepts, both must have seen the same number of requests, for the same targets. Being stricter is allowed, and
counted.
"""

import argparse
import collections
import random
import re
import select
import socket
import sys

import httptools

from swiftlet_server import read_response, running_server

HOST = b"host: a\r\n"
GET = b"GET /one HTTP/1.1\r\n" + HOST
POST = b"POST /one HTTP/1.1\r\n" + HOST

# Places where parsers have differed: line ends, blanks, framing, chunks, versions, targets, names.
STRICTNESS = [
    GET + b"\r\n", b"\r\n" + GET + b"\r\n", b"\n" + GET + b"\r\n", GET.replace(b"\r\n", b"\n") + b"\n",
    GET.replace(b"\r\n", b"\r") + b"\r", GET + b"x: 1\n\r\n", GET + b"x: 1\r\r\n\r\n", GET + b"x: a\rb\r\n\r\n",
    GET + b" x: 1\r\n\r\n", GET + b"x: 1\r\n 2\r\n\r\n", GET + b"x : 1\r\n\r\n", GET + b"x\t: 1\r\n\r\n",
    GET + b": 1\r\n\r\n", GET + b"x\r\n\r\n", GET + b"x:\r\n\r\n", GET + b"x: \x00\r\n\r\n", GET + b"x: \x7f\r\n\r\n",
    GET + b"x: \xe9\r\n\r\n", GET + b"x\xe9: 1\r\n\r\n", GET + b"x(y): 1\r\n\r\n", GET + b"x: 1 \t\r\n\r\n",
    b"GET  /one HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /one  HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET\t/one HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /one HTTP/1.1 \r\n" + HOST + b"\r\n",
    b" GET /one HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /one\r\n" + HOST + b"\r\n", b"GET /o ne HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /one HTTP/1.2\r\n" + HOST + b"\r\n", b"GET /one HTTP/2.0\r\n" + HOST + b"\r\n",
    b"GET /one HTTP/1.\r\n" + HOST + b"\r\n", b"GET /one http/1.1\r\n" + HOST + b"\r\n",
    b"GET /one HTTP/01.1\r\n" + HOST + b"\r\n", b"G\x00T /one HTTP/1.1\r\n" + HOST + b"\r\n",
    b"get /one HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET one HTTP/1.1\r\n" + HOST + b"\r\n", b"GET http://a/one HTTP/1.1\r\n" + HOST + b"\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    POST + b"content-length: 3\r\n\r\nabc", POST + b"content-length: +3\r\n\r\nabc", POST + b"content-length: -3\r\n\r\nabc",
    POST + b"content-length: 3,3\r\n\r\nabc", POST + b"content-length: 0x3\r\n\r\nabc",
    POST + b"content-length: 3 \r\n\r\nabc", POST + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
    POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabc", POST + b"content-length: \r\n\r\n",
    POST + b"content-length: 99999999999999999999\r\n\r\n", POST + b"content-length: 03\r\n\r\nabc",
    POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST + b"transfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nx: 1\r\n\r\n",
    POST + b"transfer-encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST + b"transfer-encoding: chunked, gzip\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST + b"transfer-encoding: chunkedx\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST + b"transfer-encoding: \x0bchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST + b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
]
for size in (b"3;a=b", b"3;", b"3 ", b" 3", b"0x3", b"+3", b"-3", b"3\t", b"", b"g", b"3;a=\x00", b"3;\n", b"fffffffffffffffff",
             b"00000000000000003", b"3;a=\"b\"", b"3 ;a"):
    STRICTNESS.append(POST + b"transfer-encoding: chunked\r\n\r\n" + size + b"\r\nabc\r\n0\r\n\r\n")
for end in (b"3\nabc\r\n0\r\n\r\n", b"3\r\nabc\n0\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"3\r\nabc\r\n0\n\r\n", b"3\r\nabc0\r\n\r\n",
            b"3\r\nabc\r\n0\r\n\n", b"3\r\nabc\r\n\r\n0\r\n\r\n", b"3\r\nabc\r\n0\r\nx : 1\r\n\r\n"):
    STRICTNESS.append(POST + b"transfer-encoding: chunked\r\n\r\n" + end)

# What damage is made of.
PIECES = [b"\r", b"\n", b"\r\n", b" ", b"\t", b"\x00", b"\x0b", b":", b";", b",", b"0", b"1", b"3", b"content-length: 3\r\n",
          b"transfer-encoding: chunked\r\n", b"host: a\r\n", b"\xff", b"HTTP/1.1", b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"]


def damaged(draw, request):
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(request) + 1)
        match draw.randrange(4):
            case 0: request = request[:place] + draw.choice(PIECES) + request[place:]
            case 1: request = request[:place] + request[place + draw.randint(1, 4):]
            case 2: request = request[:place] + bytes([draw.randrange(256)]) + request[place + 1:]
            case 3: request = request[:place] + request[max(0, place - draw.randint(1, 20)):]
    return request


class Messages:
    """llhttp's view: the targets of complete requests, and whether there was an error."""

    def __init__(self, data):
        self.targets = []
        self.target = b""
        self.is_wrong = False
        self.is_upgrade = self.is_unknown_method = False
        try:
            httptools.HttpRequestParser(self).feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_upgrade = True
        except httptools.HttpParserInvalidMethodError:
            self.is_unknown_method = True
        except httptools.HttpParserError:
            self.is_wrong = True

    def on_message_begin(self):
        self.target = b""

    def on_url(self, piece):
        self.target += piece

    def on_message_complete(self):
        self.targets.append(self.target)


def answers(server, data):
    """Statuses and messages of what the server says until it closes, or waits for more."""
    found = []
    with server.connect(30) as connection:
        try:
            connection.sendall(data)
            file = connection.makefile("rb")
            while file.peek(1) if select_soon(connection, file) else None:
                found.append(read_response(file))
        except (ConnectionError, BrokenPipeError):
            pass
    return found


def select_soon(connection, file):
    """True when something can be read, or the server has closed; False when it is waiting."""
    return bool(getattr(file, "_rbuf", None)) or bool(select.select([connection], [], [], 0.15)[0])


def is_refusal(response):
    """The parser's own refusals; everything else is an answer to a request that was understood."""
    if not response.body:
        return False
    return "The HTTP request was refused" in response.json()["error"]["message"] if response.status >= 400 else False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--server-args", default="--no-request-log --encoder none")
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    draw = random.Random(options.seed)
    cases = STRICTNESS + [damaged(draw, draw.choice(STRICTNESS)) for _ in range(options.cases)]
    counts = collections.Counter()
    failures = []
    with running_server(options.binary, options.server_args) as server:
        for data in cases:
            theirs = Messages(data)
            ours = answers(server, data)
            understood = [response for response in ours if not is_refusal(response)]
            refused = len(ours) > len(understood)
            # Any token is a method; llhttp stops at those it has no number for, and at upgrades.
            has_stopped = theirs.is_unknown_method or theirs.is_upgrade
            if len(understood) > len(theirs.targets) and not has_stopped:
                failures.append((data, f"{len(understood)} requests here, {len(theirs.targets)} for llhttp"))
            for response, target in zip(understood, theirs.targets):
                told = re.search(r"Unknown request URL: (\S+)\.$", response.json()["error"]["message"]) if response.body else None
                if told and target.decode("latin-1").split("?")[0].removeprefix("http://a") != told[1]:
                    failures.append((data, f"the target is {told[1]} here and {target!r} for llhttp"))
            if has_stopped:
                counts["compared up to an unknown method or an upgrade"] += 1
            elif theirs.is_wrong:
                counts["refused by both" if refused else "refused by llhttp, waiting here"] += 1
            else:
                counts["refused here only" if refused else "accepted by both"] += 1
    for data, problem in failures[:10]:
        print(f"{problem}: {data!r}", file=sys.stderr)
    print(f"{len(cases)} cases: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
          + f"; {len(failures)} accepted here alone")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
