"""Why a container does not run: each cause provoked for real, told apart, and put right."""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from phlo.testing.containers import ContainerProject as Project

IMAGE = "python:3.11-slim-bookworm"
STAYS = (
    "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(0)); "
    "print('up', flush=True); time.sleep(600)"
)


def python(code: str) -> list[str]:
    return ["python", "-c", code]


@dataclass
class Case:
    """A service that fails, what is said of it, and the service after the fix was taken."""

    code: str
    exit_code: int
    says: str
    service: dict[str, object]
    fix: str
    """What the fix says to change."""
    change: dict[str, object]


TAKES_MEMORY = python(f"x = b'x' * 100_000_000; {STAYS}")
READS = python(f"import tomllib; tomllib.load(open('/app.toml', 'rb')); {STAYS}")
LOGS_IN = python(
    "import os, sys\n"
    "if os.environ['DB_PASSWORD'] != 'right': "
    "sys.exit('FATAL: password authentication failed for user \"ann\"')\n" + STAYS
)
CASES = {
    "out of memory": Case(
        "PHLO-S601", 9, "out of memory (exit 137, OOMKilled)",
        {"command": TAKES_MEMORY, "resources": {"memory": "64MiB"}},
        "resources: {memory: 128MiB}", {"resources": {"memory": "128MiB"}},
    ),
    "image missing": Case(
        "PHLO-N702", 11, "cannot be pulled",
        {"image": "phlo-tests/not-there:1", "command": python(STAYS)},
        "{image: NAME:TAG}", {"image": IMAGE},
    ),
    "wrong platform": Case(
        "PHLO-N702", 11, "is not there for the platform 'linux/s390x'",
        {"platform": "linux/s390x", "command": python(STAYS)},
        "{platform: null}", {"platform": None},
    ),
    "bad credentials": Case(
        "PHLO-S612", 9, "its user or password is wrong",
        {"command": LOGS_IN, "environment": {"DB_PASSWORD": "wrong"}},
        "DB_PASSWORD (phlo.yaml:", {"environment": {"DB_PASSWORD": "right"}},
    ),
    "configuration": Case(
        "PHLO-S613", 9, "does not understand its configuration",
        {"command": READS, "files": [{"dest": "/app.toml", "content": "a = = 1\n"}]},
        "/app.toml", {"files": [{"dest": "/app.toml", "content": "a = 1\n"}]},
    ),
    "command not found": Case(
        "PHLO-S611", 9, "cannot run its command: it is not in the image",
        {"command": ["no-such-program"]},
        "command: null", {"command": python(STAYS)},
    ),
    "command not in a shell": Case(
        "PHLO-S611", 9, "cannot run its command: it is not in the image",
        {"command": ["sh", "-c", "no-such-program"]},
        "command: null", {"command": python(STAYS)},
    ),
    "no permission": Case(
        "PHLO-S611", 9, "cannot run its command: it may not be run",
        {"command": ["/etc/passwd"]},
        "command: null", {"command": python(STAYS)},
    ),
    "exits at once": Case(
        "PHLO-S601", 9, "exited at once with code 3, 3 times in a row",
        {"command": python("print('bye'); raise SystemExit(3)")},
        "phlo services logs bad", {"command": python(STAYS)},
    ),
    "unhealthy": Case(
        "PHLO-S614", 9, "its health check fails",
        {"command": python(STAYS), "ready": {"timeout": "9s"},
         "healthcheck": {"test": ["sh", "-c", "echo no answer; exit 1"], "interval": "1s",
                         "retries": 1, "timeout": "2s"}},
        "healthcheck", {"healthcheck": {"test": ["true"], "interval": "1s"}},
    ),
    "slow": Case(
        "PHLO-S602", 10, "is still starting",
        {"command": python("import time\nwhile True: print(1, flush=True); time.sleep(.5)"),
         "ready": {"timeout": "4s"},
         "healthcheck": {"test": ["sh", "-c", "test -e /ready"], "interval": "1s", "retries": 1}},
        "phlo services wait bad", {},
    ),
    "build": Case(
        "PHLO-N704", 11, "cannot be built",
        {"image": None, "command": python(STAYS),
         "build": {"dockerfile_inline": f"FROM {IMAGE}\nRUN echo broken; exit 7\n"}},
        "correct that", {"build": {"dockerfile_inline": f"FROM {IMAGE}\n"}},
    ),
}  # fmt: skip


def configure(project: Project, **services: dict[str, object]) -> None:
    whole = {
        name: {k: v for k, v in ({"type": "inline", "image": IMAGE} | one).items() if v is not None}
        for name, one in services.items()
    }
    project.configure(json.dumps(whole))


@pytest.mark.parametrize("name", CASES)
def test_a_cause_is_told_and_its_fix_works(project: Project, name: str) -> None:
    case = CASES[name]
    configure(project, bad=case.service)
    done = project.phlo("services", "start", "--no-open", "--only", "bad", "--json")
    [error] = project.errors(done)
    assert (error["code"], done.returncode) == (case.code, case.exit_code), done.stderr
    assert case.says in error["message"]
    assert case.fix in error["fix"]["text"]
    if name == "slow":
        project.docker("exec", f"{project.name}-bad-1", "touch", "/ready")
        waited = project.phlo("services", "wait", "bad", "--timeout", "60")
        assert waited.returncode == 0, waited.stderr
        return
    configure(project, bad=case.service | case.change)
    again = project.up("bad")
    assert again.returncode == 0, again.stderr
    assert project.states() == {"bad": "healthy"}


def test_the_last_lines_of_the_log_are_shown_without_secrets(project: Project) -> None:
    project.site.install(
        "leaky",
        f"""
        schema: 1
        name: leaky
        category: custom
        image: {IMAGE}
        settings: {{key: {{type: secret, generate: {{length: 24}}, env: THE_KEY}}}}
        command: [python, -c, "import os, sys; sys.exit('it is ' + os.environ['THE_KEY'])"]
        ready: started
        """,
    )
    done = project.phlo("services", "start", "--only", "leaky", "--json")
    [error] = project.errors(done)
    assert [r["message"] for r in error["related"]][-1] == "log: it is ***"
    assert "it is ***" in project.phlo("services", "logs", "leaky").stdout


def test_a_port_that_another_program_has(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        configure(project, bad={"command": python(STAYS), "ports": [f"{port}:80"]})
        done = project.phlo("services", "start", "--no-open", "--only", "bad", "--json")
        [error] = project.errors(done)
        assert (error["code"], done.returncode) == ("PHLO-X302", 7)
        assert project.things() == []
        command = next(
            part for part in error["fix"]["text"].split("move ours: ") if "--port" in part
        )
        again = project.phlo(*command.split()[1:], "--no-open", "--only", "bad")
        assert again.returncode == 0, again.stderr


def test_who_needs_what_failed_is_not_started(project: Project) -> None:
    last = {"command": python(STAYS), "depends_on": ["bad"]}
    bad = {"command": python("raise SystemExit(3)"), "healthcheck": {"test": ["true"]}}
    configure(project, bad=bad, last=last)
    done = project.phlo("services", "start", "--no-open", "--only", "last", "--json")
    first, second = project.errors(done)
    assert (first["code"], second["code"], done.returncode) == ("PHLO-S601", "PHLO-S616", 9)
    assert second["message"] == "'last' not started: 'bad' failed"
    assert "waiting on it: last" in first["why"]
    assert project.inspect("last")["State"]["Status"] == "created"
    configure(project, bad={"command": python(STAYS)}, last=last)
    assert project.up("last").returncode == 0


def test_a_job_runs_once_and_fails_what_needs_it(project: Project) -> None:
    def install(code: int) -> None:
        project.site.install(
            "seed",
            f"schema: 1\nname: seed\nkind: job\ncategory: custom\nimage: {IMAGE}\n"
            f"command: [python, -c, 'print(1); raise SystemExit({code})']\n",
        )

    install(4)
    configure(project, last={"command": python(STAYS), "depends_on": ["seed"]})
    done = project.phlo("services", "start", "--no-open", "--only", "last", "--json")
    assert [e["code"] for e in project.errors(done)] == ["PHLO-S615", "PHLO-S616"]
    install(0)
    assert project.up("last").returncode == 0
    began = project.inspect("seed")["State"]["StartedAt"]
    assert project.up("last").returncode == 0
    assert project.inspect("seed")["State"]["StartedAt"] == began


def test_no_engine_at_all(project: Project) -> None:
    configure(project, bad={"command": python(STAYS)})
    done = project.phlo(
        "services", "start", "--json", DOCKER_HOST=f"unix://{project.root}/none.sock"
    )
    [error] = project.errors(done)
    assert (error["code"], done.returncode) == ("PHLO-R501", 6)
    tried = f"tried: DOCKER_HOST (unix://{project.root}/none.sock): no such file or directory"
    assert tried in [r["message"] for r in error["related"]]
    command = error["fix"]["command"]
    assert command == "phlo services start --without bad"


def test_an_engine_that_goes_away(project: Project) -> None:
    """A fault that cannot be had without ending the engine of others: its command is a stand-in."""
    configure(project, bad={"command": python(STAYS)})
    fake = project.root / "bin" / "docker"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon at x' >&2\nexit 1\n")
    fake.chmod(0o755)
    path = f"{fake.parent}:/usr/bin:/bin"
    done = project.phlo("services", "start", "--only", "bad", "--json", PATH=path)
    [error] = project.errors(done)
    assert (error["code"], done.returncode) == ("PHLO-R502", 6)
    with contextlib.suppress(FileNotFoundError):
        fake.unlink()
    assert project.up("bad").returncode == 0
