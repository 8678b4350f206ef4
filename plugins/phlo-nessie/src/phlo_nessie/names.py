"""Names of refs as Nessie takes them: it knows fewer characters than phlo, and both are exact."""

from __future__ import annotations

import re

#: What may stand in a name of Nessie as it is. `_x` begins an encoded character.
_OTHER = re.compile(r"[^A-Za-z0-9./_-]|_(?=x)|\.(?=\.)|[./](?=/|$)|^(?![A-Za-z])")
_ENCODED = re.compile(r"_x([0-9A-F]*)_")


def encoded(name: str) -> str:
    """Return a ref's name as Nessie takes it: `run/a@b` is `run/a_x40_b`."""
    return _OTHER.sub(lambda found: f"_x{ord(found[0]):X}_" if found[0] else "r_x_", name)


def decoded(name: str) -> str:
    """Return a ref's name as phlo knows it."""
    return _ENCODED.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else "", name.removeprefix("r_x_")
    )
