"""A statement as Trino gets it: on the catalog of a ref, and at snapshots, nothing else changed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.lakehouse.sql import CATALOG, parse, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.errors import Where


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of a text, from `start` to `end`, and what stands there instead."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as it was written, and as Trino gets it."""

    written: str
    edits: tuple[Edit, ...] = ()

    @property
    def text(self) -> str:
        """What Trino gets."""
        parts, at = [], 0
        for edit in self.edits:
            parts += [self.written[at : edit.start], edit.text]
            at = edit.end
        return "".join([*parts, self.written[at:]])

    def where(self, line: int, column: int) -> Where:
        """Return the place of what Trino names by line and column of what it got."""
        lines = self.text.split("\n")
        offset = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
        return place(self.written, min(self._back(offset), len(self.written)))

    def _back(self, offset: int) -> int:
        """Return the offset in the written text of one in the text."""
        shift, starts, shifts = 0, [], []
        for edit in self.edits:
            starts.append(edit.start + shift)
            shift += len(edit.text) - (edit.end - edit.start)
            shifts.append(shift)
        number = bisect_right(starts, offset)
        if not number:
            return offset
        edit = self.edits[number - 1]
        return max(offset - shifts[number - 1], edit.start)


def on(sql: str, catalog: str, snapshots: Mapping[str, int]) -> Statement:
    """Return a statement on a catalog, where tables are read as they were at snapshots.

    Raises:
        QueryFailed: It is no SQL of this dialect.
    """
    if catalog == CATALOG and not snapshots:
        return Statement(sql)
    edits = sorted(_edits(sql, catalog, snapshots), key=lambda one: one.start)
    return Statement(sql, tuple(edits))


def _edits(sql: str, catalog: str, snapshots: Mapping[str, int]) -> Iterator[Edit]:
    from sqlglot import exp

    for node in parse(sql, "trino").find_all(exp.Table):
        parts = [part for part in node.parts if "start" in part.meta]
        if len(parts) < 2 or len(parts) != len(node.parts):
            continue
        if len(parts) == 3 and parts[0].name.lower() == CATALOG:
            yield Edit(parts[0].meta["start"], parts[0].meta["end"] + 1, f'"{catalog}"')
        name = ".".join(part.name.lower() for part in parts[-2:])
        if name in snapshots and node.args.get("version") is None:
            end = parts[-1].meta["end"] + 1
            yield Edit(end, end, f" FOR VERSION AS OF {snapshots[name]}")
