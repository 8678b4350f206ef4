"""Look at installed packages: what each brings, whether it is whole, what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.contract import shortcomings
from phlo.errors.package import Incomplete, NotEditable, PluginFailed, UnknownPackage
from phlo.model.service import Broken, ServiceDefinition
from phlo.plugins.discovery import discover
from phlo.plugins.index import bundled, normalized
from phlo.plugins.loading import load
from phlo.plugins.probe import HOOKS, probe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import PhloError
    from phlo.plugins.discovery import Found
    from phlo.plugins.probe import Probe


@dataclass(frozen=True, slots=True)
class Row:
    """An installed package."""

    distribution: str
    version: str
    services: tuple[str, ...]
    problems: tuple[PhloError, ...] = ()
    is_editable: bool = False

    @property
    def state(self) -> str:
        """`ok`, or `broken` where one of its services cannot be used."""
        return "broken" if self.problems else "ok"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "package": self.distribution,
            "version": self.version,
            "services": list(self.services),
            "editable": self.is_editable,
            "state": self.state,
            "problems": [problem.as_json() for problem in self.problems],
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a package found."""

    row: Row
    errors: tuple[PhloError, ...] = ()
    warnings: tuple[PhloError, ...] = ()
    traces: tuple[str, ...] = ()
    """What Python said, for `--debug`."""


def installed_packages() -> tuple[Row, ...]:
    """Return the installed packages that bring services; none of them is imported."""
    found = discover()
    by_package: dict[tuple[str, str], list[ServiceDefinition | Broken]] = {}
    for one in _loaded(found):
        by_package.setdefault(_package(one), []).append(one)
    return tuple(_row(name, version, rows) for (name, version), rows in sorted(by_package.items()))


def _loaded(found: Iterable[Found]) -> list[ServiceDefinition | Broken]:
    return list(load(found))


def _package(one: ServiceDefinition | Broken) -> tuple[str, str]:
    if isinstance(one, Broken):
        return one.distribution, one.version
    return one.package.distribution, one.package.version


def _row(name: str, version: str, rows: Sequence[ServiceDefinition | Broken]) -> Row:
    return Row(
        name, version, tuple(one.name for one in rows),
        tuple(one.reason for one in rows if isinstance(one, Broken)),
        any(isinstance(one, ServiceDefinition) and one.package.editable for one in rows),
    )  # fmt: skip


def find_package(name: str) -> tuple[Row, tuple[ServiceDefinition, ...], tuple[Found, ...]]:
    """Return an installed package by its name or its service's, with what it brings.

    Raises:
        UnknownPackage: There is none (PHLO-P323).
    """
    wanted = normalized(name)
    rows = installed_packages()
    row = next((r for r in rows if r.distribution == wanted or name in r.services), None)
    if row is None:
        known = (n for r in rows for n in (r.distribution, *r.services))
        raise UnknownPackage(name, known, in_index=bundled().get(name) is not None)
    found = tuple(one for one in discover() if one.distribution == row.distribution)
    definitions = [one for one in _loaded(found) if isinstance(one, ServiceDefinition)]
    return row, tuple(definitions), found


def services_from(source: str) -> tuple[str, ...]:
    """Return the services whose packages are installed editable from a folder, or one below it.

    Raises:
        NotEditable: There is none (PHLO-P328).
    """
    folder = Path(source).expanduser().resolve()
    found = [one for one in _loaded(discover()) if isinstance(one, ServiceDefinition)]
    names = tuple(
        one.name for one in found
        if one.package.editable and Path(one.package.folder).resolve().is_relative_to(folder)
    )  # fmt: skip
    if not names:
        raise NotEditable(str(folder))
    return names


def check(name: str) -> Checked:
    """Check a package: its definition, what it promises, its Python in a process of its own.

    Raises:
        UnknownPackage: There is none (PHLO-P323).
    """
    row, definitions, found = find_package(name)
    errors: list[PhloError] = list(row.problems)
    for definition in definitions:
        errors += [
            Incomplete(row.distribution, row.version, s.problem, s.fix, where=s.where)
            for s in shortcomings(definition)
        ]
    warnings, traces = [], []
    for one in found:
        asked = probe(one)
        if asked.reason is not None:
            warnings.append(_failed(one, asked))
            traces.append(asked.trace)
    return Checked(row, tuple(errors), tuple(warnings), tuple(traces))


def _failed(found: Found, asked: Probe) -> PluginFailed:
    hooks = [asked.hook] if asked.hook else list(HOOKS)
    needs = ", ".join(HOOKS[hook].format(name=found.name) for hook in hooks)
    reason = str(asked.reason).removeprefix("ModuleNotFoundError: ")
    return PluginFailed(
        found.distribution, found.version, reason, needs=needs, service=found.name,
        command=_install_line(found, asked.module),
    )  # fmt: skip


def _install_line(found: Found, module: str | None) -> str | None:
    """Return the line that installs the extra in which a missing module is."""
    from importlib.metadata import PathDistribution

    from packaging.requirements import Requirement

    if module is None:
        return None
    top = normalized(module.partition(".")[0])
    for line in PathDistribution(Path(found.folder)).requires or ():
        need = Requirement(line)
        extra = str(need.marker or "").partition('extra == "')[2].partition('"')[0]
        if extra and normalized(need.name) == top:
            return f'pip install "{found.distribution}[{extra}]"'
    return None
