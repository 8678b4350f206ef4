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
                "install another version of it, or take it out: "
                f"pip uninstall {distribution}{report}",
                command=f"pip uninstall {distribution}",
            ),
        )


class PluginFailed(PackageError):
    """A package's Python code failed to import; its service itself is not affected."""

    code = "PHLO-P302"

    def __init__(
        self, distribution: str, version: str, target: str, reason: str, *, needs: str
    ) -> None:
        command = f"pip install --force-reinstall {distribution}"
        super().__init__(
            f"{distribution} {version} is installed, but its '{target}' failed to import: {reason}",
            why=f"{needs} needs it; the service is not affected",
            fix=Fix(f"install it again, with what it needs: {command}", command=command),
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
            fix=Fix("take a newer phlo: pip install --upgrade phlo",
                    command="pip install --upgrade phlo"),
        )  # fmt: skip


class DuplicateService(PackageError):
    """Two installed packages bring a service of the same name."""

    code = "PHLO-P304"

    def __init__(self, name: str, distributions: Iterable[str]) -> None:
        distributions = tuple(distributions)
        super().__init__(
            f"two packages bring a service named '{name}': {', '.join(distributions)}",
            why="which one runs would be left to chance, so neither is used",
            fix=Fix(f"keep one: pip uninstall {distributions[-1]}",
                    command=f"pip uninstall {distributions[-1]}"),
        )  # fmt: skip


class NoQueryEngine(PackageError):
    """There is no query engine of that name, or none at all."""

    code = "PHLO-P310"

    def __init__(self, name: str | None, installed: Iterable[str], *, extra: str = "") -> None:
        installed = sorted(installed)
        close = nearest(name, installed) if name else ()
        package = f"phlo-{name or 'duckdb'}"
        fix = f"pip install {package}"
        if installed:
            said = close[0] if close else installed[0]
            known = ", ".join(installed)
            fix += f"\nor use one that is installed: {known} (`sql: {{engine: {said}}}`)"
        super().__init__(
            f"no query engine '{name}' is installed" if name else "no query engine is installed",
            why=extra or "SQL is run by an engine, which a package brings",
            fix=Fix(fix, command=f"pip install {package}"),
        )
