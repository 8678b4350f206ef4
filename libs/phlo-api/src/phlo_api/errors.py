"""Errors that the API itself finds; all others are phlo's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ApiError(PhloError):
    """A request cannot be answered; `status` is the HTTP status that says so."""

    code = "PHLO-N600"
    status = 400


class NotThere(ApiError):
    """Something was asked for that is not there (any more)."""

    code = "PHLO-N601"
    status = 404

    def __init__(self, kind: str, name: str, *, fix: str | None = None) -> None:
        super().__init__(
            f"there is no {kind} '{name}'",
            why="it was never there, or is gone",
            fix=fix or f"look at the list of {kind}s",
        )


class BadRequest(ApiError):
    """A request is not as the API's document says."""

    code = "PHLO-N602"
    status = 422

    def __init__(self, problem: str) -> None:
        super().__init__(
            problem,
            why="the request does not fit the document of the API",
            fix="see /api/v1/openapi.json for what is expected",
        )


class NotLoggedIn(ApiError):
    """A request came without a session or a token."""

    code = "PHLO-N603"
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "this needs a login",
            why="everything but the health checks is for those who are logged in",
            fix=Fix(
                "open the link that `phlo services start` prints", command="phlo services start"
            ),
        )


class LinkUsed(ApiError):
    """A login link was used already, is too old, or was never made."""

    code = "PHLO-N604"
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "this login link does not work any more",
            why="a link works once, and only for some minutes",
            fix=Fix("get a new one", command="phlo services start"),
        )


class Refused(ApiError):
    """A request came from another page or under another name than this machine's."""

    code = "PHLO-N605"
    status = 403

    def __init__(self, problem: str) -> None:
        super().__init__(
            problem,
            why="only pages of this Observatory, on this machine, may ask",
            fix="open Observatory under the address that `phlo services start` prints",
        )


class TooMany(ApiError):
    """More queries are running than may run at once."""

    code = "PHLO-N606"
    status = 429

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} queries are running already",
            why="more at once would take the memory of those that run",
            fix="wait for one to end, or cancel one",
        )


class NotFinished(ApiError):
    """The rows of a query that failed or was cancelled were asked for."""

    code = "PHLO-N607"
    status = 409

    def __init__(self, state: str) -> None:
        super().__init__(
            f"the query has no rows: it is {state}",
            why="rows are kept of queries that succeeded",
            fix="run it again",
        )


class ServicesUnreachable(ApiError):
    """The runtime of the services does not answer."""

    code = "PHLO-N608"
    status = 502

    def __init__(self, problem: str) -> None:
        super().__init__(
            "the services' runtime does not answer",
            why=problem,
            fix=Fix("see what runs", command="phlo services status"),
        )


class NotPublished(ApiError):
    """A branch was to be dropped whose changes are nowhere else."""

    code = "PHLO-N613"
    status = 409

    def __init__(self, name: str, tables: Sequence[str]) -> None:
        lost = ", ".join(tables)
        super().__init__(
            f"'{name}' has changes that were not published: {lost}",
            why="they would be lost with it",
            fix=Fix("publish them first, or drop it all the same",
                    command=f"phlo branch publish {name}"),
        )  # fmt: skip
        self.tables = tuple(tables)


class NoToken(PhloError):
    """phlo-api was started without its token.

    `phlo services start` makes one and hands it over; without one everybody on this machine could
    read and change the lakehouse, so it does not start.
    """

    code = "PHLO-N610"

    def __init__(self) -> None:
        super().__init__(
            "there is no PHLO_API_TOKEN in the environment",
            why="without one, every program of this machine could read and change the lakehouse",
            fix="start it by `phlo services start`, which makes one",
        )


class BadSetting(PhloError):
    """A variable of phlo-api's environment is not what it must be."""

    code = "PHLO-N611"

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(
            f"{name} must be {wanted}",
            why="it decides what engines are told of the tables, so it is not guessed",
            fix="correct it, or leave it out",
        )


class NotAdmitted(PhloError):
    """A service could not be given its token for the Iceberg catalog."""

    code = "PHLO-N612"

    def __init__(self, consumer: str, problem: str) -> None:
        super().__init__(
            f"'{consumer}' cannot be let into the catalog: {problem}",
            why="each service asks the catalog by a token of its own, which phlo-api must know",
            fix=Fix("see what phlo-api says", command="phlo services logs phlo-api"),
        )
