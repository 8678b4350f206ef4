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


class RegistryUnreachable(NetworkError):
    """The registry of an image cannot be reached, and the image is not on this machine."""

    code = "PHLO-N701"

    def __init__(
        self, image: str, said: str, *, used_by: Sequence[str], where: Where | None
    ) -> None:
        super().__init__(
            f"image '{image}' cannot be pulled: its registry does not answer",
            where=where,
            related=[Related(f"used by: {', '.join(used_by)}"), Related(f"engine: {said}")],
            why="the image is not on this machine, and this machine does not reach the registry",
            fix=Fix(
                f"connect to the network, then: docker pull {image}\n"
                "or bring it along as a file: docker load --input IMAGE.tar\n"
                "or run what can without containers: phlo services start --runtime native",
                command=f"docker pull {image}",
            ),
        )
        self.image = image


class ImageMissing(NetworkError):
    """An image is not where its name says, or not there for this machine's processor.

    Publishers remove images, and not every image exists for every platform.
    """

    code = "PHLO-N702"

    def __init__(
        self, image: str, problem: str, *, service: str, used_by: Sequence[str], said: str,
        where: Where | None, platform: str | None = None,
    ) -> None:  # fmt: skip
        if platform:
            why = f"the image is not there for the platform '{platform}'"
            fix = (
                f"take the machine's own: services: {{{service}: {{platform: null}}}}\n"
                f"or an image that has it: services: {{{service}: {{image: NAME:TAG}}}}"
            )
        else:
            why = "its name or tag is wrong, it was removed, or it needs a login"
            fix = (
                f"name one that is there: services: {{{service}: {{image: NAME:TAG}}}}\n"
                f"or log in, if it is private: docker login; look: docker pull {image}"
            )
        super().__init__(
            f"image '{image}' {problem}",
            where=where,
            related=[Related(f"used by: {', '.join(used_by)}"), Related(f"engine: {said}")],
            why=why,
            fix=Fix(fix, command=f"docker pull {image}"),
        )
        self.image = image


class BuildFailed(NetworkError):
    """The image of a service cannot be built from its folder."""

    code = "PHLO-N703"

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
