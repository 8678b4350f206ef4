"""Checks as YAML and SQL headers write them: `[{not_null: carrier}, {row_count: {min: 1}}]`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phlo.checks import (
    CheckOptions,
    UnnamedOptions,
    accepted_values,
    between,
    check,
    flatten,
    freshness,
    matches,
    not_null,
    reference,
    row_count,
    unique,
)
from phlo.errors.data import BadCheck
from phlo.errors.suggest import did_you_mean
from phlo.model.checks import CheckSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phlo.errors import Where


def parse(items: Any, where: Where | None) -> tuple[CheckSpec, ...]:
    """Return the checks of a list (see `phlo.checks.parse_checks`)."""
    if not isinstance(items, (list, tuple)):
        raise BadCheck(
            f"{items!r}", "it is no list", where=where, fix="write checks: [{not_null: carrier}]"
        )
    specs: list[CheckSpec] = []
    for item in items:
        try:
            found = _parse_item(item)
        except BadCheck as error:
            if where is not None:
                error.at(where)
            raise
        if where is not None:
            found = tuple(replace(spec, file=where.file, line=where.line) for spec in found)
        specs += found
    return flatten(specs)


def _parse_item(item: Any) -> tuple[CheckSpec, ...]:
    if isinstance(item, CheckSpec):
        return (item,)
    if isinstance(item, str):
        item = {item: None}
    if not isinstance(item, dict):
        raise BadCheck(repr(item), "it is no check", fix="write {not_null: carrier}")
    kind = _kind_of(item)
    first, names, build = _FORMS[kind]
    value = item[kind]
    given = dict(value) if isinstance(value, dict) else ({} if value is None else {first: value})
    beside = {key: v for key, v in item.items() if key != kind}
    _refuse_unknown(item, kind, given, (*names, *_OPTIONS))
    _refuse_unknown(item, kind, beside, _OPTIONS)
    for name in names:
        if name in _NEEDED[kind] and name not in given:
            raise BadCheck(repr(item), f"'{kind}' needs '{name}'", fix=_takes(names))
    return flatten([build(**given | beside)])


def _kind_of(item: dict[str, Any]) -> str:
    kinds = [key for key in item if key in _FORMS]
    if len(kinds) == 1:
        return kinds[0]
    if kinds:
        raise BadCheck(repr(item), "it has two kinds of check", fix="write one item for each")
    name = next((str(key) for key in item if key not in _OPTIONS), "")
    problem = f"there is no check '{name}'" if name else "it has no kind of check"
    raise BadCheck(repr(item), problem, fix=did_you_mean(name, _FORMS) or _takes(tuple(_FORMS)))


def _refuse_unknown(
    item: dict[str, Any], kind: str, given: dict[str, Any], allowed: Sequence[str]
) -> None:
    for key in given:
        if key not in allowed:
            fix = did_you_mean(str(key), allowed) or _takes(allowed)
            raise BadCheck(repr(item), f"'{kind}' takes no '{key}'", fix=fix)


def _takes(names: Sequence[str]) -> str:
    return f"it takes {', '.join(names)}"


def _columns(build: Callable[..., Any]) -> Callable[..., Any]:
    def of_list(column: str | list[str], **options: Any) -> Any:
        return build(*([column] if isinstance(column, str) else column), **options)

    return of_list


_OPTIONS = tuple(dict.fromkeys((*UnnamedOptions.__annotations__, *CheckOptions.__annotations__)))
#: Kind -> the argument that may stand alone, all arguments, and what makes the specification.
_FORMS: dict[str, tuple[str, tuple[str, ...], Callable[..., Any]]] = {
    "not_null": ("column", ("column",), _columns(not_null)),
    "unique": ("column", ("column",), _columns(unique)),
    "accepted_values": ("column", ("column", "values"), accepted_values),
    "between": ("column", ("column", "min", "max"), between),
    "row_count": ("min", ("min", "max"), row_count),
    "matches": ("column", ("column", "pattern"), matches),
    "freshness": ("column", ("column", "max_age"), freshness),
    "reference": ("column", ("column", "to"), reference),
    "sql": ("sql", ("name", "sql"), check),
}
#: What a kind cannot do without.
_NEEDED = {
    "not_null": ("column",),
    "unique": ("column",),
    "accepted_values": ("column", "values"),
    "between": ("column",),
    "row_count": (),
    "matches": ("column", "pattern"),
    "freshness": ("column", "max_age"),
    "reference": ("column", "to"),
    "sql": ("name", "sql"),
}
