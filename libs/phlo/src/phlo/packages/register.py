"""Write a package's entry of an index: from its wheel, or from its sources while there is none."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.definition import read_definition
from phlo.errors.index import IndexUnreadable
from phlo.errors.package import NoPackageThere
from phlo.model.layers import Leaf
from phlo.model.service import Package
from phlo.model.yaml_text import parse_yaml
from phlo.plugins.groups import SERVICES
from phlo.plugins.index import Entry, Index, normalized, parse, text_of, with_entry
from phlo.plugins.sources import is_address
from phlo.plugins.wheels import read_wheel
from phlo.runtime.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.model.service import ServiceDefinition


def register(package: Path, index: str, *, is_dry: bool = False) -> tuple[Entry, bool]:
    """Put a package into an index file, in place of what it said of it, and return its entry.

    Args:
        package: The package's folder, or its wheel.
        index: The index, a file; made if it is not there.
        is_dry: Write nothing.

    Returns:
        The entry, and whether the index changes by it.

    Raises:
        NoPackageThere: There is none (PHLO-P327).
        BrokenWheel: Its wheel cannot be used (PHLO-N716).
        IndexUnreadable: The index is none, or no file (PHLO-N710).
    """
    if is_address(index):
        raise IndexUnreadable(index, "only a file can be written")
    file = Path(index).expanduser().absolute()
    before = _read(file)
    entry = describe(package.expanduser().absolute(), file.parent)
    after = with_entry(before, entry)
    if not is_dry and after != before:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, text_of(after))
    return entry, after != before


def _read(file: Path) -> Index:
    if not file.exists():
        return Index(str(file))
    return parse(file.read_bytes(), str(file), str(file.parent))


def describe(package: Path, beside: Path) -> Entry:
    """Return what an index says of a package.

    Args:
        package: Its folder, or its wheel.
        beside: The folder of the index, which the place of the wheel starts from.

    Raises:
        NoPackageThere: There is none (PHLO-P327).
        BrokenWheel: Its wheel cannot be used (PHLO-N716).
    """
    if package.suffix == ".whl" and package.is_file():
        return _of_wheel(package, beside)
    about = _project(package)
    version = str(about["version"])
    name = normalized(str(about["name"]))
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    built = sorted((package / "dist").glob(pattern))
    if built:
        return _of_wheel(built[-1], beside)
    entries = about.get("entry-points", {}).get(SERVICES, {})
    definitions = [
        _definition(package, service, str(target), Package(name, version))
        for service, target in entries.items()
    ]
    return _entry(name, version, str(about.get("description", "")), definitions)


def _of_wheel(file: Path, beside: Path) -> Entry:
    wheel = read_wheel(file.name, file.read_bytes())
    entry = _entry(wheel.distribution, wheel.version, wheel.summary, wheel.definitions.values())
    place = os.path.relpath(file, beside)
    return Entry(
        entry.distribution, entry.version, entry.summary, entry.category, entry.services,
        entry.capabilities, wheel.sha256, place if not place.startswith("..") else file.name,
        entry.images,
    )  # fmt: skip


def _entry(
    name: str, version: str, summary: str, definitions: Iterable[ServiceDefinition]
) -> Entry:
    every = sorted(definitions, key=lambda one: one.name)
    return Entry(
        name, version, summary, every[0].category if every else "",
        tuple(one.name for one in every),
        tuple(sorted({p.capability for one in every for p in one.provides})),
        images=tuple(sorted({i for one in every if (i := _image(one))})),
    )  # fmt: skip


def _image(definition: ServiceDefinition) -> str | None:
    image = definition.tree.get("image")
    return str(image.value) if isinstance(image, Leaf) and image.value else None


def _project(package: Path) -> dict[str, Any]:
    file = package / "pyproject.toml"
    try:
        about = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        about["name"], about["version"]
    except OSError as error:
        raise NoPackageThere(str(package), error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise NoPackageThere(str(package), f"its pyproject.toml: {error}") from error
    found: dict[str, Any] = about
    return found


def _definition(package: Path, service: str, target: str, about: Package) -> ServiceDefinition:
    module = target.partition(":")[0].partition(".")[0]
    for folder in (package / "src" / module, package / module):
        file = folder / "service.yaml"
        if file.is_file():
            return read_definition(parse_yaml(file.read_bytes(), str(file)), about, service)
    raise NoPackageThere(str(package), f"there is no src/{module}/service.yaml")
