"""A small lakehouse with something wrong in it, and the API serving it: real processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from phlo.testing.containers import engine, make_project
from phlo.testing.folder import ProjectFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["engine", "make_project"]

TOKEN = "a-token-that-only-these-tests-know"
SECRET = "hunter2-hunter2"

WORKFLOWS = {
    "workflows/ingest.py": '''
        import phlo
        from phlo.checks import accepted_values, between, not_null

        @phlo.ingestion(table="raw.orders", key="id", owner="shop", tags=["daily"])
        def orders():
            """Orders of the shop."""
            for n in range(250):
                yield {"id": 9007199254740993 + n, "country": "DE" if n % 2 else "FR", "amount": n}

        @phlo.quality(table="raw.orders")
        def orders_are_sound(orders: phlo.Table):
            yield not_null("id")
            yield between("amount", 0, 200, severity="warn")

        @phlo.ingestion(table="raw.broken", key="id", checks=[between("id", 5, 9)])
        def broken(context: phlo.Context):
            context.log.info("the secret is %s", context.secrets["SHOP_PASSWORD"])
            return [{"id": 1}, {"id": 6}]
    ''',
    "workflows/marts/totals.sql": """
        /* phlo
        key: country
        checks: [{unique: country}]
        */
        select country, sum(amount) as amount from raw.orders group by country
    """,
    "workflows/marts/never.sql": "select id from raw.broken",
}


#: A checkout has packages that a user need not have: the tables stay in the project's folder.
OFF = ", ".join(f"{name}: {{enabled: false}}" for name in ("nessie", "minio", "seaweedfs"))
EMBEDDED = f"services: {{{OFF}}}\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(root: Path, **environ: str) -> Iterator[str]:
    """Serve a project's API, and end it however the block ends."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "phlo_api", "--port", str(port)],
        env=os.environ | {"PHLO_API_TOKEN": TOKEN, "PHLO_PROJECT_DIR": str(root)} | environ,
        stdin=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until_it_answers(url, process)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/api/v1/healthz", timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            assert process.poll() is None, "phlo-api ended by itself"
            assert time.monotonic() < end, "phlo-api does not answer"
            time.sleep(0.1)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    folder = ProjectFolder(tmp_path_factory.mktemp("api") / "lake")
    folder.write("phlo.local.yaml", EMBEDDED)
    for name, text in WORKFLOWS.items():
        folder.write(name, text)
    folder.write(".phlo/state/secrets.env", f"SHOP_PASSWORD={SECRET}\n").chmod(0o600)
    done = folder.phlo("materialize")
    assert done.returncode == 12, done.stderr
    return folder


@pytest.fixture(scope="session")
def url(project: ProjectFolder) -> Iterator[str]:
    with serving(project.root) as address:
        yield address


@pytest.fixture(scope="session")
def new_project() -> Callable[[Path], ProjectFolder]:
    """Make a project in a folder, its tables in the folder, too."""

    def made(root: Path) -> ProjectFolder:
        folder = ProjectFolder(root)
        folder.write("phlo.local.yaml", EMBEDDED)
        return folder

    return made


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[str]]:
    """Serve the API of another project: its folder, and variables by name."""
    return serving


@pytest.fixture
def token() -> str:
    """What phlo-api was started with."""
    return TOKEN


@pytest.fixture
def secret() -> str:
    """What a workflow file logged."""
    return SECRET


@pytest.fixture
def api(url: str) -> Iterator[httpx.Client]:
    """A client with the token, at `/api/v1`."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60) as client:
        yield client
