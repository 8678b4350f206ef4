"""Capability names: `family` or `family/variant`, and what those who give them promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phlo.model.service import Provided

#: What a provider of each family must tell its consumers, besides what follows from its port.
FAMILIES: dict[str, tuple[str, ...]] = {
    "phlo.api": ("url",),
    "object-store.s3": ("endpoint",),
    "storage.folder": (),
    "iceberg.catalog": ("url",),
    "lake.catalog": ("url",),
    "query.sql": (),
    "database.postgres": ("host", "port", "user", "password", "database"),
    "database.mysql": ("host", "port", "user", "password", "database"),
    "orchestrator": (),
    "metrics.scrape": ("url",),
    "metrics.query": ("url",),
    "logs.sink": ("url",),
    "otel.otlp": ("endpoint",),
    "ui.web": ("url",),
    "bi": (),
    "mail.smtp": ("host", "port"),
}

#: Families whose data would be left behind by another provider: the first choice is kept.
STATEFUL = frozenset(
    {
        "object-store.s3",
        "storage.folder",
        "iceberg.catalog",
        "lake.catalog",
        "database.postgres",
        "database.mysql",
    }
)

#: Properties whose values are never shown and stand in no rendered file.
SECRET_PROPERTIES = frozenset({"password"})

#: Categories in which one service at a time is taken in by default.
ONE_AT_A_TIME = frozenset(
    {"orchestrator", "catalog", "storage", "metrics", "observability", "logs"}
)

#: What a service of a category must provide one of, or nothing would ever choose it.
CATEGORIES: dict[str, frozenset[str]] = {
    "orchestrator": frozenset({"orchestrator"}),
    "database": frozenset({"database.postgres", "database.mysql"}),
    "query_engine": frozenset({"query.sql"}),
    "catalog": frozenset({"iceberg.catalog"}),
    "storage": frozenset({"object-store.s3", "storage.folder"}),
    "bi": frozenset({"bi"}),
    "metrics": frozenset({"metrics.query"}),
    "logs": frozenset({"logs.sink"}),
}


def slot_of(provides: Iterable[Provided]) -> str | None:
    """Return the category for one at a time in which what provides this takes the place."""
    given = {family(one.capability) for one in provides}
    found = (name for name in sorted(ONE_AT_A_TIME) if CATEGORIES.get(name, frozenset()) & given)
    return next(found, None)


def family(capability: str) -> str:
    """Return a capability without its variant."""
    return capability.partition("/")[0]


def meets(provided: str, required: str) -> bool:
    """Tell whether a provided capability is what is required; no variant and `*` take any."""
    wanted, _, variant = required.partition("/")
    return family(provided) == wanted and (
        variant in ("", "*") or provided.partition("/")[2] == variant
    )


def slug(name: str) -> str:
    """Return a name as it begins a variable: upper case, `-` and `.` as `_`."""
    return name.upper().replace("-", "_").replace(".", "_")


def clashing(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of which another one has the same slug."""
    by_slug: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        by_slug.setdefault(slug(name), []).append(name)
    return tuple(n for group in by_slug.values() if len(group) > 1 for n in group)
