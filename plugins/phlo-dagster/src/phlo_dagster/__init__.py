"""Dagster as a phlo service: it starts the steps of runs, keeps schedules and shows both."""
