"""The project's files before they are written: what they would make, and all of them or none."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.compose.resolve import compose_stack
from phlo.config.env_file import read_variables
from phlo.config.project_file import index_of, read_documents
from phlo.plugins.registry import load_services
from phlo.runtime.atomic import write_atomically
from phlo.runtime.dev import recalled
from phlo.runtime.machine import look_around

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.model.options import Options
    from phlo.model.service import Installed
    from phlo.model.stack import Stack


def project_files(root: Path | None) -> dict[Path, str]:
    """Return phlo.yaml and all that is laid over it, by path, each with its text."""
    files = sorted(root.glob("phlo*.yaml")) if root else []
    return {file: file.read_bytes().decode("utf-8") for file in files}


def compose_draft(
    root: Path, texts: Mapping[Path, str], options: Options, installed: Installed | None = None
) -> Stack:
    """Return the stack that a project would have with other texts in its files.

    Args:
        root: The project's folder.
        texts: The text of each of its files.
        options: The options of the command.
        installed: The packages; those that are installed if not given.

    Raises:
        PhloError: What is wrong with them.
    """
    with tempfile.TemporaryDirectory(prefix="phlo-draft-") as folder:
        for file, text in texts.items():
            (Path(folder) / file.name).write_bytes(text.encode())
        documents = read_documents(Path(folder), options.env)
    options = recalled(root, options)
    installed = installed or load_services(index=index_of(root, documents))
    variables, machine = read_variables(root, os.environ), look_around(root, os.environ)
    return compose_stack(documents, installed, options, variables, machine)


def write_whole(files: Mapping[Path, str]) -> None:
    """Write files that are there, all or none of them.

    Raises:
        FolderUnwritable: One cannot be written; then they are as they were.
    """
    before = {file: file.read_bytes() for file in files}
    try:
        for file, text in files.items():
            write_atomically(file, text, mode=file.stat().st_mode & 0o777)
    except BaseException:
        for file, raw in before.items():
            if file.read_bytes() != raw:
                write_atomically(file, raw, mode=file.stat().st_mode & 0o777)
        raise
