"""Sampling parameters and log-probabilities on a real model, through the official client."""

import concurrent.futures
import math

import pytest

PROMPT = "A KV cache keeps the keys and values of"


def complete(client, model, prompt=PROMPT, **options):
    extra = {
        name: options.pop(name)
        for name in ("min_tokens", "stop_token_ids", "include_stop_str_in_output", "ignore_eos", "repetition_penalty",
                     "priority", "top_k")
        if name in options
    }
    return client.completions.create(
        model=model, prompt=prompt, extra_body=extra, **{"temperature": 0, "max_tokens": 12, **options})



# -- Log-probabilities


def test_chat_logprobs(client, model):
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "What is a KV cache?"}], temperature=0, max_tokens=10,
        logprobs=True, top_logprobs=20)
    content = answer.choices[0].logprobs.content
    assert "".join(entry.token for entry in content) == answer.choices[0].message.content
    for entry in content:
        assert bytes(entry.bytes).decode() == entry.token
        assert len(entry.top_logprobs) == 20
        values = [other.logprob for other in entry.top_logprobs]
        assert values == sorted(values, reverse=True)
        assert sum(map(math.exp, values)) <= 1.00001
        # Greedy takes the likeliest.
        assert entry.top_logprobs[0].token == entry.token and entry.top_logprobs[0].logprob == entry.logprob


def test_streamed_logprobs_are_the_same(client, model):
    options = dict(logprobs=3, temperature=1, seed=5, max_tokens=30, stop=["the", "."])
    whole = complete(client, model, **options).choices[0]
    chunks = [chunk.choices[0] for chunk in complete(client, model, stream=True, **options)]
    assert "".join(chunk.text for chunk in chunks) == whole.text
    for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset"):
        told = [value for chunk in chunks if chunk.logprobs for value in getattr(chunk.logprobs, name)]
        assert told == getattr(whole.logprobs, name)


def test_logprobs_are_of_the_raw_distribution(client, model):
    plain = complete(client, model, logprobs=5, max_tokens=1).choices[0].logprobs
    bent = complete(
        client, model, logprobs=5, max_tokens=1, temperature=2, top_p=0.3, seed=3, presence_penalty=2,
        repetition_penalty=3, logit_bias={"300": 4, "301": -100}, min_tokens=1).choices[0].logprobs
    likeliest = list(plain.top_logprobs[0].items())[:5]
    assert list(bent.top_logprobs[0].items())[:5] == likeliest


def test_the_prompts_logprobs_are_those_of_generating_it(client, model):
    generated = complete(client, model, logprobs=2, max_tokens=16).choices[0]
    scored = complete(client, model, PROMPT + generated.text, logprobs=2, max_tokens=0, echo=True).choices[0]
    assert scored.text == PROMPT + generated.text
    count = len(generated.logprobs.tokens)
    assert scored.logprobs.tokens[-count:] == generated.logprobs.tokens
    assert scored.logprobs.token_logprobs[-count:] == generated.logprobs.token_logprobs
    assert scored.logprobs.top_logprobs[-count:] == generated.logprobs.top_logprobs
    assert scored.logprobs.token_logprobs[0] is None and scored.logprobs.top_logprobs[0] is None
    for token, offset in zip(scored.logprobs.tokens, scored.logprobs.text_offset):
        assert scored.text[offset:offset + len(token)] == token


def test_an_echo_with_logprobs_needs_no_cache(client, model):
    prompt = PROMPT * 12
    complete(client, model, prompt)
    plain = complete(client, model, prompt)
    assert plain.usage.prompt_tokens_details.cached_tokens > 0
    scored = complete(client, model, prompt, echo=True, logprobs=0)
    assert scored.usage.prompt_tokens_details.cached_tokens == 0
    assert scored.choices[0].text == prompt + plain.choices[0].text
    unscored = complete(client, model, prompt, echo=True)
    assert unscored.usage.prompt_tokens_details.cached_tokens > 0
    assert unscored.choices[0].text == scored.choices[0].text and unscored.choices[0].logprobs is None


@pytest.mark.parametrize("arguments", ["", "--speculative suffix", "--max-num-batched-tokens 5 --no-prefix-caching"])
def test_logprobs_do_not_depend_on_company(start_server, client, model, arguments):
    def ask(client, index):
        answer = complete(
            client, model, PROMPT + " token" * index, temperature=0.8, seed=index, logprobs=3, max_tokens=24,
            echo=index % 2 == 0).choices[0]
        return answer.text, answer.logprobs

    alone = [ask(client, index) for index in range(8)]
    with start_server(arguments) as server:
        other = type(client)(base_url=server.url + "/v1", api_key="unused", max_retries=0)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda index: ask(other, index), range(8))) == alone


# -- Choices


def test_choices_share_their_prompt(client, model, server):
    prompt = "Speculative decoding is exact because " * 20
    before = server.metric("vllm:prefix_cache_hits_total")
    answer = complete(client, model, prompt, n=4, temperature=1, seed=11, ignore_eos=True)
    tokens = answer.usage.prompt_tokens
    assert server.metric("vllm:prefix_cache_hits_total") - before >= 3 * (tokens // 16 * 16)
    texts = [choice.text for choice in answer.choices]
    assert len(set(texts)) > 1
    assert answer.usage.completion_tokens == 4 * 12
    # Each choice has its own noise, made of the request's seed.
    assert [choice.text for choice in complete(
        client, model, prompt, n=4, temperature=1, seed=11, ignore_eos=True).choices] == texts
    assert complete(client, model, prompt, temperature=1, seed=11, ignore_eos=True).choices[0].text == texts[0]


# -- What bends the distribution


def test_a_bias_forces_and_forbids(client, model):
    forced = complete(client, model, logit_bias={"400": 100}, max_tokens=5, ignore_eos=True)
    assert len(set(forced.choices[0].text.split())) <= 2
    free = complete(client, model, logprobs=0).choices[0]
    other = complete(client, model, max_tokens=1, logprobs=0, logit_bias={"400": 100}).choices[0]
    assert other.logprobs.tokens[0] != free.logprobs.tokens[0]


@pytest.mark.parametrize("options", [
    {"frequency_penalty": 2}, {"presence_penalty": 2}, {"repetition_penalty": 1.8}])
def test_penalties_repel(client, model, options):
    def repeats(**options):
        tokens = complete(client, model, "a b c a b c a b c", max_tokens=60, ignore_eos=True, logprobs=0, **options
                          ).choices[0].logprobs.tokens
        return len(tokens) - len(set(tokens))

    assert repeats(**options) < repeats()


def test_the_least_and_the_end(client, model):
    # Which of them the model ends by itself is its own affair.
    prompts = ["What is a KV cache", "What is a token?", "Thank you.", "It was a good day.", "A language model", "The end."]
    answers = [(prompt, complete(client, model, prompt, max_tokens=40)) for prompt in prompts]
    ended = [(prompt, free) for prompt, free in answers if free.usage.completion_tokens < 20]
    assert ended
    for prompt, free in ended:
        assert free.choices[0].finish_reason == "stop"
        longer = complete(client, model, prompt, max_tokens=40, min_tokens=20)
        assert longer.usage.completion_tokens >= 20
        assert longer.choices[0].text.startswith(free.choices[0].text)
        assert complete(client, model, prompt, ignore_eos=True).usage.completion_tokens == 12


def test_a_stop_string_may_stay(client, model):
    text = complete(client, model, max_tokens=20, ignore_eos=True).choices[0].text
    stop = text[5:8]
    cut = text.index(stop)
    plain = complete(client, model, max_tokens=20, ignore_eos=True, stop=stop).choices[0]
    kept = complete(client, model, max_tokens=20, ignore_eos=True, stop=stop, include_stop_str_in_output=True).choices[0]
    assert plain.text == text[:cut] and plain.finish_reason == "stop"
    assert kept.text == text[:cut] + stop and kept.finish_reason == "stop"


def test_priorities_are_taken(client, model):
    assert complete(client, model, priority=-5).choices[0].text == complete(client, model, priority=5).choices[0].text
