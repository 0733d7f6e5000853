"""`swiftlet pull` against a hub on this machine: whole files or none, and one clear line for every fault."""

import os
import pathlib
import pty
import random
import resource
import signal
import subprocess
import threading

import pytest

import fake_hub
from fake_hub import git_blob, running_hub
from swiftlet_server import running_server, wait_for

WEIGHTS = random.Random(7).randbytes(3_000_000)
CONFIG = b'{"model_type": "llama"}'


@pytest.fixture
def hub():
    with running_hub() as hub:
        hub.files = {
            "README.md": b"# A model", "config.json": CONFIG, "tokenizer.json": b"{}", "model.safetensors": WEIGHTS,
            "consolidated.safetensors": b"the same again", "onnx/model.onnx": b"not ours", "pytorch_model.bin": b"no",
            "gguf/q8 \u00e9.gguf": b"GGUF" + bytes(5000), "empty.txt": b"",
        }
        hub.large = {"model.safetensors", "gguf/q8 \u00e9.gguf"}
        yield hub


@pytest.fixture
def pull(binary, hub, tmp_path):
    """Runs the command; the folder is tmp_path/model."""

    def start(*arguments, repository="maker/model", endpoint=None, token=None, **options):
        # Whatever proxy the machine is set to: this hub is local.
        environment = {key: value for key, value in os.environ.items() if "proxy" not in key.lower() and key != "HF_TOKEN"}
        if token:
            environment["HF_TOKEN"] = token
        command = [os.path.abspath(binary), "pull", repository, "--endpoint", endpoint or hub.url, *arguments]
        if "--to" not in arguments:
            command += ["--to", str(tmp_path / "model")]
        return subprocess.Popen(
            command, text=True, env=environment,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})

    def run(*arguments, expect=0, **options):
        process = start(*arguments, **options)
        process.output, process.notes = process.communicate(timeout=60)
        assert process.returncode == expect, process.notes
        if expect:
            # The reason is the last line, and one line.
            process.reason = process.notes.splitlines()[-1]
            assert process.reason.startswith("swiftlet: "), process.notes
            assert process.notes.count("swiftlet: ") == 1
        return process

    run.start = start
    run.folder = tmp_path / "model"
    return run


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


MODEL = ["config.json", "model.safetensors", "tokenizer.json"]


# -- What is fetched


def test_takes_what_a_model_needs(pull, hub):
    done = pull()
    assert names(pull.folder) == MODEL
    assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert done.output == f"{pull.folder}\n"
    # In a pipe: plain lines, no control characters.
    assert "\r" not in done.notes and "\x1b" not in done.notes
    assert "checksum right" in done.notes


def test_draws_a_bar_on_a_terminal(pull, hub):
    hub.stall = threading.Event()
    threading.Timer(0.5, hub.stall.set).start()
    leader, follower = pty.openpty()
    process = pull.start(stderr=follower)
    os.close(follower)
    text = b""
    try:
        while chunk := os.read(leader, 4096):
            text += chunk
    except OSError:  # how Linux says that the other end has closed
        pass
    os.close(leader)
    assert process.wait(10) == 0, text
    assert "━".encode() in text and b"\r" in text


def test_one_file_with_a_name_that_needs_encoding(pull, hub):
    done = pull("--file", "gguf/q8 \u00e9.gguf")
    assert names(pull.folder) == ["gguf/q8 \u00e9.gguf"]
    assert done.output == f"{pull.folder}/gguf/q8 \u00e9.gguf\n"


def test_an_empty_file(pull, hub):
    pull("--file", "empty.txt")
    assert (pull.folder / "empty.txt").read_bytes() == b""


def test_the_list_may_come_in_pages(pull, hub):
    hub.page_size = 2
    pull()
    assert names(pull.folder) == MODEL


def test_a_model_that_is_there_is_checked_and_kept(pull, hub):
    pull()
    hub.requests.clear()
    assert pull().notes.count("already here") >= 3
    assert len(hub.requests) == 1, "only the list is asked for"
    (pull.folder / "config.json").write_bytes(CONFIG.replace(b"l", b"L"))
    pull()
    assert (pull.folder / "config.json").read_bytes() == CONFIG


def test_the_model_serves(pull, hub, binary):
    here = pathlib.Path(__file__).resolve().parents[2] / "Models/swiftlet-5m"
    hub.files = {path.name: path.read_bytes() for path in here.iterdir() if path.is_file()}
    hub.large = {name for name in hub.files if name.endswith(".safetensors")}
    pull()
    with running_server(binary, f"--model {pull.folder}") as server:
        assert server.post("/v1/completions", {"prompt": "A", "max_tokens": 2}).status == 200


# -- Going on where it stopped


def test_a_cut_connection_is_resumed(pull, hub):
    hub.cut_after = [len(CONFIG), 2, 1_000_000, 500_000]
    pull()
    assert names(pull.folder) == MODEL
    assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS
    ranges = [headers.get("range") for headers in hub.file_requests("model.safetensors")]
    assert ranges[0] is None and len(ranges) == 3
    starts = [int(text.removeprefix("bytes=").removesuffix("-")) for text in ranges[1:]]
    assert 0 < starts[0] <= 1_000_000 and starts[0] < starts[1] <= 1_500_000


def test_a_killed_process_is_resumed(pull, hub):
    hub.stall = threading.Event()
    process = pull.start("--file", "model.safetensors")
    assert hub.is_halfway.wait(20)
    partial = pull.folder / "model.safetensors.partial"
    assert wait_for(lambda: partial.exists() and partial.stat().st_size > 1_000_000, 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.stall.set()
    hub.stall = None
    assert names(pull.folder) == ["model.safetensors.partial", "model.safetensors.partial.source"]
    hub.requests.clear()
    assert "going on at" in pull("--file", "model.safetensors").notes
    assert names(pull.folder) == ["model.safetensors"]
    assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS
    (request,) = hub.file_requests("model.safetensors")
    assert request["range"].startswith("bytes=") and request["if-range"].startswith('"')


def interrupted(pull, hub, at=1_000_000):
    """Leaves the beginning of the weights behind."""
    hub.answers = [None, (404, {})]
    hub.cut_after = [at]
    pull("--file", "model.safetensors", expect=1)
    hub.answers = []
    assert (pull.folder / "model.safetensors.partial").stat().st_size > 0
    hub.requests.clear()


def test_a_changed_file_starts_over(pull, hub):
    interrupted(pull, hub)
    other = random.Random(8).randbytes(len(WEIGHTS))
    hub.files["model.safetensors"] = other
    pull("--file", "model.safetensors")
    assert (pull.folder / "model.safetensors").read_bytes() == other
    assert "range" not in hub.file_requests("model.safetensors")[0]


def test_a_changed_etag_starts_over(pull, hub):
    interrupted(pull, hub)
    hub.etag["model.safetensors"] = '"another"'
    assert "starting over" in pull("--file", "model.safetensors").notes
    assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_server_without_ranges_starts_over(pull, hub):
    interrupted(pull, hub)
    hub.ranges = False
    pull("--file", "model.safetensors")
    assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_damaged_beginning_is_noticed_and_starts_over(pull, hub):
    interrupted(pull, hub)
    partial = pull.folder / "model.safetensors.partial"
    partial.write_bytes(b"\0" + partial.read_bytes()[1:])
    assert "starting over" in pull("--file", "model.safetensors").notes
    assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_busy_server_is_asked_again(pull, hub):
    hub.answers = [(503, {}), (429, {"retry-after": "1"})]
    pull("--file", "config.json")
    assert (pull.folder / "config.json").read_bytes() == CONFIG


def test_two_downloads_of_one_file_do_not_mix(pull, hub):
    hub.stall = threading.Event()
    first = pull.start("--file", "model.safetensors")
    assert hub.is_halfway.wait(20)
    assert "another download" in pull("--file", "model.safetensors", expect=1).reason
    hub.stall.set()
    assert first.wait(20) == 0
    assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS


# -- What is refused


def test_a_wrong_checksum_leaves_nothing(pull, hub):
    real = hub.entries
    lie = "f" * 64
    hub.entries = lambda: [
        {**entry, "lfs": {**entry["lfs"], "oid": lie}} if "lfs" in entry else entry for entry in real()]
    assert lie in pull("--file", "model.safetensors", expect=1).reason
    assert names(pull.folder) == []


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_wrong_size_leaves_nothing(pull, hub, difference):
    real = hub.entries
    hub.entries = lambda: [
        {**entry, "size": entry["size"] + difference} if entry["path"] == "config.json" else entry for entry in real()]
    assert "bytes came" in pull("--file", "config.json", expect=1).reason
    assert names(pull.folder) == []


@pytest.mark.parametrize(
    "name", ["../evil.safetensors", "/etc/evil.safetensors", "a/../../evil.json", "a//b.json", ".", "", "a\\b", "a\nb",
             "a\u0000b", "\u001b[2Jconfig.json", "x" * 300])
def test_an_unsafe_name_stops_everything(pull, hub, name):
    hub.listed = [{"type": "file", "path": name, "size": 1, "oid": git_blob(b"x")}]
    reason = pull(expect=1).reason
    assert "could lead out of the folder" in reason
    assert not any(ord(character) < 32 for character in reason)
    assert not pull.folder.exists() and not (pull.folder.parent / "evil.safetensors").exists()


@pytest.mark.parametrize(
    "listing, words",
    [(b"{}", "not an array"), (b"[{", "makes no sense"), (b"<html>", "makes no sense"),
     (b'[{"type":"file","path":"config.json","size":1}]', "no checksum"),
     (b'[{"type":"file","path":"config.json","size":-1,"oid":"%s"}]' % (b"0" * 40), "no size"),
     (b'[{"type":"file","path":"config.json","size":1,"oid":"%s"}]' % (b"../x" * 10), "no checksum"),
     (b'[{"type":"file","path":"a.safetensors","size":%d,"oid":"%s"}]' % (1 << 60, b"0" * 40), "is the limit"),
     (b"[" + b",".join([b'{"type":"directory"}'] * 10_001) + b"]", "more than 10000 files"),
     (b"[" + b" " * (17 << 20) + b"]", "larger than")])
def test_a_list_that_makes_no_sense(pull, hub, listing, words, monkeypatch):
    monkeypatch.setattr(fake_hub.Handler, "page", lambda self, hub, query: self.answer(200, listing))
    assert words in pull(expect=1).reason


def test_a_disk_without_room(pull, hub):
    hub.listed = [
        {"type": "file", "path": f"model-{index}.safetensors", "size": 1 << 41, "oid": "0" * 40,
         "lfs": {"oid": "0" * 64, "size": 1 << 41}} for index in range(2000)]
    reason = pull(expect=1).reason
    assert "still to come" in reason and "are free" in reason
    assert names(pull.folder) == []


def test_a_disk_that_fills_up(pull, hub):
    """A limit on the size of files stands for the full disk: the write fails, what is there stays."""
    limited = dict(
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)), restore_signals=False)
    reason = pull("--file", "model.safetensors", expect=1, **limited).reason
    assert "cannot write" in reason and "goes on from it" in reason
    assert (pull.folder / "model.safetensors.partial").stat().st_size == 1 << 20
    pull("--file", "model.safetensors")
    assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_folder_that_cannot_be_made(pull, hub, tmp_path):
    (tmp_path / "taken").write_text("")
    assert "cannot" in pull("--to", str(tmp_path / "taken/model"), expect=1).reason


def test_a_link_in_the_place_of_the_partial_file_is_not_followed(pull, hub, tmp_path):
    pull.folder.mkdir()
    (pull.folder / "config.json.partial").symlink_to(tmp_path / "elsewhere")
    pull("--file", "config.json", expect=1)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("status, words", [(401, "HF_TOKEN"), (403, "HF_TOKEN"), (418, "status 418"), (404, "404")])
def test_a_refused_file(pull, hub, status, words):
    hub.answers = [(status, {})]
    assert words in pull("--file", "config.json", expect=1).reason


def test_a_repository_that_is_not_there(pull, hub):
    assert "404" in pull(repository="maker/nothing", expect=1).reason
    assert "404" in pull("--revision", "v2/x", expect=1).reason
    assert "/tree/v2%2Fx?" in hub.requests[-1][0]


def test_a_file_that_is_not_there(pull, hub):
    assert "q8 \u00e9.gguf" in pull("--file", "other.gguf", expect=1).reason


def test_a_repository_without_safetensors(pull, hub):
    del hub.files["model.safetensors"], hub.files["consolidated.safetensors"]
    assert "--file" in pull(expect=1).reason


@pytest.mark.parametrize("repository", ["model", "a/b/c", "../model", "maker/..", "maker/mod el", "/model", "maker/"])
def test_a_name_that_is_none(pull, hub, repository):
    pull(repository=repository, expect=2)
    assert not hub.requests


@pytest.mark.parametrize("endpoint", ["ftp://127.0.0.1", "127.0.0.1", "file:///etc", "http://h/?x", "http://u:p@h"])
def test_an_endpoint_that_is_none(pull, hub, endpoint):
    pull(endpoint=endpoint, expect=2)


def test_nobody_listens(pull, hub):
    assert "connect" in pull(endpoint="http://127.0.0.1:1", expect=1).reason


# -- Who is asked, and who sees the token


def test_the_token_goes_to_the_endpoint(pull, hub):
    hub.token = "secret-1"
    assert "set HF_TOKEN" in pull(expect=1).reason
    assert "HF_TOKEN is set" in pull(expect=1, token="secret-2").reason
    done = pull(token="secret-1")
    assert "secret-1" not in done.notes + done.output


def test_the_token_stays_behind_when_a_redirect_leads_elsewhere(pull, hub):
    with running_hub() as store:
        store.files = hub.files
        hub.token = "secret-1"
        hub.redirect["model.safetensors"] = store.url + "/maker/model/resolve/main/model.safetensors?signature=x"
        hub.redirect["config.json"] = "/maker/model/resolve/main/tokenizer.json"
        hub.files["config.json"] = hub.files["tokenizer.json"]
        pull(token="secret-1")
        assert names(pull.folder) == MODEL
        assert store.requests and all("authorization" not in headers for _, headers in store.requests)
        # Within the endpoint the token goes along.
        assert all(headers["authorization"] == "Bearer secret-1" for _, headers in hub.requests)


def test_a_cut_connection_behind_a_redirect_is_resumed(pull, hub):
    with running_hub() as store:
        store.files, store.cut_after = hub.files, [1_000_000]
        store.etag["model.safetensors"] = '"the-stores-own"'
        hub.redirect["model.safetensors"] = store.url + "/maker/model/resolve/main/model.safetensors"
        pull("--file", "model.safetensors")
        assert (pull.folder / "model.safetensors").read_bytes() == WEIGHTS
        assert store.requests[1][1]["if-range"] == '"the-stores-own"'


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "data:,x"])
def test_a_redirect_to_something_else(pull, hub, target):
    hub.redirect["config.json"] = target
    assert "only http and https" in pull("--file", "config.json", expect=1).reason
    assert names(pull.folder) == []


def test_a_redirect_in_a_circle(pull, hub):
    hub.redirect["config.json"] = "/maker/model/resolve/main/config.json"
    assert "too many redirects" in pull("--file", "config.json", expect=1).reason
    assert len(hub.file_requests("config.json")) < 10


def test_a_next_page_elsewhere_is_not_asked_for(pull, hub, monkeypatch):
    with running_hub() as other:
        monkeypatch.setattr(fake_hub.Handler, "page", lambda self, hub, query: self.answer(
            200, b"[]", {"link": f'<{other.url}/x>; rel="next"'}))
        assert "elsewhere" in pull(expect=1).reason
        assert not other.requests
