"""PHLO-P: installed packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError, Related
from phlo.errors.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.errors import Where


class PackageError(PhloError):
    """An installed package does not keep to what phlo asks of one."""

    code = "PHLO-P300"


class InvalidService(PackageError):
    """A package's `service.yaml` is missing, unreadable or not as it must be.

    The fault is in the package, not in your project. The other services are not affected.
    """

    code = "PHLO-P301"

    def __init__(
        self,
        distribution: str,
        version: str,
        problem: str,
        *,
        where: Where | None = None,
        why: str | None = None,
        related: Iterable[Related] = (),
        url: str | None = None,
    ) -> None:
        report = f"\nreport it to: {url}" if url else ""
        super().__init__(
            f"{distribution} {version} cannot be used: {problem}",
            where=where,
            why=why or "the fault is in this package; the other services are not affected",
            related=related,
            fix=Fix(
                f"take it out, or another version in: phlo remove {distribution}{report}",
                f"phlo remove {distribution}",
            ),
        )


class PluginFailed(PackageError):
    """A package's Python code failed to import; its service itself is not affected."""

    code = "PHLO-P302"

    def __init__(
        self,
        distribution: str,
        version: str,
        reason: str,
        *,
        needs: str,
        service: str,
        command: str | None = None,
    ) -> None:
        command = command or f"phlo plugin install {service}"
        super().__init__(
            f"{distribution} {version} is installed but its Python extras failed to import: "
            f"{reason}",
            why=f"affects: {needs}. The {service} *service* is unaffected",
            fix=Fix(f"{command}        details: phlo plugin check {service} --debug", command),
        )


class NewerService(PackageError):
    """A package's `service.yaml` was written for a newer phlo."""

    code = "PHLO-P303"

    def __init__(
        self, distribution: str, version: str, schema: object, newest: int, *, where: Where
    ) -> None:
        super().__init__(
            f"{distribution} {version} is written for a newer phlo: schema {schema}",
            where=where,
            why=f"this phlo reads schema {newest}",
            fix=Fix("take a newer phlo: phlo upgrade phlo", "phlo upgrade phlo"),
        )  # fmt: skip


class DuplicateService(PackageError):
    """Two installed packages bring a service of the same name."""

    code = "PHLO-P304"

    def __init__(self, name: str, distributions: Iterable[str]) -> None:
        distributions = tuple(distributions)
        super().__init__(
            f"two packages bring a service named '{name}': {', '.join(distributions)}",
            why="which one runs would be left to chance, so neither is used",
            fix=Fix(f"keep one: phlo remove {distributions[-1]}",
                    f"phlo remove {distributions[-1]}"),
        )  # fmt: skip


class Incomplete(PackageError):
    """A package's `service.yaml` leaves out what its kind, category or capabilities promise.

    The service may run all the same; those that count on what is missing will not.
    """

    code = "PHLO-P305"

    def __init__(
        self, distribution: str, version: str, problem: str, fix: str, *, where: Where | None
    ) -> None:
        super().__init__(
            f"{distribution} {version}: {problem}",
            where=where,
            why="other services count on what a service of this kind promises",
            fix=fix,
        )


class BadPackageName(PackageError):
    """A new package was given a name that no service can have."""

    code = "PHLO-P320"

    def __init__(self, said: str, close: str) -> None:
        command = f"phlo plugin create {close} --type service"
        super().__init__(
            f"'{said}' cannot be the name of a service",
            why="it becomes part of a package, a container, a variable and a host name",
            fix=Fix(
                "use lower-case letters, digits and single '-', at most 40, a letter first: "
                f"{command}", command,
            ),
        )  # fmt: skip


class NameTaken(PackageError):
    """A new package was given the name of one that is installed or in the index."""

    code = "PHLO-P321"

    def __init__(self, name: str, taken_by: str) -> None:
        command = f"phlo plugin create my-{name} --type service"
        super().__init__(
            f"there is a service '{name}' already, in {taken_by}",
            why="of two packages with one service, neither is used",
            fix=Fix(f"choose another name: {command}", command),
        )


class FolderTaken(PackageError):
    """The folder of a new package has files in it."""

    code = "PHLO-P322"

    def __init__(self, folder: str, name: str) -> None:
        command = f"phlo plugin create {name} --type service --path packages"
        super().__init__(
            f"'{folder}' has files already",
            why="nothing that is there is overwritten",
            fix=Fix(f"make the package elsewhere: {command}", command),
        )


class UnknownPackage(PackageError):
    """No installed package is called that, and none brings a service of that name."""

    code = "PHLO-P323"

    def __init__(self, name: str, installed: Iterable[str], *, in_index: bool = False) -> None:
        installed = sorted(set(installed))
        close = nearest(name, installed)
        command = f"phlo add {name}" if in_index else None
        if command:
            fix = Fix(f"install it: {command}", command)
        elif close:
            fix = Fix(f"did you mean {close[0]}?")
        else:
            fix = Fix("see what there is: phlo plugin list, phlo plugin search")
        super().__init__(
            f"no package '{name}' is installed",
            why=f"these are: {', '.join(installed) or 'none'}",
            fix=fix,
        )


class OtherVersionNeeded(PackageError):
    """A package needs another version of one of phlo's own packages than there is to be had."""

    code = "PHLO-P324"

    def __init__(self, distribution: str, needs: str, there: str | None) -> None:
        name = needs.split(">")[0].split("=")[0].split("<")[0].split("~")[0].split("[")[0].strip()
        said = f"{name} {there} is there" if there else "it is neither installed nor in the index"
        command = f"phlo upgrade {name}"
        super().__init__(
            f"{distribution} needs {needs}: {said}",
            why="packages of phlo are never taken from elsewhere by their name",
            fix=Fix(f"take a newer one first: {command}\nor an index that has it: --index FILE",
                    command),
        )  # fmt: skip


class StillNeeded(PackageError):
    """A package cannot be taken out, because others that are installed need it."""

    code = "PHLO-P325"

    def __init__(self, distribution: str, service: str, needed_by: Iterable[str]) -> None:
        by = sorted(needed_by)
        command = f"phlo remove {' '.join(name.removeprefix('phlo-') for name in by)}"
        off = f"switch its service off: services: {{{service}: {{enabled: false}}}}"
        is_core = by == ["phlo"]
        super().__init__(
            f"{distribution} cannot be taken out: {', '.join(by)} needs it",
            why="what needs it would not work any more",
            fix=Fix(off if is_core else f"take those out first: {command}\nor {off}",
                    None if is_core else command),
        )  # fmt: skip


class EnvironmentClosed(PackageError):
    """The Python environment cannot be changed by phlo: another tool looks after it."""

    code = "PHLO-P326"

    def __init__(self, place: str, problem: str, *, command: str) -> None:
        super().__init__(
            f"packages cannot be installed into {place}: {problem}",
            why="what another tool looks after is changed by that tool alone",
            fix=Fix(f"use it: {command}", command),
        )


class NoPackageThere(PackageError):
    """A folder or file that was to be registered holds no package."""

    code = "PHLO-P327"

    def __init__(self, place: str, problem: str) -> None:
        command = "phlo plugin create NAME --type service"
        super().__init__(
            f"'{place}' is no package: {problem}",
            why="an entry of the index is made from a package's pyproject.toml and service.yaml, "
            "or from its wheel",
            fix=Fix(f"name a package's folder, or its wheel; to write one: {command}"),
        )


class NotEditable(PackageError):
    """Development mode was asked for of a folder from which nothing is installed editable."""

    code = "PHLO-P328"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"no package is installed editable from '{folder}'",
            why="a service follows changes of its source only where it runs from there",
            fix=f"install one so, from its own folder: pip install -e {folder}/phlo-NAME",
        )


class NoQueryEngine(PackageError):
    """There is no query engine of that name, or none at all."""

    code = "PHLO-P310"

    def __init__(self, name: str | None, installed: Iterable[str], *, extra: str = "") -> None:
        installed = sorted(installed)
        close = nearest(name, installed) if name else ()
        command = f"phlo add {name or 'duckdb'}"
        fix = f"install it: {command}"
        if installed:
            said = close[0] if close else installed[0]
            known = ", ".join(installed)
            fix += f"\nor use one that is installed: {known} (`sql: {{engine: {said}}}`)"
        super().__init__(
            f"no query engine '{name}' is installed" if name else "no query engine is installed",
            why=extra or "SQL is run by an engine, which a package brings",
            fix=Fix(fix, command),
        )
