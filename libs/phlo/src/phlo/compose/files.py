"""Step 5b, render: the configuration files of services, from templates or texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.compose.interpolate import SECRET_PREFIX
from phlo.compose.layers import is_package
from phlo.errors import PhloError, Where
from phlo.errors.config import UnreadableFile
from phlo.errors.wiring import TemplateFailed
from phlo.model.layers import Leaf, Tree, plain
from phlo.model.stack import RenderedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phlo.model.stack import ResolvedService, Stack

    Read = Callable[[str], str]
    """Returns the text of a file by its path."""


def rendered_files(
    stack: Stack, read: Read, errors: list[PhloError]
) -> Iterator[tuple[str, RenderedFile]]:
    """Yield each configuration file with its path, relative to the project's folder.

    A local process finds it in its home (`{home}/etc/x` for `dest: /etc/x`), a container where
    `dest` says. Secrets stay references, and a file that has one is for its owner alone.
    """
    for service in stack.services.values():
        node = stack.layered.at(("services", service.name, "files"))
        for dest, one in sorted(node.items()) if isinstance(node, dict) else ():
            if isinstance(one, dict) and plain(one):
                try:
                    text = _text(stack, service, one, read)
                except PhloError as error:
                    errors.append(error)
                else:
                    yield _path(service, dest), RenderedFile(text, _mode(service, one, text))


def _path(service: ResolvedService, dest: str) -> str:
    place = "native" if service.runtime == "native" else "config"
    parts = [part for part in dest.split("/") if part not in ("", ".", "..")]
    return "/".join((".phlo", place, service.name, *parts))


def _mode(service: ResolvedService, one: Tree, text: str) -> int:
    said = plain(one).get("mode")
    if said:
        return int(str(said), 8)
    if service.runtime == "docker":  # its reader has an id of its own; the folder is closed
        return 0o644
    return 0o600 if f"${{{SECRET_PREFIX}" in text else 0o644


def _text(stack: Stack, service: ResolvedService, one: Tree, read: Read) -> str:
    leaf = one.get("template")
    if not isinstance(leaf, Leaf) or leaf.value is None:
        return str(plain(one).get("content", ""))
    folder = service.definition.package.folder if is_package(leaf) else stack.root
    name = f"{folder}/{leaf.value}"
    try:
        source = read(name)
    except (OSError, UnicodeDecodeError) as error:
        where = leaf.origin.where or Where(name)
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(
            where, f"its template {name}: {reason}", fix=f"write {name}"
        ) from error
    return fill_template(source, name, variables_of(stack, service))


def variables_of(stack: Stack, service: ResolvedService) -> dict[str, Any]:
    """Return what a template may use: the roles, and what the service is and has."""
    whose = service.parent or service
    values: dict[str, Any] = {r.role: None for r in whose.definition.requires}
    values |= {binding.role: dict(binding.properties) for binding in whose.bindings}
    return values | {
        "service": service.name,
        "project": stack.project.slug,
        "settings": dict(whose.settings) | dict(service.settings),
        "ports": _ports(service),
        "parent": {"name": whose.name, "ports": _ports(whose)} if service.parent else None,
        "environment": {key: leaf.value for key, leaf in service.environment.items()},
        "runtime": service.runtime,
        "consumers": consumers_of(stack, service.name),
        "home": f"{stack.root}/.phlo/native/{service.name}",
        "root": stack.root,
        "resources": _resources(stack, service.name),
    }


def _ports(service: ResolvedService) -> dict[str, int | None]:
    is_native = service.runtime == "native"
    return {p.name: p.host if is_native else p.container for p in service.ports.values()}


def _resources(stack: Stack, service: str) -> dict[str, Any]:
    said = stack.layered.value(("services", service, "resources")) or {}
    return {"memory": said.get("memory"), "cpus": said.get("cpus")}


def consumers_of(stack: Stack, service: str) -> list[dict[str, Any]]:
    """Return those for whom a service makes something of their own, and what each is told."""
    return [
        {"name": one.consumer, "role": one.role, "params": dict(one.required.params),
         **one.properties}
        for one in stack.bindings
        if one.provider == service and one.is_provisioned
    ]  # fmt: skip


def fill_template(source: str, name: str, variables: dict[str, Any]) -> str:
    """Return a template's text; it can reach nothing but the variables.

    Raises:
        TemplateFailed: It is no template, or names what is not there (PHLO-W212).
    """
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    world = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    try:
        return world.from_string(source).render(variables)
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", None) or _line_of(error)
        lines = source.splitlines()
        shown = lines[line - 1] if line and line <= len(lines) else None
        where = Where(name, line, source=shown)
        raise TemplateFailed(str(error), sorted(variables), where=where) from error


def _line_of(error: BaseException) -> int | None:
    """Return the line of the template that failed, which jinja2 puts into the traceback."""
    step, line = error.__traceback__, None
    while step is not None:
        if step.tb_frame.f_code.co_filename == "<template>":
            line = step.tb_lineno
        step = step.tb_next
    return line
