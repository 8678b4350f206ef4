"""PHLO-C: phlo.yaml, its layers, and what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from phlo.errors import Edit, Fix, PhloError
from phlo.errors.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.errors import Where


class Offer(Protocol):
    """A package of the index (`phlo.model.service.Offer`)."""

    @property
    def distribution(self) -> str:
        """Its name."""

    @property
    def version(self) -> str:
        """Its version."""


class ConfigError(PhloError):
    """The configuration cannot be used as it stands."""

    code = "PHLO-C100"


class NoProject(ConfigError):
    """A command that works on a project was called outside one.

    A project is a folder with a `phlo.yaml`. phlo looks at `-C DIR`, then at `PHLO_PROJECT_DIR`,
    then for the nearest `phlo.yaml` from the current folder upward.
    """

    code = "PHLO-C101"

    def __init__(self, start: str, *, explicit: str | None = None) -> None:
        said = f", given by {explicit}" if explicit else " or any folder above it"
        super().__init__(
            f"no phlo.yaml in '{start}'{said}",
            why="phlo works on a project: a folder with a phlo.yaml",
            fix=Fix("make a project here: phlo init .\nor go to one, or name it: phlo -C DIR ...",
                    command="phlo init ."),
        )  # fmt: skip


class UnreadableFile(ConfigError):
    """A configuration file is not valid YAML, not UTF-8, or cannot be opened."""

    code = "PHLO-C102"

    def __init__(self, where: Where, problem: str, *, fix: str | None = None) -> None:
        super().__init__(
            f"'{where.file}' cannot be read: {problem}",
            where=where,
            why="a file that is understood in part would leave settings out",
            fix=fix
            or "correct the text at this place; values with ': ', '#' or a leading "
            "'*', '&', '!', '%', '@' need quotes",
        )


class AlreadyAProject(ConfigError):
    """`phlo init` was pointed at a folder that has a phlo.yaml."""

    code = "PHLO-C115"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"'{folder}' is already a phlo project",
            why="phlo init never overwrites a phlo.yaml",
            fix=f"start it: phlo -C {folder} services start\n"
            "or choose another folder: phlo init NAME",
        )


class CannotCreate(ConfigError):
    """A file or folder of a new project cannot be written."""

    code = "PHLO-C116"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"cannot create '{path}': {reason}",
            why="the system refused to write",
            fix="choose a folder you can write to: phlo init PATH",
        )


class UnknownPath(ConfigError):
    """`phlo config explain` or `--set` names a configuration path that does not exist."""

    code = "PHLO-C117"

    def __init__(self, path: str, known: Iterable[str]) -> None:
        hint = did_you_mean(path, known)
        super().__init__(
            f"no value at '{path}'",
            why="a path that leads nowhere is nearly always a typing error",
            fix=hint or "see all of them: phlo config show",
        )


class UnknownService(ConfigError):
    """phlo.yaml configures a service that no installed package provides."""

    code = "PHLO-C120"

    def __init__(
        self,
        name: str,
        *,
        installed: Iterable[str],
        where: Where | None,
        offer: Offer | None = None,
    ) -> None:
        installed = sorted(installed)
        close, command = nearest(name, installed), f"phlo add {name}"
        own = "or, if you meant your own container, add: type: inline and image: ..."
        if offer:
            said = f"(installs {offer.distribution} {offer.version})"
            fix = Fix(f"{command}          {said}\n{own}", command)
        elif close:
            edit = Edit.of(where, close[0]) if where else None
            fix = Fix(f"rename it to '{close[0]}'", edit=edit)
        else:
            fix = Fix(f"take it out, or look for its package: phlo plugin search {name}\n{own}")
        super().__init__(
            f"no installed package provides a service named '{name}'",
            where=where,
            path=f"services.{name}",
            why=f"only these are installed: {', '.join(installed) or 'none'}",
            fix=fix,
        )


class UnknownPort(ConfigError):
    """`ports` names a port that the service does not have, and does not say where it listens."""

    code = "PHLO-C121"

    def __init__(self, service: str, port: str, known: Iterable[str], *, where: Where) -> None:
        known = sorted(known)
        hint = did_you_mean(port, known)
        listed = f"use one of: {', '.join(known)}\nor " if known else ""
        new = f"say where it listens: ports: {{{port}: {{container: PORT, host: PORT}}}}"
        super().__init__(
            f"'{service}' has no port named '{port}'",
            where=where,
            path=f"services.{service}.ports.{port}",
            why="a port is published by its name, and phlo must know where the program listens",
            fix=hint or f"{listed}{new}",
        )


class UnknownSecret(ConfigError):
    """A secret was named that no service of the project has."""

    code = "PHLO-C122"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        hint = did_you_mean(name, known)
        super().__init__(
            f"no service has a secret '{name}'",
            why="secrets are named as `phlo secrets list` names them",
            fix=hint or "see all of them: phlo secrets list",
        )


class BadOption(ConfigError):
    """An option such as `--set` or `--port` is not in the expected form."""

    code = "PHLO-C130"

    def __init__(self, option: str, value: str, *, wanted: str) -> None:
        super().__init__(
            f"{option} '{value}' is not {wanted}",
            why="an option that is understood in part would change something else",
            fix=f"write {option} as {wanted}",
        )


class CannotEdit(ConfigError):
    """A configuration file cannot be changed without changing more than was meant.

    phlo changes a file only where the rest of it stays as it was written.
    """

    code = "PHLO-C151"

    def __init__(self, file: str, path: str, problem: str) -> None:
        super().__init__(
            f"'{path}' in {file} cannot be changed: {problem}",
            where=None,
            path=path,
            why="the rest of the file must stay as you wrote it; nothing was changed",
            fix=f"change '{path}' in {file} by hand, then do it again",
        )


class UnknownEnvironment(ConfigError):
    """`--env` or `PHLO_ENV` names an environment that the project does not describe."""

    code = "PHLO-C118"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        hint = did_you_mean(name, known)
        listed = f"one of: {', '.join(known)}" if known else "leave --env and PHLO_ENV out"
        super().__init__(
            f"there is no environment '{name}'",
            why=f"neither phlo.{name}.yaml nor environments.{name} in phlo.yaml is there",
            fix=hint or f"write phlo.{name}.yaml, or use {listed}",
        )


class MissingSetting(ConfigError):
    """A service runs that cannot do without a setting, and nobody gave it a value."""

    code = "PHLO-C123"

    def __init__(self, service: str, setting: str, *, where: Where | None) -> None:
        super().__init__(
            f"the setting '{setting}' of '{service}' has no value",
            where=where,
            path=f"services.{service}.settings.{setting}",
            why="no value would be right for everybody, so the package has none",
            fix=f"in phlo.yaml: services: {{{service}: {{settings: {{{setting}: ...}}}}}}",
        )


class MissingSecret(ConfigError):
    """A secret that phlo cannot make by itself has no value."""

    code = "PHLO-C119"

    def __init__(self, service: str, setting: str, variable: str, *, where: Where | None) -> None:
        super().__init__(
            f"the secret '{setting}' of '{service}' has no value",
            where=where,
            path=f"services.{service}.settings.{setting}",
            why="it belongs to something outside of this project, so phlo cannot make one",
            fix=f"put it into .env, which git ignores: {variable}=...",
        )
