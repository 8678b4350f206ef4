from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phlo.errors import PhloError
from phlo.errors.config import UnreadableFile
from phlo.errors.values import DuplicateKey, UnsupportedYaml
from phlo.model.yaml_text import MOST_BYTES, YamlDocument, parse_yaml, plain_scalar


def data(text):
    return parse_yaml(text, "a.yaml").data


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1.10", 1.1), ("0123", 123), ("yes", "yes"), ("on", "on"), ("NO", "NO"),
        ("22:22", "22:22"),
        ("0o17", 15), ("0x1F", 31), ("1e3", 1000.0), (".5", 0.5), ("-.inf", -math.inf),
        ("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None),
        ("2024-01-01", "2024-01-01"), ("1_000", "1_000"), ("+1", 1), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema(text, wanted):
    assert plain_scalar(text) == wanted
    assert type(plain_scalar(text)) is type(wanted)


def test_not_a_number():
    assert math.isnan(plain_scalar(".NaN"))


def test_quoted_and_block_scalars_are_texts():
    assert data("a: '1'\nb: \"true\"\nc: |\n  1\nd: !!str 1") == {
        "a": "1", "b": "true", "c": "1\n", "d": "1",
    }  # fmt: skip


def test_every_value_knows_its_place_and_its_text():
    document = parse_yaml(
        "name: lake\nservices:\n  app:\n    port: 0123\n    l: [a, 1.10]\n", "p.yaml"
    )
    path = ("services", "app", "port")
    assert str(document.key_at(path)) == "p.yaml:4:5"
    where = document.value_at(path)
    assert (str(where), where.end_column, where.source) == ("p.yaml:4:11", 15, "    port: 0123")
    assert document.texts[path] == "0123"
    assert document.texts["services", "app", "l", "1"] == "1.10"
    assert str(document.value_at(("services", "app", "nothing", "there"))) == "p.yaml:4:5"
    assert str(YamlDocument("x", {}).value_at(("a",))) == "x"
    assert str(YamlDocument("x", {}).key_at(("a",))) == "x"


def test_a_part_of_a_document_keeps_its_places():
    document = parse_yaml("a:\n  b:\n    c: 1.10\n", "p.yaml")
    part = document.part(("a", "b"))
    assert part.data == {"c": 1.1}
    assert (str(part.value_at(("c",))), part.texts["c",]) == ("p.yaml:3:8", "1.10")
    assert document.part(("a", "x", "y")).data is None
    under = part.under(("x", "y"))
    assert under.data == {"x": {"y": {"c": 1.1}}}
    assert str(under.value_at(("x", "y", "c"))) == "p.yaml:3:8"


def test_empty_files_are_empty_maps():
    assert data("") == data("# nothing\n") == {}
    assert data("---\n") is None
    assert data("\ufeffa: 1") == {"a": 1}
    assert parse_yaml(b"\xef\xbb\xbfa: 1", "a").data == {"a": 1}


def test_anchors_and_merge_keys():
    text = "d: &d {a: 1, b: 2}\ne: {<<: *d, b: 3}\nf: {<<: [*d, {c: 4}]}\ng: {'<<': 1}\n"
    assert data(text) == {
        "d": {"a": 1, "b": 2}, "e": {"a": 1, "b": 3}, "f": {"a": 1, "b": 2, "c": 4}, "g": {"<<": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "error", "words", "line"),
    [
        ("a: 1\na: 2", DuplicateKey, "written twice", 2),
        ("a: {b: 1, b: 2}", DuplicateKey, "'b'", 1),
        ("a: [", UnreadableFile, "while parsing a flow", 2),
        ("a: b: c", UnreadableFile, "mapping values", 1),
        ("\ta: 1", UnreadableFile, "cannot start any token", 1),
        ("a: \x01", UnreadableFile, "not allowed", 1),
        ("a: *b", UnreadableFile, "undefined alias", 1),
        ("a: 1\n---\nb: 2", UnsupportedYaml, "second document", 3),
        ("a: !!python/object:os.system x", UnsupportedYaml, "tags", 1),
        ("a: !mine x", UnsupportedYaml, "tags", 1),
        ("a: !!set {x}", UnsupportedYaml, "tags", 1),
        ("? {a: 1}\n: 2", UnsupportedYaml, "key must be a text", 1),
        ("a: {{x}}", UnsupportedYaml, "key must be a text", 1),
        ("a: &a [*a]", UnsupportedYaml, "anchors", 1),
        ("a: &a {b: {<<: *a}}", UnsupportedYaml, "'<<' takes a mapping", 1),
        ("a: {<<: 1}", UnsupportedYaml, "'<<' takes a mapping", 1),
        ("[" * 100, UnsupportedYaml, "nested more than", 1),
    ],
)
def test_what_is_refused_is_told_at_its_line(text, error, words, line):
    with pytest.raises(error, match=words) as caught:
        data(text)
    assert caught.value.where.line == line
    assert caught.value.fix.text


def test_bytes_that_are_no_text():
    with pytest.raises(UnreadableFile, match="0xff is not UTF-8") as caught:
        parse_yaml(b"a: 1\nb: x\xff", "a.yaml")
    assert str(caught.value.where) == "a.yaml:2:5"
    with pytest.raises(UnreadableFile, match="larger than"):
        parse_yaml(b" " * (MOST_BYTES + 1), "a.yaml")


def test_a_bomb_is_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    with pytest.raises(UnsupportedYaml, match="expand to too much"):
        data("\n".join(lines))


@given(
    st.one_of(
        st.binary(max_size=100), st.text(max_size=60), st.text("a-:{}[]&*<! \n#'\"|?,", max_size=40)
    )
)
def test_any_text_gives_a_document_or_an_error_of_phlo(raw):
    try:
        document = parse_yaml(raw, "a.yaml")
    except PhloError as error:
        assert error.fix.text  # noqa: PT017
    else:
        assert set(document.texts) <= set(document.spans)
