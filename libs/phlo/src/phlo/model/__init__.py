"""Frozen types that the steps hand to each other; no IO."""
