"""Where an index and its wheels come from: a file, or an address whose copy is kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit

from phlo.errors import PhloError
from phlo.errors.index import IndexUnreadable, WheelMissing
from phlo.plugins.index import Index, bundled, parse
from phlo.user_cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.plugins.index import Entry

MOST_BYTES = 16_000_000
_MOST_OF_A_WHEEL = 2_000_000_000
_PATIENCE = 20
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Sources:
    """What a project or a command says of where packages come from."""

    index: str | None = None
    """A file or an address; None: only the index that came with phlo."""
    find_links: Path | None = None
    """A folder of wheels."""


def read_index(source: str | None, *, refresh: bool = False) -> Index:
    """Return the index of a file or an address, laid over the one that came with phlo.

    Args:
        source: A path or an address; None: only what came with phlo.
        refresh: Fetch an address again, though a copy of it is kept.

    Raises:
        IndexUnreadable: It cannot be had, or is no index (PHLO-N710).
    """
    if source is None:
        return bundled()
    if not is_address(source):
        path = Path(source).expanduser().absolute()
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise IndexUnreadable(source, error.strerror or str(error)) from error
        return parse(raw, source, str(path.parent), bundled())
    copy = _copy_of(source)
    if refresh or not copy.is_file():
        raw = fetch(source, MOST_BYTES, lambda why: IndexUnreadable(source, why))
        index = parse(raw, source, source, bundled())
        _keep(copy, raw)
        return index
    return parse(copy.read_bytes(), source, source, bundled())


def kept_index(source: str | None) -> Index:
    """Return an index as it can be had at once: a file, or the copy of an address; else phlo's own.

    Nothing is fetched, and what cannot be read is left out.
    """
    try:
        if source and (not is_address(source) or _copy_of(source).is_file()):
            return read_index(source)
    except PhloError:
        pass
    return bundled()


def is_address(source: str) -> bool:
    """Tell whether a source is an address, not a path."""
    return "://" in source


def _copy_of(source: str) -> Path:
    name = hashlib.sha256(source.encode()).hexdigest()[:20]
    return Path(cache_folder()) / "index" / f"{name}.json"


def fetch(address: str, most: int, error: Callable[[str], Exception]) -> bytes:
    """Return what is at an address.

    Args:
        address: An https address, or one of this machine.
        most: So many bytes at most.
        error: Makes the error of a reason.
    """
    if not _is_safe(address):
        raise error("only https addresses are fetched, so that nobody on the way can change it")
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE) as answer:
            if not _is_safe(answer.geturl()):  # it led elsewhere
                raise error("it leads to an address that is not https")
            raw: bytes = answer.read(most + 1)
    except HTTPError as problem:
        raise error(f"it answers {problem.code} {problem.reason}") from problem
    except (OSError, ValueError) as problem:
        raise error(str(getattr(problem, "reason", None) or problem)) from problem
    if len(raw) > most:
        raise error(f"it is larger than {most} bytes")
    return raw


def _is_safe(address: str) -> bool:
    """Tell whether nobody on the way can change what is fetched."""
    parts = urlsplit(address)
    is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return parts.scheme == "https" or is_here


def find_wheel(entry: Entry, index: Index, find_links: Path | None) -> tuple[str, bytes]:
    """Return the wheel of an entry, from the folder of wheels, else from where the index says.

    Returns:
        The name of its file, and what is in it.

    Raises:
        WheelMissing: It is in neither (PHLO-N713).
    """
    name = entry.file or f"{entry.distribution.replace('-', '_')}-{entry.version}-*.whl"
    places = []
    if find_links is not None:
        places.append(str(find_links))
        for file in sorted(find_links.glob(name)):
            return file.name, file.read_bytes()
    if entry.wheel:
        place = _place(entry.wheel, index.base)
        places.append(place)
        if is_address(place):
            raw = fetch(place, _MOST_OF_A_WHEEL, lambda why: WheelMissing(name, [*places, why]))
            return name, raw
        if Path(place).is_file():
            return name, Path(place).read_bytes()
    raise WheelMissing(name, places)


def _place(wheel: str, base: str) -> str:
    if is_address(wheel) or Path(wheel).is_absolute():
        return wheel
    return urljoin(base, wheel) if is_address(base) else str(Path(base) / wheel)


def _keep(copy: Path, raw: bytes) -> None:
    """Keep a copy that others see whole or not at all."""
    copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=copy.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
    Path(name).replace(copy)
