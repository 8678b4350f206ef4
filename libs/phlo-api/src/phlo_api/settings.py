"""What phlo-api is told by its environment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phlo_api.errors import NoToken

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the project is, and who may ask."""

    root: Path
    token: str = field(repr=False)
    max_rows: int = 1_000_000
    """A query's result has at most so many rows; it says so when it has more."""
    max_bytes: int = 1024 * 1024 * 1024
    """All results together take at most so much of the disk."""
    max_queries: int = 4
    """So many queries run at once."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], root: Path) -> Settings:
        """Return the settings that the environment gives.

        Raises:
            NoToken: There is no token.
        """
        token = environ.get("PHLO_API_TOKEN", "")
        if len(token) < 16:
            raise NoToken
        return cls(root, token)

    @property
    def cookie(self) -> str:
        """The name of the cookie: browsers share cookies between the ports of a machine."""
        return f"phlo_session_{hashlib.sha256(str(self.root).encode()).hexdigest()[:8]}"
