"""SIGTERM: streams complete, probes say so, the process ends; a second signal does not wait."""

import concurrent.futures
import json
import signal
import time

from swiftlet_server import events, raw_request, read_response, wait_for


def body(tokens):
    return {"prompt": [5, 6, 7], "max_tokens": tokens, "ignore_eos": True, "stream": True, "seed": 1}


def test_streams_complete(start_server):
    with start_server() as server:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            streams = [pool.submit(server.post, "/v1/completions", body(100)) for _ in range(8)]
            probe = server.connect()
            probe_file = probe.makefile("rb")
            assert wait_for(lambda: server.metric("vllm:num_requests_running") > 0, 10)
            server.process.send_signal(signal.SIGTERM)
            responses = [stream.result(60) for stream in streams]
        for response in responses:
            assert response.status == 200
            data = events(response.body)
            last = json.loads(data[-2] if data[-1] == "[DONE]" else data[-1])
            assert data[-1] == "[DONE]" or last["error"]["code"] == "shutting_down"
        probe_file.close()
        probe.close()
        assert server.process.wait(40) == 0


def test_ready_says_no_on_a_kept_connection(start_server):
    with start_server() as server:
        probe = server.connect()
        file = probe.makefile("rb")
        probe.sendall(raw_request("GET", "/ready"))
        assert read_response(file).status == 200
        stream = server.connect()
        stream.sendall(raw_request("POST", "/v1/completions", json.dumps(body(400)).encode()))
        assert stream.recv(16)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        probe.sendall(raw_request("GET", "/ready"))
        response = read_response(file)
        assert response.status == 503
        assert response.error["code"] == "shutting_down"
        stream.close()
        assert server.process.wait(40) == 0


def test_idle_server_ends_at_once(start_server):
    with start_server() as server:
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert time.monotonic() - started < 3


def test_second_signal_does_not_wait(start_server):
    with start_server() as server:
        streams = []
        for _ in range(4):
            stream = server.connect()
            stream.sendall(raw_request("POST", "/v1/completions", json.dumps(
                {"prompt": [5], "max_tokens": 200, "n": 16, "ignore_eos": True, "stream": True}).encode()))
            streams.append(stream)
        assert streams[0].recv(16)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(5)
        for stream in streams:
            stream.close()
