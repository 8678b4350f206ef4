"""Rows from files: CSV, JSON and Parquet, by path or glob, a batch at a time."""

from __future__ import annotations

import codecs
import glob
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.errors.rows import NoSuchFiles, UnreadableSource
from phlo.lakehouse.arrow_types import widest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from phlo.model.sources import FileSource

_BATCH_ROWS = 100_000
_BLOCK_BYTES = 8 * 1024 * 1024
_PROBED = 64
_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_COMPRESSIONS = (".gz", ".bz2", ".zst", ".lz4")
_BETWEEN_VALUES = " \t\r\n,"
_DECODER = json.JSONDecoder()


def read_files(source: FileSource, root: Path) -> Iterator[pa.Table | list[Mapping[str, Any]]]:
    """Yield the rows of every file that the source names, in the order of their names.

    Raises:
        NoSuchFiles: There is none.
        UnreadableSource: A file is not of its format.
    """
    paths = find_files(source.pattern, root)
    by_format: dict[str, list[Path]] = {}
    for path in paths:
        by_format.setdefault(source.format or _format_of(path), []).append(path)
    for kind, group in by_format.items():
        if kind == "csv":
            yield from _read_csv(group, source.options)
        elif kind == "parquet":
            yield from _read_parquet(group, source.options)
        elif kind in ("json", "ndjson"):
            yield from _read_json(group)
        else:
            raise UnreadableSource(
                str(group[0]), f"there is no format '{kind}'", fix="csv, json, ndjson or parquet"
            )


def find_files(pattern: str, root: Path) -> list[Path]:
    """Return the files that a path or glob names, sorted.

    Raises:
        NoSuchFiles: There is none.
    """
    anchored = str(root / pattern)
    # A name may hold the characters of a glob, so a file that is there is taken as it is.
    if Path(anchored).is_file():
        return [Path(anchored)]
    if Path(anchored).is_dir():
        anchored = str(Path(anchored) / "*")
    found = sorted(Path(name) for name in glob.glob(anchored, recursive=True))  # noqa: PTH207
    files = [path for path in found if path.is_file() and not path.name.startswith(".")]
    if not files:
        raise NoSuchFiles(pattern, str(root))
    return files


def _format_of(path: Path) -> str:
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSIONS:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in _FORMATS:
        raise UnreadableSource(
            str(path),
            "its name does not say what it is",
            fix="say it: phlo.files(..., format='csv')",
        )
    return _FORMATS[suffixes[-1]]


def _read_parquet(paths: list[Path], options: Mapping[str, Any]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_BATCH_ROWS, columns=options.get("columns")):
                    yield pa.Table.from_batches([batch])
        except pa.ArrowException as error:
            raise UnreadableSource(str(path), str(error)) from error


def _read_csv(paths: list[Path], options: Mapping[str, Any]) -> Iterator[pa.Table]:
    """Read twice: once for the types, which the end of a file may change, and once for the rows."""
    import pyarrow as pa

    types = _csv_types(paths, options)
    for path in paths:
        try:
            with _open_csv(path, options, types) as reader:
                for batch in reader:
                    yield pa.Table.from_batches([batch])
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise UnreadableSource(str(path), str(error)) from error


def _csv_types(paths: list[Path], options: Mapping[str, Any]) -> dict[str, pa.DataType]:
    """Return for each column the one type that holds its values in all files."""
    import pyarrow as pa

    found: dict[str, list[pa.DataType]] = {}
    for path in paths:
        try:
            for name, kind in _types_of_one(path, options):
                found.setdefault(name, []).append(kind)
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise UnreadableSource(str(path), str(error)) from error
    return {name: widest(kinds) for name, kinds in found.items()}


def _types_of_one(path: Path, options: Mapping[str, Any]) -> Iterator[tuple[str, pa.DataType]]:
    """Yield the type of each column, for every block of the file that changes it."""
    import pyarrow as pa

    with _open_csv(path, options, None) as reader:
        names = reader.schema.names
        text = dict.fromkeys(names, pa.string())
    # Every block is read as text and converted for itself, as if it were a file of its own.
    with _open_csv(path, options, text) as reader:
        seen: set[tuple[str, pa.DataType]] = set()
        for batch in reader:
            for name in names:
                kind = _type_of(batch.column(name))
                if kind is not None and (name, kind) not in seen:
                    seen.add((name, kind))
                    yield name, kind


def _type_of(column: pa.Array) -> pa.DataType | None:
    """Return the narrowest type that takes every text of a column; None when all are NULL."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return None
    # Text with a leading zero is a code: as a number it would not come back the same.
    padded = pc.any(pc.match_substring_regex(column, r"^[+-]?0[\dxX]")).as_py()
    candidates = [] if padded else [pa.int64(), pa.float64()]
    lowered = pc.utf8_lower(column)
    if pc.all(pc.is_in(lowered, pa.array(["true", "false"]))).as_py():
        return pa.bool_()
    candidates += [pa.date32(), pa.timestamp("us"), pa.timestamp("us", tz="UTC")]
    # pyarrow makes an error for every text it cannot convert: a few are tried before all are.
    few = column.drop_null()[:_PROBED]
    for kind in candidates:
        if _converts(few, kind) and _converts(column, kind):
            return kind
    return pa.string()


def _converts(column: pa.Array, kind: pa.DataType) -> bool:
    import pyarrow as pa

    try:
        column.cast(kind)
    except pa.ArrowException:
        return False
    return True


def _open_csv(path: Path, options: Mapping[str, Any], types: Any) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    header = options.get("header", True)
    names = options.get("columns")
    return csv.open_csv(
        pa.input_stream(str(path), compression="detect"),
        read_options=csv.ReadOptions(
            block_size=_BLOCK_BYTES,
            column_names=list(names) if names else None,
            autogenerate_column_names=not header and not names,
            skip_rows=1 if header and names else 0,
            encoding=options.get("encoding", "utf8"),
        ),
        parse_options=csv.ParseOptions(
            delimiter=options.get("delimiter", "\t" if ".tsv" in path.suffixes else ","),
            newlines_in_values=True,
        ),
        convert_options=csv.ConvertOptions(
            column_types=types,
            # An empty cell is NULL; an empty text in quotes is a text. `NA` is Namibia.
            null_values=list(options.get("null_values", [""])),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _read_json(paths: list[Path]) -> Iterator[list[Mapping[str, Any]]]:
    for path in paths:
        rows: list[Mapping[str, Any]] = []
        for value in _json_values(path):
            if not isinstance(value, dict):
                raise UnreadableSource(str(path), f"{json.dumps(value)[:40]} is no object")
            rows.append(value)
            if len(rows) >= _BATCH_ROWS:
                yield rows
                rows = []
        if rows:
            yield rows


def _json_values(path: Path) -> Iterator[Any]:
    """Yield the values of a JSON array, of lines of JSON, or of values one after the other."""
    rest, is_first = "", True
    for block in _text_blocks(path):
        rest += block
        if is_first and (rest := rest.lstrip()):
            rest, is_first = rest.removeprefix("["), False
        values, rest = _decode(rest)
        yield from values
    if left := rest.strip(_BETWEEN_VALUES + "]"):
        try:
            json.loads(left)
        except json.JSONDecodeError as error:
            raise UnreadableSource(str(path), f"{error.msg}: {left[:40]!r}") from error


def _text_blocks(path: Path) -> Iterator[str]:
    import pyarrow as pa

    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with pa.input_stream(str(path), compression="detect") as stream:
        try:
            while block := stream.read(_BLOCK_BYTES):
                yield decoder.decode(block)
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise UnreadableSource(str(path), str(error)) from error


def _decode(text: str) -> tuple[list[Any], str]:
    """Return the values that are whole, and the text that goes on in the next block."""
    values = []
    position = _skip(text, 0)
    while position < len(text) and text[position] != "]":
        try:
            value, position = _DECODER.raw_decode(text, position)
        except json.JSONDecodeError:
            break
        values.append(value)
        position = _skip(text, position)
    return values, text[position:]


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _BETWEEN_VALUES:
        position += 1
    return position
