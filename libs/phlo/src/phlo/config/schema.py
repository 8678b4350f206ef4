"""The JSON Schema of phlo.yaml for editors, from the table of keys and the installed services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.compose.fields import PROJECT_FIELDS, SERVICE_FIELDS, TABLES, Field, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.model.service import ServiceDefinition, Setting

_TEXT: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": ["string", "number", "boolean"]}}
_VARIABLE = {"type": "string", "pattern": r"\$\{"}
_SETTINGS = {"string": _TEXT, "secret": _TEXT, "integer": {"type": "integer"},
             "number": {"type": "number"}, "boolean": {"type": "boolean"},
             "list": {"type": "array"}, "map": {"type": "object"}}  # fmt: skip

#: The plain kinds; a variable may stand for each of them.
_PLAIN: dict[Kind, dict[str, Any]] = {
    Kind.BOOL: {"type": "boolean"},
    Kind.INT: {"type": "integer"},
    Kind.PORT: {"type": "integer", "minimum": 1, "maximum": 65535},
    Kind.DURATION: {"type": ["string", "number"]},
    Kind.SIZE: {"type": ["string", "number"]},
    Kind.MODE: {"type": ["string", "number"]},
    Kind.NAME: {"type": ["string", "number"]},
    Kind.TEXT: _TEXT,
}


def project_schema(definitions: Mapping[str, ServiceDefinition]) -> dict[str, Any]:
    """Return the schema of a phlo.yaml in which the installed services can be completed."""
    service = _map(SERVICE_FIELDS)
    services = {
        name: {"allOf": [{"$ref": "#/$defs/service"}], "description": definition.description,
               "properties": {"settings": _settings(definition)}}
        for name, definition in sorted(definitions.items())
    }  # fmt: skip
    schema = _map(PROJECT_FIELDS)
    schema["properties"]["services"] = {
        "type": ["object", "null"], "properties": services,
        "additionalProperties": {"$ref": "#/$defs/service"},
    }  # fmt: skip
    schema["properties"]["environments"] = {
        "type": ["object", "null"], "additionalProperties": {"$ref": "#"},
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "phlo.yaml",
        **schema,
        "$defs": {"service": {**service, "type": ["object", "null"]}},
    }


def _settings(definition: ServiceDefinition) -> dict[str, Any]:
    properties = {name: _setting(setting) for name, setting in definition.settings.items()}
    return {"type": ["object", "null"], "properties": properties}


def _setting(setting: Setting) -> dict[str, Any]:
    form: dict[str, Any] = {"anyOf": [_SETTINGS[setting.type], _VARIABLE, {"type": "null"}]}
    form |= {"description": setting.description} if setting.description else {}
    if setting.choices:
        form["enum"] = [*setting.choices, None]
    return form | ({"default": setting.default} if setting.default is not None else {})


def _map(fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the schema of a map of known keys; `x-` keys are free."""
    return {
        "type": "object",
        "properties": {key: _field(field) for key, field in fields.items()},
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }


def _field(field: Field) -> dict[str, Any]:
    form = _form(field)
    if field.choices:
        form = {"enum": [*field.choices, None]}
    return {**form, "description": field.doc}


def _form(field: Field) -> dict[str, Any]:
    if field.kind in _PLAIN:
        return {"anyOf": [_PLAIN[field.kind], _VARIABLE, {"type": "null"}]}
    inner: dict[str, Any] = (
        _map(TABLES[field.inner]) if field.inner else {"type": "object", "properties": {}}
    )
    inner["properties"]["$replace"] = {"const": True}
    by_name = {"type": "object", "additionalProperties": {"anyOf": [inner, *_short(field.kind)]}}
    forms: dict[Kind, list[dict[str, Any]]] = {
        Kind.LIST: [_TEXTS, {"type": "object"}],
        Kind.COMMAND: [_TEXTS, {"type": "string"}],
        Kind.COMMANDS: [{"type": "array", "items": _TEXTS}],
        Kind.TEXT_MAP: [_TEXTS, {"type": "object", "additionalProperties": _TEXT}],
        Kind.RECORDS: [{"type": "array", "items": inner}, {"type": "string"}, inner],
        Kind.BUILD: [inner, {"type": "string"}],
        Kind.READY: [inner, {"const": "started"}],
        Kind.PROGRAM: [inner, {"const": "self"}],
        Kind.PORTS: [by_name, {"type": "array"}],
        Kind.VOLUMES: [by_name, _TEXTS],
        Kind.DEPENDS: [by_name, _TEXTS],
        Kind.FILES: [by_name, {"type": "array"}],
        Kind.WATCH: [by_name, {"type": "array"}],
        Kind.PROCESSES: [by_name],
    }
    return {"anyOf": [*forms.get(field.kind, [inner]), {"type": "null"}]}


def _short(kind: Kind) -> list[dict[str, Any]]:
    """Return what may stand for a map of an entry: a port's number, a mount's source, a null."""
    shorts = {Kind.PORTS: _PLAIN[Kind.PORT], Kind.VOLUMES: {"type": "string"}}
    return [{"type": "null"}, {"const": True}, *([shorts[kind]] if kind in shorts else [])]
