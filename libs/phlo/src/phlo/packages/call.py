"""What a command asks of the packages, and what it is told of what changes."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.config.project_file import load_project
from phlo.plugins.sources import Sources, is_address
from phlo.runtime.lock import project_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """What was done, or would be."""

    place: str
    """The environment."""
    install: Mapping[str, str] = field(default_factory=dict)
    """Distribution -> the version that is there after."""
    before: Mapping[str, str] = field(default_factory=dict)
    """Distribution -> the version that was there, of those that change or go."""
    others: tuple[str, ...] = ()
    """Requirements that are not phlo's, which come along."""
    files: tuple[str, ...] = ()
    """The files of the project that change."""
    services: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing changes."""
        return not (self.install or self.before or self.files or self.notes)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "environment": self.place,
            "installed": dict(self.install),
            "before": dict(self.before),
            "requirements": list(self.others),
            "files": list(self.files),
            "services": list(self.services),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Call:
    """How a command wants its changes done."""

    root: Path | None = None
    """The project; None: there is none, and only the environment changes."""
    index: str | None = None
    find_links: Path | None = None
    is_dry: bool = False
    on_wait: Callable[[str], None] | None = None

    def sources(self) -> Sources:
        """Return where packages come from: what the command says, else the project."""
        config = load_project(self.root, os.environ) if self.root else None
        index = self.index or (config.index if config else None)
        if index and not self.index and self.root and not is_address(index):
            # A path in phlo.yaml starts from the project.
            index = os.path.normpath(self.root / index)
        links = self.find_links
        if links is None and config and config.find_links and self.root:
            links = self.root / config.find_links
        return Sources(index, links)

    @contextmanager
    def alone(self, purpose: str) -> Iterator[None]:
        """Hold the project, unless nothing is written."""
        is_free = self.root is None or self.is_dry
        with nullcontext() if is_free else self._lock(purpose):
            yield

    def _lock(self, purpose: str) -> AbstractContextManager[None]:
        assert self.root is not None
        return project_lock(self.root, purpose, on_wait=self.on_wait)
