"""PHLO-N: the network, and what is fetched over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError, Related

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.errors import Where


class NetworkError(PhloError):
    """Something cannot be fetched."""

    code = "PHLO-N700"


class ImageMissing(NetworkError):
    """An image is not on this machine, and cannot be fetched from where its name says.

    Publishers remove images, not every image exists for every processor, and a registry cannot
    always be reached.
    """

    code = "PHLO-N702"

    def __init__(
        self, image: str, problem: str, *, why: str, fix: str, used_by: Sequence[str], said: str,
        where: Where | None, service: str, digest: str | None = None, is_of_package: bool = False,
    ) -> None:  # fmt: skip
        locked = [Related(f"phlo.lock: {digest} is not in its registry")] if digest else []
        super().__init__(
            f"image '{image}' {problem}",
            where=where,
            related=[Related(f"used by: {', '.join(used_by)}"), *locked,
                     Related(f"engine: {said}")],
            why=why,
            fix=fix,
        )  # fmt: skip
        self.image = image
        self.service = service
        self.is_of_package = is_of_package
        """Whether the service's package names it, and a newer one may name another."""

    def offer(self, *, upgrade: tuple[str, str] | None, others: Sequence[str]) -> None:
        """Put before the fix what the package index has.

        Args:
            upgrade: A newer version of the service's package, and the image that it uses.
            others: Services that do the same.
        """
        lines = []
        if upgrade:
            command = f"phlo upgrade {self.service}"
            lines.append(f"{command}          ({upgrade[0]} uses {upgrade[1]})")
        lines += [f"use another service: phlo swap {self.service} {one}" for one in others]
        if lines:
            self.fix = Fix("\nor ".join([*lines, self.fix.text]), command if upgrade else None)


class BuildFailed(NetworkError):
    """The image of a service cannot be built from its folder."""

    code = "PHLO-N704"

    def __init__(self, service: str, *, lines: Sequence[str], where: Where | None) -> None:
        super().__init__(
            f"the image of '{service}' cannot be built",
            where=where,
            related=[Related(line) for line in lines],
            why="a step of its Dockerfile failed; the last lines say which",
            fix=Fix(
                "correct that, then: phlo services start\n"
                "see all of it: docker compose -f .phlo/compose.yaml --env-file .phlo/.env "
                f"build {service}",
                command="phlo services start",
            ),
        )
        self.service = service
