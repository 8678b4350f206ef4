"""Packages added, taken out, upgraded and exchanged: real environments, local wheels."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from phlo.testing.wheels import WheelFolder, make_environment, offline

if TYPE_CHECKING:
    from pathlib import Path

TOOL = """\
schema: 1
name: tool
category: catalog
description: A tool
default: true
image: example.org/tool:1
ready: started
ports: {api: {container: 9000, host: 9000, protocol: http, primary: true}}
provides: [{capability: iceberg.catalog/rest, port: api, priority: 50}]
settings: {level: {type: string, default: low}}
"""
USER = """\
schema: 1
name: user
default: true
image: example.org/user:1
ready: started
requires: [{capability: "iceberg.catalog/*", as: catalog}]
"""
OTHER = TOOL.replace("tool", "other").replace("level", "size").replace("9000", "9100")

PYPROJECT = '[project]\nname = "lake"\nversion = "1"\ndependencies = [\n    "x>=1",  # why\n]\n'


class Lake:
    """A project with an environment of its own, and wheels to install."""

    def __init__(self, folder: Path, environment: Path) -> None:
        self.root = folder / "lake"
        self.root.mkdir()
        self.python = make_environment(environment)
        self.wheels = WheelFolder(folder / "wheels")
        self.environ = offline(folder / "cache")
        self.write("phlo.yaml", "name: lake\nruntime: docker\n")

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def read(self, name):
        return (self.root / name).read_text(encoding="utf-8")

    def phlo(self, *arguments, index=True):
        more = ["--index", str(self.wheels.index)] if index else []
        return subprocess.run(
            [str(self.python), "-m", "phlo", *arguments, *more], cwd=self.root, env=self.environ,
            capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def json(self, *arguments, index=True):
        done = self.phlo(*arguments, "--json", index=index)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def installed(self):
        rows = self.json("plugin", "list", index=False)["packages"]
        return {row["package"]: row["version"] for row in rows}


def error_of(done):
    assert done.returncode, done.stdout
    return done.stderr.partition("]")[0].partition("[")[2]


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path, tmp_path / "lake-env")


def test_a_package_is_added_and_recorded(lake):
    lake.wheels.build("tool", TOOL)
    lake.write("pyproject.toml", PYPROJECT)
    planned = lake.json("add", "tool", "--dry-run")
    assert planned["installed"] == {"phlo-tool": "1.0.0"}
    assert "phlo-tool" not in lake.installed()
    assert lake.read("pyproject.toml") == PYPROJECT
    done = lake.phlo("add", "tool")
    assert done.returncode == 0, done.stderr
    assert lake.installed()["phlo-tool"] == "1.0.0"
    assert lake.read("pyproject.toml") == PYPROJECT.replace(
        "# why\n", '# why\n    "phlo-tool>=1.0.0",\n'
    )
    shown = lake.json("plugin", "info", "tool", index=False)
    assert shown["adds"][0]["provides"] == ["iceberg.catalog/rest"]


def test_what_is_there_already_is_only_recorded(lake):
    lake.wheels.build("tool", TOOL).unlink()
    assert error_of(lake.phlo("add", "tool")) == "PHLO-N713"
    lake.wheels.build("tool", TOOL)
    lake.json("add", "tool")
    for wheel in lake.wheels.folder.glob("*.whl"):
        wheel.unlink()
    lake.write("pyproject.toml", PYPROJECT)
    done = lake.json("add", "tool")
    assert (done["installed"], done["files"]) == ({}, ["pyproject.toml"])
    assert done["notes"][0] == "phlo-tool 1.0.0 is installed already"
    assert '"phlo-tool>=1.0.0"' in lake.read("pyproject.toml")


def test_a_package_brings_those_that_it_needs_by_the_index(lake):
    lake.wheels.build("tool", TOOL)
    lake.wheels.build("user", USER, requires=["phlo>=0.1", "phlo-tool>=1", "plain>=1",
                                              "never; python_version < '3'"])  # fmt: skip
    # A library that is called as a service of the index is: one is not taken for the other.
    lake.wheels.build("plain", TOOL.replace("tool", "plain"))
    lake.wheels.build("plain", None, requires=[], is_registered=False)
    links = ("--find-links", str(lake.wheels.folder))
    done = lake.json("add", "user", *links)
    assert done["installed"] == {"phlo-user": "1.0.0", "phlo-tool": "1.0.0"}
    assert done["requirements"] == ["plain>=1"]
    assert {"phlo-user", "phlo-tool"} <= set(lake.installed())
    again = subprocess.run([str(lake.python), "-c", "import plain"], check=False)
    assert again.returncode == 0


def test_what_the_index_does_not_know_is_refused(lake):
    lake.wheels.build("tool", TOOL)
    lake.wheels.build("rogue", TOOL.replace("tool", "rogue"), is_registered=False)
    done = lake.phlo("add", "rogue", "--find-links", str(lake.wheels.folder))
    assert error_of(done) == "PHLO-N711"
    done = lake.phlo("add", "tol")
    assert error_of(done) == "PHLO-N711"
    assert "did you mean tool? phlo add tool" in done.stderr
    assert "phlo-rogue" not in lake.installed()


def test_a_need_that_the_index_does_not_know_is_never_looked_up_elsewhere(lake):
    lake.wheels.build("user", USER, requires=["phlo-tool>=1"])
    lake.wheels.build("tool", TOOL, is_registered=False)
    done = lake.phlo("add", "user", "--find-links", str(lake.wheels.folder))
    assert error_of(done) == "PHLO-P324"
    assert "phlo-user" not in lake.installed()


def test_a_package_for_a_later_phlo_is_refused(lake):
    lake.wheels.build("tool", TOOL, requires=["phlo>=99"])
    done = lake.phlo("add", "tool")
    assert error_of(done) == "PHLO-P324"
    assert "phlo-tool needs phlo>=99: phlo 0." in done.stderr


def test_a_wheel_that_was_changed_is_refused(lake):
    lake.wheels.build("tool", TOOL)
    lake.wheels.build("tool", TOOL, code="import os\n", is_registered=False)
    done = lake.phlo("add", "tool")
    assert error_of(done) == "PHLO-N712"
    assert "phlo-tool" not in lake.installed()


def test_a_wheel_that_is_not_there(lake):
    lake.wheels.build("tool", TOOL).unlink()
    assert error_of(lake.phlo("add", "tool")) == "PHLO-N713"


def test_a_package_without_a_hash_comes_from_a_named_folder_only(lake):
    lake.wheels.build("tool", TOOL)
    said = json.loads(lake.wheels.index.read_text())
    said["packages"][0] |= {"sha256": None, "wheel": None}
    lake.wheels.index.write_text(json.dumps(said))
    assert error_of(lake.phlo("add", "tool")) == "PHLO-N714"
    lake.write("phlo.yaml", "name: lake\nindex: ../wheels/index.json\nfind_links: ../wheels\n")
    done = lake.phlo("add", "tool", index=False)
    assert done.returncode == 0, done.stderr
    assert "not checked" in done.stderr
    assert "phlo-tool" in lake.installed()


@pytest.mark.parametrize(
    ("text", "words"),
    [(TOOL.replace("image:", "imagee:"), "unknown key 'imagee'"), (None, "")],
)
def test_a_wheel_that_cannot_be_used_is_refused_before_it_is_installed(lake, text, words):
    made = lake.wheels.build("tool", TOOL)
    if text is None:
        made.write_bytes(b"no zip")
    else:
        lake.wheels.build("tool", text, is_registered=False)
    _forget_hash(lake)
    done = lake.phlo("add", "tool", "--find-links", str(lake.wheels.folder))
    assert error_of(done) == "PHLO-N716"
    assert words in done.stderr
    assert "phlo-tool" not in lake.installed()


def _forget_hash(lake):
    said = json.loads(lake.wheels.index.read_text())
    lake.wheels.index.write_text(
        json.dumps(said | {"packages": [p | {"sha256": None} for p in said["packages"]]})
    )


def test_an_install_that_fails_leaves_everything_as_it_was(lake):
    lake.wheels.build("tool", TOOL)
    lake.wheels.build("user", USER, requires=["nowhere>=1"])
    lake.write("pyproject.toml", PYPROJECT)
    before = snapshot(lake)
    done = lake.phlo("add", "tool", "user")
    assert error_of(done) == "PHLO-N715"
    assert "nowhere" in done.stderr
    assert snapshot(lake) == before


def test_a_file_that_cannot_be_changed_undoes_the_install(lake):
    lake.wheels.build("tool", TOOL)
    lake.write("pyproject.toml", PYPROJECT)
    before = snapshot(lake)
    code = (
        "import sys, phlo.packages.change as c\n"
        "def fail(files): raise KeyboardInterrupt\n"
        "c.write_whole = fail\n"
        "from phlo.cli.run import run\n"
        f"sys.exit(run(['add', 'tool', '--index', {str(lake.wheels.index)!r}]))\n"
    )
    done = subprocess.run([str(lake.python), "-c", code], cwd=lake.root, env=lake.environ,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert snapshot(lake) == before


#: Locks are empty files, uv's and phlo's.
LEFT_OUT = {"__pycache__", "state", ".lock", ".phlo-lock"}


def test_a_command_that_was_killed_half_way_is_undone_by_the_next_one(lake):
    lake.wheels.build("tool", TOOL)
    lake.wheels.build("other", OTHER)
    before = snapshot(lake)
    code = (
        "import os, sys, phlo.packages.change as c\n"
        "c.write_whole = lambda files: os.kill(os.getpid(), 9)\n"
        "from phlo.cli.run import run\n"
        f"run(['add', 'tool', '--index', {str(lake.wheels.index)!r}])\n"
    )
    done = subprocess.run([str(lake.python), "-c", code], cwd=lake.root, env=lake.environ,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == -9
    assert "phlo-tool" in lake.installed()
    lake.json("add", "other")
    assert "phlo-tool" not in lake.installed()
    lake.json("remove", "other")
    assert snapshot(lake) == before


def snapshot(lake):
    """Return every file of the environment and the project, without what is only kept for speed."""
    environment = lake.python.parents[1]
    found = {}
    for folder in (environment, lake.root):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not LEFT_OUT & set(path.parts):
                found[str(path)] = path.stat().st_size
    return found


def test_a_package_is_taken_out_with_what_is_said_of_it(lake):
    lake.wheels.build("tool", TOOL)
    lake.write("pyproject.toml", PYPROJECT)
    lake.json("add", "tool")
    text = (
        "name: lake\nservices:\n  # mine\n  tool: {port: 9009}\n  # off\n  user: {enabled: false}\n"
    )
    lake.write("phlo.yaml", text)
    lake.write("phlo.local.yaml", "services: {tool: {port: 9010}}\nbind: {x: y}\n")
    assert lake.json("remove", "tool", "--dry-run")["files"] == [
        "phlo.local.yaml", "phlo.yaml", "pyproject.toml",
    ]  # fmt: skip
    assert lake.read("phlo.yaml") == text
    lake.json("remove", "phlo-tool")
    assert lake.read("phlo.yaml") == "name: lake\nservices:\n  # off\n  user: {enabled: false}\n"
    assert lake.read("phlo.local.yaml") == "bind: {x: y}\n"
    assert lake.read("pyproject.toml") == PYPROJECT
    assert "phlo-tool" not in lake.installed()


def test_what_others_need_is_not_taken_out(lake):
    lake.wheels.build("tool", TOOL)
    lake.wheels.build("user", USER, requires=["phlo-tool"])
    lake.json("add", "user")
    done = lake.phlo("remove", "tool", index=False)
    assert error_of(done) == "PHLO-P325"
    assert "phlo remove user" in done.stderr
    assert error_of(lake.phlo("remove", "phlo-api", index=False)) == "PHLO-P325"
    assert error_of(lake.phlo("remove", "nothing", index=False)) == "PHLO-P323"
    lake.json("remove", "tool", "user")
    assert not {"phlo-tool", "phlo-user"} & set(lake.installed())


def test_newer_versions_are_installed(lake):
    lake.write("pyproject.toml", PYPROJECT)
    lake.wheels.build("tool", TOOL)
    lake.json("add", "tool")
    assert "nothing newer" in lake.phlo("upgrade").stderr
    lake.wheels.build("tool", TOOL, version="1.10.0")
    done = lake.phlo("upgrade", "--dry-run")
    assert "phlo-tool 1.10.0 would be installed into" in done.stdout
    assert "(was 1.0.0)" in done.stdout
    assert lake.json("upgrade", "tool")["before"] == {"phlo-tool": "1.0.0"}
    assert lake.installed()["phlo-tool"] == "1.10.0"
    assert '"phlo-tool>=1.10.0"' in lake.read("pyproject.toml")


def test_an_upgrade_that_fails_leaves_the_version_that_was_there(lake):
    lake.wheels.build("tool", TOOL)
    lake.json("add", "tool")
    before = snapshot(lake)
    lake.wheels.build("tool", TOOL, version="2.0.0", requires=["nowhere"])
    assert error_of(lake.phlo("upgrade")) == "PHLO-N715"
    assert snapshot(lake) == before


def test_an_exchange_shows_what_rewires_and_then_does_it(lake):
    lake.wheels.build("tool", TOOL)
    lake.wheels.build("user", USER)
    lake.wheels.build("other", OTHER)
    lake.json("add", "tool", "user")
    text = (
        "name: lake   # keep\nruntime: docker\nservices:\n"
        "  tool: {port: 9555, settings: {level: high}}\nbind: {iceberg.catalog: tool}\n"
    )
    lake.write("phlo.yaml", text)
    refused = lake.phlo("swap", "tool", "other")
    assert refused.returncode == 2, refused.stderr
    assert "--yes" in refused.stderr
    planned = lake.json("swap", "tool", "other", "--dry-run")
    assert planned["rewired"] == [
        {"consumer": "user", "role": "catalog", "before": "tool", "after": "other"}
    ]
    assert (planned["starts"], planned["ends"]) == (["other"], ["tool"])
    assert planned["dropped"] == ["services.other.settings.level"]
    assert "is not copied" in planned["notes"][0]
    assert lake.read("phlo.yaml") == text
    done = lake.phlo("swap", "tool", "other", "--yes")
    assert done.returncode == 0, done.stderr
    assert "user.catalog: tool -> other" in done.stdout
    assert lake.read("phlo.yaml") == (
        "name: lake   # keep\nruntime: docker\nservices:\n"
        "  other: {port: 9555}\nbind: {iceberg.catalog: other}\n"
    )
    assert {"phlo-other", "phlo-user"} <= set(lake.installed())
    assert "phlo-tool" not in lake.installed()


def test_an_error_offers_what_the_index_has(lake):
    # A capability that nothing which is installed provides.
    lake.wheels.build("tool", TOOL.replace("iceberg.catalog/rest", "x.made"))
    lake.wheels.build("user", USER.replace("iceberg.catalog/*", "x.made"))
    lake.write(
        "phlo.yaml", "name: lake\nindex: ../wheels/index.json\nservices: {tool: {port: 9}}\n"
    )
    done = lake.phlo("config", "validate", index=False)
    assert error_of(done) == "PHLO-C120"
    assert "fix: phlo add tool          (installs phlo-tool 1.0.0)" in done.stderr
    assert lake.phlo("add", "tool", index=False).returncode == 0
    fixed = lake.phlo("config", "validate", index=False)
    assert (fixed.returncode, "PHLO-C120" in fixed.stderr) == (0, False)
    lake.write("phlo.yaml", "name: lake\nindex: ../wheels/index.json\nruntime: docker\n")
    lake.json("remove", "tool", index=False)
    lake.json("add", "user", index=False)
    done = lake.phlo("config", "validate", index=False)
    assert "phlo add tool" in done.stderr
    assert lake.phlo("add", "tool", index=False).returncode == 0
    assert lake.phlo("config", "validate", index=False).returncode == 0


NEEDY = "import client\n\n\nclass Service: pass\n"


def test_python_whose_need_is_gone_is_put_right_by_the_printed_fix(lake):
    lake.wheels.build("client", None, requires=[], is_registered=False)
    lake.wheels.build("tool", TOOL, code=NEEDY, requires=["phlo>=0.1", "client"])
    links = ("--find-links", str(lake.wheels.folder))
    lake.json("add", "tool", *links)
    sound = lake.phlo("plugin", "check", "tool", index=False)
    assert (sound.returncode, sound.stderr) == (0, "")
    uv(lake, "uninstall", "client")
    broken = lake.phlo("plugin", "check", "tool", index=False)
    assert "warning[PHLO-P302]" in broken.stderr
    assert "The tool *service* is unaffected" in broken.stderr
    assert "fix: phlo plugin install tool  " in broken.stderr
    lake.json("plugin", "install", "tool", *links)
    fixed = lake.phlo("plugin", "check", "tool", index=False)
    assert (fixed.returncode, fixed.stderr) == (0, "")


def test_python_whose_extra_is_not_installed_is_put_right_by_the_printed_fix(lake):
    lake.wheels.build("client", None, requires=[], is_registered=False)
    # Without phlo, which this environment sees by a path, so that no installer knows it is there.
    needs = ['client>=1; extra == "more"']
    lake.wheels.build("tool", TOOL, code=NEEDY, requires=needs)
    lake.json("add", "tool")
    broken = lake.phlo("plugin", "check", "tool", index=False)
    assert "warning[PHLO-P302]" in broken.stderr
    command = broken.stderr.partition("fix: ")[2].partition("        details")[0]
    assert command == 'pip install "phlo-tool[more]"'
    uv(lake, "install", "--find-links", str(lake.wheels.folder), command.split('"')[1])
    fixed = lake.phlo("plugin", "check", "tool", index=False)
    assert (fixed.returncode, fixed.stderr) == (0, "")


def uv(lake, verb, *arguments):
    """Do what `pip` would do in the environment."""
    command = ["uv", "pip", verb, "-q", "--python", str(lake.python), *arguments]
    subprocess.run(command, env=lake.environ, check=True, timeout=120)


def test_an_environment_that_another_tool_looks_after_is_not_changed(lake):
    lake.wheels.build("tool", TOOL)
    (lake.python.parents[1] / "pipx_metadata.json").write_text("{}", encoding="utf-8")
    lake.environ["PATH"] = "/nowhere"
    done = lake.phlo("add", "tool")
    assert error_of(done) == "PHLO-P326"
    assert "pipx inject lake-env WHEEL" in done.stderr


def test_packages_go_where_the_project_has_its_phlo(tmp_path):
    lake = Lake(tmp_path, tmp_path / "lake" / ".venv")
    lake.wheels.build("tool", TOOL)
    outside = make_environment(tmp_path / "outside")
    inside, lake.python = lake.python, outside
    done = lake.json("add", "tool")
    assert done["environment"] == ".venv"
    assert "use the phlo there" in done["notes"][0]
    assert "phlo-tool" not in lake.installed()
    lake.python = inside
    assert "phlo-tool" in lake.installed()
