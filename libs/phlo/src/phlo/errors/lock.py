"""PHLO-L: phlo.lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError, Related

if TYPE_CHECKING:
    from collections.abc import Sequence


class LockError(PhloError):
    """`phlo.lock` does not fit what is installed."""

    code = "PHLO-L400"


class LockDrift(LockError):
    """`--frozen` was given, and what is installed is not what `phlo.lock` says.

    The lock holds what is the same on every machine: the versions of phlo and its packages, what
    their service.yaml says, the digests of images.
    """

    code = "PHLO-L401"

    def __init__(self, changes: Sequence[str]) -> None:
        super().__init__(
            "phlo.lock does not fit what is installed",
            related=[Related(change) for change in changes],
            why="--frozen takes nothing but what the lock says",
            fix=Fix(
                "install what the lock says, or accept the changes by leaving --frozen out once: "
                "phlo services init",
                command="phlo services init",
            ),
        )


class LockBroken(LockError):
    """`phlo.lock` is not what phlo writes: edited by hand, or left by a merge conflict."""

    code = "PHLO-L402"

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"'phlo.lock' cannot be read: {problem}",
            why="a lock that is understood in part would let other versions in",
            fix=Fix(
                "take the version that is in version control, or make it anew: rm phlo.lock, "
                "then phlo services init",
                command="rm phlo.lock",
            ),
        )


class LockTooNew(LockError):
    """A later phlo wrote `phlo.lock`."""

    code = "PHLO-L403"

    def __init__(self, schema: int, known: int) -> None:
        super().__init__(
            f"'phlo.lock' has the form {schema}, and this phlo knows {known}",
            why="a later phlo wrote it",
            fix="upgrade phlo to the version that is in the file, or later",
        )
