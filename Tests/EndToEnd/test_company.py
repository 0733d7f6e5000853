"""Bad company beyond one client: bursts, crowds, half-open sockets, a proxy in front."""

import concurrent.futures
import contextlib
import json
import shutil
import socket
import subprocess
import time

import pytest

from swiftlet_server import events, raw_request, read_response, wait_for

BODY = {"prompt": "A KV cache", "max_tokens": 8, "seed": 1}


def test_a_burst_of_ten_times_the_capacity(start_server):
    """What does not fit is refused at once and politely; what fits is answered; memory stays where it was."""
    with start_server("--max-num-seqs 4 --max-waiting 12") as server:
        body = {"prompt": [5, 6, 7], "max_tokens": 400, "ignore_eos": True}
        alone = server.post("/v1/completions", {**body, "seed": 3}).json()["choices"][0]["text"]

        def ask(index):
            started = time.monotonic()
            response = server.post("/v1/completions", {**body, "seed": 3})
            return response, time.monotonic() - started

        def burst():
            with concurrent.futures.ThreadPoolExecutor(160) as pool:
                return list(pool.map(ask, range(160)))

        answers = burst()
        before = server.resident_bytes()
        for _ in range(3):
            answers += burst()
        assert server.resident_bytes() - before < 16 << 20
        refused = [(response, seconds) for response, seconds in answers if response.status == 503]
        served = [response for response, _ in answers if response.status == 200]
        assert len(refused) + len(served) == len(answers)
        assert refused and served
        for response, _ in refused:
            assert response.error["code"] == "queue_full" and response.headers["retry-after"] == "1"
        assert all(response.json()["choices"][0]["text"] == alone for response in served)
        # The slowest refusal waits for no one's answer: the median one is far below an answer's time.
        times = sorted(seconds for _, seconds in refused)
        answered = sorted(seconds for response, seconds in answers if response.status == 200)
        assert times[len(times) // 2] < answered[len(answered) // 2]
        assert server.wait_until_idle()


def test_two_thousand_idle_connections(start_server):
    with start_server() as server, contextlib.ExitStack() as stack:
        before = server.resident_bytes()
        for _ in range(2000):
            stack.enter_context(server.connect())
        assert server.post("/v1/completions", BODY).status == 200
        assert server.resident_bytes() - before < 64 << 20


def test_a_client_that_shuts_its_side_has_left(server):
    """No answer is computed for somebody who may be gone: a lost connection looks the same."""
    body = {"prompt": [5, 6, 7], "max_tokens": server.context_length() - 4, "ignore_eos": True, "n": 16}
    with server.connect() as connection:
        connection.sendall(raw_request("POST", "/v1/completions", json.dumps(body).encode()))
        assert wait_for(lambda: server.metric("vllm:num_requests_running") > 0, 10)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(16) == b""
    assert server.wait_until_idle()


@pytest.mark.parametrize("phase", ["queued", "prefilling", "decoding"])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("n", [1, 4])
def test_the_neighbour_of_a_client_that_leaves(start_server, phase, stream, n):
    """The one who stays gets the bytes it gets alone, and nothing is left of the one who left."""
    with start_server("--max-num-seqs 6" if phase != "queued" else "--max-num-seqs 1") as server:
        stays = {"prompt": [9, 8, 7], "max_tokens": 200, "ignore_eos": True, "seed": 4}
        alone = server.post("/v1/completions", stays).json()["choices"][0]["text"]
        context = server.context_length()
        prompt = [5 + i % 50 for i in range(context - 300 if phase == "prefilling" else 4)]
        leaves = {"prompt": prompt, "max_tokens": 250, "ignore_eos": True, "stream": stream, "n": n}
        for _ in range(3):
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                answer = pool.submit(server.post, "/v1/completions", stays)
                connection = server.connect()
                connection.sendall(raw_request("POST", "/v1/completions", json.dumps(leaves).encode()))
                if phase == "decoding" and stream:
                    connection.recv(1)
                connection.close()
                assert answer.result(60).json()["choices"][0]["text"] == alone
        assert server.wait_until_idle(), "blocks or slots are still held"
        values = server.metrics()
        ended = sum(v for k, v in values.items() if k.startswith("vllm:request_success_total{"))
        assert ended >= 4 and values[next(k for k in values if k.startswith("swiftlet:num_requests_paused"))] == 0


# -- Behind nginx

CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream swiftlet {{ server 127.0.0.1:{upstream}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://swiftlet; proxy_http_version 1.1; proxy_set_header connection ""; proxy_set_header host $host;
    }}
  }}
}}
"""


@pytest.fixture
def proxy(server, tmp_path):
    """The address of an nginx in front of the server."""
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if not nginx:
        pytest.skip("needs nginx (Debian: nginx-light)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = tmp_path / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=tmp_path, upstream=server.address[1], port=port))
    process = subprocess.Popen([nginx, "-c", str(file), "-p", str(tmp_path)])

    def answers():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True

    try:
        assert wait_for(answers, 10)
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(10)


def through(proxy, request):
    with socket.create_connection(proxy, 30) as connection:
        connection.sendall(request)
        return read_response(connection)


def test_a_stream_comes_through_a_proxy_unbuffered(proxy, server):
    direct = server.post("/v1/completions", {**BODY, "stream": True})
    answer = through(proxy, raw_request("POST", "/v1/completions", json.dumps({**BODY, "stream": True}).encode()))
    assert answer.status == 200 and events(answer.body)[-1] == "[DONE]"
    assert len(events(answer.body)) == len(events(direct.body))


def test_errors_come_through_a_proxy(proxy):
    answer = through(proxy, raw_request("POST", "/v1/completions", b"{}"))
    assert answer.status == 400 and answer.error["code"] == "missing_required_parameter"


def test_nothing_is_smuggled_past_a_proxy(proxy, server):
    """Whatever nginx makes of these, the server counts no request that nginx did not mean."""
    inner = b"GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"
    heads = [
        b"content-length: %d\r\ntransfer-encoding: chunked\r\n", b"transfer-encoding: chunked\r\ncontent-length: %d\r\n",
        b"content-length: %d\r\ntransfer-encoding : chunked\r\n", b"content-length: %d\r\ntransfer-encoding: xchunked\r\n",
        b"content-length: %d\r\ncontent-length: 0\r\n", b"content-length: %d\r\nx: y\ntransfer-encoding: chunked\r\n",
        b"content-length: %d\r\n transfer-encoding: chunked\r\n", b"content-length: %d\r\ntransfer-encoding:\x0bchunked\r\n",
    ]
    for head in heads:
        for chunk in (b"0\r\n\r\n", b"0\r\n\r\n\r\n", b""):
            payload = chunk + inner
            request = (b"POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                       + head % len(payload) + b"\r\n" + payload)
            with contextlib.suppress(ConnectionError, ValueError, IndexError):
                answer = through(proxy, request)
                assert answer.status >= 400
    # One answer for an unknown path would be the proof of a second reading.
    assert server.metric('http_requests_total{handler="unknown",method="GET",status="404"}') == 0


def test_a_client_that_leaves_the_proxy_frees_the_engine(proxy, server):
    body = {"prompt": [5, 6, 7], "max_tokens": server.context_length() - 4, "ignore_eos": True, "stream": True, "n": 16}
    with socket.create_connection(proxy, 30) as connection:
        connection.sendall(raw_request("POST", "/v1/completions", json.dumps(body).encode()))
        assert connection.recv(16)
    assert server.wait_until_idle(10)
