"""A step while it runs: what it is about, and the facts that are told of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.lakehouse.write.plan import WriteResult

if TYPE_CHECKING:
    from phlo.assets.spec import AssetSpec
    from phlo.lakehouse.lake import Lake
    from phlo.orchestration.stage import Staged
    from phlo.orchestration.world import StepTeller, World


@dataclass(slots=True)
class Step:
    """One step, on its branch."""

    teller: StepTeller
    branch: str
    began: float = field(default_factory=time.monotonic)
    attempt: int = 1
    inputs: dict[str, int] = field(default_factory=dict)
    """The snapshots of what it reads, as they were when it began."""
    has_inputs: bool = False

    @property
    def world(self) -> World:
        """What it works with."""
        return self.teller.world

    @property
    def lake(self) -> Lake:
        """Where its table is."""
        return self.teller.world.lake

    @property
    def asset(self) -> AssetSpec:
        """What it makes."""
        return self.teller.asset

    @property
    def ref(self) -> str:
        """Where it publishes."""
        return self.teller.world.options.ref

    def branch_anew(self) -> None:
        """Make the branch; what is read is fixed the first time, so a retry reads the same."""
        self.drop_branch()
        self.lake.create_branch(self.branch, self.ref)
        if not self.has_inputs:
            for table in set(self.asset.deps) & set(self.lake.tables(self.branch)):
                snapshot = self.snapshot(self.branch, table)
                if snapshot is not None:
                    self.inputs[table] = snapshot
            self.has_inputs = True

    def drop_branch(self) -> None:
        """Forget the branch; the files that only it had are swept at the end of the run."""
        for ref in self.lake.refs():
            if ref.name == self.branch:
                where = self.lake.locations(self.branch) if ref.changed else {}
                self.world.leftovers.update(
                    location for table in ref.changed if (location := where.get(table))
                )
                self.lake.drop_branch(self.branch)

    def snapshot(self, ref: str, table: str | None = None) -> int | None:
        """Return the current snapshot of a table, its own if none is named."""
        name = table or self.asset.key
        if self.lake.metadata_location(name, ref) is None:
            return None
        return self.lake.describe(name, ref).snapshot_id

    def as_it_is(self) -> WriteResult:
        """Return the result of a write that had nothing to do."""
        about = self.lake.describe(self.asset.key, self.branch)
        return WriteResult(rows_total=about.row_count, snapshot_id=about.snapshot_id, skipped=True)

    def facts(self, staged: Staged, *, unchanged: bool = False) -> dict[str, Any]:
        """Return what is told of the rows; of a table that stays as it is, that none changed."""
        result = staged.result
        facts = {
            "rows_in": result.rows_in,
            "rows_added": result.rows_added,
            "rows_updated": result.rows_updated,
            "rows_deleted": result.rows_deleted,
            "rows_total": result.rows_total,
            "bytes": result.bytes,
            "snapshot_id": result.snapshot_id,
            "attempt": self.attempt,
        }
        if unchanged:
            nothing = dict.fromkeys(("rows_added", "rows_updated", "rows_deleted"), 0)
            facts |= {**nothing, "snapshot_id": self.snapshot(self.ref)}
        return facts

    def materialized(
        self, staged: Staged, facts: dict[str, Any], *, unchanged: bool
    ) -> dict[str, Any]:
        """Return what the store keeps of the publish."""
        return {
            **facts,
            "ref": self.ref,
            "unchanged": unchanged,
            "inputs": self.inputs,
            "schema_changes": list(staged.result.schema_changes),
            "code_hash": self.asset.code_hash,
            "duration_ms": (time.monotonic() - self.began) * 1000,
            "state": staged.state,
        }
