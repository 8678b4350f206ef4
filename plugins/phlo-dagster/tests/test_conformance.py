"""What phlo asks of every service package."""

from __future__ import annotations

from phlo.testing.conformance import ServiceConformance


class TestConformance(ServiceConformance):
    service = "dagster"
