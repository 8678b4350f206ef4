"""What Dagster is asked for when a run shall begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.orchestration.client import RunRequest
    from phlo_dagster.graphql import Values

#: The tag that says phlo's id of a run; its steps take it from there.
RUN_ID = "phlo/run_id"
_PARTITION = "dagster/partition"
_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def params_of(request: RunRequest, run_id: str, assets: Sequence[str]) -> Values:
    """Return the `ExecutionParams` of a run.

    Args:
        request: What shall run, and how.
        run_id: Phlo's id of it.
        assets: The tables that it makes.
    """
    tags = {"phlo/trigger": request.tags.get("trigger", "manual")}
    tags |= {f"phlo/{key}": value for key, value in request.tags.items()}
    tags[RUN_ID] = run_id
    if not request.checks:
        tags["phlo/checks"] = "false"
    first, is_range, last = (request.partition or "").partition("..")
    if is_range:
        tags |= dict(zip(_RANGE, (first, last), strict=True))
    elif first:
        tags[_PARTITION] = first
    return {
        "selector": {
            "repositoryLocationName": "phlo", "repositoryName": "__repository__",
            "jobName": "__ASSET_JOB",
            "assetSelection": [{"path": asset.split(".")} for asset in assets],
        },
        "mode": "default", "runConfigData": {},
        "executionMetadata": {"tags": [{"key": key, "value": tags[key]} for key in tags]},
    }  # fmt: skip
