"""State files: each says its form; an older one is kept and migrated, a newer one refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from phlo.errors.state import (
    CannotLink,
    FolderUnwritable,
    ProjectCopied,
    ProjectMoved,
    StateBroken,
    StateTooNew,
)
from phlo.runtime.identity import check_place, identify
from phlo.runtime.state import BINDINGS, PORTS, PROJECT, StateFile

LATER = StateFile("ports.json", "the ports", (lambda old: {"by_name": old["ports"]},))


def test_what_is_written_is_read_and_says_its_schema(tmp_path):
    assert PORTS.read(tmp_path) == {}
    assert PORTS.write(tmp_path, {"ports": {"trino.http": 18433}}) is True
    assert PORTS.read(tmp_path) == {"ports": {"trino.http": 18433}}
    value = json.loads(PORTS.path(tmp_path).read_text())
    assert value["schema"] == 1
    assert value["written_by"]
    assert PORTS.path(tmp_path).stat().st_mode & 0o777 == 0o600
    assert PORTS.path(tmp_path).parent.stat().st_mode & 0o777 == 0o700


def test_no_change_writes_nothing(tmp_path):
    PORTS.write(tmp_path, {"ports": {"b": 2, "a": 1}})
    before = PORTS.path(tmp_path).stat()
    assert PORTS.write(tmp_path, {"ports": {"a": 1, "b": 2}}) is False
    after = PORTS.path(tmp_path).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_reading_makes_nothing(tmp_path):
    assert BINDINGS.read(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_an_older_one_is_migrated_and_kept_beside(tmp_path):
    PORTS.write(tmp_path, {"ports": {"a": 1}})
    older = PORTS.path(tmp_path).read_bytes()
    assert LATER.read(tmp_path) == {"by_name": {"a": 1}}
    assert PORTS.path(tmp_path).read_bytes() == older  # reading writes nothing
    assert LATER.write(tmp_path, LATER.read(tmp_path)) is True
    assert json.loads(PORTS.path(tmp_path).read_text())["schema"] == 2
    assert PORTS.path(tmp_path).with_name("ports.json.schema-1").read_bytes() == older


@pytest.mark.parametrize("act", ["read", "write"])
def test_a_newer_one_is_refused_with_the_version_that_reads_it(tmp_path, act):
    LATER.write(tmp_path, {"by_name": {}})
    newer = PORTS.path(tmp_path).read_bytes()
    written_by = json.loads(newer)["written_by"]
    with pytest.raises(StateTooNew) as told:
        PORTS.read(tmp_path) if act == "read" else PORTS.write(tmp_path, {"ports": {}})
    assert (told.value.code, told.value.exit_code) == ("PHLO-X308", 7)
    assert f"phlo>={written_by}" in told.value.fix.text
    assert PORTS.path(tmp_path).read_bytes() == newer


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "1"}', '{"schema": 0}', "\xff"])
def test_a_broken_one_is_told_and_the_fix_removes_it(tmp_path, text):
    file = PORTS.path(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(StateBroken) as told:
        PORTS.read(tmp_path)
    assert told.value.code == "PHLO-X309"
    subprocess.run(["sh", "-c", told.value.fix.command], check=True)
    assert PORTS.read(tmp_path) == {}


def limited(code, *arguments):
    """Run code under a limit on the size of files, which stands for a full disk."""
    limits = """
        import resource, signal, sys
        from pathlib import Path
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))
        sys.dont_write_bytecode = True
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(limits) + textwrap.dedent(code), *arguments],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip


def test_on_a_full_disk_the_old_one_stays(tmp_path):
    PORTS.write(tmp_path, {"ports": {"a": 1}})
    before = PORTS.path(tmp_path).read_bytes()
    said = limited(
        """
        from phlo.errors.state import FolderUnwritable
        from phlo.runtime.state import PORTS
        try:
            PORTS.write(Path(sys.argv[1]), {"ports": {"a": 2, "b": 3, "and": "so on" * 20}})
        except FolderUnwritable as error:
            print(error.code, error.message)
        """,
        str(tmp_path),
    )
    assert said.startswith("PHLO-X310 cannot write '")
    assert "ports.json': " in said
    assert PORTS.path(tmp_path).read_bytes() == before
    assert [file.name for file in PORTS.path(tmp_path).parent.iterdir()] == ["ports.json"]


def test_a_folder_that_cannot_be_written_is_told():
    # Root may write anywhere but into what the kernel makes up.
    with pytest.raises(FolderUnwritable, match=r"cannot write '/proc/.*\.phlo'"):
        PORTS.write(Path("/proc/self"), {"ports": {}})


def test_the_identity_is_made_once(tmp_path):
    first = identify(tmp_path, "lake")
    assert identify(tmp_path, "renamed-in-phlo-yaml") == first
    assert first.compose_name == "lake"
    assert PROJECT.path(tmp_path).exists()
    check_place(tmp_path)


def test_a_moved_project_is_noticed_and_moving_it_back_helps(tmp_path):
    old, new = tmp_path / "old", tmp_path / "it's new"
    old.mkdir()
    first = identify(old, "lake")
    old.rename(new)
    for look in (lambda: identify(new, "lake"), lambda: check_place(new)):
        with pytest.raises(ProjectMoved) as told:
            look()
        assert (told.value.code, told.value.exit_code) == ("PHLO-X306", 7)
    assert str(old) in told.value.fix.text
    assert "--accept-move" in told.value.fix.text
    new.rename(old)
    assert identify(old, "lake") == first


def test_an_accepted_move_leaves_a_link_at_the_old_place(tmp_path):
    old, new, newest = tmp_path / "a" / "old", tmp_path / "new", tmp_path / "newest"
    old.mkdir(parents=True)
    first = identify(old, "lake")
    old.rename(new)
    old.parent.rmdir()
    assert identify(new, "lake", accept_move=True) == first
    assert old.resolve() == new
    assert identify(new, "lake") == first
    # Moved once more: the link of the first move leads nowhere and is replaced.
    new.rename(newest)
    with pytest.raises(ProjectMoved):
        check_place(newest)
    identify(newest, "lake", accept_move=True)
    assert old.resolve() == newest


def test_what_stands_at_the_old_place_is_never_replaced(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    identify(old, "lake")
    old.rename(new)
    old.write_text("something else")
    with pytest.raises(CannotLink, match="cannot make a link"):
        identify(new, "lake", accept_move=True)
    assert old.read_text() == "something else"


def test_a_copy_is_told_apart_from_a_move_and_the_fix_removes_it(tmp_path):
    old, copy = tmp_path / "old", tmp_path / "a copy; it's mine"
    old.mkdir()
    first = identify(old, "lake")
    shutil.copytree(old, copy)
    with pytest.raises(ProjectCopied) as told:
        identify(copy, "lake", accept_move=True)
    assert told.value.code == "PHLO-X311"
    subprocess.run(["sh", "-c", told.value.fix.command], check=True)
    assert identify(copy, "lake").id != first.id
    assert identify(old, "lake") == first
