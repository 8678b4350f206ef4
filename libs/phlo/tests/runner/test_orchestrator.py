"""The runner passes what every orchestrator passes: it is the reference of the kit."""

from __future__ import annotations

import pytest

from phlo.testing.orchestrators import OrchestratorConformance


@pytest.mark.embedded
class TestRunner(OrchestratorConformance):
    """With its own process beside phlo-api, as `phlo services start` has it."""

    orchestrator = "runner"
