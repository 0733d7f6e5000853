#!/usr/bin/env python3
"""Renders chat templates as transformers does, for tests to compare with.

    pip install jinja2
    Tests/Differential/jinja_reference.py ../shared/data/chat-templates Tests/Fixtures/chat-templates/shared.expected
    Tests/Differential/jinja_reference.py FOLDER OUT/chat-templates.jsonl --full
    SWIFTLET_DIFFERENTIAL=OUT swift test -c release --filter Differential

The first form writes one line a template: its name, then for each conversation of conversations.json the length in
bytes and the FNV-1a hash of the rendering; "!" and the same of the message where the template raised an exception
itself; "x" where rendering failed otherwise. The second form writes sources and renderings in full,
of any templates.
"""
import argparse, datetime, json, pathlib
import jinja2, jinja2.ext, jinja2.sandbox

NOW = datetime.datetime(2026, 8, 22, 12, 34, 56)


class Generation(jinja2.ext.Extension):
    """transformers' tag around what the assistant wrote."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_render"), [], [], body).set_lineno(line)

    def _render(self, caller):
        return caller()


class Raised(jinja2.exceptions.TemplateError):
    pass


def environment():
    def raise_exception(message):
        raise Raised(message)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    result = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    result.filters["tojson"] = tojson
    result.globals["raise_exception"] = raise_exception
    result.globals["strftime_now"] = NOW.strftime
    return result


def render(template, conversation):
    """("text", rendering), ("raised", message) or ("failed", what Python says)."""
    try:
        return "text", template.render(
            messages=conversation["messages"], tools=conversation["tools"], documents=None,
            add_generation_prompt=conversation["add_generation_prompt"], **conversation["variables"])
    except Raised as error:
        return "raised", str(error)
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}"


def fnv(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return f"{len(text.encode())}:{value:016x}"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("templates", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--full", action="store_true")
    arguments.add_argument("--conversations", type=pathlib.Path,
                           default=pathlib.Path(__file__).parent.parent / "Fixtures/chat-templates/conversations.json")
    arguments = arguments.parse_args()
    conversations = json.loads(arguments.conversations.read_text(encoding="utf-8"))
    with open(arguments.out, "w", encoding="utf-8") as file:
        for path in sorted(arguments.templates.glob("*.jinja")):
            source = path.read_text(encoding="utf-8")
            template = environment().from_string(source)
            results = [render(template, conversation) for conversation in conversations]
            if arguments.full:
                for conversation, (kind, text) in zip(conversations, results):
                    file.write(json.dumps({"template": path.name, "source": source, "conversation": conversation,
                                           "kind": kind, "text": text}, ensure_ascii=False) + "\n")
            else:
                marks = {"text": "", "raised": "!"}
                file.write(" ".join([path.name] + ["x" if kind == "failed" else marks[kind] + fnv(text)
                                                   for kind, text in results]) + "\n")


if __name__ == "__main__":
    main()
