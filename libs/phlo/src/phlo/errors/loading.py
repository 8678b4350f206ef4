"""PHLO-A8xx: workflow files that cannot be loaded, and what they leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix
from phlo.errors.workflow import WorkflowError

if TYPE_CHECKING:
    from phlo.errors import Where


class ManifestTooNew(WorkflowError):
    """A later phlo wrote the manifest, and this one does not know its form.

    The manifest is made anew from `workflows/` by `phlo manifest`.
    """

    code = "PHLO-A801"

    def __init__(self, file: str, found: str, known: str) -> None:
        super().__init__(
            f"'{file}' is a '{found}', and this phlo reads '{known}'",
            why="a later phlo wrote it",
            fix=Fix("write it again with this one: phlo manifest", command="phlo manifest"),
        )


class BrokenFile(WorkflowError):
    """A workflow file raised an exception when it was imported.

    The other files are not touched by it, and the assets that the file declared when it was last
    whole stay in the manifest; they cannot be run before the file is whole again.
    """

    code = "PHLO-A804"

    def __init__(self, file: str, kind: str, message: str, where: Where | None) -> None:
        said = f"{kind}: {message}" if message else kind
        super().__init__(
            f"'{file}' cannot be imported: {said}",
            where=where,
            why="the file raised an exception; its assets stay as they were when it was last whole",
            fix="correct the line; a workflow file only declares, so keep work inside functions",
        )


class BadSyntax(WorkflowError):
    """A workflow file is not valid Python."""

    code = "PHLO-A805"

    def __init__(self, file: str, message: str, where: Where | None) -> None:
        super().__init__(
            f"'{file}' is not valid Python: {message}",
            where=where,
            why="Python cannot read the file; its assets stay as they were when it was last whole",
            fix="correct the line",
        )


class MissingModule(WorkflowError):
    """A workflow file imports something that the project's Python does not have.

    Files of `workflows/` see each other by relative imports (`from .common import x`); modules
    beside phlo.yaml are found, too, after everything installed.
    """

    code = "PHLO-A806"

    def __init__(
        self, file: str, message: str, where: Where | None, *, module: str | None, python: str
    ) -> None:
        top = (module or "").partition(".")[0]
        fix = Fix(
            f"install it where workflows run: {python} -m pip install {top}",
            command=f"{python} -m pip install {top}",
        )
        super().__init__(
            f"'{file}' cannot be imported: {message}",
            where=where,
            why="the project's Python does not have it",
            fix=fix if top else "correct the import",
        )


class ExitAtImport(WorkflowError):
    """A workflow file ends the program when it is imported, by `sys.exit` or its like."""

    code = "PHLO-A807"

    def __init__(self, file: str, where: Where | None) -> None:
        super().__init__(
            f"'{file}' ends the program when it is imported",
            where=where,
            why="workflow files are imported to see what they declare",
            fix='move it below: if __name__ == "__main__":',
        )


class LoadFailed(WorkflowError):
    """The process that imports workflow files died or hung on one of them."""

    code = "PHLO-A819"

    def __init__(self, file: str, problem: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"'{file}' cannot be imported: {problem}",
            where=where,
            why="the process that imports the file ended or hung, so what it declares is not known",
            fix="keep work inside functions; a workflow file only declares",
        )


class NothingDeclared(WorkflowError):
    """The project declares no asset."""

    code = "PHLO-A822"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"there is no asset in '{folder}'",
            why="assets are what the files of that folder declare",
            fix=f"write {folder}/ingest.py with a function decorated with @phlo.ingestion, "
            f"or {folder}/marts/NAME.sql with a query",
        )


class NoPhloThere(WorkflowError):
    """The project's Python has no phlo, so it cannot import workflow files."""

    code = "PHLO-A825"

    def __init__(self, python: str, version: str, problem: str) -> None:
        super().__init__(
            f"the project's Python '{python}' cannot run phlo: {problem}",
            why="it is python: of phlo.yaml, or the .venv beside it",
            fix=Fix(
                f"install it there: {python} -m pip install 'phlo=={version}'",
                command=f"{python} -m pip install 'phlo=={version}'",
            ),
        )
