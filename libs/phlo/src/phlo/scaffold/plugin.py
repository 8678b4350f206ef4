"""The files of a new service package: a name in, path -> text out.

It starts green: a small HTTP server of the standard library stands where the service will be.
"""

from __future__ import annotations

import re
import zlib
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "phlo-"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST = 40

_PYPROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "$distribution"
version = "0.1.0"
description = "$title, a service of phlo"
readme = "README.md"
requires-python = ">=3.11"
classifiers = ["Typing :: Typed"]
dependencies = ["phlo>=0.1"]

# phlo finds the service by this line; its name is the service's.
[project.entry-points."phlo.plugins.services"]
$name = "$package.plugin:$plugin"

[dependency-groups]
test = ["phlo[testing]"]

[tool.hatch.build.targets.wheel]
packages = ["src/$package"]
"""

_PHLO_YAML = """\
# This folder is a project too, so that the service can be tried in it: phlo services start
name: $distribution
"""

_GITIGNORE = """\
.phlo/
.venv/
__pycache__/
dist/
"""

_README = """\
# $distribution

$title, as a service of a phlo lakehouse. Installed, it runs with the others:

```console
$$ pip install -e .
$$ phlo services start
```

- **Service** `$name`, port $port on 127.0.0.1; `phlo services open $name` opens it.
- **Runs** in a container built from its Dockerfile, and without Docker as a local process.
- **Provides** nothing to other services yet: `provides` in service.yaml.

## Make it yours

`src/$package/service.yaml` says what the service is: its image or program, its ports and settings,
what it needs of others and what it gives them. Put your program in the place of `server.py`, then:

```console
$$ phlo plugin check $name       # what is missing, each with its fix
$$ pytest                        # what phlo asks of every package
$$ phlo services start --dev     # and it starts again when you save a file
```

`phlo remove $name` takes it out of a project; `phlo swap $name OTHER` puts another in its place.
"""

_SERVICE = """\
# What phlo knows of this service; `phlo plugin check $name` says what is missing.
schema: 1
name: $name
kind: service
category: custom
description: $title, a service of phlo
default: true                          # runs as soon as the package is installed

ports:
  http: {container: $port, host: $port, primary: true, protocol: http}

healthcheck:
  http: /healthz                       # asked by phlo
  test:                                # asked by Docker, in the container
    - CMD
    - python
    - -c
    - import urllib.request as u; u.urlopen('http://127.0.0.1:$port/healthz', timeout=2)
  interval: 5s
  timeout: 3s
  retries: 5
ready: {timeout: 60s}

build: {context: ., dockerfile: Dockerfile}      # with Docker: an image of its own

native:                                          # without: a local process
  program: self
  processes:
    main:
      command: ["{python}", "-m", "$package", "--host", "{bind}", "--port", "{port.http}"]

modes:
  dev:                                           # `--dev`: a saved file is seen at once
    watch:                                       # in its container; a local process needs no word
      - {path: server.py, target: /app/server.py, action: sync+restart}
      - {path: Dockerfile, action: rebuild}

links:
  ui: {port: http, label: $title}
"""

_DOCKERFILE = """\
FROM python:3.11-slim-bookworm
WORKDIR /app
COPY server.py .
USER nobody
EXPOSE $port
CMD ["python", "server.py", "--host", "0.0.0.0", "--port", "$port"]
"""

_INIT = '"""$title, a service of phlo; service.yaml beside this file says what it is."""\n'

_PLUGIN = '''\
"""The Python side of the service; phlo imports it only when one of its hooks is needed."""

from __future__ import annotations

from phlo.plugins.base import ServicePlugin


class $plugin(ServicePlugin):
    """$title: see phlo.plugins.base for what it may offer besides its service."""

    package = "$package"
'''

_MAIN = '''\
"""`python -m $package`: the program of the native recipe."""

from $package.server import main

main()
'''

_SERVER = '''\
"""A small HTTP server in the place of your program: standard library only, in an image too."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers `/healthz`, and says what it is at every other path."""

    def do_GET(self) -> None:
        """Answer one request."""
        body = b"ok" if self.path == "/healthz" else json.dumps({"service": "$name"}).encode()
        kind = "text/plain" if self.path == "/healthz" else "application/json"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write a line for each request but the health checks."""
        if self.path != "/healthz":
            sys.stderr.write(f"{self.address_string()} {format % args}\\n")


def main() -> None:
    """Serve until told to stop."""
    options = argparse.ArgumentParser(prog="$name")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=$port)
    chosen = options.parse_args()
    # The first process of a container gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ThreadingHTTPServer((chosen.host, chosen.port), Handler) as server:
        sys.stderr.write(f"listening at {chosen.host}:{chosen.port}\\n")
        server.serve_forever()


if __name__ == "__main__":
    main()
'''

_TEST = '''\
"""What phlo asks of every service package; see phlo.testing.conformance for each question."""

from phlo.testing.conformance import ServiceConformance


class TestConformance(ServiceConformance):
    service = "$name"
'''


def service_name(said: str) -> str | None:
    """Return the service's name of what a person called it or its package; None: it is no name."""
    name = said.removeprefix(PREFIX)
    return name if _NAME.fullmatch(name) and len(name) <= _LONGEST else None


def suggested_name(said: str) -> str:
    """Return the valid name that is nearest to what a person said."""
    words = re.findall(r"[a-z0-9]+", said.lower().removeprefix(PREFIX))
    text = "-".join(words).lstrip("0123456789-")[:_LONGEST].rstrip("-")
    return text or "my-service"


def distribution_of(name: str) -> str:
    """Return the distribution of a service's package."""
    return f"{PREFIX}{name}"


def plugin_files(name: str) -> Mapping[str, str]:
    """Return the files of a new package by their path in it.

    Args:
        name: The service's name, a valid one.
    """
    package = f"phlo_{name.replace('-', '_')}"
    words = {
        "name": name,
        "distribution": distribution_of(name),
        "package": package,
        "title": " ".join(word.capitalize() for word in name.split("-")),
        "plugin": "".join(word.capitalize() for word in name.split("-")) + "Service",
        # Every package has a port of its own, and always the same one.
        "port": str(18000 + zlib.crc32(name.encode()) % 1000),
    }
    source = f"src/{package}"
    templates = {
        "pyproject.toml": _PYPROJECT,
        "README.md": _README,
        "phlo.yaml": _PHLO_YAML,
        ".gitignore": _GITIGNORE,
        "changes/1.added.md": "The service `$name`.\n",
        f"{source}/__init__.py": _INIT,
        f"{source}/__main__.py": _MAIN,
        f"{source}/plugin.py": _PLUGIN,
        f"{source}/server.py": _SERVER,
        f"{source}/service.yaml": _SERVICE,
        f"{source}/Dockerfile": _DOCKERFILE,
        f"{source}/py.typed": "",
        "tests/test_conformance.py": _TEST,
    }
    return {path: Template(text).substitute(words) for path, text in templates.items()}
