"""The project itself: its name, its folder of workflows, its defaults for SQL."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from phlo.compose.canonical import canonical_project
from phlo.compose.interpolate import interpolate
from phlo.compose.merge import merge
from phlo.errors import raise_all
from phlo.errors.values import BadName
from phlo.model.layers import Layer, Layered, plain
from phlo.model.project import ProjectConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.errors import PhloError
    from phlo.model.options import Variable
    from phlo.model.yaml_text import YamlDocument


def project_of(
    documents: Sequence[YamlDocument], variables: Mapping[str, Variable], folder: str
) -> ProjectConfig:
    """Return what the documents say of the project; its services are checked for their form only.

    Raises:
        ConfigError: A document is not as it must be.
    """
    errors: list[PhloError] = []
    layers = []
    for document in documents:
        layer, wrong = canonical_project(document, document.file, {})
        own = {key: node for key, node in layer.tree.items() if key != "services"}
        layers.append(Layer(layer.name, own))
        errors += wrong
    layered = interpolate(merge(layers), variables, errors)
    raise_all(errors)
    config = project_config(layered, folder, errors)
    raise_all(errors)
    return config


def project_config(layered: Layered, folder: str, errors: list[PhloError]) -> ProjectConfig:
    """Return the project's part of the merged layers; `folder` names it where nobody does."""
    name = str(layered.value(("name",), folder))
    short = slug(name)
    if not short:
        errors.append(BadName("project", name, where=layered.where(("name",))))
    bind = layered.at(("bind",))
    return ProjectConfig(
        name=name,
        slug=short or "lakehouse",
        description=layered.value(("description",)),
        python=layered.value(("python",)),
        workflows=layered.value(("workflows",), "workflows"),
        sql_dialect=layered.value(("sql", "dialect"), "duckdb"),
        sql_engine=layered.value(("sql", "engine")),
        bind=plain(bind) if isinstance(bind, dict) else {},
        index=layered.value(("index",)),
        find_links=layered.value(("find_links",)),
    )


def slug(name: str) -> str:
    """Return a name as container, file and host names take it; empty where nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "-", ascii_only.lower()).strip("-_")[:50].rstrip("-_")
