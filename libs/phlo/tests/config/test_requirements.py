"""Changes of pyproject.toml: one dependency, and not one character more."""

from __future__ import annotations

import pytest

from phlo.config.requirements import has_project, with_requirement, without_requirement
from phlo.errors.config import CannotEdit

LONG = """\
[project]
name = "lake"
dependencies = [
    "phlo>=0.1",      # the core, [see] "docs"
    "pandas[x]>=2",   # rows
]   # end

[tool.x]
dependencies = ["no"]
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("dependencies = []", 'dependencies = ["phlo-a>=1"]'),
        ('dependencies = ["x"]', 'dependencies = ["x", "phlo-a>=1"]'),
        ('dependencies = ["x", "phlo_A==0.5"]', 'dependencies = ["x", "phlo-a>=1"]'),
        ('dependencies = ["x", "phlo-a>=1"]', 'dependencies = ["x", "phlo-a>=1"]'),
        ("dependencies = [\n]", 'dependencies = [\n    "phlo-a>=1",\n]'),
        ('dependencies = [\n  "x"\n]', 'dependencies = [\n  "x",\n  "phlo-a>=1",\n]'),
        ("dependencies = [\n  'x', # y\n]", "dependencies = [\n  'x', # y\n  \"phlo-a>=1\",\n]"),
    ],
)
def test_a_requirement_is_put_in(before, after):
    head = '[project]\nname = "lake"\n'
    assert with_requirement(f"{head}{before}\n", "phlo-a", "phlo-a>=1") == f"{head}{after}\n"


def test_a_long_list_keeps_its_comments():
    changed = with_requirement(LONG, "phlo-a", "phlo-a>=1")
    assert changed == LONG.replace("# rows\n", '# rows\n    "phlo-a>=1",\n')
    assert without_requirement(changed, "phlo-a") == LONG


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["phlo-a", "x"]', '["x"]'),
        ('["x", "phlo-a"]', '["x"]'),
        ('["phlo-a"]', "[]"),
        ('["x"]', '["x"]'),
        ('[\n  "phlo_a>=1", # why\n  "x",\n]', '[\n  "x",\n]'),
        ('[\n  "y", "phlo-a",\n  "x",\n]', '[\n  "y", "x",\n]'),
    ],
)
def test_a_requirement_is_taken_out(before, after):
    head = "[project]\ndependencies = "
    assert without_requirement(f"{head}{before}\n", "phlo-a") == f"{head}{after}\n"


@pytest.mark.parametrize(
    "text",
    [
        'project.name = "x"\nproject.dependencies = []\n',
        '[project]\nname = "x"\ndynamic = ["dependencies"]\n',
    ],
)
def test_what_is_written_otherwise_is_refused(text):
    with pytest.raises(CannotEdit):
        with_requirement(text, "phlo-a", "phlo-a>=1")


def test_what_has_a_project():
    assert has_project("[project]\n")
    assert not has_project("[tool.x]\n")
    assert not has_project("[")
