"""Who may ask, and what nobody is told."""

from __future__ import annotations

import httpx
import pytest

OPEN = {"/api/v1/healthz", "/api/v1/readyz", "/api/v1/auth/exchange"}


def operations(api: httpx.Client) -> list[tuple[str, str]]:
    paths = api.get("/openapi.json").json()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


def filled(path: str) -> str:
    return path.replace("{", "").replace("}", "")


def test_everything_but_health_needs_a_login(api: httpx.Client, url: str) -> None:
    asked = [(method, path) for method, path in operations(api) if path not in OPEN]
    assert len(asked) > 25
    for method, path in asked:
        answer = httpx.request(method, url + filled(path), headers={"x-phlo-csrf": "1"})
        assert answer.status_code == 401, (method, path)
        assert answer.json()["code"] == "PHLO-N603"


def test_a_wrong_token_is_no_login(url: str, token: str) -> None:
    for wrong in ("x", "é", token[:-1], token + "x"):
        answer = httpx.get(
            f"{url}/api/v1/meta", headers={"authorization": f"Bearer {wrong}".encode()}
        )
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4000", "127.0.0.1.evil.example", ""]
)
def test_another_name_in_host_is_refused(api: httpx.Client, host: str) -> None:
    assert api.get("/meta", headers={"host": host}).status_code == 403


def test_a_page_of_another_origin_is_refused(api: httpx.Client) -> None:
    assert api.get("/meta", headers={"origin": "http://evil.example"}).status_code == 403
    assert api.get("/meta", headers={"origin": "null"}).status_code == 403


def test_a_link_logs_in_once_and_its_cookie_reads(api: httpx.Client, url: str) -> None:
    path = api.post("/auth/links").json()["path"]
    token = path.rpartition("=")[2]
    csrf = {"x-phlo-csrf": "1"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=csrf) as browser:
        told = browser.post("/auth/exchange", json={"token": token})
        assert told.status_code == 200
        cookie = told.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert browser.get("/meta").json()["project"] == "lake"
        assert browser.post("/auth/links").status_code == 403
        again = httpx.post(f"{url}/api/v1/auth/exchange", json={"token": token}, headers=csrf)
        assert again.status_code == 401
        assert again.json()["code"] == "PHLO-N604"
        assert browser.post("/auth/logout").status_code == 204
        assert browser.get("/meta").status_code == 401


def test_a_cookie_does_not_write_without_the_header(api: httpx.Client, url: str) -> None:
    token = api.post("/auth/links").json()["path"].rpartition("=")[2]
    with httpx.Client(base_url=f"{url}/api/v1") as browser:
        exchanged = browser.post(
            "/auth/exchange", json={"token": token}, headers={"x-phlo-csrf": "1"}
        )
        assert exchanged.status_code == 200
        assert browser.post("/queries", json={"sql": "select 1"}).status_code == 403


def test_a_changed_cookie_is_no_login(api: httpx.Client, url: str) -> None:
    token = api.post("/auth/links").json()["path"].rpartition("=")[2]
    with httpx.Client(base_url=f"{url}/api/v1", headers={"x-phlo-csrf": "1"}) as browser:
        browser.post("/auth/exchange", json={"token": token})
        [(name, value)] = browser.cookies.items()
        id_, expires, signature = value.split(".")
    later = f"{id_}.{int(expires) + 1}.{signature}"
    for changed in (later, f"x{value}", "", "..", "a.b.c"):
        answer = httpx.get(f"{url}/api/v1/meta", headers={"cookie": f"{name}={changed}"})
        assert answer.status_code == 401, changed


def test_no_answer_holds_a_secret(api: httpx.Client, token: str, secret: str) -> None:
    runs = api.get("/runs", params={"asset": "raw.broken"}).json()["items"]
    run = runs[-1]["id"]
    [orders] = [d for d in api.get("/datasets").json()["items"] if d["name"] == "raw.orders"]
    read = 0
    for method, path in operations(api):
        if method != "get" or path.endswith(("/stream", "/tail")):
            continue
        concrete = path.replace("{run_id}", run).replace("{dataset_id}", orders["id"])
        answer = api.get(filled(concrete).removeprefix("/api/v1"))
        assert secret not in answer.text, path
        assert token not in answer.text, path
        read += answer.status_code == 200
    assert read > 15
    log = api.get(f"/runs/{run}/events", params={"limit": 500}).text
    assert "the secret is ***" in log


def test_every_answer_says_how_it_may_be_used(api: httpx.Client) -> None:
    headers = api.get("/meta").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers
