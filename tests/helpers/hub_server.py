"""A hub on loopback: what the real ``huggingface_hub`` asks for, answered as the hub answers, by real HTTP servers.

Two servers on ports of their own: the hub (API, redirects, small files) and the "CDN" that its redirects lead to (large
files, at signed URLs that can expire). They serve real files, record every request, and end with the ``with`` block::

    with HubServer() as hub:
        repo = hub.add("author/Model-GGUF", {"model-Q4_K_M.gguf": path, "README.md": b"# Hello"})
        ...                          # point the program to hub.url
        assert [seen.path for seen in hub.requests] == [...]
        repo.commit({"model-Q4_K_M.gguf": other})        # "main" is another commit now; the old one stays
        hub.expire_urls()                                # signed URLs given out before are refused from now on

To misbehave, give it a :class:`Behaviour`: it may answer instead of the server (429, 503, HTML), and it passes on every
body, so it can change bytes, stop early, or raise :class:`Reset` or :class:`HangUp`. It is asked for every request of
both servers; ``Seen.server`` says which. ``sent_bytes`` of a :class:`Seen` counts body bytes that were handed to the
system. See also ``ranges``, ``redirects``, ``tokens`` and ``renamed`` of :class:`HubServer`, and :class:`Repo`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from tests.helpers.hub_repos import Content, File, Repo

CHUNK_BYTES = 64 * 1024


@dataclass
class Seen:
    """One request as it arrived, and what was sent for it."""

    server: Literal["hub", "cdn"]
    method: str
    path: str
    """Without the query."""
    query: dict[str, list[str]]
    headers: dict[str, str]
    """Names in lower case."""
    started_at: float
    status: int = 0
    sent_bytes: int = 0
    connection: int = 0
    """The client's port: equal for requests over one kept-alive connection."""

    @property
    def range(self) -> tuple[int, int | None] | None:
        """First and last byte asked for; None: no range."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        return None if found is None else (int(found[1]), int(found[2]) if found[2] else None)


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Reset(Exception):
    """Raised by a behaviour: the connection is reset (RST) at this point of the body."""


class HangUp(Exception):
    """Raised by a behaviour: the connection is closed in order, but too early."""


class Behaviour:
    """How the servers treat requests; this one behaves well. Called on the servers' threads, possibly at once."""

    def answer(self, seen: Seen) -> Answer | None:
        """Instead of the usual answer; None: the usual one."""
        return None

    def body(self, seen: Seen, start: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The bytes of a body from file position ``start`` on their way out (headers were sent already)."""
        yield from chunks


class HubServer:
    """The hub and its CDN. Settable at any time: ``behaviour``, ``ranges`` (False: answers 200 with everything),
    ``redirects`` (False: the hub serves large files itself), ``tokens`` (token to user name).
    """

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.ranges = True
        self.redirects = True
        self.tokens: dict[str, str] = {}
        self.repos: dict[str, Repo] = {}
        self.renamed: dict[str, str] = {}
        """Old repository id to new one: the hub redirects, as after a rename."""
        self.requests: list[Seen] = []
        self._epoch = 0
        self._lock = threading.Lock()
        self._hub = _Server(self, "hub", self._hub_answer)
        self._cdn = _Server(self, "cdn", self._cdn_answer)
        self.url = f"http://127.0.0.1:{self._hub.server_port}"
        self.cdn_url = f"http://localhost:{self._cdn.server_port}"
        self._blobs: dict[str, File] = {}

    def __enter__(self) -> Self:
        for server in (self._hub, self._cdn):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in (self._hub, self._cdn):
            server.shutdown()
            server.server_close()

    def add(self, repo_id: str, files: Mapping[str, Content], **facts: Any) -> Repo:
        """A repository with one commit. ``facts``: fields of :class:`Repo`."""
        repo = Repo(repo_id, **facts)
        repo.commit(files)
        self.repos[repo_id] = repo
        return repo

    def expire_urls(self) -> None:
        """Signed URLs that were given out until now are refused (403) from now on."""
        with self._lock:
            self._epoch += 1

    def record(self, seen: Seen) -> None:
        """Keep a request."""
        with self._lock:
            self.requests.append(seen)

    def asked(self, server: str = "", method: str = "", path: str = "") -> list[Seen]:
        """The requests so far to this server, by this method, with this in their path."""
        with self._lock:
            return [
                seen
                for seen in self.requests
                if server in ("", seen.server) and method in ("", seen.method) and path in seen.path
            ]

    def sent_bytes(self, path: str = "") -> int:
        """Body bytes sent for requests with this in their path."""
        return sum(seen.sent_bytes for seen in self.asked(path=path))

    # -- the hub ------------------------------------------------------------------------------------------------------

    def _hub_answer(self, seen: Seen) -> Answer | _FilePart:
        path = unquote(seen.path)
        scheme, _, token = seen.headers.get("authorization", "").partition(" ")
        token = token if scheme == "Bearer" else ""
        if token and token not in self.tokens:
            return _refusal(401, "", "Invalid credentials in Authorization header")
        user = self.tokens.get(token, "")
        if path == "/api/whoami-v2":
            if not user:
                return _refusal(401, "", "Invalid username or password.")
            return _json({"type": "user", "name": user, "auth": {"type": "access_token"}})
        if path == "/api/models":
            return self._search(seen, user)
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            return self._info(seen, user, found[1], found[2] or "main")
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._resolve(seen, user, found[1], found[2], found[3])
        return _refusal(404, "", "Sorry, we can't find the page you are looking for.")

    def _search(self, seen: Seen, user: str) -> Answer:
        query = {key: values[0] for key, values in seen.query.items()}
        words = query.get("search", "").lower()
        wanted = seen.query.get("filter", [])
        found = [
            repo
            for repo in self.repos.values()
            if words in repo.repo_id.lower() and set(wanted) <= set(repo.tags) and (not repo.private or user)
        ]
        key = {"downloads": "downloads", "likes": "likes", "trendingScore": "trending"}.get(query.get("sort", ""))
        if key:
            found.sort(key=lambda repo: -getattr(repo, key))
        elif query.get("sort") == "lastModified":
            found.sort(key=lambda repo: repo.updated_at, reverse=True)
        start, limit = int(query.get("cursor", 0)), int(query.get("limit", 1000))
        page = found[start : start + limit]
        headers = {}
        if start + limit < len(found):
            following = dict(seen.query) | {"cursor": [str(start + limit)]}
            headers["Link"] = f'<{self.url}/api/models?{urlencode(following, doseq=True)}>; rel="next"'
        return _json([repo.listed(seen.query.get("expand", [])) for repo in page], headers)

    def _info(self, seen: Seen, user: str, repo_id: str, revision: str) -> Answer:
        if repo_id in self.renamed:
            return Answer(307, {"Location": seen.path.replace(repo_id, self.renamed[repo_id])})
        repo = self.repos.get(repo_id)
        if repo is None or (repo.private and not repo.open_to(user)):
            return _no_such_repo(user)
        commit = repo.find(revision)
        if commit is None:
            return _refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return _json(repo.info(commit, blobs="blobs" in seen.query))

    def _resolve(self, seen: Seen, user: str, repo_id: str, revision: str, path: str) -> Answer | _FilePart:
        if repo_id in self.renamed:
            return Answer(307, {"Location": seen.path.replace(repo_id, self.renamed[repo_id])})
        repo = self.repos.get(repo_id)
        if repo is None or (repo.private and not repo.open_to(user)):
            return _no_such_repo(user)
        commit = repo.find(revision)
        if commit is None:
            return _refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        file = repo.files(commit).get(path)
        if file is None:
            return _refusal(404, "EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": commit, "ETag": f'"{file.blob_id}"'}
        if not file.large:
            return _FilePart(file, headers)
        if repo.gated and not repo.open_to(user):
            message = f"Access to model {repo_id} is restricted. You must have access to it and be authenticated."
            return _refusal(403 if user else 401, "GatedRepo", message)
        headers |= {"X-Linked-ETag": f'"{file.sha256}"', "X-Linked-Size": str(file.size)}
        if not self.redirects:
            return _FilePart(file, headers | {"ETag": f'"{file.sha256}"'})
        with self._lock:
            self._blobs[file.sha256] = file
            epoch = self._epoch
        signed = urlencode({"Expires": epoch, "Signature": _signature(file.sha256, epoch), "name": path})
        return Answer(302, headers | {"Location": f"{self.cdn_url}/repos/{file.sha256}?{signed}"})

    # -- the CDN ------------------------------------------------------------------------------------------------------

    def _cdn_answer(self, seen: Seen) -> Answer | _FilePart:
        sha256 = seen.path.rpartition("/")[2]
        epoch = int(seen.query.get("Expires", ["-1"])[0])
        with self._lock:
            file, current = self._blobs.get(sha256), self._epoch
        if epoch != current or seen.query.get("Signature") != [_signature(sha256, epoch)]:
            return Answer(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
        if file is None:
            return Answer(404)
        return _FilePart(file, {"ETag": f'"{file.sha256}"'})


@dataclass(frozen=True)
class _FilePart:
    """A file to be sent, or the part of it that is asked for."""

    file: File
    headers: Mapping[str, str]


def _signature(sha256: str, epoch: int) -> str:
    return hashlib.sha256(f"secret {sha256} {epoch}".encode()).hexdigest()


def _json(value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(200, {"Content-Type": "application/json"} | dict(headers or {}), json.dumps(value).encode())


def _refusal(status: int, code: str, message: str) -> Answer:
    headers = {"Content-Type": "application/json", "X-Error-Message": message}
    if code:
        headers["X-Error-Code"] = code
    return Answer(status, headers, json.dumps({"error": message}).encode())


def _no_such_repo(user: str) -> Answer:
    """The hub does not tell strangers which repositories exist: they get 401, without a code, and a misleading text."""
    if user:
        return _refusal(404, "RepoNotFound", "Repository not found")
    return _refusal(401, "", "Invalid username or password.")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(
        self, hub: HubServer, name: Literal["hub", "cdn"], answer: Callable[[Seen], Answer | _FilePart]
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub
        self.name = name
        self.answer = answer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def _serve(self) -> None:
        url = urlsplit(self.path)
        seen = Seen(
            self.server.name,
            self.command,
            url.path,
            parse_qs(url.query, keep_blank_values=True),
            {key.lower(): value for key, value in self.headers.items()},
            time.monotonic(),
            connection=self.client_address[1],
        )
        self.server.hub.record(seen)
        with contextlib.suppress(ConnectionError):
            answer = self.server.hub.behaviour.answer(seen) or self.server.answer(seen)
            if isinstance(answer, _FilePart):
                self._send_file(seen, answer)
            else:
                self._send(seen, answer.status, dict(answer.headers), 0, len(answer.body), iter([answer.body]))
            return
        self.close_connection = True

    def _send_file(self, seen: Seen, part: _FilePart) -> None:
        size, wanted = part.file.size, seen.range
        headers = dict(part.headers) | {"Content-Type": "binary/octet-stream"}
        if self.server.hub.ranges:
            headers["Accept-Ranges"] = "bytes"
        if wanted is None or not self.server.hub.ranges:
            self._send(seen, 200, headers, 0, size, part.file.chunks(0, size, CHUNK_BYTES))
            return
        start, last = wanted[0], size - 1 if wanted[1] is None else min(wanted[1], size - 1)
        if start > last:
            self._send(seen, 416, headers | {"Content-Range": f"bytes */{size}"}, 0, 0, iter(()))
            return
        headers["Content-Range"] = f"bytes {start}-{last}/{size}"
        length = last - start + 1
        self._send(seen, 206, headers, start, length, part.file.chunks(start, length, CHUNK_BYTES))

    def _send(
        self, seen: Seen, status: int, headers: dict[str, str], start: int, length: int, chunks: Iterator[bytes]
    ) -> None:
        seen.status = status
        self.send_response(status)
        for name, value in ({"Content-Length": str(length)} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if seen.method == "HEAD":
            return
        try:
            for chunk in self.server.hub.behaviour.body(seen, start, chunks):
                self.wfile.write(chunk)
                seen.sent_bytes += len(chunk)
        except Reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()  # else the socket stays open for it, and the close below does nothing
            self.connection.close()
            self.close_connection = True
        except HangUp:
            self.close_connection = True
        if seen.sent_bytes < length:
            self.close_connection = True  # the client still waits for the rest
