"""Workflow files, read in this process: Python imported, SQL parsed; one result for each file."""

from __future__ import annotations

import hashlib
import inspect
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.assets import registry
from phlo.assets.assemble import TableChecks
from phlo.assets.declare import mode_of
from phlo.assets.finder import fault, import_file
from phlo.assets.parameters import names_of
from phlo.assets.spec import AssetSpec
from phlo.assets.sql_file import for_parsing, read_sql_file
from phlo.errors import PhloError, Where
from phlo.errors.queries import QueryFailed
from phlo.errors.workflow import BadSql
from phlo.orchestration.diagnostics import error_as_json
from phlo.orchestration.translate import translate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from phlo.assets.registry import Declaration, QualityDeclaration


@dataclass(frozen=True, slots=True)
class Workflows:
    """Where a project's workflow files are, and in which SQL they are written."""

    root: Path
    folder: str = "workflows"
    dialect: str = "duckdb"
    engine_dialect: str = "duckdb"

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.root / self.folder

    def files(self) -> tuple[str, ...]:
        """Return the files in it, from the project's folder, sorted."""
        if not self.path.is_dir():
            return ()
        return tuple(
            file.relative_to(self.root).as_posix()
            for file in sorted(self.path.rglob("*"))
            if file.suffix in (".py", ".sql") and self._is_ours(file)
        )

    def _is_ours(self, file: Path) -> bool:
        parts = file.relative_to(self.path).parts
        return file.is_file() and not any(p.startswith(".") or p == "__pycache__" for p in parts)


@dataclass(frozen=True, slots=True)
class LoadedAsset:
    """An asset with what cannot be written down: its function and its schema."""

    spec: AssetSpec
    declaration: Declaration

    @property
    def function(self) -> Callable[..., Any]:
        """The function as its author wrote it."""
        assert self.declaration.function is not None
        return self.declaration.function


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What one workflow file declares, or what is wrong with it."""

    origin: str
    assets: tuple[LoadedAsset, ...] = ()
    qualities: tuple[QualityDeclaration, ...] = ()
    errors: tuple[PhloError, ...] = ()
    root: Path | None = field(default=None, compare=False)

    def checks(self) -> tuple[TableChecks, ...]:
        """Return the checks declared apart from assets."""
        return tuple(_table_checks(q, self.origin, self.root) for q in self.qualities)

    def as_json(self) -> dict[str, Any]:
        """Return the result as the child process tells it."""
        assert self.root is not None
        return {
            "origin": self.origin,
            "assets": [asset.spec.as_json() for asset in self.assets],
            "checks": [checks.as_json() for checks in self.checks()],
            "errors": [error_as_json(d, self.root) for e in self.errors for d in e.diagnostics()],
        }


def load_file(workflows: Workflows, file: str) -> LoadedFile:
    """Read one workflow file; `phlo.assets.finder.prepare` was called before."""
    path = workflows.root / file
    read = _read_sql if path.suffix == ".sql" else _read_python
    with registry.collecting() as declared:
        error = read(workflows, path, file, declared)
    if error is not None:
        declared.errors.append(error)
    return loaded(workflows, file, declared)


def loaded(workflows: Workflows, file: str, declared: registry.Declared) -> LoadedFile:
    """Return what was declared as specifications; what cannot be one is a fault."""
    errors = list(declared.errors)
    assets: list[LoadedAsset] = []
    for declaration in declared.assets:
        try:
            assets.append(LoadedAsset(_spec(declaration, file, workflows), declaration))
        except PhloError as wrong:
            errors.append(wrong)
    return LoadedFile(file, tuple(assets), tuple(declared.qualities), tuple(errors), workflows.root)


def _read_python(
    workflows: Workflows, path: Path, file: str, declared: registry.Declared
) -> PhloError | None:
    return import_file(path, workflows.path, workflows.root)


def _read_sql(
    workflows: Workflows, path: Path, file: str, declared: registry.Declared
) -> PhloError | None:
    table = ".".join(path.relative_to(workflows.path).with_suffix("").parts)
    try:
        text = path.read_text(encoding="utf-8-sig")
        declared.keep(read_sql_file(text, file, table))
    except UnicodeDecodeError as error:
        return BadSql(file, f"it is not UTF-8 ({error.reason})", where=Where(file))
    except Exception as error:
        return fault(error, file, str(workflows.root))
    return None


def _spec(declaration: Declaration, origin: str, workflows: Workflows) -> AssetSpec:
    given = declaration.parameters
    partitions, freshness = given.get("partitions"), given.get("freshness")
    dialect = str(given.get("dialect") or workflows.dialect) if declaration.sql else None
    deps = _tables(declaration, dialect, workflows) if dialect else ()
    where, root = declaration.where, workflows.root
    folder = origin.removeprefix(f"{workflows.folder}/").rpartition("/")[0]
    function = declaration.function
    spec = AssetSpec(
        key=declaration.table.removeprefix("lake."),
        kind=declaration.kind,
        file=_own(where.file, root, origin),
        line=where.line or 1,
        name=declaration.name,
        origin=origin,
        group=str(given.get("group") or folder.replace("/", ".") or "default"),
        deps=tuple(table for table in deps if table != declaration.table),
        parameters=tuple(a.name for a in declaration.arguments if a.role == "table"),
        inputs=dict(given.get("inputs") or {}),
        description=given.get("description") or (inspect.getdoc(function) if function else None),
        owner=given.get("owner"),
        tags=names_of(given.get("tags")),
        mode=mode_of(declaration),
        is_mode_given=bool(given.get("mode")),
        key_columns=names_of(given.get("key")),
        dedupe_by=given.get("dedupe_by"),
        delete_when=given.get("delete_when"),
        evolve=given.get("evolve") or "add",
        partition_by=names_of(given.get("partition_by")),
        sort_by=names_of(given.get("sort_by")),
        columns=_columns(given.get("schema")),
        partitions=partitions.as_json() if partitions else None,
        schedule=given.get("schedule"),
        freshness={"error": freshness} if isinstance(freshness, str) else freshness,
        checks=tuple(_with_own_file(c, root, origin) for c in declaration.checks),
        materialized=given.get("materialized") or "table",
        engine=given.get("engine"),
        sql=declaration.sql,
        sql_line=where.line or 1,
        dialect=dialect,
        source=declaration.source,
        code_hash=_hash(declaration),
        retries=given.get("retries") or 0,
        retry_delay=given.get("retry_delay"),
        timeout=given.get("timeout"),
        concurrency=given.get("concurrency"),
    )
    return spec


def _tables(declaration: Declaration, dialect: str, workflows: Workflows) -> tuple[str, ...]:
    """Return what a statement reads; refuse one that is no query."""
    from phlo.lakehouse.sql import read_only_statement, tables_of  # sqlglot takes its time

    sql = for_parsing(declaration.sql or "")
    file = declaration.where.file
    _refuse_unparsable(sql, dialect, declaration)
    try:
        read_only_statement(sql, dialect)
        found = tables_of(sql, dialect)
    except PhloError as error:
        fix = error.fix.text if isinstance(error, QueryFailed) else None
        raise BadSql(file, error.message, where=declaration.where, fix=fix) from None
    if declaration.parameters.get("engine") is None:
        # Refused here, so that it is not found out when it runs.
        translate(sql, file, dialect, workflows.engine_dialect, declaration.where)
    return found


def _refuse_unparsable(sql: str, dialect: str, declaration: Declaration) -> None:
    """Refuse what is no SQL, at the place where it stops being it."""
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    begin, file = declaration.where.line or 1, declaration.where.file
    try:
        sqlglot.parse(sql, read=dialect)
    except ParseError as error:
        found: dict[str, Any] = (error.errors or [{}])[0]
        line, word = int(found.get("line") or 1), str(found.get("highlight") or "")
        # It tells where the word ends.
        column = max(1, int(found.get("col") or 1) - len(word) + 1)
        written = (declaration.sql or "").split("\n")
        source = written[line - 1] if line <= len(written) else None
        where = Where(
            file, begin + line - 1, column, begin + line - 1, column + max(1, len(word)), source
        )
        problem = str(found.get("description") or error).rstrip(".").lower()
        near = f" near '{word}'" if word else ""
        raise BadSql(file, problem + near, where=where, fix="correct the statement") from None
    except SqlglotError as error:
        problem = str(error).splitlines()[0]
        raise BadSql(file, problem, where=declaration.where, fix="correct the statement") from None


def _columns(schema: Any) -> dict[str, str] | None:
    """Return a declared schema for people; what it means exactly is decided when it is written."""
    if schema is None:
        return None
    if isinstance(schema, dict):
        return {str(name): _type_name(kind) for name, kind in schema.items()}
    if isinstance(schema, type) and (found := getattr(schema, "__annotations__", None)):
        return {name: _type_name(kind) for name, kind in found.items()}
    if hasattr(schema, "names") and hasattr(schema, "field"):
        return {name: str(schema.field(name).type) for name in schema.names}
    return None


def _type_name(kind: Any) -> str:
    return kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))


def _hash(declaration: Declaration) -> str:
    """Return what changes when the code or the parameters of an asset do."""
    given = {k: v for k, v in declaration.parameters.items() if k not in ("checks", "schema")}
    text = json.dumps([declaration.source, declaration.table, given], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _own(file: str, root: Path, origin: str) -> str:
    return file.removeprefix(f"{root}/") if file.startswith(f"{root}/") else origin


def _with_own_file(check: Any, root: Path, origin: str) -> Any:
    from dataclasses import replace

    return replace(check, file=_own(check.file or origin, root, origin))


def _table_checks(quality: QualityDeclaration, origin: str, root: Path | None) -> TableChecks:
    assert root is not None
    return TableChecks(
        quality.name,
        quality.table,
        origin,
        tuple(_with_own_file(spec, root, origin) for spec in quality.specs),
        tuple(a.name for a in quality.arguments if a.role == "table"),
        quality.inputs,
    )
