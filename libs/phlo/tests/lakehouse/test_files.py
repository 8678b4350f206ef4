"""Rows from CSV, JSON and Parquet files, by path and by glob."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from phlo.errors.rows import NoSuchFiles, UnreadableSource, ValuesDoNotFit
from phlo.lakehouse import files as files_module
from phlo.lakehouse.write.stream import Stream
from phlo.model.sources import FileSource

if TYPE_CHECKING:
    from pathlib import Path


def read(root: Path, source: Any, schema: Any = None) -> pa.Table:
    stream = Stream(source, "raw.t", root=root, existing=None, schema=schema, evolve="add")
    parts = list(stream)
    return pa.concat_tables(parts, promote_options="default") if parts else pa.table({})


def put(root: Path, name: str, text: str) -> FileSource:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return FileSource(name)


def test_csv_gets_the_types_its_texts_have(tmp_path: Path) -> None:
    source = put(
        tmp_path,
        "a.csv",
        "i,f,s,d,t,b,zip,empty\n"
        '1,1.5,"x, y",2026-01-01,2026-01-01 10:00:00,true,00123,\n'
        "2,2,NA,2026-01-02,2026-01-02T11:00:00,false,10115,\n",
    )
    assert read(tmp_path, source).to_pylist() == [
        {"i": 1, "f": 1.5, "s": "x, y", "d": dt.date(2026, 1, 1),
         "t": dt.datetime(2026, 1, 1, 10), "b": True, "zip": "00123"},
        {"i": 2, "f": 2.0, "s": "NA", "d": dt.date(2026, 1, 2),
         "t": dt.datetime(2026, 1, 2, 11), "b": False, "zip": "10115"},
    ]  # fmt: skip


def test_csv_empty_cells_are_null_and_empty_texts_are_not(tmp_path: Path) -> None:
    source = put(tmp_path, "a.csv", 'a,b,c\n1,,x\n,"",y\n')
    assert read(tmp_path, source).to_pylist() == [
        {"a": 1, "b": None, "c": "x"},
        {"a": None, "b": "", "c": "y"},
    ]


def test_csv_types_hold_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first block says is not what the last one holds."""
    monkeypatch.setattr(files_module, "_BLOCK_BYTES", 64)
    lines = [f"{n},{n},{n}" for n in range(100)]
    lines[-1] = "99,99.5,late"
    source = put(tmp_path, "a.csv", "i,f,s\n" + "\n".join(lines) + "\n")
    table = read(tmp_path, source)
    assert table.schema.field("i").type == pa.int64()
    assert table.column("f")[99].as_py() == 99.5
    assert table.column("s").to_pylist() == [*map(str, range(99)), "late"]


def test_csv_files_of_a_glob_are_one_stream(tmp_path: Path) -> None:
    put(tmp_path, "data/2.csv", "a,b\n3,x\n")
    put(tmp_path, "data/1.csv", "a\n1\n2.5\n")
    put(tmp_path, "data/.hidden.csv", "a\n9\n")
    table = read(tmp_path, FileSource("data/*.csv"))
    assert table.to_pylist() == [
        {"a": 1.0, "b": None},
        {"a": 2.5, "b": None},
        {"a": 3.0, "b": "x"},
    ]
    assert read(tmp_path, "data").num_rows == 3
    assert read(tmp_path, tmp_path / "data" / "1.csv").num_rows == 2


def test_csv_options(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "1;-\n2;x\n")
    options = {"delimiter": ";", "header": False, "null_values": ["-"], "columns": ["n", "s"]}
    source = FileSource("a.txt", format="csv", options=options)
    assert read(tmp_path, source).to_pylist() == [{"n": 1, "s": None}, {"n": 2, "s": "x"}]
    (tmp_path / "b.csv").write_bytes("s\né\n".encode("latin-1"))
    latin = FileSource("b.csv", options={"encoding": "latin-1"})
    assert read(tmp_path, latin).to_pylist() == [{"s": "é"}]
    put(tmp_path, "c.tsv", "a\tb\n1\t2\n")
    assert read(tmp_path, "c.tsv").to_pylist() == [{"a": 1, "b": 2}]


def test_csv_with_a_declared_schema(tmp_path: Path) -> None:
    source = put(tmp_path, "a.csv", "id,at\n1,2026-01-01T00:00:00Z\n")
    table = read(tmp_path, source, {"id": "string", "at": "timestamptz"})
    assert table.to_pylist() == [{"id": "1", "at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}]
    with pytest.raises(ValuesDoNotFit, match="'id'"):
        read(tmp_path, put(tmp_path, "b.csv", "id\nx\n"), {"id": "long"})


ROWS = [{"a": 1, "b": {"c": ["é]},{"]}}, {"a": 2, "d": None}]


@pytest.mark.parametrize("block", [3, 7, 8 * 1024 * 1024])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps(ROWS)),
        ("a.json", json.dumps(ROWS, indent=2, ensure_ascii=False)),
        ("a.ndjson", "\n".join(map(json.dumps, ROWS)) + "\n"),
        ("a.jsonl", "\n\n".join(map(json.dumps, ROWS))),
        ("a.json", "\ufeff" + json.dumps(ROWS)),
        ("a.json", "\n".join(json.dumps(row, indent=1) for row in ROWS)),
    ],
    ids=["array", "indented", "lines", "no last line break", "byte order mark", "objects"],
)
def test_json_in_every_form(
    tmp_path: Path, name: str, text: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "_BLOCK_BYTES", block)
    assert read(tmp_path, put(tmp_path, name, text)).to_pylist() == [
        {"a": 1, "b": {"c": ["é]},{"]}},
        {"a": 2, "b": None},
    ]


@pytest.mark.parametrize("text", ["", "[]", "  \n"])
def test_empty_json_has_no_rows(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, put(tmp_path, "a.json", text)).num_rows == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '[{"a": 1}, {"a": '),
        ("a.json", "[1, 2]"),
        ("a.json", "nonsense"),
        ("a.csv", "a,b\n1,2\n1,2,3\n"),
        ("a.parquet", "not parquet"),
        ("a.xyz", "?"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read(tmp_path, put(tmp_path, name, text))
    assert name in caught.value.message
    assert caught.value.fix.text


def test_text_that_is_not_in_its_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"s\n\xff\xfe\n")
    with pytest.raises(UnreadableSource):
        read(tmp_path, "a.csv")


def test_a_path_without_files_is_refused(tmp_path: Path) -> None:
    for pattern in ("nope.csv", "nope/*.csv"):
        with pytest.raises(NoSuchFiles, match="nope"):
            read(tmp_path, FileSource(pattern))


def test_parquet_and_compressed_files(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "a.parquet")
    assert read(tmp_path, "a.parquet").num_rows == 2
    columns = FileSource("a.parquet", options={"columns": ["a"]})
    assert read(tmp_path, columns).column_names == ["a"]
    with gzip.open(tmp_path / "a.csv.gz", "wt") as stream:
        stream.write("a\n1\n")
    assert read(tmp_path, "a.csv.gz").to_pylist() == [{"a": 1}]


def test_a_name_with_glob_characters_is_that_file(tmp_path: Path) -> None:
    put(tmp_path, "a[1].csv", "a\n7\n")
    assert read(tmp_path, FileSource("a[1].csv")).to_pylist() == [{"a": 7}]


def test_a_generator_may_mix_files_and_rows(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "a\n1\n")
    assert read(tmp_path, (item for item in (FileSource("a.csv"), {"a": 2}))).to_pylist() == [
        {"a": 1},
        {"a": 2},
    ]
