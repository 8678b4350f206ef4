"""What was last started, and with which options: for the commands that come after."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from phlo.model.options import Options
from phlo.runtime.state import STARTED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from phlo.model.stack import Stack


def remember_start(root: Path, stack: Stack, options: Options, names: Iterable[str]) -> None:
    """Keep what is started, in which order and with which options: for what comes after."""
    from phlo.compose.diff import summary

    wanted = set(names)
    now = {n: values for n, values in summary(stack).items() if not wanted or n in wanted}
    before = STARTED.read(root) if wanted else {}
    needs = {name: one.depends_on for name, one in stack.services.items()}
    STARTED.write(
        root,
        {
            "services": {**before.get("services", {}), **now},
            "needs": {**before.get("needs", {}), **needs},
            "options": asdict(options),
        },
    )


def as_started(root: Path, options: Options | None = None) -> Options:
    """Return the options of the last start where a command gives none of its own."""
    default = Options(env=os.environ.get("PHLO_ENV") or None)
    if options not in (None, default):
        return options or default
    kept = STARTED.read(root).get("options")
    if not kept:
        return default
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}
    return Options(**fields)


def as_placed(root: Path) -> Options:
    """Return the options of the last start but for which services it was of.

    By them a command finds where each service runs and answers, of those too that were left out.
    """
    return replace(as_started(root), only=(), extra=(), without=())
