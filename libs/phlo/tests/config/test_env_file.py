from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phlo.config.env_file import parse_env, read_variables
from phlo.errors import ErrorGroup, PhloError
from phlo.errors.config import UnreadableFile
from phlo.errors.values import BadEnvLine, UnsetVariable
from phlo.model.options import Variable


def parse(text, **known):
    errors = []
    variables = {name: Variable(name, value) for name, value in known.items()}
    found = parse_env(text, ".env", variables, errors)
    assert not errors
    return {name: variable.value for name, variable in found.items()}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ("# A=1\n\n   # B=2", {}),
        ("A=1", {"A": "1"}),
        ("A=", {"A": ""}),
        ("  export A = 1 ", {"A": "1"}),
        ("A: 1", {"A": "1"}),
        ("A", {}),
        ("export A", {}),
        ("A=b c", {"A": "b c"}),
        ("A=b # c", {"A": "b"}),
        ("A=b#c", {"A": "b#c"}),
        ("A=#c", {"A": ""}),
        ("A='b # $c \\n'", {"A": "b # $c \\n"}),
        ('A="b # c"  # d', {"A": "b # c"}),
        ('A="b\\nc\\t\\"\\\\d"', {"A": 'b\nc\t"\\d'}),
        ('A="b\nc"\nB=1', {"A": "b\nc", "B": "1"}),
        ("A='b\nc'\nB=1", {"A": "b\nc", "B": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=1\nB=${A}x\nC=\"${A}y\"\nD='${A}'", {"A": "1", "B": "1x", "C": "1y", "D": "${A}"}),
        ("B=${X:-d}", {"B": "d"}),
        ("A=$$1", {"A": "$1"}),
        ('A="\\${B}"', {"A": "${B}"}),
        ("A=b=c", {"A": "b=c"}),
        ("my.name=1", {"my.name": "1"}),
    ],
)
def test_the_dialect(text, wanted):
    assert parse(text) == wanted


def test_the_environment_wins_over_what_a_file_says():
    assert parse("A=1\nB=${A}", A="9") == {"A": "1", "B": "9"}


def test_a_value_knows_its_place():
    where = parse_env("\nexport A = 'x'", ".env", {}, [])["A"].where
    assert str(where) == ".env:2:12"
    assert where.source == "export A = 'x'"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("what is this", "not NAME=value"),
        ("1A=2", "not NAME=value"),
        ("=x", "not NAME=value"),
        ("A='b", "not closed"),
        ('A="b', "not closed"),
        ("A='b' c", "follows the quoted value"),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_read(text, words):
    errors = []
    found = parse_env(f"X=1\n{text}\nY=2", ".env", {}, errors)
    assert [type(e) for e in errors] == [BadEnvLine]
    assert words in errors[0].message
    assert errors[0].where.line == 2
    assert {"X", "Y"} <= set(found)


def test_a_reference_to_nothing_is_an_error():
    errors = []
    assert parse_env("A=${B}", ".env", {}, errors) == {}
    assert isinstance(errors[0], UnsetVariable)


def test_files_in_their_order(tmp_path):
    (tmp_path / ".env").write_text("A=1\nB=1\nC=1\n")
    (tmp_path / ".env.local").write_text("B=2\nC=2\nD=${A}\n")
    found = read_variables(tmp_path, {"C": "3"})
    assert {name: v.value for name, v in found.items()} == {"A": "1", "B": "2", "C": "3", "D": "1"}
    assert (str(found["B"]), str(found["C"])) == (".env.local:1:3 (B)", "C")


def test_all_faults_of_all_files_are_told(tmp_path):
    (tmp_path / ".env").write_text("bad line\n")
    (tmp_path / ".env.local").write_text("A='\n")
    with pytest.raises(ErrorGroup):
        read_variables(tmp_path, {})


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / ".env").mkdir()
    with pytest.raises(UnreadableFile):
        read_variables(tmp_path, {})
    (tmp_path / ".env").rmdir()
    (tmp_path / ".env").write_bytes(b"A=1\nB=\xff")
    with pytest.raises(UnreadableFile) as caught:
        read_variables(tmp_path, {})
    assert str(caught.value.where) == ".env:2"
    (tmp_path / ".env").write_bytes(b"A" * 1_000_001)
    with pytest.raises(UnreadableFile, match="1 MB"):
        read_variables(tmp_path, {})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=80), st.text("A='\"\\ #$\n{}:-", max_size=30).map(str.encode)))
def test_any_bytes_give_variables_or_an_error_of_phlo(tmp_path, raw):
    (tmp_path / ".env").write_bytes(raw)
    try:
        read_variables(tmp_path, {})
    except PhloError as error:
        assert all(e.fix.text and e.where for e in error.diagnostics())  # noqa: PT017
