"""Keys, limits, fairness and timings of a real server: what a client sees, and what it is told to do about it."""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
from openai import OpenAI, PermissionDeniedError, RateLimitError

from swiftlet_server import raw_request, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


def write_keys(path, tenants=None, keys=None, **more):
    """A keys file: `keys` is {key: tenant or a whole entry without its digest}."""
    entries = [{"sha256": digest(key), **({"tenant": entry} if isinstance(entry, str) else entry)}
               for key, entry in (keys or {"sk-one": "one"}).items()]
    path.write_text("// keys\n" + json.dumps({"tenants": tenants or {}, "keys": entries, **more}))


@pytest.fixture
def limited(start_server, tmp_path):
    """Starts a server with a keys file."""

    def start(arguments="", **file):
        write_keys(tmp_path / "keys.json5", **file)
        return start_server(f"--api-keys {tmp_path / 'keys.json5'} {arguments}")

    return start


def bearer(key, **headers):
    return {"authorization": f"Bearer {key}", **headers}


def complete(server, key="sk-one", prompt=(5, 6, 7), tokens=4, headers=None, **more):
    return server.post("/v1/completions", {"prompt": list(prompt), "max_tokens": tokens, "ignore_eos": True, **more},
                       headers=bearer(key, **(headers or {})))


def sdk(server, key="sk-one", **options):
    return OpenAI(base_url=server.url + "/v1", api_key=key, timeout=60, **options)


# -- Limits


def test_searches_and_reranks_count_as_requests(limited):
    with limited(tenants={"one": {"limits": {"requests_per_minute": 2}}}, queue={"milliseconds": 0}) as server:
        document = {"model": "bm25", "query": "blocks", "documents": ["a", "blocks of keys"]}
        statuses = [
            server.post("/v1/rerank", document, headers=bearer("sk-one")).status,
            server.request("GET", "/v1/search?q=blocks&mode=bm25", headers=bearer("sk-one")).status,
            server.post("/v1/rerank", document, headers=bearer("sk-one")).status,
            server.request("GET", "/v1/search?q=blocks&mode=bm25", headers=bearer("sk-one")).status,
        ]
        assert statuses == [200, 200, 429, 429]


def test_the_sdk_comes_back_when_it_is_told_to(limited):
    queue = {"milliseconds": 0}
    with limited(tenants={"one": {"limits": {"requests_per_minute": 40}}}, queue=queue) as server:
        for _ in range(40):
            last = complete(server)
        assert last.status == 200
        patient, hasty = sdk(server, max_retries=2), sdk(server, max_retries=0)
        ask = {"model": "swiftlet-5m", "prompt": [5, 6], "max_tokens": 1}
        ask["model"] = patient.models.list().data[0].id
        hasty_error = None
        for _ in range(3):
            try:
                hasty.completions.create(**ask)
            except RateLimitError as error:
                hasty_error = error
        assert hasty_error is not None
        headers = hasty_error.response.headers
        assert hasty_error.code == "rate_limit_exceeded" and hasty_error.type == "requests"
        assert 0 < int(headers["retry-after-ms"]) <= 1500
        assert int(headers["retry-after"]) == -(-int(headers["retry-after-ms"]) // 1000)
        assert headers["x-ratelimit-limit-requests"] == "40" and headers["x-ratelimit-remaining-requests"] == "0"
        assert re.fullmatch(r"(\d+h)?(\d+m)?\d+(\.\d+)?s|\d+ms", headers["x-ratelimit-reset-requests"])
        assert patient.completions.create(**ask).usage.completion_tokens == 1


def test_no_more_is_admitted_than_the_bucket_held_and_got(limited):
    capacity = 3000
    with limited("--max-waiting 64",
                 tenants={"one": {"limits": {"output_tokens_per_minute": capacity}}},
                 queue={"milliseconds": 0}) as server:
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            answers = list(pool.map(lambda seed: complete(server, tokens=40, seed=seed), range(160)))
        minutes = (time.monotonic() - start) / 60
        served = [answer.json()["usage"]["completion_tokens"] for answer in answers if answer.status == 200]
        assert {answer.status for answer in answers} == {200, 429}
        assert capacity * 0.9 <= sum(served) <= capacity * (1 + minutes) + 1


def test_a_request_that_can_never_fit_is_told_so(limited):
    with limited(tenants={"one": {"limits": {"input_tokens_per_minute": 10}}}) as server:
        answer = complete(server, prompt=range(5, 25))
        assert answer.status == 429 and answer.headers["x-should-retry"] == "false"
        with pytest.raises(RateLimitError):
            sdk(server, max_retries=5).completions.create(
                model=server.request("GET", "/v1/models", headers=bearer("sk-one")).json()["data"][0]["id"],
                prompt=list(range(5, 25)), max_tokens=1)


def test_cached_tokens_are_not_charged(limited):
    prompt = [5 + i % 50 for i in range(160)]
    with limited(tenants={"one": {"limits": {"input_tokens_per_minute": 400}}}, queue={"milliseconds": 0}) as server:
        for _ in range(8):
            answer = complete(server, prompt=prompt, tokens=1)
            assert answer.status == 200, answer.body
        assert answer.json()["usage"]["prompt_tokens_details"]["cached_tokens"] >= 128


def test_choices_that_each_compute_the_prompt_are_each_charged_for_it(limited):
    file = {"tenants": {"one": {"limits": {"input_tokens_per_minute": 1000}}}, "queue": {"milliseconds": 0}}
    with limited(**file) as server:
        assert complete(server, prompt=[5] * 300, tokens=1, n=4).status == 200
    with limited("--no-prefix-caching", **file) as server:
        answer = complete(server, prompt=[5] * 300, tokens=1, n=4)
        assert answer.status == 429 and answer.headers["x-should-retry"] == "false"
        assert complete(server, prompt=[5] * 300, tokens=1, n=3).status == 200


def test_a_key_may_be_held_to_a_model(limited):
    with limited(keys={"sk-one": {"tenant": "one", "models": ["another"]}}) as server:
        with pytest.raises(PermissionDeniedError) as error:
            sdk(server, max_retries=0).completions.create(model="any", prompt=[5], max_tokens=1)
        assert error.value.code == "model_not_allowed"


def test_keys_are_read_again(limited, tmp_path):
    with limited() as server:
        assert complete(server).status == 200 and complete(server, "sk-two").status == 401
        write_keys(tmp_path / "keys.json5", keys={"sk-two": "two"})
        server.process.send_signal(signal.SIGHUP)
        assert wait_for(lambda: complete(server, "sk-two").status == 200, 10)
        assert complete(server).status == 401
        (tmp_path / "keys.json5").write_text("{keys: [\n{}]}")
        server.process.send_signal(signal.SIGHUP)
        assert wait_for(lambda: "line 2, column 1: a key needs 'sha256'" in "".join(server.stderr), 5)
        assert complete(server, "sk-two").status == 200


# -- Between tenants


def test_tenants_do_not_share_prefixes(limited):
    prompt = [5 + i % 50 for i in range(160)]

    def cached(key, **more):
        answer = complete(server, key, prompt=prompt, tokens=1, **more)
        return answer.json()["usage"]["prompt_tokens_details"]["cached_tokens"]

    with limited(keys={"sk-one": "one", "sk-also-one": "one", "sk-two": "two"}) as server:
        assert cached("sk-one") == 0
        assert cached("sk-also-one") > 100
        assert cached("sk-two") == 0
        assert cached("sk-one", cache_salt="a") == 0
        assert cached("sk-one", cache_salt="b") == 0
        assert cached("sk-also-one", cache_salt="a") > 100


def test_tenants_share_the_notes_of_an_explanation_and_not_the_question(limited):
    with limited("--encoder none", keys={"sk-one": "one", "sk-two": "two"}) as server:
        def cached(key):
            answer = server.post("/v1/explain", {"question": "What is a prefix cache?"}, headers=bearer(key))
            assert answer.status == 200, answer.body
            engine = answer.json()["engine"]
            return engine["cached_tokens"], engine["prompt_tokens"]

        assert cached("sk-one")[0] == 0
        shared, whole = cached("sk-two")
        again, _ = cached("sk-two")
        # The other tenant's question, and the answer's beginning behind it, had to be computed; not so one's own.
        assert 0 < shared < again <= whole


def test_a_flood_does_not_hold_up_another_tenant(limited):
    """Compared with its own queue, not with a clock: the modest request overtakes nearly all of the flood."""
    with limited("--max-num-seqs 2", keys={"sk-flood": "flood", "sk-modest": "modest"}) as server:
        with concurrent.futures.ThreadPoolExecutor(41) as pool:
            flood = [pool.submit(complete, server, "sk-flood", tokens=60, seed=seed) for seed in range(40)]
            page = lambda: server.request("GET", "/metrics", headers=bearer("sk-flood")).body.decode()
            assert wait_for(lambda: re.search(r'requests_waiting\{tenant="flood"\} (2|3)\d', page()), 20)
            assert complete(server, "sk-modest", tokens=4).status == 200
            unfinished = sum(not request.done() for request in flood)
            assert all(request.result().status == 200 for request in flood)
        assert unfinished > 20


# -- Where the milliseconds went


def timings(answer):
    report = answer.json()["timings"]
    total = report.pop("total_ms")
    assert abs(sum(report.values()) - total) <= 0.01 * total
    return report, total


def test_timings_add_up_to_the_wall_time(limited):
    with limited() as server:
        for tokens in (1, 30, 200):
            start = time.monotonic()
            answer = complete(server, tokens=tokens, headers={"x-swiftlet-timings": "1"})
            wall = (time.monotonic() - start) * 1000
            report, total = timings(answer)
            assert total <= wall
            if tokens > 100:
                assert report["decode_ms"] > total / 2
                assert wall - total < 0.2 * wall + 20


def test_timings_show_the_wait_for_a_limit_and_for_the_engine(limited):
    with limited("--max-num-seqs 1", tenants={"one": {"limits": {"concurrent_requests": 1}}},
                 keys={"sk-one": "one", "sk-two": "two"}, queue={"milliseconds": 60000}) as server:
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            asked = {"headers": {"x-swiftlet-timings": "1"}}
            first = pool.submit(complete, server, "sk-one", tokens=400, **asked)
            time.sleep(0.05)
            limit = pool.submit(complete, server, "sk-one", tokens=2, **asked)
            queue = pool.submit(complete, server, "sk-two", tokens=2, **asked)
            (_, first), (limit, limit_total), (queue, queue_total) = (
                timings(future.result()) for future in (first, limit, queue))
        assert limit["limiter_ms"] > 0.5 * limit_total and limit["limiter_ms"] > 0.3 * first
        assert queue["queue_ms"] > 0.5 * queue_total and queue["limiter_ms"] < 5


def test_timings_show_a_client_that_does_not_read(limited):
    with limited() as server, server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        body = {"prompt": [5, 6, 7], "max_tokens": 250, "ignore_eos": True, "stream": True,
                "n": 16, "logprobs": 5}
        connection.sendall(raw_request("POST", "/v1/completions", json.dumps(body).encode(),
                                       bearer("sk-one", **{"x-swiftlet-timings": "1", "connection": "close"})))
        paused = lambda: re.search(
            r"num_requests_paused\{[^}]*\} ([1-9])",
            server.request("GET", "/metrics", headers=bearer("sk-one")).body.decode())
        if not wait_for(paused, 15):
            pytest.skip("the answer fits into the socket's buffers")
        time.sleep(1)
        received = b""
        while chunk := connection.recv(1 << 16):
            received += chunk
        report = json.loads(re.search(rb'"timings":(\{[^}]*\})', received).group(1))
        total = report.pop("total_ms")
        assert abs(sum(report.values()) - total) <= 0.01 * total
        assert report["back_pressure_ms"] > 500


# -- Metrics and logs


def test_metrics_pass_promtool_and_fill_the_dashboard(limited):
    tenants = {"one": {"limits": {"requests_per_minute": 100}, "cache_quota": 0.1}}
    with limited(tenants=tenants) as server:
        complete(server)
        page = server.request("GET", "/metrics", headers=bearer("sk-one")).body.decode()
    dashboard = (ROOT / "Configs/observability/grafana-dashboard.json").read_text()
    families = set(re.findall(r"^# TYPE (\S+)", page, re.M))
    for panel in json.loads(dashboard)["panels"]:
        for target in panel.get("targets", []):
            for name in re.findall(r"\b(?:vllm:|swiftlet:|http_|process_)[a-z0-9_]+", target["expr"]):
                assert name in families or re.sub("_(bucket|sum|count)$", "", name) in families, name
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    result = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True)
    complaints = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
    # vLLM's names have a colon, and its counters of tokens per step are a histogram named _total.
    known = ("should not contain ':'", "vllm:iteration_tokens_total", "vllm:kv_cache_usage_perc")
    assert [line for line in complaints if not any(part in line for part in known)] == []


def test_logs_hold_no_prompt_no_answer_and_no_key(limited):
    with limited() as server:
        complete(server, tokens=1, user="canary-user")
        server.post("/v1/chat/completions", {"messages": [{"role": "user", "content": "canary-prompt"}],
                                             "max_tokens": 2}, headers=bearer("sk-one"))
        server.request("POST", "/v1/completions?q=canary-query", b'{"prompt": canary-broken}', bearer("sk-one"))
        server.request("POST", "/v1/completions", b"{}", bearer("sk-canary-key"))
        assert wait_for(lambda: sum('"status":' in line for line in server.stderr) >= 4, 5)
        log = "".join(server.stderr)
    assert "canary" not in log and "sk-one" not in log
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert all(entry["request_id"] for entry in entries)
    assert entries[0]["tenant"] == "one"
