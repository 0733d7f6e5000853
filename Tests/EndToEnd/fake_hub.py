"""A model hub on a local port: the list of files, the files with ranges and ETags, and every fault on demand."""

import contextlib
import hashlib
import http.server
import json
import threading
import urllib.parse


def git_blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub:
    """`files` maps names to bytes. Faults are set by tests before or between runs."""

    def __init__(self):
        self.files = {}
        self.large = set()  # names listed as Git LFS files
        self.listed = []  # entries added to the list as they stand
        self.page_size = 1000
        self.cut_after = []  # for each answer with a body to come: cut the connection after so many bytes
        self.answers = []  # for each file request to come: (status, headers), None for the usual answer
        self.ranges = True
        self.redirect = {}  # name -> URL
        self.token = None
        self.requests = []  # (path, headers) of every request
        self.etag = {}  # name -> another ETag than the checksum
        self.stall = None  # an event: bodies stop half way until it is set
        self.is_halfway = threading.Event()

    def entries(self):
        for name, data in self.files.items():
            entry = {"type": "file", "path": name, "size": len(data), "oid": git_blob(data)}
            if name in self.large:
                entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
            yield entry
        yield {"type": "directory", "path": "onnx", "size": 0, "oid": "0" * 40}
        yield from self.listed

    def file_requests(self, name):
        return [headers for path, headers in self.requests if path.endswith("/" + name)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        hub = self.server.hub
        hub.requests.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
        if hub.token and self.headers.get("authorization") != f"Bearer {hub.token}":
            return self.answer(401, b"no")
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/api/models/maker/model/tree/main":
            return self.page(hub, urllib.parse.parse_qs(url.query))
        prefix = "/maker/model/resolve/main/"
        name = urllib.parse.unquote(url.path.removeprefix(prefix))
        if not url.path.startswith(prefix) or name not in hub.files:
            return self.answer(404, b"no such file")
        if hub.answers and (answer := hub.answers.pop(0)):
            return self.answer(answer[0], b"an error page", answer[1])
        if name in hub.redirect:
            return self.answer(302, b"elsewhere", {"location": hub.redirect[name]})
        self.file(hub, name)

    def page(self, hub, query):
        entries = list(hub.entries())
        start = int(query.get("cursor", ["0"])[0])
        headers = {"content-type": "application/json"}
        if start + hub.page_size < len(entries):
            address = "http://%s:%d%s" % (*self.server.server_address, self.path.split("?")[0])
            headers["link"] = f'<{address}?recursive=true&cursor={start + hub.page_size}>; rel="next"'
        self.answer(200, json.dumps(entries[start:start + hub.page_size]).encode(), headers)

    def file(self, hub, name):
        data = hub.files[name]
        etag = hub.etag.get(name, '"%s"' % hashlib.sha256(data).hexdigest())
        status, start, headers = 200, 0, {"etag": etag}
        wanted = self.headers.get("range")
        if wanted and hub.ranges and self.headers.get("if-range", etag) == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                return self.answer(416, b"", {"content-range": f"bytes */{len(data)}"})
            status, headers["content-range"] = 206, f"bytes {start}-{len(data) - 1}/{len(data)}"
        self.answer(status, data[start:], headers, hub.cut_after.pop(0) if hub.cut_after else None)

    def answer(self, status, body, headers=None, cut=None):
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        hub = self.server.hub
        if hub.stall and status in (200, 206) and "etag" in (headers or {}):
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            hub.is_halfway.set()
            hub.stall.wait(60)
            body = body[len(body) // 2:]
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def running_hub():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.hub = hub = Hub()
    hub.url = "http://127.0.0.1:%d" % server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        if hub.stall:
            hub.stall.set()
        server.shutdown()
        server.server_close()
