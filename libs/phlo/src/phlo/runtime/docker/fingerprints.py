"""Whether the secrets are still those that a volume's data was made with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.errors.docker import StaleSecret
from phlo.runtime.docker.values import fingerprint, is_same
from phlo.runtime.state import FINGERPRINTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from phlo.model.stack import SecretNeed

_LABEL = "phlo.secret."


def marks(volumes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the fingerprint that volumes bear of each secret, by the secret's name."""
    return {
        label.removeprefix(_LABEL): mark
        for volume in volumes
        for label, mark in (volume.get("Labels") or {}).items()
        if label.startswith(_LABEL) and mark
    }


def check(
    root: Path,
    volumes: Sequence[Mapping[str, Any]],
    secrets: Mapping[str, str],
    needs: Iterable[SecretNeed],
) -> list[StaleSecret]:
    """Return a fault for each secret that is not the one a volume's data was made with.

    Args:
        root: The project's folder.
        volumes: The project's volumes as the engine describes them.
        secrets: The secrets by name.
        needs: Whose each is.
    """
    changed: dict[str, str] = FINGERPRINTS.read(root).get("secrets", {})
    by_name = {need.name: need for need in needs}
    faults = []
    for volume in volumes:
        for name, label in marks([volume]).items():
            mark = changed.get(f"{volume['Name']}/{name}", label)
            if name in by_name and name in secrets and not is_same(secrets[name], mark):
                need = by_name[name]
                faults.append(
                    StaleSecret(
                        need.service, need.setting, name, volume=volume["Name"],
                        created=str(volume.get("CreatedAt", ""))[:10],
                        where=need.origin.where if need.origin else None,
                    )
                )  # fmt: skip
    return faults


def labels(root: Path, volume: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels by which a volume would tell the secrets that its data has by now."""
    changed: dict[str, str] = FINGERPRINTS.read(root).get("secrets", {})
    return {
        f"{_LABEL}{name}": changed.get(f"{volume['Name']}/{name}", mark)
        for name, mark in marks([volume]).items()
    }


def forget(root: Path, volumes: Iterable[str]) -> None:
    """Forget what the data of volumes was told, which are gone."""
    gone = set(volumes)
    kept: dict[str, str] = FINGERPRINTS.read(root).get("secrets", {})
    left = {key: mark for key, mark in kept.items() if key.rpartition("/")[0] not in gone}
    if left != kept:
        FINGERPRINTS.write(root, {"secrets": left})


def accept(root: Path, volumes: Iterable[Mapping[str, Any]], name: str, secret: str) -> None:
    """Keep that the data of volumes has a new secret now: a volume's label never changes."""
    kept: dict[str, str] = FINGERPRINTS.read(root).get("secrets", {})
    for volume in volumes:
        if name in marks([volume]):
            salt = marks([volume])[name].partition("-")[0]
            kept[f"{volume['Name']}/{name}"] = fingerprint(secret, salt)
    FINGERPRINTS.write(root, {"secrets": kept})
