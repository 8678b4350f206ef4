"""PHLO-D940..D949: what the Iceberg REST catalog answers to a request it cannot fulfil.

Each has the HTTP status and the type that the protocol gives the case; clients look at those, and
show the message. Messages are worded as Iceberg's own catalogs word them.
"""

from __future__ import annotations

from phlo.errors.data import DataError


class CatalogRefusal(DataError):
    """A request to the catalog is refused; `status` and `kind` say so in the protocol's words."""

    status = 400
    kind = "BadRequestException"


class RequestNotUnderstood(CatalogRefusal):
    """A request to the catalog is not as the protocol says."""

    code = "PHLO-D940"

    def __init__(self, problem: str) -> None:
        super().__init__(
            problem,
            why="the request is not one of the Iceberg REST protocol, or asks for what cannot be",
            fix="see the protocol's document, or report it to the makers of the client",
        )


class NotInCatalog(CatalogRefusal):
    """A namespace, table or view was named that the ref does not have."""

    code = "PHLO-D941"
    status = 404

    def __init__(self, what: str, name: str) -> None:
        super().__init__(
            f"{what.capitalize()} does not exist: {name}",
            why="it was never made on this ref, or was dropped",
            fix=f"see which there are, or make the {what} first",
        )
        self.kind = f"NoSuch{what.capitalize()}Exception"


class NameTaken(CatalogRefusal):
    """A namespace, table or view was to be made under a name that is taken."""

    code = "PHLO-D942"
    status = 409
    kind = "AlreadyExistsException"

    def __init__(self, what: str, name: str, *, but: str = "") -> None:
        super().__init__(
            f"{what.capitalize()}{' with same name' if but else ''} already exists: {name}",
            why="tables and views of a namespace share their names, and none is replaced silently",
            fix="choose another name, or drop what has it",
        )


class CommitRefused(CatalogRefusal):
    """A commit began from a state of the table that is not its state any more.

    Nothing was changed; of several tables in one transaction none was.
    """

    code = "PHLO-D943"
    status = 409
    kind = "CommitFailedException"

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"Cannot commit: {problem}",
            why="somebody else changed the table between the beginning of the change and its end",
            fix="begin again from the table as it is now",
        )


class NamespaceInUse(CatalogRefusal):
    """A namespace was to be dropped that holds something."""

    code = "PHLO-D944"
    status = 409
    kind = "NamespaceNotEmptyException"

    def __init__(self, name: str, holds: str) -> None:
        super().__init__(
            f"Namespace {name} is not empty. Contains {holds}.",
            why="what is in it would be lost from sight",
            fix="drop what is in it first",
        )


class NotOffered(CatalogRefusal):
    """Something of the protocol was asked for that this catalog does not do."""

    code = "PHLO-D945"
    status = 406
    kind = "UnsupportedOperationException"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Not supported: {what}",
            why="this catalog does not do it; what it does is in its answer to v1/config",
            fix="do it in another way",
        )


class PropertiesContradict(CatalogRefusal):
    """A property was to be set and removed at once."""

    code = "PHLO-D946"
    status = 422
    kind = "UnprocessableEntityException"

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"Invalid namespace properties update. Cannot simultaneously set and remove keys: "
            f"{', '.join(names)}",
            why="one of the two would be lost",
            fix="say only one of them",
        )


class WrongCatalogToken(CatalogRefusal):
    """A request to the catalog came without a token, or with one that nobody has."""

    code = "PHLO-D947"
    status = 401
    kind = "NotAuthorizedException"

    def __init__(self) -> None:
        super().__init__(
            "Not authorized: a bearer token is needed",
            why="who may ask the catalog may read and change every table",
            fix="give the client the token that `phlo env export` shows",
        )


class CatalogUnreachable(CatalogRefusal):
    """The catalog that stands behind this address does not answer."""

    code = "PHLO-D948"
    status = 503
    kind = "ServiceUnavailableException"

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(
            f"the catalog at {url} does not answer: {problem}",
            why="requests are passed on to it",
            fix="see whether it runs: `phlo services status`",
        )


class LocationRefused(CatalogRefusal):
    """A table was to be made or moved outside of the lake's folder.

    The catalog writes metadata where a table is, so it could be made to write anywhere. Folders
    that it may use besides are named in `PHLO_CATALOG_LOCATIONS`.
    """

    code = "PHLO-D949"
    status = 403
    kind = "ForbiddenException"

    def __init__(self, location: str) -> None:
        super().__init__(
            f"Location is not in the lake: {location}",
            why="the catalog reads and writes files only where the lake's tables are",
            fix="leave the location out, or allow its folder in PHLO_CATALOG_LOCATIONS",
        )
