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
        where: Where | None,
    ) -> None:  # fmt: skip
        super().__init__(
            f"image '{image}' {problem}",
            where=where,
            related=[Related(f"used by: {', '.join(used_by)}"), Related(f"engine: {said}")],
            why=why,
            fix=fix,
        )
        self.image = image


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
