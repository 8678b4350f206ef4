"""Development mode is remembered, and a program follows changes of its source."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from phlo.model.options import Options
from phlo.runtime.dev import DEV, recalled, remember
from phlo.runtime.native.reload import look


def kept(root, *said):
    for options in said:
        remember(root, options)
    found = recalled(root, Options())
    return found.dev, found.dev_services


ALL, OFF = Options(dev=True), Options(dev=False)


def named(*names):
    return Options(dev=True, dev_services=names)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ([], (False, ())),
        ([ALL], (True, ())),
        ([ALL, Options()], (True, ())),
        ([named("b"), named("a")], (True, ("a", "b"))),
        ([named("a"), ALL], (True, ())),
        ([ALL, named("a")], (True, ())),
        ([ALL, OFF], (False, ())),
        ([OFF], (False, ())),
    ],
)
def test_what_is_remembered(tmp_path, said, wanted):
    assert kept(tmp_path, *said) == wanted


def test_a_command_may_say_otherwise_for_itself(tmp_path):
    remember(tmp_path, ALL)
    assert recalled(tmp_path, OFF).dev is False
    assert DEV.read(tmp_path) == {"all": True, "services": []}


def test_what_counts_as_a_change(tmp_path):
    (tmp_path / "a.py").write_text("1", encoding="utf-8")
    before = look([str(tmp_path)])
    for left_out in ("__pycache__/a.pyc", ".git/x", ".a.swp", "b.pyc", "a.py~"):
        file = tmp_path / left_out
        file.parent.mkdir(exist_ok=True)
        file.write_text("x", encoding="utf-8")
    assert look([str(tmp_path)]) == before
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.yaml").write_text("x", encoding="utf-8")
    assert look([str(tmp_path)]) != before


CODE = "import time\nprint('WORD', flush=True)\ntime.sleep(60)\n"


@pytest.fixture
def program(tmp_path):
    """Start a program that is watched, with what it prints in a file."""
    source = tmp_path / "source"
    source.mkdir()
    file, out = source / "program.py", tmp_path / "out"
    file.write_text(CODE.replace("WORD", "first"), encoding="utf-8")
    command = [sys.executable, "-m", "phlo.runtime.native.reload", "--watch", str(source), "--",
               sys.executable, str(file)]  # fmt: skip
    with out.open("w") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:
        yield process, file, out
        if process.poll() is None:
            process.kill()


def until(out, word):
    deadline = time.monotonic() + 30
    while word not in out.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, out.read_text(encoding="utf-8")
        time.sleep(0.05)


@pytest.mark.embedded
def test_a_program_starts_again_when_it_is_changed_and_waits_when_it_is_broken(program):
    process, file, out = program
    until(out, "first")
    file.write_text("raise SystemExit('broken')\n", encoding="utf-8")
    until(out, "broken")
    assert process.poll() is None, "it waits for the next change"
    file.write_text(CODE.replace("WORD", "second"), encoding="utf-8")
    until(out, "second")
    assert "program.py changed, starting again" in out.read_text(encoding="utf-8")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == -signal.SIGTERM or process.returncode == 241


@pytest.mark.embedded
def test_a_program_that_ends_at_once_ends_the_same_way(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "phlo.runtime.native.reload", "--watch", str(tmp_path), "--",
         sys.executable, "-c", "raise SystemExit(7)"],
        timeout=60, check=False, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 7
