"""Processes told apart: a pid is given to others later, a pid with its start is not."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def identity(pid: int | None = None) -> str | None:
    """Return what tells a process apart from a later one with its pid; None if it is gone.

    On Linux this is the boot and the clock ticks since then, which no change of the clock moves.
    """
    pid = os.getpid() if pid is None else pid
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _by_psutil(pid)
    except OSError:
        return None
    # The name stands in brackets and may hold anything; the state follows it.
    state, *rest = status.rpartition(")")[2].split()
    return None if state in "ZX" else f"{boot[:8]}:{rest[18]}"


def is_alive(pid: int | None, process: str | None) -> bool:
    """Whether the process that was meant still runs."""
    return pid is not None and process is not None and identity(pid) == process


def ask_to_end(pid: int, process: str) -> bool:
    """Send SIGTERM to a process; False if it is gone."""
    if not is_alive(pid, process):
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    return True


def _by_psutil(pid: int) -> str | None:
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return None
