"""Read phlo.yaml and the files laid over it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from phlo.compose.project import project_of
from phlo.config.env_file import read_variables
from phlo.config.locate import PROJECT_FILE
from phlo.errors import PhloError, Where, raise_all
from phlo.errors.config import UnknownEnvironment, UnreadableFile
from phlo.errors.values import BadName
from phlo.model.yaml_text import MOST_BYTES, YamlDocument, parse_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from phlo.model.project import ProjectConfig

LOCAL_FILE = "phlo.local.yaml"
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def read_documents(root: Path, env: str | None = None) -> tuple[YamlDocument, ...]:
    """Return the project's documents, the later laid over the earlier.

    `phlo.yaml`, then the environment's overlay (its block in phlo.yaml, `phlo.ENV.yaml`), then
    `phlo.local.yaml`, which git ignores.

    Args:
        root: The project's folder.
        env: The environment, if one was asked for.

    Raises:
        ConfigError: One of them cannot be read (PHLO-C102, C103, C107), or there is no such
            environment (PHLO-C118).
    """
    errors: list[PhloError] = []
    project = _read(root, PROJECT_FILE, errors) or YamlDocument(PROJECT_FILE, {})
    overlays = _overlays(root, env, project, errors) if env else []
    local = _read(root, LOCAL_FILE, errors)
    raise_all(errors)
    return (project, *overlays, *([local] if local else []))


def index_of(root: Path, documents: Sequence[YamlDocument]) -> str | None:
    """Return the package index that the project names, its path absolute; None: it names none."""
    said = [d.data.get("index") for d in documents if isinstance(d.data, dict)]
    index = next((one for one in reversed(said) if isinstance(one, str) and one), None)
    if index is None or "://" in index:
        return index
    return os.path.normpath(root / index)


def load_project(root: Path, environ: Mapping[str, str]) -> ProjectConfig:
    """Return what phlo.yaml, its overlays and the environment say of the project itself.

    Raises:
        ConfigError: They are not as they must be.
    """
    documents = read_documents(root, environ.get("PHLO_ENV") or None)
    return project_of(documents, read_variables(root, environ), root.name)


def _overlays(
    root: Path, env: str, project: YamlDocument, errors: list[PhloError]
) -> list[YamlDocument]:
    if not _ENVIRONMENT.fullmatch(env) or env == "local":
        raise BadName("environment", env)
    described = project.part(("environments",)).data
    blocks = described if isinstance(described, dict) else {}
    file = _read(root, f"phlo.{env}.yaml", errors)
    if file is None and env not in blocks:
        files = (p.name.split(".")[1] for p in root.glob("phlo.*.yaml") if p.name != LOCAL_FILE)
        raise UnknownEnvironment(env, {*blocks, *files})
    block = project.part(("environments", env)) if isinstance(blocks.get(env), dict) else None
    return [document for document in (block, file) if document is not None]


def _read(root: Path, name: str, errors: list[PhloError]) -> YamlDocument | None:
    try:
        with (root / name).open("rb") as file:
            return parse_yaml(file.read(MOST_BYTES + 1), name)
    except FileNotFoundError:
        return None
    except OSError as error:
        fix = f"make it a readable file: chmod u+r {name}"
        errors.append(UnreadableFile(Where(name), error.strerror or str(error), fix=fix))
    except PhloError as error:
        errors.append(error)
    return None
