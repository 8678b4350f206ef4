"""What the conformance kit asks of a package's definition: each question one function."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.render import render
from phlo.compose.resolve import compose_stack
from phlo.errors import PhloError
from phlo.model.layers import leaves, plain
from phlo.model.options import Options
from phlo.model.service import Installed, ServiceKind
from phlo.model.yaml_text import parse_yaml
from phlo.testing.composing import MACHINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.model.service import Required, ServiceDefinition

#: Costs every command that only looks for the class; imported inside its functions instead.
HEAVY = frozenset({
    "airflow", "alembic", "botocore", "boto3", "dagster", "docker", "duckdb", "fastapi", "httpx",
    "jinja2", "numpy", "pandas", "polars", "prefect", "psycopg", "psycopg2", "pyarrow", "pydantic",
    "pyiceberg", "pymysql", "requests", "rich", "ruamel", "sqlalchemy", "sqlglot", "starlette",
    "supervisor", "trino", "uvicorn", "yaml",
})  # fmt: skip

#: What a stand-in tells its consumers, whatever it stands for.
_PROPERTIES = {
    "url": "http://stand-in:1", "host": "stand-in", "port": "1", "scheme": "http",
    "user": "stand-in", "password": "stand-in", "database": "stand-in", "region": "stand-in",
    "bucket": "stand-in", "endpoint": "http://stand-in:1", "path": "/", "path_style": "true",
    "jdbc_url": "jdbc:stand-in", "dsn": "stand-in://", "prefix": "stand-in",
}  # fmt: skip

_SECRET_NAME = re.compile(r"(?i)(?:password|passwd|secret|token|api[_.-]?key|access[_.-]?key)$")
_SECRET_LINE = re.compile(r"^\s*[\"']?([\w.-]+)[\"']?\s*[:=]\s*(.+?)\s*$")
#: A reference, also as a URN, a switch, a path, nothing: no secret.
_NO_SECRET = re.compile(r"[{$]|^urn:|^/|^(?:true|false|none|null|\d{1,5})?$", re.IGNORECASE)


def runtimes(definition: ServiceDefinition) -> tuple[str | None, ...]:
    """Return the runtimes that a service can run in; None: it runs in neither."""
    tree = definition.tree
    able = [("native", "native" in tree), ("docker", bool({"image", "build"} & set(tree)))]
    return tuple(name for name, can in able if can) or (None,)


def faults_when_rendered(
    definition: ServiceDefinition, *, with_optional: bool = False, dev: bool = False
) -> list[str]:
    """Return what stands against a stack of this service and stand-ins for what it needs."""
    faults = []
    for runtime in runtimes(definition):
        said = _project(definition, with_optional=with_optional, dev=dev)
        options = Options(runtime=runtime)
        try:
            stack = compose_stack(
                [parse_yaml(json.dumps(said), "phlo.yaml")],
                Installed({definition.name: definition}), options, {}, MACHINE,
            )  # fmt: skip
            render(stack, _read)
        except PhloError as error:
            where = f"as {runtime}: " if runtime else ""
            faults += [f"{where}{d.code} {d.message} ({d.where})" for d in error.diagnostics()]
    return faults


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _project(definition: ServiceDefinition, *, with_optional: bool, dev: bool) -> dict[str, Any]:
    name = definition.name
    given = {
        setting.name: "stand-in"
        for setting in definition.settings.values()
        if setting.is_required and setting.length is None and setting.default is None
    }
    services: dict[str, Any] = {name: {"enabled": True, **({"settings": given} if given else {})}}
    for need in definition.requires:
        if with_optional or not need.optional:
            services[f"stand-in-{need.role.replace('_', '-')}"] = _stand_in(need)
    return {"name": "conformance", "services": services, "dev": [name] if dev else []}


def _stand_in(need: Required) -> dict[str, Any]:
    capability = need.capability.removesuffix("/*")
    return {
        "type": "external",
        "provides": [{"capability": capability, "priority": 100, "properties": _PROPERTIES}],
    }


def missing_files(definition: ServiceDefinition) -> list[str]:
    """Return what a definition names and its package does not have."""
    folder = Path(definition.package.folder)
    named = dict(_named(definition))
    return [
        f"{key}: {path}" for key, path in named.items()
        if not Path(path).is_absolute() and not (folder / path).exists()
    ]  # fmt: skip


def _named(definition: ServiceDefinition) -> Iterator[tuple[str, str]]:
    """Yield each path of a definition that starts from the package's folder."""
    tree = plain(definition.tree)
    for dest, one in (tree.get("files") or {}).items():
        if one.get("template"):
            yield f"files.{dest}", one["template"]
    if venv := ((tree.get("native") or {}).get("program") or {}).get("venv"):
        yield "native.program.venv", venv
    if build := tree.get("build"):
        context = build.get("context", ".")
        yield "build.context", context
        if not build.get("dockerfile_inline"):
            yield "build.dockerfile", f"{context}/{build.get('dockerfile', 'Dockerfile')}"
    for target, one in (tree.get("volumes") or {}).items():
        if str(one.get("source", "")).startswith("."):
            yield f"volumes.{target}", one["source"]
    for layer in (tree, *(plain(mode) for mode in definition.modes.values())):
        for path in layer.get("watch") or ():
            yield f"watch.{path}", path


def written_secrets(definition: ServiceDefinition) -> list[str]:
    """Return the places at which a secret stands as a plain text, the text itself left out."""
    trees = {**{f"jobs.{key}.": tree for key, tree in definition.jobs.items()}, "": definition.tree}
    named = (
        (before + ".".join(path), str(path[-1]), str(leaf.value))
        for before, tree in trees.items()
        for path, leaf in leaves(tree)
        if leaf.value is not None and path[0] != "settings" and "command" not in path
    )
    found = [path for path, name, value in named if is_secret(name, value)]
    for provided in definition.provides:
        found += [
            f"provides.{provided.capability}.{name}"
            for name, value in {**provided.properties, **provided.exports}.items()
            if is_secret(name, value)
        ]
    return [*found, *_secrets_in_files(definition)]


def _secrets_in_files(definition: ServiceDefinition) -> Iterator[str]:
    files: Mapping[str, Any] = plain(definition.tree).get("files") or {}
    for dest, one in files.items():
        template = Path(definition.package.folder) / str(one.get("template"))
        text = one.get("content") or (_read(str(template)) if template.is_file() else "")
        for number, line in enumerate(text.splitlines(), 1):
            said = _SECRET_LINE.match(line)
            if said and is_secret(said[1], said[2].strip("\"'")):
                yield f"files.{dest}:{number}"


def is_secret(name: str, value: str) -> bool:
    """Tell whether a value is called as secrets are, and is one itself."""
    return bool(_SECRET_NAME.search(name)) and not _NO_SECRET.search(value.strip())


def unsaid(definition: ServiceDefinition, readme: str) -> list[str]:
    """Return the ports and variables of a service that a README does not name."""
    ports = [str(port.host or port.container) for port in definition.ports.values()]
    variables = [s.env for s in definition.settings.values() if s.env]
    return [word for word in [*ports, *variables] if not re.search(rf"\b{word}\b", readme)]


def has_nothing_to_run(definition: ServiceDefinition) -> bool:
    """Tell whether a service is no process of its own."""
    return definition.kind in (ServiceKind.EMBEDDED, ServiceKind.EXTERNAL)
