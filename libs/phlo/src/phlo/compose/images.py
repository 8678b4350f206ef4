"""The names of images: `registry/repository:tag@digest`, each part but the repository optional."""

from __future__ import annotations

#: What the engine leaves out of the names of images of its own registry.
_HUB = ("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/")


def has_digest(image: str) -> bool:
    """Tell whether a name says which bytes are meant."""
    return "@" in image


def has_version(image: str) -> bool:
    """Tell whether a name says more than "the newest one"."""
    return has_digest(image) or _tag(image) not in ("", "latest")


def repository(image: str) -> str:
    """Return a name without tag and digest, in the form the engine shows it."""
    whole = image.partition("@")[0]
    tag = _tag(image)
    name = whole.removesuffix(f":{tag}") if tag else whole
    for prefix in _HUB:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def with_digest(image: str, digest: str | None) -> str:
    """Return a name that means these bytes and no others."""
    return f"{image}@{digest}" if digest and not has_digest(image) else image


def _tag(image: str) -> str:
    # A colon before the last slash is that of a registry's port.
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]
