"""One server for the whole run; tests that end it or fill it start their own."""

import pytest
from openai import OpenAI

from swiftlet_server import Server, running_server


def pytest_addoption(parser):
    parser.addoption("--binary", help="the swiftlet executable to test")
    parser.addoption("--server-args", default="", help="further flags of `swiftlet serve`")
    parser.addoption("--url", help="test a running server instead")


@pytest.fixture(scope="session")
def binary(request):
    """The path of the swiftlet executable."""
    binary = request.config.getoption("--binary")
    if not binary:
        pytest.skip("needs --binary")
    return binary


@pytest.fixture(scope="session")
def start_server(request, binary):
    """A context manager that starts one more server with extra flags."""

    def start(arguments=""):
        return running_server(binary, request.config.getoption("--server-args") + " " + arguments)

    return start


@pytest.fixture(scope="session")
def server(request):
    url = request.config.getoption("--url")
    if url:
        yield Server(url.rstrip("/"))
        return
    with request.getfixturevalue("start_server")() as server:
        yield server


@pytest.fixture(scope="session")
def client(server):
    return OpenAI(base_url=server.url + "/v1", api_key="unused", max_retries=0, timeout=120)


@pytest.fixture(scope="session")
def model(client):
    return client.models.list().data[0].id


@pytest.fixture(autouse=True)
def nothing_left_behind(request):
    """After every test on the shared server nothing runs, waits, or holds a block."""
    yield
    if "server" in request.fixturenames:
        assert request.getfixturevalue("server").wait_until_idle(10), "a request was left behind"
