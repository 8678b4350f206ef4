"""Which wheels are installed: the packages asked for, and those of phlo that they need.

Names of phlo's packages are looked up in the index and nowhere else; only what is not phlo's comes
from where the installer takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from phlo.errors.index import BrokenWheel, NotPublished
from phlo.errors.package import OtherVersionNeeded
from phlo.plugins.index import normalized
from phlo.plugins.sources import find_wheel
from phlo.plugins.wheels import check_hash, read_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from phlo.packages.target import Target
    from phlo.plugins.index import Entry, Index
    from phlo.plugins.wheels import Wheel


@dataclass(frozen=True, slots=True)
class Choice:
    """What will be installed."""

    asked: tuple[Wheel, ...]
    """The packages that were asked for."""
    needed: tuple[Wheel, ...] = ()
    """Further packages of phlo that those need."""
    others: tuple[str, ...] = ()
    """Requirements that are not phlo's."""
    notes: tuple[str, ...] = ()

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        """All wheels."""
        return (*self.asked, *self.needed)

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """The distributions that were asked for, each with its version."""
        return tuple((wheel.distribution, wheel.version) for wheel in self.asked)


def choose(names: Iterable[str], index: Index, find_links: Path | None, target: Target) -> Choice:
    """Return the wheels of packages, looked into and checked, with those that they need.

    Raises:
        NotInIndex: One is not known (PHLO-N711).
        NotPublished: One has no hash, and no folder of wheels was named (PHLO-N714).
        HashMismatch: A wheel is not the one of the index (PHLO-N712).
        WheelMissing: A wheel is not there (PHLO-N713).
        BrokenWheel: A wheel cannot be used (PHLO-N716).
        OtherVersionNeeded: One needs a version that there is not (PHLO-P324).
    """
    notes: list[str] = []
    wanted = dict.fromkeys(names)
    asked = {w.distribution: w for n in wanted for w in [_fetch(n, index, find_links, notes)]}
    chosen = dict(asked)
    others: dict[str, None] = {}
    waiting = list(asked.values())
    while waiting:
        wheel = waiting.pop()
        for requirement in needs_of(wheel.requires, target):
            name = normalized(requirement.name)
            if not is_own(name, index):
                others[str(requirement)] = None
            elif not _is_met(requirement, chosen, target):
                found = _provider(wheel, requirement, index, find_links, notes, target)
                chosen[name] = found
                waiting.append(found)
    needed = tuple(w for name, w in chosen.items() if name not in asked)
    return Choice(tuple(asked.values()), needed, tuple(others), tuple(notes))


def is_own(name: str, index: Index) -> bool:
    """Tell whether a distribution is one of phlo's, which is never looked up anywhere else."""
    return name == "phlo" or name.startswith("phlo-") or index.distribution(name) is not None


def needs_of(lines: Iterable[str], target: Target) -> Iterator[Requirement]:
    """Yield the requirements that count in an environment."""
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        about = {"python_full_version": target.version, "extra": "",
                 "python_version": ".".join(target.version.split(".")[:2])}  # fmt: skip
        if requirement.marker is None or requirement.marker.evaluate(about):
            requirement.marker = None
            yield requirement


def is_newer(version: str, than: str) -> bool:
    """Tell whether a version is later than another one."""
    try:
        return Version(version) > Version(than)
    except InvalidVersion:
        return version != than


def _fetch(name: str, index: Index, find_links: Path | None, notes: list[str]) -> Wheel:
    entry, of = index.find(name)
    if entry.sha256 is None and find_links is None:
        raise NotPublished(entry.distribution, entry.version)
    file, raw = find_wheel(entry, of, find_links)
    if entry.sha256 is None:
        notes.append(f"the index has no hash of {entry.distribution} {entry.version}: not checked")
    else:
        check_hash(file, raw, entry.sha256)
    return _same(read_wheel(file, raw), entry)


def _same(wheel: Wheel, entry: Entry) -> Wheel:
    if (wheel.distribution, wheel.version) != (entry.distribution, entry.version):
        said = f"it is {wheel.distribution} {wheel.version}, not"
        raise BrokenWheel(wheel.file, f"{said} {entry.distribution} {entry.version}")
    return wheel


def _is_met(requirement: Requirement, chosen: dict[str, Wheel], target: Target) -> bool:
    name = normalized(requirement.name)
    there = target.distributions.get(name)
    version = chosen[name].version if name in chosen else there.version if there else None
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def _provider(
    wheel: Wheel,
    requirement: Requirement,
    index: Index,
    find_links: Path | None,
    notes: list[str],
    target: Target,
) -> Wheel:
    name = normalized(requirement.name)
    there = target.distributions.get(name)
    known = index.distribution(name)
    if known is None or not requirement.specifier.contains(known[0].version, prereleases=True):
        version = there.version if there else known[0].version if known else None
        raise OtherVersionNeeded(wheel.distribution, str(requirement), version)
    return _fetch(name, index, find_links, notes)
