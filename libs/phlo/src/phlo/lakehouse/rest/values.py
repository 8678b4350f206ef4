"""Taking values out of requests: each is what it must be, or the request is refused."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from phlo.errors.rest import RequestNotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

T = TypeVar("T")

_SAID = {str: "a text", int: "a whole number", list: "a list", dict: "an object", bool: "a boolean"}


def parsed(body: bytes) -> dict[str, Any]:
    """Return a request's body, a JSON object; no body is an empty one.

    Raises:
        RequestNotUnderstood: It is something else.
    """
    if not body.strip():
        return {}
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
        # Half of a surrogate pair can be written in JSON, but neither stored nor sent.
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise RequestNotUnderstood(f"The body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise RequestNotUnderstood("The body must be a JSON object")
    return value


@contextmanager
def faults_told() -> Iterator[None]:
    """Tell what pyiceberg finds wrong with metadata that a request would make.

    Raises:
        RequestNotUnderstood: Something is.
    """
    from pyiceberg.exceptions import ValidationError

    try:
        yield
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError, OverflowError,
            RecursionError) as error:  # fmt: skip
        raise RequestNotUnderstood(f"Not valid: {_first_fault(error)[:300]}") from None


def _first_fault(error: Exception) -> str:
    # pydantic's errors, which are ValueErrors, hold a list, and say the values that were given.
    faults = error.errors() if isinstance(error, ValueError) and hasattr(error, "errors") else ()
    for fault in faults:
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return str(error)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no value of JSON")


def need(values: Mapping[str, Any], key: str, kind: type[T]) -> T:
    """Return a value that must be there.

    Raises:
        RequestNotUnderstood: It is missing, or of another kind.
    """
    found = take(values, key, kind)
    if found is None:
        raise RequestNotUnderstood(f"'{key}' is missing")
    return found


def take(values: Mapping[str, Any], key: str, kind: type[T]) -> T | None:
    """Return a value, or None if it is missing or null.

    Raises:
        RequestNotUnderstood: It is of another kind.
    """
    found = values.get(key)
    if found is None:
        return None
    # To Python a boolean is a number.
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise RequestNotUnderstood(f"'{key}' must be {_SAID[kind]}")
    return found


def objects(values: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of objects; a missing one is empty.

    Raises:
        RequestNotUnderstood: It is no list, or holds something else.
    """
    found = take(values, key, list) or []
    if not all(isinstance(one, dict) for one in found):
        raise RequestNotUnderstood(f"'{key}' must hold objects")
    return found


def texts(values: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts; a missing one is empty.

    Raises:
        RequestNotUnderstood: It is no list, or holds something else.
    """
    found = take(values, key, list) or []
    if not all(isinstance(one, str) for one in found):
        raise RequestNotUnderstood(f"'{key}' must hold texts")
    return found


def numbers(values: Mapping[str, Any], key: str) -> list[int]:
    """Return a list of whole numbers that must be there.

    Raises:
        RequestNotUnderstood: It is no list, or holds something else.
    """
    found = need(values, key, list)
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in found):
        raise RequestNotUnderstood(f"'{key}' must hold whole numbers")
    return found


def properties(values: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return properties, texts by name; missing ones are none.

    Raises:
        RequestNotUnderstood: They are something else.
    """
    found = take(values, key, dict) or {}
    if not all(isinstance(one, str) for one in found.values()):
        raise RequestNotUnderstood(f"'{key}' must hold texts")
    return dict(found)
