"""PHLO-C: phlo.yaml, its layers, and the values in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from phlo.errors import Edit, Fix, PhloError, Related, with_label
from phlo.errors.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


class UnsupportedYaml(ConfigError):
    """The file is valid YAML but uses something phlo refuses: tags, recursion, a non-text key."""

    code = "PHLO-C103"

    def __init__(self, where: Where, problem: str, *, fix: str) -> None:
        super().__init__(
            problem,
            where=where,
            why="phlo.yaml holds plain values, so that every tool reads the same in it",
            fix=fix,
        )


class UnknownKey(ConfigError):
    """A key that phlo does not know.

    Unknown keys are refused, because a typo would silently switch a setting off. Keys that start
    with `x-` are yours and allowed anywhere.
    """

    code = "PHLO-C104"

    def __init__(
        self,
        key: str,
        *,
        scope: str,
        known: Iterable[str],
        where: Where,
        path: str,
        elsewhere: str | None = None,
    ) -> None:
        known = tuple(known)
        close = nearest(key, known)
        if elsewhere:
            fix = Fix(elsewhere)
        elif close:
            fix = Fix(f"rename it to '{close[0]}'", edit=Edit.of(where, close[0]))
        else:
            fix = Fix(f"remove it, or prefix it with 'x-'; known here: {', '.join(sorted(known))}")
        super().__init__(
            f"unknown key '{key}' in {scope}",
            where=with_label(where, f"not a known key of {scope}"),
            path=path,
            why="unknown keys are rejected so that a typo cannot silently disable a setting",
            fix=fix,
        )


def _named(path: str) -> str:
    """Return what a value is called in a message: its key, or its place in a list."""
    *above, key = path.split(".")
    return f"item {int(key) + 1} of '{above[-1]}'" if key.isdigit() and above else f"'{key}'"


class WrongType(ConfigError):
    """A value has a shape that its key does not take, such as a list where one text belongs."""

    code = "PHLO-C105"

    def __init__(
        self, path: str, *, wanted: str, got: str, where: Where, fix: str | None = None
    ) -> None:
        super().__init__(
            f"{_named(path)} must be {wanted}, got {got}",
            where=where,
            path=path,
            why="the key takes nothing else",
            fix=fix or f"write {wanted} there",
        )


class QuotedBoolean(ConfigError):
    """A switch was written as text: `enabled: "false"`.

    A quoted "false" is a text, which many YAML tools take as true. phlo refuses to guess.
    """

    code = "PHLO-C106"

    def __init__(self, path: str, text: str, *, where: Where) -> None:
        key = path.rsplit(".", 1)[-1]
        value = "true" if text.lower() in ("true", "yes", "on") else "false"
        super().__init__(
            f"'{key}' must be true or false, got the string \"{text}\"",
            where=with_label(where, "a string here is always truthy in YAML tools"),
            path=path,
            why="a text is true for many tools, whatever it says, so phlo does not guess",
            fix=Fix(f"write it without quotes: {key}: {value}", edit=Edit.of(where, value)),
        )


class DuplicateKey(ConfigError):
    """One mapping holds the same key twice; other tools drop the first in silence."""

    code = "PHLO-C107"

    def __init__(self, key: str, *, where: Where, first: Where) -> None:
        super().__init__(
            f"key '{key}' is written twice in one mapping",
            where=where,
            why="only one of them could win, and which one is easy to overlook",
            fix="keep one of the two lines",
            related=[Related(f"first '{key}'", first)],
        )


class BadName(ConfigError):
    """A project or service name cannot be turned into a valid container, file and host name."""

    code = "PHLO-C108"

    def __init__(self, what: str, name: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"{what} name {name!r} cannot be used",
            where=where,
            why="the name becomes part of container, file and host names",
            fix="use letters, digits, '-' and '_', such as my-lakehouse",
        )


class BadValue(ConfigError):
    """A value has the right type but is outside what its key allows."""

    code = "PHLO-C109"

    def __init__(
        self, path: str, value: object, *, wanted: str, where: Where, known: Sequence[str] = ()
    ) -> None:
        hint = did_you_mean(str(value), known)
        super().__init__(
            f"{_named(path)} cannot be {value!r}: {wanted}",
            where=where,
            path=path,
            why="the key takes only some values",
            fix=Fix(hint, edit=Edit.of(where, nearest(str(value), known)[0]))
            if hint
            else f"use {wanted}",
        )


class UnsetVariable(ConfigError):
    """A `${VARIABLE}` has neither a value nor a default.

    phlo looks in the process environment, then `.env.local`, then `.env`. Compose would go on with
    an empty text; phlo stops.
    """

    code = "PHLO-C110"

    def __init__(self, name: str, *, where: Where, path: str, message: str | None = None) -> None:
        super().__init__(
            f"variable '{name}' is not set" + (f": {message}" if message else ""),
            where=where,
            path=path,
            why="an empty value would be used in silence",
            fix=f"add {name}=... to .env, or give a default: ${{{name}:-value}}",
        )


class BadInterpolation(ConfigError):
    """A `$` or `${...}` that follows none of the forms phlo knows."""

    code = "PHLO-C111"

    def __init__(self, text: str, *, where: Where, path: str) -> None:
        super().__init__(
            f"'{text}' is not a variable reference",
            where=where,
            path=path,
            why="a '$' begins a variable, and what follows names none",
            fix="write ${NAME}, ${NAME:-default}, ${NAME-default} or ${NAME:?message}; "
            "$$ for a plain $",
        )


class RemovedButNeeded(ConfigError):
    """A null removed something a service cannot do without."""

    code = "PHLO-C112"

    def __init__(self, path: str, *, needed: str, where: Where | None) -> None:
        super().__init__(
            f"'{path}' was removed by null, but {needed}",
            where=where,
            path=path,
            why="null takes a value away, and nothing below it gives another",
            fix="take the null out, or give another value",
        )


class BadOperator(ConfigError):
    """`$replace`, `$append`, `$prepend` or `$remove` in a place that does not take it."""

    code = "PHLO-C113"

    def __init__(self, operator: str, *, problem: str, where: Where, path: str) -> None:
        super().__init__(
            f"'{operator}' {problem}",
            where=where,
            path=path,
            why="an operator in the wrong place would be taken for a value",
            fix="`$replace: true` goes into any map; `$append`, `$prepend` and `$remove` take a "
            "list and go where one is expected",
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


class DroppedPort(ConfigError):
    """A `ports` list left out a published port that another service links to (a warning)."""

    code = "PHLO-C140"

    def __init__(self, service: str, port: str, linked_by: str, *, where: Where) -> None:
        super().__init__(
            f"this list drops {port} of '{service}', linked by {linked_by}",
            where=where,
            why="a list of ports replaces the whole set",
            fix="name the port you want to change instead: ports: {NAME: HOST}, "
            f"or add {port} to the list",
        )


class ReplacedDataVolume(ConfigError):
    """A mount of yours takes the place of the volume that holds a service's data (a warning)."""

    code = "PHLO-C141"

    def __init__(self, service: str, target: str, volume: str, *, where: Where) -> None:
        super().__init__(
            f"this mount replaces the data volume '{volume}' of '{service}' at {target}",
            where=where,
            why="data already in the volume stays there, but the service will not see it",
            fix="mount it at another path, or copy the data over first",
        )


class RemovedDataVolume(ConfigError):
    """phlo.yaml takes away the volume that holds a service's data.

    The volume itself stays on this machine, but the service begins anew without it, and what it
    then writes is gone with its container.
    """

    code = "PHLO-C142"

    def __init__(self, service: str, target: str, volume: str, *, where: Where | None) -> None:
        command = "phlo services start --allow-data-loss"
        super().__init__(
            f"this takes the data volume '{volume}' away from '{service}', at {target}",
            where=where,
            why="the service would begin without its data, and lose what it writes from then on",
            fix=Fix(
                f"remove this line, and it keeps its data; or, if you mean it: {command}",
                command=command,
            ),
        )


class ReachableWithDefault(ConfigError):
    """A service can be reached from other machines, and its password is a known one (a warning).

    What a package writes as a password can be read by everybody. phlo makes secrets of its own
    where a package lets it (`type: secret`, `generate`).
    """

    code = "PHLO-C143"

    def __init__(self, service: str, credential: str, bind: str, *, where: Where | None) -> None:
        path = f"services.{service}.{credential}"
        super().__init__(
            f"'{service}' is bound to {bind}, and {credential} is the default of its package",
            where=where,
            path=path,
            why="whoever reaches this machine knows the default too",
            fix=Fix(
                f"give it one of your own in .env.local, and name it: {path}: ${{MY_SECRET}}\n"
                f"or keep it on this machine: take the `bind` out",
                command=f"phlo config explain {path}",
            ),
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


class BadEnvLine(ConfigError):
    """A line of `.env` or `.env.local` is not of the form `NAME=value`."""

    code = "PHLO-C131"

    def __init__(self, problem: str, *, where: Where) -> None:
        super().__init__(
            f"'{where.file}' has a line that sets no variable: {problem}",
            where=where,
            why="a line that is skipped would leave a setting out in silence",
            fix="write NAME=value; spaces at the ends, a # or a line break need quotes",
        )
