"""PHLO-C1xx: the values in phlo.yaml, and the variables that take part in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Edit, Fix, Related, with_label
from phlo.errors.config import ConfigError
from phlo.errors.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import Where


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
