"""Trino's client protocol: a statement is posted, its rows are fetched page by page.

Source: https://trino.io/docs/476/develop/client-protocol.html
"""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any

import httpx

from phlo.errors import Fix
from phlo.errors.queries import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Page = dict[str, Any]

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
#: Whether it is there is asked often, so a server that hangs must not hold up the asker.
_LOOK = httpx.Timeout(2.0, connect=1.0)
_BUSY = (429, 502, 503, 504)
#: A server that has just started, or has too much to do, is asked again for so many seconds.
_PATIENCE = 60.0
_PAUSE = 0.1


class Server:
    """A Trino coordinator.

    Args:
        url: `http://127.0.0.1:8080`.
        service: How it is called, for people.
    """

    def __init__(self, url: str, service: str = "trino") -> None:
        self.url, self.service = url.rstrip("/"), service
        # No proxy of this machine: it is a service of the project.
        self._client = httpx.Client(timeout=_TIMEOUT, trust_env=False)
        # Nobody closes an engine, so its connections go with it.
        weakref.finalize(self, self._client.close)

    def problem(self) -> str | None:
        """Return why no statement can be run now; None: one can."""
        try:
            answer = self._client.get(f"{self.url}/v1/info", timeout=_LOOK)
            is_starting = answer.json()["starting"]
        except httpx.HTTPError:
            return f"nothing answers at {self.url}"
        except (ValueError, KeyError, TypeError):
            return f"what answers at {self.url} is no Trino"
        return "it is still starting" if is_starting else None

    def run(self, sql: str, headers: Mapping[str, str]) -> Iterator[Page]:
        """Yield the pages of a statement as they come; the first one is there at once.

        Raises:
            EngineUnavailable: The server does not answer.
        """
        url = f"{self.url}/v1/statement"
        page = self._ask("POST", url, content=sql.encode(), headers=dict(headers))
        while True:
            yield page
            following = page.get("nextUri")
            if following is None:
                return
            page = self._ask("GET", following, headers=dict(headers))

    def all(self, sql: str, headers: Mapping[str, str]) -> tuple[list[list[Any]], Page]:
        """Run a statement to its end, and return its rows and its last page."""
        rows: list[list[Any]] = []
        page: Page = {}
        for page in self.run(sql, headers):
            rows += page.get("data") or []
        return rows, page

    def cancel(self, address: str, headers: Mapping[str, str]) -> None:
        """Stop the statement whose next page is at an address."""
        try:
            self._client.delete(address, headers=dict(headers))
        except httpx.HTTPError:
            return  # nobody is there to run it any more

    def _ask(self, method: str, url: str, **values: Any) -> Page:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                answer = self._client.request(method, url, **values)
            except httpx.HTTPError as error:
                raise self._unavailable(f"it does not answer at {self.url}") from error
            is_late = time.monotonic() > end
            if answer.status_code in _BUSY and not is_late:
                time.sleep(_PAUSE)
                continue
            if not answer.is_success:
                said = answer.text.strip().splitlines() or [answer.reason_phrase]
                raise self._unavailable(f"it answers {answer.status_code}: {said[0][:200]}")
            page: Page = answer.json()
            if (page.get("error") or {}).get("errorName") != "SERVER_STARTING_UP":
                return page
            if is_late:
                raise self._unavailable("it is still starting")
            time.sleep(_PAUSE)

    def _unavailable(self, problem: str) -> EngineUnavailable:
        command = f"phlo services start {self.service}"
        return EngineUnavailable(self.service, problem, fix=Fix(f"start it: {command}", command))
