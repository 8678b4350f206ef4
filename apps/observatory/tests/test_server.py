"""The program behind the pages: what it serves, what it refuses, what it passes through."""

from __future__ import annotations

import gzip
import json
import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from phlo_observatory.app import create_app
from phlo_observatory.assets import Asset, load

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request

INDEX = b'<html><meta name="csp-nonce" content="__NONCE__"><script src="/assets/a-1.js"></script>'
SCRIPT = b"export const a = 1;\n" * 100
FILES = {
    "/index.html": Asset(INDEX, "text/html", {}, False),
    "/favicon.svg": Asset(b"<svg/>", "image/svg+xml", {}, False),
    "/assets/a-1.js": Asset(
        SCRIPT, "text/javascript", {"gzip": gzip.compress(SCRIPT), "br": b"as brotli"}, True
    ),
}
PATHS = ["/", "/catalog", "/catalog/x", "/assets/a-1.js", "/favicon.svg", "/no.js", "/healthz"]


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    config = uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Observatory without an API."""
    with served(create_app("http://127.0.0.1:9", FILES)) as url, httpx.Client(base_url=url) as made:
        yield made


# Pages and files


def test_every_place_of_the_interface_is_its_one_page(client: httpx.Client) -> None:
    for path in ("/", "/catalog", "/runs/20260101-000000-abc", "/index.html", "/login?token=x"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "csp-nonce" in answer.text
        assert answer.headers["cache-control"] == "no-store"


def test_a_page_carries_a_nonce_that_is_never_the_same(client: httpx.Client) -> None:
    seen = set()
    for _ in range(20):
        answer = client.get("/")
        found = re.search(r'content="([^"]+)"', answer.text)
        assert found is not None
        assert f"'nonce-{found[1]}'" in answer.headers["content-security-policy"]
        assert "__NONCE__" not in answer.text
        seen.add(found[1])
    assert len(seen) == 20


def test_no_script_and_nothing_of_another_origin_runs_in_a_page(client: httpx.Client) -> None:
    policy = client.get("/").headers["content-security-policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["script-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/healthz"])
def test_every_answer_is_guarded(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=1.0, gzip", "br"), ("identity", None)],
)
def test_files_are_sent_as_they_were_compressed(
    client: httpx.Client, accepted: str, encoding: str | None
) -> None:
    with client.stream("GET", "/assets/a-1.js", headers={"accept-encoding": accepted}) as answer:
        content = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "accept-encoding"
    assert content == (FILES["/assets/a-1.js"].encoded[encoding] if encoding else SCRIPT)
    assert answer.headers["content-type"].startswith("text/javascript")


def test_what_has_a_hash_in_its_name_is_kept_and_the_rest_asked_for_again(
    client: httpx.Client,
) -> None:
    assert "immutable" in client.get("/assets/a-1.js").headers["cache-control"]
    assert client.get("/favicon.svg").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/gone-2.js", "/../app.py", "/%2e%2e/app.py", "/.stamp", "/assets/..%2f.stamp"]
)
def test_a_file_that_is_not_there_is_not_the_page(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "csp-nonce" not in answer.text


def test_an_interface_that_was_not_built_is_said_to_be_so() -> None:
    with served(create_app("http://127.0.0.1:9", {})) as url:
        answer = httpx.get(f"{url}/catalog")
        assert answer.status_code == 503
        assert "not built" in answer.text
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}


def test_compressed_and_hidden_files_have_no_address(tmp_path: Any) -> None:
    (tmp_path / "assets").mkdir()
    for name in ("index.html", "assets/a.js", "assets/a.js.gz", "assets/a.js.br", ".stamp"):
        (tmp_path / name).write_text(name)
    found = load(tmp_path)
    assert sorted(found) == ["/assets/a.js", "/index.html"]
    assert found["/assets/a.js"].encoded == {"br": b"assets/a.js.br", "gzip": b"assets/a.js.gz"}
    assert found["/assets/a.js"].is_immutable
    assert not found["/index.html"].is_immutable


# Who may ask


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:3001", "127.0.0.1.evil.example", "10.0.0.7:3001", ""]
)
@pytest.mark.parametrize("path", ["/", "/assets/a-1.js", "/api/v1/home", "/healthz"])
def test_another_name_in_host_is_refused(client: httpx.Client, host: str, path: str) -> None:
    assert client.get(path, headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:3001", "localhost:3001", "[::1]:3001", "localhost"])
def test_the_names_of_this_machine_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:4000", "https://127.0.0.1:3001"]
)
def test_a_page_of_another_origin_may_not_ask(client: httpx.Client, origin: str) -> None:
    own = str(client.base_url).rstrip("/")
    answer = client.post("/api/v1/runs", headers={"origin": origin})
    assert answer.status_code == 403
    assert client.get("/healthz", headers={"origin": own}).status_code == 200


# Passing through


class Upstream:
    """Stands for phlo-api: answers, slowly or badly, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.goes_on = threading.Event()
        self.left = threading.Event()

    async def echo(self, request: Request) -> Response:
        body = await request.body()
        self.asked.append(
            {
                "method": request.method,
                "path": request.scope["raw_path"].decode(),
                "query": request.scope["query_string"].decode(),
                "headers": dict(request.headers),
                "body": body.decode(),
            }
        )
        answer = JSONResponse({"ok": True}, 201, {"x-phlo-offset": "7", "server": "of-the-api"})
        answer.set_cookie("phlo_session", "somebody", httponly=True)
        return answer

    async def stream(self, _: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            import anyio

            try:
                yield b"event: first\n\n"
                with anyio.move_on_after(10):
                    await anyio.to_thread.run_sync(self.goes_on.wait, abandon_on_cancel=True)
                yield b"event: second\n\n"
            finally:
                self.left.set()

        return StreamingResponse(parts(), media_type="text/event-stream")

    async def large(self, _: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for n in range(256):
                yield bytes([n]) * 65_536

        return StreamingResponse(parts(), media_type="application/vnd.apache.arrow.stream")

    async def breaks(self, _: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"half of it"
            raise ConnectionResetError

        return StreamingResponse(parts())


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def url(upstream: Upstream) -> Iterator[str]:
    """Observatory before a program that stands for phlo-api, both over real connections."""
    api = Starlette(
        routes=[
            Route("/api/v1/stream", upstream.stream),
            Route("/api/v1/large", upstream.large),
            Route("/api/v1/breaks", upstream.breaks),
            Route("/api/{path:path}", upstream.echo, methods=["GET", "POST", "DELETE", "PATCH"]),
        ]
    )
    with served(api) as api_url, served(create_app(api_url, FILES)) as found:
        yield found


def test_a_request_arrives_as_it_was_sent(url: str, upstream: Upstream) -> None:
    answer = httpx.post(
        f"{url}/api/v1/a%2Fb/c?filter=tag:x&filter=a%26b&q=",
        json={"sql": "select 'ü'"},
        headers={"x-phlo-csrf": "1", "cookie": "phlo_session=me", "if-none-match": '"etag"'},
    )
    assert answer.status_code == 201
    assert answer.json() == {"ok": True}
    [asked] = upstream.asked
    assert asked["path"] == "/api/v1/a%2Fb/c"
    assert asked["query"] == "filter=tag:x&filter=a%26b&q="
    assert json.loads(asked["body"]) == {"sql": "select 'ü'"}
    assert asked["headers"]["x-phlo-csrf"] == "1"
    assert asked["headers"]["cookie"] == "phlo_session=me"
    assert asked["headers"]["if-none-match"] == '"etag"'
    assert "origin" not in asked["headers"]


def test_an_answer_arrives_with_its_headers(url: str) -> None:
    answer = httpx.get(f"{url}/api/v1/x")
    assert answer.headers["x-phlo-offset"] == "7"
    assert "phlo_session=somebody" in answer.headers["set-cookie"]
    assert answer.headers.get("server") != "of-the-api"


def test_nobody_is_given_the_cookie_of_another(url: str, upstream: Upstream) -> None:
    httpx.post(f"{url}/api/v1/auth/exchange", json={"token": "x"})
    httpx.get(f"{url}/api/v1/home")
    httpx.delete(f"{url}/api/v1/queries/1")
    assert [asked["headers"].get("cookie") for asked in upstream.asked] == [None, None, None]


def test_a_stream_arrives_as_it_comes(url: str, upstream: Upstream) -> None:
    with httpx.stream("GET", f"{url}/api/v1/stream", timeout=20) as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"event: first\n\n"
        upstream.goes_on.set()
        assert b"".join(parts) == b"event: second\n\n"


def test_a_stream_that_nobody_reads_any_more_is_let_go(url: str, upstream: Upstream) -> None:
    with httpx.stream("GET", f"{url}/api/v1/stream", timeout=20) as answer:
        assert next(answer.iter_raw()) == b"event: first\n\n"
    assert upstream.left.wait(10)


def test_large_answers_are_whole(url: str) -> None:
    answer = httpx.get(f"{url}/api/v1/large", timeout=60)
    assert answer.content == b"".join(bytes([n]) * 65_536 for n in range(256))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_answer_that_breaks_off_is_not_taken_for_whole(url: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/api/v1/breaks", timeout=20)
    # What broke is one answer, and not the program.
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_an_api_that_does_not_answer_is_a_problem_with_a_fix(client: httpx.Client) -> None:
    answer = client.get("/api/v1/home")
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "PHLO-N620"
    assert problem["instance"] == "/api/v1/home"
    assert problem["retryable"]
    assert "phlo services start" in [fix["command"] for fix in problem["fix"]]
