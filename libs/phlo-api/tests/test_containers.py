"""What is shown of services in containers."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from phlo_api.logs import ServiceLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from phlo.testing.containers import ContainerProject

PRINTS = """
    printer:
      type: inline
      runtime: docker
      image: {image}
      command:
        - python
        - -u
        - -c
        - |
          import time
          for n in range(10_000):
              print("line", n)
              time.sleep(0.1)
"""


@pytest.mark.docker
def test_what_a_container_writes_is_shown(
    make_project: Callable[[], ContainerProject],
) -> None:
    project = make_project()
    project.configure(PRINTS.format(image=project.IMAGE))
    done = project.up("printer")
    assert done.returncode == 0, done.stderr
    log = ServiceLog(project.root, "printer")
    lines, _ = log.tail(5)
    assert lines
    assert lines[-1].text.startswith("line ")

    async def next_lines() -> list[str]:
        stream = log.follow(max_seconds=30)
        await anext(stream)
        event = await anext(stream)
        await stream.aclose()
        return [line["text"] for line in json.loads(event.rpartition("data: ")[2])]

    last = int(lines[-1].text.split()[1])
    [first, *_] = asyncio.run(next_lines())
    assert int(first.split()[1]) > last
