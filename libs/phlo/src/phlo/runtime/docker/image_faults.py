"""Why an image is not there: its registry has it no more, does not answer, or has another one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from phlo.errors.network import ImageMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.model.container import ContainerService

_OFFLINE = re.compile(
    r"no such host|i/o timeout|network is unreachable|connection refused|TLS handshake|"
    r"dial tcp|Client\.Timeout|proxyconnect|server misbehaving", re.IGNORECASE,
)  # fmt: skip
_GONE = re.compile(r"manifest unknown|not found|No such image", re.IGNORECASE)
_ABSENT = re.compile(
    rf"pull access denied|repository does not exist|unauthorized|denied|{_GONE.pattern}",
    re.IGNORECASE,
)
_PLATFORM = re.compile(
    r"does not match the (?:specified|detected) platform|no matching manifest|"
    r"wanted \S+, actual|does not provide the specified platform", re.IGNORECASE,
)  # fmt: skip


def image_fault(
    one: ContainerService, services: Sequence[ContainerService], said: str, text: str
) -> ImageMissing:
    """Return what it means that the image of a service cannot be had.

    Args:
        one: The service.
        services: All that are started.
        said: The last line of what the engine said.
        text: All of it.
    """
    image, name = str(one.image), one.name
    where = one.places.get("image")
    other = f"name one that is there: services: {{{name}: {{image: NAME:TAG}}}}"
    if one.digest:
        other = (
            f"take what the name means today, and lock that: phlo services start --pull\nor {other}"
        )
    if _PLATFORM.search(text) or one.platform:
        platform = f"the platform '{one.platform}'" if one.platform else "this machine's platform"
        problem = f"is not there for {platform}"
        why = "an image is made for certain processors"
        fix = f"take the machine's own: services: {{{name}: {{platform: null}}}}\nor {other}" \
            if one.platform else other  # fmt: skip
        where = one.places.get("platform") or where
    elif _OFFLINE.search(text) and not _ABSENT.search(text):
        problem = "cannot be pulled: its registry does not answer"
        why = "it is not on this machine, and this machine does not reach the registry"
        fix = f"connect to the network, and look: docker pull {image}\n" \
            f"or bring it along as a file: docker load --input IMAGE.tar\nor {other}"  # fmt: skip
    elif _GONE.search(text) and not re.search(r"denied|unauthorized", text, re.IGNORECASE):
        problem, why = "cannot be pulled: its registry does not have it", "its publisher removed it"
        why += ", or its name is wrong"
        fix = other
    else:
        problem, why = "cannot be pulled", "its name is wrong, it was removed, or it needs a login"
        fix = f"{other}\nor log in, if it is private: docker login; look: docker pull {image}"
    used = [f"{s.name} ({s.places.get('image') or s.origin})" for s in services if s.image == image]
    return ImageMissing(
        image, problem, why=why, fix=fix, used_by=used, said=_cause(said), where=where,
        digest=one.digest, service=name,
        is_of_package=bool(one.origin) and str(one.places.get("image")).startswith(one.origin),
    )  # fmt: skip


def _cause(said: str) -> str:
    return said.removeprefix("Error response from daemon: ")
