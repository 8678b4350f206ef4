"""Development mode: who is in it, what it changes, what is watched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from phlo.compose.dev import watched
from phlo.compose.render import render
from phlo.compose.resolve import compose_stack
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


def test_what_is_watched_for_a_container():
    stack = made(Options(dev=True))
    found = [(w.path, w.action, w.target) for w in watched(stack, stack.services["app"])]
    assert found == [
        ("/site/phlo_app/app.py", "sync+restart", "/app/app.py"),
        ("/site/phlo_app", "rebuild", None),
    ]
    assert list(watched(made(Options()), made(Options()).services["app"])) == []
