"""The reference is what the code says, and nothing is left out of it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("commands.md", "errors.md", "exit-codes.md", "phlo-yaml.md", "wiring.md")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(generate: ModuleType, name: str) -> None:
    kept = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert kept == generate.pages()[name], "run: uv run python docs/generate.py"


def test_every_error_has_a_code_of_its_own_and_a_text() -> None:
    from phlo.cli.help import known_errors
    from phlo.errors import ErrorGroup, PhloError

    known = known_errors()

    def below(error: type[PhloError]) -> list[type[PhloError]]:
        return [e for one in error.__subclasses__() for e in (one, *below(one))]

    own = [e for e in below(PhloError) if "code" in vars(e) and e is not ErrorGroup]
    leaves = [e for e in own if not e.code.endswith("00")]
    codes = [e.code for e in leaves]
    assert len(codes) == len(set(codes)), sorted(c for c in codes if codes.count(c) > 1)
    assert set(codes) == set(known)
    assert all(re.fullmatch(r"PHLO-[CPWRXLSNAD]\d{3}", code) for code in codes)
    assert all(entry.title for entry in known.values())


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_error_says_why() -> None:
    """A constructor that hands on no `why` leaves the person with half an answer."""
    import ast

    root = DOCS.parent
    files = [*root.glob("libs/*/src/*/errors.py"), *root.glob("libs/phlo/src/phlo/errors/*.py")]
    files += root.glob("plugins/*/src/*/errors.py")
    silent = [
        f"{file.name}:{call.lineno}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name not in ("PhloError", "ErrorGroup")
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__"
        and not any(keyword.arg == "why" for keyword in call.keywords)
    ]  # fmt: skip
    assert len(files) > 8
    assert silent == []


def test_every_command_that_an_error_gives_is_there() -> None:
    """Advice that names a command which does not exist leads nowhere."""
    import ast

    import click

    from phlo.cli.run import cli

    root = DOCS.parent
    own = root.glob("libs/phlo/src/phlo/errors/*.py")
    given = {
        (match[1], file.name)
        for file in [*root.glob("*/*/src/*/errors.py"), *own]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "command"
        for match in re.finditer(r"phlo ((?:[a-z]+ ?){1,2})", ast.unparse(node.value))
    }  # fmt: skip
    assert len(given) > 10
    for words, file in given:
        group: click.Command | None = cli
        for word in words.split():
            if not isinstance(group, click.Group):
                break  # an argument follows
            group = group.get_command(click.Context(group), word)
            assert group is not None, f"{file}: phlo {words}"
