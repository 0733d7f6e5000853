"""Three clients of OpenAI's API, told nothing but where the server is: openai, LangChain, LlamaIndex.

    make test-clients

A client that is not installed is skipped, and says so.
"""

import argparse
import asyncio
import sys

from swiftlet_server import running_server

QUESTION = "What is a KV cache?"


def with_openai(base_url, model):
    from openai import OpenAI

    client = OpenAI(base_url=base_url, api_key="unused")
    messages = [{"role": "user", "content": QUESTION}]
    answer = client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=24)
    stream = client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=24, stream=True)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert streamed == answer.choices[0].message.content
    return streamed


def with_langchain(base_url, model):
    from langchain_openai import ChatOpenAI, OpenAI

    chat = ChatOpenAI(base_url=base_url, api_key="unused", model=model, temperature=0, max_tokens=24)
    answer = chat.invoke(QUESTION)
    assert answer.usage_metadata["output_tokens"] > 0
    assert "".join(piece.content for piece in chat.stream(QUESTION)) == answer.content
    assert asyncio.run(chat.ainvoke(QUESTION)).content == answer.content
    assert [each.content for each in chat.batch([QUESTION, QUESTION])] == [answer.content] * 2
    scored = chat.bind(logprobs=True, top_logprobs=2).invoke(QUESTION)
    assert scored.response_metadata["logprobs"]["content"]
    assert chat.bind(stop=[answer.content[3:6]]).invoke(QUESTION).content == answer.content[:3]
    text = OpenAI(base_url=base_url, api_key="unused", model=model, temperature=0, max_tokens=8).invoke("A KV cache")
    assert isinstance(text, str)
    return answer.content


def with_llama_index(base_url, model):
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    chat = OpenAILike(
        api_base=base_url, api_key="unused", model=model, is_chat_model=True, temperature=0, max_tokens=24,
        context_window=1024)
    messages = [ChatMessage(role="user", content=QUESTION)]
    answer = chat.chat(messages).message.content
    assert "".join(piece.delta or "" for piece in chat.stream_chat(messages)) == answer
    text = OpenAILike(
        api_base=base_url, api_key="unused", model=model, is_chat_model=False, temperature=0, max_tokens=8,
        context_window=1024)
    assert text.complete("A KV cache").text == "".join(piece.delta or "" for piece in text.stream_complete("A KV cache"))
    return answer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--server-args", default="")
    options = parser.parse_args()
    passed = skipped = 0
    answers = set()
    with running_server(options.binary, options.server_args) as server:
        model = server.request("GET", "/v1/models").json()["data"][0]["id"]
        for ask in (with_openai, with_langchain, with_llama_index):
            name = ask.__name__.removeprefix("with_")
            try:
                answers.add(ask(server.url + "/v1", model))
            except ImportError as error:
                print(f"{name}: skipped, {error}")
                skipped += 1
                continue
            print(f"{name}: works by base_url alone")
            passed += 1
    assert len(answers) <= 1, f"the clients were told different things: {answers}"
    print(f"{passed} passed, 0 failed, {skipped} skipped")


if __name__ == "__main__":
    sys.exit(main())
