"""The official client, unmodified, on both completion routes."""

import pytest

MESSAGES = [{"role": "user", "content": "Tell me about the sea."}]


def chat(client, model, **options):
    return client.chat.completions.create(
        model=model, messages=MESSAGES, **{"max_tokens": 24, "seed": 7, **options})


def complete(client, model, prompt="The history of", **options):
    return client.completions.create(model=model, prompt=prompt, **{"max_tokens": 24, "seed": 7, **options})


def stream_text(stream):
    """(text by choice index, finish reasons, usage) of a chat or text stream."""
    texts, reasons, usage = {}, {}, None
    for chunk in stream:
        if chunk.usage:
            usage = chunk.usage
            assert chunk.choices == []
        for choice in chunk.choices:
            piece = choice.delta.content if hasattr(choice, "delta") else choice.text
            texts[choice.index] = texts.get(choice.index, "") + (piece or "")
            if choice.finish_reason:
                assert choice.index not in reasons
                reasons[choice.index] = choice.finish_reason
    return texts, reasons, usage


def test_chat(client, model):
    answer = chat(client, model)
    assert answer.object == "chat.completion"
    assert answer.id.startswith("chatcmpl-")
    assert answer.model == model
    choice = answer.choices[0]
    assert choice.message.role == "assistant"
    assert choice.finish_reason in ("stop", "length")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert 0 < answer.usage.completion_tokens <= 24
    assert answer.usage.prompt_tokens_details.cached_tokens >= 0
    assert answer._request_id


def test_completion(client, model):
    answer = complete(client, model, extra_body={"ignore_eos": True})
    assert answer.object == "text_completion"
    assert answer.id.startswith("cmpl-")
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 24


def test_completions_default_is_16_tokens(client, model):
    answer = client.completions.create(model=model, prompt="Once", seed=1, extra_body={"ignore_eos": True})
    assert answer.usage.completion_tokens == 16


@pytest.mark.parametrize("call", [chat, complete])
def test_stream_equals_whole_answer(client, model, call):
    whole = call(client, model)
    texts, reasons, usage = stream_text(call(client, model, stream=True, stream_options={"include_usage": True}))
    text = whole.choices[0].message.content if call is chat else whole.choices[0].text
    assert texts[0] == text
    assert reasons[0] == whole.choices[0].finish_reason
    assert usage.completion_tokens == whole.usage.completion_tokens
    assert usage.prompt_tokens == whole.usage.prompt_tokens


def test_stream_without_include_usage_has_none(client, model):
    for chunk in chat(client, model, stream=True):
        assert chunk.usage is None
        assert chunk.choices


def test_chat_stream_starts_with_the_role(client, model):
    chunks = list(chat(client, model, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")


@pytest.mark.parametrize("temperature", [0, 0.7, 1.5])
def test_seed_replays(client, model, temperature):
    first = complete(client, model, temperature=temperature).choices[0].text
    again = complete(client, model, temperature=temperature).choices[0].text
    assert first == again


def test_other_seeds_give_other_texts(client, model):
    texts = {complete(client, model, seed=seed, temperature=1).choices[0].text for seed in range(8)}
    assert len(texts) > 1


def test_warm_prefix_gives_the_same_text_and_says_so(client, model):
    prompt = [11 + i % 37 for i in range(100)]
    cold = complete(client, model, prompt, temperature=0)
    warm = complete(client, model, prompt, temperature=0)
    assert warm.choices[0].text == cold.choices[0].text
    assert warm.usage.prompt_tokens_details.cached_tokens > 0


def test_stop_string_is_cut_and_not_billed(client, model):
    whole = complete(client, model, max_tokens=48, extra_body={"ignore_eos": True})
    text = whole.choices[0].text
    stop = text[len(text) // 2:len(text) // 2 + 3]
    cut = complete(client, model, max_tokens=48, stop=stop, extra_body={"ignore_eos": True})
    assert cut.choices[0].text == text[:text.index(stop)]
    assert cut.choices[0].finish_reason == "stop"
    assert cut.usage.completion_tokens <= whole.usage.completion_tokens
    texts, reasons, _ = stream_text(
        complete(client, model, max_tokens=48, stop=[stop, "\u0000never"], stream=True,
                 extra_body={"ignore_eos": True}))
    assert texts[0] == cut.choices[0].text
    assert reasons[0] == "stop"


def test_every_stop_string_of_a_text(client, model):
    text = complete(client, model, max_tokens=16, temperature=0).choices[0].text
    for start in range(0, len(text) - 2, 3):
        stop = text[start:start + 3]
        cut = complete(client, model, max_tokens=16, temperature=0, stop=stop).choices[0].text
        assert cut == text[:text.index(stop)], repr(stop)


def test_several_choices(client, model):
    answer = complete(client, model, n=3, temperature=1)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert answer.choices[0].text == complete(client, model, temperature=1).choices[0].text
    texts, reasons, _ = stream_text(complete(client, model, n=3, temperature=1, stream=True))
    assert texts == {choice.index: choice.text for choice in answer.choices}
    assert len(reasons) == 3


def test_several_prompts(client, model):
    prompts = ["One day", "In the", "A small"]
    together = complete(client, model, prompts, temperature=0)
    assert [choice.index for choice in together.choices] == [0, 1, 2]
    for prompt, choice in zip(prompts, together.choices):
        assert complete(client, model, prompt, temperature=0).choices[0].text == choice.text


def test_token_prompts(client, model):
    answer = complete(client, model, [5, 6, 7], temperature=0)
    assert answer.usage.prompt_tokens == 3
    two = complete(client, model, [[5, 6, 7], [8, 9]], temperature=0)
    assert two.usage.prompt_tokens == 5
    assert two.choices[0].text == answer.choices[0].text


def test_content_parts_and_system_message(client, model):
    plain = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    parts = [plain[0], {"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
    answers = [
        client.chat.completions.create(model=model, messages=messages, max_tokens=8, temperature=0)
        for messages in (plain, parts)
    ]
    assert answers[0].choices[0].message.content == answers[1].choices[0].message.content
    assert answers[0].usage.prompt_tokens == answers[1].usage.prompt_tokens


def test_logit_bias_forces_a_token(client, model):
    forced = complete(client, model, [5, 6, 7], temperature=0, max_tokens=4, logit_bias={"42": 100})
    again = complete(client, model, [8, 9], temperature=0, max_tokens=4, logit_bias={"42": 100})
    assert forced.choices[0].text == again.choices[0].text


def test_no_op_values_are_accepted(client, model):
    chat(client, model, tools=[], user="me", store=False, response_format={"type": "text"}, logprobs=False,
         metadata={"a": "b"}, n=1, parallel_tool_calls=True)


def test_max_completion_tokens(client, model):
    answer = client.chat.completions.create(
        model=model, messages=MESSAGES, max_completion_tokens=5, seed=7, extra_body={"ignore_eos": True})
    assert answer.usage.completion_tokens == 5
    assert answer.choices[0].finish_reason == "length"
