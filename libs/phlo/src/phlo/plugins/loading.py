"""Step 2, load: read each package's service.yaml; a bad package is a row, never a crash."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.compose.definition import invalid, read_definition
from phlo.errors import PhloError, Where
from phlo.errors.package import DuplicateService, InvalidService
from phlo.model.service import Broken, Package, ServiceDefinition
from phlo.model.yaml_text import MOST_BYTES, parse_yaml
from phlo.plugins.cache import keep, recall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.model.yaml_text import YamlDocument
    from phlo.plugins.discovery import Found

DEFINITION = "service.yaml"


def load(found: Iterable[Found]) -> tuple[ServiceDefinition | Broken, ...]:
    """Return each service, or why it cannot be used, by name."""
    by_name: dict[str, list[Found]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    return tuple(
        load_one(same[0]) if len(same) == 1 else _duplicate(same) for same in by_name.values()
    )


def load_one(found: Found) -> ServiceDefinition | Broken:
    """Return a service, or why it cannot be used."""
    try:
        package = _package(found)
        return read_definition(_read(package), package, found.name)
    except PhloError as error:
        return Broken(found.name, found.distribution, found.version, error)


def _duplicate(same: list[Found]) -> Broken:
    error = DuplicateService(same[0].name, (f.distribution for f in same))
    return Broken(same[0].name, same[0].distribution, same[0].version, error)


def _package(found: Found) -> Package:
    """Return where a package's service.yaml is, without importing the package."""
    folders = _folders(found)
    file = next((f for folder in folders if (f := Path(folder) / DEFINITION).is_file()), None)
    about = Package(found.distribution, found.version, url=project_url(found))
    if file is None:
        raise InvalidService(
            about.distribution, about.version, f"it has no {DEFINITION} beside its __init__.py",
            where=Where(folders[0]), url=about.url,
        )  # fmt: skip
    return Package(
        about.distribution, about.version, str(file), str(file.parent), about.url, _editable(found)
    )


def _folders(found: Found) -> list[str]:
    """Return the folders of the top-level import package."""
    url = project_url(found)
    if not found.package.isidentifier():
        raise InvalidService(
            found.distribution, found.version,
            f"its entry point {found.name} = {found.target} names no module", url=url,
        )  # fmt: skip
    try:
        spec = find_spec(found.package)
    except Exception as error:  # any finder of any package answers here
        raise InvalidService(
            found.distribution,
            found.version,
            f"looking for {found.package} failed: {error}",
            url=url,
        ) from error
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise InvalidService(
            found.distribution, found.version, f"its package {found.package} is not there", url=url
        )
    return folders


def _read(package: Package) -> YamlDocument:
    """Return the parsed service.yaml, from the cache where it has not changed."""
    label = f"{package} {DEFINITION}"
    try:
        status = os.stat(package.file)  # noqa: PTH116 - its times are needed whole
        if document := recall(package.file, status, label):
            return document
        with Path(package.file).open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidService(
            package.distribution, package.version, f"{package.file}: {error.strerror}",
            url=package.url,
        ) from error  # fmt: skip
    try:
        document = parse_yaml(raw, label)
    except PhloError as error:
        raise invalid(package, [error]) from error
    keep(package.file, status, document)
    return document


def project_url(found: Found) -> str | None:
    """Return where a distribution's faults are reported, from its metadata."""
    urls = {}
    for name in ("METADATA", "PKG-INFO"):
        try:
            text = (Path(found.folder) / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for line in text.partition("\n\n")[0].splitlines():
            if line.lower().startswith("project-url:"):
                label, _, url = line.partition(":")[2].partition(",")
                urls[label.strip().lower()] = url.strip()
    wanted = ("issues", "bug tracker", "tracker", "source", "repository", "homepage")
    return next((urls[label] for label in wanted if label in urls), None)


def _editable(found: Found) -> bool:
    try:
        about = json.loads((Path(found.folder) / "direct_url.json").read_bytes())
        return bool(about["dir_info"]["editable"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
