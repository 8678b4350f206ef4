"""From `phlo services start` to a page that answers, beside the same programs started by hand."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.registry import Measurement, Options, Results, benchmark
from benchmarks.timing import medians

if TYPE_CHECKING:
    from collections.abc import Sequence

PHLO = Path(sys.executable).with_name("phlo")
_TOKEN = "only-for-this-benchmark"


@benchmark("services.start")
def start(options: Options) -> Results:
    """Start phlo-api and Observatory until both answer; the peer has no supervisor, no checks."""
    project = options.folder / "lake"
    _phlo(options.folder, "init", "lake")
    times = medians(
        {"ours": lambda turn: _by_phlo(project), "theirs": lambda turn: _by_hand(project)},
        options.pairs,
    )
    peer = "the two programs started by hand"
    name = "services start until ready"
    return [Measurement(name, times["ours"], peer, times["theirs"], options.pairs)]


def _by_phlo(project: Path) -> float:
    began = time.perf_counter()
    _phlo(project, "services", "start", "--no-open", "--only", "observatory")
    took = time.perf_counter() - began
    _phlo(project, "services", "stop")
    return took


def _by_hand(project: Path) -> float:
    api, pages = _free_ports(2)
    environ = os.environ | {
        "PHLO_API_TOKEN": _TOKEN, "PHLO_PROJECT_DIR": str(project),
        "PHLO_API_URL": f"http://127.0.0.1:{api}",
    }  # fmt: skip
    began = time.perf_counter()
    programs = [
        subprocess.Popen(
            [sys.executable, "-m", module, "--port", str(port)], env=environ,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for module, port in (("phlo_api", api), ("phlo_observatory", pages))
    ]  # fmt: skip
    try:
        _until_they_answer(
            [f"http://127.0.0.1:{api}/api/v1/healthz", f"http://127.0.0.1:{pages}/healthz"]
        )
        return time.perf_counter() - began
    finally:
        for program in programs:
            program.terminate()
        for program in programs:
            program.wait(30)


def _until_they_answer(urls: Sequence[str]) -> None:
    end = time.monotonic() + 60
    for url in urls:
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5):
                    break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _phlo(folder: Path, *arguments: str) -> None:
    subprocess.run([str(PHLO), *arguments], cwd=folder, check=True, capture_output=True)
