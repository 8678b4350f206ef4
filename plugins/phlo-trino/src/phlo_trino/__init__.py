"""Trino as a phlo service: a distributed SQL engine over the lake's tables."""
