"""Text tools, the OpenAPI document, and what the page about the API says."""

import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = ["", "Hello, world", "Émile 质量守恒 👩‍🚀", "a\n\n\tb  c", "<|user|> is text here"]


@pytest.mark.parametrize("text", TEXTS)
def test_there_and_back(server, text):
    tokens = server.post("/tokenize", {"prompt": text, "add_special_tokens": False}).json()["tokens"]
    again = server.post("/detokenize", {"tokens": tokens}).json()
    assert again["prompt"] == again["content"] == text


def test_tokens_are_those_of_a_completion(server):
    text = "What is a KV cache"
    tokens = server.post("/tokenize", {"prompt": text}).json()
    answer = server.post("/v1/completions", {"prompt": text, "max_tokens": 1}).json()
    assert tokens["count"] == answer["usage"]["prompt_tokens"] == len(tokens["tokens"])
    forms = [text, [text], tokens["tokens"], [tokens["tokens"]]]
    answers = {server.post("/v1/completions", {"prompt": form, "seed": 1}).json()["choices"][0]["text"] for form in forms}
    assert len(answers) == 1


def test_a_template_is_what_chat_reads(server):
    messages = [{"role": "user", "content": "What is a KV cache?"}]
    prompt = server.post("/apply-template", {"messages": messages}).json()["prompt"]
    assert "What is a KV cache?" in prompt
    chat = server.post("/v1/chat/completions", {"messages": messages, "max_tokens": 1}).json()
    assert server.post("/tokenize", {"messages": messages}).json()["count"] == chat["usage"]["prompt_tokens"]
    text = server.post("/tokenize", {"prompt": prompt, "add_special_tokens": False}).json()["count"]
    assert text == chat["usage"]["prompt_tokens"]


def test_pieces(server):
    answer = server.post("/tokenize", {"content": "é", "with_pieces": True, "return_token_strs": True}).json()
    assert answer["count"] == len(answer["tokens"]) == len(answer["token_strs"])
    assert all(set(piece) == {"id", "piece"} for piece in answer["tokens"])


def test_the_transcripts_on_the_page_are_true(request):
    if not shutil.which("curl"):
        pytest.skip("needs curl")
    binary = request.config.getoption("--binary")
    if not binary:
        pytest.skip("needs --binary")
    subprocess.run(
        [sys.executable, HERE / "transcripts.py", "--binary", binary, "--check",
         "--server-args=" + request.config.getoption("--server-args")], check=True)
