"""Layers 7 and 8: what the environment and the command line say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.compose.canonical import canonical_project
from phlo.compose.capabilities import slug
from phlo.errors import PhloError, Where
from phlo.errors.config import BadOption
from phlo.model.yaml_text import Span, YamlDocument, parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.model.layers import KeyPath, Layer
    from phlo.model.options import Options, Variable
    from phlo.model.service import ServiceDefinition

ENVIRONMENT = "environment"
COMMAND_LINE = "command line"
_SET = "PHLO_SET__"


def outside_layers(
    variables: Mapping[str, Variable],
    options: Options,
    definitions: Mapping[str, ServiceDefinition],
    errors: list[PhloError],
) -> Iterator[Layer]:
    """Yield the layers of the variables, then those of the options, each laid over the last.

    Only variables that something declares count: a setting's own, `<SERVICE>_PORT`,
    `PHLO_PORT_<SERVICE>_<PORT>` and `PHLO_SET__…`.
    """
    declared = dict(_declared(definitions, inside="PHLO_SERVICE" in variables))
    for name, variable in sorted(variables.items()):
        path = declared.get(name) or _set_path(name, definitions)
        if path:
            document = _document(variable.value, path, variable.where or Where(name))
            yield _layer(document, f"{ENVIRONMENT}: {name}", definitions, errors)
    for document in _options(options, definitions, errors):
        yield _layer(document, COMMAND_LINE, definitions, errors)


def _layer(
    document: YamlDocument,
    name: str,
    definitions: Mapping[str, ServiceDefinition],
    errors: list[PhloError],
) -> Layer:
    layer, wrong = canonical_project(document, name, definitions)
    errors += wrong
    return layer


def _declared(
    definitions: Mapping[str, ServiceDefinition], *, inside: bool
) -> Iterator[tuple[str, KeyPath]]:
    """Yield each variable that sets something, and the path it sets.

    Inside a service there are none: there `<PROVIDER>_PORT` is where a provider answers.
    """
    for service in definitions.values() if not inside else ():
        base, prefix = ("services", service.name), slug(service.name)
        if service.primary_port:
            yield f"{prefix}_PORT", (*base, "port")
            yield f"PHLO_PORT_{prefix}", (*base, "port")
        for port in service.ports:
            yield f"PHLO_PORT_{prefix}_{slug(port)}", (*base, "ports", port)
        for setting in service.settings.values():
            if setting.env and not service.from_project:  # of an instance it is the base's
                yield setting.env, (*base, "settings", setting.name)


def _set_path(name: str, definitions: Mapping[str, ServiceDefinition]) -> KeyPath | None:
    """Return the path of `PHLO_SET__services__phlo_api__port`; variables cannot hold a `-`."""
    if not name.startswith(_SET) or not name[len(_SET) :]:
        return None
    parts = name[len(_SET) :].split("__")
    if parts[0] == "services" and len(parts) > 1 and parts[1] not in definitions:
        same = (d for d in definitions if slug(d) == slug(parts[1]))
        parts[1] = next(same, parts[1])
    return tuple(parts)


def _document(text: str, path: KeyPath, where: Where) -> YamlDocument:
    """Return a document that holds one value, whose place is a line of another file, or none."""
    try:
        parsed = parse_yaml(text, where.file)
    except PhloError:  # a password such as `*x` is no YAML, but a text all the same
        parsed = YamlDocument(where.file, text, texts={(): text})
    data: Any = text if text == "" else parsed.data
    line, column = where.line or 0, where.column or 1
    end = where.end_column or column
    span = Span(line, column, end, line, column, line, end)
    lines = ("",) * (line - 1) + (where.source or "",) if line else ()
    spans: dict[KeyPath, Span] = {(): span} if line else {}
    return YamlDocument(where.file, data, spans, parsed.texts, lines).under(path)


def _options(
    options: Options, definitions: Mapping[str, ServiceDefinition], errors: list[PhloError]
) -> Iterator[YamlDocument]:
    for option in options.sets:
        path, equals, value = option.partition("=")
        keys = tuple(path.strip().split("."))
        if not equals or not all(keys):
            wanted = "PATH=VALUE, such as services.trino.port=8081"
            errors.append(BadOption("--set", option, wanted=wanted))
        else:
            yield _document(value, keys, Where(f"--set {path}"))
    for option in options.ports:
        name, equals, value = option.partition("=")
        service, _, port = name.partition(".")
        if not equals or not service or not value.isascii() or not value.isdigit():
            wanted = "SERVICE=NUMBER or SERVICE.PORT=NUMBER"
            errors.append(BadOption("--port", option, wanted=wanted))
        else:
            keys = ("services", service, *(("ports", port) if port else ("port",)))
            yield _document(value, keys, Where(f"--port {name}"))
