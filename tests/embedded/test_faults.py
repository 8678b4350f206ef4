"""What happens when things go wrong: kills, ports, moves, full locks."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lake


def until(found: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def named(lake: Lake, text: str) -> list[psutil.Process]:
    return [p for p in lake.processes() if text in " ".join(p.cmdline())]


def test_a_killed_service_comes_back_and_says_why_it_went(lake: Lake) -> None:
    lake.phlo("services", "start")
    before = lake.service("phlo-api")
    os.kill(int(str(before["pid"])), signal.SIGKILL)
    until(lambda: lake.service("phlo-api")["pid"] not in (None, before["pid"]))
    until(lambda: lake.service("phlo-api")["state"] == "healthy")
    after = lake.service("phlo-api")
    assert after["restarts"] == 1
    assert "SIGKILL" in str(after["cause"])
    assert httpx.get(f"{lake.endpoint('phlo-api')}/api/v1/healthz").status_code == 200


def test_after_a_killed_supervisor_nothing_is_left_and_a_start_works(lake: Lake) -> None:
    lake.phlo("services", "start")
    [supervisor] = named(lake, "supervisor.supervisord")
    supervisor.kill()
    until(lambda: not lake.processes())
    assert lake.service("observatory")["state"] == "stopped"
    assert lake.phlo("services", "start").returncode == 0
    assert httpx.get(f"{lake.endpoint('observatory')}/healthz").status_code == 200


def test_supervisor_and_shims_killed_at_once_leave_no_orphan(lake: Lake) -> None:
    lake.phlo("services", "start")
    for process in [*named(lake, "supervisor.supervisord"), *named(lake, "shim.py")]:
        process.kill()
    started = lake.phlo("services", "start")
    assert started.returncode == 0, started.stderr
    assert len(named(lake, "-m phlo_api")) <= 2, "a shim and its child name it"
    assert lake.phlo("services", "stop").returncode == 0
    assert lake.processes() == []


def test_a_run_killed_in_the_middle_of_a_write_leaves_no_row(lake: Lake) -> None:
    lake.write(
        "workflows/slow.py",
        """
        import time
        import pyarrow as pa
        import phlo

        @phlo.ingestion(table="raw.slow", key="id")
        def slow():
            for batch in range(60):
                first = batch * 100_000
                yield pa.table({"id": pa.array(range(first, first + 100_000))})
                time.sleep(0.02 if batch > 40 else 0.1)
        """,
    )
    lake.phlo("services", "start")
    process = lake.start("materialize", "raw.slow")
    until(lambda: list((lake.root / ".phlo" / "lake").rglob("*.parquet")))
    for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
        one.kill()
    process.communicate(timeout=30)

    listed = lake.json("tables")
    assert "raw.slow" not in {one["name"] for one in listed["tables"]}
    [run] = lake.json("runs", "list")["runs"][:1]
    assert run["state"] == "failed", "the next command ends what was killed"
    token = {"authorization": f"Bearer {lake.secret('PHLO_API_TOKEN')}"}
    told = httpx.get(f"{lake.endpoint('phlo-api')}/api/v1/runs/{run['id']}", headers=token)
    assert told.json()["state"] == "failed"

    again = lake.phlo("materialize", "raw.slow")
    assert again.returncode == 0, again.stderr
    assert lake.rows("select count(*), count(distinct id) from raw.slow") == [[6000000, 6000000]]
    assert lake.phlo("materialize", "raw.slow").returncode == 0
    assert lake.rows("select count(*) from raw.slow") == [[6000000]]


def test_a_taken_port_moves_and_is_kept(lake: Lake) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        lake.write("phlo.yaml", f"name: lake\nservices: {{observatory: {{port: {taken}}}}}\n")
        refused = lake.phlo("services", "start")
        assert refused.returncode == 7
        assert "PHLO-X302" in refused.stderr
        assert str(os.getpid()) in refused.stderr, "who has it is named"
        assert lake.processes() == []
        moved = lake.phlo("services", "start", "--port", f"observatory={taken + 1}")
        assert moved.returncode == 0, moved.stderr


def test_two_projects_at_once_share_nothing(lake: Lake, tmp_path: Path) -> None:
    assert lake.phlo("services", "start").returncode == 0
    other = type(lake)(tmp_path / "other")
    try:
        assert other.phlo("services", "start").returncode == 0
        assert lake.endpoint("observatory") != other.endpoint("observatory")
        assert lake.endpoint("phlo-api") != other.endpoint("phlo-api")
        assert lake.secret("PHLO_API_TOKEN") != other.secret("PHLO_API_TOKEN")
        token = {"authorization": f"Bearer {lake.secret('PHLO_API_TOKEN')}"}
        wrong = httpx.get(f"{other.endpoint('phlo-api')}/api/v1/meta", headers=token)
        assert wrong.status_code == 401
        ports = {one: other.endpoint(one) for one in ("observatory", "phlo-api")}
        assert other.phlo("services", "restart").returncode == 0
        assert {one: other.endpoint(one) for one in ports} == ports, "moved ports are kept"
    finally:
        other.phlo("services", "stop")
    assert other.processes() == []
    assert lake.service("phlo-api")["state"] == "healthy"


def test_a_moved_project_is_noticed_and_the_printed_fix_works(lake: Lake) -> None:
    assert lake.phlo("materialize").returncode == 0
    assert lake.phlo("services", "start").returncode == 0
    assert lake.phlo("services", "stop").returncode == 0
    old = lake.root
    lake.root = old.with_name("moved")
    old.rename(lake.root)
    refused = lake.phlo("services", "start")
    assert refused.returncode == 7
    assert "PHLO-X306" in refused.stderr
    assert "--accept-move" in refused.stderr
    accepted = lake.phlo("services", "start", "--accept-move")
    assert accepted.returncode == 0, accepted.stderr
    assert lake.rows("select count(*) from raw.orders") == [[4]]
    assert lake.phlo("materialize").returncode == 0
    old.unlink()
    for process in lake.processes():
        assert process.is_running()


def test_a_held_lock_is_named(lake: Lake) -> None:
    from phlo.runtime.lock import project_lock

    with project_lock(lake.root, "testing the lock"):
        refused = lake.start("services", "start")
        _, err = refused.communicate(timeout=90)
    assert refused.returncode == 7
    assert "PHLO-X307" in err
    assert str(os.getpid()) in err
    assert lake.phlo("services", "start").returncode == 0


def test_secrets_are_closed_to_others_and_made_once(lake: Lake) -> None:
    lake.phlo("services", "start")
    file = lake.root / ".phlo/state/secrets.env"
    assert file.stat().st_mode & 0o077 == 0
    first = lake.secret("PHLO_API_TOKEN")
    assert len(first) >= 32
    lake.phlo("services", "restart")
    assert lake.secret("PHLO_API_TOKEN") == first
    for path in (lake.root / ".phlo").rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o077:
            assert first.encode() not in path.read_bytes(), path
    shown = lake.phlo("config", "show").stdout + lake.phlo("services", "logs").stdout
    assert first not in shown


def test_nothing_listens_beyond_loopback(lake: Lake) -> None:
    lake.phlo("services", "start")
    listening = []
    for process in lake.processes():
        with suppress(psutil.NoSuchProcess):  # a check or a command that has ended meanwhile
            found = process.net_connections("inet")
            listening += [one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN]
    assert len(listening) >= 2
    assert set(listening) == {"127.0.0.1"}
