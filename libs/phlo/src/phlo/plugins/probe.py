"""Try a package's Python in a process of its own: whatever it does there, phlo goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.plugins.discovery import Found

#: What each hook of `ServicePlugin` is to a person.
HOOKS = {
    "query_engine": "queries with '{name}'",
    "cli": "the commands 'phlo {name}'",
    "api": "the Observatory extension '{name}'",
}

_MARK = "phlo-probe:"
_PATIENCE = 60

_CODE = """
import importlib, json, sys, traceback
module, attribute, hooks, path = json.loads(sys.argv[1])
sys.path[:] = path
said = {"module": None, "hook": None, "reason": None, "trace": None, "loaded": [],
        "is_plugin": False, "package": None}
def failed(error, hook=None):
    said["module"] = error.name if isinstance(error, ModuleNotFoundError) else None
    said["reason"] = f"{type(error).__name__}: {error}".rstrip(": ")
    said["trace"], said["hook"] = traceback.format_exc(), hook
try:
    made = getattr(importlib.import_module(module), attribute)
    said["loaded"] = sorted({name.partition(".")[0] for name in sys.modules})
    from phlo.plugins.base import ServicePlugin
    said["is_plugin"] = isinstance(made, type) and issubclass(made, ServicePlugin)
    said["package"] = getattr(made, "package", None)
    made = made()
except BaseException as error:
    failed(error)
else:
    for hook in hooks:
        if said["is_plugin"] and getattr(type(made), hook) is not getattr(ServicePlugin, hook):
            try:
                getattr(made, hook)(*([{}] if hook == "query_engine" else []))
            except BaseException as error:
                failed(error, hook)
                break
print()
print("phlo-probe:" + json.dumps(said))
"""


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of loading a package's class and asking for all it offers."""

    reason: str | None = None
    """Why it failed; None: it did not."""
    module: str | None = None
    """The module that is missing, where that is the reason."""
    hook: str | None = None
    """The hook that failed; None: the class itself."""
    trace: str = ""
    loaded: frozenset[str] = frozenset()
    """The top-level modules there are after the import alone."""
    is_plugin: bool = False
    """Whether the class is a `ServicePlugin`."""
    package: str | None = None
    """What the class says holds service.yaml."""


def probe(found: Found) -> Probe:
    """Load the class of an entry point and call its hooks, in another process."""
    module, _, attribute = found.target.partition(":")
    asked = json.dumps([module, attribute, list(HOOKS), sys.path])
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CODE, asked], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Probe(f"it did not end within {_PATIENCE} s")
    line = next((n for n in reversed(done.stdout.splitlines()) if n.startswith(_MARK)), None)
    if line is None:
        return Probe(f"it ended Python with {done.returncode}", trace=done.stderr)
    return _read(json.loads(line.removeprefix(_MARK)))


def _read(said: dict[str, Any]) -> Probe:
    return Probe(
        said["reason"], said["module"], said["hook"], said["trace"] or "",
        frozenset(said["loaded"]), said["is_plugin"], said["package"],
    )  # fmt: skip
