"""What a project's services are told: variables for programs of this machine, and secrets."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from phlo.compose.host import host_environment
from phlo.errors.config import UnknownSecret
from phlo.errors.state import SecretMissing, SecretNotKept
from phlo.pipeline import compose, look, prepare, runtimes
from phlo.provisioning import change_secret, keeps_secrets
from phlo.runtime import secrets
from phlo.runtime.docker import fingerprints
from phlo.runtime.lock import project_lock
from phlo.runtime.snapshots.volumes import of_services

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from phlo.model.options import Options
    from phlo.model.stack import SecretNeed, Stack

_MASK = "***"


def environment(
    root: Path, options: Options, environ: Mapping[str, str], *, with_secrets: bool
) -> Mapping[str, str]:
    """Return the variables that say where each service answers, and as whom.

    Args:
        root: The project's folder.
        options: What the command asks for.
        environ: The process environment.
        with_secrets: Put the values of secrets in; else they are masked. A variable whose secret
            was not made yet is left out: its service never ran.
    """
    stack = look(root, options, environ)
    values = _values(root, stack) if with_secrets else _Masked()
    found = {}
    for name, text in host_environment(stack).items():
        with suppress(SecretMissing):
            found[name] = secrets.put_in(text, values, name)
    return found


def secret(root: Path, options: Options, environ: Mapping[str, str], name: str) -> str:
    """Return the value of a secret.

    Raises:
        UnknownSecret: No service has it.
        SecretMissing: It was not made yet.
    """
    stack = look(root, options, environ)
    need = _needs(stack, name)[0]
    return secrets.put_in(need.reference, _values(root, stack), need.service)


def rotate(root: Path, options: Options, environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Make a new value for a secret, and return the services that use it.

    Raises:
        UnknownSecret: No service has it.
        SecretNotKept: Somebody gives it: phlo keeps no value that it could change.
    """
    needs = _needs(compose(root, options, environ), name)
    for need in needs:
        if need.given is not None or need.length is None:
            raise SecretNotKept(name, str(need.origin) if need.origin else "phlo.yaml")
    old = secrets.read(root).values.get(needs[0].name)
    secrets.replace_one(root, needs[0].name, needs[0].length or 32)
    if old is not None:
        try:
            rekey(root, options, environ, name, old)
        except BaseException:
            secrets.put_back(root, needs[0].name, old)
            raise
    return tuple(dict.fromkeys(need.service for need in needs))


def rekey(root: Path, options: Options, environ: Mapping[str, str], name: str, old: str) -> bool:
    """Tell a service that keeps a secret with its data the value that it has now.

    The service is started for that, where it was started before or its data was put back.

    Args:
        root: The project's folder.
        options: What the command asks for.
        environ: The process environment.
        name: The secret.
        old: The value that the data was made with.

    Returns:
        Whether there was a service to be told.

    Raises:
        UnknownSecret: No service has it.
        PhloError: The service does not start, or refuses the old value.
    """
    [need, *_] = _needs(compose(root, options, environ), name)
    if not _has_data(root, need.service):
        return False
    with project_lock(root, "changing a secret"):
        prepared = prepare(root, options, environ, is_data_checked=False)
        if not keeps_secrets(prepared, need.service):
            return False
        both = runtimes(root)
        both.start(prepared, [need.service])
        both.wait(prepared, [need.service])
        told = change_secret(root, prepared, need.service, need.setting, old)
        if told and both.docker is not None:
            volumes = both.docker.engine.volumes()
            fingerprints.accept(root, volumes, need.name, prepared.secrets[need.name])
    return told


def _has_data(root: Path, service: str) -> bool:
    both = runtimes(root)
    if service in {one.service for one in both.status().values()}:
        return True
    if both.native.place.home(service).is_dir():
        return True
    return both.docker is not None and service in of_services(both.docker.engine)


def _needs(stack: Stack, name: str) -> list[SecretNeed]:
    found = [one for one in stack.secrets if name in (one.name, f"{one.service}.{one.setting}")]
    if not found:
        raise UnknownSecret(name, {need.name for need in stack.secrets})
    return found


def _values(root: Path, stack: Stack) -> dict[str, str]:
    given = {need.name: need.given for need in stack.secrets if need.given is not None}
    return {**secrets.read(root).values, **given}


class _Masked(dict[str, str]):
    """Stands for secrets whose values are not shown."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return _MASK
