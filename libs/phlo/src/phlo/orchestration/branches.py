"""The names of the branches that steps write on: `run/<id>/<asset>`, and its partition's."""

from __future__ import annotations

import hashlib
import re

PREFIX = "run/"
_PLAIN = re.compile(r"[A-Za-z0-9._=:-]{1,64}")


def branch_name(run_id: str, asset: str, partition: str | None) -> str:
    """Return the branch of a step."""
    name = f"{PREFIX}{run_id}/{asset}"
    if partition is None:
        return name
    # Keys are the user's words; a branch's name is not.
    plain = _PLAIN.fullmatch(partition)
    return f"{name}@{partition if plain else hashlib.sha256(partition.encode()).hexdigest()[:16]}"


def run_of(branch: str) -> str | None:
    """Return the run that a branch belongs to, or None when it is nobody's."""
    return branch.split("/")[1] if branch.startswith(PREFIX) else None
