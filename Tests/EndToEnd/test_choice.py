"""Answers held to some texts, and what the engine tells about its guesses."""
import pytest

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
        details = answers[0]["usage"].get("completion_tokens_details")
        assert details and details["accepted_prediction_tokens"] + details["rejected_prediction_tokens"] > 0
        assert guessing.metric("vllm:spec_decode_num_draft_tokens_total") > 0
