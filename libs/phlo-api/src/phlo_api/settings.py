"""What phlo-api is told by its environment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from phlo_api.errors import BadSetting, NoToken

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T", dict[str, str], list[str])


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
    catalog_properties: Mapping[str, str] = field(default_factory=dict)
    """What our own catalog tells engines, and gives new tables."""
    catalog_locations: tuple[Path, ...] = ()
    """Folders outside of the lake in which our own catalog may keep tables."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], root: Path) -> Settings:
        """Return the settings that the environment gives.

        Raises:
            NoToken: There is no token.
            BadSetting: A setting is not what it must be.
        """
        token = environ.get("PHLO_API_TOKEN", "")
        if len(token) < 16:
            raise NoToken
        properties, folders = "PHLO_CATALOG_PROPERTIES", "PHLO_CATALOG_LOCATIONS"
        return cls(
            root,
            token,
            catalog_properties=_texts(environ, properties, {}),
            catalog_locations=tuple(map(Path, _texts(environ, folders, []))),
        )

    @property
    def cookie(self) -> str:
        """The name of the cookie: browsers share cookies between the ports of a machine."""
        return f"phlo_session_{hashlib.sha256(str(self.root).encode()).hexdigest()[:8]}"


def _texts(environ: Mapping[str, str], name: str, default: T) -> T:
    """Return a JSON list or object of texts."""
    try:
        found = json.loads(environ.get(name) or json.dumps(default))
    except ValueError:
        found = None
    values = found.values() if isinstance(found, dict) else found or ()
    if not isinstance(found, type(default)) or not all(isinstance(one, str) for one in values):
        kind = "an object" if isinstance(default, dict) else "a list"
        raise BadSetting(name, f"{kind} of texts, as JSON")
    return found
