"""The catalog for the time of one command, when no phlo-api runs: a server in this process."""

from __future__ import annotations

import hmac
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from phlo.errors.rest import RequestNotUnderstood, WrongCatalogToken
from phlo.lakehouse.rest import http
from phlo.lakehouse.rest.http import Answer, Request
from phlo.lakehouse.rest.service import catalog_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.rest.service import AnyCatalog


@dataclass(frozen=True, slots=True)
class Served:
    """Where the catalog of one ref answers, and to whom."""

    url: str
    token: str


@contextmanager
def serve(lake: Lake, ref: str) -> Iterator[Served]:
    """Serve one ref of a lake on this machine until the block ends.

    While it lasts no sweep runs, which could take files that a client has written and not yet
    committed.
    """
    with lake.lock(), serve_catalog(catalog_of(lake), ref) as served:
        yield served


@contextmanager
def serve_catalog(catalog: AnyCatalog, ref: str) -> Iterator[Served]:
    """Serve one ref of a catalog on this machine until the block ends."""
    token = secrets.token_urlsafe(32)
    with _Server(catalog, ref, token) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield Served(f"http://127.0.0.1:{server.server_address[1]}", token)
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, catalog: AnyCatalog, ref: str, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.catalog, self.ref, self.token = catalog, ref, token


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: A client that says nothing for so long is gone.
    timeout = 60
    # An answer's head and body are two writes: without it the second waits for the first's receipt.
    disable_nagle_algorithm = True
    server: _Server

    def _handle(self) -> None:
        try:
            body = self._body()
            answer = self._answer(body)
        except RequestNotUnderstood as error:
            self.close_connection = True
            answer = http.refused(error)
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_HEAD = do_DELETE = _handle

    def _answer(self, body: bytes) -> Answer:
        given = self.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self.server.token.encode()):
            return http.refused(WrongCatalogToken())
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, body, headers)
        return self.server.catalog.answer(request, self.server.ref)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding"):
            return self._chunks()
        length = self.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > http.LARGEST_BODY:
            raise RequestNotUnderstood("The length of the body is not said, or too large")
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            try:
                length = int(self.rfile.readline(100).split(b";")[0], 16)
            except ValueError:
                raise RequestNotUnderstood("The body is not in chunks as it says") from None
            size += length
            if length < 0 or size > http.LARGEST_BODY:
                raise RequestNotUnderstood("The body is too large")
            parts.append(self.rfile.read(length))
            self.rfile.readline(100)
            if not length:
                return b"".join(parts)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what goes wrong is told to the client."""
