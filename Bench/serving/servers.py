"""Starts one server at a time, waits until it answers, and ends it."""

import contextlib
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".build" / "release"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, seconds=120):
    """The address of a server started by `command`, in which {port} stands for a free port."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [str(part).replace("{port}", str(port)) for part in command], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + seconds
        path = "/ready"  # Swiftlet's; llama.cpp's /health says the same.
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{command[0]}: the server did not start; run the command by hand to see why:\n"
                         + " ".join(map(str, command)))
            try:
                with urllib.request.urlopen(url + path, timeout=1):
                    break
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    path = "/health"
            except OSError:
                pass
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def load(url, *options, wait=True):
    """`swiftlet-bench serve` against `url`. With wait=False, the running process."""
    command = [PROGRAMS / "swiftlet-bench", "serve", "--url", url, "--endpoint", "/v1/completions",
               "--ignore-eos", "--quiet", *map(str, options)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return process if not wait else finish(process)


def finish(process):
    output, _ = process.communicate()
    if process.returncode != 0:
        sys.exit(f"swiftlet-bench ended with {process.returncode}")
    return output
