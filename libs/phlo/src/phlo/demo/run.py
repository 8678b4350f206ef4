"""Make the demo's project, start it, run it, and see that every number is right."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from phlo import pipeline
from phlo.compose.capabilities import family
from phlo.demo.source import Truth, copy_data, truth
from phlo.demo.verify import differences, readers_of
from phlo.errors.config import CannotCreate
from phlo.errors.demo import DemoWrong, NotADemo, StackIncomplete
from phlo.lakehouse.lake import Lake
from phlo.model.options import Options
from phlo.project import Project
from phlo.resetting import reset
from phlo.runtime.progress import ignore
from phlo.scaffold.project import IGNORED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from phlo.model.stack import Stack
    from phlo.model.status import ProjectStatus
    from phlo.orchestration.records import StoredEvent
    from phlo.runner.result import RunResult
    from phlo.runtime.progress import OnProgress

    OnEvent = Callable[[StoredEvent], None]

#: What runs in each stack: the embedded parts alone, or every service that is installed.
STACKS = ("local", "defaults")
LOCAL = ("duckdb", "observatory", "phlo-api")
#: What a stack of servers must have: capability family -> what it is to a person.
_DEFAULTS = {
    "orchestrator": "orchestrator", "database.postgres": "database", "query.sql": "query engine",
    "lake.catalog": "catalog", "object-store.s3": "object store",
}  # fmt: skip
#: In the folder that the demo makes; without it nothing is deleted.
MARK = ".phlo-demo"


@dataclass(slots=True)
class Watch:
    """Shows the parts as they go, and takes their times."""

    seconds: dict[str, float] = field(default_factory=dict)
    on_part: Callable[[str], None] = lambda part: None
    services: Callable[[], AbstractContextManager[OnProgress]] = lambda: nullcontext(ignore)
    """Shows services on their way, while the block runs."""
    run: Callable[[], AbstractContextManager[OnEvent]] = lambda: nullcontext(lambda event: None)
    """Shows a run, while the block runs."""

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Take the time of a block."""
        self.on_part(name)
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo did."""

    root: Path
    truth: Truth
    result: RunResult
    status: ProjectStatus
    seconds: Mapping[str, float]
    login_url: str | None
    readers: tuple[str, ...] = ()
    """By what the rows were counted."""


def run_demo(
    root: Path,
    environ: Mapping[str, str],
    watch: Watch,
    *,
    stack: str = "local",
    runtime: str | None = None,
) -> Demo:
    """Make the project if it is not there, start its services, materialize all, compare.

    Args:
        root: The demo's folder.
        environ: The process environment.
        watch: Shows what happens, and takes the times.
        stack: One of `STACKS`.
        runtime: `native` or `docker`; what each service prefers if not given.

    Raises:
        DemoDataMissing: The data is not installed.
        NotADemo: The folder holds something else.
        StackIncomplete: A part of the stack is not installed or cannot run here.
        DemoWrong: A number is not what it must be.
        PhloError: Something else is wrong.
    """
    is_local = stack == "local"
    with watch.part("write the project and its data"):
        make_project(root)
        if is_local:
            # Embedded, whatever else is installed: tables that are in the folder stay there.
            Lake(root / ".phlo" / "lake").create()
    options = Options(
        env=environ.get("PHLO_ENV") or None, only=LOCAL if is_local else (), runtime=runtime
    )
    if not is_local:
        _require_all(pipeline.compose(root, options, environ))
    with watch.part("start the services"), watch.services() as on_progress:
        prepared = pipeline.start(root, options, environ, on_progress=on_progress)
        pipeline.wait(root, prepared, on_progress=on_progress)
    project = Project.open(root)
    with watch.part("materialize and check 8 tables"), watch.run() as on_event:
        result = project.materialize(orchestrator="runner" if is_local else None, on_event=on_event)
    with watch.part("count everything again and compare"):
        known = truth(root / "data")
        api = prepared.stack.services["phlo-api"].primary
        assert api is not None, "phlo-api has one port"
        token = prepared.secrets["PHLO_API_TOKEN"]
        readers = readers_of(project, prepared.stack, str(api.url), token)
        if wrong := differences(known, project, result, readers):
            raise DemoWrong(wrong)
    status = pipeline.status(root, options)
    link = pipeline.link(root, prepared.stack)
    if link is None:
        raise DemoWrong(["Observatory makes no link to log in"])
    return Demo(root, known, result, status, watch.seconds, link, tuple(readers))


def _require_all(stack: Stack) -> None:
    """Refuse a stack of servers that lacks one.

    Raises:
        StackIncomplete: It does.
    """
    given = {
        family(provided.capability)
        for service in stack.services.values()
        if service.runtime in ("native", "docker")
        for provided in service.definition.provides
    }
    lacking = [what for one, what in _DEFAULTS.items() if one not in given]
    if lacking:
        raise StackIncomplete(lacking, [f"{n}: {why}" for n, why in stack.skipped.items()])


def make_project(root: Path) -> None:
    """Write the demo's project; what is there of it already stays.

    Raises:
        NotADemo: The folder holds something else.
        DemoDataMissing: The data is not installed.
        CannotCreate: A file or folder cannot be written.
    """
    if root.exists() and not (root / MARK).is_file() and any(root.iterdir()):
        raise NotADemo(str(root))
    try:
        root.mkdir(parents=True, exist_ok=True)
        (root / MARK).write_text("made by phlo demo, deleted by phlo demo --stop\n")
        (root / ".gitignore").write_text("".join(f"{line}\n" for line in (*IGNORED, "data/")))
        with as_file(files("phlo.demo") / "project") as template:
            shutil.copytree(template, root, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        copy_data(root / "data")
    except OSError as error:
        raise CannotCreate(str(error.filename or root), error.strerror or str(error)) from error


def stop_demo(root: Path, *, is_kept: bool, on_progress: OnProgress = ignore) -> tuple[str, ...]:
    """Stop the demo's services, and delete its folder and their data, unless it is kept.

    Returns:
        The processes that ran.

    Raises:
        NotADemo: The folder is not one that the demo made.
    """
    if not (root / MARK).is_file():
        raise NotADemo(str(root))
    stopped = pipeline.stop(root, on_progress=on_progress)
    if not is_kept:
        # Containers, volumes and a network are not in the folder.
        reset(root, with_snapshot=False, on_progress=on_progress)
        shutil.rmtree(root)
    return stopped
