"""How long commands take to start, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.registry import Measurement, Options, Results, benchmark
from benchmarks.timing import medians

PHLO = Path(sys.executable).with_name("phlo")
#: Each command, and how many times the bare interpreter it may take.
_COMMANDS = {("--version",): 2.0, ("--help",): 5.0, ("services", "list"): 8.0}
#: A process is short: more turns make the median steady.
_TURNS = 4


@benchmark("cli.startup")
def startup(options: Options) -> Results:
    """Start the command, beside `python -c pass`; caches are warm, bytecode is compiled."""
    project = options.folder / "lake"
    _run(options.folder, str(PHLO), "init", "lake")
    results = []
    for arguments, goal in _COMMANDS.items():
        _run(project, str(PHLO), *arguments)
        turns = options.pairs * _TURNS
        times = medians(
            {
                "ours": lambda turn, words=arguments: _run(project, str(PHLO), *words),
                "theirs": lambda turn: _run(project, sys.executable, "-c", "pass"),
            },
            turns,
        )
        name = f"phlo {' '.join(arguments)}"
        results.append(
            Measurement(name, times["ours"], "python -c pass", times["theirs"], turns, goal)
        )
    return results


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)  # fmt: skip
