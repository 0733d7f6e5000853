"""SIGTERM: streams complete, probes say so, the process ends; a second signal does not wait."""

import concurrent.futures
import json
import signal
import socket
import time

from swiftlet_server import events, raw_request, read_response, wait_for


def body(server, n=1):
    """A whole context of tokens, n times."""
    tokens = server.context_length() - 3
    return {"prompt": [5, 6, 7], "max_tokens": tokens, "ignore_eos": True, "stream": True, "seed": 1, "n": n}


def test_streams_complete(start_server):
    with start_server() as server:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            streams = [pool.submit(server.post, "/v1/completions", body(server)) for _ in range(8)]
            assert wait_for(lambda: server.metric("vllm:generation_tokens_total") > 100, 30)
            server.process.send_signal(signal.SIGTERM)
            responses = [stream.result(60) for stream in streams]
        for response in responses:
            if response.status == 503:  # it came after the signal
                assert response.error["code"] == "shutting_down"
                continue
            assert response.status == 200
            assert events(response.body)[-1] == "[DONE]"
        assert any(response.status == 200 for response in responses)
        assert server.process.wait(40) == 0


def test_ready_says_no_on_a_kept_connection(start_server):
    with start_server() as server:
        probe = server.connect()
        file = probe.makefile("rb")
        probe.sendall(raw_request("GET", "/ready"))
        assert read_response(file).status == 200
        stream = server.connect()
        stream.sendall(raw_request("POST", "/v1/completions", json.dumps(body(server, n=16)).encode()))
        assert stream.recv(16)
        # Nobody reads the stream, so it cannot end before the deadline.
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        probe.sendall(raw_request("GET", "/ready"))
        response = read_response(file)
        assert response.status == 503
        assert response.error["code"] == "shutting_down"
        stream.close()
        assert server.process.wait(40) == 0


def test_the_deadline_ends_streams_with_an_event(start_server):
    with start_server("--drain-timeout 1") as server:
        stream = server.connect(60)
        stream.sendall(raw_request("POST", "/v1/completions", json.dumps(body(server, n=16)).encode()))
        assert stream.recv(1, socket.MSG_PEEK)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        data = events(read_response(stream).body)
        assert data[-1] == "[DONE]" or json.loads(data[-1])["error"]["code"] == "shutting_down"
        stream.close()
        assert server.process.wait(20) == 0


def test_idle_server_ends_at_once(start_server):
    with start_server() as server:
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert time.monotonic() - started < 3


def test_second_signal_does_not_wait(start_server):
    with start_server() as server:
        stream = server.connect()
        stream.sendall(raw_request("POST", "/v1/completions", json.dumps(body(server, n=16)).encode()))
        assert stream.recv(16)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(5)
        assert time.monotonic() - started < 3
        stream.close()
