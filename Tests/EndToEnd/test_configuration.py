"""Command line, configuration file, SIGHUP: what is wrong is said in one line, and where."""

import pathlib
import signal
import socket
import subprocess

import pytest

from swiftlet_server import wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def swiftlet(request):
    binary = request.config.getoption("--binary")
    if not binary:
        pytest.skip("needs --binary")
    arguments = request.config.getoption("--server-args").split()

    def run(*words):
        return subprocess.run([binary, "serve", *arguments, *words], capture_output=True, text=True, timeout=120)

    return run


def failed(result, code, *parts):
    """One line on stderr that holds every part, and the exit code."""
    assert result.returncode == code, result
    line = result.stderr.strip()
    assert "\n" not in line and line.startswith("swiftlet: ")
    for part in parts:
        assert part in line, line


def test_a_port_in_use(swiftlet):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        failed(swiftlet("--port", str(port)), 1, str(port), "in use")


@pytest.mark.parametrize("words, code, parts", [
    (["--port", "70000"], 2, ["--port must be a whole number from 0 to 65535"]),
    (["--port"], 2, ["--port needs a value"]),
    (["--prot", "1"], 2, ["unknown option --prot", "swiftlet help serve"]),
    (["--port", "1", "--port", "2"], 2, ["--port is given twice"]),
    (["extra"], 2, ["unexpected 'extra'"]),
    (["--api-key", "two words"], 2, ["API key"]),
    (["--config", "nowhere.json5"], 1, ["cannot open nowhere.json5"]),
    (["--kv-cache-memory", "1KiB"], 1, ["KV cache"]),
    (["--kv-cache-memory", "lots"], 2, ["--kv-cache-memory must be a size"]),
])
def test_wrong_usage(swiftlet, words, code, parts):
    failed(swiftlet("--check", *words), code, *parts)


def test_a_model_that_is_not_there(request):
    binary = request.config.getoption("--binary")
    found = subprocess.run(
        [binary, "serve", "--model", "no/such/model", "--port", "0"], capture_output=True, text=True, timeout=60)
    failed(found, 2, "no/such/model", "no such file")


@pytest.mark.parametrize("text, parts", [
    ("{\n  port: 9000,\n  prot: 1,\n}", ["line 3, column 3", "no option 'prot'"]),
    ("{\n  port: 9000\n  host: 'x'\n}", ["line 3, column 3", "','"]),
    ("{ port: 70000 }", ["line 1, column 3", "from 0 to 65535"]),
    ("{ port: [1] }", ["line 1, column 3", "an array"]),
    ("{ \"no-prefix-caching\": 1 }", ["line 1, column 3", "true or false"]),
    ("{ port: 1, 'port': 2 }", ["line 1, column 12", "twice"]),
    ("{ max_num_seqs: 1, 'max-num-seqs': 2 }", ["line 1, column 20", "twice"]),
    ("{ config: 'x' }", ["line 1, column 3", "no option 'config'"]),
    ("[]", ["must hold an object"]),
    ("", ["line 1, column 1"]),
])
def test_a_bad_file(swiftlet, tmp_path, text, parts):
    file = tmp_path / "serve.json5"
    file.write_text(text)
    failed(swiftlet("--config", str(file), "--check"), 2, str(file), *parts)


def test_check_says_what_would_be_served(swiftlet, tmp_path):
    file = tmp_path / "serve.json5"
    file.write_text("// ours\n{ port: 9123, 'max-num-seqs': 3, no_prefix_caching: true, ignore_unknown_fields: false }")
    found = swiftlet("--config", str(file), "--check")
    assert found.returncode == 0 and "port 9123" in found.stdout and "at most 3 requests" in found.stderr
    found = swiftlet("--config", str(file), "--port", "9124", "--check")
    assert "port 9124" in found.stdout, "the command line has the last word"


def test_the_example_is_good(swiftlet):
    found = swiftlet("--config", str(ROOT / "Configs/serve.example.json5"), "--check")
    assert found.returncode == 0, found.stderr


def test_the_example_names_every_option(request):
    binary = request.config.getoption("--binary")
    text = subprocess.run([binary, "help", "serve"], capture_output=True, text=True).stdout
    example = (ROOT / "Configs/serve.example.json5").read_text()
    options = {word for word in text.split() if word.startswith("--") and len(word) > 2 and word[2:].replace("-", "").isalpha()}
    assert len(options) > 15
    for option in options - {"--config", "--check"}:
        assert option[2:].replace("-", "_") in example or option[2:] in example, option


def test_help_is_for_people(request):
    binary = request.config.getoption("--binary")
    text = subprocess.run([binary, "serve", "--help"], capture_output=True, text=True).stdout
    for title in ("Model", "Clients", "Scheduling", "examples", "usage: swiftlet serve"):
        assert title in text
    assert max(map(len, text.splitlines())) <= 130


def test_hangup_reads_the_file_again(start_server, tmp_path):
    file = tmp_path / "serve.json5"
    file.write_text("{ api_key: 'one' }")

    def status(key):
        return server.request("GET", "/v1/models", headers={"authorization": f"Bearer {key}"}).status

    with start_server(f"--config {file}") as server:
        assert status("one") == 200 and status("two") == 401
        file.write_text("{ api_key: 'two', ignore_unknown_fields: true, max_num_seqs: 2 }")
        server.process.send_signal(signal.SIGHUP)
        assert wait_for(lambda: status("two") == 200, 10) and status("one") == 401
        key = {"authorization": "Bearer two"}
        assert server.post("/v1/completions", {"prompt": "a", "max_tokens": 1, "nobody": 1}, headers=key).status == 200
        assert wait_for(lambda: "only a new start changes --max-num-seqs" in "".join(server.stderr), 5)
        file.write_text("{ api_key: ")
        server.process.send_signal(signal.SIGHUP)
        assert wait_for(lambda: "nothing is changed" in "".join(server.stderr), 5)
        assert status("two") == 200


def test_hangup_without_a_file_ends_nothing(start_server):
    with start_server() as server:
        server.process.send_signal(signal.SIGHUP)
        assert wait_for(lambda: "SIGHUP" in "".join(server.stderr), 5)
        assert server.request("GET", "/health").status == 200


def test_a_key_is_asked_for_first(start_server):
    with start_server("--api-key sk-test") as server:
        for method, path, body in [
                ("GET", "/v1/models", None), ("GET", "/nowhere", None), ("DELETE", "/v1/models", None),
                ("POST", "/v1/completions", b"{not json"), ("POST", "/tokenize", b"{}"), ("GET", "/metrics", None)]:
            response = server.request(method, path, body)
            assert response.status == 401, path
            assert response.error["code"] == "invalid_api_key"
        for path in ("/health", "/ready"):
            assert server.request("GET", path).status == 200
        good = server.request("GET", "/v1/models", headers={"authorization": "Bearer sk-test"})
        assert good.status == 200
