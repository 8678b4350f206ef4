"""PHLO-A8xx: what workflow files declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError, Related
from phlo.errors.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import Where


class WorkflowError(PhloError):
    """A workflow definition is not as it must be."""

    code = "PHLO-A800"


class UnknownParameter(WorkflowError):
    """A decorator or SQL header was given a parameter it does not take.

    Names that other tools use for the same thing are known and translated in the fix.
    """

    code = "PHLO-A802"

    def __init__(
        self,
        name: str,
        *,
        taker: str,
        known: Iterable[str],
        ours: str | None = None,
        where: Where | None = None,
    ) -> None:
        known = tuple(known)
        fix = f"here it is called {ours}" if ours else did_you_mean(name, known)
        super().__init__(
            f"{taker} takes no parameter '{name}'",
            where=where,
            why="an unknown parameter is refused so that a typo cannot silently change a table",
            fix=fix or f"it takes {', '.join(known)}",
        )


class BadParameter(WorkflowError):
    """A parameter of a decorator or SQL header has a value that cannot be used."""

    code = "PHLO-A803"

    def __init__(self, name: str, problem: str, *, fix: str, where: Where | None = None) -> None:
        super().__init__(
            f"'{name}' {problem}",
            why="it would be found out in the middle of a run otherwise",
            fix=fix,
            where=where,
        )


class DuplicateTable(WorkflowError):
    """Two assets make one table."""

    code = "PHLO-A808"

    def __init__(self, table: str, *, where: Where, first: Where) -> None:
        super().__init__(
            f"'{table}' is declared twice",
            where=where,
            why="one table has one asset, so that everybody knows what is in it",
            fix="give one of them another table, or remove it",
            related=(Related("the first declaration", first),),
        )


class DependencyCycle(WorkflowError):
    """Assets read each other in a ring, so that none of them can be first."""

    code = "PHLO-A809"

    def __init__(self, ring: Sequence[tuple[str, Where]]) -> None:
        names = [name for name, _ in ring]
        super().__init__(
            f"assets read each other in a ring: {' -> '.join([*names, names[0]])}",
            where=ring[0][1],
            why="each reads the one after it, so none can be made first",
            fix="let one of them read something else",
            related=[Related(f"'{name}'", where) for name, where in ring[1:]],
        )


class UnknownUpstream(WorkflowError):
    """An asset or check names a table that no asset makes and that the lake does not have."""

    code = "PHLO-A810"

    def __init__(
        self, user: str, table: str, *, known: Iterable[str], where: Where | None = None
    ) -> None:
        close = did_you_mean(table, known)
        dotted = "" if "." in table else ": tables are 'namespace.table'"
        super().__init__(
            f"{user} reads '{table}', which no asset makes and the lake does not have{dotted}",
            where=where,
            why="what an asset reads must be there before it is made",
            fix=close or f"write an asset with table='{table}', or correct the name",
        )


class UnknownInput(WorkflowError):
    """A `phlo.Table` parameter has the name of no table."""

    code = "PHLO-A811"

    def __init__(
        self, user: str, parameter: str, *, known: Iterable[str], where: Where | None = None
    ) -> None:
        close = did_you_mean(parameter, known)
        super().__init__(
            f"no asset's table is called '{parameter}', which {user} takes",
            where=where,
            why="a phlo.Table parameter is the table of the parameter's name",
            fix=close or f'say which table it is: inputs={{"{parameter}": "raw.{parameter}"}}',
        )


class AmbiguousInput(WorkflowError):
    """A `phlo.Table` parameter could be several tables."""

    code = "PHLO-A812"

    def __init__(
        self, user: str, parameter: str, tables: Sequence[str], *, where: Where | None = None
    ) -> None:
        super().__init__(
            f"'{parameter}', which {user} takes, can be {' or '.join(map(repr, tables))}",
            where=where,
            why="several tables have that name, and phlo does not choose between them",
            fix=f'say which one: inputs={{"{parameter}": "{tables[0]}"}}',
        )


class BadHeader(WorkflowError):
    """The comment at the top of a SQL file is not the YAML mapping it must be."""

    code = "PHLO-A816"

    def __init__(self, problem: str, *, where: Where | None = None, fix: str | None = None) -> None:
        super().__init__(
            f"the header cannot be read: {problem}",
            where=where,
            why="the header holds the parameters of the asset, as YAML",
            fix=fix or "write /* phlo, then YAML such as 'key: [id]', then */",
        )


class BadSql(WorkflowError):
    """A SQL file is not one query."""

    code = "PHLO-A817"

    def __init__(
        self, file: str, problem: str, *, where: Where | None = None, fix: str | None = None
    ) -> None:
        super().__init__(
            f"'{file}' is not a query: {problem}",
            where=where,
            why="each SQL file is one table, made of one query",
            fix=fix or "a SQL file holds one SELECT; phlo writes its rows to the table",
        )


class NotYet(WorkflowError):
    """Something is part of phlo's design that this version does not have."""

    code = "PHLO-A818"

    def __init__(self, what: str, *, fix: str, where: Where | None = None) -> None:
        super().__init__(
            f"{what} comes in a later version of phlo",
            why="it is designed, and not built yet",
            fix=fix,
            where=where,
        )


class MixedQuality(WorkflowError):
    """A quality function both yields checks and looks at the data."""

    code = "PHLO-A823"

    def __init__(self, function: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"'{function}' yields checks and reads the table, too",
            where=where,
            why="checks that are yielded are known before there is any data",
            fix="make two functions: one that yields checks, one that returns a bool or bad rows",
        )


class NotTranslatable(WorkflowError):
    """A SQL file or a `phlo.sql` uses what has no translation to the engine that runs it.

    SQL is written in one dialect and means the same on every engine; what would be passed on
    untranslated is refused instead.
    """

    code = "PHLO-A824"

    def __init__(
        self, file: str, problem: str, *, dialect: str, engine: str, where: Where | None = None
    ) -> None:
        super().__init__(
            f"'{file}' cannot be translated from {dialect} to {engine}: {problem}",
            where=where,
            why="passed through as it is, it would fail or mean something else there",
            fix="write that part so that both know it, or say what it is written in:"
            f" 'dialect: {engine}' in a SQL file's header, dialect=\"{engine}\" of phlo.sql",
        )


class UnknownService(WorkflowError):
    """A function takes a service that does not run."""

    code = "PHLO-A826"

    def __init__(self, function: str, service: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"'{function}' takes the service '{service}', which is not there",
            where=where,
            why="a service is handed to a function by its address, which it has while it runs",
            fix=Fix(
                f"start it: phlo services start {service}",
                command=f"phlo services start {service}",
            ),
        )
