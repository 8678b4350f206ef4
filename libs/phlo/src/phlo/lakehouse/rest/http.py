"""A request and its answer, whatever server they came by."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from phlo.errors import ExitCode, PhloError
from phlo.errors.data import LakeMoved
from phlo.errors.lake import TagIsFixed
from phlo.errors.refs import BadRefName, UnknownRef
from phlo.errors.rest import CatalogRefusal, RequestNotUnderstood

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json"
#: By this header a client says that it takes the keys of the storage from the catalog.
DELEGATION = "x-iceberg-access-delegation"
#: No request of the protocol is larger; what is, would only fill the memory.
LARGEST_BODY = 64 * 1024 * 1024
_LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its address still encoded: names may hold a `/`."""

    method: str
    path: str
    """From the ref on: `/v1/namespaces`."""
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""

    @property
    def parts(self) -> list[str]:
        """The parts of the address after `/v1/`, still encoded."""
        return self.path.strip("/").split("/")[1:]

    def parameter(self, name: str) -> str | None:
        """Return one parameter of the address; the last one, if it is there twice."""
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, max_num_fields=50)
        except ValueError:
            raise RequestNotUnderstood("The address has too many parameters") from None
        return dict(pairs).get(name)

    def page(self) -> tuple[str, int | None]:
        """Return after which name a list goes on, and how many it may have; None: all.

        Raises:
            RequestNotUnderstood: The size is none.
        """
        size, token = self.parameter("pageSize"), self.parameter("pageToken")
        if size is None:
            return token or "", None if token is None else _LARGEST_PAGE
        if not size.isascii() or not size.isdigit() or len(size) > 9 or not int(size):
            raise RequestNotUnderstood("'pageSize' must be a whole number from 1 on")
        return token or "", min(int(size), _LARGEST_PAGE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def found(value: Mapping[str, Any]) -> Answer:
    """Return an answer with a value."""
    return Answer(200, encoded(value), {"content-type": JSON})


def done() -> Answer:
    """Return an answer that says only that it was done."""
    return Answer(204)


def encoded(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def refused(error: PhloError) -> Answer:
    """Return an error in the protocol's words."""
    status, kind = _status(error)
    return _error(status, kind, error.message)


def failed() -> Answer:
    """Return what is said of an error of this program: nothing of what it was about."""
    return _error(500, "InternalServerError", "the catalog failed; its log says why")


def _error(status: int, kind: str, message: str) -> Answer:
    body = {"error": {"message": message, "type": kind, "code": status}}
    headers = {"content-type": JSON}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Answer(status, encoded(body), headers)


def _status(error: PhloError) -> tuple[int, str]:
    if isinstance(error, CatalogRefusal):
        return error.status, error.kind
    if isinstance(error, UnknownRef):
        return 404, "NotFoundException"
    if isinstance(error, TagIsFixed):
        return 403, "ForbiddenException"
    if isinstance(error, LakeMoved):
        # The table is there, its file is not: clients must not take it for a table they may make.
        return 404, "NotFoundException"
    if isinstance(error, BadRefName):
        return 400, "BadRequestException"
    if error.exit_code is ExitCode.DATA:
        return 503, "ServiceUnavailableException"
    return 500, "InternalServerError"
