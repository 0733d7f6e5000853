"""Answers held to some texts, and what the engine tells about its guesses."""
import json
import pathlib
import subprocess

import pytest

from swiftlet_server import events

CHOICES = ["red", "green", "dark green", "Prussian blue", "été"]


@pytest.mark.parametrize("temperature", [0, 1.3])
def test_an_answer_is_one_of_the_texts(server, temperature):
    for route, body in [
        ("/v1/completions", {"prompt": "My favourite colour is ", "n": 4}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Which colour?"}], "n": 4}),
    ]:
        for field in [{"structured_outputs": {"choice": CHOICES}}, {"guided_choice": CHOICES}]:
            response = server.post(route, {**body, **field, "seed": 5, "temperature": temperature})
            assert response.status == 200, response.body
            for choice in response.json()["choices"]:
                text = choice.get("text") or choice["message"]["content"]
                assert text in CHOICES
                assert choice["finish_reason"] == "stop"


def test_a_stop_string_still_ends_it(server):
    response = server.post("/v1/completions", {
        "prompt": "x", "guided_choice": ["alpha beta"], "stop": [" b"], "seed": 1})
    assert response.json()["choices"][0]["text"] == "alpha"


@pytest.mark.parametrize("speculation", ["--speculative suffix", "--draft-model swiftlet-5m"])
def test_guesses_are_accounted_for_and_change_nothing(server, start_server, speculation):
    body = {"prompt": "one two three one two three one two", "max_tokens": 48, "seed": 3, "temperature": 0.4}
    held = {"prompt": "a colour: ", "guided_choice": CHOICES, "seed": 4, "temperature": 1}
    with start_server(speculation) as guessing:
        answers = [guessing.post("/v1/completions", body).json() for _ in range(3)]
        assert answers[-1]["choices"] == server.post("/v1/completions", body).json()["choices"]
        assert guessing.post("/v1/completions", held).json()["choices"] == \
            server.post("/v1/completions", held).json()["choices"]
        assert_stopped_alike(server, guessing, answers[-1]["choices"][0]["text"], body)
        details = answers[0]["usage"].get("completion_tokens_details")
        assert details and details["accepted_prediction_tokens"] + details["rejected_prediction_tokens"] > 0
        assert guessing.metric("vllm:spec_decode_num_draft_tokens_total") > 0


def assert_stopped_alike(server, guessing, text, body):
    """Stop strings end an answer at the same place, though tokens beyond it were guessed and computed already."""
    assert len(text) > 30
    for start in range(2, len(text) - 6, len(text) // 5):
        for length in (1, 2, 6):
            stop = text[start:start + length]
            stopped = {**body, "stop": ["never said", stop]}
            expected, found = (each.post("/v1/completions", stopped).json() for each in (server, guessing))
            assert found["choices"] == expected["choices"], stop
            assert found["choices"][0]["text"] == text[:text.index(stop)]
            assert found["choices"][0]["finish_reason"] == "stop"
            assert found["usage"]["completion_tokens"] == expected["usage"]["completion_tokens"]
            streamed = events(guessing.post("/v1/completions", {**stopped, "stream": True}).body)[:-1]
            pieces = [choice["text"] for event in streamed for choice in json.loads(event)["choices"]]
            assert "".join(pieces) == found["choices"][0]["text"]


DRAFT_OF_OTHER_TOKENS = pathlib.Path(__file__).resolve().parents[2] / "../shared/data/models/stories260K/tinyllm.gguf"


@pytest.mark.skipif(not DRAFT_OF_OTHER_TOKENS.exists(), reason="needs the stories260K model of ../shared/data")
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["generate", "--prompt", "x"]])
def test_a_draft_model_of_another_tokenizer_is_refused_at_load(binary, command):
    done = subprocess.run(
        [binary, *command, "--draft-model", str(DRAFT_OF_OTHER_TOKENS)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("swiftlet: --draft-model ") and "tinyllm.gguf: token 0 is '<unk>' there" in line
    assert "'<|endoftext|>' in swiftlet-5m; a draft model needs the same tokenizer" in line
