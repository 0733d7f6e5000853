"""A client that goes away: its work ends, its blocks are free, and its neighbour notices nothing."""

import json
import threading
import time

import pytest

from swiftlet_server import raw_request, wait_for


def context_of(server):
    """The model's context length, told by the error about exceeding it."""
    response = server.post("/v1/completions", {"prompt": "Hi", "max_tokens": 1 << 20})
    return int(response.error["message"].split("maximum context length is ")[1].split()[0])


def long_request(server, stream, prompt_tokens=4, n=1):
    tokens = context_of(server) - prompt_tokens
    body = {"prompt": [5 + i % 50 for i in range(prompt_tokens)], "max_tokens": tokens, "ignore_eos": True,
            "stream": stream, "n": n, "temperature": 1}
    return raw_request("POST", "/v1/completions", json.dumps(body).encode())


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("n", [1, 4])
def test_gone_while_decoding(server, stream, n):
    connection = server.connect()
    connection.sendall(long_request(server, stream, n=n))
    assert wait_for(lambda: server.metric("vllm:num_requests_running") == n, 10)
    if stream:
        assert connection.recv(16)
    connection.close()
    assert server.wait_until_idle(5), "blocks are still held"


@pytest.mark.parametrize("stream", [True, False])
def test_gone_while_prefilling(server, stream):
    connection = server.connect()
    connection.sendall(long_request(server, stream, prompt_tokens=context_of(server) - 8))
    connection.close()
    assert server.wait_until_idle(10)


def test_gone_while_queued(start_server):
    with start_server("--max-num-seqs 1") as small:
        first = small.connect()
        first.sendall(long_request(small, True))
        assert wait_for(lambda: small.metric("vllm:num_requests_running") == 1, 10)
        second = small.connect()
        second.sendall(long_request(small, False))
        assert wait_for(lambda: small.metric("vllm:num_requests_waiting") == 1, 10)
        second.close()
        assert wait_for(lambda: small.metric("vllm:num_requests_waiting") == 0, 5)
        assert small.metric("vllm:num_requests_running") == 1, "the running neighbour was cancelled"
        first.close()
        assert small.wait_until_idle()


def test_reset_instead_of_close(server):
    import socket
    import struct

    connection = server.connect()
    connection.sendall(long_request(server, True))
    assert connection.recv(16)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    assert server.wait_until_idle(5)


def test_a_neighbour_does_not_notice(server, client, model):
    def text():
        return client.completions.create(
            model=model, prompt=[9, 8, 7], max_tokens=48, temperature=1, seed=11, extra_body={"ignore_eos": True}
        ).choices[0].text

    alone = text()
    stop = threading.Event()

    def leave_again_and_again():
        while not stop.is_set():
            connection = server.connect()
            connection.sendall(long_request(server, True))
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
    """With n choices of endless output the server must stop filling its own memory."""
    if not server.process:
        pytest.skip("needs the server's process id")
    import socket

    before = server.resident_bytes()
    connections = []
    for _ in range(4):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(server.address)
        connection.sendall(long_request(server, True, n=16))
        connections.append(connection)
    time.sleep(3)
    assert server.resident_bytes() - before < 64 << 20
    for connection in connections:
        connection.close()
    assert server.wait_until_idle(10)
