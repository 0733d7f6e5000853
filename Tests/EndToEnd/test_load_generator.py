"""`swiftlet-bench serve` against the built server: its totals are the server's own, and its files can be read."""

import html.parser
import json
import os
import subprocess

import pytest


@pytest.fixture(scope="module")
def bench(request, server):
    """Runs the load generator against the shared server; returns its standard output."""
    binary = request.config.getoption("--binary")
    program = os.path.join(os.path.dirname(os.path.abspath(binary or "")), "swiftlet-bench")
    if not binary or not os.path.exists(program):
        pytest.skip("needs swiftlet-bench beside --binary")

    def run(*arguments, code=0):
        result = subprocess.run(
            [program, "serve", "--url", server.url, *map(str, arguments)],
            capture_output=True, text=True, timeout=120,
        )
        assert result.returncode == code, result.stderr
        return result.stdout if code == 0 else result.stderr

    return run


SMALL = ["--input-tokens", 24, "--output-tokens", 8, "--ignore-eos"]


def test_totals_equal_the_servers_counters(bench, server):
    before = server.metrics()
    result = json.loads(bench("--num-prompts", 24, "--max-concurrency", 6, "--json", *SMALL))
    after = server.metrics()

    def difference(name):
        return sum(v - before.get(k, 0) for k, v in after.items() if k.startswith(name + "{"))

    assert result["completed"] == 24 and result["failed"] == 0
    assert result["total_output_tokens"] == 24 * 8 == difference("vllm:generation_tokens_total")
    assert result["total_input_tokens"] == difference("vllm:prompt_tokens_total")
    assert result["max_concurrent_requests"] == 6
    assert result["p50_ttft_ms"] > 0 and result["p99_e2el_ms"] >= result["p50_e2el_ms"]


def test_open_loop_keeps_its_schedule(bench, tmp_path):
    output = tmp_path / "run.json"
    bench("--num-prompts", 20, "--request-rate", 50, "--burstiness", "inf", "--output", output, *SMALL)
    result = json.loads(output.read_text())
    starts = result["start_times"]
    gaps = [later - earlier for earlier, later in zip(starts, starts[1:])]
    assert all(abs(gap - 0.02) < 1e-6 for gap in gaps)
    assert len(result["ttfts"]) == len(result["itls"]) == len(result["errors"]) == 20
    assert result["request_rate"] == 50 and result["burstiness"] == "inf"


def test_chats_and_cancelled_requests_leave_nothing_behind(bench):
    chats = json.loads(bench("--dataset", "chat", "--turns", 3, "--num-prompts", 6, "--json", *SMALL))
    assert chats["completed"] == 6
    assert chats["swiftlet"]["cached_prompt_share"] > 0, "a chat's next turn finds its beginning in the cache"
    given_up = json.loads(
        bench("--num-prompts", 8, "--max-concurrency", 8, "--cancel-rate", 1, "--json", "--output-tokens", 64,
              "--ignore-eos", "--input-tokens", 24))
    assert given_up["swiftlet"]["cancelled"] + given_up["completed"] == 8
    assert given_up["failed"] == 0


def test_a_sweep_makes_a_page_that_needs_nothing_else(bench, tmp_path):
    page, output = tmp_path / "page.html", tmp_path / "sweep.json"
    bench("--num-prompts", 8, "--sweep", "1,2", "--label", "a <label>", "--report", page, "--output", output, *SMALL)
    assert [run["max_concurrency"] for run in json.loads(output.read_text())] == [1, 2]
    text = page.read_text()
    links = []

    class Links(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            links.extend(value for name, value in attributes if name in ("src", "href"))

    Links().feed(text)
    assert not links and "a &lt;label&gt;" in text and text.count("<svg") > 6


def test_a_refused_request_is_counted_not_hidden(bench):
    result = json.loads(bench("--num-prompts", 2, "--input-tokens", 100000, "--json"))
    assert result["completed"] == 0 and result["failed"] == 2
    assert list(result["swiftlet"]["errors_by_kind"]) == ["http_400"]


def test_wrong_usage_is_one_clear_line(bench):
    assert "--goodput" in bench("--goodput", "ttft", code=2)
    assert "exclude each other" in bench("--ramp", "1:2", "--request-rate", 3, code=2)
