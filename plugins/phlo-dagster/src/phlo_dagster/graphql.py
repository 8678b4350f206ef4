"""Questions to Dagster's GraphQL interface, and its answers as plain values."""

from __future__ import annotations

import time
import weakref
from typing import Any

import httpx

from phlo.errors.orchestrator import OrchestratorRefused

#: For one question, in seconds: all servers of a project may start at once on two cores.
_PATIENCE = 60.0
#: So long a question is asked again that fails in Dagster itself: its database may be on its way
#: back. What would do something twice is asked once.
_RETRIES, _PAUSE = 10, 1.0

Values = dict[str, Any]

HEALTH = """{
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } }
}"""
DEFINITIONS = """{
  workspaceOrError { __typename ... on PythonError { message } ... on Workspace { locationEntries {
    name loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } }
  assetNodes { assetKey { path } }
  repositoriesOrError { ... on RepositoryConnection { nodes {
    allTopLevelResourceDetails { name description } } } }
}"""
RELOAD = """mutation { reloadRepositoryLocation(repositoryLocationName: "phlo") {
  __typename ... on PythonError { message } ... on UnauthorizedError { message }
  ... on WorkspaceLocationEntry {
    locationOrLoadError { __typename ... on PythonError { message } } }
} }"""
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
  __typename
  ... on LaunchRunSuccess { run { runId } }
  ... on PythonError { message } ... on UnauthorizedError { message }
  ... on RunConfigValidationInvalid { errors { message } }
  ... on InvalidSubsetError { message } ... on PipelineNotFoundError { message }
  ... on PresetNotFoundError { message } ... on ConflictingExecutionParamsError { message }
} }"""
_RUN = """runId status startTime endTime creationTime tags { key value }
  assetSelection { path } stats { ... on RunStatsSnapshot { stepsSucceeded stepsFailed } }"""
RUNS = (
    """query($f: RunsFilter, $n: Int, $c: String) { runsOrError(filter: $f, limit: $n, cursor: $c) {
  __typename ... on PythonError { message } ... on InvalidPipelineRunsFilterError { message }
  ... on Runs { results { """
    + _RUN
    + """ } } } }"""
)
CANCEL = """mutation($r: String!) { terminateRun(runId: $r) {
  __typename ... on PythonError { message } ... on TerminateRunFailure { message }
  ... on RunNotFoundError { message } ... on UnauthorizedError { message } } }"""
DELETE = """mutation($r: String!) { deleteRun(runId: $r) {
  __typename ... on PythonError { message } ... on RunNotFoundError { message }
  ... on UnauthorizedError { message } } }"""
LOGS = """query($r: ID!, $c: String) { logsForRun(runId: $r, afterCursor: $c) {
  __typename ... on PythonError { message } ... on RunNotFoundError { message }
  ... on EventConnection { cursor hasMore events { __typename
    ... on MessageEvent { message timestamp level stepKey eventType } } } } }"""
ASSETS = """query($k: [AssetKeyInput!]) { assetNodes(assetKeys: $k) {
  assetKey { path } dependencyKeys { path }
  assetMaterializations(limit: 1) { runId partition timestamp } } }"""
SCHEDULES = """{ schedulesOrError(repositorySelector: {
    repositoryLocationName: "phlo", repositoryName: "__repository__" }) {
  __typename ... on PythonError { message } ... on RepositoryNotFoundError { message }
  ... on Schedules { results { name cronSchedule
    scheduleState { id status } futureTicks(limit: 1) { results { timestamp } } } } } }"""
START = """mutation($s: ScheduleSelector!) { startSchedule(scheduleSelector: $s) {
  __typename ... on PythonError { message } ... on ScheduleNotFoundError { message }
  ... on UnauthorizedError { message } } }"""
STOP = """mutation($i: String) { stopRunningSchedule(id: $i) {
  __typename ... on PythonError { message } ... on ScheduleNotFoundError { message }
  ... on UnauthorizedError { message } } }"""
REPORT = """mutation($e: ReportRunlessAssetEventsParams!) {
  reportRunlessAssetEvents(eventParams: $e) { __typename
    ... on PythonError { message } ... on UnauthorizedError { message } } }"""


class GraphQL:
    """Dagster's webserver.

    Args:
        url: `http://127.0.0.1:3000`.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # No proxy of this machine: it is a service of the project.
        self._client = httpx.Client(base_url=self.url, timeout=_PATIENCE, trust_env=False)
        weakref.finalize(self, self._client.close)

    def ask(self, query: str, patience: float = _PATIENCE, **variables: Any) -> Values:
        """Return what a query or a mutation gives.

        Args:
            query: The question.
            patience: So long an answer may take, in seconds.
            variables: Of the query.

        Raises:
            OrchestratorRefused: It does not answer, or not as it should.
        """
        try:
            values = self._answer(query, patience, variables).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            said = str(error) or type(error).__name__
            raise OrchestratorRefused("dagster", self.url, said) from error
        if not isinstance(values, dict) or values.get("errors") or "data" not in values:
            errors = values.get("errors") if isinstance(values, dict) else None
            said = errors[0].get("message", "") if errors else "what answers there is no Dagster"
            raise OrchestratorRefused("dagster", self.url, said)
        data: Values = values["data"]
        return data

    def _answer(self, query: str, patience: float, variables: Values) -> httpx.Response:
        asked = {"query": query, "variables": variables}
        is_safe = query == RELOAD or not query.startswith("mutation")
        for _ in range(_RETRIES if is_safe else 0):
            answer = self._client.post("/graphql", json=asked, timeout=patience)
            if not answer.is_server_error:
                return answer
            time.sleep(_PAUSE)
        return self._client.post("/graphql", json=asked, timeout=patience)

    def ask_one(
        self, query: str, field: str, *good: str, patience: float = _PATIENCE, **variables: Any
    ) -> Values:
        """Return one field of an answer, if it is of a type that means success.

        Raises:
            OrchestratorRefused: It is of another type, such as an error of Python.
        """
        found: Values = self.ask(query, patience, **variables)[field]
        if found["__typename"] not in good:
            raise OrchestratorRefused("dagster", self.url, message_of(found))
        return found


def message_of(found: Values) -> str:
    """Return what an answer says that is no success."""
    errors = found.get("errors") or ()
    told = found.get("message") or "; ".join(str(one["message"]) for one in errors)
    return str(told or found["__typename"]).strip()
