"""Composing a large project, beside `docker compose config` on what it makes."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import yaml

from benchmarks.registry import Measurement, Options, Results, Skipped, benchmark
from benchmarks.timing import medians
from phlo.compose.render import render
from phlo.compose.resolve import compose_stack
from phlo.model.options import Options as ComposeOptions
from phlo.model.service import Installed
from phlo.model.yaml_text import parse_yaml
from phlo.testing.composing import MACHINE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SERVICES = 1000
_FILES = ("phlo.yaml", "phlo.dev.yaml", "phlo.local.yaml")


@benchmark("compose.scale")
def scale(options: Options) -> Results:
    """Compose 1,000 services with overrides from three files, and half of them for the slope."""
    name = f"compose {SERVICES:,} services, three layers"
    results: list[Measurement | Skipped] = [_slope(options)]
    if shutil.which("docker") is None:
        return [*results, Skipped(name, "docker is not on PATH: its Compose is the peer")]
    texts = project(SERVICES)
    file = options.folder / "compose.yaml"
    file.write_text(yaml.safe_dump(rendered(SERVICES)))
    times = medians(
        {"ours": lambda turn: compose(texts), "theirs": lambda turn: _config(file)}, options.pairs
    )
    peer = "docker compose config on the rendered file"
    results.append(Measurement(name, times["ours"], peer, times["theirs"], options.pairs, 1.0))
    return results


def _slope(options: Options) -> Measurement:
    half, whole = project(SERVICES // 2), project(SERVICES)
    times = medians(
        {"ours": lambda turn: compose(whole), "theirs": lambda turn: compose(half)}, options.pairs
    )
    name = f"compose {SERVICES:,} services"
    peer = "half as many (2 is linear)"
    return Measurement(name, times["ours"], peer, times["theirs"], options.pairs, 2.3)


def compose(texts: tuple[str, ...]) -> None:
    """Parse, merge, resolve and render a project."""
    documents = [parse_yaml(text, name) for text, name in zip(texts, _FILES, strict=True)]
    render(compose_stack(documents, Installed({}, ()), ComposeOptions(), {}, MACHINE))


def project(count: int) -> tuple[str, ...]:
    """Return phlo.yaml and two files laid over it, with so many services."""
    lines = [_service(number) for number in range(count)]
    over = (f'  s{n}: {{environment: {{A: "e{n}"}}, labels: {{tier: "a"}}}}' for n in range(count))
    own = (f'  s{n}: {{environment: {{C: "l{n}"}}}}' for n in range(count))
    return tuple(
        "\n".join(part)
        for part in (["name: big", "services:", *lines], ["services:", *over], ["services:", *own])
    )


def _service(number: int) -> str:
    needs = f"depends_on: [s{number - 1}], " if number else ""
    return (
        f'  s{number}: {{type: inline, image: "example/app:1.{number}", {needs}'
        f'environment: {{A: "{number}", B: x}}, ports: ["{20_000 + number}:80"], '
        f'volumes: ["data{number}:/data"], healthcheck: {{test: [CMD, "true"], interval: 5s}}}}'
    )


def rendered(count: int) -> Mapping[str, object]:
    """Return the same services as a Compose file has them."""
    services = {}
    for n in range(count):
        services[f"s{n}"] = {
            "image": f"example/app:1.{n}",
            "environment": {"A": f"e{n}", "B": "x", "C": f"l{n}"},
            "labels": {"tier": "a"},
            "ports": [f"127.0.0.1:{20_000 + n}:80"],
            "volumes": [f"data{n}:/data"],
            "healthcheck": {"test": ["CMD", "true"], "interval": "5s"},
            "depends_on": {f"s{n - 1}": {"condition": "service_healthy"}} if n else {},
        }
    return {"name": "big", "services": services, "volumes": {f"data{n}": {} for n in range(count)}}


def _config(file: Path) -> None:
    subprocess.run(["docker", "compose", "-f", str(file), "config", "-q"], check=True)
