"""Every error as `application/problem+json`, with what to do about it."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from phlo.errors import ExitCode, PhloError
from phlo_api.errors import ApiError
from phlo_api.models.base import Fix, Place, Problem

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
logger = logging.getLogger("phlo_api")

#: Errors of phlo whose status does not follow from their family.
_BY_CODE = {
    "PHLO-D901": 404,
    "PHLO-D902": 409,
    "PHLO-D904": 404,
    "PHLO-D905": 409,
    "PHLO-D918": 502,
    "PHLO-D921": 409,
    "PHLO-D922": 403,
    "PHLO-D925": 503,
    "PHLO-D926": 404,
    "PHLO-D951": 503,
    "PHLO-D952": 503,
    "PHLO-D953": 404,
    "PHLO-D958": 409,
    "PHLO-D959": 409,
    "PHLO-D974": 502,
    "PHLO-D975": 502,
    "PHLO-P310": 422,
}
_BY_FAMILY = {
    ExitCode.CONFLICT: 409,
    ExitCode.PACKAGE: 503,
    ExitCode.PREREQUISITE: 503,
    ExitCode.SERVICE: 502,
}
_TITLES = {
    400: "Bad request",
    401: "Login needed",
    403: "Refused",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    422: "Cannot be done as asked",
    429: "Too many at once",
    500: "Internal error",
    502: "A part of the lakehouse does not answer",
    503: "Not available",
}


def status_of(error: PhloError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, ApiError):
        return error.status
    return _BY_CODE.get(error.code) or _BY_FAMILY.get(error.exit_code, 422)


def fixes(error: PhloError) -> list[Fix]:
    """Return what to do about an error."""
    return [Fix(label=error.fix.text, command=error.fix.command)]


def problem_of(error: PhloError, instance: str, request_id: str | None = None) -> Problem:
    """Return an error as a problem."""
    status = status_of(error)
    where = error.where
    return Problem(
        type=f"urn:phlo:error:{error.code}",
        title=_TITLES.get(status, "Error"),
        status=status,
        detail=error.message,
        instance=instance,
        code=error.code,
        request_id=request_id or uuid.uuid4().hex[:12],
        why=error.why,
        retryable=status in (429, 502, 503),
        where=Place(file=where.file, line=where.line, column=where.column) if where else None,
        fix=fixes(error),
        tables=list(getattr(error, "tables", ())),
    )


def answer(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the response of a problem."""
    content = problem.model_dump(mode="json")
    return JSONResponse(content, problem.status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have an application answer every error as a problem."""
    app.add_exception_handler(PhloError, _phlo_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def documented(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document whose errors have the media type that they are sent with."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if status in ("4XX", "5XX") and "application/json" in content:
                    answer["content"] = {MEDIA_TYPE: content["application/json"]}
    return document


async def _phlo_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PhloError)
    return answer(problem_of(error, request.url.path))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(_fault(one) for one in error.errors())
    return answer(_plain(request, 422, "PHLO-N602", faults or "the request is not as expected"))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    problem = _plain(request, error.status_code, "PHLO-N600", str(error.detail))
    return answer(problem, dict(error.headers or {}))


async def _bug(request: Request, error: Exception) -> JSONResponse:
    request_id = uuid.uuid4().hex[:12]
    logger.exception("request %s failed", request_id, exc_info=error)
    problem = _plain(request, 500, "PHLO-N699", "phlo-api failed; this is a bug", request_id)
    fix = Fix(label="see the log, and report it", command="phlo services logs phlo-api")
    return answer(problem.model_copy(update={"fix": [fix]}))


def _plain(
    request: Request, status: int, code: str, detail: str, request_id: str | None = None
) -> Problem:
    return Problem(
        type=f"urn:phlo:error:{code}",
        title=_TITLES.get(status, "Error"),
        status=status,
        detail=detail,
        instance=request.url.path,
        code=code,
        request_id=request_id or uuid.uuid4().hex[:12],
        fix=[Fix(label="see what the API expects", href="/api/v1/openapi.json")],
    )


def _fault(fault: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in fault.get("loc", ())[1:])
    message = str(fault.get("msg", "is not as expected"))
    return f"'{place}': {message.lower()}" if place else message.lower()
