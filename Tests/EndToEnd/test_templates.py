"""Chat templates that refuse or fail: the client learns why, and the server goes on."""

import pathlib
import shutil

import pytest

MODEL = pathlib.Path(__file__).resolve().parents[2] / "Models/swiftlet-5m"

# What Mistral's and Gemma's templates do, and what a broken or hostile one might.
TEMPLATE = """\
{%- for message in messages -%}
{%- if message.content == 'loop' %}{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}{% endif -%}
{%- if message.content == 'broken' %}{{ message.nothing.at.all }}{% endif -%}
{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/…') }}
{%- endif -%}
<|{{ message.role }}|>
{{ message.content }}<|end|>
{% endfor %}<|assistant|>
"""


@pytest.fixture(scope="module")
def picky(start_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "picky"
    shutil.copytree(MODEL, folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    with start_server(f"--model {folder}") as server:
        yield server


def ask(server, *messages, **more):
    messages = [{"role": role, "content": content} for role, content in messages]
    return server.post("/v1/chat/completions", {"messages": messages, "max_tokens": 2, **more})


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_400_with_the_templates_words(picky, stream):
    answer = ask(picky, ("user", "Hello"), ("user", "again"), stream=stream)
    assert answer.status == 400
    error = answer.json()["error"]
    assert error["code"] == "chat_template_error" and error["type"] == "invalid_request_error"
    assert "Conversation roles must alternate user/assistant/user/assistant/…" in error["message"]


@pytest.mark.parametrize("content", ["loop", "broken"])
def test_a_failure_is_400_too_and_the_server_goes_on(picky, content):
    answer = ask(picky, ("user", content))
    assert answer.status == 400
    assert answer.json()["error"]["code"] == "chat_template_error"
    assert ask(picky, ("user", "Hello")).status == 200


def test_a_request_cannot_bring_a_template(picky):
    answer = ask(picky, ("user", "Hello"), chat_template="{{ messages }}")
    assert answer.status == 400 and answer.json()["error"]["param"] == "chat_template"
