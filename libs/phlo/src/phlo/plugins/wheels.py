"""What is in a wheel, before it is installed: its metadata, its needs, its services."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from phlo.compose.definition import read_definition
from phlo.errors import PhloError
from phlo.errors.index import BrokenWheel, HashMismatch
from phlo.model.service import Package, ServiceDefinition
from phlo.model.yaml_text import MOST_BYTES, parse_yaml
from phlo.plugins.groups import SERVICES
from phlo.plugins.index import normalized

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFINITION = "service.yaml"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that was looked into."""

    file: str
    distribution: str
    version: str
    raw: bytes = field(repr=False)
    summary: str = ""
    requires: tuple[str, ...] = ()
    definitions: Mapping[str, ServiceDefinition] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Its hash."""
        return hashlib.sha256(self.raw).hexdigest()


def check_hash(file: str, raw: bytes, sha256: str) -> None:
    """Refuse a wheel that is not the one that was described.

    Raises:
        HashMismatch: It is another file (PHLO-N712).
    """
    got = hashlib.sha256(raw).hexdigest()
    if got != sha256:
        raise HashMismatch(file, sha256, got)


def read_wheel(file: str, raw: bytes) -> Wheel:
    """Return what a wheel holds; nothing of it is run.

    Raises:
        BrokenWheel: It is no wheel, or its services cannot be used (PHLO-N716).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = set(archive.namelist())
            [about] = [n for n in names if n.endswith(".dist-info/METADATA") and n.count("/") == 1]
            text = _text(archive, about)
            entries = _entries(archive, about.replace("METADATA", "entry_points.txt"), names)
            head = HeaderParser().parsestr(text)
            package = normalized(str(head["Name"])), str(head["Version"])
            definitions = {
                name: _definition(archive, names, name, target, package, file)
                for name, target in entries.items()
            }
    except (zipfile.BadZipFile, KeyError, ValueError, UnicodeDecodeError, OSError) as error:
        raise BrokenWheel(file, f"it is no wheel: {error}") from error
    return Wheel(
        file, *package, raw, str(head.get("Summary") or ""),
        tuple(map(str, head.get_all("Requires-Dist") or ())), definitions,
    )  # fmt: skip


def _text(archive: zipfile.ZipFile, name: str) -> str:
    if archive.getinfo(name).file_size > MOST_BYTES:
        raise ValueError(f"{name} is larger than {MOST_BYTES} bytes")
    return archive.read(name).decode("utf-8")


def _entries(archive: zipfile.ZipFile, name: str, names: set[str]) -> dict[str, str]:
    """Return the services that a wheel brings: name -> where its class is."""
    if name not in names:
        return {}
    section, found = "", {}
    for line in _text(archive, name).splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            section = text.strip("[] ")
        elif section == SERVICES and "=" in text:
            service, _, target = text.partition("=")
            found[service.strip()] = target.strip()
    return found


def _definition(
    archive: zipfile.ZipFile,
    names: set[str],
    name: str,
    target: str,
    package: tuple[str, str],
    file: str,
) -> ServiceDefinition:
    folder = target.partition(":")[0].partition(".")[0]
    path = f"{folder}/{_DEFINITION}"
    if path not in names:
        raise BrokenWheel(file, f"it has no {path}")
    about = Package(*package, file=path, folder=folder)
    try:
        return read_definition(parse_yaml(_text(archive, path), f"{file} {path}"), about, name)
    except PhloError as error:
        raise BrokenWheel(file, error.message, where=error.where) from error
