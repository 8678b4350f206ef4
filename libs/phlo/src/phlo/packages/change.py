"""Add, take out and upgrade packages: checked first, then done whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.config.edit import remove_service
from phlo.config.project_file import load_project
from phlo.config.requirements import FILE as PYPROJECT
from phlo.config.requirements import has_project, with_requirement, without_requirement
from phlo.drafts import project_files, write_whole
from phlo.editor import refresh_schema
from phlo.errors.package import StillNeeded, UnknownPackage
from phlo.packages.choose import Choice, choose, is_newer, needs_of
from phlo.packages.install import as_it_was, check_open, install, uninstall
from phlo.packages.target import find_target
from phlo.plugins.index import normalized
from phlo.plugins.sources import Sources, is_address, read_index
from phlo.runtime.lock import project_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from phlo.packages.target import Target
    from phlo.plugins.index import Index


@dataclass(frozen=True, slots=True)
class Change:
    """What was done, or would be."""

    place: str
    """The environment."""
    install: Mapping[str, str] = field(default_factory=dict)
    """Distribution -> the version that is there after."""
    before: Mapping[str, str] = field(default_factory=dict)
    """Distribution -> the version that was there, of those that change or go."""
    others: tuple[str, ...] = ()
    """Requirements that are not phlo's, which come along."""
    files: tuple[str, ...] = ()
    """The files of the project that change."""
    services: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing changes."""
        return not (self.install or self.before or self.files or self.notes)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "environment": self.place,
            "installed": dict(self.install),
            "before": dict(self.before),
            "requirements": list(self.others),
            "files": list(self.files),
            "services": list(self.services),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Call:
    """How a command wants its changes done."""

    root: Path | None = None
    """The project; None: there is none, and only the environment changes."""
    index: str | None = None
    find_links: Path | None = None
    is_dry: bool = False
    on_wait: Callable[[str], None] | None = None

    def sources(self) -> Sources:
        """Return where packages come from: what the command says, else the project."""
        config = load_project(self.root, os.environ) if self.root else None
        index = self.index or (config.index if config else None)
        if index and not self.index and self.root and not is_address(index):
            # A path in phlo.yaml starts from the project.
            index = os.path.normpath(self.root / index)
        links = self.find_links
        if links is None and config and config.find_links and self.root:
            links = self.root / config.find_links
        return Sources(index, links)

    @contextmanager
    def alone(self, purpose: str) -> Iterator[None]:
        """Hold the project, unless nothing is written."""
        if self.root is None or self.is_dry:
            with nullcontext():
                yield
        else:
            with project_lock(self.root, purpose, on_wait=self.on_wait):
                yield


def add(call: Call, names: Sequence[str], *, is_recorded: bool = True) -> Change:
    """Install packages by what the index says of them, and record them in pyproject.toml.

    Args:
        call: The project, and how.
        names: Services or distributions.
        is_recorded: False: only the environment changes.

    Raises:
        PhloError: One cannot be had or installed; then nothing was changed.
    """
    with call.alone("adding packages"):
        target, (index, links) = _open_target(call), _index(call)
        there = _there_already(names, index, target) if is_recorded else {}
        choice = choose([n for n in names if n not in there], index, links, target)
        files = _recorded(call, choice, there) if is_recorded else {}
        notes = [f"{d} {v} is installed already" for d, v in there.values()]
        change = _planned(call, target, replace(choice, notes=(*choice.notes, *notes)), files)
        if not call.is_dry:
            with as_it_was(target) if choice.wheels else nullcontext():
                if choice.wheels:
                    install(target, choice, links)
                write_whole(files)
            refresh_schema(call.root)
        return change


def _there_already(
    names: Sequence[str], index: Index, target: Target
) -> dict[str, tuple[str, str]]:
    """Return the packages that are installed as the index has them: name -> (package, version)."""
    found = {name: index.find(name)[0] for name in names}
    have = {name: target.distributions.get(entry.distribution) for name, entry in found.items()}
    return {
        name: (one.name, one.version) for name, one in have.items()
        if one and one.version == found[name].version
    }  # fmt: skip


def upgrade(call: Call, names: Sequence[str] = ()) -> Change:
    """Install the newer versions that the index has of packages; of all if none is named.

    Raises:
        PhloError: One cannot be had or installed; then nothing was changed.
    """
    with call.alone("upgrading packages"):
        target, (index, links) = _open_target(call), _index(call)
        newer = _newer(target, index, [distribution_in(target, name) for name in names])
        if not newer:
            return Change(target.place)
        choice = choose(newer, index, links, target)
        files = _recorded(call, choice, only_known=True)
        change = _planned(call, target, choice, files)
        if not call.is_dry:
            with as_it_was(target):
                install(target, choice, links)
                write_whole(files)
            refresh_schema(call.root)
        return change


def remove(call: Call, names: Sequence[str]) -> Change:
    """Take packages out, with what the project's files say of their services.

    Raises:
        UnknownPackage: One is not installed (PHLO-P323).
        StillNeeded: Others need one (PHLO-P325).
        PhloError: The project's files or the environment cannot be changed; then nothing was.
    """
    with call.alone("removing packages"):
        target = _open_target(call)
        gone = [distribution_in(target, name) for name in names]
        services = [one.name for one in target.services() if one.distribution in gone]
        for name in gone:
            check_not_needed(target, name, services, apart_from=gone)
        files = {**without_services(call.root, services), **unrecorded(call.root, gone)}
        before = {name: target.distributions[name].version for name in gone}
        if not call.is_dry:
            with as_it_was(target):
                uninstall(target, gone)
                write_whole(files)
            refresh_schema(call.root)
        return Change(target.place, before=before, services=tuple(services),
                      files=_relative(call.root, files))  # fmt: skip


def _open_target(call: Call) -> Target:
    target = find_target(call.root)
    check_open(target)
    return target


def _index(call: Call) -> tuple[Index, Path | None]:
    sources = call.sources()
    return read_index(sources.index, refresh=True), sources.find_links


def distribution_in(target: Target, name: str) -> str:
    """Return the distribution of an environment by its name or its service's.

    Raises:
        UnknownPackage: There is none (PHLO-P323).
    """
    services = {one.name: one.distribution for one in target.services()}
    wanted = normalized(name)
    if wanted in target.distributions and wanted in {*services.values(), "phlo"}:
        return wanted
    if name not in services:
        raise UnknownPackage(name, [*services, *services.values()])
    return services[name]


def check_not_needed(
    target: Target, name: str, services: Sequence[str], *, apart_from: Iterable[str] = ()
) -> None:
    """Refuse to take out what other packages need.

    Raises:
        StillNeeded: Others need it (PHLO-P325).
    """
    by = {
        one.name for one in target.distributions.values()
        if one.name not in apart_from
        and any(normalized(need.name) == name for need in needs_of(one.requires, target))
    }  # fmt: skip
    if name == "phlo" or by:
        raise StillNeeded(name, next(iter(services), name), by or {"phlo"})


def _newer(target: Target, index: Index, names: Sequence[str]) -> list[str]:
    there = {one.distribution for one in target.services()} | {"phlo"}
    known = {name: index.distribution(name) for name in (names or sorted(there))}
    return [
        name for name, found in known.items()
        if found and is_newer(found[0].version, target.distributions[name].version)
    ]  # fmt: skip


def _planned(call: Call, target: Target, choice: Choice, files: Mapping[Path, str]) -> Change:
    have = target.distributions
    notes = list(choice.notes)
    if Path(target.python).absolute() != Path(_own_python()).absolute():
        notes.append(f"they go into {target.place}: use the phlo there")
    for wheel in choice.asked:
        for name, definition in wheel.definitions.items():
            if not definition.default:
                notes.append(
                    f"'{name}' runs when it is asked for: services: {{{name}: {{enabled: true}}}}"
                )
    if call.root and (call.root / "uv.lock").is_file() and files:
        notes.append("uv.lock is as it was: 'uv lock' takes in what pyproject.toml asks for")
    return Change(
        target.place,
        install={w.distribution: w.version for w in choice.wheels},
        before={w.distribution: have[w.distribution].version for w in choice.wheels
                if w.distribution in have},
        others=choice.others,
        files=_relative(call.root, files),
        services=tuple(name for wheel in choice.asked for name in wheel.definitions),
        notes=tuple(notes),
    )  # fmt: skip


def _own_python() -> str:
    import sys

    return sys.executable


def _relative(root: Path | None, files: Mapping[Path, str]) -> tuple[str, ...]:
    return tuple(str(file.relative_to(root)) if root else str(file) for file in files)


def _recorded(
    call: Call,
    choice: Choice,
    there: Mapping[str, tuple[str, str]] | None = None,
    *,
    only_known: bool = False,
) -> dict[Path, str]:
    """Return pyproject.toml as it will be, where the project has one that lists dependencies."""
    file = call.root / PYPROJECT if call.root else None
    if file is None or not file.is_file():
        return {}
    text = before = file.read_text(encoding="utf-8")
    if not has_project(text):
        return {}
    asked = [(wheel.distribution, wheel.version) for wheel in choice.asked]
    for name, version in [*asked, *(there or {}).values()]:
        if only_known and without_requirement(text, name) == text:
            continue
        text = with_requirement(text, name, f"{name}>={version}")
    return {file: text} if text != before else {}


def unrecorded(root: Path | None, names: Iterable[str]) -> dict[Path, str]:
    """Return pyproject.toml without distributions, where that changes it."""
    file = root / PYPROJECT if root else None
    if file is None or not file.is_file():
        return {}
    text = before = file.read_text(encoding="utf-8")
    for name in names if has_project(text) else ():
        text = without_requirement(text, name)
    return {file: text} if text != before else {}


def without_services(root: Path | None, services: Iterable[str]) -> dict[Path, str]:
    """Return the project's files without what they say of services, those that change."""
    changed = {}
    for file, before in project_files(root).items():
        text = before
        for name in services:
            text = remove_service(text, file.name, name)
        if text != before:
            changed[file] = text
    return changed
