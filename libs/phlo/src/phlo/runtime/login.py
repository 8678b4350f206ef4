"""The link that logs a browser in to Observatory, once."""

from __future__ import annotations

import json
import urllib.request
from contextlib import suppress

#: phlo-api is on this machine; it answers at once or is not there.
_PATIENCE = 5.0


def login_link(observatory: str, api: str, token: str) -> str | None:
    """Return an address that logs a browser in, once; None when phlo-api makes none.

    Args:
        observatory: The address of Observatory, as the browser opens it.
        api: The address of phlo-api.
        token: Its token.
    """
    request = urllib.request.Request(
        f"{api}/api/v1/auth/links",
        method="POST",
        headers={"authorization": f"Bearer {token}", "content-length": "0"},
    )
    with (
        suppress(OSError, ValueError, KeyError),
        urllib.request.urlopen(request, timeout=_PATIENCE) as answer,
    ):
        return f"{observatory}{json.load(answer)['path']}"
    return None
