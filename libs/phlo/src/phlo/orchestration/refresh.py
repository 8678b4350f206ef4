"""Keep the manifest up to date: read what changed in a child process, join it with what was."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.assets.assemble import Assembler, TableChecks
from phlo.assets.spec import AssetSpec
from phlo.errors import Where
from phlo.errors.loading import LoadFailed, ManifestTooNew, NoPhloThere
from phlo.orchestration.diagnostics import error_as_json, with_source
from phlo.orchestration.events import now
from phlo.orchestration.manifest import Manifest
from phlo.orchestration.python import runnable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from phlo.orchestration.load import Workflows

#: How long one file may take to import, in seconds.
PATIENCE = 60.0
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})
_MOST_FILES = 20_000


@dataclass(slots=True)
class Reading:
    """What the child process told, file by file."""

    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Files at which it died or hung, and how."""


def refresh(
    workflows: Workflows,
    *,
    project: str = "",
    python: str = sys.executable,
    tables: Collection[str] = (),
    force: bool = False,
) -> Manifest:
    """Return the manifest as the files are now; it is written if it changed.

    Args:
        workflows: Where the files are.
        project: The project's name.
        python: The interpreter that imports them.
        tables: The tables of the lake, which may be read though no asset makes them.
        force: Read them even if no file changed.

    Raises:
        NoPhloThere: The project's Python has no phlo.
    """
    try:
        previous = Manifest.read(workflows.root)
    except ManifestTooNew:
        previous = None
    sources = fingerprint(workflows, python)  # before they are read, so that no change is missed
    if previous is not None and not force and _is_current(previous, sources, tables):
        return previous
    reading = read_files(workflows, python)
    manifest = _joined(workflows, reading, previous, tables)
    mark = _with_tables(sources, manifest, tables)
    manifest = replace(manifest, project=project, python=python, fingerprint=mark, written_at=now())
    manifest.write(workflows.root)
    return manifest


def _is_current(manifest: Manifest, sources: str, tables: Collection[str]) -> bool:
    return manifest.fingerprint == _with_tables(sources, manifest, tables)


def _with_tables(sources: str, manifest: Manifest, tables: Collection[str]) -> str:
    """Return a fingerprint with the tables that no asset makes, which may be read all the same."""
    return " ".join([sources, *sorted(t for t in tables if manifest.asset(t) is None)])


def fingerprint(workflows: Workflows, python: str) -> str:
    """Return what changes when reading the files again could give something else."""
    digest = hashlib.sha256()
    for item in (
        _phlo_stamp(), python, workflows.folder, workflows.dialect, workflows.engine_dialect,
    ):  # fmt: skip
        digest.update(f"{item}\n".encode())
    for count, (name, status) in enumerate(_source_files(workflows.root)):
        if count > _MOST_FILES:
            return f"{digest.hexdigest()}-{time.time_ns()}"  # too many to know: always read
        digest.update(f"{name}\0{status.st_mtime_ns}\0{status.st_size}\n".encode())
    return digest.hexdigest()


def read_files(workflows: Workflows, python: str) -> Reading:
    """Read all files in child processes; one that dies costs only the file it died of."""
    reading = Reading()
    waiting = list(workflows.files())
    while waiting:
        waiting = _read_some(workflows, python, waiting, reading)
    return reading


def _read_some(
    workflows: Workflows, python: str, files: Sequence[str], reading: Reading
) -> list[str]:
    """Run one child; returns the files that are left."""
    with tempfile.TemporaryDirectory(prefix="phlo-") as folder:
        journal, said = Path(folder, "journal"), Path(folder, "said")
        journal.touch()
        request = {
            "root": str(workflows.root), "folder": workflows.folder, "files": list(files),
            "dialect": workflows.dialect, "engine_dialect": workflows.engine_dialect,
            "journal": str(journal),
        }  # fmt: skip
        problem = _run_child(python, request, journal, said)
        at = None
        done: set[str] = set()
        for entry in _entries(journal):
            at = entry.get("begins")
            if at is None:
                done.add(entry["ends"])
                reading.results[entry["ends"]] = entry["result"]
        left = [file for file in files if file not in done]
        if not left:
            return []
        if at is None or problem is None:
            raise NoPhloThere(python, _version(), problem or _last_line(said))
        reading.failed[at] = problem
        return [file for file in left if file != at]


def _run_child(python: str, request: Mapping[str, Any], journal: Path, said: Path) -> str | None:
    """Run the child to its end; returns how it ended badly, or None."""
    command = [runnable(python), "-P", "-m", "phlo.orchestration.load_child", json.dumps(request)]
    patience = float(os.environ.get("PHLO_IMPORT_TIMEOUT") or PATIENCE)
    with said.open("wb") as output:
        try:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                cwd=request["root"],
            )  # fmt: skip
        except OSError as error:
            raise NoPhloThere(python, _version(), error.strerror or str(error)) from error
        try:
            if not _wait(child, journal, patience):
                return f"it took longer than {patience:g} s"
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
    if child.returncode == 0:
        return None
    how = f"signal {-child.returncode}" if child.returncode < 0 else f"exit {child.returncode}"
    last = _last_line(said)
    return f"its process ended with {how}" + (f" ({last})" if last else "")


def _wait(child: subprocess.Popen[bytes], journal: Path, patience: float) -> bool:
    """Wait for the child; False when it gets no further for too long."""
    size, since = 0, time.monotonic()
    while True:
        try:
            child.wait(timeout=0.2)
            return True
        except subprocess.TimeoutExpired:
            if (grown := journal.stat().st_size) != size:
                size, since = grown, time.monotonic()
            if time.monotonic() - since > patience:
                return False


def _joined(
    workflows: Workflows, reading: Reading, previous: Manifest | None, tables: Collection[str]
) -> Manifest:
    root = workflows.root
    errors = [error for result in reading.results.values() for error in result["errors"]]
    for file, problem in reading.failed.items():
        errors.append(error_as_json(LoadFailed(file, problem, where=Where(file)), root))
    broken = {file for file, result in reading.results.items() if result["errors"]}
    broken |= reading.failed.keys()
    assets = [AssetSpec.from_json(a) for r in _good(reading, broken) for a in r["assets"]]
    checks = [TableChecks.from_json(c) for r in _good(reading, broken) for c in r["checks"]]
    if previous is not None:
        assets += [_alone(asset, previous) for asset in previous.assets if asset.origin in broken]
        checks += [one for one in _checks_of(previous) if one.origin in broken]
    assembler = Assembler(tables, lambda file, line: with_source(Where(file, line), root))
    ordered = assembler.assemble(assets, checks)
    return Manifest(
        assets=ordered,
        errors=(*errors, *(error_as_json(error, root) for error in assembler.errors)),
        hash=_hash(ordered),
        stale_files=tuple(sorted(broken)),
        checks=tuple(one.as_json() for one in checks),
    )


def _good(reading: Reading, broken: Collection[str]) -> Iterator[Mapping[str, Any]]:
    return (result for file, result in sorted(reading.results.items()) if file not in broken)


def _checks_of(manifest: Manifest) -> Iterator[TableChecks]:
    return (TableChecks.from_json(value) for value in manifest.checks)


def _alone(asset: AssetSpec, manifest: Manifest) -> AssetSpec:
    """Return an asset without the checks that were declared apart from it."""
    apart = {
        spec.name for one in _checks_of(manifest) if one.table == asset.key for spec in one.specs
    }
    return replace(asset, checks=tuple(c for c in asset.checks if c.name not in apart))


def _hash(assets: Sequence[AssetSpec]) -> str:
    text = json.dumps([asset.as_json() for asset in assets], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _entries(journal: Path) -> Iterator[dict[str, Any]]:
    for line in journal.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return  # it died while it wrote this line


def _last_line(said: Path) -> str:
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip()[:200] if lines else ""


def _source_files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the project's own sources: workflow files may import what stands beside them."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            f for f in folders
            if not f.startswith(".") and f not in _SKIPPED
            and not Path(folder, f, "pyvenv.cfg").exists()
        )  # fmt: skip
        for name in sorted(names):
            if name.endswith((".py", ".sql")):
                file = Path(folder, name)
                try:
                    yield str(file.relative_to(root)), file.stat()
                except OSError:
                    continue  # gone since, or a link to nothing


def _phlo_stamp() -> str:
    """Return what changes when phlo itself does: an upgrade may read files differently."""
    # The same wherever it is installed: in an image, too, with which the manifest is shared.
    return f"{sys.version_info[:2]}-{zlib.crc32(Path(__file__).read_bytes())}"


def _version() -> str:
    from importlib.metadata import version  # only for a message

    return version("phlo")
