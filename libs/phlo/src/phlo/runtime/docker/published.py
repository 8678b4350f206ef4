"""Which containers hold ports of this machine, of this project and of others."""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

#: `127.0.0.1:5432->5432/tcp, :::80-81->80-81/tcp`, as `docker ps` prints it.
_PUBLISHED = re.compile(r":(\d+)(?:-(\d+))?->")
_FORMAT = '{{.Names}}\t{{.Label "phlo.project"}}\t{{.Label "phlo.root"}}\t{{.Ports}}'


@dataclass(frozen=True, slots=True)
class Publisher:
    """A running container that holds a port of this machine."""

    container: str
    project: str
    root: str

    def __str__(self) -> str:
        if self.root:
            return f"phlo project '{self.project}' ({self.root}), container {self.container}"
        return f"container {self.container}"

    @property
    def stop(self) -> str:
        """The command that ends it."""
        if self.root:
            return f"phlo -C {quote(self.root)} services stop"
        return f"docker stop {self.container}"

    def is_of(self, root: Path, former: str | None = None) -> bool:
        """Whether it belongs to the project in a folder, or in the one where that was before."""
        if self.root and self.root == former and not Path(former).exists():
            return True
        with suppress(OSError):
            return bool(self.root) and Path(self.root).samefile(root)
        return False


def published() -> dict[int, Publisher]:
    """Return who holds each port; nothing where no engine answers."""
    try:
        done = subprocess.run(
            ["docker", "ps", "--no-trunc", "--format", _FORMAT], capture_output=True, text=True,
            timeout=5, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found = {}
    for line in done.stdout.splitlines():
        name, project, root, ports = [*line.split("\t"), "", "", ""][:4]
        for first, last in _PUBLISHED.findall(ports):
            for port in range(int(first), int(last or first) + 1):
                found[port] = Publisher(name, project, root)
    return found
