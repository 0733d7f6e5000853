"""`swiftlet chat` on a pseudo-terminal, as a person would use it, and in a pipe."""
import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def program(request):
    binary = request.config.getoption("--binary")
    if not binary:
        pytest.skip("needs --binary")
    return binary


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, program, *arguments):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [program, "chat", *arguments], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.text = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def wait_for(self, pattern, seconds=60):
        """Reads until the pattern occurs after what was waited for before; returns what stood before it."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.text)):
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no {pattern!r} in {self.text!r}"
            try:
                self.text += os.read(self.master, 1 << 16).decode(errors="replace")
            except OSError:
                pytest.fail(f"the program ended before {pattern!r}: {self.text!r}")
        before, self.text = self.text[:match.end()], self.text[match.end():]
        return before

    def wait_for_end(self):
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                break
            if not data:
                break
            self.text += data.decode(errors="replace")
        return self.process.wait(10)


@pytest.fixture
def terminal(program):
    made = []

    def make(*arguments):
        made.append(Terminal(program, *arguments))
        made[-1].wait_for("> ")
        return made[-1]

    yield make
    for one in made:
        one.process.kill()
        one.process.wait()
        os.close(one.master)


def test_answers_and_leaves(terminal):
    chat = terminal("--max-tokens", "5", "--temperature", "0")
    chat.type("Hello there\n")
    assert "longest length" in chat.wait_for("> $")
    chat.type("/exit\n")
    assert chat.wait_for_end() == 0
    assert re.search(r"1 answer, 5 tokens", chat.text)


def test_ctrl_c_stops_the_answer_and_not_the_program(terminal):
    # At this temperature and seed the model babbles until it may no longer.
    chat = terminal("--max-tokens", "900", "--temperature", "2", "--seed", "1")
    chat.type("Tell me about attention.\n")
    chat.wait_for(r"attention\.\r\n[\s\S]{20}")
    chat.type("\x03")
    assert "[stopped]" in chat.wait_for("> $")
    chat.type("/clear\n")
    chat.wait_for("afresh")
    chat.type("\x04")
    assert chat.wait_for_end() == 0


def test_two_ctrl_c_at_an_empty_prompt_end_it(terminal):
    chat = terminal()
    chat.type("\x03")
    chat.wait_for("Ctrl-D or /exit ends")
    chat.wait_for("> $")
    chat.type("\x03")
    assert chat.wait_for_end() == 0


def test_commands(terminal):
    chat = terminal("--max-tokens", "3")
    chat.type("/help\n")
    chat.wait_for("/system TEXT")
    chat.type("/system Answer briefly.\n")
    chat.wait_for("system text is set")
    chat.type("/nonsense\n")
    chat.wait_for("no command /nonsense")
    chat.type("two lines\\\n")
    chat.wait_for("… ")
    chat.type("as one message\n")
    chat.wait_for("> $")
    assert chat.process.poll() is None


@pytest.fixture
def run(program):
    def run(text, *arguments):
        return subprocess.run(
            [program, "chat", "--temperature", "0", *arguments], input=text, capture_output=True, text=True,
            timeout=120)
    return run


def test_a_pipe_gets_answers_only(run):
    both = run("Hello\nAnd now?\n", "--max-tokens", "6")
    assert both.returncode == 0 and both.stdout.count("\n") >= 2
    assert "> " not in both.stdout.split("\n")[0]
    # The first answer does not depend on what comes later; the second sees the first exchange.
    assert both.stdout.startswith(run("Hello\n", "--max-tokens", "6").stdout.rstrip("\n"))


def test_a_full_context_drops_the_oldest_turns(run):
    done = run("One two three four five six seven eight nine ten\n" * 4, "--max-tokens", "24", "--max-model-len", "128")
    assert done.returncode == 0
    assert "oldest 2 messages are left out" in done.stderr


def test_a_message_larger_than_the_context_is_refused_and_the_talk_goes_on(run):
    done = run("word " * 400 + "\nHello\n", "--max-tokens", "4", "--max-model-len", "64")
    assert done.returncode == 0 and "does not fit the context of 64 tokens" in done.stderr
    assert done.stdout.strip()


def test_a_model_without_a_template_says_so(run):
    fixture = Path(__file__).resolve().parents[1] / "Fixtures/reference/llama-mha-f16"
    done = run("Hello\n", "--model", str(fixture))
    assert done.returncode == 1
    assert done.stderr.startswith("swiftlet: ") and done.stderr.count("\n") == 1
