"""Crashes: started again with the cause kept; again and again is a failure, with the last lines."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from itertools import pairwise

import pytest

from phlo.errors.service import ServiceCrashed
from phlo.errors.state import PortInUse
from phlo.model.native import NativeProgram
from phlo.model.status import ServiceState

pytestmark = pytest.mark.embedded

#: Ends with code 3 the first time, stays the second.
CRASHES_ONCE = """
import pathlib, sys, time
first = pathlib.Path(sys.argv[1])
if not first.exists():
    first.touch()
    print("cannot reach the moon")
    sys.exit(3)
print("up", flush=True)
time.sleep(600)
"""
FAILS = """
import pathlib, sys, time
pathlib.Path(sys.argv[1]).open("a").write(f"{time.time()} ")
print("line one")
print("no such table: moon")
sys.exit(3)
"""

FAILS_THRICE = """
import pathlib, sys, time
times = pathlib.Path(sys.argv[1])
times.open("a").write("x")
if len(times.read_text()) <= 3:
    sys.exit(3)
time.sleep(600)
"""


def test_a_crashed_service_is_started_again_and_its_cause_is_kept(project):
    project.up(project.program("it", CRASHES_ONCE, str(project.root / "first")))
    seen = [(event.state, event.cause) for event in project.events]
    assert (ServiceState.CRASHED, "exited with code 3") in seen
    status = project.runtime.status()["it"]
    assert (status.state, status.cause, status.restarts) == (ServiceState.HEALTHY, None, 1)
    assert status.last_crash == "exited with code 3"
    assert "cannot reach the moon" in project.state("it").last_crash["lines"]
    assert "[phlo] exited with code 3" in project.log("it")


def test_a_killed_service_is_healthy_again_and_the_signal_is_named(project):
    project.up(project.program("it"), project.program("other"))
    before, other = project.child("it"), project.child("other")
    project.kill(before[0])
    project.until(lambda: project.state("it").restarts == 1)
    assert project.state("it").last_crash["text"] == "was ended by SIGKILL"
    project.runtime.wait(timeout=10)
    assert project.child("it") != before
    assert project.child("other") == other


def test_crashes_in_a_row_are_a_failure_with_the_last_lines(project):
    """One project for all that is to be seen of crashes, because each pause is longer."""
    stamps = project.root / "stamps"
    job = (sys.executable, "-I", "-S", "-c", "import sys; sys.exit('the schema is from tomorrow')")
    began = time.monotonic()
    project.start(
        project.program("db", FAILS, str(stamps)), project.program("api", needs=["db"]),
        project.program("job", init=(job,)), project.program("well", "print('done')"),
    )  # fmt: skip
    with pytest.raises(ServiceCrashed) as told:
        project.runtime.wait(["db", "api"], timeout=60)
    assert time.monotonic() - began < 12
    error = told.value
    assert (error.code, error.exit_code) == ("PHLO-S601", 9)
    assert error.message == "'db' exited with code 3, 3 times in a row"
    assert error.lines == ("line one", "no such table: moon")
    assert "0 of 2 services ready; waiting on it: api" in error.why
    status = project.runtime.status()["db"]
    assert (status.state, status.cause) == (ServiceState.CRASHED, "exited with code 3")
    with pytest.raises(ServiceCrashed, match=r"'job' 'python.*' exited with code 1") as told:
        project.runtime.wait(["job"], timeout=30)
    assert "the schema is from tomorrow" in told.value.lines
    assert project.state("well").last_crash["text"] == "exited with code 0"
    times = [float(stamp) for stamp in stamps.read_text().split()]
    pauses = [later - sooner for sooner, later in pairwise(times)]
    for pause, least in zip(pauses, (0.5, 1.0), strict=False):
        assert least <= pause < least + 2.5, pauses  # supervisord may take a second of its own
    # A start after crashes begins at once, and without the count of before.
    began = time.monotonic()
    project.up(project.program("db"))
    assert time.monotonic() - began < 4
    assert project.state("db").restarts == 0


def test_what_came_up_after_all_is_well_however_often_it_crashed(project):
    project.start(project.program("it", FAILS_THRICE, str(project.root / "times")))
    with pytest.raises(ServiceCrashed):
        project.runtime.wait(timeout=30)
    project.until_state("it", ServiceState.HEALTHY)
    assert project.state("it").crashes == 3
    project.runtime.wait(timeout=10)


def test_a_command_that_cannot_run_is_not_tried_again(project):
    broken = project.root / "broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    it = NativeProgram("it", "it", (str(broken),))
    project.start(it)
    with pytest.raises(ServiceCrashed, match=r"'it' cannot run '.*/broken': no such file") as told:
        project.runtime.wait(timeout=30)
    assert told.value.exit_code == 9
    assert project.runtime.status()["it"].state is ServiceState.FAILED
    broken.write_text("#!/bin/sh\nsleep 600\n")
    assert project.up(it).restarted == ("it",)  # the same once more: a start tries it anew
    assert project.runtime.status()["it"].state is ServiceState.HEALTHY


def test_a_taken_port_is_told_apart_and_its_holder_named(project):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        project.start(project.listener("db", port))
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is already in use") as told:
            project.runtime.wait(timeout=30)
    assert (told.value.code, told.value.exit_code) == ("PHLO-X302", 7)
    assert any(f"(pid {os.getpid()}, user " in one.message for one in told.value.related)
    # Its holder is gone: it becomes healthy by itself, as the error's fix says.
    project.until_state("db", ServiceState.HEALTHY)


def test_crashes_are_forgotten_after_some_health(project, impatient):
    impatient("FORGIVEN", "0.2")
    project.up(project.program("it"))
    for _ in range(2):
        time.sleep(0.4)
        project.kill(project.child("it")[0])
        before = project.state("it").restarts
        project.until(lambda before=before: project.state("it").restarts == before + 1)
        project.runtime.wait(timeout=10)
    assert (project.state("it").crashes, project.state("it").restarts) == (1, 2)


def test_the_supervisor_sees_the_signal_of_the_service(project):
    code = "import os, signal, time; time.sleep(0.4); os.kill(os.getpid(), signal.SIGSEGV)"
    project.start(project.program("it", code))
    project.until(lambda: project.state("it").crashes >= 1)
    assert project.state("it").last_crash["signal"] == signal.SIGSEGV
    said = project.place.daemon_log.read_text()
    project.until(lambda: "terminated by SIGSEGV" in project.place.daemon_log.read_text())
    assert "core dumped" not in said
