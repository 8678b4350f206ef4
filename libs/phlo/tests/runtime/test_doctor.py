"""What would stop phlo from working, found before it does."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest

from phlo.model.stack import SecretNeed
from phlo.runtime import doctor
from phlo.runtime.doctor import Level, examine
from phlo.runtime.identity import identify
from phlo.runtime.secrets import FILE, ensure_secrets


def check(root, name, ports=None):
    return next(one for one in examine(root, ports) if one.name == name)


def test_a_new_project_has_no_failures_and_nothing_is_made(tmp_path):
    found = examine(tmp_path)
    assert {one.name: one for one in found if one.level is Level.FAILURE} == {}
    assert list(tmp_path.iterdir()) == []
    assert [one.name for one in found] == [
        "python", "platform", "clock", "supervisor", "duckdb", "docker", "folder", "disk", "place",
        "secrets", "clock of the files", "orphans",
    ]  # fmt: skip


def test_outside_a_project_the_machine_is_looked_at():
    assert [one.name for one in examine(None)][-1] == "docker"


def test_no_check_without_a_fix_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_OLDEST_PYTHON", (9, 0))
    monkeypatch.setattr(doctor.sys, "platform", "win32")
    monkeypatch.setattr(doctor, "_EARLIEST", 1e12)
    monkeypatch.setattr(doctor, "find_spec", lambda name: True if name == "phlo_duckdb" else None)
    monkeypatch.setattr(doctor, "_TOO_LITTLE", 1e18)
    monkeypatch.setattr(doctor, "_LITTLE", 1e18)
    failed = {one.name: one.fix for one in examine(None) if one.level is Level.FAILURE}
    assert failed.keys() == {"python", "platform", "clock", "supervisor", "duckdb"}
    assert all(failed.values())


def test_a_little_room_is_a_warning_and_none_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_LITTLE", 1e18)
    assert check(tmp_path, "disk").level is Level.WARNING
    monkeypatch.setattr(doctor, "_TOO_LITTLE", 1e18)
    assert check(tmp_path, "disk").level is Level.FAILURE


def test_open_secrets_are_a_warning_and_the_fix_removes_it(tmp_path):
    ensure_secrets(tmp_path, [SecretNeed("P", "db", "password", length=16)])
    assert check(tmp_path, "secrets").level is Level.OK
    (tmp_path / FILE).chmod(0o640)
    found = check(tmp_path, "secrets")
    assert (found.level, found.detail) == (Level.WARNING, "others can read them (0640)")
    subprocess.run(["sh", "-c", found.fix], check=True)
    assert check(tmp_path, "secrets").level is Level.OK
    (tmp_path / FILE).write_bytes(b"\xff")
    assert check(tmp_path, "secrets").level is Level.FAILURE


def test_a_moved_project_is_a_failure(tmp_path):
    root = tmp_path / "lake"
    root.mkdir()
    identify(root, "lake")
    assert check(root, "place").level is Level.OK
    shutil.move(root, tmp_path / "elsewhere")
    found = check(tmp_path / "elsewhere", "place")
    assert found.level is Level.FAILURE
    assert "--accept-move" in found.fix


def test_a_clock_behind_the_files_is_a_warning(tmp_path, monkeypatch):
    identify(tmp_path, "lake")
    monkeypatch.setattr(doctor.time, "time", lambda: 1_750_000_000.0)
    assert check(tmp_path, "clock of the files").level is Level.WARNING


def test_a_taken_port_is_a_failure(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = check(tmp_path, f"port {port}", {"db.sql": port})
        assert found.level is Level.FAILURE
        assert found.detail.startswith("'db.sql' wants it; ")
    assert check(tmp_path, f"port {port}", {"db.sql": port}).level is Level.OK


@pytest.mark.embedded
def test_orphans_are_a_warning_and_running_services_are_none(project):
    daemon = project.root / "daemon"
    project.up(project.program("db", project.DAEMONIZES, str(daemon)))
    project.until(lambda: daemon.exists() and daemon.read_text())
    assert check(project.root, "orphans").level is Level.OK
    project.kill(project.supervisor(), project.shim("db")[0])
    project.until(lambda: check(project.root, "orphans").level is Level.WARNING)
    assert daemon.read_text() in check(project.root, "orphans").detail
    project.runtime.stop()
    assert check(project.root, "orphans").level is Level.OK
