"""Branches: each is a catalog of Trino's, made when it is first read, gone when the branch is.

A branch's catalog is `lake` with another ref in its address. So what a project changes in
`catalog/lake.properties` holds on every branch. In `lake` and these everybody only reads; for a
session that writes there is another one, which Trino lets nobody but phlo use.
"""

from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from phlo.errors.queries import EngineUnavailable, QueryFailed
from phlo.lakehouse.catalog import MAIN
from phlo.lakehouse.sql import CATALOG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.lakehouse.lake import Lake
    from phlo_trino.client import Server

FILE = "etc/trino/catalog/lake.properties"
READING, WRITING = "ref_", "write_"
_REST, _WAREHOUSE = "iceberg.rest-catalog.uri", "iceberg.rest-catalog.warehouse"
_NESSIE = "iceberg.nessie-catalog.ref"
_CONNECTOR, _SECURITY = "connector.name", "iceberg.security"
#: Whoever may make catalogs (see rules.json).
OWNER = {"X-Trino-User": "phlo", "X-Trino-Source": "phlo"}


class Branches:
    """The catalogs that one Trino has for branches.

    Args:
        server: The Trino.
        folder: Where its configuration is on this machine; None: phlo does not run it.
    """

    def __init__(self, server: Server, folder: str | None) -> None:
        self._server, self._folder = server, folder
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def catalog(self, lake: Lake, ref: str, *, read_only: bool = True) -> str:
        """Return the name of the catalog that has a ref's tables.

        Raises:
            EngineUnavailable: Trino does not answer, or cannot be told of the branch.
        """
        if ref == MAIN and read_only:
            return CATALOG
        properties = self._properties(lake, ref, read_only=read_only)
        name = _name(ref, properties, read_only=read_only)
        with self._lock:
            if name not in self._known:
                self._tidy(lake)
                self._make(name, properties)
                self._known.add(name)
        return name

    def forget(self) -> None:
        """Look again which catalogs are there, the next time that one is needed."""
        with self._lock:
            self._known.clear()

    def _make(self, name: str, properties: Mapping[str, str]) -> None:
        given = ", ".join(
            f'"{key}" = {_quoted(value)}' for key, value in properties.items() if key != _CONNECTOR
        )
        connector = properties[_CONNECTOR]
        self._do(f'CREATE CATALOG IF NOT EXISTS "{name}" USING {connector} WITH ({given})')

    def _tidy(self, lake: Lake) -> None:
        """Drop the catalogs of branches that are gone, or were somewhere else."""
        # In this order: a branch that is made in between is not taken for one that is gone.
        there = [
            str(row[0]) for row in self._do("SELECT catalog_name FROM system.metadata.catalogs")
        ]
        wanted = {
            _name(ref.name, self._properties(lake, ref.name, read_only=way), read_only=way)
            for ref in lake.refs()
            for way in (True, False)
        }
        for name in there:
            if name.startswith((READING, WRITING)) and name not in wanted:
                self._do(f'DROP CATALOG IF EXISTS "{name}"')
                self._known.discard(name)

    def _do(self, sql: str) -> list[list[object]]:
        rows, page = self._server.all(sql, OWNER)
        if "error" in page:
            raise QueryFailed(f"the branch cannot be told to Trino: {page['error']['message']}")
        return rows

    def _properties(self, lake: Lake, ref: str, *, read_only: bool) -> dict[str, str]:
        found = dict(self._main())
        if not read_only:
            found.pop(_SECURITY, None)
        address = lake.catalog.rest_address()
        if _REST in found:
            # Nessie has names of its own for refs, and a warehouse; phlo-api takes phlo's.
            is_other = address is not None and _WAREHOUSE in found
            written = address.name_of(ref) if is_other and address else ref.replace("/", "~")
            found[_REST] = f"{found[_REST].rpartition('/')[0]}/{quote(written, safe='~')}"
        if _NESSIE in found and address is not None:
            found[_NESSIE] = address.name_of(ref)
        return found

    def _main(self) -> Iterator[tuple[str, str]]:
        """Yield the properties of `lake`."""
        service = self._server.service
        if self._folder is None:
            problem = "only main can be read: it is no service of this project"
            raise EngineUnavailable(service, problem, fix="read main, or use another engine")
        file = Path(self._folder) / FILE
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            problem = f"its catalog is not described in {file}: {error.strerror}"
            raise EngineUnavailable(
                service, problem, fix=f"phlo services start {service}"
            ) from error
        for line in lines:
            key, separator, value = line.partition("=")
            if separator and not key.lstrip().startswith("#"):
                yield key.strip(), value.strip()


def _name(ref: str, properties: Mapping[str, str], *, read_only: bool) -> str:
    """Return a catalog's name: that of its branch as far as Trino takes it, and what it is."""
    text = "\n".join([ref, *(f"{key}={value}" for key, value in sorted(properties.items()))])
    prefix = READING if read_only else WRITING
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return f"{prefix}{re.sub(r'[^a-z0-9]+', '_', ref.lower())[:40]}_{digest}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
