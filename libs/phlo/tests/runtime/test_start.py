"""Starting: the order, the ways of telling that a process is ready, what it gets from phlo."""

from __future__ import annotations

import os
import sys
import time

import pytest

from phlo.errors.runtime import ProgramMissing
from phlo.errors.service import NoSuchService, NotHealthy, ServiceCrashed, StillStarting
from phlo.errors.state import SecretMissing
from phlo.model.native import Artifact, Health, HealthKind, NativeProgram, Program
from phlo.model.status import ServiceState

pytestmark = pytest.mark.embedded

#: Answers 200 when the file in argv[2] is there, else 503.
ANSWERS = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if os.path.exists(sys.argv[2]) else 503)
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
#: Answers 200 at all times, and says in what it answers whether the file in argv[2] is there.
SAYS_SO = ANSWERS.replace("else 503", "else 200").replace(
    "self.end_headers()",
    "self.end_headers(); self.wfile.write(repr(os.path.exists(sys.argv[2])).encode())",
)
#: Listens once the file in argv[2] is there.
LISTENS_LATER = """
import os, socket, sys, time
while not os.path.exists(sys.argv[2]): time.sleep(0.02)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True: server.accept()[0].close()
"""


def test_each_starts_when_what_it_needs_is_healthy(project):
    port, gate = project.free_port(), project.root / "gate"
    database = project.program(
        "db", LISTENS_LATER, str(port), str(gate), health=Health(HealthKind.TCP, port=port)
    )
    api = project.program("api", needs=["db"])
    ui = project.program("ui", needs=["api"])
    project.start(ui, api, database)
    for name, need in (("api", "db"), ("ui", "api")):
        state = project.until_state(name, ServiceState.WAITING)
        assert state.cause["text"] == f"waiting for '{need}'"
        assert state.child is None
    project.until_state("db", ServiceState.STARTING)
    gate.touch()
    project.runtime.wait(timeout=15)
    db, api_state, ui_state = (project.state(name) for name in ("db", "api", "ui"))
    assert db.since <= api_state.started_at <= api_state.since <= ui_state.started_at


def test_what_is_needed_is_started_with_it_and_nothing_else(project):
    names = project.start(
        project.program("db"), project.program("api", needs=["db"]), project.program("other"),
        names=["api"],
    ).started  # fmt: skip
    assert names == ("db", "api")
    project.runtime.wait(names, timeout=15)
    assert list(project.runtime.status()) == ["api", "db"]


def gated(project, kind, gate):
    port = project.free_port()
    if kind == "http":
        health = Health(HealthKind.HTTP, port=port, path="/health", interval=0.1)
        return project.program("it", ANSWERS, str(port), str(gate), health=health)
    if kind == "text":
        health = Health(HealthKind.HTTP, port=port, path="/x", contains="True", interval=0.1)
        return project.program("it", SAYS_SO, str(port), str(gate), health=health)
    if kind == "tcp":
        health = Health(HealthKind.TCP, port=port, interval=0.1)
        return project.program("it", LISTENS_LATER, str(port), str(gate), health=health)
    health = Health(HealthKind.COMMAND, command=("test", "-e", str(gate)), interval=0.1)
    return project.program("it", health=health)


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("http", "127.0.0.1:{port}/health answered 503"),
        ("text", "127.0.0.1:{port}/x did not answer True yet"),
        ("tcp", "127.0.0.1:{port}: connection refused"),
        ("command", "'test' exited with code 1"),
    ],
)
def test_it_is_healthy_when_its_check_passes_and_not_before(project, kind, cause):
    gate = project.root / "gate"
    it = gated(project, kind, gate)
    project.start(it)
    wanted = cause.format(port=it.health.port)
    project.until(lambda: (project.state("it").cause or {}).get("text") == wanted)
    assert project.state("it").present is ServiceState.STARTING
    gate.touch()
    project.runtime.wait(timeout=10)
    assert project.runtime.status()["it"].cause is None


@pytest.mark.parametrize("kind", ["http", "command"])
def test_it_is_unhealthy_after_some_failures_in_a_row_and_can_recover(project, kind):
    gate = project.root / "gate"
    gate.touch()
    project.up(gated(project, kind, gate))
    pid = project.child("it")
    gate.unlink()
    project.until_state("it", ServiceState.UNHEALTHY)
    assert project.runtime.status()["it"].cause
    gate.touch()
    project.until_state("it", ServiceState.HEALTHY)
    assert project.child("it") == pid


def test_a_check_that_hangs_counts_as_failed(project):
    health = Health(HealthKind.COMMAND, command=("sleep", "60"), timeout=0.2)
    project.start(project.program("it", health=health))
    project.until(lambda: "took longer than 0.2 s" in str(project.state("it").cause))


def test_progress_is_told_for_each_change(project):
    project.up(project.program("db"), project.program("api", needs=["db"]))
    seen = [(event.service, str(event.state)) for event in project.events]
    assert seen[-1] == ("api", "healthy")
    assert ("api", "waiting") in seen
    assert seen.index(("db", "healthy")) < seen.index(("api", "healthy"))


def test_the_environment_is_small_and_marked(project, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leaked")
    monkeypatch.setenv("LANG", "C.UTF-8")
    code = "import os, time; print(sorted(os.environ.items()), flush=True); time.sleep(600)"
    project.up(project.program("it", code, environment={"OWN": "äöü '\"%;#"}))
    project.until(lambda: "]" in project.log("it"))
    said = project.log("it")
    assert "leaked" not in said
    assert "('LANG', 'C.UTF-8')" in said
    assert "äöü \\'\"%;#" in said
    assert f"('PHLO_NATIVE_ALIVE', '{project.place.mark}')" in said
    assert f"('PHLO_NATIVE_ROOT', '{project.root}')" in said


def test_secrets_are_put_in_and_nobody_else_can_read_them(project):
    secret = "s3cret-of-the-database"
    project.up(
        project.program("it", environment={"DSN": "db://u:${PHLO_SECRET_DB_PASSWORD}@host"}),
        secrets={"DB_PASSWORD": secret},
    )
    assert project.definition("it")["environment"]["DSN"] == f"db://u:{secret}@host"
    holding = [
        path
        for path in project.root.rglob("*")
        if path.is_file() and secret in path.read_text(errors="replace")
    ]
    assert [path.name for path in holding] == ["it.json"]
    assert holding[0].stat().st_mode & 0o777 == 0o600


def test_no_message_and_no_log_shows_a_secret(project):
    says = "import sys; print('login with', sys.argv[1], flush=True); sys.exit(sys.argv[1])"
    project.start(
        project.program("it", says, "${PHLO_SECRET_P}"), secrets={"P": "given-not-kept-in-a-file"}
    )
    with pytest.raises(ServiceCrashed) as told:
        project.runtime.wait(timeout=30)
    assert told.value.lines == ("login with ***", "***")
    status = project.runtime.status()["it"]
    assert status.last_lines == ("login with ***", "***")
    said = [line.text for line in project.runtime.logs(["it"])]
    assert "login with ***" in said
    assert "given-not-kept" not in f"{said} {status} {told.value.as_json()}"
    assert "given-not-kept" in project.log("it")


def test_a_services_name_stands_for_all_its_processes(project):
    web, daemon = project.program("dag.web"), project.program("dag.daemon", needs=["dag.web"])
    other = project.program("other")
    assert project.start(web, daemon, other, names=["dag"]).started == ("dag.web", "dag.daemon")
    project.runtime.wait(["dag"], timeout=10)
    assert [one.service for one in project.runtime.status().values()] == ["dag", "dag"]
    project.until(lambda: len(project.runtime.logs(["dag"])) == 2)
    assert project.runtime.stop(["dag"]) == ("dag.daemon", "dag.web")


def test_a_secret_that_is_not_there_starts_nothing(project):
    it = project.program("it", environment={"P": "${PHLO_SECRET_NONE}"})
    with pytest.raises(SecretMissing, match="'it' needs the secret 'NONE'"):
        project.start(it)
    assert not (project.root / ".phlo").exists()


def test_a_program_that_is_not_there_is_told_with_how_to_get_it(project):
    hint = "apt install prometheus, or brew install prometheus"
    it = NativeProgram("m", "m", ("no-such-prog",),
                       program=Program("path", name="no-such-prog", hint=hint))  # fmt: skip
    with pytest.raises(ProgramMissing) as told:
        project.start(it)
    assert told.value.code == "PHLO-R510"
    assert told.value.fix.text == hint
    unpacked = Program("maven", artifacts=(Artifact.of("g:a:1", None),), at="/no/such/folder")
    with pytest.raises(ProgramMissing, match="/no/such/folder"):
        project.start(NativeProgram("t", "t", ("launcher",), program=unpacked))


def test_an_unknown_name_is_told_at_once(project):
    with pytest.raises(NoSuchService, match="no service 'dbb'") as told:
        project.start(project.program("db"), names=["dbb"])
    assert "db" in told.value.fix.text
    with pytest.raises(NoSuchService):
        project.runtime.wait(["nobody"])


LONG = "ein Verzeichnis mit Ümläuten, % \" ; # ' und $HOME `x` 日本語 " + "lang" * 20


def test_any_path_will_do(make_project):
    project = make_project(LONG)
    assert len(os.fsencode(project.root)) > 180
    port = project.free_port()
    project.up(project.listener("db", port), project.program("api", needs=["db"]))
    project.until(lambda: "up" in project.log("api"))
    assert project.runtime.stop() == ("api", "db")


COUNTS = "import pathlib, sys; f = pathlib.Path(sys.argv[1]); f.open('a').write('ran ')"


def test_jobs_run_once_before_the_start_and_again_when_they_change(project):
    file = project.root / "ran"
    job = (sys.executable, "-I", "-S", "-c", COUNTS, str(file))
    # Two processes of one service share its jobs.
    both = [project.program(f"it.{n}", init=(job,)) for n in ("web", "daemon")]
    project.up(*both)
    assert file.read_text() == "ran "
    project.runtime.restart()
    project.runtime.wait(timeout=10)
    assert file.read_text() == "ran "
    project.up(*[project.program(f"it.{n}", init=(job, job)) for n in ("web", "daemon")])
    assert file.read_text() == "ran ran ran "


def test_slow_is_not_failed_while_the_log_moves(project):
    talks = "import time\nwhile True: print('working', flush=True); time.sleep(0.1)"
    never = Health(HealthKind.COMMAND, command=("false",))
    project.start(
        project.program("slow", talks, health=never), project.program("after", needs=["slow"])
    )
    with pytest.raises(StillStarting, match="'slow' is still starting") as told:
        project.runtime.wait(timeout=1.0)
    assert (told.value.code, told.value.exit_code) == ("PHLO-S602", 10)
    assert "'false' exited with code 1" in told.value.why


def test_one_that_says_nothing_is_not_healthy(project):
    silent = "import time; time.sleep(600)"
    never = Health(HealthKind.COMMAND, command=("false",))
    project.start(project.program("dumb", silent, health=never, ready_timeout=1.0))
    began = time.monotonic()
    with pytest.raises(NotHealthy, match="'dumb' did not become healthy") as told:
        project.runtime.wait(timeout=60)
    assert (told.value.code, told.value.exit_code) == ("PHLO-S603", 9)
    assert time.monotonic() - began < 10
