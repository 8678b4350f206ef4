"""Pack the packages of an environment for an image: `python -m phlo.runtime.docker.packing`.

It runs in the project's own Python. What stands in an index is named with its version; what does
not, or is of Python alone, comes as a wheel of what is installed, so that an image can be made of
packages that no index has, and of those that are being worked on.

What is packed is what phlo, its plugins and the project's own requirements (pyproject.toml,
requirements.txt) need; where the project has neither file, everything that is installed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import tomllib
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: An environment of its own brings these.
_TOOLS = frozenset({"pip", "setuptools", "wheel", "uv"})
#: What tells of the installation, not of the package.
_NOT_PACKED = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
)
_TIME = (1980, 1, 1, 0, 0, 0)
#: It says of which bytes a wheel was made, so that it is made once.
_STAMPS = "stamps.json"


class Unpackable(Exception):
    """A package whose files cannot be told."""


def pack(root: Path, folder: Path, path: Sequence[str]) -> None:
    """Write `wheels/` and `requirements.txt` into a folder.

    Args:
        root: The project's folder.
        folder: Where to.
        path: Where packages are installed.

    Raises:
        Unpackable: A package's files cannot be told.
    """
    wheels = folder / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    stamps_file = folder / _STAMPS
    before = json.loads(stamps_file.read_text()) if stamps_file.exists() else {}
    named, stamps = [], {}
    for one in chosen(root, path):
        if not is_wheel(one):
            named.append(f"{one.name}=={one.version}")
            continue
        files = files_of(one)
        wheel = wheels / wheel_name(one)
        stamps[wheel.name] = stamp = _stamp(files)
        if before.get(wheel.name) != stamp or not wheel.exists():
            write_wheel(one, files, wheel)
    for wheel in wheels.iterdir():
        if wheel.name not in stamps:
            wheel.unlink()
    _write(folder / "requirements.txt", "".join(f"{line}\n" for line in sorted(named)))
    _write(stamps_file, json.dumps(stamps, indent=1))


def chosen(root: Path, path: Sequence[str]) -> list[Distribution]:
    """Return the packages that an image of a project needs, sorted by name."""
    there: dict[str, Distribution] = {}
    for one in distributions(path=list(path)):
        if one.metadata["Name"]:
            there.setdefault(canonicalize_name(one.name), one)
    asked = requirements(root)
    names = set(there) if asked is None else _needed(there, [*_own(there), *asked])
    return [there[name] for name in sorted(names - _TOOLS)]


def requirements(root: Path) -> list[Requirement] | None:
    """Return what a project's own files ask for; None where it has none of them."""
    lines: list[str] | None = None
    project, plain = root / "pyproject.toml", root / "requirements.txt"
    if project.exists():
        about = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
        lines = list(about.get("dependencies", ()))
    if plain.exists():
        lines = [*(lines or ()), *plain.read_text(encoding="utf-8").splitlines()]
    return None if lines is None else list(_read(lines))


def _read(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        try:
            yield Requirement(line.partition(" #")[0].strip())
        except InvalidRequirement:
            continue  # a comment, an option or a path; what it installed is asked for by others


def _own(there: Mapping[str, Distribution]) -> Iterator[Requirement]:
    """Yield phlo and its plugins: composing asks for all of them."""
    for name, one in there.items():
        if any(entry.group.startswith("phlo.plugins") for entry in one.entry_points):
            yield Requirement(name)


def _needed(there: Mapping[str, Distribution], asked: Iterable[Requirement]) -> set[str]:
    """Return the names of packages with all that they need, as far as it is installed."""
    waiting = [(canonicalize_name(one.name), extra) for one in asked for extra in _extras(one)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, extra = item = waiting.pop()
        if item in seen or name not in there:
            continue
        seen.add(item)
        for need in map(Requirement, there[name].requires or ()):
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(need.name), of) for of in _extras(need)]
    return {name for name, _ in seen}


def _extras(one: Requirement) -> tuple[str, ...]:
    return ("", *one.extras)


def is_wheel(one: Distribution) -> bool:
    """Tell whether a package goes as it is installed: no index has it, or every Python takes it."""
    return one.read_text("direct_url.json") is not None or (
        one.files is not None
        and "Root-Is-Purelib: true" in (one.read_text("WHEEL") or "")
        and all(tag.endswith("-none-any") for tag in tags(one))
    )


def tags(one: Distribution) -> list[str]:
    """Return for which Pythons and machines a package is."""
    return re.findall(r"(?m)^Tag: *(\S+)", one.read_text("WHEEL") or "")


def wheel_name(one: Distribution) -> str:
    """Return the name of a package's wheel."""
    parts = zip(*(tag.split("-") for tag in tags(one) or ["py3-none-any"]), strict=True)
    tag = "-".join(".".join(dict.fromkeys(part)) for part in parts)
    return f"{re.sub(r'[-_.]+', '_', one.name)}-{one.version}-{tag}.whl"


def files_of(one: Distribution) -> dict[str, Path]:
    """Return what a wheel of a package holds: its files by their path in it.

    Raises:
        Unpackable: It is installed as editable by a way that names no folder.
    """
    found: dict[str, Path] = {}
    links: list[Path] = []
    for file in one.files or ():
        path = Path(str(one.locate_file(file)))
        if file.parts[0] == ".." or "__pycache__" in file.parts or not path.is_file():
            continue  # commands are made of the entry points anew
        if len(file.parts) == 1 and file.suffix == ".pth" and is_editable(one):
            links.append(path)
        elif not (file.parent.suffix == ".dist-info" and file.name in _NOT_PACKED):
            found[file.as_posix()] = path
    if is_editable(one):
        sources = dict(_sources(one, links))
        if not sources:
            raise Unpackable(
                f"'{one.name}' is installed as editable by a way that names no folder of its "
                "files: install it without -e"
            )
        found = {name: path for name, path in found.items() if ".dist-info/" in name} | sources
    return found


def is_editable(one: Distribution) -> bool:
    """Tell whether a package is installed from a folder in which it is worked on."""
    about = json.loads(one.read_text("direct_url.json") or "{}")
    return bool(about.get("dir_info", {}).get("editable"))


def _sources(one: Distribution, links: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the files of an editable package, which its links name the folders of."""
    own = canonicalize_name(one.name).replace("-", "_")
    for link in links:
        for line in link.read_text(encoding="utf-8").splitlines():
            folder = Path(line.strip())
            if line.startswith("import ") or not folder.is_dir():
                continue
            for top in sorted(folder.iterdir()):
                # Beside the package there may be anything, but for a folder made for packages.
                is_meant = top.stem == own or (folder.name == "src" and top.suffix != ".egg-info")
                if is_meant and not top.name.startswith((".", "__pycache__")):
                    files = sorted(top.rglob("*")) if top.is_dir() else [top]
                    for file in files:
                        if file.is_file() and "__pycache__" not in file.parts:
                            yield file.relative_to(folder).as_posix(), file


def write_wheel(one: Distribution, files: Mapping[str, Path], wheel: Path) -> None:
    """Write a package as a wheel; its bytes depend on the files alone."""
    about = next(name for name in files if name.endswith(".dist-info/METADATA")).rpartition("/")[0]
    record = f"{about}/RECORD"
    rows = []
    partial = wheel.with_suffix(".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, path in sorted(files.items()):
            content = path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
            rows.append(f'"{name}",sha256={digest.rstrip("=")},{len(content)}')
            _add(archive, name, content)
        _add(archive, record, "\n".join([*rows, f"{record},,", ""]).encode())
    partial.replace(wheel)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    about = zipfile.ZipInfo(name, _TIME)
    about.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(about, content)


def _stamp(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        about = path.stat()
        digest.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _write(file: Path, text: str) -> None:
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        pack(Path(sys.argv[1]), Path(sys.argv[2]), sys.path)
    except Unpackable as unpackable:
        sys.exit(str(unpackable))
    print(f"{sys.version_info.major}.{sys.version_info.minor}")
