"""The catalog itself: which request is answered by whom."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote_plus

from phlo.errors import PhloError
from phlo.errors.rest import NotInCatalog, NotOffered, RequestNotUnderstood
from phlo.lakehouse.rest import http, names, namespaces, tables, views
from phlo.lakehouse.rest.files import CatalogFiles
from phlo.lakehouse.rest.forward import ForwardedCatalog
from phlo.lakehouse.rest.http import Answer, Request
from phlo.lakehouse.rest.place import Place, Terms, keys_of
from phlo.lakehouse.rest.rows import Name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from phlo.lakehouse.lake import Lake

logger = logging.getLogger("phlo.catalog")

#: What takes the place of the `/` of a ref in an address; no ref's name holds it.
SLASH = "~"

_NS = "namespaces/{namespace}"
#: Method and address, as `v1/config` tells them: who answers. `*` is one part of an address.
_ROUTES: dict[tuple[str, str], Callable[..., Answer]] = {
    ("GET", "namespaces"): namespaces.listed,
    ("POST", "namespaces"): namespaces.create,
    ("GET", _NS): namespaces.load,
    ("HEAD", _NS): namespaces.exists,
    ("DELETE", _NS): namespaces.drop,
    ("POST", f"{_NS}/properties"): namespaces.update,
    ("GET", f"{_NS}/tables"): tables.listed,
    ("POST", f"{_NS}/tables"): tables.create,
    ("POST", f"{_NS}/register"): tables.register,
    ("GET", f"{_NS}/tables/{{table}}"): tables.load,
    ("HEAD", f"{_NS}/tables/{{table}}"): tables.exists,
    ("POST", f"{_NS}/tables/{{table}}"): tables.commit,
    ("DELETE", f"{_NS}/tables/{{table}}"): tables.drop,
    ("GET", f"{_NS}/tables/{{table}}/credentials"): tables.credentials,
    ("POST", f"{_NS}/tables/{{table}}/metrics"): tables.metrics,
    ("POST", "tables/rename"): tables.rename,
    ("POST", "transactions/commit"): tables.transaction,
    ("GET", f"{_NS}/views"): views.listed,
    ("POST", f"{_NS}/views"): views.create,
    ("GET", f"{_NS}/views/{{view}}"): views.load,
    ("HEAD", f"{_NS}/views/{{view}}"): views.exists,
    ("POST", f"{_NS}/views/{{view}}"): views.replace,
    ("DELETE", f"{_NS}/views/{{view}}"): views.drop,
    ("POST", "views/rename"): views.rename,
}
ENDPOINTS = tuple(f"{method} /v1/{{prefix}}/{path}" for method, path in _ROUTES)


class AnyCatalog(Protocol):
    """What answers requests of the protocol."""

    def answer(self, request: Request, ref: str, consumer: str = "") -> Answer:
        """Answer a request; never raises.

        Args:
            request: The request, whose sender may do what it asks for.
            ref: The ref it is about.
            consumer: Who asks, for the keys of the storage; clients say whether they want them.
        """
        ...


class RestCatalog:
    """The Iceberg REST protocol over a lake; many threads may ask at once."""

    def __init__(
        self, lake: Lake, *, terms: Terms | None = None, also: Sequence[Path] = ()
    ) -> None:
        """Answer for a lake.

        Args:
            lake: The lake.
            terms: What clients are told, and how they reach the files.
            also: Folders outside of the lake in which tables may be.
        """
        self._lake = lake
        self._terms = terms or Terms(storage_properties=_keys(lake))
        self._files = CatalogFiles(lake, also)

    def answer(self, request: Request, ref: str, consumer: str = "") -> Answer:
        """Answer a request; never raises.

        Args:
            request: The request, whose sender may do what it asks for.
            ref: The ref it is about.
            consumer: Who asks, for the keys of the storage; clients say whether they want them.
        """
        try:
            keys = self._terms.keys_for(request, consumer)
            place = Place(self._lake, self._files, ref, keys, self._terms)
            answer = self._answer(place, request)
        except PhloError as error:
            answer = http.refused(error)
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            answer = http.failed()
        if request.method == "HEAD":
            return Answer(answer.status, b"", answer.headers)
        return answer

    def _answer(self, place: Place, request: Request) -> Answer:
        if len(request.body) > http.LARGEST_BODY:
            raise RequestNotUnderstood("The body is too large")
        parts = request.parts
        if parts == ["config"] and request.method in ("GET", "HEAD"):
            return self._config(place)
        shape, arguments = _shape(parts)
        answerer = _ROUTES.get((request.method, shape))
        if answerer is None:
            raise NotOffered(f"{request.method} {request.path[:200]}")
        return answerer(place, request, *arguments)

    def _config(self, place: Place) -> Answer:
        with place.reading():  # is there such a ref?
            pass
        defaults = {**self._terms.properties, **place.keys}
        return http.found({"defaults": defaults, "overrides": {}, "endpoints": list(ENDPOINTS)})


def catalog_of(lake: Lake, *, terms: Terms | None = None, also: Sequence[Path] = ()) -> AnyCatalog:
    """Return what answers for a lake: its own catalog, or the service that it is kept in.

    Args:
        lake: The lake.
        terms: What clients of its own catalog are told, and how they reach the files.
        also: Folders outside of the lake in which its own catalog may keep tables.
    """
    address = lake.catalog.rest_address()
    if address is not None:
        return ForwardedCatalog(address, terms or Terms(storage_properties=_keys(lake)))
    return RestCatalog(lake, terms=terms, also=also)


def _keys(lake: Lake) -> Callable[[str], Mapping[str, str]]:
    return lambda _consumer: keys_of(lake.storage)


def ref_of(part: str) -> str:
    """Return the ref that a part of an address names."""
    return unquote_plus(part).replace(SLASH, "/")


def part_of(ref: str) -> str:
    """Return how a ref is written in an address."""
    return ref.replace("/", SLASH)


def _shape(parts: list[str]) -> tuple[str, list[object]]:
    """Return what kind of address it is, and what it names."""
    if len(parts) < 2 or parts[0] != "namespaces":
        return "/".join(parts), []
    namespace = names.namespace_of(parts[1])
    if len(parts) < 4 or parts[2] not in ("tables", "views"):
        return "/".join([_NS, *parts[2:]]), [namespace]
    kind = parts[2].removesuffix("s")
    if len(parts) > 5:
        raise NotInCatalog(kind, names.shown((*namespace, *parts[3:])))
    name = names.checked_name(unquote_plus(parts[3]))
    return "/".join([_NS, parts[2], f"{{{kind}}}", *parts[4:]]), [Name(namespace, name)]
