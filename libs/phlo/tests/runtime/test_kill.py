"""Kills with -9: nothing is orphaned, the next command recovers, and nobody else is ended."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import psutil
import pytest

from phlo.model.status import ServiceState
from phlo.orchestration.process import identity, is_alive
from phlo.runtime.native import conf, find

pytestmark = pytest.mark.embedded


def test_a_killed_supervisor_takes_everything_with_it(project):
    file = project.root / "daemon"
    project.up(
        project.program("db", project.IGNORES),
        project.program("api", project.DAEMONIZES, str(file), needs=["db"]),
    )
    project.until(lambda: file.exists() and file.read_text())
    daemon = int(file.read_text())
    everything = project.left()
    assert {daemon, project.child("db")[0], project.shim("api")[0]} <= everything.keys()
    project.kill(project.supervisor())
    project.until(lambda: not any(is_alive(*one) for one in everything.items()), 10)
    assert project.runtime.status()["db"].state is ServiceState.STOPPED
    # And the next start is a start as any other.
    project.up(project.program("db"))
    assert project.runtime.status()["db"].state is ServiceState.HEALTHY


def test_a_killed_shim_is_replaced_and_its_tree_ended(project):
    file = project.root / "daemon"
    project.up(project.program("api", project.DAEMONIZES, str(file)), project.program("db"))
    daemon = project.until(lambda: file.exists() and file.read_text() and int(file.read_text()))
    start, child, db = identity(daemon), project.child("api"), project.child("db")
    shim = project.shim("api")
    project.until(lambda: daemon in dict(project.state("api").tree))
    file.unlink()
    project.kill(shim[0])
    project.until(lambda: project.state("api").is_attended and project.shim("api") != shim)
    project.runtime.wait(timeout=15)
    assert project.child("api") != child
    assert not is_alive(*child)
    assert not is_alive(daemon, start)
    assert project.child("db") == db
    assert project.state("api").restarts == 1


@pytest.mark.parametrize("command", ["start", "stop", "recover"])
def test_after_everything_that_watches_is_killed_the_next_command_recovers(
    project, bystander, command
):
    """supervisord and all shims at once: what remains is found by four rules, and only that."""
    file, empty = project.root / "daemon", project.root / "empty"
    project.up(
        project.program("db", project.DAEMONIZES, str(file)),
        # Its environment is empty, its parents are gone: only the inherited lock says whose it is.
        project.program("api", project.DAEMONIZES, str(empty), project.IGNORES),
    )
    for one in (file, empty):
        project.until(lambda one=one: one.exists() and one.read_text())
    strays = [int(one.read_text()) for one in (file, empty)]
    decoy = bystander(*psutil.Process(strays[1]).cmdline())
    recycled = bystander()
    everything = project.left()
    assert decoy.pid not in everything
    # Pids are given again: a record whose start does not fit names somebody else.
    forge(project, "db", recycled.pid)
    watching = [project.supervisor(), *(project.shim(name)[0] for name in ("db", "api"))]
    known = {pid: identity(pid) for pid in watching}
    project.kill(*watching)
    # Also the supervisor: while it is on its way out, nothing needs to be recovered.
    project.until(lambda: not any(is_alive(*one) for one in known.items()))
    assert all(is_alive(pid, everything[pid]) for pid in strays), "there is nothing to recover"
    assert all(one.state is ServiceState.STOPPED for one in project.runtime.status().values())
    if command == "start":
        project.up(project.program("db"))
    elif command == "stop":
        assert project.runtime.stop() == ()
    else:
        assert set(strays) <= set(project.runtime.recover())
    assert not any(is_alive(*one) for one in everything.items())
    assert Path(conf.socket_path(project.root)).exists() is (command == "start")
    assert decoy.is_running()
    assert recycled.is_running()
    assert recycled.status() != psutil.STATUS_ZOMBIE


#: Below it, a process that has closed all it inherited and has no environment.
HIDES = """
import os, pathlib, subprocess, sys, time
sleeps = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
hidden = subprocess.Popen(sleeps, env={}, close_fds=True, start_new_session=True)
pathlib.Path(sys.argv[1]).write_text(str(hidden.pid))
time.sleep(600)
"""


def test_what_hides_is_found_below_what_does_not(project):
    file = project.root / "hidden"
    project.up(project.program("db", HIDES, str(file)))
    hidden = int(project.until(lambda: file.exists() and file.read_text()))
    assert hidden in find.below([project.child("db")[0]])
    state = project.place.states / "db.json"
    value = json.loads(state.read_text())
    state.write_text(json.dumps({**value, "tree": []}))  # as it is in the first second
    assert hidden in find.left_over(project.place)


def forge(project, name, pid):
    file = project.place.states / f"{name}.json"
    value = json.loads(file.read_text())
    value["tree"].append([pid, "12345678:1"])
    file.write_text(json.dumps(value))


def test_recover_leaves_a_running_project_alone(project):
    project.up(project.program("db"))
    child = project.child("db")
    assert project.runtime.recover() == ()
    assert project.child("db") == child
    assert is_alive(*child)


def test_a_copy_of_a_project_does_not_touch_the_original(project, make_project):
    import shutil

    project.up(project.program("db"))
    child = project.child("db")
    shutil.copytree(project.root, project.root.parent / "copy", symlinks=True)
    copy = make_project("copy")
    assert copy.runtime.status()["db"].name == "db"
    assert copy.runtime.recover() == ()
    assert copy.runtime.stop() == ()
    copy.up(copy.program("db"))
    assert copy.child("db") != child
    assert is_alive(*child)
    copy.runtime.stop()
    assert is_alive(*child)
    assert project.runtime.status()["db"].state is ServiceState.HEALTHY


def test_other_projects_are_left_alone(make_project):
    one, other = make_project("one"), make_project("other")
    one.up(one.program("db"))
    other.up(other.program("db"))
    child = other.child("db")
    assert one.runtime.stop() == ("db",)
    one.runtime.recover()
    assert other.child("db") == child
    assert is_alive(*child)


def test_the_caller_and_its_ancestors_are_never_taken_for_orphans(project, monkeypatch):
    project.up(project.program("db"))
    code = (
        "import sys; from pathlib import Path; from phlo.runtime.native.place import Place;"
        "from phlo.runtime.native import find; print(find.left_over(Place(Path(sys.argv[1]))))"
    )
    marked = {**os.environ, find.MARK: project.place.mark}
    found = psutil.Popen([sys.executable, "-c", code, str(project.root)], env=marked, stdout=-1)
    said, _ = found.communicate(timeout=20)
    assert str(project.child("db")[0]).encode() in said
    assert f"{found.pid}:".encode() not in said


def test_a_project_whose_folder_was_deleted_beneath_it_starts_again(project):
    import shutil

    project.up(project.program("db"))
    child, supervisor = project.child("db"), project.supervisor()
    start = identity(supervisor)
    shutil.rmtree(project.root / ".phlo")
    project.up(project.program("db"))
    assert not is_alive(*child)
    assert not is_alive(supervisor, start)
    assert project.runtime.status()["db"].state is ServiceState.HEALTHY


def test_a_supervisor_that_hangs_is_ended_by_stop(project, monkeypatch):
    import signal

    monkeypatch.setattr("phlo.runtime.native.client._TIMEOUT", 0.5)
    project.up(project.program("db"))
    everything = project.left()
    os.kill(project.supervisor(), signal.SIGSTOP)
    project.runtime.stop()
    assert not any(is_alive(*one) for one in everything.items())
