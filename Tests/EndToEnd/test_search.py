"""`swiftlet index` and `swiftlet search` as people call them, and /v1/search over an index that grows. No encoder is
needed: what is about vectors is skipped without Models/all-MiniLM-L6-v2."""

import json
import os
import pathlib
import resource
import shutil
import subprocess

import pytest

WEIGHTS = pathlib.Path(__file__).parents[2] / "Models" / "all-MiniLM-L6-v2" / "model.safetensors"
needs_encoder = pytest.mark.skipif(not WEIGHTS.exists(), reason="Models/all-MiniLM-L6-v2 is not there: `make models`")

NOTES = {
    "paging.md": '---\nquestion: "What is paged attention?"\ntopic: serving\n---\n\nKeys and values lie in blocks.\n',
    "sampling.md": "# Top-p\n\nThe nucleus is the smallest set of tokens that holds the mass p.\n",
    "plain.txt": "A queue of requests waits for blocks.\n",
}


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def swiftlet(binary):
    def run(*arguments, fails=False, **options):
        done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)
        assert (done.returncode != 0) == fails, done.stderr
        if fails:
            # One line that says what, where, and what to do.
            assert done.stderr.startswith("swiftlet: "), done.stderr
            assert done.stderr.count("\n") == 1, done.stderr
            assert done.stdout == ""
        return done

    return run


@pytest.fixture
def index(swiftlet, corpus, tmp_path):
    swiftlet("index", "build", "--index", tmp_path / "index", "--corpus", corpus, "--encoder", "none")
    return tmp_path / "index"


def ids(done):
    return [hit["id"] for hit in json.loads(done.stdout)["hits"]]


def test_an_index_is_built_searched_changed_and_checked(swiftlet, corpus, index):
    status = json.loads(swiftlet("index", "status", "--index", index, "--json").stdout)
    assert (status["documents"], status["chunks"], status["embedder"]) == (3, 3, None)

    found = json.loads(swiftlet("search", "blocks of keys", "--index", index, "--json").stdout)
    assert found["mode"] == "bm25"
    assert [hit["id"] for hit in found["hits"]] == ["paging.md", "plain.txt"]
    assert found["hits"][0]["title"] == "What is paged attention?"
    assert set(found["hits"][0]["parts"]) == {"bm25", "cosine", "rerank"}
    assert found["hits"][0]["score"] <= found["bm25_ceiling"]
    assert ids(swiftlet("search", "blocks", "--index", index, "--filter", "topic=serving", "--json")) == ["paging.md"]

    (corpus / "plain.txt").write_text("Nothing of the kind.\n")
    (corpus / "new.txt").write_text("Blocks, blocks, blocks.\n")
    done = swiftlet("index", "add", "--index", index, "--corpus", corpus)
    assert "1 documents added, 1 changed, 2 unchanged" in done.stdout
    assert ids(swiftlet("search", "blocks", "--index", index, "--json")) == ["new.txt", "paging.md"]

    swiftlet("index", "remove", "new.txt", "--index", index)
    assert ids(swiftlet("search", "blocks", "--index", index, "--json")) == ["paging.md"]
    assert "unknown.txt" in swiftlet("index", "remove", "unknown.txt", "--index", index, fails=True).stderr

    swiftlet("index", "compact", "--index", index)
    status = json.loads(swiftlet("index", "status", "--index", index, "--json").stdout)
    assert (status["segments"], status["dead_chunks"], status["unflushed_chunks"]) == (1, 0, 0)
    assert "no faults" in swiftlet("index", "verify", "--index", index).stdout


def test_what_is_wrong_is_one_clear_line(swiftlet, corpus, index, tmp_path):
    assert "there is no index" in swiftlet("search", "x", "--index", tmp_path / "none", fails=True).stderr
    again = swiftlet("index", "build", "--index", index, "--corpus", corpus, "--encoder", "none", fails=True)
    assert "an index at" in again.stderr
    segment = next(index.glob("segment-*"))
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:])
    for verb in (["search", "x"], ["index", "verify"], ["index", "status"]):
        assert "is damaged" in swiftlet(*verb, "--index", index, fails=True).stderr
    segment.write_bytes(whole)
    swiftlet("index", "verify", "--index", index)


def test_a_second_writer_waits_for_nobody(swiftlet, corpus, index):
    import fcntl

    with open(index / "LOCK") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = swiftlet("index", "add", "--index", index, "--corpus", corpus, fails=True)
        assert "written by another process" in done.stderr
        # Readers need no lock.
        assert ids(swiftlet("search", "nucleus", "--index", index, "--json")) == ["sampling.md"]


def test_a_full_disk_is_one_line_and_loses_nothing(swiftlet, index, tmp_path):
    big = tmp_path / "big.jsonl"
    big.write_text("".join(json.dumps({"_id": f"b{n}", "text": f"filler {n} " * 300}) + "\n" for n in range(300)))

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = swiftlet("index", "add", "--index", index, "--corpus", big, "--batch", "8", fails=True, preexec_fn=limit)
    assert "cannot write" in done.stderr and "File too large" in done.stderr
    assert "no faults" in swiftlet("index", "verify", "--index", index).stdout
    assert "paging.md" in ids(swiftlet("search", "keys", "--index", index, "--json"))
    assert "added" in swiftlet("index", "add", "--index", index, "--corpus", big).stdout
    assert json.loads(swiftlet("index", "status", "--index", index, "--json").stdout)["documents"] == 303


@needs_encoder
def test_with_an_encoder_meaning_is_found_too(swiftlet, corpus, tmp_path, index):
    folder = tmp_path / "meaning"
    swiftlet("index", "build", "--index", folder, "--corpus", corpus)
    found = json.loads(swiftlet("search", "jobs that must be patient", "--index", folder, "--json").stdout)
    assert found["mode"] == "hybrid"
    assert found["hits"][0]["id"] == "plain.txt"
    assert all(hit["parts"]["cosine"] is not None for hit in found["hits"])
    reranked = swiftlet("search", "keys in blocks", "--index", folder, "--rerank", "maxsim", "--json")
    answer = json.loads(reranked.stdout)
    assert answer["rerank"] == {"name": "maxsim", "applied": True, "reason": None}
    assert answer["hits"][0]["parts"]["rerank"] is not None
    # Without its encoder an index with vectors is searched by words, and is not written.
    words = swiftlet("search", "blocks", "--index", folder, "--encoder", "none", "--json")
    assert json.loads(words.stdout)["mode"] == "bm25"
    assert "vectors of" in swiftlet(
        "index", "add", "--index", folder, "--corpus", corpus, "--encoder", "none", fails=True).stderr  # fmt: skip


def test_the_notes_are_indexed_on_first_use(swiftlet, tmp_path):
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    first = swiftlet("search", "kv cache", "--encoder", "none", "--json", env=environment)
    assert len(ids(first)) == 10
    (folder,) = (tmp_path / "swiftlet").iterdir()
    before = sorted((path.name, path.stat().st_size) for path in folder.iterdir())
    again = swiftlet("search", "kv cache", "--encoder", "none", "--json", env=environment)
    assert ids(again) == ids(first)
    assert sorted((path.name, path.stat().st_size) for path in folder.iterdir()) == before


def test_the_server_searches_an_index_as_it_grows(swiftlet, start_server, corpus, index):
    with start_server(f"--index {index} --encoder none") as server:
        answer = server.request("GET", "/v1/search?q=blocks&top=5").json()
        assert {hit["id"] for hit in answer["hits"]} == {"paging.md", "plain.txt"}
        assert answer["timings"]["total_ms"] > 0
        (corpus / "new.txt").write_text("Blocks, blocks, blocks.\n")
        swiftlet("index", "add", "--index", index, "--corpus", corpus)
        import time

        time.sleep(0.6)
        answer = server.request("GET", "/v1/search?q=blocks&top=1").json()
        assert answer["hits"][0]["id"] == "new.txt"
        document = {"query": "blocks", "documents": ["nothing", "blocks"], "top_n": 1}
        assert server.post("/v1/rerank", document).json()["results"][0]["index"] == 1


@needs_encoder
def test_the_notes_come_with_their_vectors(swiftlet, tmp_path):
    corpus = pathlib.Path(__file__).parents[2] / "Sources" / "Explainer" / "Corpus"
    copy = tmp_path / "notes"
    shutil.copytree(corpus, copy)
    # `swiftlet corpus vectors` is what to run when this fails, and then to commit the files.
    written = computed(swiftlet("corpus", "vectors", "--corpus", copy))
    assert written == {file.name: 0 for file in corpus.glob("*.vectors")}
    assert len(written) == 2
    for name in written:
        assert (copy / name).read_bytes() == (corpus / name).read_bytes()

    # A changed section is computed, and nothing else.
    note = copy / "kv-cache" / "paged-attention.md"
    note.write_text(note.read_text().rstrip() + " Nobody has written this sentence before.\n")
    sections, questions = "all-MiniLM-L6-v2.vectors", "all-MiniLM-L6-v2-questions.vectors"
    assert computed(swiftlet("corpus", "vectors", "--corpus", copy)) == {sections: 1, questions: 0}


def computed(done):
    lines = [line.split(": ") for line in done.stdout.splitlines()]
    return {pathlib.Path(path).name: int(text.split(", ")[1].split()[0]) for path, text in lines}
