"""Dagster's definitions of a project: made of its manifest, each step a `phlo exec` of its own.

The only module here that imports Dagster. It runs in Dagster's environment, which holds neither
phlo nor the project: what they are is in the manifest, and what they do happens in a child process
of the project's Python.
"""

# No `from __future__ import annotations`: Dagster looks at the annotation of `context` itself.
import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

ROOT = Path(os.environ["PHLO_PROJECT_DIR"])
#: phlo's own Python; the manifest says which one the project's steps run in.
PHLO = os.environ["PHLO_PYTHON"]
MANIFEST = ROOT / ".phlo" / "manifest.json"

#: Tags by which a run says what `phlo materialize` was asked for.
RUN_ID, REF, REFRESH, CHECKS, TRIGGER = (
    "phlo/run_id", "phlo/ref", "phlo/full_refresh", "phlo/checks", "phlo/trigger"
)  # fmt: skip
#: What Dagster itself says of a run that a schedule started.
SCHEDULE = "dagster/schedule_name"

_STOP_PATIENCE = 20


def read_manifest() -> dict[str, Any]:
    """Return the manifest, made anew of the workflow files; a broken file keeps its last assets."""
    # Dagster's own "Reload" comes here, and shall see what was edited.
    subprocess.run(
        [PHLO, "-m", "phlo", "manifest", "-C", str(ROOT)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return manifest


def python() -> str:
    """Return the interpreter of the project's steps."""
    if os.environ.get("PHLO_CONTAINER"):
        return PHLO  # of the image, which stands for the one outside
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return manifest.get("python") or PHLO


def key_of(table: str) -> dg.AssetKey:
    """Return the key of a table's asset."""
    return dg.AssetKey(table.split("."))


def op_name(table: str) -> str:
    """Return a table's name as Dagster takes names."""
    return re.sub(r"\W", "_", table.replace(".", "__"))


class Run:
    """One run of Dagster, and the run of phlo that it is."""

    def __init__(self, instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
        self.tags: Mapping[str, str] = run.tags
        self.id = self.tags.get(RUN_ID) or self._named(instance, run)
        self.assets = sorted(".".join(key.path) for key in run.asset_selection or ())
        self.trigger = self.tags.get(TRIGGER) or ("schedule" if SCHEDULE in self.tags else "manual")

    @staticmethod
    def _named(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
        """Give a run that Dagster made an id as phlo's runs have."""
        record = instance.get_run_record_by_id(run.run_id)
        at = record.create_timestamp if record else datetime.now(UTC)
        name = f"{at:%Y%m%d-%H%M%S}-{run.run_id[:6]}"
        instance.add_run_tags(run.run_id, {RUN_ID: name})
        return name

    def command(self, *arguments: str) -> list[str]:
        """Return the command of a part of the run."""
        flags = [
            "--run-id", self.id, "--orchestrator", "dagster", "--trigger", self.trigger,
            "--with-parent", str(os.getpid()), "-C", str(ROOT),
        ]  # fmt: skip
        if ref := self.tags.get(REF):
            flags += ["--ref", ref]
        if self.tags.get(REFRESH) == "true":
            flags.append("--full-refresh")
        if self.tags.get(CHECKS) == "false":
            flags.append("--no-checks")
        return [python(), "-P", "-m", "phlo", "exec", *arguments, *flags]


def phlo_run(context: dg.InitResourceContext) -> Iterator[Run | None]:
    """Give a run's steps the run, and tell phlo when it is over, however it ended."""
    if context.run is None or context.instance is None:
        yield None
        return
    run = Run(context.instance, context.run)
    try:
        yield run
    finally:
        subprocess.run(run.command("--finish"), stdin=subprocess.DEVNULL, check=False)


def build_asset(spec: Mapping[str, Any], priority: int) -> dg.AssetsDefinition:
    """Return a table's asset with its checks; of those that may run, the highest runs first."""
    table, key = spec["key"], key_of(spec["key"])
    partitions = build_partitions(spec.get("partitions"))
    names = check_names(spec["checks"])
    checks = [
        dg.AssetCheckSpec(
            name=names[check["name"]], asset=key, description=check["name"],
            blocking=check["severity"] == "error",
        )
        for check in spec["checks"]
    ]  # fmt: skip

    @dg.multi_asset(
        name=op_name(table),
        specs=[
            dg.AssetSpec(
                key, deps=[key_of(dep) for dep in spec["deps"]], group_name=op_name(spec["group"]),
                description=spec.get("description"), kinds={spec["kind"], "iceberg"},
                tags={op_name(tag): "" for tag in spec["tags"]},
                owners=[f"team:{op_name(spec['owner'])}"] if spec.get("owner") else None,
                metadata={"file": f"{spec['file']}:{spec['line']}"},
            )
        ],
        check_specs=checks,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        required_resource_keys={"phlo_run"},
        op_tags={"dagster/priority": str(priority)},
        can_subset=False,
    )  # fmt: skip
    def step(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run: Run = context.resources.phlo_run
        part = ["--part-of", ",".join(run.assets or [table])]
        if context.has_partition_key:
            part += ["--partition", context.partition_key]
        elif context.has_partition_key_range:
            keys = context.partition_key_range
            part += ["--partition", f"{keys.start}..{keys.end}"]
        with tempfile.TemporaryDirectory() as folder:
            events = Path(folder) / "events.jsonl"
            command = run.command(table, *part, "--events-file", str(events))
            code = follow(context, command)
            found = read_events(events)
        asked = yield from told_checks(found, key, names)
        if code:
            # After the checks: one that failed must not lose its result.
            raise dg.Failure(f"phlo exec ended with {code}", allow_retries=False)
        for name in sorted(set(names.values()) - asked):
            yield dg.AssetCheckResult(
                asset_key=key, check_name=name, passed=True, description="it was not asked"
            )
        yield dg.MaterializeResult(asset_key=key, metadata=told_rows(found))

    return step


def check_names(checks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of checks as Dagster takes them: two that look alike then get a number."""
    found: dict[str, str] = {}
    for check in checks:
        name = base = op_name(check["name"])
        number = 1
        while name in found.values():
            number += 1
            name = f"{base}_{number}"
        found[check["name"]] = name
    return found


def build_partitions(given: Mapping[str, Any] | None) -> dg.PartitionsDefinition | None:
    """Return how an asset is divided."""
    if not given:
        return None
    if given["kind"] == "static":
        return dg.StaticPartitionsDefinition(list(given["keys"]))
    end = given.get("end")
    # phlo's last day is one of them, Dagster's is the first that is none.
    after = date.fromisoformat(end) + timedelta(days=1) if end else None
    return dg.DailyPartitionsDefinition(
        start_date=given["start"], end_date=after.isoformat() if after else None,
        timezone=given.get("timezone") or "UTC",
    )  # fmt: skip


def follow(context: dg.AssetExecutionContext, command: Sequence[str]) -> int:
    """Run a step, its lines in Dagster's log; a run that is cancelled ends it and all its own."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        for line in process.stdout:
            context.log.info(line.rstrip())
        return process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(_STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def read_events(file: Path) -> list[dict[str, Any]]:
    """Return what a step told, as far as it came."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def told_checks(
    events: Sequence[Mapping[str, Any]], key: dg.AssetKey, names: Mapping[str, str]
) -> Generator[Any, None, set[str]]:
    """Yield what checks found, and return the names of those that were asked."""
    asked: set[str] = set()
    for event in events:
        data = event["data"].get("outcome") if event["type"] == "check.executed" else None
        name = names.get(data["spec"]["name"]) if data else None
        if not data or name is None or name in asked:
            continue
        asked.add(name)
        is_error = data["spec"]["severity"] == "error"
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=data["status"] in ("passed", "skipped"),
            severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
            description=data.get("message"),
            metadata={k: data[k] for k in ("failed", "checked") if data.get(k) is not None},
        )
    return asked


def told_rows(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is told of a publish."""
    last = [event["data"] for event in events if event["type"] == "materialized"][-1:]
    if not last:
        return {"dagster/row_count": 0}
    numbers = ("rows_in", "rows_added", "rows_updated", "rows_deleted", "bytes")
    found: dict[str, Any] = {n: last[0][n] for n in numbers if last[0].get(n) is not None}
    found["dagster/row_count"] = last[0].get("rows_total") or 0
    found["snapshot_id"] = str(last[0].get("snapshot_id"))
    found["ref"] = last[0].get("ref") or "main"
    return found


def build_schedule(
    spec: Mapping[str, Any], partitions: dg.PartitionsDefinition | None
) -> dg.ScheduleDefinition:
    """Return the schedule of an asset: a partition that is over, or all of it."""
    key, name = key_of(spec["key"]), op_name(spec["key"])
    selection = dg.AssetSelection.assets(key) | dg.AssetSelection.checks_for_assets(key)
    job = dg.define_asset_job(f"{name}__job", selection=selection)

    def request(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        tags = {TRIGGER: "schedule"}
        if isinstance(partitions, dg.TimeWindowPartitionsDefinition):
            before = context.scheduled_execution_time - timedelta(microseconds=1)
            last = partitions.get_last_partition_key(before)
            return dg.RunRequest(run_key=last, partition_key=last, tags=tags)
        return dg.RunRequest(tags=tags)

    return dg.ScheduleDefinition(
        name=f"{name}__schedule",
        job=job,
        cron_schedule=spec["schedule"],
        execution_timezone=(spec.get("partitions") or {}).get("timezone") or "UTC",
        execution_fn=request,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def build() -> dg.Definitions:
    """Return the definitions of the project."""
    manifest = read_manifest()
    # The manifest's order also has the tables first that checks of others refer to.
    last = len(manifest["assets"])
    assets = [build_asset(spec, last - n) for n, spec in enumerate(manifest["assets"])]
    schedules = [
        build_schedule(spec, build_partitions(spec.get("partitions")))
        for spec in manifest["assets"]
        if spec.get("schedule")
    ]
    return dg.Definitions(
        assets=assets,
        schedules=schedules,
        # phlo's client reads the description: which manifest these were made of.
        resources={"phlo_run": dg.ResourceDefinition(phlo_run, description=manifest["hash"])},
        executor=dg.in_process_executor,
    )


defs = build()
