"""A new package starts green: it runs as it is, and its tests pass at once."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request

import pytest

from phlo.errors.package import BadPackageName, FolderTaken, NameTaken
from phlo.packages.names import check_name_is_free
from phlo.scaffold.plugin import plugin_files, service_name, suggested_name
from phlo.scaffold.write import create_package
from phlo.testing.composing import definition
from phlo.testing.packages import SitePackages
from phlo.testing.wheels import make_environment


@pytest.mark.parametrize("said", ["cache", "phlo-cache", "my-cache", "a1", "x" * 40])
def test_names_that_services_have(said):
    assert service_name(said) == said.removeprefix("phlo-")


@pytest.mark.parametrize(
    ("said", "close"),
    [
        ("My Cache", "my-cache"),
        ("my_cache", "my-cache"),
        ("-cache", "cache"),
        ("cache-", "cache"),
        ("a--b", "a-b"),
        ("1st", "st"),
        ("../../etc", "etc"),
        ("", "my-service"),
        ("é", "my-service"),
        ("x" * 41, "x" * 40),
    ],
)
def test_names_that_no_service_has_are_refused_with_one_that_it_can_have(tmp_path, said, close):
    assert suggested_name(said) == close
    with pytest.raises(BadPackageName) as caught:
        create_package(tmp_path, said)
    assert f"phlo plugin create {close} " in str(caught.value.fix.command)
    assert service_name(close) == close
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", ["duckdb", "phlo-api", "api", "phlo-duckdb"])
def test_names_of_other_packages_are_refused(said):
    with pytest.raises(NameTaken):
        check_name_is_free(said)


def test_a_folder_with_files_is_left_alone(tmp_path):
    (tmp_path / "phlo-cache").mkdir()
    assert create_package(tmp_path, "cache").files
    with pytest.raises(FolderTaken):
        create_package(tmp_path, "cache")


def test_a_package_has_all_that_packages_have():
    files = plugin_files("my-cache")
    about = tomllib.loads(files["pyproject.toml"])
    assert about["project"]["name"] == "phlo-my-cache"
    entries = about["project"]["entry-points"]["phlo.plugins.services"]
    assert entries == {"my-cache": "phlo_my_cache.plugin:MyCacheService"}
    assert {"README.md", "changes/1.added.md", "tests/test_conformance.py"} <= set(files)
    assert files["src/phlo_my_cache/py.typed"] == ""
    made = definition(files["src/phlo_my_cache/service.yaml"])
    assert made.name == "my-cache"
    assert made.ports["http"].host in range(18000, 19000)
    assert plugin_files("other")["README.md"].count("18") >= 1
    assert all(text.endswith("\n") or not text for text in files.values())


@pytest.fixture
def installed(tmp_path):
    """Install a new package as `pip install -e` does, and return the environment's variables."""
    made = create_package(tmp_path, "my-cache")
    site = SitePackages(tmp_path / "site")
    source = made.root / "src"
    yaml = (source / "phlo_my_cache" / "service.yaml").read_text(encoding="utf-8")
    code = (source / "phlo_my_cache" / "plugin.py").read_text(encoding="utf-8")
    entry = "[phlo.plugins.services]\nmy-cache = phlo_my_cache.plugin:MyCacheService\n"
    site.install("my-cache", yaml, code=code, entry=entry, source=source)
    metadata = site.folder / "phlo_my_cache-1.0.0.dist-info" / "METADATA"
    readme = (made.root / "README.md").read_text(encoding="utf-8")
    metadata.write_text(f"Name: phlo-my-cache\nVersion: 1.0.0\n\n{readme}", encoding="utf-8")
    path = os.pathsep.join([str(source), str(site.folder)])
    return made.root, os.environ | {"PYTHONPATH": path, "PHLO_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def environment(installed, tmp_path):
    """Return the Python of an environment in which the package is installed."""
    python = make_environment(tmp_path / "env")
    [library] = (tmp_path / "env" / "lib").glob("python*/site-packages")
    site = f"import site; site.addsitedir({str(tmp_path / 'site')!r})\n"
    (library / "package.pth").write_text(site, encoding="utf-8")
    return python


def test_its_tests_pass_at_once(installed):
    root, environ = installed
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"], cwd=root,
        env=environ, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " failed" not in done.stdout


@pytest.mark.embedded
def test_its_program_answers_and_ends_when_it_is_told_to(installed):
    root, environ = installed
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = subprocess.Popen(
        [sys.executable, "-m", "phlo_my_cache", "--port", str(port)], env=environ, cwd=root,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert ask(port, "/healthz") == b"ok"
        assert json.loads(ask(port, "/")) == {"service": "my-cache"}
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=20) == 0
    finally:
        program.kill()
        program.communicate()


def ask(port, path):
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.mark.embedded
def test_it_runs_as_it_is_in_its_own_folder(environment, installed, tmp_path):
    environ = os.environ | {"PHLO_CACHE_DIR": str(tmp_path / "cache")}
    root, _ = installed

    def phlo(*arguments):
        return subprocess.run(
            [str(environment), "-m", "phlo", *arguments], env=environ, capture_output=True,
            text=True, cwd=root, timeout=120,
        )  # fmt: skip

    try:
        only = ("--only", "my-cache", "--runtime", "native", "--no-open")
        done = phlo("services", "start", *only, "--json")
        assert done.returncode == 0, done.stderr
        states = {one["name"]: one["state"] for one in json.loads(done.stdout)["services"]}
        assert states["my-cache"] == "healthy"
    finally:
        assert phlo("services", "stop").returncode == 0


@pytest.mark.embedded
def test_a_saved_file_is_seen_at_once_in_development_mode(environment, installed, tmp_path):
    root, _ = installed
    environ = os.environ | {"PHLO_CACHE_DIR": str(tmp_path / "cache")}
    lake = tmp_path / "lake"
    lake.mkdir()
    (lake / "phlo.yaml").write_text("name: lake\nruntime: native\n", encoding="utf-8")

    def phlo(*arguments):
        done = subprocess.run(
            [str(environment), "-m", "phlo", *arguments, "--json"], env=environ, cwd=lake,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    only = ("--only", "my-cache", "--no-open")
    try:
        made = phlo("services", "init", "--only", "my-cache", "--phlo-source", str(root))
        port = made["ports"]["my-cache.http"]
        phlo("services", "start", *only)
        server = root / "src" / "phlo_my_cache" / "server.py"
        text = server.read_text(encoding="utf-8")
        server.write_text(text.replace('{"service":', '{"edited":'), encoding="utf-8")
        wanted = {"edited": "my-cache"}
        deadline = time.monotonic() + 30
        while json.loads(ask(port, "/")) != wanted:
            assert time.monotonic() < deadline
        phlo("services", "restart", "my-cache", "--only", "my-cache")
        server.write_text(text, encoding="utf-8")
        while json.loads(ask(port, "/")) == wanted:
            assert time.monotonic() < deadline + 30, "no later command loses it"
    finally:
        phlo("services", "stop")
