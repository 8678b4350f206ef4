"""What the tests of Superset share: a project with marts, and somebody who logged in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from phlo.testing.containers import engine, make_project
from phlo.testing.servers import reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.testing.folder import ProjectFolder

__all__ = ["engine", "make_project", "reachable"]

WORKFLOW = """
import phlo


@phlo.ingestion(table="raw.flights", key="id")
def flights():
    for n in range(900):
        yield {"id": n, "carrier": "ABC"[n % 3], "hour": n % 24, "delay": float(n % 50)}
"""
DELAYS = """
select carrier, hour, count(*) as flights, round(avg(delay), 2) as mean_delay_minutes
from raw.flights group by carrier, hour
"""
START = ("services", "start", "--no-open", "--timeout", "600")
_PATIENCE = 240


class Superset:
    """Its REST interface, as somebody who logged in."""

    def __init__(self, url: str, password: str) -> None:
        # No connection is left open behind a test.
        limits = httpx.Limits(max_keepalive_connections=0)
        headers = {"Referer": url}
        self.http = httpx.Client(
            base_url=f"{url}/api/v1", timeout=60, headers=headers, limits=limits
        )
        said = {"username": "admin", "password": password, "provider": "db"}
        answer = self.http.post("/security/login", json=said)
        self.status = answer.status_code
        if answer.is_success:
            self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            token = self.http.get("/security/csrf_token/").json()["result"]
            self.http.headers["X-CSRFToken"] = token

    def all(self, kind: str) -> list[dict[str, Any]]:
        answer = self.http.get(f"/{kind}/")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["result"]
        return found

    def sql(self, text: str, **more: Any) -> httpx.Response:
        [lake] = [one for one in self.all("database") if one["database_name"] == "Lake"]
        body = {"database_id": lake["id"], "sql": text, "runAsync": False, **more}
        return self.http.post("/sqllab/execute/", json=body)


class SupersetProject:
    """A project whose marts Superset shows.

    Args:
        folder: The project.
    """

    def __init__(self, folder: ProjectFolder) -> None:
        self.folder, self.root = folder, folder.root
        folder.settings = {}
        folder.patience = 900
        folder.write("workflows/flights.py", WORKFLOW)
        folder.write("workflows/marts/delays.sql", DELAYS)

    def made(self) -> None:
        """Make all tables."""
        done = self.folder.phlo("materialize")
        assert done.returncode == 0, done.stdout + done.stderr

    def start_all(self) -> None:
        done = self.folder.phlo(*START)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def password(self) -> str:
        return self.folder.phlo("secrets", "show", "superset.password").stdout.strip()

    @property
    def url(self) -> str:
        told = self.folder.json("services", "status")["services"]
        [superset] = [one for one in told if one["name"] == "superset"]
        url: str = superset["endpoints"][0]["url"]
        return url

    def superset(self, password: str | None = None) -> Superset:
        """Log in."""
        return Superset(self.url, self.password if password is None else password)


@pytest.fixture(scope="session")
def with_marts() -> Callable[[ProjectFolder], SupersetProject]:
    """Give a project its marts."""
    return SupersetProject


@pytest.fixture(scope="session")
def wait_for_dashboards() -> Callable[[Superset], list[dict[str, Any]]]:
    """Wait until the marts' dashboard is there."""

    def wait(superset: Superset) -> list[dict[str, Any]]:
        end = time.monotonic() + _PATIENCE
        while not (found := superset.all("dashboard")):
            assert time.monotonic() < end, "no dashboard was made"
            time.sleep(2)
        return found

    return wait
