"""Where phlo keeps what it can always make again."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # asked for by the quickest commands
if TYPE_CHECKING:
    from collections.abc import Mapping


def cache_folder(environ: Mapping[str, str] | None = None) -> str:
    """Return the user's cache folder for phlo; it may not exist yet.

    Args:
        environ: The environment; the process's if not given.
    """
    environ = os.environ if environ is None else environ
    if given := environ.get("PHLO_CACHE_DIR"):
        return os.path.expanduser(given)  # noqa: PTH111 - pathlib takes longer than the rest
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Caches/phlo")  # noqa: PTH111
    base = environ.get("XDG_CACHE_HOME") or "~/.cache"
    return os.path.join(os.path.expanduser(base), "phlo")  # noqa: PTH111, PTH118
