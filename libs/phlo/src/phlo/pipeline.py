"""The flow of phlo: discover -> load -> merge -> resolve -> render -> run. Read this first.

Composing is imported at once; each verb that acts imports what acts, since most commands only read.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.compose.resolve import compose_stack
from phlo.config.env_file import read_variables
from phlo.config.project_file import index_of, read_documents
from phlo.errors import PhloError
from phlo.model.prepared import Prepared
from phlo.plugins.registry import load_services
from phlo.runtime.dev import recalled
from phlo.runtime.machine import look_around
from phlo.runtime.progress import ignore
from phlo.runtime.started import as_started, remember_start

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from pathlib import Path

    from phlo.compose.diff import Change
    from phlo.locking import Fetch
    from phlo.model.options import Options
    from phlo.model.stack import Rendered, RenderedFile, Stack
    from phlo.model.status import ProjectStatus
    from phlo.runtime.mixed import Runtimes
    from phlo.runtime.progress import OnProgress


def compose(
    root: Path,
    options: Options,
    environ: Mapping[str, str],
    *,
    is_engine_assumed: bool = False,
    free: Container[int] = (),
) -> Stack:
    """Return what a project's packages and files make; nothing is written.

    Args:
        root: The project's folder.
        options: What the command asks for.
        environ: The process environment.
        is_engine_assumed: Compose as if a container engine answered.
        free: Ports that are taken for free, whoever has them.

    Raises:
        PhloError: What is wrong; several faults come as a group.
    """
    options = recalled(root, options)  # what was said of development before
    documents = read_documents(root, options.env)  # what the person wrote
    installed = load_services(index=index_of(root, documents))  # what the packages say
    variables = read_variables(root, environ)
    machine = look_around(root, environ)
    holder = machine.taken
    machine = replace(
        machine,
        docker=machine.docker or is_engine_assumed,
        taken=lambda port: None if port in free else holder(port),
    )
    return compose_stack(documents, installed, options, variables, machine)


def look(
    root: Path, options: Options, environ: Mapping[str, str], *, is_engine_assumed: bool = False
) -> Stack:
    """Return what `compose` does, also where another program has a port that somebody wrote.

    That is no fault of the configuration, which people look at when a start is refused; it comes
    as a warning.

    Args:
        root: The project's folder.
        options: What the command asks for.
        environ: The process environment.
        is_engine_assumed: Compose as if a container engine answered.

    Raises:
        PhloError: What is wrong; several faults come as a group.
    """
    from phlo.errors.state import PortInUse

    try:
        return compose(root, options, environ, is_engine_assumed=is_engine_assumed)
    except PhloError as error:
        taken = [one for one in error.diagnostics() if isinstance(one, PortInUse)]
        if len(taken) != len(error.diagnostics()):
            raise
    free = {one.port for one in taken}
    stack = compose(root, options, environ, is_engine_assumed=is_engine_assumed, free=free)
    return replace(stack, warnings=(*stack.warnings, *taken))


def prepare(
    root: Path,
    options: Options,
    environ: Mapping[str, str],
    *,
    accept_move: bool = False,
    is_data_checked: bool = True,
    fetch: Fetch | None = None,
) -> Prepared:
    """Compose, and write what a start needs: files, secrets, the ports that were chosen.

    Args:
        root: The project's folder.
        options: What the command asks for.
        environ: The process environment.
        accept_move: The folder was moved, and a link may stand at its old place.
        is_data_checked: Refuse secrets that are not those the data was made with.
        fetch: Which images are fetched first; None: none.

    Raises:
        PhloError: What is wrong; then nothing was started.
    """
    from phlo.compose.container import shares_lake
    from phlo.compose.render import render
    from phlo.locking import lock
    from phlo.runtime.dev import remember
    from phlo.runtime.docker.data import check_data, compose_name
    from phlo.runtime.files import write_files
    from phlo.runtime.identity import check_place, identify
    from phlo.runtime.lock import project_lock
    from phlo.runtime.secrets import ensure_secrets
    from phlo.runtime.state import BINDINGS, PORTS

    with project_lock(root, "preparing services"):
        if not accept_move:
            check_place(root)  # before anything is written into a folder that was moved
        stack = compose(root, options, environ)
        locked = lock(root, stack, environ, is_frozen=options.frozen, fetch=fetch)
        stack = replace(stack, warnings=(*stack.warnings, *locked.warnings))
        identity = identify(root, stack.project.slug, accept_move=accept_move)
        name = compose_name(root, stack, identity, environ)
        rendered = render(stack, text_of, name, locked.digests)
        secrets = ensure_secrets(root, stack.secrets)
        told = (
            *stack.notes, *secrets.notes, *(f"phlo.lock: {one}" for one in locked.changes),
            *(f"'{one.name}' follows its source" for one in rendered.containers if one.is_watched),
        )  # fmt: skip
        prepared = Prepared(
            stack, rendered.native, secrets.values, told, rendered.containers, rendered.compose
        )
        if is_data_checked:
            check_data(root, prepared, name, environ)
        PORTS.write(root, {"ports": dict(stack.floating)})
        BINDINGS.write(root, {"bindings": dict(stack.remembered)})
        remember(root, options)
        write_files(root, _filled(rendered, secrets.values))
        if any(shares_lake(s) for s in stack.services.values() if s.runtime == "docker"):
            # Else the engine would make it, and for root alone.
            (root / ".phlo" / "lake").mkdir(exist_ok=True)
        if prepared.containers:
            from phlo.runtime.docker.context import write_contexts

            write_contexts(root, stack)
        runtimes(root).write_values(prepared)
    return prepared


def start(
    root: Path,
    options: Options,
    environ: Mapping[str, str],
    *,
    names: Iterable[str] = (),
    accept_move: bool = False,
    is_renewed: bool = False,
    on_progress: OnProgress = ignore,
    on_wait: Callable[[str], None] | None = None,
) -> Prepared:
    """Bring up a project's services; `wait` waits until they are healthy.

    Args:
        root: The project's folder.
        options: What the command asks for.
        environ: The process environment.
        names: Services, with what they need; all if none is given.
        accept_move: The folder was moved, and a link may stand at its old place.
        is_renewed: Take the images that their names mean today, whatever phlo.lock says.
        on_progress: Told what happens to each process.
        on_wait: Told for whom this waits, when another command holds the project.

    Raises:
        PhloError: What is wrong.
    """
    from phlo.locking import Fetch
    from phlo.provisioning import provision
    from phlo.remedies import remedies
    from phlo.runtime.lock import project_lock

    with project_lock(root, "starting services", on_wait=on_wait), remedies(root, options):
        before = runtimes(root).docker
        fetch = Fetch(tuple(names), is_renewed, on_progress)
        prepared = prepare(root, options, environ, accept_move=accept_move, fetch=fetch)
        if before is not None and not prepared.containers:
            before.keep_only(())  # all of them are local processes now
        remember_start(root, prepared.stack, options, names)
        runtimes(root).start(
            prepared, tuple(names) or None, lambda name: provision(root, prepared, name),
            on_progress,
        )  # fmt: skip
    return prepared


def restart(
    root: Path,
    options: Options,
    environ: Mapping[str, str],
    *,
    names: Iterable[str] = (),
    on_progress: OnProgress = ignore,
    on_wait: Callable[[str], None] | None = None,
) -> Prepared:
    """Stop services, all if none is named, and start them as they are configured now.

    Raises:
        PhloError: What is wrong; what is wrong with the configuration is told before a stop.
    """
    from phlo.runtime.lock import project_lock

    with project_lock(root, "restarting services", on_wait=on_wait):
        compose(root, options, environ)
        stop(root, names=names, on_progress=on_progress)
        return start(root, options, environ, names=names, on_progress=on_progress)


def wait(
    root: Path,
    prepared: Prepared,
    *,
    names: Iterable[str] = (),
    timeout: float = 300,
    on_progress: OnProgress = ignore,
) -> None:
    """Wait until services are healthy.

    Raises:
        ServiceError: One crashed, or is not ready in time.
    """
    runtimes(root).wait(prepared, tuple(names) or None, timeout, on_progress)


def stop(root: Path, *, names: Iterable[str] = (), on_progress: OnProgress = ignore,
         on_wait: Callable[[str], None] | None = None) -> tuple[str, ...]:  # fmt: skip
    """Stop services, all if none is named, and return the processes that ran.

    Raises:
        PhloError: What is wrong.
    """
    from phlo.runtime.lock import project_lock
    from phlo.runtime.state import STARTED

    if not (root / ".phlo").exists():  # nothing was ever started, and no folder is made for that
        return ()
    with project_lock(root, "stopping services", on_wait=on_wait):
        stopped = runtimes(root).stop(tuple(names) or None, on_progress)
        if not names and STARTED.path(root).exists():
            STARTED.write(root, {})  # the next start begins with its own options
    return stopped


def status(root: Path, options: Options | None = None) -> ProjectStatus:
    """Return how a project's services are; waits for nobody, changes nothing."""
    from phlo.runtime.describe import describe, describe_programs

    programs, unseen = runtimes(root).look()
    try:
        # Without an engine, containers are part of the project all the same.
        stack = look(
            root, as_started(root, options), os.environ, is_engine_assumed=unseen is not None
        )
    except PhloError as problem:  # what runs is shown all the same
        return describe_programs(root, programs, problem, unseen)
    return describe(stack, programs, unseen)


def plan(root: Path, options: Options, environ: Mapping[str, str]) -> tuple[Change, ...]:
    """Return what a start would change; nothing is changed.

    Raises:
        PhloError: The configuration cannot be used.
    """
    from phlo.compose.diff import changes, summary
    from phlo.runtime.state import STARTED

    stack = compose(root, options, environ)
    running = {one.name for one in status(root, options).services if str(one.state) != "stopped"}
    before = STARTED.read(root).get("services", {})
    there = {name: values for name, values in before.items() if name in running}
    return changes(there, summary(stack))


def link(root: Path, stack: Stack) -> str | None:
    """Return the address that logs a browser in to Observatory, once; None when it is not there."""
    from phlo.runtime.login import login_link
    from phlo.runtime.secrets import read

    token = read(root).values.get("PHLO_API_TOKEN")
    pages, api = (stack.services.get(name) for name in ("observatory", "phlo-api"))
    if not (token and pages and pages.primary and api and api.primary):
        return None
    return login_link(str(pages.primary.url), str(api.primary.url), token)


def text_of(path: str) -> str:
    """Return the text of a file."""
    from pathlib import Path

    return Path(path).read_text(encoding="utf-8")


def _filled(rendered: Rendered, secrets: Mapping[str, str]) -> dict[str, RenderedFile]:
    """Return the files as they are written: programs read them, so their secrets are put in."""
    from phlo.model.stack import RenderedFile
    from phlo.runtime.docker.compose_cli import FILE
    from phlo.runtime.secrets import put_in

    files = {
        path: replace(file, text=put_in(file.text, secrets, path))
        for path, file in rendered.files.items()
    }
    if rendered.compose is not None:  # Compose itself puts them in, from a file beside it
        files[FILE] = RenderedFile(rendered.compose)
    return files


def runtimes(root: Path) -> Runtimes:
    """Return the local processes and the containers of a project."""
    from phlo.runtime.docker.find import find
    from phlo.runtime.mixed import Runtimes

    return Runtimes(root, find(os.environ).host)
