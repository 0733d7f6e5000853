"""`swiftlet-bench suite` keeps every record and compares like with like. No step is measured here."""

import json
import pathlib
import re
import subprocess

import pytest

PAGE = "# Figures\n\n<!-- suite: written by make bench -->\n<!-- end of suite -->\n"


@pytest.fixture
def suite(binary, tmp_path):
    """Runs the suite without any step; returns what it said and the name of its record."""
    program = pathlib.Path(binary).resolve().parent / "swiftlet-bench"
    if not program.exists():
        pytest.skip("needs swiftlet-bench beside --binary")
    page = tmp_path / "page.md"
    page.write_text(PAGE)

    def run(threads, only="none", code=0):
        result = subprocess.run(
            [program, "suite", "--only", only, "--threads", str(threads), "--results", tmp_path / "results",
             "--page", page],
            capture_output=True, text=True, timeout=60,
        )
        assert result.returncode == code, result.stderr
        found = re.search(r"recorded: (\S+),", result.stdout + result.stderr)
        return result.stdout + result.stderr, found and pathlib.Path(found.group(1))

    return run


def test_runs_of_one_day_are_kept_side_by_side(suite):
    names = []
    for _ in range(11):
        text, path = suite(1)
        names.append(path.name)
    day = names[0][:10]
    assert names == [f"{day}-suite.json"] + [f"{day}-suite-{number}.json" for number in range(2, 12)]
    assert len(list(path.parent.iterdir())) == 11
    # The tenth is the last but one, although its name is not.
    assert f"beside {day}-suite-10.json" in text


def test_only_records_with_the_same_threads_are_compared(suite):
    text, first = suite(1)
    assert "no earlier record of this machine with 1 threads" in text
    text, second = suite(2)
    assert "no earlier record of this machine with 2 threads" in text and "beside" not in text
    text, third = suite(1)
    assert f"beside {first.name}," in text
    assert json.loads(second.read_text())["threads"] == 2


def test_an_unknown_step_is_refused(suite):
    text, path = suite(1, only="engine,magic", code=2)
    assert "magic" in text and path is None


def test_the_test_script_says_what_it_does():
    script = pathlib.Path(__file__).parents[1] / "run"
    asked = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=10)
    assert asked.returncode == 0 and "every test" in asked.stdout.lower()
    wrong = subprocess.run([script, "--magic"], capture_output=True, text=True, timeout=10)
    assert wrong.returncode == 2 and "--magic" in wrong.stderr
