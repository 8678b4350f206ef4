from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phlo.compose.project import slug
from phlo.compose.render import render
from phlo.compose.resolve import compose_stack
from phlo.config.env_file import read_variables
from phlo.config.locate import find_project
from phlo.config.project_file import load_project, read_documents
from phlo.errors import ErrorGroup, PhloError
from phlo.errors.config import NoProject, UnknownEnvironment, UnreadableFile
from phlo.errors.values import BadName
from phlo.model.options import Options, Variable
from phlo.model.yaml_text import parse_yaml
from phlo.testing.composing import MACHINE, installed


@pytest.fixture
def root(tmp_path):
    (tmp_path / "phlo.yaml").write_text("name: My Lake\n")
    return tmp_path


def write(root, name, text):
    (root / name).write_text(text)


def load(root, **environ):
    return load_project(root, environ)


def test_a_project(root):
    config = load(root)
    assert (config.name, config.slug, config.workflows) == ("My Lake", "my-lake", "workflows")
    assert (config.sql_dialect, config.sql_engine, dict(config.bind)) == ("duckdb", None, {})


def test_what_phlo_yaml_says_of_the_project(root):
    write(root, "phlo.yaml", """
name: lake
description: ours
python: .venv
workflows: flows
sql: {dialect: trino, engine: trino}
bind: {query.sql: trino}
""")  # fmt: skip
    config = load(root)
    assert (config.description, config.python, config.workflows) == ("ours", ".venv", "flows")
    assert (config.sql_dialect, config.sql_engine) == ("trino", "trino")
    assert config.bind == {"query.sql": "trino"}


def test_a_project_without_a_name_is_called_as_its_folder(tmp_path):
    folder = tmp_path / "my-proj.v2"
    folder.mkdir()
    write(folder, "phlo.yaml", "")
    assert load(folder).slug == "my-proj-v2"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("lake", "lake"), ("My Lake!", "my-lake"), ("über", "uber"), ("a_b-c", "a_b-c"),
     ("-x-", "x"), ("日本", ""), ("...", ""), ("a" * 80, "a" * 50)],
)  # fmt: skip
def test_the_slug_of_a_name(name, wanted):
    assert slug(name) == wanted


def test_a_name_of_which_nothing_is_left(root):
    write(root, "phlo.yaml", "name: 日本\n")
    with pytest.raises(BadName) as caught:
        load(root)
    assert str(caught.value.where) == "phlo.yaml:1:7"
    write(root, "phlo.yaml", "name: nihon\ndescription: 日本\n")
    assert load(root).slug == "nihon"


def test_overlays_in_their_order(root):
    write(root, "phlo.yaml", """
name: lake
workflows: one
description: ${WORDS:-none}
environments: {prod: {workflows: two, python: a}}
""")  # fmt: skip
    write(root, "phlo.prod.yaml", "python: b\nsql: {engine: x}\n")
    write(root, "phlo.local.yaml", "sql: {engine: y}\n")
    assert load(root).workflows == "one"
    config = load(root, PHLO_ENV="prod", WORDS="w")
    assert (config.workflows, config.python, config.sql_engine) == ("two", "b", "y")
    assert config.description == "w"
    assert [d.file for d in read_documents(root, "prod")] == [
        "phlo.yaml", "phlo.yaml", "phlo.prod.yaml", "phlo.local.yaml",
    ]  # fmt: skip


def test_a_fault_in_an_environments_block_has_its_place(root):
    write(root, "phlo.yaml", "name: lake\nenvironments:\n  prod:\n    wrkflows: two\n")
    with pytest.raises(PhloError, match="wrkflows") as caught:
        load(root, PHLO_ENV="prod")
    assert str(caught.value.where) == "phlo.yaml:4:5"


def test_an_environment_that_is_not_there(root):
    write(root, "phlo.yaml", "name: lake\nenvironments: {staging: {}}\n")
    write(root, "phlo.prod.yaml", "")
    with pytest.raises(UnknownEnvironment) as caught:
        load(root, PHLO_ENV="prd")
    assert "did you mean 'prod'" in caught.value.fix.text
    assert load(root, PHLO_ENV="prod").name == "lake"
    assert load(root, PHLO_ENV="staging").name == "lake"


@pytest.mark.parametrize("env", ["../x", "a/b", "local", ".", "x y"])
def test_an_environment_that_is_no_name(root, env):
    with pytest.raises(BadName):
        load(root, PHLO_ENV=env)


def test_faults_of_several_files_are_told_together(root):
    write(root, "phlo.yaml", "name: [\n")
    write(root, "phlo.local.yaml", "a: 1\na: 2\n")
    with pytest.raises(ErrorGroup) as caught:
        load(root)
    assert [e.code for e in caught.value.diagnostics()] == ["PHLO-C102", "PHLO-C107"]


def test_files_that_cannot_be_read(root):
    (root / "phlo.local.yaml").mkdir()
    with pytest.raises(UnreadableFile) as caught:
        load(root)
    assert caught.value.where.file == "phlo.local.yaml"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=120), st.text("ab:- \n{}[]&*!|>'\"#%@$,", max_size=40).map(str.encode)
    )
)
def test_any_bytes_give_a_project_or_an_error_of_phlo(root, raw):
    (root / "phlo.yaml").write_bytes(raw)
    try:
        documents, variables = read_documents(root), read_variables(root, {})
        compose_stack(documents, installed(), Options(), variables, MACHINE)
        load_project(root, {})
    except PhloError as error:
        assert all(e.fix.text for e in error.diagnostics())  # noqa: PT017


APP = """
name: app
default: true
image: example.org/app:1
ready: started
ports: {api: {container: 80, primary: true}, b: {container: 81}}
settings: {n: {type: integer, default: 1}, s: {type: secret, generate: {length: 9}}}
native: {processes: {main: {command: [run]}}}
"""
WORDS = ["app", "name", "services", "enabled", "ports", "port", "environment", "settings", "n", "s",
         "$replace", "$append", "volumes", "depends_on", "native", "processes", "main", "command",
         "type", "extends", "bind", "runtime", "healthcheck", "api", "host", "files", "ready",
         "provides", "properties", "profiles", "logging", "driver", "image", "x-y"]  # fmt: skip
SHAPES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 70000), st.floats(), st.text(max_size=4),
              st.sampled_from([*WORDS, "inline", "external", "${V}", "${V:-1}", "{a.b}", "a:b"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip
BODIES = st.dictionaries(st.sampled_from(WORDS), SHAPES, max_size=5)
EXAMPLES = 2000 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 60
FUZZ = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=EXAMPLES,
    deadline=None,
)  # fmt: skip


@pytest.mark.fuzz
@FUZZ
@given(
    st.lists(st.dictionaries(st.sampled_from(["app", "b", "c"]), BODIES, max_size=3), max_size=2)
)
def test_any_shape_of_services_gives_a_stack_or_an_error_of_phlo(root, overlays):
    variables = {"V": Variable("V", "7")}
    try:
        documents = [
            parse_yaml(json.dumps({"services": services}, ensure_ascii=False), f"phlo.{i}.yaml")
            for i, services in enumerate(overlays)
        ]
        made = compose_stack(documents, installed(APP), Options(), variables, MACHINE)
        assert render(made) == render(
            compose_stack(documents, installed(APP), Options(), variables, MACHINE)
        )
    except PhloError as error:
        assert all(e.fix.text for e in error.diagnostics())  # noqa: PT017


def test_where_the_project_is(tmp_path, monkeypatch):
    project, inner = tmp_path / "lake", tmp_path / "lake" / "a" / "b"
    inner.mkdir(parents=True)
    write(project, "phlo.yaml", "")
    monkeypatch.chdir(inner)
    assert find_project(None, {}) == project
    assert find_project(project, {}) == project
    assert find_project(None, {"PHLO_PROJECT_DIR": str(project)}) == project
    with pytest.raises(NoProject, match="given by -C"):
        find_project(tmp_path, {"PHLO_PROJECT_DIR": str(project)})
    with pytest.raises(NoProject, match="given by PHLO_PROJECT_DIR"):
        find_project(None, {"PHLO_PROJECT_DIR": str(inner)})
    monkeypatch.chdir(tmp_path)
    if not any((folder / "phlo.yaml").exists() for folder in Path.cwd().parents):
        with pytest.raises(NoProject, match="or any folder above it"):
            find_project(None, {})
