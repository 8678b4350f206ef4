"""Importing workflow files: under a private package, so that nothing installed is shadowed."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from typing import TYPE_CHECKING

from phlo.assets.places import line_of, user_frame
from phlo.errors import PhloError, Where
from phlo.errors.loading import BadSyntax, BrokenFile, ExitAtImport, MissingModule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import CodeType, ModuleType

PACKAGE = "_phlo_workflows"


class WorkflowFinder(importlib.abc.MetaPathFinder):
    """Finds `_phlo_workflows.marts.delays` in `workflows/marts/delays.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where a module of the private package is; None for all others."""
        if fullname != PACKAGE and not fullname.startswith(PACKAGE + "."):
            return None
        place = self.folder.joinpath(*fullname.split(".")[1:])
        folders = [str(place)] if place.is_dir() else None
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if file.is_file() and fullname != PACKAGE:
                return importlib.util.spec_from_file_location(
                    fullname,
                    file,
                    loader=_FreshLoader(fullname, str(file)),
                    submodule_search_locations=folders,
                )
        if folders is None:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = folders
        return spec


class _FreshLoader(importlib.machinery.SourceFileLoader):
    """Compiles what the file holds now: compiled files are told apart by whole seconds only."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def prepare(root: Path, folder: Path) -> None:
    """Let this process import the project's workflow files.

    The project's folder comes last on `sys.path`, so that nothing of it shadows what is installed.
    """
    sys.meta_path.insert(0, WorkflowFinder(folder))
    present = {"", str(root)}
    sys.path[:] = [entry for entry in sys.path if entry not in present] + [str(root)]


def module_name(file: Path, folder: Path) -> str:
    """Return the name under which a workflow file is imported."""
    parts = list(file.relative_to(folder).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join([PACKAGE, *parts])


def import_file(file: Path, folder: Path, root: Path) -> PhloError | None:
    """Import one workflow file; returns what is wrong with it, or None."""
    shown = file.relative_to(root).as_posix()
    try:
        importlib.import_module(module_name(file, folder))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a user's file does is a fault of that file
        return fault(error, shown, str(root))
    return None


def fault(error: BaseException, shown: str, root: str) -> PhloError:
    """Return an exception that a file raised as an error with the user's own line."""
    where = user_frame(error.__traceback__, root)
    if isinstance(error, PhloError):
        return error if error.where or where is None else error.at(where)
    if isinstance(error, SyntaxError):
        return _syntax(error, shown, where)
    if isinstance(error, SystemExit):
        return ExitAtImport(shown, where)
    if isinstance(error, ImportError):
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and missing.startswith(PACKAGE):
            missing = None  # a relative import of a file that is not there
        message = str(error).replace(f"{PACKAGE}.", "workflows.")
        return MissingModule(shown, message, where, module=missing, python=sys.executable)
    message = (str(error).strip().splitlines() or [""])[0]
    return BrokenFile(shown, type(error).__name__, message, where)


def _syntax(error: SyntaxError, shown: str, where: Where | None) -> PhloError:
    if error.filename and error.lineno:
        line = line_of(error.filename, error.lineno)
        column = error.offset if error.offset and error.offset > 0 else line.column
        end = error.end_offset if error.end_lineno == error.lineno else None
        where = Where(
            error.filename, error.lineno, column, error.lineno,
            end if end and column and end > column else None, line.source,
        )  # fmt: skip
    return BadSyntax(shown, error.msg or "it cannot be parsed", where or Where(shown))
