"""PHLO-N71x: the package index, and the wheels that are taken by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, Related
from phlo.errors.network import NetworkError
from phlo.errors.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import Where


class IndexUnreadable(NetworkError):
    """A package index cannot be fetched, or is not what an index looks like."""

    code = "PHLO-N710"

    def __init__(self, source: str, problem: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"the package index '{source}' cannot be read: {problem}",
            where=where,
            why="packages are installed by what an index says of them, and by nothing else",
            fix="name a file or an https address that holds one: --index FILE, or index: in "
            "phlo.yaml\nor make one: phlo plugin register PACKAGE --index FILE",
        )


class NotInIndex(NetworkError):
    """A package was asked for that the index does not know.

    A package of a similar name, from wherever, is never installed by a guess.
    """

    code = "PHLO-N711"

    def __init__(self, name: str, known: Iterable[str], *, index: str) -> None:
        close = nearest(name, known)
        own = (
            "if it is a package of yours, put it into an index: "
            "phlo plugin register FOLDER --index FILE, then: "
            f"phlo add {name} --index FILE"
        )
        hint = f"did you mean {close[0]}? phlo add {close[0]}\nor " if close else ""
        look = "see what there is: phlo plugin search"
        super().__init__(
            f"the index has no package '{name}'",
            why=f"phlo installs only what its index names, with its hash (asked: {index})",
            fix=Fix(f"{hint}{look}\n{own}", f"phlo add {close[0]}" if close else None),
        )


class HashMismatch(NetworkError):
    """A wheel is not the one that the index describes; it was not installed."""

    code = "PHLO-N712"

    def __init__(self, wheel: str, wanted: str, got: str) -> None:
        super().__init__(
            f"'{wheel}' is not the file that the index describes",
            related=[Related(f"the index: sha256 {wanted}"), Related(f"the file: sha256 {got}")],
            why="it was changed or damaged after it was registered, or it is another build of it",
            fix="take the wheel from where it was published"
            "\nor, if the new file is right, register it: phlo plugin register FOLDER --index FILE",
        )


class WheelMissing(NetworkError):
    """The index knows a package, and its wheel is not where wheels are looked for."""

    code = "PHLO-N713"

    def __init__(self, wheel: str, places: Sequence[str]) -> None:
        said = ", ".join(places) or "the index names no place, and no folder of wheels was given"
        super().__init__(
            f"the wheel '{wheel}' is not there",
            why=f"looked in: {said}",
            fix="put it into a folder of wheels and name that: --find-links FOLDER, or "
            "find_links: in phlo.yaml",
        )


class NotPublished(NetworkError):
    """The index knows a package whose wheel has not been published: it has no hash."""

    code = "PHLO-N714"

    def __init__(self, distribution: str, version: str) -> None:
        super().__init__(
            f"{distribution} {version} is not published yet",
            why="the index has no hash for it, so nothing that is fetched could be checked",
            fix="build it and name the folder of its wheel: --find-links FOLDER"
            "\nor look for a newer index: phlo plugin search --refresh",
        )


class InstallFailed(NetworkError):
    """The installer ended with an error; the environment is as it was before."""

    code = "PHLO-N715"

    def __init__(self, command: str, code: int, lines: Sequence[str]) -> None:
        super().__init__(
            f"the packages cannot be installed: the installer ended with {code}",
            related=[Related(line) for line in lines],
            why="its last lines say what; nothing was changed",
            fix=Fix(f"correct that, and do it again; what was run: {command}"),
        )


class BrokenWheel(NetworkError):
    """A wheel is not a package of phlo: its metadata or its `service.yaml` cannot be used."""

    code = "PHLO-N716"

    def __init__(self, wheel: str, problem: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"the wheel '{wheel}' cannot be used: {problem}",
            where=where,
            why="it was looked into before anything was installed; nothing was changed",
            fix="build it again from a package that is sound: phlo plugin check NAME",
        )
