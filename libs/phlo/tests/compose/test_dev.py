"""Development mode: who is in it, what it changes, what is watched."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml

from phlo.compose.render import render
from phlo.compose.resolve import compose_stack
from phlo.compose.watch import watched
from phlo.errors import raise_all
from phlo.errors.values import BadValue
from phlo.model.options import Options
from phlo.model.service import Installed
from phlo.testing.composing import MACHINE, definition, documents

APP = """
name: app
default: true
build: {context: ., dockerfile: Dockerfile}
ready: started
native: {processes: {main: {command: ["{python}", "-m", "app"]}}}
modes: {dev: {environment: {DEBUG: "1"}, volumes: ["./app.py:/app/app.py:ro"]}}
"""
OWN = "modes: {dev: {native: {processes: {main: {command: [uvicorn, --reload]}}}}}\n"


def made(options, *, project="name: lake\n", editable=True, text=APP, machine=MACHINE):
    one = definition(text)
    one = replace(one, package=replace(one.package, editable=editable))
    return compose_stack(documents(project), Installed({"app": one}), options, {}, machine)


def is_on(stack):
    service = stack.services["app"]
    assert ("DEBUG" in service.environment) is service.in_development
    return service.in_development


@pytest.mark.parametrize(
    ("options", "editable", "wanted"),
    [
        (Options(), True, False),
        (Options(dev=True), True, True),
        (Options(dev=True), False, False),
        (Options(dev=True, dev_services=("app",)), False, True),
        (Options(dev=True, dev_services=("other",)), True, False),
        (Options(dev=False), True, False),
    ],
)
def test_who_is_in_development(options, editable, wanted):
    assert is_on(made(options, editable=editable)) is wanted


def test_a_project_names_its_own():
    assert is_on(made(Options(), project="name: lake\ndev: [app]\n", editable=False))


def command(stack):
    [program] = render(stack).native
    return program.command


def test_a_local_process_starts_again_when_its_source_changes():
    native = replace(MACHINE, docker=False)
    plain = ("/usr/bin/python", "-m", "app")
    assert command(made(Options(), machine=native)) == plain
    assert command(made(Options(dev=True), machine=native)) == (
        "/usr/bin/python", "-m", "phlo.runtime.native.reload", "--watch", "/site/phlo_app", "--",
        *plain,
    )  # fmt: skip
    named = Options(dev=True, dev_services=("app",))
    assert command(made(named, machine=native, editable=False)) == plain


def test_a_command_of_its_own_does_it_itself():
    text = APP.rpartition("modes:")[0] + OWN
    stack = made(Options(dev=True), text=text, machine=replace(MACHINE, docker=False))
    assert command(stack) == ("uvicorn", "--reload")


def watch_of(stack):
    errors = []
    found = watched(stack, stack.services["app"], errors)
    raise_all(errors)
    return found


LEFT_OUT = ["**/__pycache__", "**/*.pyc", "**/.git", "service.yaml"]


def test_what_follows_from_mounts_and_the_image():
    stack = made(Options(dev=True))
    content = yaml.safe_load(render(stack).compose)
    assert content["services"]["app"]["develop"]["watch"] == [
        {"path": "/site/phlo_app/app.py", "action": "restart", "ignore": LEFT_OUT},
        {"path": "/site/phlo_app", "action": "rebuild", "ignore": ["app.py", *LEFT_OUT]},
    ]
    assert render(stack).containers[0].is_watched


def test_nothing_is_watched_out_of_development():
    stack = made(Options())
    assert watch_of(stack) == []
    assert "develop" not in yaml.safe_load(render(stack).compose)["services"]["app"]
    assert not render(stack).containers[0].is_watched


SAYS = """
modes:
  dev:
    watch:
      - {path: app.py, target: /app/app.py}
      - {path: ./templates, target: /app/templates, action: sync, ignore: [drafts]}
      - {path: conf, target: /etc/app, action: sync+exec, exec: [kill, -HUP, "1"]}
      - {path: ../requirements.txt}
"""


def test_what_a_package_says_is_what_is_watched():
    stack = made(Options(dev=True), text=APP.rpartition("modes:")[0] + SAYS)
    found = [(w.path, w.action, w.target, w.command) for w in watch_of(stack)]
    assert found == [
        ("/site/requirements.txt", "rebuild", None, None),
        ("/site/phlo_app/templates", "sync", "/app/templates", None),
        ("/site/phlo_app/app.py", "sync+restart", "/app/app.py", None),
        ("/site/phlo_app/conf", "sync+exec", "/etc/app", ("kill", "-HUP", "1")),
    ]
    [templates] = [w for w in watch_of(stack) if w.action == "sync"]
    assert templates.ignore == ("drafts", *LEFT_OUT)


def test_a_project_says_more_by_path():
    project = (
        "name: lake\nservices:\n  app: {watch: {app.py: {action: sync}, conf: null, "
        "own: {action: restart}}}\n"
    )
    stack = made(Options(dev=True), project=project, text=APP.rpartition("modes:")[0] + SAYS)
    found = {w.path: w.action for w in watch_of(stack)}
    assert found == {
        "/site/requirements.txt": "rebuild",
        "/site/phlo_app/templates": "sync",
        "/site/phlo_app/app.py": "sync",
        f"{MACHINE.root}/own": "restart",
    }


INLINE = "name: lake\ndev: [own]\nservices: {{own: {{type: inline, image: a:1, watch: [{}]}}}}\n"


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ("{path: a, action: sync}", "it needs a `target`"),
        ("{path: a, target: /a, action: sync+exec}", "it needs an `exec`"),
        ("{path: a}", "the service has no `build`"),
    ],
)
def test_an_action_that_cannot_be_is_refused(entry, wanted):
    stack = compose_stack(documents(INLINE.format(entry)), Installed(), Options(), {}, MACHINE)
    with pytest.raises(BadValue, match=re.escape(wanted)):
        render(stack)


def test_an_image_that_is_not_built_gets_what_is_there_when_the_watch_begins():
    entry = "{path: a, target: /a}"
    stack = compose_stack(documents(INLINE.format(entry)), Installed(), Options(), {}, MACHINE)
    [one] = yaml.safe_load(render(stack).compose)["services"]["own"]["develop"]["watch"]
    assert one["initial_sync"] is True


@pytest.mark.skipif(not shutil.which("docker"), reason="needs the docker command")
def test_docker_compose_takes_it(tmp_path):
    text = render(made(Options(dev=True), text=APP.rpartition("modes:")[0] + SAYS)).compose
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    done = subprocess.run(
        ["docker", "compose", "-f", str(file), "config", "--quiet"], capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
