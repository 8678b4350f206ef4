"""`python -m benchmarks.run [NAME...]`: run benchmarks and print each figure beside its peer's."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.registry import REGISTRY, Measurement, Options, Results, Skipped

#: Modules that add benchmarks; one that needs what is not installed is told and left out.
MODULES = ("ingest", "merge", "query", "checks", "cli", "services", "compose", "trino")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks, or beginnings of their names")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the large table")
    parser.add_argument("--pairs", type=int, default=5, help="interleaved pairs of ours and theirs")
    parser.add_argument("--install-peers", action="store_true", help="install dlt and others")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    _load()
    chosen = [n for n in REGISTRY.benchmarks if not given.names or n.startswith(tuple(given.names))]
    if not chosen:
        parser.error(f"there is no such benchmark; there are {', '.join(REGISTRY.benchmarks)}")
    with tempfile.TemporaryDirectory(prefix="phlo-bench-") as folder:
        options = Options(Path(folder), given.rows, given.pairs, given.install_peers)
        results = [result for name in chosen for result in _run(name, options)]
    if given.json:
        print(json.dumps({"schema": "phlo.benchmarks/1", "python": platform.python_version(),
                          "measurements": [_as_json(r) for r in results]}))  # fmt: skip
    else:
        _show(results)
    return 0


def _load() -> None:
    for name in MODULES:
        if (Path(__file__).parent / f"{name}.py").exists():
            importlib.import_module(f"benchmarks.{name}")


def _run(name: str, options: Options) -> Results:
    folder = options.folder / name
    folder.mkdir()
    began = time.monotonic()
    print(f"{name} ...", end="", flush=True, file=sys.stderr)
    try:
        return REGISTRY.benchmarks[name](replace(options, folder=folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        print(f" {time.monotonic() - began:.0f} s", file=sys.stderr)


def _as_json(result: Measurement | Skipped) -> dict[str, object]:
    if isinstance(result, Skipped):
        return {"name": result.name, "skipped": result.reason}
    return result.as_json()


def _show(results: Results) -> None:
    print(f"{'what':<46} {'ours':>9} {'theirs':>9} {'ratio':>7} {'goal':>7}  n  beside")
    for result in results:
        if isinstance(result, Skipped):
            print(f"{result.name:<46} {'skipped':>9}: {result.reason}")
            continue
        goal = "" if result.goal is None else f"{result.goal:.3g}"
        print(
            f"{result.name:<46} {_time(result.ours):>9} {_time(result.theirs):>9}"
            f" {result.ratio:>7.3f} {goal:>7}  {result.n}  {result.peer} {result.note}".rstrip()
        )


def _time(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
