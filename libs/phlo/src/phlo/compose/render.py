"""Step 5, render: a stack as texts and programs; one function for each runtime."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.compose.docker import compose_text, containers
from phlo.compose.files import rendered_files
from phlo.compose.native import Recipe, program_name, programs_of
from phlo.compose.wire import scope_of
from phlo.errors import raise_all
from phlo.model.layers import plain
from phlo.model.native import PROGRAM_FOLDER
from phlo.model.service import ServiceKind
from phlo.model.stack import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from phlo.errors import PhloError
    from phlo.model.native import NativeProgram
    from phlo.model.stack import RenderedFile, ResolvedService, Stack


def nothing(path: str) -> str:
    """Return no text of any file: for stacks without templates."""
    raise FileNotFoundError(2, "No such file or directory", path)


def render(
    stack: Stack,
    read: Callable[[str], str] = nothing,
    name: str | None = None,
    digests: Mapping[str, str] | None = None,
) -> Rendered:
    """Return what the runtimes are told; secrets stay references.

    Args:
        stack: The stack.
        read: Returns the text of a template by its path.
        name: What containers are named by; else the project's name.
        digests: Service -> the digest of its image, where it is known.

    Raises:
        PhloError: A recipe or a template names what is not there.
    """
    errors: list[PhloError] = []
    files = dict(rendered_files(stack, read, errors))
    native = tuple(
        replace(program, files=_texts(program.service, files))
        for program in native_programs(stack, errors)
    )
    text = compose_text(stack, name or stack.project.slug, files, errors, digests or {})
    raise_all(errors)
    return Rendered(native, files, text, containers(stack, digests))


def _texts(service: str, files: Mapping[str, RenderedFile]) -> str:
    """Return the configuration files of a local process as one text."""
    own = f".phlo/native/{service}/"
    return "\0".join(file.text for path, file in sorted(files.items()) if path.startswith(own))


def native_programs(stack: Stack, errors: list[PhloError]) -> Iterator[NativeProgram]:
    """Yield the local processes of a stack, in start order."""
    recipes = {
        service.name: _recipe(stack, service, errors)
        for service in stack.services.values()
        if service.runtime == "native"
    }
    for name, recipe in recipes.items():
        needs = tuple(
            program_name(needed, process, processes)
            for needed in stack.services[name].depends_on
            if needed in recipes and not _starts_beside(stack.services[name], needed)
            for processes in [recipes[needed].values.get("processes") or {}]
            for process in processes
        )
        yield from programs_of(recipe, needs)


def _starts_beside(service: ResolvedService, needed: str) -> bool:
    """Tell whether a service is a companion of the one it needs, which need not answer before."""
    is_companion = service.definition.kind is not ServiceKind.JOB
    return is_companion and service.parent is not None and service.parent.name == needed


def _recipe(stack: Stack, service: ResolvedService, errors: list[PhloError]) -> Recipe:
    node = stack.layered.at(("services", service.name, "native"))
    values: Mapping[str, Any] = plain(node) if isinstance(node, dict) else {}
    primary = service.primary
    # A job works in what its service has; a companion has a home of its own.
    is_job = service.definition.kind is ServiceKind.JOB
    whose = (service.parent or service) if is_job else service
    own = {
        "python": stack.python,
        "home": f"{stack.root}/.phlo/native/{whose.name}",
        "program": PROGRAM_FOLDER,
        "package": service.definition.package.folder,
        "bind": primary.bind if primary else "127.0.0.1",
    }
    return Recipe(stack, service, values, scope_of(service).also(own), errors)
