"""Starting again: only what changed is touched. And two commands at once."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from phlo.errors.service import SupervisorFailed
from phlo.errors.state import FolderUnwritable, UnsafeFolder
from phlo.model.status import ServiceState
from phlo.orchestration.process import is_alive
from phlo.runtime.native import conf, stopping

pytestmark = pytest.mark.embedded


def test_only_what_changed_is_started_anew(project):
    same, changed, slower, gone = (
        project.program(n) for n in ("same", "changed", "slower", "gone")
    )
    project.up(same, changed, slower, gone)
    before = {name: project.child(name) for name in ("same", "changed", "slower", "gone")}
    supervisor = project.supervisor()
    started = project.up(
        same,
        project.program("changed", environment={"A": "1"}),
        project.program("slower", stop_grace=5.0),  # this changes supervisord's file too
        project.program("new", needs=["same"]),
    )
    assert started.unchanged == ("same",)
    assert started.restarted == ("changed", "slower")
    assert started.started == ("new",)
    assert started.removed == ("gone",)
    assert project.child("same") == before["same"]
    assert project.supervisor() == supervisor
    for name in ("changed", "slower", "gone"):
        assert not is_alive(*before[name])
    assert sorted(project.runtime.status()) == ["changed", "new", "same", "slower"]
    assert project.place.log("gone").exists()


def test_another_shell_does_not_restart_anything(project, monkeypatch):
    project.up(project.program("db"))
    child = project.child("db")
    monkeypatch.setenv("PATH", f"/opt/other/bin:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(project.root))
    assert project.up(project.program("db")).unchanged == ("db",)
    assert project.child("db") == child
    project.runtime.stop()
    assert not is_alive(*child)


def test_a_changed_secret_restarts_those_that_use_it(project):
    def both():
        return (
            project.program("uses", environment={"P": "${PHLO_SECRET_X}"}),
            project.program("not"),
        )

    project.up(*both(), secrets={"X": "first-one"})
    started = project.up(*both(), secrets={"X": "second-one"})
    assert (started.restarted, started.unchanged) == (("uses",), ("not",))


STARTS = """
import sys
from pathlib import Path
from phlo.model.native import NativeProgram
from phlo.runtime.native.runtime import NativeRuntime
names = ("db", "api")
stays = (sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)")
runtime = NativeRuntime(Path(sys.argv[1]))
runtime.start([NativeProgram(name, name, stays) for name in names], {})
runtime.wait(timeout=30)
print(*(runtime.status()[name].pid for name in names))
"""


def test_three_starters_at_once_agree_on_one_supervisor(project):
    starters = [
        subprocess.Popen([sys.executable, "-c", STARTS, str(project.root)],
                         stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]  # fmt: skip
    said = [starter.communicate(timeout=60)[0].split() for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert said[0] == said[1] == said[2]
    assert len(set(said[0])) == 2
    shims = {name: project.shim(name)[0] for name in ("db", "api")}
    wanted = {project.supervisor(), *shims.values(), *map(int, said[0])}
    assert set(project.left()) == wanted


def test_the_socket_is_short_and_its_folder_private(project, tmp_path, monkeypatch):
    path = conf.socket_path(project.root)
    assert len(path) <= 90
    assert Path(path).parent.stat().st_mode & 0o777 == 0o700
    folder = tmp_path / "elsewhere"
    for make, problem in (
        (lambda: (folder.mkdir(), folder.chmod(0o755)), "others can look into it"),
        (lambda: (folder.rmdir(), folder.symlink_to(tmp_path)), "it is not a folder"),
        (lambda: (folder.unlink(), folder.touch()), "exists"),
    ):
        make()
        with pytest.raises(UnsafeFolder, match=problem):
            conf.check_private(folder)
    if os.geteuid() == 0:
        folder.unlink()
        folder.mkdir(mode=0o700)
        os.chown(folder, 65534, 65534)
        with pytest.raises(UnsafeFolder, match="belongs to another user"):
            conf.check_private(folder)


def test_a_supervisor_that_cannot_start_says_why(project, monkeypatch):
    monkeypatch.setattr(conf, "_HEAD", conf._HEAD.replace("nodaemon=true", "nodaemon=perhaps"))
    with pytest.raises(SupervisorFailed, match=r"did not start: .*perhaps") as told:
        project.start(project.program("db"))
    assert told.value.code == "PHLO-S604"


def test_a_folder_that_cannot_be_written_starts_nothing(project):
    (project.root / ".phlo").write_text("in the way")
    with pytest.raises(FolderUnwritable):
        project.start(project.program("db"))
    assert (project.root / ".phlo").read_text() == "in the way"


def test_a_half_written_state_is_no_news(project):
    project.up(project.program("db"))
    file = project.place.states / "db.json"
    for text in ("", "{", "[]", '{"state": "healthy"}', "\x00\xff"):
        file.write_text(text)
        assert project.runtime.status()["db"].state is ServiceState.STOPPED


def test_a_full_disk_loses_the_news_and_not_the_service(project, monkeypatch):
    """A limit on the size of files stands for the disk: the system refuses the same write."""
    limits = """
        import os, resource, signal, sys
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        os.execv(sys.argv[1], sys.argv[1:])
    """
    project.up(project.program("db"))
    project.runtime.stop()
    shim = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(limits), sys.executable, "-I", "-S", "_run/shim.py",
         "db"],
        cwd=project.place.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    project.until(lambda: project.left().keys() - {shim.pid})
    assert project.state("db").state is ServiceState.STOPPED
    assert shim.poll() is None
    shim.communicate(timeout=20)  # end of file: all of it ends
    assert shim.returncode == 0
    assert project.left() == {}


def test_a_change_is_not_lost_when_supervisord_is_faster(project, monkeypatch):
    """One that is between two tries after a crash cannot be stopped, and is started meanwhile."""
    project.up(project.program("db"))
    stop, calls = stopping.stop, []

    def stop_misses(*arguments):
        calls.append(arguments)
        return stop(*arguments) if len(calls) > 1 else []

    monkeypatch.setattr(stopping, "stop", stop_misses)
    project.up(project.program("db", environment={"A": "1"}))
    assert project.state("db").digest == project.definition("db")["digest"]
    assert len(calls) == 2
