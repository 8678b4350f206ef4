"""Services of both runtimes in one project: what crosses from one to the other."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phlo.testing.containers import ContainerProject as Project

#: A local process that ends when it is told to.
LOCAL = f"""
schema: 1
name: {{name}}
category: custom
ports: {{{{http: {{{{container: {{port}}, host: {{port}}, primary: true, protocol: http}}}}}}}}
provides: [{{{{capability: x.{{name}}, port: http}}}}]
requires: [{{needs}}]
healthcheck: {{{{http: /, interval: 1s}}}}
native:
  program: self
  processes:
    main:
      command: ["{sys.executable}", -m, http.server, --bind, "{{{{bind}}}}", "{{{{port.http}}}}"]
"""
MIDDLE = """
schema: 1
name: middle
category: custom
image: python:3.11-slim-bookworm
ports: {{http: {{container: 8766, host: 8766, primary: true, protocol: http}}}}
provides: [{{capability: x.middle, port: http}}]
requires: [{{capability: x.bottom, as: bottom}}]
command: {command}
ready: started
"""


def test_what_needs_another_stops_before_it(project: Project) -> None:
    """From a local process to a container to a local process."""
    needs = "{capability: x.middle, as: middle}"
    project.site.install("top", LOCAL.format(name="top", port=8764, needs=needs))
    project.site.install("middle", MIDDLE.format(command=json.dumps(project.STAYS)))
    project.site.install("bottom", LOCAL.format(name="bottom", port=8765, needs=""))
    project.configure("top: {enabled: true}")
    assert project.up("top").returncode == 0
    done = project.json("services", "stop")
    assert done["stopped"] == ["top", "middle", "bottom"]
    # Some of them, too: those that are named, and no other.
    assert project.up("top").returncode == 0
    done = project.json("services", "stop", "bottom", "middle")
    assert done["stopped"] == ["middle", "bottom"]
    assert project.states() == {"top": "healthy", "middle": "stopped", "bottom": "stopped"}
