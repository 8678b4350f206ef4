"""Namespaces: listed, made, described, dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors.rest import PropertiesContradict
from phlo.lakehouse.rest import names
from phlo.lakehouse.rest.http import Answer, done, found
from phlo.lakehouse.rest.values import parsed, properties, texts

if TYPE_CHECKING:
    from phlo.lakehouse.rest.http import Request
    from phlo.lakehouse.rest.names import Namespace
    from phlo.lakehouse.rest.place import Place


def listed(place: Place, request: Request) -> Answer:
    """List namespaces: the top ones, or those right below `parent`."""
    parent = request.parameter("parent")
    # The parameter is decoded already; its levels have the same separator.
    above = names.checked_namespace(parent.split(names.SEPARATOR)) if parent else ()
    after, limit = request.page()
    with place.reading() as rows:
        if above:
            rows.require_namespace(above)
        every = [one for one in rows.namespaces(above) if names.to_row(one) > after]
    some = every[:limit]
    answer: dict[str, object] = {"namespaces": [list(one) for one in some]}
    if len(some) < len(every):
        answer["next-page-token"] = names.to_row(some[-1])
    return found(answer)


def create(place: Place, request: Request) -> Answer:
    """Make a namespace."""
    body = parsed(request.body)
    namespace = names.checked_namespace(body.get("namespace"))
    said = properties(body, "properties")
    with place.writing() as rows:
        rows.create_namespace(namespace, said)
        kept = rows.properties(namespace)
    return found(_described(place, namespace, kept))


def load(place: Place, _request: Request, namespace: Namespace) -> Answer:
    """Describe a namespace."""
    with place.reading() as rows:
        kept = rows.properties(namespace)
    return found(_described(place, namespace, kept))


def exists(place: Place, _request: Request, namespace: Namespace) -> Answer:
    """Say whether there is a namespace."""
    with place.reading() as rows:
        rows.require_namespace(namespace)
    return done()


def update(place: Place, request: Request, namespace: Namespace) -> Answer:
    """Say something of a namespace, or take back what was said."""
    body = parsed(request.body)
    removals, updates = texts(body, "removals"), properties(body, "updates")
    if both := sorted(set(removals) & set(updates)):
        raise PropertiesContradict(both)
    with place.writing() as rows:
        before = rows.properties(namespace)
        rows.set_properties(namespace, updates, tuple(removals))
    return found(
        {
            "updated": sorted(updates),
            "removed": sorted(set(removals) & set(before)),
            "missing": sorted(set(removals) - set(before)),
        }
    )


def drop(place: Place, _request: Request, namespace: Namespace) -> Answer:
    """Take an empty namespace away."""
    with place.writing() as rows:
        rows.drop_namespace(namespace)
    return done()


def _described(place: Place, namespace: Namespace, kept: dict[str, str]) -> dict[str, object]:
    # Trino makes tables at an address of its own only when it knows that of their namespace.
    location = place.files.namespace_location(namespace)
    return {"namespace": list(namespace), "properties": {"location": location, **kept}}
