"""The demo's project on any set of parts, as a person would run it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from phlo.demo.run import make_project
from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager


@dataclass(frozen=True, slots=True)
class Stack:
    """One choice for each part."""

    orchestrator: str
    engine: str
    catalog: str
    storage: str

    def __str__(self) -> str:
        return "-".join(self.parts)

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """The choices, in the order of the parts."""
        return (self.orchestrator, self.engine, self.catalog, self.storage)

    @property
    def servers(self) -> tuple[str, ...]:
        """The services among them; what is built in needs none."""
        return tuple(one for one in self.parts if one not in ("runner", "duckdb", "sql", "local"))


STACKS = (
    Stack("runner", "duckdb", "sql", "local"),
    Stack("runner", "trino", "nessie", "seaweedfs"),
    Stack("dagster", "duckdb", "nessie", "local"),
    Stack("dagster", "trino", "sql", "seaweedfs"),
    Stack("runner", "duckdb", "nessie", "seaweedfs"),
    Stack("dagster", "trino", "sql", "local"),
)

#: Every server that a set may leave out; a checkout has all of them installed.
SERVERS = ("dagster", "trino", "nessie", "seaweedfs", "minio", "postgres", "superset")


class Lake(ProjectFolder):
    """The demo's project with the parts of one set, or with all that is installed."""

    #: The tables are where the set says, not where a test of the core would have them.
    settings: Mapping[str, str] = {}
    #: Some start five servers on two cores.
    patience = 900.0

    def __init__(self, root: Path, stack: Stack | None = None) -> None:
        make_project(root)
        super().__init__(root)
        if stack is None:
            return
        used = {*stack.servers, *(["postgres"] if stack.servers else [])}
        services = {name: {"enabled": name in used} for name in SERVERS}
        sql = {"engine": stack.engine}
        self.write("phlo.yaml", json.dumps({"name": root.name, "services": services, "sql": sql}))

    @property
    def states(self) -> dict[str, str]:
        """How every local process is."""
        told = json.loads(self.call("services", "status", "--json").stdout)["services"]
        return {one["name"]: one["state"] for one in told if one["runtime"] == "native"}

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command that must succeed."""
        done = self.phlo(*arguments)
        assert done.returncode == 0, done.stderr + done.stdout
        return done

    def rows_of(self, sql: str, engine: str | None = None) -> list[list[Any]]:
        """Return the rows of a query; numbers as both engines write them."""
        chosen = ["--engine", engine] if engine else []
        told = json.loads(self.call("query", sql, *chosen, "--json").stdout)
        return [[_plain(value) for value in row] for row in told["rows"]]

    def api(self, path: str) -> Any:
        """Ask phlo-api, as its owner."""
        lines = (self.root / ".phlo/state/secrets.env").read_text().splitlines()
        token = dict(line.split("=", 1) for line in lines if "=" in line)["PHLO_API_TOKEN"]
        told = json.loads(self.call("services", "status", "--json").stdout)["services"]
        [api] = [one["endpoints"][0]["url"] for one in told if one["name"] == "phlo-api"]
        asked = urllib.request.Request(f"{api}{path}", headers={"authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def processes(self) -> list[psutil.Process]:
        """Return every process that belongs to this project."""
        found = []
        for process in psutil.process_iter():
            try:
                said = [process.environ().get("PHLO_NATIVE_ROOT", ""), *process.cmdline()]
                said += [process.environ().get("PHLO_PROJECT_DIR", ""), process.cwd()]
            except (psutil.Error, OSError):
                continue
            if process.pid != os.getpid() and any(str(self.root) in text for text in said):
                found.append(process)
        return found


def _plain(value: Any) -> Any:
    """Return a number without what only says how it was computed."""
    return round(float(value), 4) if isinstance(value, int | float) else value


@pytest.fixture(scope="session")
def stacks() -> tuple[Stack, ...]:
    """Every set."""
    return STACKS


@contextmanager
def made(stack: Stack | None = None) -> Iterator[Lake]:
    """Give a project; nothing is left of it."""
    # In a folder that everybody may enter: Postgres does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="phlo-stack-"))
    folder.chmod(0o755)
    lake = Lake(folder / f"lake-{os.getpid()}", stack)
    yield lake
    lake.phlo("services", "stop")
    left = lake.processes()
    for process in left:
        process.send_signal(signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"left running: {left}"


@pytest.fixture(scope="session")
def make() -> Callable[[], AbstractContextManager[Lake]]:
    """Give projects with everything that is installed."""
    return made


@pytest.fixture(params=STACKS, ids=str)
def stack(request: pytest.FixtureRequest) -> Stack:
    """One of the sets."""
    chosen: Stack = request.param
    return chosen


@pytest.fixture
def lake(stack: Stack) -> Iterator[Lake]:
    """A project on that set."""
    with made(stack) as lake:
        yield lake


@pytest.fixture(scope="module")
def whole() -> Iterator[Lake]:
    """A project with every server, and nothing configured."""
    with made() as lake:
        yield lake
