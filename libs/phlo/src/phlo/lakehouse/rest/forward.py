"""A catalog of another service, by the addresses of ours: a ref is a part of the address.

Nessie has its refs in a prefix that it tells each client by `v1/config`. DuckDB, for one, takes the
prefix and leaves out the address that belongs to it, so by Nessie's own address it reaches no
branch. Here the prefix is put in on the way, and clients are told of none. It gives no keys of the
object store to a client that asks for them; here the lake's are added.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from phlo.errors import PhloError
from phlo.errors.rest import CatalogUnreachable
from phlo.lakehouse.rest.http import DELEGATION, JSON, Answer, encoded, refused
from phlo.lakehouse.rest.place import Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.catalogs import RestAddress
    from phlo.lakehouse.rest.http import Request

#: What a client needs no more, since it is done here.
_DONE_HERE = ("prefix", "uri")
#: What of a request and an answer is about their contents, and not about the way.
_PASSED = ("accept", "content-type", "if-none-match", DELEGATION,
           "x-client-version", "idempotency-key")  # fmt: skip
_RETURNED = ("content-type", "etag", "retry-after")
_PATIENCE = 60.0
_MOST_REFS = 1000


class ForwardedCatalog:
    """Passes requests on to a catalog that has a prefix for each ref."""

    def __init__(self, address: RestAddress, terms: Terms | None = None) -> None:
        """Answer by another catalog.

        Args:
            address: Where it is.
            terms: How consumers reach the files.
        """
        self._address, self._url = address, address.url.rstrip("/")
        self._terms = terms or Terms()
        # What a ref is called in addresses depends on its name only.
        self._prefixes: dict[str, str] = {}

    def answer(self, request: Request, ref: str, consumer: str = "") -> Answer:
        """Answer a request by what the other catalog answers; never raises."""
        try:
            return self._answer(request, ref, self._terms.keys_for(request, consumer))
        except PhloError as error:
            return refused(error)

    def _answer(self, request: Request, ref: str, keys: Mapping[str, str]) -> Answer:
        is_config = request.parts == ["config"]
        if is_config or ref not in self._prefixes:
            told = self._config(ref)
            if told.status != 200:
                return told
            config: dict[str, Any] = json.loads(told.body)
            if len(self._prefixes) >= _MOST_REFS:
                self._prefixes.clear()
            self._prefixes[ref] = _prefix(config)
            if is_config:
                for part in ("defaults", "overrides"):
                    config[part] = {k: v for k, v in config[part].items() if k not in _DONE_HERE}
                config["defaults"] |= keys
                return Answer(200, encoded(config), {"content-type": JSON})
        prefix = self._prefixes[ref]
        path = "/".join(["/v1", *([prefix] if prefix else []), *request.parts])
        told = self._send(request.method, path, request.query, request.body, request.headers)
        return _with_keys(told, keys) if keys and _loads_table(request) else told

    def _config(self, ref: str) -> Answer:
        path = f"/{quote(self._address.name_of(ref), safe='')}/v1/config"
        query = f"warehouse={quote(self._address.warehouse, safe='')}"
        told = self._send("GET", path, query, b"", {})
        if told.status == 200 and not isinstance(_parsed(told.body), dict):
            raise CatalogUnreachable(self._url, "what it says is no configuration")
        return told

    def _send(
        self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        address = urlsplit(self._url)
        kind = (
            http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(address.hostname or "", address.port, timeout=_PATIENCE)
        target = address.path + path + (f"?{query}" if query else "")
        passed = {name: value for name, value in headers.items() if name in _PASSED}
        try:
            connection.request(method, target, body or None, passed)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise CatalogUnreachable(self._url, str(error) or type(error).__name__) from error
        finally:
            connection.close()
        returned = {
            name: value for name in _RETURNED if (value := response.headers.get(name)) is not None
        }
        return Answer(response.status, content, returned)


def _loads_table(request: Request) -> bool:
    """Whether the answer may be a table with how its files are reached."""
    is_table = len(request.parts) > 2 and request.parts[2] in ("tables", "register")
    return is_table and request.method in ("GET", "POST")


def _with_keys(told: Answer, keys: Mapping[str, str]) -> Answer:
    """Return the answer with the keys of the storage, if it is a loaded table."""
    table = _parsed(told.body) if told.status == 200 else None
    if not isinstance(table, dict) or "metadata" not in table:
        return told
    table["config"] = {**(table.get("config") or {}), **keys}
    return Answer(told.status, encoded(table), told.headers)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _prefix(config: dict[str, Any]) -> str:
    for part in ("overrides", "defaults"):
        config[part] = dict(config.get(part) or {})
    found = config["overrides"].get("prefix") or config["defaults"].get("prefix") or ""
    # It comes as it is put into an address; what is none in an address cannot break out of it.
    return quote(str(found), safe="%/-._~!$&'()*+,;=:@")
