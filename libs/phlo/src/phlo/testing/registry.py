"""A registry of images on loopback: the real engine pushes to it and pulls from it in a test.

It speaks the part of the distribution protocol that this takes, and can lose what it has.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Self

#: More than any image of a test has; a push of more than that is refused.
_MOST_BYTES = 2 * 1024**3
_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
_CHUNK = 1 << 20


class Registry:
    """A registry; its images are gone when it is closed.

    with Registry(tmp_path / "registry") as registry:
        docker("tag", "python:3.11", registry.name("tool:1"))
        docker("push", registry.name("tool:1"))
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        """Repository and tag or digest -> media type and content."""
        self.pulled: list[str] = []
        """What was asked for of manifests, oldest first."""
        handler = type("Handler", (_Handler,), {"registry": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer no more, and forget all images."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def name(self, image: str) -> str:
        """Return the whole name of an image in this registry."""
        return f"127.0.0.1:{self._server.server_address[1]}/{image}"

    def digest(self, image: str) -> str:
        """Return the digest that a tag means."""
        repository, _, tag = image.partition(":")
        return _digest(self.manifests[repository, tag][1])

    def remove(self, repository: str) -> None:
        """Lose all images of a repository, as a publisher does who takes them back."""
        for key in [key for key in self.manifests if key[0] == repository]:
            del self.manifests[key]

    def only_for(self, image: str, architecture: str) -> None:
        """Let a tag mean an image that there is for one kind of processor only."""
        repository, _, tag = image.partition(":")
        media, content = self.manifests[repository, tag]
        one = {"mediaType": media, "size": len(content), "digest": _digest(content),
               "platform": {"os": "linux", "architecture": architecture}}  # fmt: skip
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [one]}
        self.put(repository, tag, _INDEX, json.dumps(index).encode())

    def put(self, repository: str, reference: str, media: str, content: bytes) -> str:
        """Take in a manifest, and return its digest."""
        digest = _digest(content)
        self.manifests[repository, reference] = self.manifests[repository, digest] = media, content
        return digest


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Handler(BaseHTTPRequestHandler):
    """Answers one request of the engine."""

    protocol_version = "HTTP/1.1"
    registry: Registry

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send a manifest or a blob."""
        if self.path == "/v2/":
            return self._answer(200)
        if found := re.fullmatch(r"/v2/(.+)/manifests/(.+)", self.path):
            return self._manifest(found[1], found[2])
        if found := re.fullmatch(r"/v2/.+/blobs/(sha256:[0-9a-f]{64})", self.path):
            return self._blob(found[1])
        return self._answer(404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Begin an upload."""
        self._read(self.registry.folder / "ignored")
        place = f"{urlsplit(self.path).path.rstrip('/')}/{uuid.uuid4().hex}"
        self._answer(202, {"Location": place, "Range": "0-0"})

    def do_PATCH(self) -> None:
        """Take in a part of an upload."""
        file = self._upload()
        self._read(file)
        self._answer(202, {"Location": self.path, "Range": f"0-{file.stat().st_size - 1}"})

    def do_PUT(self) -> None:
        """End an upload, or take in a manifest."""
        if found := re.fullmatch(r"/v2/(.+)/manifests/(.+)", self.path):
            file = self.registry.folder / uuid.uuid4().hex
            self._read(file)
            media = self.headers.get("Content-Type", "")
            digest = self.registry.put(found[1], found[2], media, file.read_bytes())
            file.unlink()
            return self._answer(201, {"Docker-Content-Digest": digest})
        file = self._upload()
        self._read(file)
        digest = parse_qs(urlsplit(self.path).query)["digest"][0]
        file.rename(self.registry.folder / digest.replace(":", "-"))
        return self._answer(201, {"Docker-Content-Digest": digest})

    def _upload(self) -> Path:
        return self.registry.folder / urlsplit(self.path).path.rpartition("/")[2]

    def _manifest(self, repository: str, reference: str) -> None:
        self.registry.pulled.append(f"{repository}:{reference}")
        found = self.registry.manifests.get((repository, reference))
        if found is None:
            errors = [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]
            return self._answer(404, {"Content-Type": "application/json"},
                                json.dumps({"errors": errors}).encode())  # fmt: skip
        media, content = found
        about = {"Content-Type": media, "Docker-Content-Digest": _digest(content)}
        return self._answer(200, about, content)

    def _blob(self, digest: str) -> None:
        file = self.registry.folder / digest.replace(":", "-")
        if not file.is_file():
            return self._answer(404)
        self.send_response(200)
        self.send_header("Content-Length", str(file.stat().st_size))
        self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if self.command != "HEAD":
            with file.open("rb") as opened:
                shutil.copyfileobj(opened, self.wfile, _CHUNK)
        return None

    def _read(self, file: Path) -> None:
        """Append what the request carries to a file."""
        with file.open("ab") as opened:
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    opened.write(self.rfile.read(size))
                    self.rfile.readline()
                    if opened.tell() > _MOST_BYTES:
                        raise ConnectionError("too much")
                self.rfile.readline()
                return
            left = min(int(self.headers.get("Content-Length") or 0), _MOST_BYTES)
            while left > 0 and (part := self.rfile.read(min(left, _CHUNK))):
                opened.write(part)
                left -= len(part)

    def _answer(
        self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        self.send_response(status)
        about = {"Docker-Distribution-Api-Version": "registry/2.0", **(headers or {})}
        for name, value in {**about, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
