"""A client that goes away: its work ends, its blocks are free, and its neighbour notices nothing.

Small models finish a whole context in milliseconds, so nothing here relies on catching a request at work: what is
checked is that every sequence ended exactly once, that blocks are free, and, where there is enough to do, that the
engine stopped before the end.
"""

import json
import socket
import struct
import threading
import time

import pytest

from swiftlet_server import events, raw_request, read_response, wait_for


def long_request(server, stream, n, prompt_tokens=4):
    """As many tokens as the context holds, for each of n choices; with the number of tokens."""
    tokens = server.context_length() - prompt_tokens
    body = {"prompt": [5 + i % 50 for i in range(prompt_tokens)], "max_tokens": tokens, "ignore_eos": True,
            "stream": stream, "n": n, "temperature": 1}
    return raw_request("POST", "/v1/completions", json.dumps(body).encode()), tokens


class Counters:
    """What was added to the server's counters since this object was made."""

    def __init__(self, server):
        self.server = server
        self.before = server.metrics()

    def grown(self, name, label=""):
        return sum(v - self.before.get(k, 0) for k, v in self.server.metrics().items()
                   if k.startswith(name + "{") and label in k)

    @property
    def ended(self):
        return self.grown("vllm:request_success_total")

    @property
    def aborted(self):
        return self.grown("vllm:request_success_total", 'finished_reason="abort"')

    @property
    def generated(self):
        return self.grown("vllm:generation_tokens_total")


@pytest.mark.parametrize("n", [1, 16])
@pytest.mark.parametrize("stream", [True, False])
def test_gone_while_decoding(server, stream, n):
    counters = Counters(server)
    request, tokens = long_request(server, stream, n)
    connection = server.connect()
    connection.sendall(request)
    if stream:
        assert connection.recv(16)
    else:
        assert wait_for(lambda: counters.generated > 0, 10)
    connection.close()
    assert wait_for(lambda: counters.ended == n, 10), "a sequence is still at work"
    assert server.wait_until_idle(5), "blocks are still held"
    if n > 1:
        assert counters.aborted > 0
        assert counters.generated < n * tokens, "the engine went on to the end"


def settle(server):
    """Waits until no earlier test's request, gone before it was read, can still come in."""
    def ended():
        return sum(v for k, v in server.metrics().items() if k.startswith("vllm:request_success_total{"))

    def is_still():
        before = ended()
        time.sleep(0.5)
        return ended() == before and server.wait_until_idle(5)

    assert wait_for(is_still, 20)


@pytest.mark.parametrize("stream", [True, False])
def test_gone_while_prefilling(server, stream):
    settle(server)
    counters = Counters(server)
    request, _ = long_request(server, stream, 16, prompt_tokens=server.context_length() - 8)
    connection = server.connect()
    connection.sendall(request)
    connection.close()
    assert wait_for(lambda: counters.ended in (0, 16), 10)
    assert server.wait_until_idle(10)
    assert counters.ended in (0, 16), "all or, if the end came before the request, nothing"


def test_gone_while_queued(start_server):
    """One sequence runs at a time: a client behind four leaves, and they all complete."""
    with start_server("--max-num-seqs 1") as small:
        counters = Counters(small)
        first = small.connect(120)
        request, tokens = long_request(small, True, 4)
        first.sendall(request)
        file = first.makefile("rb")
        head = file.readline()
        assert b"200" in head
        second = small.connect()
        second.sendall(long_request(small, False, 1)[0])
        second.close()
        rest = b""
        while not rest.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
            piece = file.read1(65536)
            assert piece, "the neighbour's stream was cut"
            rest += piece
        assert rest.count(b'"finish_reason":"length"') == 4, "the running neighbours were cancelled"
        first.close()
        assert small.wait_until_idle()
        assert counters.aborted <= 1
        assert counters.generated == 4 * tokens, "the client that left was served after all"


def test_reset_instead_of_close(server):
    counters = Counters(server)
    connection = server.connect()
    connection.sendall(long_request(server, True, 16)[0])
    assert connection.recv(16)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    assert wait_for(lambda: counters.ended == 16, 10)
    assert counters.aborted > 0
    assert server.wait_until_idle(5)


def test_a_neighbour_does_not_notice(server, client, model):
    def text():
        return client.completions.create(
            model=model, prompt=[9, 8, 7], max_tokens=48, temperature=1, seed=11, extra_body={"ignore_eos": True}
        ).choices[0].text

    alone = text()
    stop = threading.Event()
    request, _ = long_request(server, True, 4)

    def leave_again_and_again():
        while not stop.is_set():
            connection = server.connect()
            connection.sendall(request)
            time.sleep(0.01)
            connection.close()

    threads = [threading.Thread(target=leave_again_and_again) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert all(text() == alone for _ in range(5))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert server.wait_until_idle(10)


def test_a_client_that_does_not_read_is_paused_not_buffered(server):
    """Two clients that ask for 16 contexts each and read nothing: the server may not fill its memory for them."""
    if not server.process:
        pytest.skip("needs the server's process id")
    before = server.resident_bytes()
    counters = Counters(server)
    request, tokens = long_request(server, True, 16)
    connections = []
    for _ in range(2):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(server.address)
        connection.sendall(request)
        connections.append(connection)

    def is_still():
        generated = counters.generated
        time.sleep(0.5)
        return counters.generated == generated

    assert wait_for(is_still, 60)
    assert counters.generated < 2 * 16 * tokens, "nothing was paused"
    assert server.resident_bytes() - before < 64 << 20
    # One of them begins to read, and gets everything.
    connections[0].settimeout(60)
    response = read_response(connections[0])
    assert events(response.body)[-1] == "[DONE]"
    assert response.body.count(b'"finish_reason":"length"') == 16
    for connection in connections:
        connection.close()
    assert server.wait_until_idle(10)
