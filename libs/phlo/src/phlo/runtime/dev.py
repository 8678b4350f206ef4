"""Development mode, remembered: what one command said holds for those that come after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phlo.runtime.state import StateFile

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.model.options import Options

#: `{"all": whether all editable services are, "services": [those that are by name]}`.
DEV = StateFile("dev.json", "which services are in development mode")


def recalled(root: Path, options: Options) -> Options:
    """Return the options with the development mode that was said before, where they say none.

    Raises:
        StateBroken: What is remembered cannot be read.
    """
    if options.dev is False:
        return options
    kept = DEV.read(root)
    services = {*kept.get("services", ()), *options.dev_services}
    if options.dev is None:
        return replace(options, dev=bool(kept), dev_services=tuple(sorted(services)))
    # Once all editable ones are in it, a name adds nothing to them.
    is_all = not options.dev_services or bool(kept.get("all"))
    return replace(options, dev_services=() if is_all else tuple(sorted(services)))


def remember(root: Path, options: Options) -> None:
    """Keep what a command says of development mode; one that says nothing changes nothing.

    Raises:
        FolderUnwritable: It cannot be written.
    """
    if options.dev is None:
        return
    if options.dev is False:
        if DEV.path(root).exists():
            DEV.path(root).unlink()
        return
    said = recalled(root, options)
    DEV.write(root, {"all": not said.dev_services, "services": list(said.dev_services)})
