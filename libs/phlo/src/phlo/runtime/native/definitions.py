"""What a shim is told: a program made concrete for this machine, as one private JSON file."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from phlo.errors.service import NoSuchService
from phlo.errors.state import StateBroken
from phlo.runtime.atomic import write_atomically
from phlo.runtime.secrets import put_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phlo.model.native import NativeProgram
    from phlo.runtime.native.place import Place
    from phlo.runtime.native.programs import Found

Definition = dict[str, Any]


def define(
    program: NativeProgram, found: Found, secrets: Mapping[str, str], inherited: Mapping[str, str]
) -> Definition:
    """Return the definition of a process, its secrets put in.

    Args:
        program: What is to run.
        found: Where its commands are on this machine.
        secrets: The project's secrets by name.
        inherited: What it gets of phlo's own environment; no change of it restarts anything.

    Raises:
        SecretMissing: A text refers to a secret that is not among them.
        CommandMissing: A command is not where its program comes from.
    """
    health = asdict(program.health) | {"command": found.argv(program.health.command)}
    init = [found.argv(command) for command in program.init]
    told: Definition = {
        "name": program.name,
        "service": program.service,
        "parent": program.parent,
        "is_job": program.is_job,
        "command": found.argv(program.command),
        "environment": found.environment
        | {name: found.text(text) for name, text in program.environment.items()},
        "path": found.path,
        "user": found.user,
        "needs": list(program.needs),
        "health": health,
        "init": {"commands": init},
        "ports": list(program.ports),
        "stop_signal": program.stop_signal.upper().removeprefix("SIG"),
        "stop_grace": program.stop_grace,
        "ready_timeout": program.ready_timeout,
        "home": program.service,
        "log": f"../logs/{program.name}.log",
    }
    used: dict[str, str] = {}
    told = _with_secrets(told, secrets, program.service, used)
    # A job is run again for other variables too; what a service's are is told to the service.
    commands = told["init"]["commands"]
    told["init"]["digest"] = _digest(
        [commands, told["environment"]] if program.is_job else commands
    )
    told["files"] = _digest(put_in(program.files, secrets, program.service))
    # What it was given is kept, so that no log shows it, wherever it came from.
    return {**told, "digest": _digest(told), "inherited": dict(inherited), "secrets": used}


def read(place: Place) -> dict[str, Definition]:
    """Return the definitions of all processes that were ever started and not removed.

    Raises:
        StateBroken: One of the files is not what phlo wrote.
    """
    found = {}
    for file in sorted(place.definitions.glob("[!.]*.json")):
        try:
            found[file.stem] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:  # removed in between
            continue
        except (OSError, ValueError) as error:
            lost = "what was said of one process; the next start writes it again"
            raise StateBroken(str(file), str(error), loses=lost) from error
    return found


def write(place: Place, told: Definition) -> None:
    """Write a definition where its shim reads it; it holds secrets, so it is its owner's alone."""
    home = place.home(told["home"])
    home.mkdir(mode=0o700, exist_ok=True)
    if told["user"]:
        os.chown(home, told["user"]["uid"], told["user"]["gid"])
    file = place.definitions / f"{told['name']}.json"
    write_atomically(file, json.dumps(told, indent=1, ensure_ascii=False) + "\n", mode=0o600)


def secrets_of(told: Mapping[str, Definition]) -> dict[str, str]:
    """Return the secrets that processes were given."""
    return {k: str(v) for one in told.values() for k, v in one.get("secrets", {}).items()}


def expand(names: Iterable[str] | None, told: Mapping[str, Definition]) -> list[str]:
    """Return the processes that names stand for: a service's for all of its own, and its jobs.

    Raises:
        NoSuchService: There is neither a process nor a service of that name.
    """
    if names is None:
        return list(told)
    found: dict[str, None] = {}
    for name in names:
        own = [
            one for one, value in told.items()
            if name in (one, value.get("service"), value.get("parent"))
        ]  # fmt: skip
        if not own:
            services = {str(value.get("service")) for value in told.values()}
            raise NoSuchService(name, {*told, *services})
        found |= dict.fromkeys(own)
    return list(found)


def _with_secrets(
    value: Any, secrets: Mapping[str, str], service: str, used: dict[str, str]
) -> Any:
    """Put secrets into all texts, keys excepted, and note which."""
    if isinstance(value, str):
        return put_in(value, secrets, service, used)
    if isinstance(value, dict):
        return {key: _with_secrets(item, secrets, service, used) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_secrets(item, secrets, service, used) for item in value]
    return value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
