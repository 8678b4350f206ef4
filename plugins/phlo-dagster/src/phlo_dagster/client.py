"""Dagster as phlo asks it: over HTTP, without any of its own Python."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from phlo.errors.orchestrator import OrchestratorRefused, UnknownSchedule
from phlo.errors.runs import UnknownRun
from phlo.orchestration.client import (
    AssetState,
    Can,
    Definitions,
    Health,
    LogLine,
    Page,
    RunRef,
    RunRequest,
    RunState,
    RunStatus,
    ScheduleState,
)
from phlo.runner.ids import new_run_id
from phlo_dagster import graphql
from phlo_dagster.graphql import GraphQL
from phlo_dagster.launch import RUN_ID, params_of
from phlo_dagster.names import schedule_name, table_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from phlo.orchestration.events import Event
    from phlo.orchestration.manifest import Manifest
    from phlo_dagster.graphql import Values

_STATES = {
    "QUEUED": RunState.QUEUED, "NOT_STARTED": RunState.QUEUED, "MANAGED": RunState.QUEUED,
    "STARTING": RunState.QUEUED, "STARTED": RunState.RUNNING, "SUCCESS": RunState.SUCCEEDED,
    "FAILURE": RunState.FAILED, "CANCELING": RunState.CANCELLING, "CANCELED": RunState.CANCELLED,
}  # fmt: skip
#: What Dagster says while its code server, or its database, is away.
_NO_CODE, _NO_DATABASE = "user code server", "Server error '5"
#: So long they are waited for, in seconds.
_PATIENCE = 90.0


class DagsterClient:
    """The whole protocol over Dagster's webserver.

    Args:
        url: `http://127.0.0.1:3000`.
    """

    name = "dagster"
    can = frozenset(
        {Can.PARTITIONS, Can.BACKFILL, Can.MULTI_ASSET_RUN, Can.CANCEL, Can.LIVE_LOGS,
         Can.NATIVE_CHECKS, Can.NATIVE_LINEAGE, Can.REPORT, Can.SCHEDULE_TOGGLE}
    )  # fmt: skip

    def __init__(self, url: str) -> None:
        self.graphql = GraphQL(url)

    def files(self, manifest: Manifest, home: Path) -> Mapping[str, str]:
        """Return no files: the service's templates make them."""
        return {}

    def health(self) -> Health:
        """Return how the daemon's parts and the definitions stand."""
        try:
            told = self.graphql.ask(graphql.HEALTH)["instance"]["daemonHealth"]
            found = self.definitions()
        except OrchestratorRefused as error:
            return Health({"web": str(error)})
        parts = {
            f"daemon.{one['daemonType'].lower()}": "ok" if one["healthy"] else "starting"
            for one in told["allDaemonStatuses"]
            if one["required"]
        }
        loaded = "ok" if found.hash else "starting"
        return Health({"web": "ok", **parts, "definitions": next(iter(found.errors), loaded)})

    def definitions(self) -> Definitions:
        """Return which assets are loaded, and of which manifest."""
        found = self.graphql.ask(graphql.DEFINITIONS)
        workspace = found["workspaceOrError"]
        if "locationEntries" not in workspace:
            return Definitions(None, errors=(graphql.message_of(workspace),))
        said = [
            graphql.message_of(one["locationOrLoadError"])
            for one in workspace["locationEntries"]
            if (one["locationOrLoadError"] or {}).get("__typename") == "PythonError"
        ]
        # A code server that is away is no fault of the definitions: it comes back.
        errors = tuple(text for text in said if _NO_CODE not in text)
        resources = [
            resource
            for node in found["repositoriesOrError"].get("nodes", ())
            for resource in node["allTopLevelResourceDetails"]
        ]
        made_of = next((r["description"] for r in resources if r["name"] == "phlo_run"), None)
        assets = frozenset(table_of(one["assetKey"]["path"]) for one in found["assetNodes"])
        return Definitions(made_of, assets, errors)

    def reload(self, timeout: float = 60) -> Definitions:
        """Let the code server read the manifest anew; it answers when it has."""
        self.graphql.ask_one(
            graphql.RELOAD, "reloadRepositoryLocation", "WorkspaceLocationEntry", patience=timeout
        )
        return self.definitions()

    def launch(self, request: RunRequest) -> RunRef:
        """Start a run of exactly these assets; asked twice with one key it runs once."""
        if request.key is not None and (known := self._queued(request.key)) is not None:
            return self._ref(known)
        # The id by which phlo has the run, too: its steps take it from the tag.
        run_id = request.key or new_run_id()
        params = params_of(
            request, run_id,
            self._downstream(request.assets) if request.cascade else request.assets,
        )  # fmt: skip
        return RunRef(self.name, run_id, self.page(self._launched(params, run_id)["runId"]))

    def _launched(self, params: Values, run_id: str) -> Values:
        """Launch a run, when the code server or the database is there again if it was not."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                told = self.graphql.ask_one(
                    graphql.LAUNCH, "launchRun", "LaunchRunSuccess", p=params
                )
            except OrchestratorRefused as error:
                if not _is_passing(error) or time.monotonic() > end:
                    raise
            else:
                run: Values = told["run"]
                return run
            time.sleep(1)
            with suppress(OrchestratorRefused):
                self.reload()
                # What failed may have been the answer alone.
                if (known := self._queued(run_id)) is not None:
                    return known

    def _queued(self, run_id: str) -> Values | None:
        """Return a run that was launched whole.

        One that was made and then not put into the queue, as when the database ends between the
        two, waits for nobody: it is taken away, and can be launched anew.
        """
        known = self._find(run_id)
        if known is None or known["status"] != "NOT_STARTED":
            return known
        self.graphql.ask_one(
            graphql.DELETE, "deleteRun", "DeletePipelineRunSuccess", r=known["runId"]
        )
        return None

    def page(self, run_id: str) -> str:
        """Return the page of a run in Dagster, by its own id."""
        return f"{self.graphql.url}/runs/{run_id}"

    def status(self, ref: RunRef) -> RunStatus:
        """Return how a run stands."""
        found = self._find(ref.id)
        return RunStatus(ref, RunState.UNKNOWN) if found is None else self._status(found)

    def runs(
        self, *, asset: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[RunStatus]:
        """Return runs, the newest first."""
        found = self._runs({}, limit, cursor)
        last = found[-1]["runId"] if len(found) == limit else None
        wanted = [
            run for run in found
            if asset is None or asset in map(_dotted, run["assetSelection"] or ())
        ]  # fmt: skip
        return Page(tuple(map(self._status, wanted)), last)

    def cancel(self, ref: RunRef) -> None:
        """End a run; its step's process ends with it."""
        self.graphql.ask_one(
            graphql.CANCEL, "terminateRun", "TerminateRunSuccess", r=self._known(ref)["runId"]
        )

    def logs(self, ref: RunRef, *, cursor: str | None = None) -> Page[LogLine]:
        """Return what a run's steps printed."""
        found = self.graphql.ask_one(
            graphql.LOGS, "logsForRun", "EventConnection", r=self._known(ref)["runId"], c=cursor
        )
        lines = tuple(
            LogLine(
                datetime.fromtimestamp(float(one["timestamp"]) / 1000, UTC),
                one["level"].lower(), _step(one["stepKey"]), one["message"],
            )
            for one in found["events"]
            if one["__typename"] == "LogMessageEvent"
        )  # fmt: skip
        return Page(lines, found["cursor"])

    def asset_states(self, keys: Collection[str]) -> Mapping[str, AssetState]:
        """Return the assets that it knows; what they hold, phlo knows better."""
        found = self.graphql.ask(graphql.ASSETS, k=[{"path": key.split(".")} for key in keys])
        known = {table_of(one["assetKey"]["path"]) for one in found["assetNodes"]}
        return {key: AssetState(key) for key in keys if key in known}

    def lineage(self) -> frozenset[tuple[str, str]]:
        """Return who reads whom."""
        found = self.graphql.ask(graphql.ASSETS)
        return frozenset(
            (table_of(dep["path"]), table_of(one["assetKey"]["path"]))
            for one in found["assetNodes"]
            for dep in one["dependencyKeys"]
        )

    def schedules(self) -> Sequence[ScheduleState]:
        """Return the schedules, each named like its asset."""
        return [_schedule(one) for one in self._schedules()]

    def set_schedule(self, name: str, on: bool) -> None:
        """Switch a schedule on or off."""
        found = {one["name"]: one for one in self._schedules()}
        known = {table_of_schedule(one) for one in found}
        one = found.get(schedule_name(name))
        if one is None:
            raise UnknownSchedule(name, known)
        good = "ScheduleStateResult"
        if on:
            selector = {
                "repositoryLocationName": "phlo", "repositoryName": "__repository__",
                "scheduleName": one["name"],
            }  # fmt: skip
            self.graphql.ask_one(graphql.START, "startSchedule", good, s=selector)
        else:
            state = one["scheduleState"]["id"]
            self.graphql.ask_one(graphql.STOP, "stopRunningSchedule", good, i=state)

    def backfill(self, request: RunRequest, partitions: Sequence[str]) -> Sequence[RunRef]:
        """Start a run for each of many partitions."""
        return [self.launch(replace(request, partition=one, key=None)) for one in partitions]

    def report(self, events: Sequence[Event]) -> None:
        """Tell it of tables that were made outside of it."""
        for event in events:
            if event.type == "materialized" and event.asset is not None:
                told = {
                    "eventType": "ASSET_MATERIALIZATION",
                    "assetKey": {"path": event.asset.split(".")},
                    "description": f"made by phlo run {event.run_id}",
                    **({"partitionKeys": [event.partition]} if event.partition else {}),
                }
                self.graphql.ask_one(
                    graphql.REPORT, "reportRunlessAssetEvents", "ReportRunlessAssetEventsSuccess",
                    e=told,
                )  # fmt: skip

    def _downstream(self, assets: Sequence[str]) -> list[str]:
        """Return assets with all that read them, directly or not."""
        edges = self.lineage()
        found = list(assets)
        for asset in found:  # it grows while it is walked
            found += [down for up, down in sorted(edges) if up == asset and down not in found]
        return found

    def _find(self, run_id: str) -> Values | None:
        """Return a run by phlo's id, or by its own."""
        tags = [{"key": RUN_ID, "value": run_id}]
        for which in ({"tags": tags}, {"runIds": [run_id]}):
            if found := self._runs(which, 1, None):
                return found[0]
        return None

    def _known(self, ref: RunRef) -> Values:
        found = self._find(ref.id)
        if found is None:
            raise UnknownRun(ref.id, (one.ref.id for one in self.runs(limit=3).items))
        return found

    def _runs(self, which: Values, limit: int, cursor: str | None) -> list[Values]:
        found = self.graphql.ask_one(
            graphql.RUNS, "runsOrError", "Runs", f=which, n=limit, c=cursor
        )
        results: list[Values] = found["results"]
        return results

    def _schedules(self) -> list[Values]:
        found = self.graphql.ask_one(graphql.SCHEDULES, "schedulesOrError", "Schedules")
        results: list[Values] = found["results"]
        return results

    def _ref(self, run: Values) -> RunRef:
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        run_id = str(run["runId"])
        return RunRef(self.name, tags.get(RUN_ID) or run_id, self.page(run_id))

    def _status(self, run: Values) -> RunStatus:
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        is_scheduled = "dagster/schedule_name" in tags
        trigger = tags.get("phlo/trigger") or ("schedule" if is_scheduled else "manual")
        return RunStatus(
            self._ref(run), _STATES.get(run["status"], RunState.UNKNOWN),
            started=_time(run["startTime"]), ended=_time(run["endTime"]), trigger=trigger,
        )  # fmt: skip


def table_of_schedule(name: str) -> str:
    """Return the asset that a schedule is named after, as Dagster writes names."""
    return name.removesuffix("__schedule").replace("__", ".", 1)


def _schedule(one: Values) -> ScheduleState:
    state = one["scheduleState"] or {}
    ticks = (one.get("futureTicks") or {}).get("results") or ()
    return ScheduleState(
        table_of_schedule(one["name"]), one["cronSchedule"], state.get("status") == "RUNNING",
        _time(ticks[0]["timestamp"]) if ticks else None,
    )  # fmt: skip


def _step(key: str | None) -> str | None:
    return None if key is None else key.replace("__", ".", 1)


def _dotted(key: Values) -> str:
    return table_of(key["path"])


def _time(seconds: Any) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)


def _is_passing(error: OrchestratorRefused) -> bool:
    return any(said in str(error) for said in (_NO_CODE, _NO_DATABASE))
