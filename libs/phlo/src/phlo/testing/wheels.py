"""Wheels, an index of them and an environment to install them into, for tests."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.packages.register import register
from phlo.runtime.native.environments import find_uv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class WheelFolder:
    """A folder of wheels with an index of them.

    wheels = WheelFolder(tmp_path / "wheels")
    wheels.build("tool", SERVICE_YAML)
    phlo("add", "tool", "--index", str(wheels.index))
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = folder / "index.json"
        folder.mkdir(parents=True, exist_ok=True)

    def build(
        self,
        name: str,
        service: str | None,
        *,
        version: str = "1.0.0",
        requires: Sequence[str] = ("phlo>=0.1",),
        code: str = "class Service: pass\n",
        distribution: str | None = None,
        is_registered: bool = True,
    ) -> Path:
        """Write a wheel that brings one service, and return its file.

        Args:
            name: The service.
            service: Its service.yaml; None: it brings none, and its package is called `name`.
            version: The distribution's version.
            requires: What it needs.
            code: Its plugin.py.
            distribution: The distribution's name, where it is not `phlo-NAME`.
            is_registered: Whether it stands in the index.
        """
        distribution = distribution or (f"phlo-{name}" if service is not None else name)
        package = distribution.replace("-", "_")
        about = f"{package}-{version}.dist-info"
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
        lines += [f"Summary: {name}, for tests", *(f"Requires-Dist: {r}" for r in requires)]
        extras = re.findall(r"extra == [\"']([\w-]+)", "\n".join(requires))
        lines += [f"Provides-Extra: {one}" for one in dict.fromkeys(extras)]
        files = {f"{package}/__init__.py": "", f"{package}/plugin.py": code}
        if service is not None:
            files[f"{package}/service.yaml"] = textwrap.dedent(service)
            target = f"{package}.plugin:Service"
            files[f"{about}/entry_points.txt"] = f"[phlo.plugins.services]\n{name} = {target}\n"
        files[f"{about}/METADATA"] = "\n".join([*lines, "", f"The service {name}.", ""])
        files[f"{about}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        made = self.folder / f"{package}-{version}-py3-none-any.whl"
        _write(made, files, f"{about}/RECORD")
        if is_registered:
            register(made, str(self.index))
        return made


def _write(made: Path, files: Mapping[str, str], record: str) -> None:
    """Write a wheel whose bytes depend on its content alone."""
    rows = []
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in files.items():
            digest = hashlib.sha256(text.encode()).digest()
            said = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            rows.append(f"{path},sha256={said},{len(text.encode())}")
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)
        rows.append(f"{record},,")
        archive.writestr(zipfile.ZipInfo(record, (1980, 1, 1, 0, 0, 0)), "\n".join(rows) + "\n")


def make_environment(folder: Path) -> Path:
    """Make an environment in which this phlo works, and return its Python.

    What is installed where the test runs is seen from it, and stays as it is.
    """
    uv = find_uv()
    with_uv = [str(uv), "venv", "-q", "--python", sys.executable, str(folder)]
    command = with_uv if uv else [sys.executable, "-m", "venv", str(folder)]
    subprocess.run(command, check=True, timeout=120)
    [library] = (folder / "lib").glob("python*/site-packages")
    seen = [entry for entry in sys.path if Path(entry).is_dir() and "site-packages" in entry]
    (library / "seen.pth").write_text(
        "\n".join(f"import site; site.addsitedir({entry!r})" for entry in seen) + "\n",
        encoding="utf-8",
    )
    return folder / "bin" / "python"


def offline(cache: Path) -> dict[str, str]:
    """Return variables by which no installer asks a network, and phlo's cache is its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PHLO_", "UV_", "PIP_"))}
    uv = find_uv()
    path = [str(Path(uv).parent)] if uv else []
    return kept | {
        "PATH": os.pathsep.join([*path, os.environ.get("PATH", "")]),
        "UV_OFFLINE": "1", "UV_NO_CONFIG": "1", "UV_NO_INDEX": "1", "PIP_NO_INDEX": "1",
        "PHLO_CACHE_DIR": str(cache), "NO_COLOR": "1", "COLUMNS": "200",
    }  # fmt: skip
