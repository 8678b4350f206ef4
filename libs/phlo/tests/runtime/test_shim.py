"""The shim by itself: what it may import, and that both sides tell processes apart alike."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from phlo.orchestration import process
from phlo.runtime.native import shim

FILE = Path(shim.__file__)


def test_both_sides_name_a_process_alike(bystander):
    other = bystander()
    for pid in (os.getpid(), other.pid):
        assert shim.identity(pid) == process.identity(pid) is not None
    other.kill()
    psutil.wait_procs([other], 10)
    assert shim.identity(other.pid) is None


def test_a_zombie_is_gone():
    child = subprocess.Popen([sys.executable, "-c", ""])
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert shim.identity(child.pid) is None
    assert process.identity(child.pid) is None
    child.wait()


def test_descendants_are_found_below_below(bystander):
    code = (
        "import subprocess as s, sys; s.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    )
    other = bystander(sys.executable, "-c", code)
    while not other.children():
        pass
    (child,) = other.children()
    assert shim.descendants([other.pid]) == [child.pid]
    assert {other.pid, child.pid} <= set(shim.descendants([os.getpid()]))
    child.kill()


def test_it_needs_nothing_but_the_standard_library():
    names = {
        (node.module or "").partition(".")[0] if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(FILE.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= sys.stdlib_module_names | {"__future__"}


def test_it_starts_in_isolation():
    code = f"import runpy; runpy.run_path({str(FILE)!r}); print('fine')"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "fine\n"


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "\x00"])
def test_what_is_no_json_object_is_no_news(tmp_path, text):
    (tmp_path / "file").write_text(text)
    assert shim.read_json(str(tmp_path / "file")) == {}
