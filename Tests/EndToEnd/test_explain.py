"""`swiftlet explain`, `swiftlet chat --explain`, /v1/explain and /v1/notes over the notes in the program.

By words alone (`--encoder none`), so that no encoder is needed: what is checked here holds for any evidence.
"""

import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from swiftlet_server import events

PHRASES = {" ", " In more detail: ", " Note also: ", " In practice: "}
CORPUS = pathlib.Path(__file__).parents[2] / "Sources" / "Explainer" / "Corpus"
WEIGHTS = pathlib.Path(__file__).parents[2] / "Models" / "all-MiniLM-L6-v2" / "model.safetensors"
QUESTION = "What problem does PagedAttention solve, and how does a block table work?"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture(scope="module")
def explain(binary, cache):
    def run(*arguments, fails=False, command="explain", **options):
        done = subprocess.run(
            [binary, command, *arguments, "--encoder", "none"], capture_output=True, text=True, timeout=240, env=cache, **options
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done

    return run


def check(answer):
    """Every quotation stands where its citation says; everything else is one of the phrases."""
    assert answer["answer"] == "".join(span["text"] for span in answer["spans"])
    for citation in answer["citations"]:
        note = (CORPUS / (citation["note"] + ".md")).read_bytes()
        start, end = citation["range"]
        assert note[start:end].decode() == citation["quote"]
    sections = [span for spans in answer["sections"].values() for span in spans]
    for span in answer["spans"] + sections:
        if span["citation"] is None:
            assert span["text"] in PHRASES
        else:
            assert span["text"] == answer["citations"][span["citation"]]["quote"]
    quotes = [span["text"] for span in answer["spans"] if span["citation"] is not None]
    assert len(quotes) == len(set(quotes))
    return quotes


def same(answer):
    """What an answer says, without how it came about."""
    return {key: answer[key] for key in ("answer", "spans", "citations", "sections", "related", "code", "verdict")}


def test_an_answer_is_made_of_quotations_with_their_places(explain):
    answer = json.loads(explain(QUESTION, "--json").stdout)
    assert answer["verdict"] == "sufficient" and not answer["declined"]
    quotes = check(answer)
    assert 5 <= len(quotes) <= 8
    assert answer["citations"][0]["note"] == "kv-cache/paged-attention"
    assert set(answer["sections"]) == {"short_answer", "explanation", "interviewers_probe", "common_mistakes", "follow_ups"}
    assert answer["engine"]["blocks"] > 0 and answer["engine"]["forced"] > 0
    junior = json.loads(explain(QUESTION, "--level", "junior", "--json").stdout)
    assert len(check(junior)) <= 5
    assert len(junior["sections"]["common_mistakes"]) <= 2


def test_answers_are_the_same_for_every_seed_and_with_and_without_the_prefix_cache(explain):
    first = json.loads(explain(QUESTION, "--json").stdout)
    for flags in (["--seed", "7"], ["--no-prefix-caching"], ["--speculative", "lookup"]):
        assert same(json.loads(explain(QUESTION, "--json", *flags).stdout)) == same(first)


def test_the_terminal_shows_sentences_with_numbers_and_places_below(explain):
    done = explain(QUESTION)
    assert "[1] " in done.stdout and "\nCommon mistakes\n" in done.stdout
    assert re.search(r"^kv-cache/paged-attention  .+\?\n  bytes \[1\] \d+–\d+", done.stdout, re.M)
    assert "prompt tokens" in done.stderr


def test_a_foreign_question_is_declined_or_called_weak(explain):
    answer = json.loads(explain("What is the capital of France?", "--json").stdout)
    assert answer["verdict"] != "sufficient"
    check(answer)
    if answer["declined"]:
        assert answer["reason"] and answer["answer"] == ""


def test_a_conversation_carries_over(explain):
    done = explain("--explain", command="chat", input=QUESTION + "\nand how is it evicted?\n/exit\n")
    assert re.search(r"^kv-cache/\S+  .+\n  bytes \[1\] ", done.stdout, re.M)
    assert done.stdout.count("\n  bytes [1] ") == 2


def test_a_suggested_follow_up_is_answered_when_it_is_asked(explain):
    suggested = "Does paging change the result?"
    done = explain("--explain", command="chat", input=f"{QUESTION}\n{suggested}\n/exit\n")
    first, second = done.stdout.split("\nRelated: ")[:2]
    assert f"*{suggested}*" in first
    note = (CORPUS / "kv-cache/paged-attention.md").read_text()
    answer = note.split(f"*{suggested}* ")[1].split("\n")[0]
    assert answer.split(". ")[0] in second and suggested not in second
    # What was told with the first answer is not told again.
    assert "Common mistakes" in first and "Common mistakes" not in second


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ([], "one QUESTION"),
        (["a", "b"], "one QUESTION"),
        ([" "], "empty"),
        (["x" * 2001], "2000"),
        (["a", "--level", "staff"], "--level"),
        (["a", "--grounding", "loose"], "--grounding"),
        (["a", "--sentences", "0"], "--sentences"),
    ],
)
def test_wrong_usage_is_one_clear_line(explain, arguments, problem):
    done = explain(*arguments, fails=True)
    assert done.returncode == 2
    assert problem in done.stderr.splitlines()[0]


@pytest.mark.parametrize("what", ["evidence", "explain"])
def test_measurements_take_the_reranker_that_is_named(explain, what):
    done = explain(what, "--rerank", "cross", fails=True, command="evaluate")
    assert done.returncode == 2 and "--rerank cross needs --cross-encoder" in done.stderr.splitlines()[0]


@pytest.mark.parametrize(
    "what, option", [("evidence", "--compare"), ("explain", "--fit"), ("retrieval", "--fit"), ("evidence", "--scores")]
)
def test_an_option_of_another_measurement_is_refused(explain, what, option):
    done = explain(what, option, fails=True, command="evaluate")
    assert done.returncode == 2 and f"evaluate {what} has no {option}" in done.stderr.splitlines()[0]


@pytest.fixture(scope="module")
def explaining(start_server, cache):
    os.environ["XDG_CACHE_HOME"] = cache["XDG_CACHE_HOME"]
    with start_server("--encoder none") as server:
        yield server


@pytest.mark.skipif(not WEIGHTS.exists(), reason="Models/all-MiniLM-L6-v2 is not there: `make models`")
def test_the_first_question_of_all_is_answered_with_vectors(start_server, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with start_server() as server:
        answer = server.post("/v1/explain", {"question": QUESTION}).json()
        part = server.post("/v1/explain", {"question": "why is my postgres query not using the index"}).json()
    assert "warning" not in answer
    assert all(note["parts"]["cosine"] > 0.3 for note in answer["notes"])
    # By words alone it is the paragraph that speaks of PostgreSQL.
    assert any(quote.startswith("The planner scans the table when") for quote in check(part))


def test_the_route_answers_as_the_command_does(explaining, explain):
    command = json.loads(explain(QUESTION, "--json").stdout)
    answer = explaining.post("/v1/explain", {"question": QUESTION}).json()
    check(answer)
    assert answer["answer"] == command["answer"]
    again = explaining.post("/v1/explain", {"question": QUESTION}).json()
    # Only the last tokens of a prompt are computed again, for their logits.
    assert again["engine"]["cached_tokens"] > 0.9 * again["engine"]["prompt_tokens"]
    assert same(again) == same(answer)


def test_the_stages_add_up_to_the_wall_time(explaining):
    for question in (QUESTION, "What does a croissant weigh?"):
        start = time.monotonic()
        answer = explaining.post("/v1/explain", {"question": question}).json()
        wall = (time.monotonic() - start) * 1000
        stages = dict(answer["timings"])
        total = stages.pop("total")
        assert all(value > -0.01 for value in stages.values()), stages
        assert abs(sum(stages.values()) - total) <= 0.01 * total
        assert total <= wall
        assert "prompt" in stages and ("decode" in stages) == (answer["engine"]["output_tokens"] > 0)


def test_a_stream_says_the_same_piece_by_piece(explaining):
    answer = explaining.post("/v1/explain", {"question": QUESTION}).json()
    body = explaining.post("/v1/explain", {"question": QUESTION, "stream": True}).body
    payloads = events(body)
    assert payloads[-1] == "[DONE]"
    documents = [json.loads(payload) for payload in payloads[:-1]]
    assert documents[0]["type"] == "evidence" and documents[-1]["type"] == "done"
    spans = [document for document in documents if document["type"] == "span"]
    assert "".join(span["text"] for span in spans) == answer["answer"]
    assert [span["source"]["quote"] for span in spans if "source" in span] == [
        span["text"] for span in answer["spans"] if span["citation"] is not None
    ]
    assert same(documents[-1]) == same(answer)


def test_a_question_without_a_subject_stays_with_the_note_and_repeats_no_short_answer(explaining):
    first = explaining.post("/v1/explain", {"question": "what is a reranker"}).json()
    messages = [
        {"role": "user", "content": "what is a reranker"},
        {"role": "assistant", "content": first["answer"], "notes": ["retrieval/reranking"]},
    ]
    body = {"question": "when would I skip it?", "messages": messages}
    answer = explaining.post("/v1/explain", body).json()
    quotes = check(answer)
    assert {citation["note"] for citation in answer["citations"]} == {"retrieval/reranking"}
    assert any("can lower quality elsewhere" in quote for quote in quotes)
    quoted = [span["text"] for span in first["spans"] if span["citation"] is not None]
    assert quoted[0] not in quotes and quoted[1] not in quotes
    assert "follow_ups" in answer["sections"] and "common_mistakes" not in answer["sections"]


def test_code_is_shown_where_it_is_asked_for(explaining):
    answer = explaining.post("/v1/explain", {"question": "implement top-p sampling in numpy"}).json()
    check(answer)
    (listing,) = answer["sections"]["listing"]
    citation = answer["citations"][listing["citation"]]
    assert "import numpy" in listing["text"] and citation["note"] == "ml-coding/top-k-top-p-sampler"
    note = (CORPUS / f"{citation['note']}.md").read_bytes()
    start, end = citation["range"]
    assert note[start:end].decode() == listing["text"] and note[:start].endswith(b"```python\n")
    assert "listing" not in explaining.post("/v1/explain", {"question": QUESTION}).json()["sections"]


def test_a_table_is_shown_where_the_question_asks_for_what_is_in_it(explaining):
    answer = explaining.post("/v1/explain", {"question": "how does HNSW's ef change recall?"}).json()
    check(answer)
    (table,) = answer["sections"]["table"]
    citation = answer["citations"][table["citation"]]
    start, end = citation["range"]
    note = (CORPUS / f"{citation['note']}.md").read_bytes()
    assert citation["note"] == "retrieval/hnsw" and note[start:end].decode() == table["text"]
    assert table["text"].startswith("| ef | recall@10 |") and note[end:].startswith(b"\n\n")
    assert "table" not in explaining.post("/v1/explain", {"question": "who invented HNSW?"}).json()["sections"]


def test_a_note_is_shown_as_it_is_quoted(explaining):
    note = explaining.request("GET", "/v1/notes/kv-cache/paged-attention").json()
    assert note["text"] == (CORPUS / "kv-cache" / "paged-attention.md").read_text()
    assert [section["name"] for section in note["sections"]][0] == "short_answer"
    assert explaining.request("GET", "/v1/notes/no/such").status == 404


def test_questions_at_once_get_their_own_answers(explaining):
    from concurrent.futures import ThreadPoolExecutor

    questions = ["What is continuous batching?", "What is grouped-query attention, and what does it trade?", QUESTION] * 4
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda question: explaining.post("/v1/explain", {"question": question}).json(), questions))
    for question, answer in zip(questions, answers):
        check(answer)
        assert same(answer) == same(explaining.post("/v1/explain", {"question": question}).json())
