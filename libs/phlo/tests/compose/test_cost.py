"""What composing costs, in calls: a stopwatch would measure the machine."""

from __future__ import annotations

import sys

from phlo.testing.composing import stack

DATABASE = """
name: db
kind: service
default: true
image: db:1
ready: started
ports: {sql: {container: 5432, host: 5432, primary: true, protocol: tcp}}
provides:
  - {capability: database.postgres, port: sql, properties: {user: u, password: p, database: d}}
"""


def consumer(number: int) -> str:
    return f"""
    name: c{number}
    kind: service
    default: true
    image: c:1
    ready: started
    requires: [{{capability: database.postgres, as: db}}]
    """


def calls(count: int) -> int:
    """Return how many Python functions composing so many bound services calls."""
    packages = [DATABASE, *(consumer(n) for n in range(count))]
    over = "name: lake\nservices:\n" + "".join(
        f"  c{n}: {{environment: {{A: '{n}'}}}}\n" for n in range(count)
    )
    found = 0

    def count_call(frame: object, event: str, arg: object) -> None:
        nonlocal found
        found += event == "call"

    before = sys.getprofile()
    sys.setprofile(count_call)
    try:
        stack([over, over.replace("A:", "B:")], packages)
    finally:
        sys.setprofile(before)
    return found


def test_cost_grows_in_step_with_the_services() -> None:
    small, large = calls(50), calls(200)
    assert large < 4.4 * small, (small, large)
