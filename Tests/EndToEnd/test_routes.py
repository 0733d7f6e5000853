"""Everything that is not a completion."""

import re

import openai
import pytest


def test_models(client, model):
    listed = client.models.list()
    assert listed.object == "list"
    assert listed.data[0].object == "model"
    assert listed.data[0].created > 0
    assert client.models.retrieve(model).id == model
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("nobody")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_probes(server, path):
    assert server.request("GET", path).status == 200


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/v1/models"])
def test_head_has_headers_and_no_body(server, path):
    with server.connect() as connection:
        connection.sendall(f"HEAD {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n".encode())
        received = b""
        while piece := connection.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b""
    if path != "/metrics":  # its length changes from scrape to scrape
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length and int(length.group(1)) == len(server.request("GET", path).body)


@pytest.mark.parametrize("path", ["/page", "/v1", "/v1/chat", "/v1/completions/", "/V1/models", "/v1/../health", "//health"])
def test_unknown_paths(server, path):
    response = server.request("GET", path)
    assert response.status == 404
    assert response.error["code"] == "unknown_url"


@pytest.mark.parametrize(
    "method, path, allow",
    [("GET", "/v1/completions", "POST"), ("DELETE", "/v1/chat/completions", "POST"),
     ("POST", "/v1/models", "GET, HEAD"), ("PUT", "/metrics", "GET, HEAD"), ("POST", "/health", "GET, HEAD"),
     ("OPTIONS", "/v1/completions", "POST")])
def test_wrong_methods(server, method, path, allow):
    response = server.request(method, path, b"{}" if method in ("POST", "PUT") else None)
    assert response.status == 405
    assert response.headers["allow"] == allow
    assert response.error["code"] == "method_not_allowed"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_wrong_content_types(server, content_type):
    response = server.request("POST", "/v1/completions", b'{"prompt":"a"}', {"content-type": content_type})
    assert response.status == 415
    assert response.error["code"] == "unsupported_media_type"


def test_content_type_parameters_and_case(server):
    response = server.request(
        "POST", "/v1/completions", b'{"prompt":"a","max_tokens":1}', {"content-type": "Application/JSON; charset=utf-8"})
    assert response.status == 200


def test_request_ids(server):
    generated = server.request("GET", "/v1/models").headers["x-request-id"]
    assert generated and generated != server.request("GET", "/v1/models").headers["x-request-id"]
    own = server.request("GET", "/v1/models", headers={"x-request-id": "my-id_1.2"})
    assert own.headers["x-request-id"] == "my-id_1.2"
    for bad in ("x" * 500, "two words", "tab\there"):
        assert server.request("GET", "/v1/models", headers={"x-request-id": bad}).headers["x-request-id"] != bad


SAMPLE = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\\n])*"(,[a-zA-Z_]\w*="(\\.|[^"\\\n])*")*\})? '
                    r'([-+]?[0-9.]+(e[-+]?[0-9]+)?|[-+]?Inf|NaN)$', re.ASCII)


def test_metrics_are_well_formed(server, client, model):
    client.completions.create(model=model, prompt="Hi", max_tokens=4)
    response = server.request("GET", "/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = response.body.decode()
    types, families = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types
            types[name] = kind
        elif not line.startswith("#"):
            assert SAMPLE.match(line), line
            name = line.split("{")[0].split(" ")[0]
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            families.add(base if types.get(base) == "histogram" else name)
    assert families <= set(types)
    for name in ("num_requests_running", "num_requests_waiting", "kv_cache_usage_perc", "prefix_cache_queries_total",
                 "prefix_cache_hits_total", "num_preemptions_total", "prompt_tokens_total", "generation_tokens_total",
                 "request_success_total", "time_to_first_token_seconds", "inter_token_latency_seconds",
                 "request_time_per_output_token_seconds", "e2e_request_latency_seconds",
                 "request_queue_time_seconds", "request_prefill_time_seconds", "request_decode_time_seconds",
                 "iteration_tokens_total"):
        assert "vllm:" + name in types, name


def test_metrics_count_what_happened(server, client, model):
    before = server.metrics()
    answer = client.completions.create(model=model, prompt=[5, 6, 7], max_tokens=9, extra_body={"ignore_eos": True})
    assert server.wait_until_idle()
    after = server.metrics()

    def grown(name):
        return sum(v - before.get(k, 0) for k, v in after.items() if k.startswith(name))

    assert grown("vllm:generation_tokens_total{") == answer.usage.completion_tokens == 9
    assert grown("vllm:prompt_tokens_total{") == 3
    assert grown("vllm:request_success_total{") == 1
    for name in ("time_to_first_token_seconds", "e2e_request_latency_seconds", "request_queue_time_seconds"):
        assert grown(f"vllm:{name}_count{{") == 1


def test_no_prompt_text_in_the_log(server, client, model):
    if not server.process:
        pytest.skip("needs the server's stderr")
    canary = "xylophonequartz"
    client.completions.create(model=model, prompt=canary, max_tokens=2)
    server.request("GET", "/nowhere?q=" + canary)
    assert server.wait_until_idle()
    assert not any(canary in line for line in server.stderr)
