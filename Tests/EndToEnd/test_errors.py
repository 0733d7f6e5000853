"""Faults: the client's exception, the status, and all four keys of the body."""

import json

import openai
import pytest

MESSAGES = [{"role": "user", "content": "Hi"}]

# (route, body without model, parameter named, code)
FAULTS = [
    ("chat/completions", {}, "messages", "missing_required_parameter"),
    ("chat/completions", {"messages": "Hi"}, "messages", "invalid_type"),
    ("chat/completions", {"messages": []}, "messages", "invalid_value"),
    ("chat/completions", {"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
    ("chat/completions", {"messages": [{"content": "Hi"}]}, "messages[0].role", "missing_required_parameter"),
    ("chat/completions", {"messages": MESSAGES, "nonsense": 1}, "nonsense", "unknown_parameter"),
    ("chat/completions", {"messages": MESSAGES, "tools": [{"type": "function"}]}, "tools", "unsupported_parameter"),
    ("chat/completions", {"messages": MESSAGES, "logprobs": 5}, "logprobs", "invalid_type"),
    ("chat/completions", {"messages": MESSAGES, "top_logprobs": 2}, "top_logprobs", "invalid_value"),
    ("completions", {}, "prompt", "missing_required_parameter"),
    ("completions", {"prompt": 5}, "prompt", "invalid_type"),
    ("completions", {"prompt": []}, "prompt", "invalid_value"),
    ("completions", {"prompt": ["a", 1]}, "prompt[1]", "invalid_type"),
    ("completions", {"prompt": [1, "a"]}, "prompt[1]", "invalid_type"),
    ("completions", {"prompt": [-1]}, "prompt[0]", "invalid_value"),
    ("completions", {"prompt": [2**31]}, "prompt[0]", "invalid_value"),
    ("completions", {"prompt": "Hi", "temperature": 2.5}, "temperature", "invalid_value"),
    ("completions", {"prompt": "Hi", "temperature": "hot"}, "temperature", "invalid_type"),
    ("completions", {"prompt": "Hi", "top_p": 0}, "top_p", "invalid_value"),
    ("completions", {"prompt": "Hi", "top_k": 1.5}, "top_k", "invalid_value"),
    ("completions", {"prompt": "Hi", "max_tokens": 0}, "max_tokens", "invalid_value"),
    ("completions", {"prompt": "Hi", "max_tokens": -1}, "max_tokens", "invalid_value"),
    ("completions", {"prompt": "Hi", "max_tokens": 10**30}, "max_tokens", "invalid_value"),
    ("completions", {"prompt": "Hi", "n": 17}, "n", "invalid_value"),
    ("completions", {"prompt": "Hi", "stop": ["a", "b", "c", "d", "e"]}, "stop", "limit_exceeded"),
    ("completions", {"prompt": "Hi", "stop": ""}, "stop", "invalid_value"),
    ("completions", {"prompt": "Hi", "stream": "yes"}, "stream", "invalid_type"),
    ("completions", {"prompt": "Hi", "stream_options": {}}, "stream_options", "invalid_value"),
    ("completions", {"prompt": "Hi", "logit_bias": {"x": 1}}, "logit_bias", "invalid_value"),
    ("completions", {"prompt": "Hi", "seed": 1.5}, "seed", "invalid_value"),
    ("completions", {"prompt": "Hi", "suffix": "x"}, "suffix", "unsupported_parameter"),
]


@pytest.mark.parametrize("route, body, parameter, code", FAULTS)
def test_fault(server, route, body, parameter, code):
    response = server.post("/v1/" + route, body)
    assert response.status == 400
    error = response.error
    assert error["type"] == "invalid_request_error"
    assert (error["param"], error["code"]) == (parameter, code)
    assert response.headers["x-request-id"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{\"prompt\":\"a\",}", b"{\"prompt\":\"\xff\"}", b"{\"prompt\":\"\\ud800\"}",
     b"[" * 100_000, b"{\"a\":" * 50_000, b"\xef\xbb\xbf{}", b"{\"prompt\":\"a\",\"prompt\":\"b\"}"])
def test_malformed_bodies(server, body):
    response = server.request("POST", "/v1/completions", body)
    assert response.status == 400
    assert response.error["type"] == "invalid_request_error"


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.completions.create(model="nobody", prompt="Hi")
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


def test_bad_request_exception(client, model):
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model=model, prompt="Hi", temperature=3)
    assert caught.value.param == "temperature"


def test_context_overflow_names_both_numbers(server, client, model):
    context = server.context_length()
    answer = client.completions.create(model=model, prompt=[[5] * (context - 1)], max_tokens=1)
    assert answer.usage.prompt_tokens == context - 1
    for prompt, tokens in ((3, context - 2), (context - 1, 2), (context, 1), (context + 1, 1)):
        with pytest.raises(openai.BadRequestError) as caught:
            client.completions.create(model=model, prompt=[[5] * prompt], max_tokens=tokens)
        assert caught.value.code == "context_length_exceeded"
        assert caught.value.param == "prompt"
        assert f" {context} tokens" in str(caught.value) and f"{prompt} " in str(caught.value)


def test_chat_context_overflow(server, client, model):
    words = "word " * server.context_length()
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": words}])
    assert caught.value.code == "context_length_exceeded"
    assert caught.value.param == "messages"


def test_full_queue_is_503_with_retry_after(start_server):
    """One running sequence and a burst: whoever does not fit is told so at once, and the rest complete."""
    import concurrent.futures

    with start_server("--max-num-seqs 1 --max-waiting 2") as small:
        def one(_):
            body = {"prompt": [5, 6], "max_tokens": small.context_length() - 2, "ignore_eos": True}
            return small.post("/v1/completions", body)

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            responses = list(pool.map(one, range(12)))
        statuses = {response.status for response in responses}
        assert statuses == {200, 503}
        for response in responses:
            if response.status == 503:
                assert response.headers["retry-after"] == "1"
                assert response.error["code"] == "queue_full"
        assert small.wait_until_idle()


def test_error_messages_do_not_repeat_megabytes(server):
    response = server.request("POST", "/v1/completions", json.dumps({"x" * 100_000: 1, "prompt": "a"}).encode())
    assert response.status == 400
    assert len(response.body) < 1000
