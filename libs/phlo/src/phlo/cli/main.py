"""The `phlo` command: a table of commands that are imported when they are called."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; a `PhloError` prints as a message and sets the exit code."""
    if sys.argv[1:] == ["--version"]:  # answered before click is imported: it is asked in loops
        from phlo.cli.version import installed_version

        print(f"phlo {installed_version()}")
        return
    from phlo.cli.run import run

    sys.exit(run(sys.argv[1:]))
