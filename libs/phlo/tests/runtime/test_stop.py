"""Stopping: everything that was started, in the reverse order, and nothing else."""

from __future__ import annotations

import time

import pytest

from phlo.errors.service import NoSuchService, NotRunning
from phlo.model.status import ServiceState
from phlo.orchestration.process import identity, is_alive

pytestmark = pytest.mark.embedded

#: On the stop signal in argv[2], writes down that it ended, and when.
SAYS_GOODBYE = """
import pathlib, signal, sys, time
def end(number, frame):
    pathlib.Path(sys.argv[1]).open("a").write(f"{sys.argv[3]}:{signal.Signals(number).name} ")
    time.sleep(0.2)
    sys.exit(0)
signal.signal(getattr(signal, sys.argv[2]), end)
print("up", flush=True)
while True: time.sleep(60)
"""


def test_stop_leaves_nothing_behind(project):
    daemon = project.root / "daemon"
    project.up(
        project.program("db", project.IGNORES, stop_grace=0.5),
        project.program("api", project.DAEMONIZES, str(daemon), needs=["db"]),
    )
    project.until(lambda: daemon.exists() and daemon.read_text())
    stray, supervisor = int(daemon.read_text()), project.supervisor()
    everything = {**project.left(), stray: identity(stray), supervisor: identity(supervisor)}
    assert len(everything) >= 6
    stopped = project.runtime.stop(on_progress=project.events.append)
    assert stopped == ("api", "db")
    assert not any(is_alive(*one) for one in everything.items())
    assert [e.service for e in project.events if e.state is ServiceState.STOPPED] == ["api", "db"]
    assert {s.state for s in project.runtime.status().values()} == {ServiceState.STOPPED}
    assert {s.pid for s in project.runtime.status().values()} == {None}
    assert project.runtime.stop() == ()


def test_they_stop_in_the_reverse_order_each_by_its_signal(project):
    file = project.root / "goodbye"
    signals = {"db": "INT", "api": "TERM", "ui": "QUIT"}
    needs = {"db": [], "api": ["db"], "ui": ["api"]}
    project.up(*[
        project.program(name, SAYS_GOODBYE, str(file), f"SIG{sent}", name, needs=needs[name],
                        stop_signal=sent)
        for name, sent in signals.items()
    ])  # fmt: skip
    for name in signals:
        project.until(lambda name=name: "up" in project.log(name))
    project.runtime.stop()
    assert file.read_text().split() == ["ui:SIGQUIT", "api:SIGTERM", "db:SIGINT"]


def test_those_of_one_layer_stop_together(project):
    project.up(*[project.program(f"n{i}", project.IGNORES, stop_grace=1.0) for i in range(3)])
    began = time.monotonic()
    project.runtime.stop()
    assert time.monotonic() - began < 2.8  # one after the other would take more than three seconds


def test_a_part_can_be_stopped_and_the_rest_goes_on(project):
    project.up(project.program("db"), project.program("api"))
    child = project.child("db")
    assert project.runtime.stop(["api"]) == ("api",)
    states = {name: one.state for name, one in project.runtime.status().items()}
    assert states == {"api": ServiceState.STOPPED, "db": ServiceState.HEALTHY}
    assert project.child("db") == child
    with pytest.raises(NoSuchService):
        project.runtime.stop(["nobody"])
    # With the last one goes the supervisor.
    supervisor = project.supervisor()
    start = identity(supervisor)
    project.runtime.stop(["db"])
    assert not is_alive(supervisor, start)


def test_one_that_waits_for_another_is_stopped_too(project):
    project.start(project.program("api", needs=["db"]), project.program("db", "1/0"))
    project.until_state("api", ServiceState.WAITING)
    began = time.monotonic()
    project.runtime.stop()
    assert time.monotonic() - began < 5
    assert project.left() == {}


def test_a_stop_right_after_the_start_is_not_lost(project):
    names = [f"n{i}" for i in range(6)]
    for _ in range(2):
        project.start(*[project.program(name) for name in names])
        began = time.monotonic()
        project.runtime.stop()
        assert time.monotonic() - began < 8
        assert project.left() == {}


def test_where_nothing_was_started_nothing_is_made(project):
    assert project.runtime.stop() == ()
    assert project.runtime.recover() == ()
    assert project.runtime.status() == {}
    assert list(project.root.iterdir()) == []


def test_a_restart_gives_another_process_by_the_same_definition(project):
    project.up(project.program("db"), project.program("api", needs=["db"]))
    db, api = project.child("db"), project.child("api")
    assert project.runtime.restart(["api"]) == ("api",)
    project.runtime.wait(timeout=10)
    assert project.child("db") == db
    assert project.child("api") != api
    assert not is_alive(*api)


def test_after_a_stop_ports_are_free_for_the_next_start(project):
    port = project.free_port()
    for _ in range(2):
        project.up(project.listener("db", port))
        project.runtime.stop()
    assert project.state("db").crashes == 0


def test_the_log_is_kept_over_stops(project):
    project.up(project.program("db"))
    project.until(lambda: "up" in project.log("db"))
    project.runtime.stop()
    project.up(project.program("db"))
    project.until(lambda: project.log("db").count("up") == 2)


def test_memory_counts_the_whole_tree(project):
    code = (
        "import subprocess, sys, time\n"
        "hold = 'x = bytearray(40_000_000); import time; time.sleep(600)'\n"
        "subprocess.Popen([sys.executable, '-c', hold]); time.sleep(600)"
    )
    project.up(project.program("it", code))
    project.until(lambda: (project.runtime.status()["it"].memory_bytes or 0) > 45_000_000)
    one = project.runtime.status()["it"]
    assert one.pid == project.child("it")[0]
    assert one.started_at is not None
    assert one.log_file == str(project.place.log("it"))


def test_waiting_for_one_that_is_stopped_ends_soon(project, monkeypatch):
    monkeypatch.setattr("phlo.runtime.native.waiting._SHIM_MISSING", 1.0)
    project.up(project.program("db"), project.program("api"))
    project.runtime.stop(["db"])
    began = time.monotonic()
    with pytest.raises(NotRunning, match="'db' is not running"):
        project.runtime.wait(["db"], timeout=60)
    assert time.monotonic() - began < 10
