"""The tests that every catalog of the lake passes: the embedded one, and those of packages.

class TestCatalog(CatalogConformance):
    @pytest.fixture
    def lake(self, tmp_path):
        return Lake(tmp_path / "lake", catalog=...)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from phlo.errors.data import UnknownTable
from phlo.errors.lake import TagIsFixed
from phlo.errors.refs import BadRefName, CommitConflict, RefExists, UnknownRef
from phlo.lakehouse.write import WritePlan, write

if TYPE_CHECKING:
    from phlo.lakehouse.lake import Lake

OVERWRITE, APPEND = WritePlan(mode="overwrite"), WritePlan(mode="append")


def put(lake: Lake, table: str, value: object, ref: str = "main") -> None:
    """Make a table of one row."""
    write(lake, table, [{"v": value}], OVERWRITE, ref=ref)


def get(lake: Lake, table: str, ref: str = "main") -> object:
    """Return the value of a table's only row."""
    return lake.read(table, ref).read_all().to_pylist()[0]["v"]


class CatalogConformance:
    """Subclass it with a fixture `lake` that gives a lake without tables."""

    def test_a_branch_sees_its_source_and_hides_its_changes(self, lake: Lake) -> None:
        """A branch sees its source and hides its changes."""
        put(lake, "raw.a", 1)
        lake.create_branch("dev")
        put(lake, "raw.a", 2, "dev")
        put(lake, "raw.new", 3, "dev")
        assert (get(lake, "raw.a"), get(lake, "raw.a", "dev")) == (1, 2)
        assert (lake.tables(), lake.tables("dev")) == (("raw.a",), ("raw.a", "raw.new"))
        main, dev = lake.refs()
        assert (main.name, main.tables) == ("main", 1)
        assert (dev.name, dev.source, dev.changed) == ("dev", "main", ("raw.a", "raw.new"))

    def test_publish_moves_all_changes_at_once(self, lake: Lake) -> None:
        """Publish moves all changes at once."""
        put(lake, "raw.a", 1)
        put(lake, "raw.gone", 1)
        put(lake, "raw.same", 1)
        lake.create_branch("dev")
        put(lake, "raw.a", 2, "dev")
        put(lake, "other.new", 3, "dev")
        lake.drop_table("raw.gone", "dev")
        published = lake.publish("dev")
        assert [(p.table, p.before is None, p.after is None) for p in published] == [
            ("other.new", True, False),
            ("raw.a", False, False),
            ("raw.gone", False, True),
        ]
        assert lake.tables() == ("other.new", "raw.a", "raw.same")
        assert (get(lake, "raw.a"), get(lake, "other.new")) == (2, 3)
        assert lake.publish("dev") == ()
        (record,) = lake.publications("dev")
        assert (record.target, record.tables) == ("main", published)

    def test_a_branch_goes_on_after_its_publish(self, lake: Lake) -> None:
        """A branch goes on after its publish."""
        lake.create_branch("dev")
        for value in (1, 2, 3):
            put(lake, "raw.a", value, "dev")
            assert [p.table for p in lake.publish("dev")] == ["raw.a"]
            assert get(lake, "raw.a") == value
        lake.drop_branch("dev")
        assert get(lake, "raw.a") == 3
        assert len(lake.publications("dev")) == 3

    def test_a_table_that_moved_on_main_stops_the_whole_publish(self, lake: Lake) -> None:
        """A table that moved on main stops the whole publish."""
        put(lake, "raw.a", 1)
        put(lake, "raw.b", 1)
        lake.create_branch("dev")
        put(lake, "raw.a", 2, "dev")
        put(lake, "raw.b", 2, "dev")
        put(lake, "raw.new", 2, "dev")
        put(lake, "raw.b", 9)
        with pytest.raises(CommitConflict, match=r"'raw\.b'") as caught:
            lake.publish("dev")
        assert caught.value.tables == ("raw.b",)
        assert (get(lake, "raw.a"), get(lake, "raw.b")) == (1, 9)
        assert lake.tables() == ("raw.a", "raw.b")
        assert lake.publications("dev") == ()
        lake.publish("dev", tables=["raw.a"])
        assert get(lake, "raw.a") == 2

    def test_two_branches_that_make_one_table_do_not_both_publish(self, lake: Lake) -> None:
        """Two branches that make one table do not both publish."""
        for name in ("one", "two"):
            lake.create_branch(name)
            put(lake, "raw.a", name, name)
        lake.publish("one")
        with pytest.raises(CommitConflict):
            lake.publish("two")
        assert get(lake, "raw.a") == "one"

    def test_a_table_dropped_on_main_stops_a_publish(self, lake: Lake) -> None:
        """A table dropped on main stops a publish."""
        put(lake, "raw.a", 1)
        lake.create_branch("dev")
        put(lake, "raw.a", 2, "dev")
        lake.drop_table("raw.a")
        with pytest.raises(CommitConflict):
            lake.publish("dev")

    def test_a_branch_of_a_branch_publishes_to_it(self, lake: Lake) -> None:
        """A branch of a branch publishes to it."""
        lake.create_branch("dev")
        put(lake, "raw.a", 1, "dev")
        lake.create_branch("run/1/raw.a", "dev")
        put(lake, "raw.a", 2, "run/1/raw.a")
        lake.publish("run/1/raw.a", target="dev")
        assert get(lake, "raw.a", "dev") == 2
        assert lake.tables() == ()

    def test_many_commits_on_a_branch_leave_main_readable(self, lake: Lake) -> None:
        """Old metadata files of one ref are the present ones of another: nobody may delete them."""
        put(lake, "raw.a", 0)
        lake.create_branch("dev")
        for value in range(1, 26):
            put(lake, "raw.a", value, "dev")
        assert get(lake, "raw.a") == 0
        lake.sweep()
        assert get(lake, "raw.a") == 0
        lake.publish("dev")
        assert get(lake, "raw.a") == 25

    def test_names_and_refs_that_are_not_are_refused(self, lake: Lake) -> None:
        """Names and refs that are not are refused."""
        put(lake, "raw.orders", 1)
        lake.create_branch("dev")
        for name in ("dev", "main"):
            with pytest.raises(RefExists):
                lake.create_branch(name)
        for name in ("", "a b", "-x", "x" * 300):
            with pytest.raises(BadRefName):
                lake.create_branch(name)
        with pytest.raises(UnknownRef, match="'nope'"):
            lake.create_branch("x", "nope")
        for call in (lake.publish, lake.drop_branch, lake.tables):
            with pytest.raises(UnknownRef) as caught:
                call("dve")
            assert "'dev'" in caught.value.fix.text
        with pytest.raises(BadRefName):
            lake.drop_branch("main")
        with pytest.raises(UnknownTable) as missing:
            lake.describe("raw.order")
        assert "'raw.orders'" in missing.value.fix.text
        with pytest.raises(UnknownTable):
            lake.publish("dev", tables=["raw.nope"])

    def test_a_tag_stays_as_it_is(self, lake: Lake) -> None:
        """It is read as a branch is, and nothing can be written to it."""
        put(lake, "raw.a", 1)
        lake.create_tag("v1")
        put(lake, "raw.a", 2)
        assert (get(lake, "raw.a", "v1"), get(lake, "raw.a")) == (1, 2)
        assert [(ref.name, ref.is_tag) for ref in lake.refs()] == [("main", False), ("v1", True)]
        with pytest.raises(TagIsFixed):
            put(lake, "raw.a", 3, "v1")
        lake.create_branch("fix", "v1")
        put(lake, "raw.a", 4, "fix")
        with pytest.raises(TagIsFixed):
            lake.publish("fix", target="v1")
        with pytest.raises(RefExists):
            lake.create_tag("v1")
        lake.drop_branch("v1")
        assert [ref.name for ref in lake.refs()] == ["main", "fix"]

    def test_a_difference_says_which_tables_and_columns(self, lake: Lake) -> None:
        """Added, changed and dropped tables, with how many rows each had and has."""
        put(lake, "raw.a", 1)
        put(lake, "raw.gone", 1)
        put(lake, "raw.same", 1)
        lake.create_branch("dev")
        write(lake, "raw.a", [{"v": 1, "w": 2.5}, {"v": 2, "w": 2.5}], OVERWRITE, ref="dev")
        put(lake, "raw.new", 1, "dev")
        lake.drop_table("raw.gone", "dev")
        found = lake.diff("dev")
        assert [(one.table, one.state, one.columns) for one in found] == [
            ("raw.a", "changed", ("+w double",)),
            ("raw.gone", "dropped", ()),
            ("raw.new", "added", ()),
        ]
        assert found[0].before is not None
        assert found[0].after is not None
        assert (found[0].before.row_count, found[0].after.row_count) == (1, 2)
        assert lake.diff("main") == ()

    def test_the_log_says_what_was_published(self, lake: Lake) -> None:
        """The newest first, with where each table stood before."""
        for value in (1, 2):
            lake.create_branch(f"b{value}")
            put(lake, "raw.a", value, f"b{value}")
            lake.publish(f"b{value}")
            lake.drop_branch(f"b{value}")
        last, first = lake.log()
        assert (last.branch, first.branch) == ("b2", "b1")
        assert last.tables[0].before == first.tables[0].after
        assert len(lake.log(limit=1)) == 1
        with pytest.raises(UnknownRef):
            lake.log("nope")

    def test_writers_at_once_lose_nothing(self, lake: Lake) -> None:
        """Four writers append to one table, and others make tables beside it."""
        put(lake, "raw.a", 0)
        tables = ["raw.a"] * 4 + ["raw.b", "raw.c"]
        with ThreadPoolExecutor(len(tables)) as pool:
            for n, table in enumerate(tables, start=1):
                pool.submit(write, lake, table, [{"v": n}], APPEND).add_done_callback(
                    lambda done: done.result()
                )
        rows = lake.read("raw.a").read_all().column("v").to_pylist()
        assert sorted(rows) == [0, 1, 2, 3, 4]
        assert lake.tables() == ("raw.a", "raw.b", "raw.c")

    def test_a_load_that_is_tried_again_adds_nothing(self, lake: Lake) -> None:
        """The same load id is seen, whoever comes with it."""
        plan = WritePlan(mode="append", load_id="one")
        for _ in range(3):
            write(lake, "raw.a", [{"v": 1}], plan)
        assert lake.describe("raw.a").row_count == 1

    def test_a_sweep_keeps_what_any_ref_needs(self, lake: Lake) -> None:
        """What only a dropped branch had goes, at once; what others read stays."""
        put(lake, "raw.a", 1)
        lake.create_branch("kept")
        put(lake, "raw.a", 2, "kept")
        lake.create_branch("dropped")
        put(lake, "raw.a", 3, "dropped")
        put(lake, "raw.only", 3, "dropped")
        swept = lake.sweep(branches=["dropped"])
        assert swept.branches == ("dropped",)
        assert swept.files > 0
        assert (get(lake, "raw.a"), get(lake, "raw.a", "kept")) == (1, 2)
        assert [ref.name for ref in lake.refs()] == ["main", "kept"]
