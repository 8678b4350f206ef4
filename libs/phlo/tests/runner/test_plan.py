from __future__ import annotations

from typing import Any

import pytest

import phlo
from phlo.assets.spec import AssetSpec
from phlo.errors import PhloError
from phlo.orchestration.manifest import Manifest
from phlo.runner.plan import plan

DAYS = phlo.daily("2026-01-01", column="day").as_json()
REGIONS = phlo.static("eu", "us", column="region").as_json()


def asset(key: str, *deps: str, **given: Any) -> AssetSpec:
    return AssetSpec(key, "python", "workflows/a.py", 1, key, "raw", deps, **given)


MANIFEST = Manifest(
    (
        asset("raw.days", partitions=DAYS),
        asset("raw.whole"),
        asset("marts.days", "raw.days", "raw.whole", partitions=DAYS),
        asset("marts.all", "marts.days"),
        asset("raw.regions", partitions=REGIONS),
    )
)


def test_a_partition_needs_the_same_of_what_is_divided_alike() -> None:
    steps = plan(
        MANIFEST,
        ["marts.all", "marts.days", "raw.days", "raw.whole"],
        partition="2026-01-01..2026-01-02",
    )
    needs = {step.id: step.needs for step in steps}

    assert [step.id for step in steps] == [
        ("raw.days", "2026-01-01"), ("raw.days", "2026-01-02"), ("raw.whole", None),
        ("marts.days", "2026-01-01"), ("marts.days", "2026-01-02"), ("marts.all", None),
    ]  # fmt: skip
    assert needs["marts.days", "2026-01-02"] == (("raw.days", "2026-01-02"), ("raw.whole", None))
    assert needs["marts.all", None] == (("marts.days", "2026-01-01"), ("marts.days", "2026-01-02"))


def test_what_is_not_asked_for_is_not_needed() -> None:
    (step,) = plan(MANIFEST, ["marts.all"])

    assert step.needs == ()


def test_days_must_be_chosen_unless_all_are_made_anew() -> None:
    with pytest.raises(PhloError) as error:
        plan(MANIFEST, ["raw.days"])
    assert error.value.code == "PHLO-A821"

    steps = plan(MANIFEST, ["raw.days"], full_refresh=True)
    assert steps[0].partition == "2026-01-01"
    assert len(steps) > 1


def test_a_key_must_be_one_of_every_asset_that_has_partitions() -> None:
    with pytest.raises(PhloError) as error:
        plan(MANIFEST, ["raw.days", "raw.regions"], partition="eu")
    assert error.value.code == "PHLO-A820"
