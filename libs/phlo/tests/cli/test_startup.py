"""What commands import, counted: a stopwatch would say what the machine does, not what we do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import json, sys
before = set(sys.modules)
from phlo.cli.main import main
sys.argv = ["phlo", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
sys.stderr.write("\\n" + json.dumps(sorted(set(sys.modules) - before)))
"""


def imported(folder: Path, *arguments: str) -> set[str]:
    """Return the modules that a command imports."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def strangers(modules: set[str]) -> set[str]:
    """Return the packages among them that are neither Python's nor phlo's."""
    tops = {name.partition(".")[0] for name in modules}
    return {top for top in tops if top not in sys.stdlib_module_names} - {"phlo"}


def test_version_imports_next_to_nothing(tmp_path: Path) -> None:
    modules = imported(tmp_path, "--version")
    assert strangers(modules) == set()
    assert {name for name in modules if name.startswith("phlo")} == {
        "phlo", "phlo.cli", "phlo.cli.main", "phlo.cli.version",
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["services", "--help"], ["init", "--help"]])
def test_help_imports_click_and_light_modules(tmp_path: Path, arguments: list[str]) -> None:
    modules = imported(tmp_path, *arguments)
    assert strangers(modules) == {"click"}
    floors = {".".join(name.split(".")[:2]) for name in modules if name.startswith("phlo.")}
    assert floors <= {"phlo.cli", "phlo.errors"}, "no floor below the command line is touched"


def test_init_imports_no_more_than_its_templates(tmp_path: Path) -> None:
    imported(tmp_path, "init", "warm")
    assert strangers(imported(tmp_path, "init", "lake")) == {"click"}


def test_listing_services_reads_no_yaml_and_no_plugin_once_it_is_warm(tmp_path: Path) -> None:
    imported(tmp_path, "init", "lake")
    imported(tmp_path / "lake", "services", "list")
    modules = imported(tmp_path / "lake", "services", "list", "--json")
    heavy = {"pydantic", "docker", "pyarrow", "pyiceberg", "duckdb", "fastapi", "sqlglot"}
    assert not strangers(modules) & heavy
    assert not {name for name in modules if name.startswith(("phlo_api", "phlo_duckdb"))}


@pytest.mark.parametrize("arguments", [["plugin", "list"], ["plugin", "search", "sql"],
                                       ["plugin", "info", "duckdb"]])  # fmt: skip
def test_looking_at_packages_imports_none_of_them(tmp_path: Path, arguments: list[str]) -> None:
    imported(tmp_path, *arguments)
    modules = imported(tmp_path, *arguments, "--json")
    heavy = {"pydantic", "docker", "pyarrow", "pyiceberg", "duckdb", "fastapi", "sqlglot", "rich"}
    assert not strangers(modules) & heavy
    assert not {name for name in modules if name.startswith(("phlo_api", "phlo_duckdb"))}


COMPLETE = """
import json, os, sys
before = set(sys.modules)
os.environ |= {"_PHLO_COMPLETE": "bash_complete", "COMP_WORDS": sys.argv[1],
               "COMP_CWORD": str(len(sys.argv[1].split()) - 1)}
sys.argv = ["phlo"]
from phlo.cli.main import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
sys.stderr.write(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("phlo plug", ["plain,plugin"]),
        ("phlo services sta", ["plain,start", "plain,status"]),
        ("phlo plugin search --ref", ["plain,--refresh"]),
        ("phlo nothing x", []),
        ("phlo ex", ["plain,export"]),
    ],
)
def test_a_shell_completes_from_the_tables(tmp_path: Path, words: str, wanted: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", COMPLETE, words], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == wanted
    assert strangers(set(json.loads(done.stderr))) == {"click"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(tmp_path: Path, shell: str) -> None:
    done = subprocess.run([sys.executable, "-m", "phlo", "completion", shell], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"_PHLO_COMPLETE={shell}_complete" in done.stdout


def test_every_command_of_the_table_is_there_and_says_the_same() -> None:
    import click

    from phlo.cli.commands import COMMANDS
    from phlo.cli.lazy import LazyGroup
    from phlo.cli.run import cli

    def walk(group: click.Group, path: str) -> None:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None, f"{path} {name}"
            assert command.help, f"{path} {name} has no help"
            if isinstance(command, click.Group):
                walk(command, f"{path} {name}")

    assert isinstance(cli, LazyGroup)
    assert set(cli.table) == set(COMMANDS)
    walk(cli, "phlo")
