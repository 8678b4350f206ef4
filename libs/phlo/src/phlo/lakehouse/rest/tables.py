"""Tables: listed, made, read, committed to, renamed, dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.rest import NameTaken, RequestNotUnderstood
from phlo.lakehouse.rest import commits, names, purge, table_metadata
from phlo.lakehouse.rest.http import Answer, done, encoded, found
from phlo.lakehouse.rest.rows import TABLE, Name
from phlo.lakehouse.rest.values import need, objects, parsed, properties, take
from phlo.lakehouse.table import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.rest.http import Request
    from phlo.lakehouse.rest.names import Namespace
    from phlo.lakehouse.rest.place import Place

_OWN = {key: value for key, value in DEFAULTS.items() if key != "format-version"}


def listed(place: Place, request: Request, namespace: Namespace, kind: str = TABLE) -> Answer:
    """List a namespace's tables, or views."""
    after, limit = request.page()
    with place.reading() as rows:
        rows.require_namespace(namespace)
        # One more than asked for tells whether there are more.
        every = rows.listed(namespace, kind, after, -1 if limit is None else limit + 1)
    some = every[:limit]
    shown = [{"namespace": list(namespace), "name": names.name_from_row(one)} for one in some]
    answer: dict[str, object] = {"identifiers": shown}
    if len(some) < len(every):
        answer["next-page-token"] = some[-1]
    return found(answer)


def create(place: Place, request: Request, namespace: Namespace) -> Answer:
    """Make a table, or with `stage-create` say what it would be."""
    body = parsed(request.body)
    name = Name(namespace, names.checked_name(body.get("name")))
    with place.reading() as rows:
        rows.require_namespace(namespace)
        if rows.location(name) is not None:
            raise NameTaken("table", str(name))
    asked = body.get("location")
    location = place.files.table_location(name) if asked is None else place.files.checked(asked)
    metadata = table_metadata.new(
        need(body, "schema", dict),
        take(body, "partition-spec", dict),
        take(body, "write-order", dict),
        location,
        place.terms.of_new_table(properties(body, "properties"), _OWN),
    )
    content = table_metadata.written(metadata)
    if take(body, "stage-create", bool):
        place.files.prepare(location)
        return _loaded(place, None, content)
    written = table_metadata.next_location(metadata, None)
    place.files.prepare(location)
    place.files.write(written, content)
    try:
        with place.writing() as rows:
            rows.insert(name, written)
    except BaseException:
        place.files.delete([written])
        raise
    return _loaded(place, written, content)


def register(place: Place, request: Request, namespace: Namespace) -> Answer:
    """Take in a table that has its metadata somewhere already."""
    body = parsed(request.body)
    name = Name(namespace, names.checked_name(body.get("name")))
    location = need(body, "metadata-location", str)
    content = place.files.read(location)
    # It is written again nowhere, so it must be as every reader wants it.
    table_metadata.written(table_metadata.read(content, location))
    with place.writing() as rows:
        if take(body, "overwrite", bool) and (before := rows.location(name)) is not None:
            rows.swap(name, before, location)
        else:
            rows.insert(name, location)
    return _loaded(place, location, content)


def load(place: Place, request: Request, name: Name) -> Answer:
    """Give a table's metadata; with `snapshots=refs` only the snapshots of branches and tags."""
    location, metadata = commits.load(place, name)
    if request.parameter("snapshots") == "refs":
        wanted = {ref["snapshot-id"] for ref in metadata["refs"].values()}
        some = [s for s in metadata["snapshots"] if s["snapshot-id"] in wanted]
        metadata = {**metadata, "snapshots": some}
    return _loaded(place, location, encoded(metadata))


def exists(place: Place, _request: Request, name: Name) -> Answer:
    """Say whether there is a table."""
    commits.require(place, name)
    return done()


def credentials(place: Place, _request: Request, name: Name) -> Answer:
    """Say how the consumer reaches a table's files."""
    location, _ = commits.load(place, name)
    config = place.keys
    held = [{"prefix": location.rpartition("/metadata/")[0], "config": config}] if config else []
    return found({"storage-credentials": held})


def commit(place: Place, request: Request, name: Name) -> Answer:
    """Change one table."""
    body = parsed(request.body)
    staged = commits.commit(place, [(name, body)])[name]
    answer = {
        "metadata-location": staged.location or staged.before,
        "metadata": staged.metadata,
    }
    return found(answer)


def transaction(place: Place, request: Request) -> Answer:
    """Change several tables, all of them or none."""
    changes = objects(parsed(request.body), "table-changes")
    if not changes:
        raise RequestNotUnderstood("'table-changes' must not be empty")
    commits.commit(place, [(named(change, "identifier"), change) for change in changes])
    return done()


def rename(place: Place, request: Request, kind: str = TABLE) -> Answer:
    """Give a table or view another name."""
    body = parsed(request.body)
    with place.writing() as rows:
        rows.rename(named(body, "source"), named(body, "destination"), kind)
    return done()


def drop(place: Place, request: Request, name: Name) -> Answer:
    """Take a table away; its files stay for the sweep, or with `purgeRequested` go at once."""
    with place.writing() as rows:
        location = rows.delete(name)
    if (request.parameter("purgeRequested") or "").lower() == "true":
        purge.purge(place, location)
    return done()


def metrics(_place: Place, request: Request, _name: Name) -> Answer:
    """Take a report of a scan or a commit; nothing is done with it."""
    parsed(request.body)
    return done()


def named(values: Mapping[str, Any], key: str) -> Name:
    """Return the table or view that a request names in its body.

    Raises:
        RequestNotUnderstood: It names none.
    """
    said = need(values, key, dict)
    return Name(
        names.checked_namespace(said.get("namespace")), names.checked_name(said.get("name"))
    )


def _loaded(place: Place, location: str | None, metadata: bytes) -> Answer:
    parts = [b'{"metadata":', metadata, b',"config":', encoded(place.keys)]
    if location is not None:
        parts += [b',"metadata-location":', encoded(location)]
    return Answer(200, b"".join([*parts, b"}"]), {"content-type": "application/json"})
