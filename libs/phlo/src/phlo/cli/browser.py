"""Opening a page in the user's browser, where there is a desktop to open it on."""

from __future__ import annotations

import os
import sys


def open_page(url: str, *, is_wanted: bool | None) -> None:
    """Open a page; without a wish, only for a person at a terminal on a desktop."""
    if is_wanted is False or (is_wanted is None and not _is_desktop()):
        return
    import webbrowser

    webbrowser.open(url)


def _is_desktop() -> bool:
    if "CI" in os.environ or "SSH_CONNECTION" in os.environ or not sys.stdout.isatty():
        return False
    # Elsewhere `webbrowser` may take over the terminal with a text browser.
    return sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
