"""Rows that were reset and put back, on both runtimes: a snapshot is the way back."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import psycopg
import pytest

from phlo.testing.servers import port_of, reset, secret

if TYPE_CHECKING:
    from phlo.testing.containers import ContainerProject

SERVICE = "postgres"
START = ("services", "start", "--no-open", "--only", SERVICE)


def connect(project: ContainerProject) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host="127.0.0.1", port=port_of(project, "postgres"), user="postgres",
        password=secret(project, "postgres.password"), dbname="postgres",
    )  # fmt: skip


def rows(project: ContainerProject) -> int | None:
    """How many rows there are; None where there is no table."""
    with connect(project) as connection:
        if connection.execute("select to_regclass('kept')").fetchone() == (None,):
            return None
        found = connection.execute("select count(*) from kept").fetchone()
    return int(str(found[0])) if found else None


def there_and_back(project: ContainerProject, *more: str) -> None:
    """Make rows, reset, find nothing, put the snapshot back, find the rows."""
    start = (*START, *more)
    assert project.phlo(*start).returncode == 0
    with connect(project) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as n")
    [snapshot] = reset(project, SERVICE)["snapshots"]
    file = project.root / snapshot["file"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert project.phlo(*start).returncode == 0
    assert rows(project) is None
    # It runs, and is replaced by what the snapshot holds.
    [of_nothing] = reset(project, SERVICE, "--restore", snapshot["file"])["snapshots"]
    done = project.phlo(*start)
    assert done.returncode == 0, done.stderr
    assert rows(project) == 1000
    with connect(project) as connection:
        connection.execute("insert into kept values (1001)")
    # Nothing of it is there, and the snapshot makes it.
    assert reset(project, SERVICE, "--no-snapshot")["snapshots"] == []
    assert reset(project, SERVICE, "--restore", snapshot["file"])["snapshots"] == []
    assert project.phlo(*start).returncode == 0
    assert rows(project) == 1000
    for _ in range(3):
        reset(project, SERVICE)
        assert project.phlo(*start).returncode == 0
    left = sorted(one.name for one in file.parent.iterdir())
    assert len(left) == 3
    assert file.name not in left
    assert of_nothing["file"].rpartition("/")[2] not in left


@pytest.mark.docker
def test_in_a_container(project: ContainerProject) -> None:
    there_and_back(project)


@pytest.mark.docker
def test_an_old_password_in_a_snapshot_is_told(project: ContainerProject) -> None:
    """The data has the password of its time; the fix that is printed tells it the present one."""
    assert project.phlo(*START).returncode == 0
    with connect(project) as connection:
        connection.execute("create table kept as select 1 as n")
    old = secret(project, "postgres.password")
    [snapshot] = reset(project, SERVICE)["snapshots"]
    assert project.phlo(*START).returncode == 0
    made = project.phlo("secrets", "rotate", "postgres.password")
    assert made.returncode == 0, made.stderr
    reset(project, SERVICE, "--restore", snapshot["file"])
    done = project.phlo(*START, "--json")
    [error] = project.errors(done)
    assert (error["code"], done.returncode) == ("PHLO-X303", 7)
    assert "a snapshot is taken first" in error["fix"]["text"]
    told = project.phlo("secrets", "rotate", "postgres.password", "--from-old", PHLO_OLD_SECRET=old)
    assert told.returncode == 0, told.stderr
    assert project.phlo(*START).returncode == 0
    assert rows(project) == 1


@pytest.mark.embedded
def test_as_a_local_process(reachable: ContainerProject) -> None:
    there_and_back(reachable, "--runtime", "native")
    data = reachable.root / ".phlo" / "native" / "postgres" / "data"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    [snapshot] = reset(reachable, SERVICE)["snapshots"]
    refused = reachable.phlo(
        "services", "reset", "postgres", "--yes", "--json", "--restore", snapshot["file"],
        PHLO_SET__services__postgres__runtime="docker",
    )  # fmt: skip
    if refused.returncode:  # where an engine answers, the service would be a container now
        [error] = reachable.errors(refused)
        assert error["code"] == "PHLO-X318"
        assert "runtime: native" in error["fix"]["text"]
