"""Nessie's own interface, version 2: references, what they hold, commits and merges.

Source: https://projectnessie.org/develop/api/ (the OpenAPI specification of Nessie 0.99).
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from phlo.errors.lake import CatalogRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Key = tuple[str, ...]
Values = dict[str, Any]

_TIMEOUT = 30.0
_PAGE = 500
TABLE, NAMESPACE = "ICEBERG_TABLE", "NAMESPACE"


class Conflict(Exception):
    """Something was changed at the same time; nothing of the request was done."""


class NotThere(Exception):
    """There is no such reference."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A branch or a tag."""

    name: str
    hash: str
    is_tag: bool = False
    ancestor: str | None = None
    """The commit that it and the default branch have in common."""
    ahead: int = 0
    """How many commits it has that the default branch has not."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs between two commits."""

    key: Key
    before: Values | None
    after: Values | None


class Api:
    """A Nessie server.

    Args:
        url: `http://127.0.0.1:19120/api/v2`.
        service: How it is called, for people.
    """

    def __init__(self, url: str, service: str = "nessie") -> None:
        self.url, self.service = url.rstrip("/"), service
        # No proxy of this machine: it is a service of the project.
        self._client = httpx.Client(base_url=self.url, timeout=_TIMEOUT, trust_env=False)
        # Nobody closes a lake, so its connections go with it.
        weakref.finalize(self, self._client.close)

    def root(self) -> str:
        """Return the hash that a branch without any commit has."""
        return str(self._ask("GET", "/config")["noAncestorHash"])

    def reference(self, name: str) -> Reference:
        """Return a reference.

        Raises:
            NotThere: There is none of that name.
        """
        return _reference(self._ask("GET", f"/trees/{_quoted(name)}?fetch=ALL")["reference"])

    def references(self) -> list[Reference]:
        """Return every branch and tag."""
        return [_reference(one) for one in self._pages("/trees", "references", fetch="ALL")]

    def create(self, name: str, source: Reference, *, kind: str = "BRANCH") -> None:
        """Make a branch or a tag where another reference stands.

        Raises:
            Conflict: The name is taken.
        """
        body = {
            "type": "TAG" if source.is_tag else "BRANCH", "name": source.name, "hash": source.hash
        }  # fmt: skip
        self._ask("POST", f"/trees?name={_quoted(name)}&type={kind}", body)

    def delete(self, reference: Reference) -> None:
        """Take a branch or a tag away.

        Raises:
            NotThere: It is gone already.
            Conflict: It was changed meanwhile.
        """
        self._ask("DELETE", f"/trees/{_quoted(reference.name)}@{reference.hash}")

    def entries(self, name: str) -> tuple[str, dict[Key, Values]]:
        """Return a reference's commit, and what it holds by key.

        Raises:
            NotThere: There is none of that name.
        """
        found: dict[Key, Values] = {}
        commit, token = "", None
        while True:
            values: dict[str, Any] = {"content": "true", "max-records": _PAGE}
            values |= {"page-token": token} if token else {}
            query = "&".join(f"{key}={quote(str(value))}" for key, value in values.items())
            answer = self._ask("GET", f"/trees/{_quoted(name)}/entries?{query}")
            commit = answer["effectiveReference"]["hash"]
            found |= {tuple(one["name"]["elements"]): one["content"] for one in answer["entries"]}
            token = answer.get("token")
            if not answer.get("hasMore"):
                return commit, found

    def content(self, name: str, key: Key) -> tuple[str, Values | None]:
        """Return a reference's commit, and what a key holds there."""
        body = {"requestedKeys": [{"elements": list(key)}]}
        answer = self._ask("POST", f"/trees/{_quoted(name)}/contents", body)
        found = answer["contents"]
        return answer["effectiveReference"]["hash"], found[0]["content"] if found else None

    def diff(self, before: str, after: str) -> Iterator[Change]:
        """Yield what differs between two references or commits (`@HASH`)."""
        for one in self._pages(f"/trees/{_quoted(before)}/diff/{_quoted(after)}", "diffs"):
            yield Change(tuple(one["key"]["elements"]), one.get("from"), one.get("to"))

    def commit(self, branch: str, base: str, operations: Sequence[Values], message: str) -> None:
        """Change keys of a branch, all or nothing.

        Raises:
            Conflict: One of the keys was changed since the base.
        """
        body = {"commitMeta": {"message": message}, "operations": list(operations)}
        self._ask("POST", f"/trees/{_quoted(branch)}@{base}/history/commit", body)

    def merge(
        self,
        source: Reference,
        target: Reference,
        keys: Iterable[Key] | None,
        message: str,
        properties: Mapping[str, str],
    ) -> None:
        """Bring what a branch changed to another one, all or nothing.

        Args:
            source: The branch.
            target: Where to.
            keys: Only these of its changes; None: all.
            message: What the commit says.
            properties: What else it says.

        Raises:
            Conflict: One of the keys was changed on both.
        """
        body: Values = {
            "fromRefName": source.name,
            "fromHash": source.hash,
            "commitMeta": {"message": message, "properties": dict(properties)},
        }
        if keys is not None:
            normal = [{"key": {"elements": list(key)}, "mergeBehavior": "NORMAL"} for key in keys]
            body |= {"defaultKeyMergeMode": "DROP", "keyMergeModes": normal}
        self._ask("POST", f"/trees/{_quoted(target.name)}@{target.hash}/history/merge", body)

    def history(self, name: str, where: str = "true") -> Iterator[Values]:
        """Yield the commits of a reference that satisfy a condition (CEL), the newest first."""
        for one in self._pages(f"/trees/{_quoted(name)}/history", "logEntries", filter=where):
            yield one["commitMeta"]

    def _pages(self, path: str, field: str, **values: str) -> Iterator[Values]:
        token = None
        while True:
            asked = {**values, "max-records": str(_PAGE)} | ({"page-token": token} if token else {})
            query = "&".join(f"{key}={quote(value)}" for key, value in asked.items())
            answer = self._ask("GET", f"{path}?{query}")
            yield from answer[field]
            token = answer.get("token")
            if not token:
                return

    def _ask(self, method: str, path: str, body: Values | None = None) -> Values:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise CatalogRefused(self.service, self.url, said) from error
        if answer.is_success:
            return self._json(answer)
        told = self._json(answer, must=False)
        message = str(told.get("message") or answer.text or answer.reason_phrase)
        code = told.get("errorCode")
        if code == "REFERENCE_NOT_FOUND":
            raise NotThere(message)
        if answer.status_code == httpx.codes.CONFLICT:
            raise Conflict(message)
        raise CatalogRefused(self.service, self.url, f"{answer.status_code} {message}")

    def _json(self, answer: httpx.Response, *, must: bool = True) -> Values:
        try:
            values = answer.json() if answer.content else {}
        except ValueError:
            values = None
        if isinstance(values, dict):
            return values
        if must:
            raise CatalogRefused(self.service, self.url, "what answers there is no Nessie")
        return {}


def _reference(values: Values) -> Reference:
    about = values.get("metadata") or {}
    return Reference(
        values["name"],
        values["hash"],
        is_tag=values["type"] == "TAG",
        ancestor=about.get("commonAncestorHash"),
        ahead=about.get("numCommitsAhead") or 0,
    )


def _quoted(name: str) -> str:
    return quote(name, safe="@" if name.startswith("@") else "")
