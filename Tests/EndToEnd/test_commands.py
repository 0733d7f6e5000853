"""The commands that need no server, run as a person would."""

import json
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "Models/swiftlet-5m"


@pytest.fixture
def run(binary):
    def run(*arguments, expect=0):
        done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=120)
        assert done.returncode == expect, done.stderr
        if expect:
            (line,) = [line for line in done.stderr.splitlines() if line.startswith("swiftlet: ")]
            assert done.stderr.splitlines() == [line]
        return done

    return run


def generate(run, *arguments):
    done = run("generate", "--temperature", 0, "--json", *arguments)
    return json.loads(done.stdout)


# -- quantize


@pytest.mark.parametrize("kind", ["q8_0", "q4_0"])
def test_a_quantized_folder_generates(run, tmp_path, kind):
    """Its text is that of the folder's for a few tokens: eight bits change little."""
    output = tmp_path / "small.gguf"
    run("quantize", MODEL, output, "--type", kind)
    assert output.read_bytes()[:4] == b"GGUF"
    assert [path.name for path in tmp_path.iterdir()] == ["small.gguf"]
    small = generate(run, "--model", output, "--prompt", "What is", "--max-tokens", 8)
    large = generate(run, "--model", MODEL, "--prompt", "What is", "--max-tokens", 8)
    assert small["usage"]["prompt_tokens"] == large["usage"]["prompt_tokens"]
    assert small["usage"]["completion_tokens"] > 0 and small["text"]
    if kind == "q8_0":
        assert small["token_ids"][:3] == large["token_ids"][:3]


def test_a_quantized_file_is_quantized_again(run, tmp_path):
    run("quantize", MODEL, tmp_path / "a.gguf", "--type", "q8_0")
    run("quantize", tmp_path / "a.gguf", tmp_path / "b.gguf", "--type", "q4_0")
    assert (tmp_path / "b.gguf").stat().st_size < (tmp_path / "a.gguf").stat().st_size
    assert generate(run, "--model", tmp_path / "b.gguf", "--prompt", "What is", "--max-tokens", 4)["text"]


def test_quantize_refuses_what_is_no_model(run, tmp_path):
    error = run("quantize", ROOT / "README.md", tmp_path / "x.gguf", "--type", "q8_0", expect=1).stderr
    assert "README.md" in error
    run("quantize", tmp_path, tmp_path / "x.gguf", "--type", "q8_0", expect=1)
    run("quantize", MODEL, tmp_path / "x.gguf", expect=2)
    run("quantize", MODEL, tmp_path / "x.bin", "--type", "q8_0", expect=2)
    assert not list(tmp_path.iterdir())


# -- generate


def test_generate_stops_before_a_text(run):
    whole = generate(run, "--prompt", "What is", "--max-tokens", 24, "--ignore-eos")
    assert whole["finish_reason"] == "length" and whole["usage"]["completion_tokens"] == 24
    stop = whole["text"][8:12]
    cut = generate(run, "--prompt", "What is", "--max-tokens", 24, "--ignore-eos", "--stop", stop)
    assert cut["text"] == whole["text"][:whole["text"].index(stop)]
    assert cut["finish_reason"] == "stop"
    assert cut["usage"]["completion_tokens"] == len(cut["token_ids"]) < 24
    assert cut["token_ids"] == whole["token_ids"][:len(cut["token_ids"])]
    plain = run(
        "generate", "--temperature", 0, "--prompt", "What is", "--max-tokens", 24, "--ignore-eos", "--stop", stop)
    assert plain.stdout == cut["text"] + "\n"


def test_generate_with_a_repetition_penalty(run):
    arguments = ("--prompt", "the the the the", "--max-tokens", 32, "--ignore-eos")
    plain = generate(run, *arguments)["token_ids"]
    varied = generate(run, *arguments, "--repetition-penalty", 1.8)["token_ids"]
    assert len(set(varied)) > len(set(plain))
    run("generate", "--prompt", "x", "--repetition-penalty", -1, expect=2)


@pytest.mark.parametrize("size", ["64M", "64MiB", "64MB", "67108864", "0.0625G", "65536K"])
def test_sizes_may_have_units(run, size):
    assert generate(run, "--prompt", "x", "--max-tokens", 1, "--kv-cache-memory", size)["token_ids"]


@pytest.mark.parametrize("size", ["64Q", "G", "-1G", "1e", "99999T", "nan", ""])
def test_sizes_that_are_none(run, size):
    assert "KiB" in run("generate", "--prompt", "x", "--kv-cache-memory", size, expect=2).stderr


# -- perplexity


def test_perplexity_is_rounded_for_people_only(run, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("What is a token? A token is a piece of a text.\n" * 8)
    lines = run("perplexity", "--file", text).stdout
    assert all(len(digits) <= 4 for digits in re.findall(r"\d+\.(\d+)", lines)), lines
    exact = json.loads(run("perplexity", "--file", text, "--json").stdout)
    assert f"perplexity {round(exact['perplexity'], 4)}," in lines


def test_perplexity_of_second_halves_counts_what_fills_a_window(run, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("What is a token? A token is a piece of a text.\n" * 8)
    whole = json.loads(run("perplexity", "--file", text, "--json").stdout)
    halves = json.loads(run("perplexity", "--file", text, "--window", 32, "--second-half", "--json").stdout)
    assert halves["tokens"] == whole["tokens"] // 32 * 15
    # Half a window is known before each: repeated lines are easier to guess then.
    assert halves["perplexity"] < whole["perplexity"]
    assert "bits_per_byte" not in halves
    few = run("perplexity", "--file", text, "--window", 1024, "--second-half", expect=2)
    assert "choose a smaller --window" in few.stderr
