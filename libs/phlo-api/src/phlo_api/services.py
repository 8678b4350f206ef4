"""Services as their runtime tells them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from phlo_api.errors import BadRequest, NotThere, ServicesUnreachable
from phlo_api.models.base import Fix
from phlo_api.models.services import Endpoint, Service

if TYPE_CHECKING:
    from phlo.model.status import ProjectStatus, ServiceStatus
    from phlo_api.sources import Reading
    from phlo_api.workspace import Workspace

_TROUBLE = frozenset({"unhealthy", "crashed", "failed"})
#: Whose processes phlo starts: others are inside of one, or elsewhere.
_RUNS_HERE = frozenset({"native", "docker"})


def services(workspace: Workspace, reading: Reading[ProjectStatus | None]) -> list[Service]:
    """Return the services, or none where the runtime never answered."""
    if reading.value is None:
        return []
    return [_told(workspace, one) for one in reading.value.services]


def find(workspace: Workspace, reading: Reading[ProjectStatus | None], name: str) -> Service:
    """Return one service.

    Raises:
        ServicesUnreachable: The runtime never answered.
        NotThere: There is no such service.
    """
    if reading.value is None:
        raise ServicesUnreachable(reading.problem or "it was not asked yet")
    found = [one for one in services(workspace, reading) if one.name == name]
    if not found:
        raise NotThere("service", name)
    return found[0]


def restart(workspace: Workspace, service: Service) -> None:
    """Restart a service: another one by a process of its own, this very one by its shim.

    Raises:
        BadRequest: It is no process or container of its own.
    """
    if not service.can_restart:
        raise BadRequest(f"'{service.name}' is {service.runtime}: there is nothing to restart")
    if service.pid == os.getpid():
        # What this process starts ends with it, so nobody below it could start it again. Its shim
        # ends it, ends itself, and is started again by supervisord; the answer goes out before.
        threading.Timer(0.3, os.kill, (os.getppid(), signal.SIGTERM)).start()
        return
    log = workspace.root / ".phlo" / "logs" / "restart.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "phlo", "services", "restart", service.name],
            cwd=workspace.root,
            env=os.environ | {"PHLO_PROJECT_DIR": str(workspace.root)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def attend() -> None:
        process.wait()
        workspace.services.forget()

    threading.Thread(target=attend, daemon=True).start()


def _told(workspace: Workspace, one: ServiceStatus) -> Service:
    state = str(one.state)
    command = f"phlo services logs {one.name}"
    return Service(
        name=one.name,
        category=one.category,
        description=one.description,
        runtime=one.runtime,
        state=state,
        cause=one.cause,
        endpoints=[
            Endpoint(name=e.name, url=e.url, host=e.host, port=e.port) for e in one.endpoints
        ],
        pid=one.pid,
        started_at=one.started_at,
        restarts=one.restarts,
        memory_bytes=one.memory_bytes,
        depends_on=list(one.depends_on),
        provides=list(one.provides),
        version=one.version,
        has_logs=one.runtime in _RUNS_HERE,
        can_restart=one.runtime in _RUNS_HERE,
        fix=[Fix(label="see what it wrote", command=command)] if state in _TROUBLE else [],
    )
