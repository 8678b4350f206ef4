"""Put one service in the place of another: what rewires is known before anything is done."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from phlo.compose.capabilities import STATEFUL, family
from phlo.config.edit import remove_value, rename_service
from phlo.drafts import compose_draft, project_files, write_whole
from phlo.editor import refresh_schema
from phlo.errors import PhloError
from phlo.errors.package import UnknownPackage
from phlo.model.service import Installed
from phlo.packages.call import Call, Change
from phlo.packages.change import check_not_needed, distribution_in
from phlo.packages.choose import Choice, choose
from phlo.packages.install import check_open, install, uninstall
from phlo.packages.record import recorded
from phlo.packages.snapshot import as_it_was
from phlo.packages.target import find_target
from phlo.pipeline import compose
from phlo.plugins.registry import load_services
from phlo.plugins.sources import read_index

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from phlo.model.options import Options
    from phlo.model.stack import Stack
    from phlo.packages.target import Target

#: So many values that the new service does not take are left out, one after another.
_MOST_DROPPED = 100


@dataclass(frozen=True, slots=True)
class Rewired:
    """A role that another service plays from now on."""

    consumer: str
    role: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Swap:
    """What an exchange changes; `do` does it."""

    old: str
    new: str
    change: Change
    rewired: tuple[Rewired, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    """Values that were said of the old service and that the new one does not take."""
    target: Target | None = field(default=None, repr=False)
    choice: Choice | None = field(default=None, repr=False)
    gone: str = ""
    files: Mapping[Path, str] = field(default_factory=dict, repr=False)
    find_links: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "old": self.old,
            "new": self.new,
            **self.change.as_json(),
            "rewired": [
                {"consumer": r.consumer, "role": r.role, "before": r.before, "after": r.after}
                for r in self.rewired
            ],
            "starts": list(self.starts),
            "ends": list(self.ends),
            "dropped": list(self.dropped),
        }


def plan_swap(call: Call, old: str, new: str, options: Options) -> Swap:
    """Return what an exchange would change; nothing is changed.

    Args:
        call: The project, and how.
        old: The service that goes.
        new: The one that comes: installed, or in the index.
        options: The options of the command.

    Raises:
        PhloError: It cannot be done, or the project could not be composed after it.
    """
    assert call.root is not None
    target = find_target(call.root)
    check_open(target)
    installed = load_services()
    gone = distribution_in(target, old)
    if old not in {one.name for one in target.services()}:
        old = next(one.name for one in target.services() if one.distribution == gone)
    check_not_needed(target, gone, [old])
    choice, links = _choice(call, new, installed, target)
    definitions = {n: d for n, d in installed.definitions.items() if n != old}
    for wheel in choice.asked if choice else ():
        definitions |= wheel.definitions
        new = next(iter(wheel.definitions), new)
    if new not in definitions:
        raise UnknownPackage(new, definitions)
    before = compose(call.root, options, os.environ)
    files, after, dropped = _composed(call.root, old, new, options, Installed(definitions))
    files = {**files, **recorded(call.root, choice.versions if choice else (), [gone])}
    return replace(
        _compared(before, after, old, new, _change(target, choice, gone, files, call.root)),
        dropped=dropped, target=target, choice=choice, gone=gone, files=files, find_links=links,
    )  # fmt: skip


def do(call: Call, swap: Swap) -> None:
    """Do what was planned, all of it or nothing.

    Raises:
        PhloError: It failed; then nothing was changed.
    """
    assert swap.target is not None
    with call.alone("exchanging packages"):
        with as_it_was(swap.target):
            if swap.choice:
                install(swap.target, swap.choice, swap.find_links)
            uninstall(swap.target, [swap.gone])
            write_whole(swap.files)
        refresh_schema(call.root)


def _choice(
    call: Call, new: str, installed: Installed, target: Target
) -> tuple[Choice | None, Path | None]:
    if new in installed.definitions:
        return None, None
    sources = call.sources()
    index = read_index(sources.index, refresh=True)
    return choose([new], index, sources.find_links, target), sources.find_links


def _composed(
    root: Path, old: str, new: str, options: Options, installed: Installed
) -> tuple[dict[Path, str], Stack, tuple[str, ...]]:
    """Return the project's files and its stack as they will be, and the values left out.

    What was said of the old service is said of the new one, but for what that does not take.
    """
    before = project_files(root)
    texts = {file: rename_service(text, file.name, old, new) for file, text in before.items()}
    dropped: list[str] = []
    while True:
        try:
            stack = compose_draft(root, texts, options, installed)
        except PhloError as error:
            path = next((p for d in error.diagnostics() if (p := _own_path(d, new))), None)
            if path is None or len(dropped) >= _MOST_DROPPED:
                raise
            texts = _dropped(texts, path, before=error)
            dropped.append(path)
        else:
            changed = {file: text for file, text in texts.items() if text != before[file]}
            return changed, stack, tuple(dropped)


def _own_path(error: PhloError, new: str) -> str | None:
    """Return the path of a value that the new service does not take."""
    path = error.path or ""
    return path if path.startswith(f"services.{new}.") else None


def _dropped(texts: dict[Path, str], path: str, *, before: PhloError) -> dict[Path, str]:
    from phlo.model.yaml_text import parse_yaml

    keys = tuple(path.split("."))
    for file, text in texts.items():
        spans = parse_yaml(text, file.name).spans
        known = next((keys[:n] for n in range(len(keys), 2, -1) if keys[:n] in spans), None)
        if known:
            return {**texts, file: remove_value(text, file.name, known)}
    raise before


def _change(
    target: Target, choice: Choice | None, gone: str, files: Mapping[Path, str], root: Path
) -> Change:
    have = target.distributions
    wheels = choice.wheels if choice else ()
    return Change(
        target.place,
        install={w.distribution: w.version for w in wheels},
        before={gone: have[gone].version},
        others=choice.others if choice else (),
        files=tuple(str(file.relative_to(root)) for file in files),
        notes=choice.notes if choice else (),
    )


def _compared(before: Stack, after: Stack, old: str, new: str, change: Change) -> Swap:
    was = {(b.consumer, b.role): b.provider for b in before.bindings}
    now = {(b.consumer, b.role): b.provider for b in after.bindings}
    rewired = [
        Rewired(*key, was.get(key), now.get(key))
        for key in dict.fromkeys([*was, *now])
        if was.get(key) != now.get(key) and {key[0]} & set(before.services) & set(after.services)
    ]
    notes = list(change.notes)
    definition = before.definitions.get(old)
    if definition and any(family(p.capability) in STATEFUL for p in definition.provides):
        notes.append(f"the data in '{old}' stays where it is: it is not copied to '{new}'")
    return Swap(
        old, new, replace(change, services=(new,), notes=tuple(notes)), tuple(rewired),
        tuple(n for n in after.services if n not in before.services),
        tuple(n for n in before.services if n not in after.services),
    )  # fmt: skip
