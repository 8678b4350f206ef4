"""A project's containers as a folder that needs no phlo: a Compose file and all that it mounts."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.container import escaped, has_reference, runs_steps
from phlo.compose.docker import compose_yaml
from phlo.compose.render import render
from phlo.compose.resolve import compose_stack
from phlo.config.env_file import read_variables
from phlo.config.project_file import read_documents
from phlo.errors.export import NothingToExport, OutputNotEmpty
from phlo.errors.state import FolderUnwritable
from phlo.model.options import nobody
from phlo.pipeline import text_of
from phlo.plugins.registry import load_services
from phlo.runtime.machine import look_around
from phlo.runtime.secrets import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.model.options import Options
    from phlo.model.stack import Rendered, Stack

_ENV_HEAD = "# The values that compose.yaml refers to; fill in those that are empty.\n"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    folder: Path
    services: tuple[str, ...]
    left_out: Mapping[str, str]
    """Services that no container image runs -> why."""
    secrets: tuple[str, ...]
    """The names in `.env` that have no value."""


def export_compose(
    root: Path,
    output: Path,
    options: Options,
    environ: Mapping[str, str],
    *,
    with_secrets: bool = False,
    is_forced: bool = False,
) -> Exported:
    """Write a folder from which `docker compose up` runs the project's containers.

    Args:
        root: The project's folder.
        output: The folder; made if it is not there.
        options: What the command asks for.
        environ: The process environment.
        with_secrets: Write the values of secrets, too, for their owner alone to read.
        is_forced: Replace what the folder holds.

    Raises:
        NothingToExport: No service comes as a container image.
        OutputNotEmpty: The folder holds something.
        FolderUnwritable: It cannot be written.
    """
    if output.exists() and any(output.iterdir()) and not is_forced:
        raise OutputNotEmpty(str(output))
    # No engine is asked and no port is taken: it runs elsewhere.
    machine = replace(look_around(root, environ), docker=True, taken=nobody)
    stack = compose_stack(
        read_documents(root, options.env), load_services(), replace(options, runtime="docker"),
        read_variables(root, environ), machine,
    )  # fmt: skip
    stack = _without_steps(stack)
    rendered = render(stack, text_of, stack.project.slug)
    if rendered.compose is None:
        raise NothingToExport(stack.skipped)
    try:
        return _written(root, output, stack, rendered, with_secrets=with_secrets)
    except OSError as error:
        raise FolderUnwritable(str(output), error.strerror or str(error)) from error


def _without_steps(stack: Stack) -> Stack:
    """Return the stack without what runs the project's steps: that needs the project and phlo."""
    gone = {name for name in stack.services if runs_steps(stack, name)}
    kept = {name: one for name, one in stack.services.items() if name not in gone}
    why = dict.fromkeys(sorted(gone), "it runs the project's steps, for which phlo is needed")
    return replace(stack, services=kept, skipped={**stack.skipped, **why})


def _written(
    root: Path, output: Path, stack: Stack, rendered: Rendered, *, with_secrets: bool
) -> Exported:
    import yaml

    assert rendered.compose is not None, "the caller saw to it"
    content: dict[str, Any] = yaml.safe_load(rendered.compose)
    output.mkdir(parents=True, exist_ok=True)
    # What holds a secret is filled in by Compose, from `.env`, and is no file.
    open_files = {str(root / p): f.text for p, f in rendered.files.items() if has_reference(f.text)}
    for path, file in rendered.files.items():
        if str(root / path) not in open_files:
            _write(output / _inside(root / path, root), file.text, 0o644)
    for name, service in content["services"].items():
        if configs := _configs(name, service, open_files):
            content["configs"] = {**content.get("configs", {}), **configs}
        service.pop("develop", None)  # it follows sources of this machine
        _relocate(service, root, output)
    _forget_this_machine(content)
    head = rendered.compose.partition("name:")[0]
    _write(output / "compose.yaml", head + compose_yaml(content), 0o644)
    texts = [rendered.compose, *open_files.values()]
    empty = _write_values(root, output, stack, "".join(texts), with_secrets=with_secrets)
    names = tuple(content["services"])
    others = {n: f"it runs {s.runtime}" for n, s in stack.services.items() if n not in names}
    return Exported(output, names, {**stack.skipped, **others}, empty)


def _configs(name: str, service: dict[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """Return a service's files that hold secrets as configs of Compose, in place of mounts."""
    found: dict[str, Any] = {}
    for mount in service.get("volumes", ()):
        if mount.get("source") in files:
            target = mount["target"]
            key = re.sub(r"[^a-zA-Z0-9_.-]", "-", f"{name}{target}")
            found[key] = {"content": escaped(files[mount["source"]])}
            service.setdefault("configs", []).append({"source": key, "target": target})
    if found:
        service["volumes"] = [m for m in service["volumes"] if m.get("source") not in files]
    return found


def _forget_this_machine(content: dict[str, Any]) -> None:
    """Take out the labels by which phlo finds what is its own: phlo does not look after these."""
    volumes, networks = content.get("volumes", {}), content.get("networks", {})
    for part in (*content["services"].values(), *volumes.values(), *networks.values()):
        labels = {k: v for k, v in part.pop("labels", {}).items() if not k.startswith("phlo.")}
        if labels:
            part["labels"] = labels


def _relocate(service: dict[str, Any], root: Path, output: Path) -> None:
    """Copy what a service mounts or is built from, and point at the copy."""
    for mount in service.get("volumes", ()):
        if mount.get("type") == "bind":
            mount["source"] = _copied(mount["source"], root, output)
    build = service.get("build")
    if isinstance(build, dict) and build.get("context"):
        build["context"] = _copied(build["context"], root, output)


def _copied(source: str, root: Path, output: Path) -> str:
    inside = _inside(Path(source), root)
    target = output / inside
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        if Path(source).is_dir():
            shutil.copytree(source, target, symlinks=True)
        elif Path(source).is_file():
            shutil.copy2(source, target)
    return f"./{inside}"


def _inside(path: Path, root: Path) -> str:
    """Return where a file of this machine is in the export."""
    if path.is_relative_to(root):
        return str(path.relative_to(root)).removeprefix(".phlo/")
    mark = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    return f"packages/{path.name}-{mark}"


def _write_values(
    root: Path, output: Path, stack: Stack, text: str, *, with_secrets: bool
) -> tuple[str, ...]:
    """Write `.env`, and return the names in it that have no value."""
    kept = read(root).values if with_secrets else {}
    given = {n.name: n.given for n in stack.secrets if n.given is not None and with_secrets}
    names = sorted({n.name for n in stack.secrets if n.reference in text})
    if not names:
        return ()
    values = {name: {**kept, **given}.get(name, "") for name in names}
    lines = [f"PHLO_SECRET_{name}={value}\n" for name, value in values.items()]
    _write(output / ".env", _ENV_HEAD + "".join(lines), 0o600)
    return tuple(name for name, value in values.items() if not value)


def _write(file: Path, text: str, mode: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Closed before it holds anything.
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as opened:
        opened.write(text)
