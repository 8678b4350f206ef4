"""PHLO-L: phlo.lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError, Related

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.errors import Where


class LockError(PhloError):
    """`phlo.lock` does not fit what is installed."""

    code = "PHLO-L400"


class LockDrift(LockError):
    """`--frozen` was given, and what is installed is not what `phlo.lock` says.

    The lock holds what is the same on every machine: the versions of phlo and its packages, what
    their service.yaml says, the digests of images.
    """

    code = "PHLO-L401"

    def __init__(self, changes: Sequence[str], *, has_images: bool = False) -> None:
        # Only a start fetches images, and knows their digests then.
        command = "phlo services start" if has_images else "phlo services init"
        super().__init__(
            "phlo.lock does not fit what is " + ("used" if has_images else "installed"),
            related=[Related(change) for change in changes],
            why="--frozen takes nothing but what the lock says",
            fix=Fix(
                "install what the lock says, or accept the changes by leaving --frozen out once: "
                + command,
                command=command,
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


class ImageWithoutVersion(LockError):
    """An image is named without a version, and no registry tells which one it is today.

    A name without a tag, or with `latest`, means another image whenever it is fetched anew, so phlo
    renders the digest with it. One that was made on this machine has no digest, and one that was
    not fetched yet has none so far.
    """

    code = "PHLO-L404"

    def __init__(
        self, image: str, service: str, *, is_here: bool, where: Where | None = None
    ) -> None:
        repository = image.removesuffix(":latest")
        given = f"services: {{{service}: {{image: {repository}:1}}}}"
        if is_here:
            why = "it was made on this machine: no registry knows it, so it has no digest"
            fix = Fix(f"give it a version: docker tag {image} {repository}:1, and {given}",
                      command=f"docker tag {image} {repository}:1")  # fmt: skip
        else:
            why = "which image that is today is known when it has been fetched"
            fix = Fix(f"fetch it, and its digest goes into phlo.lock: phlo services start {service}"
                      f"\nor name a version, such as {given}",
                      command=f"phlo services start {service}")  # fmt: skip
        super().__init__(
            f"image '{image}' of '{service}' has neither a version nor a digest",
            why=why, fix=fix, where=where, path=f"services.{service}.image",
        )  # fmt: skip


class ImageNotLocked(LockError):
    """`--frozen` was given, and an image was made on this machine: no lock can say which it is."""

    code = "PHLO-L405"

    def __init__(self, image: str, service: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"image '{image}' of '{service}' is not in phlo.lock and cannot be",
            why="it was made on this machine: no registry knows it, so it has no digest",
            fix=Fix(
                f"push it and start once without --frozen: docker push {image}, then "
                f"phlo services start\nor let phlo build it: services: {{{service}: {{build: .}}}}",
                command=f"docker push {image}",
            ),
            where=where,
            path=f"services.{service}.image",
        )
