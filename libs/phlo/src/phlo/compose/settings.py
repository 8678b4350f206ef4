"""The settings of a service: their values, checked, and the secrets among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.compose.capabilities import slug
from phlo.compose.source import shape
from phlo.errors import Where
from phlo.errors.config import MissingSecret, MissingSetting
from phlo.errors.values import BadValue, UnknownKey, WrongType
from phlo.model.layers import Leaf, plain
from phlo.model.stack import SecretNeed

if TYPE_CHECKING:
    from phlo.compose.draft import Draft
    from phlo.model.service import Setting

_WANTED = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "a map",
}


def settings_of(draft: Draft, service: str, secrets: list[SecretNeed]) -> dict[str, Any]:
    """Return a service's settings; a secret's value is a reference, and a need of its own.

    A null gives the package's default back: a setting always has a value.
    """
    declared = draft.definitions[service].settings
    if not declared and draft.definitions[service].from_project:
        node = draft.at(service, "settings")
        return plain(node) if isinstance(node, dict) else {}
    _check_names(draft, service)
    values: dict[str, Any] = {}
    for name, setting in declared.items():
        if setting.is_secret:
            need = _secret(draft, service, setting)
            secrets += [need] if need else []
            values[name] = need.reference if need else ""
        else:
            values[name] = _value(draft, service, setting)
    return values


def text_of(value: Any) -> str:
    """Return a setting's value as a variable holds it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        import json

        return json.dumps(value)
    return str(value)


def _check_names(draft: Draft, service: str) -> None:
    declared = draft.definitions[service].settings
    for name, node in draft.entries(service, "settings"):
        if name not in declared:
            where = draft.where(service, "settings", name) or Where("phlo.yaml")
            path = f"services.{service}.settings.{name}"
            scope = f"the settings of '{service}'"
            error = UnknownKey(name, scope=scope, known=declared, where=where, path=path)
            draft.errors.append(error)
        del node


def _value(draft: Draft, service: str, setting: Setting) -> Any:
    node = draft.at(service, "settings", setting.name)
    said = None if node is None else plain(node)
    if said is None:
        if setting.is_required and setting.default is None:
            draft.errors.append(MissingSetting(service, setting.name, where=setting.where))
        return setting.default
    where = draft.where(service, "settings", setting.name) or Where("phlo.yaml")
    path = f"services.{service}.settings.{setting.name}"
    value = _typed(setting.type, said)
    if value is None:
        wanted = _WANTED.get(setting.type, "a text")
        draft.errors.append(WrongType(path, wanted=wanted, got=shape(said), where=where))
    elif setting.choices and str(value) not in setting.choices:
        wanted = f"one of {', '.join(setting.choices)}"
        known = setting.choices
        draft.errors.append(BadValue(path, value, wanted=wanted, where=where, known=known))
    return value


def _typed(kind: str, value: Any) -> Any:
    """Return a value as its setting's type, from a text too, as variables are; None: it is not."""
    if kind == "string":
        return None if isinstance(value, list | dict) else text_of(value)
    if kind == "boolean":
        text = value if isinstance(value, bool) else {"true": True, "false": False}.get(value)
        return text if isinstance(text, bool) else None
    if kind in ("list", "map"):
        return value if isinstance(value, list if kind == "list" else dict) else None
    return _number(kind, value)


def _number(kind: str, value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value) if kind == "integer" else float(value)
    except (ValueError, OverflowError):
        return None


def _secret(draft: Draft, service: str, setting: Setting) -> SecretNeed | None:
    """Return the need of a secret; None where it may be left out, and is."""
    name = f"{slug(service)}_{slug(setting.name)}"
    leaf = draft.at(service, "settings", setting.name)
    if leaf is None and draft.definitions[service].from_project:  # an external one's properties
        leaf = draft.at(service, "properties", setting.name)
    given = leaf.value if isinstance(leaf, Leaf) else None
    origin = leaf.origin if isinstance(leaf, Leaf) and given is not None else None
    if given is None and setting.length is None and name not in draft.machine.secrets:
        if not setting.is_required:
            return None
        variable = setting.env or f"PHLO_SET__services__{service}__settings__{setting.name}"
        draft.errors.append(MissingSecret(service, setting.name, variable, where=setting.where))
    text = None if given is None else str(given)
    return SecretNeed(name, service, setting.name, setting.length, text, origin, setting.is_kept)
