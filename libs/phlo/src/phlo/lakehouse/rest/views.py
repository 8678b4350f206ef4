"""Views: kept in the catalog as tables are, so that branches have them too."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from phlo.errors.rest import CommitRefused, NameTaken, NotInCatalog
from phlo.lakehouse.catalog import VIEW_FILE
from phlo.lakehouse.rest import commits, names, requirements, tables, view_metadata
from phlo.lakehouse.rest.http import Answer, done, encoded, found
from phlo.lakehouse.rest.rows import VIEW, Name
from phlo.lakehouse.rest.values import objects, parsed

if TYPE_CHECKING:
    from phlo.lakehouse.rest.http import Request
    from phlo.lakehouse.rest.names import Namespace
    from phlo.lakehouse.rest.place import Place
    from phlo.lakehouse.rest.view_metadata import View


def listed(place: Place, request: Request, namespace: Namespace) -> Answer:
    """List a namespace's views."""
    return tables.listed(place, request, namespace, VIEW)


def create(place: Place, request: Request, namespace: Namespace) -> Answer:
    """Make a view."""
    body = parsed(request.body)
    name = Name(namespace, names.checked_name(body.get("name")))
    with place.reading() as rows:
        rows.require_namespace(namespace)
        if rows.location(name, VIEW) is not None:
            raise NameTaken("view", str(name))
    asked = body.get("location")
    location = place.files.table_location(name) if asked is None else place.files.checked(asked)
    view = view_metadata.new(body, location)
    written = _written(place, view, 0)
    try:
        with place.writing() as rows:
            rows.insert(name, written, VIEW)
    except BaseException:
        place.files.delete([written])
        raise
    return _loaded(written, view)


def load(place: Place, _request: Request, name: Name) -> Answer:
    """Give a view's metadata."""
    return _loaded(*_load(place, name))


def exists(place: Place, _request: Request, name: Name) -> Answer:
    """Say whether there is a view."""
    _require(place, name)
    return done()


def replace(place: Place, request: Request, name: Name) -> Answer:
    """Change a view."""
    body = parsed(request.body)
    for _ in range(commits.TRIES):
        location, view = _load(place, name)
        requirements.check(objects(body, "requirements"), view, name)
        changed = view_metadata.apply(view, objects(body, "updates"))
        if changed == view:
            return _loaded(location, view)
        place.files.checked(changed["location"])
        written = _written(place, changed, changed["current-version-id"])
        try:
            with place.writing() as rows:
                rows.swap(name, location, written)
        except CommitRefused:
            place.files.delete([written])
            continue
        except BaseException:
            place.files.delete([written])
            raise
        return _loaded(written, changed)
    raise CommitRefused("Others change this view all the time")


def rename(place: Place, request: Request) -> Answer:
    """Give a view another name."""
    return tables.rename(place, request, VIEW)


def drop(place: Place, _request: Request, name: Name) -> Answer:
    """Take a view away."""
    with place.writing() as rows:
        rows.delete(name, VIEW)
    return done()


def _require(place: Place, name: Name) -> str:
    with place.reading() as rows:
        location = rows.location(name, VIEW)
    if location is None:
        raise NotInCatalog("view", str(name))
    return location


def _load(place: Place, name: Name) -> tuple[str, View]:
    location = _require(place, name)
    return location, view_metadata.read(place.files.read(location), location)


def _written(place: Place, view: View, number: int) -> str:
    location = f"{view['location']}/metadata/{number:05d}-{uuid.uuid4()}{VIEW_FILE}"
    place.files.write(location, encoded(view))
    return location


def _loaded(location: str, view: View) -> Answer:
    return found({"metadata-location": location, "metadata": view, "config": {}})
