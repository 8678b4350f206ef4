"""Several writers at once, and writers that are killed: no row is lost, doubled or half there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from phlo.errors.data import LakeMoved
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.write import WritePlan, WriteResult, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = timedelta(0)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def ids(lake: Lake, table: str = "raw.t", ref: str = "main") -> list[int]:
    return sorted(lake.read(table, ref).read_all().column("id").to_pylist())


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads that start together; return what they gave or raised."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = calls[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


def child(lake: Lake, code: str) -> subprocess.Popen[str]:
    """Start a process that runs code with `lake`, `write`, `WritePlan` and `pa` at hand."""
    head = f"""
        import pathlib, sys, time
        import pyarrow as pa
        from phlo.lakehouse.lake import Lake
        from phlo.lakehouse.write import WritePlan, write
        lake = Lake(pathlib.Path({str(lake.folder)!r}))
        def say(word):
            print(word, flush=True)
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()


def test_appends_at_once_lose_nothing(lake: Lake) -> None:
    def appends(start: int) -> None:
        for n in range(5):
            write(lake, "raw.t", [{"id": start + n}], WritePlan(load_id=f"{start}/{n}"))

    results = at_once(*(lambda start=start: appends(start) for start in (0, 10, 20, 30)))
    assert results == [None] * 4
    assert ids(lake) == [start + n for start in (0, 10, 20, 30) for n in range(5)]


def test_first_writes_at_once_make_one_table(lake: Lake) -> None:
    for mode, key in (("append", ()), ("merge", ("id",))):
        plan = WritePlan(mode=mode, key=key)  # type: ignore[arg-type]
        table = f"raw.{mode}"
        calls = [lambda n=n, p=plan, t=table: write(lake, t, [{"id": n}], p) for n in range(3)]
        results = at_once(*calls)
        assert all(isinstance(result, WriteResult) for result in results), results
        assert ids(lake, table) == [0, 1, 2]


def test_a_lake_made_by_many_at_once_is_one_lake(tmp_path: Path) -> None:
    for number in range(5):
        folder = tmp_path / str(number) / "lake"
        calls = [lambda n=n, f=folder: Lake(f).create_branch(f"b{n}") for n in range(8)]
        assert at_once(*calls) == [None] * 8
        assert len(Lake(folder).refs()) == 9
        assert {path.name for path in folder.iterdir()} <= {
            "catalog.db",
            "catalog.db-wal",
            "catalog.db-shm",
        }


def test_merges_of_the_same_new_keys_at_once_double_none(lake: Lake) -> None:
    plan = WritePlan(mode="merge", key=("id",))
    write(lake, "raw.t", [{"id": n, "v": "old"} for n in range(100)], plan)
    rows = [{"id": n, "v": "new"} for n in range(50, 150)]
    results = at_once(*(lambda: write(lake, "raw.t", rows, plan) for _ in range(3)))
    assert all(isinstance(result, WriteResult) for result in results), results
    assert ids(lake) == list(range(150))
    assert sum(result.rows_added for result in results) == 50
    assert sum(result.rows_updated for result in results) == 50


def test_merges_of_different_keys_at_once_lose_none(lake: Lake) -> None:
    plan = WritePlan(mode="merge", key=("id",))
    write(lake, "raw.t", [{"id": n, "v": 0} for n in range(40)], plan)
    calls = [
        lambda n=n: write(lake, "raw.t", [{"id": n, "v": n}, {"id": 100 + n, "v": n}], plan)
        for n in range(1, 4)
    ]
    results = at_once(*calls)
    assert all(isinstance(result, WriteResult) for result in results), results
    rows = {row["id"]: row["v"] for row in lake.read("raw.t").read_all().to_pylist()}
    assert ids(lake) == [*range(40), 101, 102, 103]
    assert [rows[n] for n in (1, 2, 3, 101, 102, 103)] == [1, 2, 3, 1, 2, 3]


def test_one_load_twice_at_once_is_written_once(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 0}], WritePlan())
    plan = WritePlan(load_id="load-1")
    results = at_once(*(lambda: write(lake, "raw.t", [{"id": 1}], plan) for _ in range(4)))
    assert sorted(result.skipped for result in results) == [False, True, True, True]
    assert ids(lake) == [0, 1]


def test_new_columns_at_once_are_both_there(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": 0}], WritePlan())
    results = at_once(
        lambda: write(lake, "raw.t", [{"id": 1, "a": 1}], WritePlan()),
        lambda: write(lake, "raw.t", [{"id": 2, "b": "x"}], WritePlan()),
    )
    # Files written for one numbering of columns are never committed under another one.
    rows = {row["id"]: row for row in lake.read("raw.t").read_all().to_pylist()}
    for number, (result, name, value) in enumerate(
        zip(results, "ab", (1, "x"), strict=True), start=1
    ):
        if isinstance(result, WriteResult):
            assert rows[number][name] == value
        else:
            assert type(result).__name__ == "CommitConflict"
            assert number not in rows


def test_overwrites_of_parts_at_once_keep_both(lake: Lake) -> None:
    write(lake, "raw.t", [{"id": n, "part": n % 2} for n in range(10)], WritePlan())
    results = at_once(
        *(
            lambda p=p: write(
                lake, "raw.t", [{"id": 100 + p, "part": p}],
                WritePlan(mode="overwrite", overwrite_filter=f"part = {p}"),
            )
            for p in (0, 1)
        )
    )  # fmt: skip
    assert all(isinstance(result, WriteResult) for result in results), results
    assert ids(lake) == [100, 101]


def test_processes_that_append_and_merge_at_once_lose_nothing(
    lake: Lake, children: list[subprocess.Popen[str]]
) -> None:
    for start in (0, 1000):
        children.append(
            child(
                lake,
                f"""
                for n in range(6):
                    write(lake, "raw.t", [{{"id": {start} + n}}], WritePlan())
                    write(lake, "raw.m", [{{"id": k, "v": {start}}} for k in range(20)],
                          WritePlan(mode="merge", key=("id",)))
                """,
            )
        )
    assert [process.wait(timeout=120) for process in children] == [0, 0]
    assert ids(lake) == [*range(6), *range(1000, 1006)]
    assert ids(lake, "raw.m") == list(range(20))


def test_a_kill_in_the_middle_of_a_write_leaves_the_table_as_it_was(
    lake: Lake, children: list[subprocess.Popen[str]]
) -> None:
    write(lake, "raw.t", [{"id": -1}], WritePlan())
    lake.create_branch("run/1/raw.t")
    process = child(
        lake,
        """
        def parts():
            yield pa.table({"id": range(600_000)})
            yield pa.table({"id": range(600_000)})
            say("half")
            time.sleep(60)
        write(lake, "raw.t", parts(), WritePlan(load_id="1"), ref="run/1/raw.t")
        """,
    )
    children.append(process)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "half"
    while len(list(lake.warehouse.rglob("*.parquet"))) < 2:
        time.sleep(0.01)
    # While it lives, a sweep takes nothing from it.
    waiting = lake.sweep(grace=NOW, branches=["run/1/raw.t"])
    assert (waiting.is_waiting, waiting.branches) == (True, ())
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)

    assert ids(lake) == ids(lake, ref="run/1/raw.t") == [-1]
    swept = lake.sweep(grace=NOW, branches=["run/1/raw.t", "never/was"])
    assert swept.files >= 1
    assert swept.branches == ("run/1/raw.t",)
    assert len(list(lake.warehouse.rglob("*.parquet"))) == 1
    write(lake, "raw.t", [{"id": 1}], WritePlan(load_id="1"))
    assert ids(lake) == [-1, 1]


def test_kills_at_any_moment_leave_whole_commits_and_nothing_else(
    lake: Lake, children: list[subprocess.Popen[str]]
) -> None:
    """Every commit is 10 appended rows, and 5 merged ones that all carry the commit's number."""
    seed = random.Random(7)
    for attempt in range(5):
        process = child(
            lake,
            f"""
            import phlo.lakehouse.write.target
            say("ready")
            for n in range({attempt} * 1000, {attempt} * 1000 + 500):
                write(lake, "raw.t", [{{"id": n}}] * 10, WritePlan())
                write(lake, "raw.m", [{{"id": k, "v": n}} for k in range(5)],
                      WritePlan(mode="merge", key=("id",)))
            """,
        )
        children.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.3 + seed.random())
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        lake.sweep(grace=NOW)

    assert set(Counter(ids(lake)).values()) == {10}
    merged = lake.read("raw.m").read_all().to_pylist()
    assert sorted(row["id"] for row in merged) == list(range(5))
    assert len({row["v"] for row in merged}) == 1
    assert lake.sweep(grace=NOW).files == 0
    named = {file.path for table in lake.tables() for file in lake.files(table)}
    assert named <= {str(path) for path in lake.warehouse.rglob("*.parquet")}


def test_a_full_disk_leaves_the_table_as_it_was(
    lake: Lake, children: list[subprocess.Popen[str]]
) -> None:
    """A limit on the size of files stands for the disk: the system refuses the same write."""
    write(lake, "raw.t", [{"id": -1}], WritePlan())
    before = sorted(lake.warehouse.rglob("*"))
    process = child(
        lake,
        """
        import resource, signal
        LIMIT = 200_000
        from phlo.errors.data import LakeUnwritable
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
        try:
            write(lake, "raw.t", pa.table({"id": range(600_000)}), WritePlan())
        except LakeUnwritable as error:
            say(error.message)
        """,
    )
    children.append(process)
    assert process.stdout is not None
    assert "cannot write the tables" in process.stdout.read()
    assert process.wait(timeout=60) == 0
    assert ids(lake) == [-1]
    lake.sweep(grace=NOW)
    assert sorted(lake.warehouse.rglob("*")) == before


def test_a_disk_too_full_for_the_catalog_is_told(
    lake: Lake, children: list[subprocess.Popen[str]]
) -> None:
    write(lake, "raw.t", [{"id": -1}], WritePlan())
    process = child(
        lake,
        """
        import resource, signal
        from phlo.errors.data import LakeUnwritable
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        for act in (lambda: write(lake, "raw.t", [{"id": 1}], WritePlan()), lake.tables,
                    lambda: lake.create_branch("dev")):
            try:
                act()
            except LakeUnwritable as error:
                say("told")
        """,
    )
    children.append(process)
    assert process.stdout is not None
    assert process.stdout.read().split() == ["told"] * 3
    assert process.wait(timeout=60) == 0
    assert ids(lake) == [-1]


def test_what_a_source_raises_is_not_taken_for_the_lakes_fault(lake: Lake) -> None:
    def broken() -> Iterator[dict[str, int]]:
        yield {"id": 1}
        raise ConnectionResetError("the shop hung up")

    with pytest.raises(ConnectionResetError, match="hung up"):
        write(lake, "raw.t", broken(), WritePlan())


def test_a_sweep_keeps_what_any_ref_needs(lake: Lake) -> None:
    plan = WritePlan(mode="overwrite")
    write(lake, "raw.t", [{"id": 1}], plan)
    lake.create_branch("dev")
    write(lake, "raw.t", [{"id": 2}], plan, ref="dev")
    write(lake, "raw.only", [{"id": 3}], plan, ref="dev")
    first = lake.snapshots("raw.t")[0].id
    write(lake, "raw.t", [{"id": 4}], plan)
    assert lake.sweep(grace=NOW).files == 0
    assert (ids(lake), ids(lake, ref="dev"), ids(lake, "raw.only", "dev")) == ([4], [2], [3])
    assert lake.read("raw.t", snapshot_id=first).read_all().num_rows == 1
    lake.drop_branch("dev")
    assert lake.sweep(grace=timedelta(hours=1)).files == 0
    assert lake.sweep(grace=NOW).files > 0
    assert ids(lake) == [4]
    assert not list(lake.warehouse.glob("raw/only-*"))


def test_a_moved_lake_says_so(lake: Lake, tmp_path: Path) -> None:
    write(lake, "raw.t", [{"id": 1}], WritePlan())
    lake.folder.rename(tmp_path / "elsewhere")
    moved = Lake(tmp_path / "elsewhere")
    for call in (moved.describe, moved.read, moved.files):
        with pytest.raises(LakeMoved):
            call("raw.t")
    with pytest.raises(LakeMoved):
        write(moved, "raw.t", [{"id": 2}], WritePlan())
    with pytest.raises(LakeMoved):
        moved.sweep(grace=NOW)
    # And nothing of it was taken for an orphan.
    (tmp_path / "elsewhere").rename(lake.folder)
    assert ids(lake) == [1]
