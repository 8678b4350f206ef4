"""Python environments of services: made once per user and set of requirements, never half."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.errors.runtime import EnvironmentFailed
from phlo.runtime.native.shared import complete, made_once
from phlo.user_cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SHOWN_LINES = 8
_PIP_OPTIONS = ("--disable-pip-version-check", "--progress-bar", "off")
#: Looked for on PATH: the newest Python 3 that there may be for a long time.
_LAST_MINOR = 30


def environment(
    service: str,
    requirements: Sequence[str],
    say: Callable[[str], None],
    place: Path | None = None,
    *,
    python: str | None = None,
) -> Path:
    """Return the folder of an environment that holds these requirements, made if it must be.

    It is made where it stays, because its scripts hold its path.

    Args:
        service: For whom, to be named in errors.
        requirements: What is installed, as pip takes it.
        say: Told each line of what is done.
        place: Where it is kept, instead of this user's cache.
        python: Which Python it needs, such as `>=3.11,<3.13`; None: the one phlo runs in.

    Raises:
        EnvironmentFailed: It cannot be made.
    """
    folder = (place or Path(cache_folder())).resolve() / "environments"
    folder /= _key(requirements, python)
    if complete(folder):
        return folder
    waiting = "waiting for another phlo command that makes the same environment"
    try:
        with made_once(folder, lambda: say(waiting)) as is_needed:
            if is_needed:
                _make(service, folder, requirements, say, interpreter(service, python))
    except OSError as error:
        raise EnvironmentFailed(service, f"{folder}: {error.strerror or error}") from error
    return folder


def interpreter(service: str, python: str | None) -> str:
    """Return the Python to make an environment with; for uv it may be a condition to find one by.

    Raises:
        EnvironmentFailed: There is none, and no uv that could fetch one.
    """
    if python is None or _is_own(python):
        return sys.executable
    if find_uv() is not None:
        return python
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet(python)
    for minor in range(_LAST_MINOR, 8, -1):
        found = shutil.which(f"python3.{minor}") if wanted.contains(f"3.{minor}.99") else None
        if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
            return found
    problem = f"it needs Python {python}, phlo runs in {sys.version.split()[0]}, and PATH has none"
    raise EnvironmentFailed(service, problem, lines=("with uv one is fetched: pip install uv",))


def _is_own(python: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(python).contains(sys.version.split()[0], prereleases=True)


def _key(requirements: Sequence[str], python: str | None) -> str:
    version = f"{sys.implementation.cache_tag}-{sys.platform}-{os.uname().machine}"
    other = [] if python is None or _is_own(python) else [python]
    # Of a file of requirements, what it says counts: another release of a package has another one.
    said = [
        Path(one).read_text(encoding="utf-8") if before == "-r" else one
        for before, one in zip(("", *requirements), requirements, strict=False)
    ]
    text = json.dumps([version, sorted(said), *other])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _make(
    service: str, folder: Path, requirements: Sequence[str], say: Callable[[str], None], base: str
) -> None:
    python = str(folder / "bin" / "python")
    uv = find_uv()
    if uv is not None:
        commands = [
            [uv, "venv", "--quiet", "--python", base, str(folder)],
            [uv, "pip", "install", "--python", python, *requirements],
        ]
    else:
        commands = [
            [base, "-m", "venv", str(folder)],
            [python, "-m", "pip", "install", *_PIP_OPTIONS, *requirements],
        ]
    for command in commands:
        _run(service, command, say)


def find_uv() -> str | None:
    """Return the path of uv: on PATH, or beside the interpreter that phlo runs in."""
    beside = Path(sys.executable).with_name("uv")
    return shutil.which("uv") or (str(beside) if beside.exists() else None)


def _run(service: str, command: Sequence[str], say: Callable[[str], None]) -> None:
    # A virtual environment that phlo itself runs in must not be what is installed into.
    variables = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    lines: list[str] = []
    with subprocess.Popen(
        command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if text := line.strip():
                lines = [*lines[1 - _SHOWN_LINES :], text]
                say(text)
    if process.returncode != 0:
        tool = Path(command[0]).name
        raise EnvironmentFailed(service, f"{tool} ended with {process.returncode}", lines=lines)
