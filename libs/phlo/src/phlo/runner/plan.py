"""Which steps a run has, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phlo.assets.assemble import order
from phlo.assets.partitions import Partitions
from phlo.errors.selection import PartitionNeeded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.assets.spec import AssetSpec
    from phlo.orchestration.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Step:
    """One asset, or one partition of it."""

    asset: str
    partition: str | None = None
    needs: tuple[tuple[str, str | None], ...] = ()
    """The steps of the same run that must have succeeded."""

    @property
    def id(self) -> tuple[str, str | None]:
        """What tells it apart from the other steps of its run."""
        return (self.asset, self.partition)


def plan(
    manifest: Manifest,
    keys: Iterable[str],
    *,
    partition: str | None = None,
    full_refresh: bool = False,
) -> tuple[Step, ...]:
    """Return the steps that make these assets, each after what it reads.

    Args:
        manifest: The project's assets.
        keys: Which of them.
        partition: `K` or `FROM..TO`, for those that have partitions.
        full_refresh: Of those that have partitions make all, unless some are chosen.

    Raises:
        PartitionNeeded: An asset has a partition for each day, and none is chosen.
        BadPartition: An asset does not have the partition.
    """
    chosen = {asset.key: asset for asset in manifest.assets if asset.key in set(keys)}
    parts = _partitions(chosen, partition, full_refresh=full_refresh)
    return tuple(
        Step(key, one, _needs(chosen[key], one, chosen, parts))
        for key in order(chosen)
        for one in parts[key]
    )


def _partitions(
    assets: dict[str, AssetSpec], text: str | None, *, full_refresh: bool
) -> dict[str, tuple[str | None, ...]]:
    found: dict[str, tuple[str | None, ...]] = {}
    undecided = []
    example = ""
    for key, asset in assets.items():
        if asset.partitions is None:
            found[key] = (None,)
            continue
        partitions = Partitions.from_json(asset.partitions)
        if text is not None:
            found[key] = partitions.choose(key, text)
        elif partitions.kind == "static" or full_refresh:
            found[key] = partitions.between(partitions.first(), partitions.latest())
        else:
            undecided.append(key)
            example = partitions.latest()
    if undecided:
        raise PartitionNeeded(undecided, example)
    return found


def _needs(
    asset: AssetSpec,
    partition: str | None,
    assets: dict[str, AssetSpec],
    parts: dict[str, tuple[str | None, ...]],
) -> tuple[tuple[str, str | None], ...]:
    needs: list[tuple[str, str | None]] = []
    for above in asset.deps:
        if above not in assets:
            continue
        # Of an asset that is divided alike, the same partition is enough.
        is_alike = partition is not None and partition in parts[above]
        needs += [(above, partition)] if is_alike else [(above, one) for one in parts[above]]
    return tuple(needs)
