"""A SQL file as a declaration: the header's parameters, and the statement below it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from phlo.assets import parameters, partitions
from phlo.assets.declare import check_ways, checks_from
from phlo.assets.parameters import Problems
from phlo.assets.registry import Declaration
from phlo.errors import PhloError, Where, raise_all
from phlo.errors.workflow import BadHeader, BadParameter, BadSql

if TYPE_CHECKING:
    from phlo.model.yaml_text import YamlDocument

#: Blank lines and line comments may stand before the header.
_HEADER = re.compile(
    r"(?:\s|--[^\n]*(?:\n|\Z))*/\*\s*phlo\b(?P<yaml>.*?)(?P<end>\*/|\Z)", re.DOTALL
)
_TEMPLATE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
PARTITION = re.compile(r"\{\{\s*partition\s*\}\}")


def read_sql_file(text: str, path: str, table: str) -> Declaration:
    """Return what a SQL file declares.

    Args:
        text: The file's content.
        path: The file's name, for messages.
        table: The table that the file's place stands for; the header may say another.

    Raises:
        WorkflowError: With every fault of the header.
    """
    header, begin = _split(text, path)
    given = dict(header.data)
    problems = Problems(partial(_key_place, header, text))
    parameters.check_names(given, parameters.SQL, "a SQL file", problems)
    if given.get("partitions") is not None:
        given["partitions"] = _partitions(given["partitions"], problems)
    parameters.check_values(given, problems)
    checks: Any = ()
    try:
        checks = checks_from(given.get("checks"), problems.place("checks"))
    except PhloError as error:
        problems.found.append(error)
    sql, where = _statement(text, begin, path)
    _check_templates(sql, where, path, given, problems)
    if "table" not in given and not _is_table(table):
        problems.found.append(_unnamed(table, where))
    declaration = Declaration(
        kind="sql",
        name=path.rpartition("/")[2],
        table=str(given.get("table") or table),
        parameters=given,
        call=problems.place("materialized"),
        where=where,
        source=text,
        checks=checks,
        sql=sql,
    )
    check_ways(declaration, problems)
    raise_all(problems.found)
    return declaration


def for_parsing(sql: str) -> str:
    """Return a statement with a condition of the same width in the place of `{{ partition }}`."""
    return PARTITION.sub(lambda found: "(1 = 1)".ljust(len(found.group())), sql)


def _split(text: str, path: str) -> tuple[YamlDocument, int]:
    """Return the header as YAML with its places in the file, and where the statement begins."""
    from phlo.model.yaml_text import YamlDocument, parse_yaml

    found = _HEADER.match(text)
    if found is None:
        return YamlDocument(path, {}), 0
    if not found["end"]:
        line = text.count("\n", 0, found.start("yaml")) + 1
        raise BadHeader("it is not closed", where=_line(text, path, line), fix="end it with */")
    blank = re.sub(r"[^\n]", " ", text[: found.start("yaml")])
    try:
        document = parse_yaml(blank + found["yaml"], path)
    except PhloError as error:
        where = error.where and _line(text, path, error.where.line or 1, error.where.column)
        raise BadHeader(error.message, where=where, fix=error.fix.text) from None
    if not isinstance(document.data, dict):
        line = text.count("\n", 0, found.start("yaml")) + 1
        raise BadHeader("it is no mapping", where=_line(text, path, line))
    return document, found.end()


def _key_place(header: YamlDocument, text: str, name: str) -> Where:
    where = header.key_at((name,)) if (name,) in header.spans else Where(header.file, 1)
    return replace(where, source=_line(text, header.file, where.line or 1).source)


def _statement(text: str, begin: int, path: str) -> tuple[str, Where]:
    """Return the statement without what surrounds it, and where it begins."""
    sql = text[begin:].rstrip().removesuffix(";").rstrip()
    begin += len(sql) - len(sql.lstrip())
    if not sql.strip():
        raise BadSql(path, "it has no statement", where=_line(text, path, text.count("\n") + 1))
    return sql.strip(), _line(text, path, text.count("\n", 0, begin) + 1)


def _check_templates(
    sql: str, where: Where, path: str, given: dict[str, Any], problems: Problems
) -> None:
    """Find templates that are none, and partitions that are not asked for where they must be."""
    names = []
    for found in _TEMPLATE.finditer(sql):
        names.append(found[1])
        if found[1] != "partition":
            line = (where.line or 1) + sql.count("\n", 0, found.start())
            problems.found.append(
                BadSql(
                    path,
                    f"'{found[0]}' is no template",
                    where=Where(path, line, source=sql.splitlines()[line - (where.line or 1)]),
                    fix="{{ partition }} is the only one: write everything else as plain SQL",
                )
            )
    is_partitioned = given.get("partitions") is not None
    if "partition" in names and not is_partitioned:
        problems.found.append(
            BadSql(
                path, "it uses {{ partition }}, and has no partitions", where=where,
                fix="add partitions: {daily: 2026-01-01, column: day} to the header",
            )
        )  # fmt: skip
    if is_partitioned and "partition" not in names:
        problems.found.append(
            BadSql(
                path, "it has partitions, and no {{ partition }}", where=where,
                fix="add where {{ partition }} to the query, so that it reads one of them",
            )
        )  # fmt: skip


def _partitions(value: Any, problems: Problems) -> Any:
    try:
        if not isinstance(value, dict):
            raise BadParameter(
                "partitions", f"is {value!r}", fix="write {daily: 2026-01-01, column: day}"
            )
        return partitions.parse(value)
    except PhloError as error:
        problems.found.append(error.at(problems.place("partitions")))
    except TypeError as error:
        problems.add("partitions", f"cannot be used: {error}", "write {daily: 2026-01-01}")
    return None


def _is_table(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 2 and all(_NAME.fullmatch(part) for part in parts)


def _unnamed(table: str, where: Where) -> PhloError:
    return BadParameter(
        "table",
        f"cannot be taken from the file's place, which stands for '{table}'",
        fix="move it to workflows/<namespace>/<name>.sql, or write table: marts.name in its header",
        where=where,
    )


def _line(text: str, path: str, line: int, column: int | None = None) -> Where:
    lines = text.split("\n")
    source = lines[line - 1] if 0 < line <= len(lines) else None
    return Where(path, line, column or 1, source=source)
