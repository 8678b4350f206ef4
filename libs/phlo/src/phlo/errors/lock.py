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
            f"phlo.lock does not fit what is installed: {len(changes)} differences",
            related=[Related(change) for change in changes],
            why="--frozen takes nothing but what the lock says",
            fix=Fix(
                "install what the lock says, or accept the changes by leaving --frozen out once: "
                "phlo services init",
                command="phlo services init",
            ),
        )
