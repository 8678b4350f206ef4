"""What CI runs, one session each; `uv run nox` runs all but the last five.

    lint types imports     how the code is written (ruff, mypy strict, import-linter, the metadata)
    build                  every wheel and sdist, into dist/
    unit(package)          a package's tests, with its wheel and what it requires installed, locked
    embedded               the main job as a new user has it: init, start, materialize, kill, stop
    docker                 services in containers, on a real engine; each cause of a failure
    ui                     the interface: types, Vitest, Chromium with axe
    fuzz                   any bytes as configuration, any order of layers, any request to the API
    wheels                 the wheels in a clean environment: `phlo demo`, run and stopped
    iceberg                Iceberg's own tests of catalogs, by its Java client, against phlo-api
    servers                each package's tests of a server that takes minutes to start
    stack                  the demo on sets of real servers, natively: every pair of parts once
    containers             each other server in a container
    bench                  the measured claims beside their peers; never a gate

`uv run nox -s "unit(phlo-duckdb)"` runs one. What a machine lacks is told in one line, and the
session is skipped; with `CI` set, a skip is a failure.
"""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = [
    "lint", "types", "imports", "build", "unit", "embedded", "docker", "ui",
    "fuzz", "wheels",
]  # fmt: skip

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
#: What makes its own input needs more than the package: the session `fuzz` has it.
NO_FUZZ = ("--ignore-glob", "*/test_fuzz.py")


def read_members() -> dict[str, Path]:
    """Return the folder of each package of the workspace, by its name."""
    files = sorted(ROOT.glob("libs/*/pyproject.toml")) + sorted(ROOT.glob("apps/*/pyproject.toml"))
    files += sorted(ROOT.glob("plugins/*/pyproject.toml"))
    return {project(file)["name"]: file.parent for file in files}


def project(file: Path) -> dict:
    """Return the `[project]` table of a pyproject.toml."""
    return tomllib.loads(file.read_text(encoding="utf-8"))["project"]


MEMBERS = read_members()


def required(package: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """Return the members that a member requires, itself included."""
    found: set[str] = set()
    waiting = [(package, extras)]
    seen = set()
    while waiting:
        name, wanted = item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        found.add(name)
        file = MEMBERS[name] / "pyproject.toml"
        about = project(file)
        lines = list(about.get("dependencies", ()))
        for extra in wanted:
            lines += about.get("optional-dependencies", {}).get(extra, ())
        if name == package:
            groups = tomllib.loads(file.read_text(encoding="utf-8")).get("dependency-groups", {})
            lines += [line for line in groups.get("test", ()) if isinstance(line, str)]
        for line in lines:
            needed = Requirement(line)
            if needed.name in MEMBERS:
                waiting.append((needed.name, frozenset(needed.extras)))
    return found


def wheels_of(names: set[str]) -> list[str]:
    """Return the built wheels of members."""
    found = []
    for name in sorted(names):
        version = project(MEMBERS[name] / "pyproject.toml")["version"]
        [wheel] = DIST.glob(f"{name.replace('-', '_')}-{version}-*.whl")
        found.append(str(wheel))
    return found


def install_locked(session: nox.Session, package: str, *groups: str) -> None:
    """Install a member's wheel, those of the members it requires, and the locked requirements.

    Names are never resolved: the registry has other packages by the names of ours.
    """
    locked = Path(session.create_tmp()) / "requirements.txt"
    chosen = [part for group in groups for part in ("--group", group)]
    session.run_install(
        "uv", "export", "-q", "--frozen", "--package", package, "--no-default-groups", *chosen,
        "--no-emit-workspace", "-o", str(locked), external=True, silent=True,
    )  # fmt: skip
    session.run_install("uv", "pip", "install", "-q", "--compile-bytecode", "-r", str(locked))
    session.run_install(
        "uv", "pip", "install", "-q", "--no-deps", "--reinstall", *wheels_of(required(package))
    )
    session.run_install("uv", "pip", "check", "-q")


def install_every(session: nox.Session) -> None:
    """Install the wheels of all members, and the locked requirements of their tests."""
    locked = Path(session.create_tmp()) / "requirements.txt"
    session.run_install(
        "uv", "export", "-q", "--frozen", "--all-packages", "--no-default-groups", "--all-extras",
        "--group", "test", "--no-emit-workspace", "-o", str(locked), external=True, silent=True,
    )  # fmt: skip
    session.run_install("uv", "pip", "install", "-q", "--compile-bytecode", "-r", str(locked))
    session.run_install(
        "uv", "pip", "install", "-q", "--no-deps", "--reinstall", *wheels_of(set(MEMBERS))
    )


def needs(session: nox.Session, program: str, how: str) -> None:
    """Skip the session if a program is missing; in CI that is a failure."""
    if shutil.which(program):
        return
    said = f"{program} is not on PATH: {how}"
    if os.environ.get("CI"):
        session.error(said)
    session.skip(said)


def tests_of(folder: Path) -> str:
    """Return the texts of a member's tests."""
    files = sorted((folder / "tests").rglob("*.py"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def pytest(session: nox.Session, *arguments: str) -> None:
    """Run pytest on what is installed."""
    session.run("pytest", "-q", *arguments, *session.posargs)


@nox.session(venv_backend="none", tags=["style"])
def lint(session: nox.Session) -> None:
    """Ruff, and the metadata that every package must have."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("pytest", "-q", "tests/workspace")


@nox.session(venv_backend="none", tags=["style"])
def types(session: nox.Session) -> None:
    """Mypy, strict, over all packages at once."""
    session.run("mypy")


@nox.session(venv_backend="none", tags=["style"])
def imports(session: nox.Session) -> None:
    """The floors of the house: imports go downwards."""
    session.run("lint-imports")


@nox.session(venv_backend="none")
def build(session: nox.Session) -> None:
    """Build every package."""
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("uv", "build", "-q", "--all-packages", "--out-dir", str(DIST), external=True)


@nox.session(requires=["build"])
@nox.parametrize("package", [nox.param(name, id=name) for name in MEMBERS])
def unit(session: nox.Session, package: str) -> None:
    """A package's tests, with only that package and what it requires installed."""
    folder = MEMBERS[package] / "tests"
    if not folder.is_dir():
        session.error(f"{package} has no tests")
    install_locked(session, package, "test")
    here = "not browser and not fuzz and not docker and not server"
    pytest(session, str(folder), "-m", here, *NO_FUZZ)


@nox.session(requires=["build"])
def embedded(session: nox.Session) -> None:
    """The main job as a new user has it, from wheels."""
    install_locked(session, "phlo", "test")
    pytest(session, "tests/embedded")


@nox.session(requires=["build"])
def docker(session: nox.Session) -> None:
    """Services in containers, on a real engine, beside local processes."""
    needs(session, "docker", "install Docker Engine with Compose v2")
    install_locked(session, "phlo-postgres", "test")
    own, others = MEMBERS["phlo"] / "tests" / "docker", ("phlo-api", "phlo-postgres")
    folders = [own, *(MEMBERS[name] / "tests" for name in others)]
    pytest(session, *map(str, folders), "-m", "docker", *NO_FUZZ)


@nox.session(requires=["build"])
def containers(session: nox.Session) -> None:
    """Each other server in a container, beside all the packages there are."""
    needs(session, "docker", "install Docker Engine with Compose v2")
    install_every(session)
    others = [
        str(folder / "tests") for name, folder in MEMBERS.items()
        if name not in ("phlo", "phlo-api", "phlo-postgres") and "mark.docker" in tests_of(folder)
    ]  # fmt: skip
    pytest(session, *others, "-m", "docker")


@nox.session(requires=["build"])
def ui(session: nox.Session) -> None:
    """The interface: types, unit tests, and real pages in Chromium with axe."""
    needs(session, "chromium", "apt install chromium, or brew install chromium")
    install_locked(session, "phlo-observatory", "test")
    session.run("python", str(MEMBERS["phlo-observatory"] / "tests" / "run_vitest.py"))
    pytest(session, str(MEMBERS["phlo-observatory"] / "tests"), "-m", "browser")


@nox.session(requires=["build"])
def iceberg(session: nox.Session) -> None:
    """Iceberg's own tests of catalogs, by its Java client, against phlo-api."""
    needs(session, "mvn", "apt install maven, or brew install maven")
    install_locked(session, "phlo-api", "test")
    pytest(session, "tests/iceberg")


@nox.session(requires=["build"])
def servers(session: nox.Session) -> None:
    """Each package's tests of a server that takes minutes to start."""
    install_every(session)
    slow = [
        str(folder / "tests") for folder in MEMBERS.values() if "mark.server" in tests_of(folder)
    ]
    pytest(session, *slow, "-m", "server")


@nox.session(requires=["build"])
def stack(session: nox.Session) -> None:
    """The demo on sets of real servers, natively: the same rows from each."""
    install_every(session)
    pytest(session, "tests/integration")


@nox.session(requires=["build"])
def fuzz(session: nox.Session) -> None:
    """Tests that make their own input."""
    install_locked(session, "phlo-api", "test", "fuzz")
    session.env["HYPOTHESIS_PROFILE"] = "fuzz"
    core = MEMBERS["phlo"] / "tests"
    rest = core / "lakehouse" / "rest"
    folders = [core / "config", core / "plugins", rest, MEMBERS["phlo-api"] / "tests"]
    pytest(session, "-m", "fuzz", *map(str, folders))


@nox.session(requires=["build"])
def wheels(session: nox.Session) -> None:
    """The wheels as they are published: checked, installed in a clean environment, used."""
    session.install("-q", "twine>=6.2")
    session.run(
        "twine", "check", "--strict", *sorted(str(p) for p in DIST.glob("phlo*")), silent=True
    )
    clean = Path(session.create_tmp()) / "clean"
    session.run_install("uv", "venv", "-q", "--clear", str(clean), external=True)
    locked = clean / "requirements.txt"
    session.run_install(
        "uv", "export", "-q", "--frozen", "--package", "phlo", "--extra", "demo",
        "--no-default-groups", "--no-emit-workspace", "-o", str(locked),
        external=True, silent=True,
    )  # fmt: skip
    python = ["--python", str(clean / "bin" / "python")]
    session.run_install(
        "uv", "pip", "install", "-q", "--compile-bytecode", *python, "-r", str(locked)
    )
    every = wheels_of(required("phlo", frozenset({"demo"})))
    session.run_install("uv", "pip", "install", "-q", *python, "--no-deps", *every)
    session.run(
        str(clean / "bin" / "python"), str(ROOT / "tests" / "wheels" / "use.py"), external=True
    )


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """The measured claims beside their peers, ratios in one run."""
    session.run(sys.executable, "-m", "benchmarks.run", *session.posargs)
