"""The package index: which packages there are, in which version, and the hash of each wheel.

One comes with phlo, so that searching works offline; a team's own is a file or an address that is
named in phlo.yaml (`index:`) or by `--index`, and goes before it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.errors.index import IndexUnreadable, NotInIndex

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The form of an index that this phlo reads and writes.
SCHEMA = 1
BUNDLED = Path(__file__).with_name("index.json")

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WHEEL = re.compile(r"[A-Za-z0-9_.!+-]+\.whl")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index says of one package."""

    distribution: str
    version: str
    summary: str = ""
    category: str = ""
    services: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    sha256: str | None = None
    """Of the wheel; None: it is not published yet."""
    wheel: str | None = None
    """Where the wheel is, relative to the index or as an address; its last part is its name."""
    images: tuple[str, ...] = ()
    """The container images of its services."""

    @property
    def file(self) -> str | None:
        """The name of the wheel's file."""
        return self.wheel.rpartition("/")[2] if self.wheel else None


@dataclass(frozen=True, slots=True)
class Index:
    """Packages by what an index says; of two that name one, the first counts."""

    source: str
    """The file or address it was read from; `bundled` for phlo's own."""
    entries: tuple[Entry, ...] = ()
    base: str = ""
    """The folder or address that relative places of wheels start from."""
    below: Index | None = None

    def __iter__(self) -> Any:
        """Iterate over every entry with the index that it stands in."""
        own = {entry.distribution for entry in self.entries}
        yield from ((entry, self) for entry in self.entries)
        for entry, index in self.below or ():
            if entry.distribution not in own:
                yield entry, index

    def find(self, name: str) -> tuple[Entry, Index]:
        """Return the entry of a service or a distribution, and the index that it stands in.

        Raises:
            NotInIndex: It is not known (PHLO-N711).
        """
        found = self.get(name)
        if found is None:
            known = (one for entry, _ in self for one in (*entry.services, entry.distribution))
            raise NotInIndex(name, known, index=self.described)
        return found

    def get(self, name: str) -> tuple[Entry, Index] | None:
        """Return the entry of a service or a distribution; None where there is none."""
        by_service = (pair for pair in self if name in pair[0].services)
        return self.distribution(name) or next(by_service, None)

    def distribution(self, name: str) -> tuple[Entry, Index] | None:
        """Return the entry of a distribution; a library may be called as a service is."""
        wanted = normalized(name)
        return next((pair for pair in self if pair[0].distribution == wanted), None)

    def search(self, words: Iterable[str]) -> tuple[Entry, ...]:
        """Return the packages in which every word appears, those of a matching name first."""
        wanted = [word.lower() for word in words]
        found = [entry for entry, _ in self if all(w in _text(entry) for w in wanted)]

        def rank(entry: Entry) -> tuple[bool, str]:
            return (not any(w in entry.distribution for w in wanted), entry.distribution)

        return tuple(sorted(found, key=rank))

    @property
    def described(self) -> str:
        """The sources, for a person."""
        return f"{self.source}, {self.below.described}" if self.below else self.source


def _text(entry: Entry) -> str:
    parts = (entry.distribution, entry.summary, entry.category, *entry.services)
    return " ".join((*parts, *entry.capabilities)).lower()


def normalized(name: str) -> str:
    """Return a distribution's name in the form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def bundled() -> Index:
    """Return the index that came with this phlo."""
    return parse(BUNDLED.read_bytes(), "bundled")


def parse(raw: bytes, source: str, base: str = "", below: Index | None = None) -> Index:
    """Return the index in a file's bytes.

    Raises:
        IndexUnreadable: It is not one, or one of a newer phlo (PHLO-N710).
    """
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise IndexUnreadable(source, f"it is no JSON: {error}") from error
    if not isinstance(value, dict) or not isinstance(value.get("packages"), list):
        raise IndexUnreadable(source, "it has no list of packages")
    if value.get("schema") != SCHEMA:
        said = value.get("schema")
        raise IndexUnreadable(source, f"it has schema {said!r}, and this phlo reads {SCHEMA}")
    return Index(source, tuple(_entry(one, source) for one in value["packages"]), base, below)


def _entry(said: Any, source: str) -> Entry:
    if not isinstance(said, dict):
        raise IndexUnreadable(source, "a package in it is no map")
    name, version = said.get("distribution"), said.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not _is_version(version):
        raise IndexUnreadable(source, f"a package in it has no name or version: {name!r}")
    sha256, wheel = said.get("sha256"), said.get("wheel")
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise IndexUnreadable(source, f"the sha256 of {name} is none")
    if wheel is not None and not (
        isinstance(wheel, str) and _WHEEL.fullmatch(wheel.rpartition("/")[2])
    ):
        raise IndexUnreadable(source, f"the wheel of {name} is none")
    return Entry(
        normalized(name), str(version), _word(said.get("summary")), _word(said.get("category")),
        _words(said.get("services")), _words(said.get("capabilities")), sha256, wheel,
        _words(said.get("images")),
    )  # fmt: skip


def _is_version(text: Any) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"[0-9][A-Za-z0-9.!+_-]*", text))


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _words(value: Any) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def with_entry(index: Index, entry: Entry) -> Index:
    """Return an index in which a package stands as it is now."""
    others = [one for one in index.entries if one.distribution != entry.distribution]
    every = sorted([*others, entry], key=lambda one: one.distribution)
    return Index(index.source, tuple(every), index.base, index.below)


def text_of(index: Index) -> str:
    """Return an index as the text of its file."""
    packages = [asdict(entry) for entry in index.entries]
    return json.dumps({"schema": SCHEMA, "packages": packages}, indent=2, ensure_ascii=False) + "\n"
