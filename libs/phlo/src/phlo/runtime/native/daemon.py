"""Starting supervisord, finding it again, telling it what changed, ending it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.service import SupervisorFailed
from phlo.runtime.atomic import write_atomically
from phlo.runtime.native import conf, stopping
from phlo.runtime.native.client import ALREADY_ADDED, BAD_NAME, Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.runtime.native.place import Place

_START_TIMEOUT = 15.0
#: What supervisord and the services get of the caller's environment, so that a start from another
#: shell starts the same thing.
INHERITED = (
    "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST",  # phlo-api asks the engine that phlo asks
    "HOME", "JAVA_HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "LOGNAME", "PATH",
    "SHELL", "TMPDIR", "TZ", "USER", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE",
)  # fmt: skip


def inherited() -> dict[str, str]:
    """Return the part of this process's environment that the services get."""
    return {key: os.environ[key] for key in INHERITED if key in os.environ}


def _problem(said: Path) -> str | None:
    """Return the line that says why supervisord ended."""
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    errors = [line for line in lines if line.startswith("Error:")]
    return next(iter([*errors, *lines[::-1]]), None)


class Daemon:
    """The supervisord of one project."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def client(self) -> Client | None:
        """Return a client of the running supervisord; None if none listens."""
        path = conf.socket_of(self.place.conf, self.place.mark)
        found = Client(path, str(self.place.daemon_log)) if path else None
        return found if found and found.is_there() else None

    def write(self, graces: Mapping[str, float]) -> bool:
        """Write the configuration; True if it changed."""
        running = self.client()
        socket = running.path if running else conf.socket_path(self.place.root)
        text = conf.render(graces, socket, self.place.mark or "")
        if self.place.conf.exists() and self.place.conf.read_text(encoding="utf-8") == text:
            return False
        write_atomically(self.place.conf, text)
        return True

    def start(self) -> Client:
        """Start supervisord with the configuration as written, and wait until it answers.

        Raises:
            SupervisorFailed: It does not.
        """
        self._end_forgotten()
        said = self.place.run / "supervisord.out"
        marks = {
            "PHLO_NATIVE_ALIVE": self.place.mark or "",
            "PHLO_NATIVE_ROOT": str(self.place.root),
        }
        with said.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", "supervisord.conf"],
                cwd=self.place.folder, env=inherited() | marks, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        end = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < end:
            if process.poll() is not None:
                problem = _problem(said) or f"exit code {process.returncode}"
                raise SupervisorFailed(f"did not start: {problem}", log=str(said))
            if (client := self.client()) is not None:
                process.returncode = 0  # it outlives this process: nobody is to wait for it
                return client
            time.sleep(0.02)
        process.terminate()
        raise SupervisorFailed(f"did not answer in {_START_TIMEOUT:.0f}s", log=str(said))

    def _end_forgotten(self) -> None:
        """End a supervisord that listens there still, though `.phlo` was deleted beneath it.

        Raises:
            SupervisorFailed: It is not this project's: its folder is there.
        """
        client = Client(conf.socket_path(self.place.root), str(self.place.daemon_log))
        if not client.is_there():
            return
        import psutil

        pid = client.ask("getPID")
        with suppress(psutil.Error):
            folder = Path(psutil.Process(pid).cwd())
            if folder.exists() and not folder.samefile(self.place.folder):
                problem = f"did not start: that of '{folder.parents[1]}' has its socket"
                raise SupervisorFailed(problem, log=client.log)
        stopping.shut_down(client)

    @staticmethod
    def reload(client: Client) -> None:
        """Have supervisord take up a changed configuration; what did not change keeps running."""
        ((added, changed, removed),) = client.ask("reloadConfig")
        for name in [*removed, *changed]:
            client.tell("removeProcessGroup", name, unless=(BAD_NAME,))
        for name in [*added, *changed]:
            client.tell("addProcessGroup", name, unless=(ALREADY_ADDED,))
