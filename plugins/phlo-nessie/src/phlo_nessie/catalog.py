"""The project's tables in Nessie: where each stands on each branch, published by merges.

Nessie keeps the locations of metadata, and phlo writes the metadata, wherever the files of tables
are. So a branch costs one request, and publishing many tables is one commit.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from phlo.errors.data import UnknownTable
from phlo.errors.lake import CatalogRefused, TagIsFixed
from phlo.errors.refs import BadRefName, CommitConflict, RefExists, UnknownRef
from phlo.lakehouse.branch import check_name
from phlo.lakehouse.catalog import MAIN, split_name
from phlo.lakehouse.catalogs import RestAddress
from phlo.lakehouse.tables import Publication, Published, RefInfo
from phlo_nessie.api import NAMESPACE, TABLE, Api, Conflict, NotThere
from phlo_nessie.names import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from phlo_nessie.api import Change, Key, Reference, Values
    from phlo_nessie.tables import NessieTables

#: What a publish says of itself in its commit.
_BRANCH, _TARGET, _TABLES = "phlo.branch", "phlo.target", "phlo.tables"
_TRIES = 20
#: As the server's configuration calls it.
WAREHOUSE = "lake"


class NessieCatalog:
    """The tables of every branch of a Nessie server.

    Args:
        url: `http://127.0.0.1:19120/api/v2`.
    """

    def __init__(self, url: str) -> None:
        self.api = Api(url)
        self._is_created = False

    @property
    def place(self) -> str:
        """The server."""
        return self.api.url

    def rest_address(self) -> RestAddress:
        """Return where Nessie itself speaks Iceberg's REST protocol."""
        return RestAddress(f"{self.api.url.removesuffix('/api/v2')}/iceberg", WAREHOUSE, encoded)

    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.api.reference(MAIN).hash != self.api.root()

    def create(self) -> None:
        """Give `main` a commit: branches are merged by the one that they have in common."""
        if self._is_created or self.exists():
            self._is_created = True
            return
        key: Values = {"elements": ["phlo"]}
        content = {"type": NAMESPACE, "elements": ["phlo"], "properties": {}}
        first: Values = {"type": "PUT", "key": key, "content": content}
        with suppress(Conflict):  # somebody else just did
            self.api.commit(MAIN, self.api.root(), [first], "begin")
            self.api.commit(
                MAIN, self.api.reference(MAIN).hash, [{"type": "DELETE", "key": key}], "begin"
            )
        self._is_created = True

    def require(self, ref: str, *, writable: bool = False) -> None:
        """Raise UnknownRef unless there is such a ref; TagIsFixed if it is to be written to."""
        if self._reference(ref).is_tag and writable:
            raise TagIsFixed(ref)

    def locations(self, ref: str) -> dict[str, str]:
        """Return where the metadata of each of a ref's tables is, sorted by name."""
        try:
            _, held = self.api.entries(encoded(ref))
        except NotThere:
            raise self._unknown(ref) from None
        found = {
            ".".join(key): content["metadataLocation"]
            for key, content in held.items()
            if content["type"] == TABLE and len(key) == 2
        }
        return dict(sorted(found.items()))

    def refs(self) -> tuple[RefInfo, ...]:
        """Return main and every branch, with what it changed."""
        others = {one.name: one for one in self.api.references()}
        main = others.pop(MAIN)
        here = len(self.locations(MAIN))
        found = [RefInfo(MAIN, tables=here)]
        for name, one in sorted(others.items()):
            changed = _changed(self._diff(one, main)) if one.ahead else {}
            tables = len(self.locations(decoded(name))) if changed else here
            found.append(
                RefInfo(
                    decoded(name),
                    MAIN,
                    tables=tables,
                    changed=tuple(map(_table, changed)),
                    is_tag=one.is_tag,
                )
            )
        return tuple(found)

    def create_branch(self, name: str, source: str) -> None:
        """Make a branch of all tables."""
        check_name(name)
        self.create()
        try:
            self.api.create(encoded(name), self._reference(source))
        except Conflict:
            raise RefExists(name) from None

    def create_tag(self, name: str, source: str) -> None:
        """Make a tag of all tables."""
        check_name(name)
        self.create()
        try:
            self.api.create(encoded(name), self._reference(source), kind="TAG")
        except Conflict:
            raise RefExists(name) from None

    def log(self, ref: str, limit: int) -> tuple[Publication, ...]:
        """Return what was published to a ref, the newest first."""
        reference = self._reference(ref)
        commits = self.api.history(reference.name, f"'{_BRANCH}' in commit.properties")
        return tuple(_publication(_said(one), one) for one in islice(commits, limit))

    def publish(
        self, name: str, tables: Sequence[str] | None, target: str
    ) -> tuple[Published, ...]:
        """Move what a branch changed to the target, in one commit."""
        source, goal = self._reference(name), self._reference(target)
        if goal.is_tag:
            raise TagIsFixed(target)
        diff = list(self._diff(source, goal))
        changed = _changed(diff)
        if tables is not None:
            changed = self._chosen(changed, tables, name)
        if not changed:
            return ()
        published = tuple(
            Published(_table(key), before, after) for key, (before, after) in changed.items()
        )
        said = {
            _BRANCH: name,
            _TARGET: target,
            _TABLES: json.dumps([[p.table, p.before, p.after] for p in published]),
        }
        # A namespace goes with its tables, where the branch made it.
        made = {change.key for change in diff if len(change.key) == 1}
        keys = None if tables is None else {*changed, *(made & {key[:1] for key in changed})}
        try:
            self.api.merge(source, goal, keys, f"publish {name}", said)
        except Conflict:
            now = self.locations(target)
            moved = [p.table for p in published if now.get(p.table) != p.before]
            raise CommitConflict(
                moved or [p.table for p in published], branch=name, target=target
            ) from None
        return published

    def publications(self, name: str) -> tuple[Publication, ...]:
        """Return what was published from a branch, the oldest first."""
        quoted = json.dumps(name)
        where = f"'{_BRANCH}' in commit.properties && commit.properties['{_BRANCH}'] == {quoted}"
        found = []
        for ref in (one for one in self.api.references() if not one.is_tag):
            for commit in self.api.history(ref.name, where):
                properties = _said(commit)
                if properties.get(_TARGET) == decoded(ref.name):
                    found.append(_publication(properties, commit))
        return tuple(sorted(found, key=lambda one: one.at))

    def drop_branch(self, name: str) -> None:
        """Forget a branch."""
        if name == MAIN:
            raise BadRefName(name)
        for _ in range(_TRIES):
            try:
                self.api.delete(self._reference(name))
            except NotThere:
                raise self._unknown(name) from None
            except Conflict:
                continue  # somebody wrote to it just then
            return
        raise CatalogRefused("nessie", self.place, f"somebody writes to '{name}' all the time")

    def drop_table(self, table: str, ref: str) -> None:
        """Take a table away from a ref."""
        key = split_name(table)
        operation = {"type": "DELETE", "key": {"elements": list(key)}}
        for _ in range(_TRIES):
            base, content = self.api.content(encoded(ref), key)
            if content is None:
                raise UnknownTable(table, ref=ref)
            with suppress(Conflict):
                self.api.commit(encoded(ref), base, [operation], f"drop {table}")
                return
        raise CommitConflict([table])

    def ensure_namespace(self, ref: str, namespace: str) -> None:
        """Make a namespace of a ref, unless it is there."""
        content = {"type": NAMESPACE, "elements": [namespace], "properties": {}}
        operation = {"type": "PUT", "key": {"elements": [namespace]}, "content": content}
        base, found = self.api.content(encoded(ref), (namespace,))
        if found is None:
            with suppress(Conflict):  # somebody else just did
                self.api.commit(encoded(ref), base, [operation], f"make {namespace}")

    @contextmanager
    def open(self, ref: str, properties: Mapping[str, str]) -> Iterator[NessieTables]:
        """Give pyiceberg's catalog of a ref."""
        from phlo_nessie.tables import NessieTables  # pyiceberg costs a second

        yield NessieTables(self.api, ref, properties)

    def standing(self) -> set[str]:
        """Return the metadata of every table of every branch and tag."""
        found: set[str] = set()
        for one in self.api.references():
            with suppress(NotThere):  # dropped just now
                _, held = self.api.entries(one.name)
                found |= {c["metadataLocation"] for c in held.values() if c["type"] == TABLE}
        return found

    def _diff(self, branch: Reference, target: Reference) -> Iterator[Change]:
        """Yield what a branch changed, of what it would bring to a target."""
        return self.api.diff(f"@{self._base(branch, target)}", f"@{branch.hash}")

    def _base(self, branch: Reference, target: Reference) -> str:
        """Return the commit from which a branch differs from its target.

        The newest of the branch's commits that the target has, as its own or as what it merged.
        """
        oldest = branch.ancestor or self.api.root()
        known = {oldest}
        for commit in self.api.history(target.name):
            if commit["hash"] == oldest:
                break
            known |= {commit["hash"], *commit["parentCommitHashes"]}
        commits = (commit["hash"] for commit in self.api.history(branch.name))
        return next((commit for commit in commits if commit in known), oldest)

    def _chosen(
        self,
        changed: Mapping[Key, tuple[str | None, str | None]],
        tables: Sequence[str],
        branch: str,
    ) -> dict[Key, tuple[str | None, str | None]]:
        known = {*self.locations(branch), *map(_table, changed)}
        keys = [split_name(table) for table in tables]
        for key in keys:
            if _table(key) not in known:
                raise UnknownTable(_table(key), known=known, ref=branch)
        return {key: changed[key] for key in keys if key in changed}

    def _reference(self, ref: str) -> Reference:
        try:
            return self.api.reference(encoded(ref))
        except NotThere:
            raise self._unknown(ref) from None

    def _unknown(self, ref: str) -> UnknownRef:
        return UnknownRef(ref, [decoded(one.name) for one in self.api.references()])


def _changed(diff: Iterable[Change]) -> dict[Key, tuple[str | None, str | None]]:
    """Return the tables among what differs: what they were, and what they are."""
    found = {one.key: (_location(one.before), _location(one.after)) for one in diff}
    return {key: places for key, places in sorted(found.items()) if places[0] != places[1]}


def _table(key: Key) -> str:
    return ".".join(key)


def _location(content: Values | None) -> str | None:
    return content["metadataLocation"] if content and content["type"] == TABLE else None


def _said(commit: Values) -> dict[str, str]:
    return {key: values[0] for key, values in commit["allProperties"].items()}


def _publication(properties: Mapping[str, str], commit: Mapping[str, Any]) -> Publication:
    at = datetime.fromisoformat(commit["commitTime"])
    tables = tuple(Published(*values) for values in json.loads(properties[_TABLES]))
    return Publication(properties[_BRANCH], properties[_TARGET], at, tables)
