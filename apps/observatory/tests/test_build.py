"""The hook that builds the interface: when it builds, when it does not, and what it refuses."""

from __future__ import annotations

import importlib.util
import os
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

HOOK = Path(__file__).parents[1] / "hatch_build.py"
UI = HOOK.parent / "ui"


@pytest.fixture(scope="module")
def hatch_build() -> ModuleType:
    pytest.importorskip("hatchling", reason="hatchling is in the group `test` of phlo-observatory")
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A package whose interface is one small script."""
    ui = tmp_path / "ui"
    (ui / "src").mkdir(parents=True)
    (ui / "package.json").write_text('{"name": "x", "version": "0.0.0", "private": true}')
    (ui / "package-lock.json").write_text(
        '{"name": "x", "version": "0.0.0", "lockfileVersion": 3, "packages": {"": {"name": "x"}}}'
    )
    (ui / "src" / "main.js").write_text("export {};\n")
    # Stands for Vite: what it is given is where the files go.
    vite = ui / "node_modules" / "vite" / "bin" / "vite.js"
    vite.parent.mkdir(parents=True)
    vite.write_text(
        "const fs = require('fs'); const out = process.argv[process.argv.indexOf('--outDir') + 1];"
        "if (fs.existsSync('src/broken.js')) { console.log('broken.js:1 no'); process.exit(1); }"
        "fs.mkdirSync(out, {recursive: true}); fs.writeFileSync(out + '/index.html', 'built');"
        "fs.appendFileSync('builds', '.');"
    )
    (tmp_path / "src" / "phlo_observatory").mkdir(parents=True)
    return tmp_path


def hook(module: ModuleType, tree: Path) -> Any:
    # As if npm had put there what the lock names, so that no registry is asked.
    modules = tree / "ui" / "node_modules"
    lock = tree / "ui" / "package-lock.json"
    if modules.is_dir():
        (modules / ".phlo-lock").write_text(module.hashlib.sha256(lock.read_bytes()).hexdigest())
    return module.InterfaceHook(str(tree), {}, None, None, str(tree), "wheel")


def builds(tree: Path) -> int:
    counted = tree / "ui" / "builds"
    return len(counted.read_text()) if counted.exists() else 0


def index(tree: Path) -> Path:
    return tree / "src" / "phlo_observatory" / "static" / "index.html"


needs_node = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="node is not on PATH"
)


@needs_node
def test_it_builds_once_for_each_state_of_the_sources(hatch_build: ModuleType, tree: Path) -> None:
    hook(hatch_build, tree).initialize("editable", {})
    assert index(tree).read_text() == "built"
    hook(hatch_build, tree).initialize("standard", {})
    assert builds(tree) == 1
    (tree / "ui" / "src" / "main.js").write_text("export const a = 1;\n")
    hook(hatch_build, tree).initialize("editable", {})
    assert builds(tree) == 2


@needs_node
def test_a_test_of_the_interface_is_no_part_of_it(hatch_build: ModuleType, tree: Path) -> None:
    hook(hatch_build, tree).initialize("editable", {})
    (tree / "ui" / "src" / "main.test.ts").write_text("// more\n")
    hook(hatch_build, tree).initialize("editable", {})
    assert builds(tree) == 1


@needs_node
def test_what_was_deleted_is_built_again(hatch_build: ModuleType, tree: Path) -> None:
    hook(hatch_build, tree).initialize("editable", {})
    shutil.rmtree(index(tree).parent)
    hook(hatch_build, tree).initialize("editable", {})
    assert index(tree).is_file()


@needs_node
def test_a_build_that_fails_says_why_and_keeps_what_was_there(
    hatch_build: ModuleType, tree: Path
) -> None:
    hook(hatch_build, tree).initialize("editable", {})
    (tree / "ui" / "src" / "broken.js").write_text("(")
    with pytest.raises(RuntimeError, match=r"broken.js:1 no"):
        hook(hatch_build, tree).initialize("editable", {})
    assert index(tree).read_text() == "built"


def test_node_s_wheel_is_asked_for_only_where_it_is_used(
    hatch_build: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tree))
    assert hook(hatch_build, tree).dependencies() == [hatch_build.NODE_WHEEL]
    index(tree).parent.mkdir()
    index(tree).write_text("built")
    (index(tree).parent / ".stamp").write_text(hatch_build._digest(tree / "ui"))
    assert hook(hatch_build, tree).dependencies() == []


@pytest.mark.parametrize(
    ("version", "is_usable"),
    [("v18.20.1", False), ("v20.18.9", False), ("v20.19.0", True), ("v22.11.0", False),
     ("v22.12.0", True), ("v24.1.0", True), ("nonsense", False)],
)  # fmt: skip
def test_an_old_node_is_not_used(
    hatch_build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    version: str, is_usable: bool,
) -> None:  # fmt: skip
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    found = hatch_build._node_on_path()
    assert (found is not None) == is_usable


def test_an_sdist_needs_no_sources_and_a_broken_tree_is_refused(
    hatch_build: ModuleType, tree: Path
) -> None:
    shutil.rmtree(tree / "ui")
    with pytest.raises(RuntimeError, match="not whole"):
        hook(hatch_build, tree).initialize("standard", {})
    index(tree).parent.mkdir()
    index(tree).write_text("built")
    hook(hatch_build, tree).initialize("standard", {})
    assert hook(hatch_build, tree).dependencies() == []


def test_a_wheel_without_the_interface_is_deleted(hatch_build: ModuleType, tree: Path) -> None:
    wheel = tree / "x.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("phlo_observatory/app.py", "")
    with pytest.raises(RuntimeError, match=r"no static/index.html"):
        hook(hatch_build, tree).finalize("standard", {}, str(wheel))
    assert not wheel.exists()


def test_the_wheel_of_the_interface_has_no_address_in_its_lock() -> None:
    text = (UI / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    assert "integrity" in text
