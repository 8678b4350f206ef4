"""A phlo that pipx or uv installed as a tool: real environments of theirs, packages into them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from phlo.runtime.native.environments import find_uv
from phlo.testing.wheels import WheelFolder, offline

TOOL = """\
schema: 1
name: tool
category: catalog
description: A tool
image: example.org/tool:1
ready: started
"""


class Tool:
    """A phlo in an environment that another tool looks after, and wheels to install."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = WheelFolder(folder / "wheels")
        self.root = folder / "lake"
        self.root.mkdir()
        (self.root / "phlo.yaml").write_text(
            f"name: lake\nindex: {self.wheels.index}\nfind_links: {self.wheels.folder}\n"
        )
        self.environ = offline(folder / "cache") | {"PATH": os.environ["PATH"]}
        self.environ |= {"PIP_FIND_LINKS": str(self.wheels.folder)}
        self.command = folder / "bin" / "phlo"

    def own_wheel(self) -> Path:
        """Write a wheel of phlo that brings its command; its code is the one that is tested."""
        about = f"phlo-{version('phlo')}.dist-info"
        made = self.wheels.folder / f"phlo-{version('phlo')}-py3-none-any.whl"
        said = f"Metadata-Version: 2.1\nName: phlo\nVersion: {version('phlo')}\n"
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr(f"{about}/METADATA", said)
            archive.writestr(
                f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(
                f"{about}/entry_points.txt", "[console_scripts]\nphlo = phlo.cli.main:main\n"
            )
            archive.writestr(f"{about}/RECORD", f"{about}/METADATA,,\n{about}/RECORD,,\n")
        return made

    def see_this_phlo(self, environment: Path) -> None:
        """Let an environment see what is installed where the test runs."""
        [library] = (environment / "lib").glob("python*/site-packages")
        seen = [entry for entry in sys.path if Path(entry).is_dir() and "site-packages" in entry]
        lines = [f"import site; site.addsitedir({entry!r})" for entry in seen]
        (library / "seen.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in command], cwd=self.root, env=self.environ,
            capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def phlo(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.command, *arguments)

    def installed(self) -> dict[str, str]:
        done = self.phlo("plugin", "list", "--json")
        assert done.returncode == 0, done.stderr
        return {row["package"]: row["version"] for row in json.loads(done.stdout)["packages"]}


@pytest.fixture
def pipx(tmp_path: Path) -> Tool:
    program = shutil.which("pipx") or shutil.which("pipx", path=Path(sys.executable).parent)
    if program is None:
        pytest.skip("pipx is not installed: pip install pipx")
    tool = Tool(tmp_path)
    # No uv on the way: by pipx alone.
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "pipx").symlink_to(program)
    tool.environ |= {
        "PATH": f"{tmp_path / 'programs'}:/usr/bin:/bin", "PIPX_HOME": str(tmp_path / "home"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"), "PIPX_MAN_DIR": str(tmp_path / "man"),
        "XDG_DATA_HOME": str(tmp_path / "data"), "PIPX_DEFAULT_PYTHON": sys.executable,
    }  # fmt: skip
    # pipx brings its own pip up to date first, which comes from the package index.
    done = subprocess.run(
        ["pipx", "install", "--pip-args=--no-deps", str(tool.own_wheel())],
        env={key: value for key, value in tool.environ.items() if not key.startswith("PIP_")}
        | {key: value for key, value in os.environ.items() if key.startswith("PIP_")},
        capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    tool.see_this_phlo(tmp_path / "home" / "venvs" / "phlo")
    return tool


def injected(tool: Tool) -> dict[str, str]:
    done = tool.run("pipx", "list", "--json")
    assert done.returncode == 0, done.stderr
    about = json.loads(done.stdout)["venvs"]["phlo"]["metadata"]["injected_packages"]
    return {name: one["package_version"] for name, one in about.items()}


def test_a_package_is_injected_upgraded_and_taken_out(pipx: Tool) -> None:
    pipx.wheels.build("plain", None, requires=[], is_registered=False)
    pipx.wheels.build("tool", TOOL, requires=["phlo>=0.1", "plain>=1"])
    # Where phlo was made counts, not where pipx would look by itself.
    home = pipx.environ.pop("PIPX_HOME")
    done = pipx.phlo("add", "tool")
    assert done.returncode == 0, done.stdout + done.stderr
    assert pipx.installed()["phlo-tool"] == "1.0.0"
    assert pipx.run(Path(home) / "venvs/phlo/bin/python", "-c", "import plain").returncode == 0
    pipx.environ["PIPX_HOME"] = home
    assert injected(pipx) == {"phlo-tool": "1.0.0"}

    pipx.wheels.build("tool", TOOL, version="1.1.0")
    done = pipx.phlo("upgrade", "tool")
    assert done.returncode == 0, done.stdout + done.stderr
    assert injected(pipx) == {"phlo-tool": "1.1.0"}

    # What pipx makes anew has it again.
    again = pipx.run("pipx", "reinstall", "phlo")
    assert again.returncode == 0, again.stdout + again.stderr
    assert injected(pipx) == {"phlo-tool": "1.1.0"}

    pipx.see_this_phlo(Path(home) / "venvs" / "phlo")
    done = pipx.phlo("remove", "tool")
    assert done.returncode == 0, done.stdout + done.stderr
    assert injected(pipx) == {}
    assert "phlo-tool" not in pipx.installed()


def test_what_the_index_does_not_know_is_not_injected(pipx: Tool) -> None:
    pipx.wheels.build("tool", TOOL)
    pipx.wheels.build("rogue", TOOL.replace("tool", "rogue"), is_registered=False)
    done = pipx.phlo("add", "rogue", "--json")
    assert '"code": "PHLO-N711"' in done.stderr
    pipx.wheels.build("tool", TOOL, code="import os\n", is_registered=False)
    done = pipx.phlo("add", "tool", "--json")
    assert '"code": "PHLO-N712"' in done.stderr
    assert injected(pipx) == {}


def test_an_injection_that_fails_leaves_what_pipx_knows(pipx: Tool) -> None:
    pipx.wheels.build("tool", TOOL)
    assert pipx.phlo("add", "tool").returncode == 0
    metadata = Path(pipx.environ["PIPX_HOME"]) / "venvs" / "phlo" / "pipx_metadata.json"
    before = metadata.read_text()
    pipx.wheels.build("tool", TOOL, version="2.0.0", requires=["nowhere"])
    done = pipx.phlo("upgrade", "--json")
    assert '"code": "PHLO-N715"' in done.stderr
    pipx.wheels.build("tool", TOOL, version="2.0.0")
    # The project's file cannot be written after pipx has done its part.
    code = (
        "import sys, phlo.packages.change as c\n"
        "def fail(files): raise KeyboardInterrupt\n"
        "c.write_whole = fail\n"
        "from phlo.cli.run import run\n"
        "sys.exit(run(['upgrade', 'tool']))\n"
    )
    stopped = pipx.run(metadata.parent / "bin" / "python", "-c", code)
    assert stopped.returncode == 130, stopped.stderr
    assert metadata.read_text() == before
    assert pipx.installed()["phlo-tool"] == "1.0.0"


@pytest.fixture
def uv_tool(tmp_path: Path) -> Tool:
    uv = find_uv()
    if uv is None:
        pytest.skip("uv is not installed: pip install uv")
    tool = Tool(tmp_path)
    tool.environ |= {
        "PATH": f"{Path(uv).parent}:{os.environ['PATH']}", "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"), "UV_PYTHON": sys.executable,
    }  # fmt: skip
    done = tool.run(uv, "tool", "install", "--offline", "--no-index", tool.own_wheel())
    assert done.returncode == 0, done.stderr
    tool.see_this_phlo(tmp_path / "tools" / "phlo")
    del tool.environ["UV_PYTHON"]
    return tool


def test_a_tool_of_uv_takes_packages_too(uv_tool: Tool) -> None:
    uv_tool.wheels.build("tool", TOOL)
    done = uv_tool.phlo("add", "tool")
    assert done.returncode == 0, done.stdout + done.stderr
    assert uv_tool.installed()["phlo-tool"] == "1.0.0"
    assert "uv tool upgrade" in done.stderr
    done = uv_tool.phlo("remove", "tool")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "phlo-tool" not in uv_tool.installed()
