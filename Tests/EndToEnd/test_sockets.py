"""Bytes on the wire: framing, pipelining, slow and hostile clients."""

import json
import socket
import time

import pytest

from swiftlet_server import events, raw_request, read_response

BODY = json.dumps({"prompt": "Hello", "max_tokens": 4, "seed": 1}).encode()
STREAM = json.dumps({"prompt": "Hello", "max_tokens": 4, "seed": 1, "stream": True}).encode()


def test_keep_alive(server):
    with server.connect() as connection:
        file = connection.makefile("rb")
        for _ in range(5):
            connection.sendall(raw_request("POST", "/v1/completions", BODY))
            assert read_response(file).status == 200


def test_stream_then_another_request_on_the_same_connection(server):
    with server.connect() as connection:
        file = connection.makefile("rb")
        connection.sendall(raw_request("POST", "/v1/completions", STREAM))
        response = read_response(file)
        assert response.headers["content-type"].startswith("text/event-stream")
        assert events(response.body)[-1] == "[DONE]"
        connection.sendall(raw_request("GET", "/v1/models"))
        assert read_response(file).status == 200


def test_pipelined_requests_are_answered_in_order(server):
    with server.connect() as connection:
        file = connection.makefile("rb")
        connection.sendall(
            raw_request("POST", "/v1/completions", BODY) + raw_request("GET", "/nowhere")
            + raw_request("POST", "/v1/completions", STREAM) + raw_request("GET", "/v1/models"))
        assert [read_response(file).status for _ in range(4)] == [200, 404, 200, 200]


def test_one_byte_at_a_time(server):
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in raw_request("POST", "/v1/completions", BODY):
            connection.sendall(bytes([byte]))
        assert read_response(connection).status == 200


def test_chunked_body(server):
    chunks = b"".join(b"%x\r\n%c\r\n" % (1, byte) for byte in BODY) + b"0\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(
            raw_request("POST", "/v1/completions", None,
                        {"content-type": "application/json", "transfer-encoding": "chunked"}) + chunks)
        assert read_response(connection).status == 200


SMUGGLING = [
    b"POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcde",
    b"POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-length: +4\r\n\r\nabcd",
    b"POST /v1/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n",
    b"GET /health HTTP/1.1\nhost: a\n\n",
    b"GET /health HTTP/1.1\r\nhost: a\r\n folded: x\r\n\r\n",
    b"GET /health HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    b"GET /health HTTP/1.1\r\n\r\n",
    b"GET  /health HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /health HTTP/9.9\r\nhost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


@pytest.mark.parametrize("request_bytes", SMUGGLING)
def test_refused_and_closed(server, request_bytes):
    with server.connect() as connection:
        connection.sendall(request_bytes + b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n")
        response = read_response(connection)
        assert response.status in (400, 501, 505)
        assert response.error["message"]
        connection.settimeout(10)
        assert connection.recv(1) == b"", "nothing after the refusal"


def test_oversized_body_and_headers(server):
    huge = server.request("POST", "/v1/completions", None, {"content-type": "application/json",
                                                           "content-length": str(1 << 40)})
    assert huge.status == 413
    assert huge.error["type"] == "invalid_request_error"
    assert server.request("GET", "/health", headers={"x-big": "a" * 200_000}).status == 431
    assert server.request("GET", "/" + "a" * 200_000).status == 414


def test_a_slow_request_does_not_disturb_others(server):
    with server.connect() as slow:
        slow.sendall(b"POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n")
        started = time.monotonic()
        assert server.request("GET", "/health").status == 200
        assert time.monotonic() - started < 5


def test_many_idle_connections(server):
    connections = []
    try:
        for _ in range(300):
            connections.append(server.connect())
        assert server.post("/v1/completions", {"prompt": "Hello", "max_tokens": 2}).status == 200
    finally:
        for connection in connections:
            connection.close()


def test_stream_bytes(server):
    """The transcript of a chat stream, field by field."""
    response = server.post("/v1/chat/completions", {
        "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 6, "seed": 3, "ignore_eos": True,
        "stream": True, "stream_options": {"include_usage": True}})
    data = events(response.body)
    assert data[-1] == "[DONE]"
    chunks = [json.loads(item) for item in data[:-1]]
    assert {tuple(sorted(chunk)) for chunk in chunks} <= {
        ("choices", "created", "id", "model", "object", "usage"),
        ("choices", "created", "id", "model", "object", "system_fingerprint", "usage")}
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == 6
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-2]["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "length"}
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in chunks[:-2])
