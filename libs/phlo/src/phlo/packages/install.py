"""Change an environment: by uv, pip or pipx."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.index import InstallFailed
from phlo.errors.package import EnvironmentClosed
from phlo.packages import pipx
from phlo.runtime.native.environments import find_uv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from phlo.packages.choose import Choice
    from phlo.packages.target import Target
    from phlo.plugins.wheels import Wheel

_SHOWN_LINES = 12
_PATIENCE = 1800


def check_open(target: Target) -> None:
    """Refuse an environment that phlo must not change.

    Raises:
        EnvironmentClosed: Another tool looks after it (PHLO-P326).
    """
    if target.is_uvx:
        raise EnvironmentClosed(
            target.place, "uvx throws it away after each call", command="python3 -m venv .venv"
        )
    if target.is_closed:
        raise EnvironmentClosed(
            target.place, "the system's package manager looks after it",
            command="python3 -m venv .venv",
        )  # fmt: skip
    if target.is_pipx and shutil.which("pipx") is None:
        raise EnvironmentClosed(
            target.place, "pipx made it, and pipx is not on PATH",
            command=f"pipx inject {target.prefix.name} WHEEL",
        )  # fmt: skip
    has_pip = target.is_pipx or any((lib / "pip").is_dir() for lib in target.libraries)
    if find_uv() is None and not has_pip:
        raise EnvironmentClosed(
            target.place, "it has no pip, and uv is not there", command="pip install uv"
        )


def install(target: Target, choice: Choice, find_links: Path | None) -> None:
    """Install wheels and what they need.

    What is not phlo's goes first, by name; then the wheels, by their files: so no name of phlo's is
    ever looked up by the installer.

    Raises:
        InstallFailed: The installer failed (PHLO-N715).
    """
    with tempfile.TemporaryDirectory(prefix="phlo-wheels-") as folder:
        if choice.others:
            places = ["--find-links", str(find_links.absolute())] if find_links else []
            limits = Path(folder) / "limits.txt"
            limits.write_text("\n".join(_limits(target)), encoding="utf-8")
            _run([*_installer(target, "install"), *places, "--constraint", str(limits),
                  *choice.others], pipx.variables(target))  # fmt: skip
        by_pipx = pipx.injected(target, [wheel.distribution for wheel in choice.wheels])
        kept = [wheel for wheel in choice.wheels if wheel.distribution in by_pipx]
        if kept:
            _run([*pipx.command("inject", "--force", "--pip-args=--no-deps"), target.prefix.name,
                  *pipx.kept_files(kept)], pipx.variables(target))  # fmt: skip
        if files := _written(Path(folder), [w for w in choice.wheels if w not in kept]):
            again = "--reinstall" if find_uv() else "--force-reinstall"
            _run([*_installer(target, "install"), "--no-deps", again, *files],
                 pipx.variables(target))  # fmt: skip


def _written(folder: Path, wheels: Iterable[Wheel]) -> list[str]:
    files = []
    for wheel in wheels:
        file = folder / wheel.file
        file.write_bytes(wheel.raw)
        files.append(str(file))
    return files


def uninstall(target: Target, names: Sequence[str]) -> None:
    """Take distributions out of an environment.

    Raises:
        InstallFailed: The installer failed (PHLO-N715).
    """
    by_pipx = [name for name in names if name in pipx.known(target)]
    if by_pipx:
        # What they needed stays: others may have come to need it, which pipx does not know.
        _run([*pipx.command("uninject", "--leave-deps"), target.prefix.name, *by_pipx],
             pipx.variables(target))  # fmt: skip
    if others := [name for name in names if name not in by_pipx]:
        quiet = [] if find_uv() else ["--yes"]
        _run([*_installer(target, "uninstall"), *quiet, *others], pipx.variables(target))


def _installer(target: Target, verb: str) -> list[str]:
    uv = find_uv()
    if uv is not None:
        return [uv, "pip", verb, "--python", target.python]
    if target.is_pipx:  # its environments have no pip of their own
        return [*pipx.command("runpip"), target.prefix.name, verb]
    return [target.python, "-m", "pip", verb, "--disable-pip-version-check"]


def _limits(target: Target) -> Iterator[str]:
    """Yield what the packages that are installed ask of others, so that it still holds after."""
    from phlo.packages.choose import needs_of

    for one in target.distributions.values():
        if one.name == "phlo" or one.name.startswith("phlo-"):
            for need in needs_of(one.requires, target):
                if not need.name.startswith("phlo") and need.specifier:
                    yield f"{need.name}{need.specifier}"


def _run(command: Sequence[str], given: Mapping[str, str] | None = None) -> None:
    left_out = ("VIRTUAL_ENV", "PYTHONPATH")
    variables = {k: v for k, v in os.environ.items() if k not in left_out} | dict(given or {})
    shown = shlex.join(command)
    try:
        done = subprocess.run(
            command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallFailed(shown, 1, [str(error)]) from error
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        raise InstallFailed(shown, done.returncode, lines[-_SHOWN_LINES:])
