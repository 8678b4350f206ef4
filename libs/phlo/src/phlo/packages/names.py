"""The names that new packages may have."""

from __future__ import annotations

from phlo.errors.package import NameTaken
from phlo.plugins.discovery import discover
from phlo.plugins.index import bundled
from phlo.scaffold.plugin import distribution_of, service_name


def check_name_is_free(said: str) -> None:
    """Refuse a name that an installed package or one of the index has; others are not looked at.

    Raises:
        NameTaken: It has it (PHLO-P321).
    """
    name = service_name(said)
    if name is None:
        return  # what is wrong with it is told when the package is made
    distribution = distribution_of(name)
    for found in discover():
        if found.name == name or found.distribution == distribution:
            raise NameTaken(name, f"{found.distribution} {found.version}")
    if known := bundled().get(name) or bundled().get(distribution):
        raise NameTaken(name, known[0].distribution)
