"""The project's lock: one waits, then goes on or says who holds it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from phlo.errors.state import FolderUnwritable, ProjectLocked
from phlo.runtime.lock import FILE, holders, project_lock

HOLDS = """
import sys, time
from pathlib import Path
from phlo.runtime.lock import project_lock
with project_lock(Path(sys.argv[1]), "starting services", is_shared=sys.argv[2] == "shared"):
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@pytest.fixture
def hold(tmp_path):
    made = []

    def start(kind="alone", seconds=60.0):
        command = [sys.executable, "-c", HOLDS, str(tmp_path), kind, str(seconds)]
        made.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert made[-1].stdout.readline() == "held\n"
        return made[-1]

    yield start
    for process in made:
        process.kill()
        process.communicate()


def test_a_second_command_waits_and_then_goes_on(tmp_path, hold):
    first, said = hold(seconds=0.6), []
    began = time.monotonic()
    with project_lock(tmp_path, "stopping services", on_wait=said.append):
        assert 0.2 < time.monotonic() - began < 5
    assert len(said) == 1
    assert said[0].startswith(f"waiting for 'starting services' (pid {first.pid}, since ")


@pytest.mark.parametrize(
    ("theirs", "is_shared"), [("alone", False), ("alone", True), ("shared", False)]
)
def test_it_says_who_holds_it_when_the_time_is_over(tmp_path, hold, theirs, is_shared):
    first = hold(theirs)
    with (
        pytest.raises(ProjectLocked) as told,
        project_lock(tmp_path, "stopping services", timeout=0.3, is_shared=is_shared),
    ):
        pass
    assert (told.value.code, told.value.exit_code) == ("PHLO-X307", 7)
    assert f"'starting services' (pid {first.pid}, since " in told.value.message
    # The fix is a command that removes the error.
    assert told.value.fix.command == f"kill {first.pid}"
    os.kill(first.pid, signal.SIGTERM)
    first.wait(10)
    with project_lock(tmp_path, "stopping services", timeout=5, is_shared=is_shared):
        assert [one.pid for one in holders(tmp_path)] == [os.getpid()]


def test_runs_go_side_by_side_and_are_all_named(tmp_path, hold):
    first, second = hold("shared"), hold("shared")
    with project_lock(tmp_path, "running assets", timeout=0.5, is_shared=True):
        assert {one.pid for one in holders(tmp_path)} == {first.pid, second.pid, os.getpid()}
    # One that has given it up is named no more, though its process lives on.
    assert {one.pid for one in holders(tmp_path)} == {first.pid, second.pid}


def test_a_killed_holder_holds_nothing(tmp_path, hold):
    first = hold()
    first.kill()
    first.wait(10)
    assert holders(tmp_path) == ()
    with project_lock(tmp_path, "stopping services", timeout=1):
        assert len((tmp_path / FILE).read_text().splitlines()) == 1


def test_a_step_of_a_locked_command_does_not_wait_for_itself(tmp_path):
    with (
        project_lock(tmp_path, "outer", timeout=0.2),
        project_lock(tmp_path, "inner", timeout=0.2),
        project_lock(tmp_path, "inner", timeout=0.2, is_shared=True),
    ):
        assert [one.purpose for one in holders(tmp_path)] == ["outer"]
    assert holders(tmp_path) == ()


def test_another_thread_does_wait(tmp_path):
    told = []

    def second():
        try:
            with project_lock(tmp_path, "second", timeout=0.2):
                told.append("held")
        except ProjectLocked:
            told.append("refused")

    with project_lock(tmp_path, "first"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(10)
    assert told == ["refused"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_children_do_not_inherit_it(tmp_path):
    code = "import time; time.sleep(60)"
    with project_lock(tmp_path, "first"):
        started = subprocess.Popen([sys.executable, "-c", code], close_fds=False)
        forked = os.fork()
        if forked == 0:
            time.sleep(60)
            os._exit(0)
    try:
        with project_lock(tmp_path, "second", timeout=0.5):
            pass
    finally:
        for pid in (started.pid, forked):
            os.kill(pid, signal.SIGKILL)
        started.wait(10)
        os.waitpid(forked, 0)


FORKS = """
import os, sys, time
from pathlib import Path
from phlo.runtime.lock import project_lock
with project_lock(Path(sys.argv[1]), "starting services"):
    if (child := os.fork()) == 0:
        time.sleep(60)
    print(child, flush=True)
    time.sleep(60)
"""


def test_a_killed_holders_fork_does_not_keep_it(tmp_path):
    first = subprocess.Popen(
        [sys.executable, "-c", FORKS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    child = int(first.stdout.readline())
    try:
        first.kill()
        first.wait(10)
        with project_lock(tmp_path, "second", timeout=1):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        first.stdout.close()


def test_what_is_no_holder_is_not_named(tmp_path, hold):
    first = hold()
    with (tmp_path / FILE).open("a") as file:
        file.write('not json\n{"id": 1}\n[]\n"x"\n{"pid": "x"}\n')
    assert [one.pid for one in holders(tmp_path)] == [first.pid]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / ".phlo").write_text("in the way")
    with pytest.raises(FolderUnwritable) as told, project_lock(tmp_path, "first"):
        pass
    assert told.value.code == "PHLO-X310"
