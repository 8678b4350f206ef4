"""Programs: where their commands are, and the environments that are made for them."""

from __future__ import annotations

import base64
import hashlib
import os
import pwd
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from phlo.errors.runtime import CommandMissing, EnvironmentFailed, ProgramMissing, UnknownUser
from phlo.model.native import NativeProgram, Program
from phlo.runtime.native import environments
from phlo.runtime.native.programs import locate


def wheel(folder, name="toy", version="1.0"):
    """A wheel with one command, made by hand so that no index is needed."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "def main():\n    print('toy runs')\n    import time; time.sleep(600)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}-server = {name}:main\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{path},sha256={digest.decode()},{len(text.encode())}\n"
    file = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in (files | {f"{info}/RECORD": record + f"{info}/RECORD,,\n"}).items():
            archive.writestr(path, text)
    return str(file)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PHLO_CACHE_DIR", str(tmp_path / "the cache"))
    return tmp_path / "the cache" / "environments"


def toy(requirements, command=("toy-server",), kind="venv"):
    return NativeProgram("toy", "toy", command, program=Program(kind, requirements=requirements))


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_an_environment_is_made_once_and_used_by_all(tmp_path, cache, monkeypatch, tool):
    if tool == "uv" and environments.find_uv() is None:
        pytest.skip("uv is not there")
    if tool == "pip":
        monkeypatch.setattr(environments, "find_uv", lambda: None)
    said = []
    found = locate(toy((wheel(tmp_path),)), said.append)
    (program,) = found.argv(["toy-server"])
    assert Path(program).is_relative_to(cache)
    assert any("toy" in line for line in said), said
    assert str(cache) in Path(program).read_text()  # it cannot be moved: it was made where it is
    said.clear()
    assert locate(toy((wheel(tmp_path),)), said.append) == found
    assert said == []


@pytest.mark.embedded
def test_a_service_runs_from_its_environment(tmp_path, cache, project):
    project.up(toy((wheel(tmp_path),), kind="wheel"))
    project.until(lambda: "toy runs" in project.log("toy"))
    path = project.definition("toy")["path"]
    assert path == [str(Path(project.definition("toy")["command"][0]).parent)]


def test_other_requirements_are_another_environment(tmp_path, cache):
    one = locate(toy((wheel(tmp_path),)), print)
    other = locate(toy((wheel(tmp_path, version="2.0"),)), print)
    assert one.folders != other.folders


def test_what_a_file_of_requirements_says_counts(tmp_path, cache):
    """Another release of a package has another file at the same place."""
    file = tmp_path / "requirements.txt"
    file.write_text(wheel(tmp_path))
    one = locate(toy(("-r", str(file))), print)
    file.write_text(wheel(tmp_path, version="2.0"))
    assert locate(toy(("-r", str(file))), print).folders != one.folders


def test_a_program_for_another_python_than_phlos_own(tmp_path, monkeypatch):
    own, none = f"=={sys.version.split()[0]}", ">=3.8,<3.9"
    assert environments.interpreter("toy", None) == sys.executable
    assert environments.interpreter("toy", own) == sys.executable
    monkeypatch.setattr(environments, "find_uv", lambda: "/usr/bin/uv")
    assert environments.interpreter("toy", none) == none  # uv finds one, or fetches it
    monkeypatch.setattr(environments, "find_uv", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailed, match=r"it needs Python >=3\.9,<3\.10") as told:
        environments.interpreter("toy", ">=3.9,<3.10")
    assert "pip install uv" in str(told.value.related[0].message)
    (tmp_path / "python3.9").symlink_to(sys.executable)
    assert environments.interpreter("toy", ">=3.9,<3.10") == str(tmp_path / "python3.9")
    (tmp_path / "python3.9").unlink()
    (tmp_path / "python3.9").write_text("#!/bin/sh\nexit 127\n")  # a shim of nothing
    (tmp_path / "python3.9").chmod(0o755)
    with pytest.raises(EnvironmentFailed):
        environments.interpreter("toy", ">=3.9,<3.10")


def test_what_cannot_be_made_leaves_nothing_that_counts(tmp_path, cache):
    broken = tmp_path / "broken-1.0-py3-none-any.whl"
    broken.write_text("no wheel")
    for _ in range(2):
        with pytest.raises(EnvironmentFailed, match="the Python environment of 'toy'") as told:
            locate(toy((str(broken),)), print)
        assert (told.value.code, told.value.exit_code) == ("PHLO-R511", 6)
        assert told.value.related, "the last lines are missing"
    assert not list(cache.glob("*/.phlo-complete"))


def test_an_interrupted_one_is_made_anew(tmp_path, cache):
    requirements = (wheel(tmp_path),)
    found = locate(toy(requirements), print)
    folder = found.folders[0].parent
    (folder / ".phlo-complete").unlink()
    (folder / "bin" / "toy-server").unlink()
    locate(toy(requirements), print)
    assert (folder / "bin" / "toy-server").exists()


def test_commands_at_once_make_it_once(tmp_path, cache):
    requirements, said = (wheel(tmp_path),), []
    threads = [
        threading.Thread(target=lambda: said.append(locate(toy(requirements), print)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(said) == 3
    assert len({found.folders for found in said}) == 1


def test_a_command_must_come_from_the_environment(tmp_path, cache):
    found = locate(toy((wheel(tmp_path),)), print)
    with pytest.raises(CommandMissing, match="'toy' runs 'ls', which is not in") as told:
        found.argv(["ls"])
    assert told.value.code == "PHLO-R512"


def test_a_program_on_path_brings_its_siblings(tmp_path, monkeypatch):
    real = tmp_path / "lib" / "bin"
    real.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (real / name).write_text("#!/bin/sh\n")
        (real / name).chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "postgres").symlink_to(real / "postgres")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    program = NativeProgram("pg", "pg", ("postgres",), program=Program("path", name="postgres"))
    found = locate(program, print)
    assert found.argv(["initdb", "-D", "x"]) == [str(real / "initdb"), "-D", "x"]
    assert found.argv(["postgres"])[0].endswith("bin/postgres")
    assert found.argv(["/opt/own", "ls"]) == ["/opt/own", "ls"]
    with pytest.raises(ProgramMissing, match="'pg' needs the program 'no-such-thing'"):
        found.argv(["no-such-thing"])


def test_what_comes_with_phlo_is_found_beside_its_interpreter():
    found = locate(NativeProgram("api", "api", ("python",)), print)
    assert found.argv(["python"]) == [str(Path(sys.executable).parent / "python")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can choose whom a program runs as")
def test_as_root_a_program_can_run_as_another_user(project):
    for folder in (project.root, *project.root.parents[:3]):
        folder.chmod(0o755)
    it = NativeProgram("it", "it", ("/bin/sh", "-c", "id -u; touch $HOME_OF_IT/made; sleep 600"),
                       environment={"HOME_OF_IT": str(project.place.home("it"))},
                       user="nobody")  # fmt: skip
    project.up(it)
    project.until(lambda: project.log("it").split())
    nobody = pwd.getpwnam("nobody").pw_uid
    assert project.log("it").split() == [str(nobody)]
    project.until(lambda: (project.place.home("it") / "made").exists())
    assert (project.place.home("it") / "made").stat().st_uid == nobody
    with pytest.raises(UnknownUser):
        locate(NativeProgram("it", "it", ("ls",), user="no-such-user"), print)
