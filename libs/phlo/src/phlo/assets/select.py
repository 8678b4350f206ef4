"""The language of selections: `+raw.orders`, `tag:daily,!group:marts`, `failed`, `*`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from phlo.assets.graph import Graph
from phlo.errors.selection import BadSelection, NoSuchAsset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from phlo.assets.spec import AssetSpec

_TERM = re.compile(
    r"(?P<not>!?)(?P<up>(?P<above>\d*)\+)?(?P<core>[^+!]+?)(?P<down>\+(?P<below>\d*))?"
)
_KEYWORDS = ("failed", "stale")


@dataclass(frozen=True, slots=True)
class States:
    """What only the store knows of assets."""

    failed: frozenset[str] = frozenset()
    """Whose last step did not succeed, or one of whose blocking checks failed."""
    stale: frozenset[str] = frozenset()
    """Never made, or made before their code or what they read changed."""


@dataclass(slots=True)
class Selector:
    """Assets, and what is known of them, to select from."""

    assets: Sequence[AssetSpec]
    states: Callable[[], States] = States
    _graph: Graph = field(init=False)

    def __post_init__(self) -> None:
        self._graph = Graph({asset.key: asset.deps for asset in self.assets})

    def select(self, text: str) -> tuple[str, ...]:
        """Return the assets that a selection names, in the order in which they run.

        Raises:
            NoSuchAsset: A part of it matches nothing.
            BadSelection: It is not written in the language.
        """
        terms = [term.strip() for term in text.split(",")]
        if not all(terms):
            raise BadSelection(text, "a part of it is empty")
        chosen: set[str] = set()
        removed: set[str] = set()
        if all(term.startswith("!") for term in terms):
            chosen = {asset.key for asset in self.assets}
        for term in terms:
            found = self._term(term)
            if term.startswith("!"):
                removed |= found
            else:
                chosen |= found
        return self._graph.order(chosen - removed)

    def _term(self, term: str) -> set[str]:
        parts = _TERM.fullmatch(term)
        if parts is None:
            raise BadSelection(term, "it is no term")
        found = self._core(parts["core"].strip())
        reached = set(found)
        for name in found:
            if parts["up"]:
                reached |= self._graph.upstream(name, _levels(parts["above"]))
            if parts["down"]:
                reached |= self._graph.downstream(name, _levels(parts["below"]))
        return reached

    def _core(self, core: str) -> set[str]:
        if core in _KEYWORDS:
            return set(getattr(self.states(), core))  # none is a fine answer
        method, colon, value = core.partition(":")
        if colon:
            return self._by_method(core, method, value)
        pattern = core.removeprefix("lake.")
        names = [asset.key for asset in self.assets]
        # A bare name is fine where one asset only has it.
        found = {n for n in names if fnmatchcase(n, pattern)} or {
            n for n in names if n.partition(".")[2] == pattern
        }
        if len(found) > 1 and "*" not in pattern and "?" not in pattern and "[" not in pattern:
            raise BadSelection(core, f"it can be {' or '.join(sorted(found))}")
        return self._some(found, core, "asset", [*names, *_KEYWORDS])

    def _by_method(self, core: str, method: str, value: str) -> set[str]:
        if method == "path":
            wanted = value.removeprefix("workflows/")
            files = {asset.key: asset.file.partition("/")[2] for asset in self.assets}
            found = {
                key for key, file in files.items() if file.startswith(wanted) or file == wanted
            }
            return self._some(found, core, "path", [f"path:{file}" for file in files.values()])
        of = _VALUES.get(method)
        if of is None:
            raise BadSelection(core, f"there is no '{method}:'")
        found = {
            asset.key for asset in self.assets if any(fnmatchcase(v, value) for v in of(asset))
        }
        known = sorted({f"{method}:{v}" for asset in self.assets for v in of(asset)})
        return self._some(found, core, method, known)

    def _some(self, found: set[str], core: str, kind: str, known: Iterable[str]) -> set[str]:
        if not found and not (core == "*" and not self.assets):
            raise NoSuchAsset(core, kind=kind, known=known)
        return found


def _levels(text: str | None) -> int | None:
    return int(text) if text else None


_VALUES: dict[str, Callable[[AssetSpec], tuple[str, ...]]] = {
    "tag": lambda asset: asset.tags,
    "group": lambda asset: (asset.group,),
    "owner": lambda asset: (asset.owner,) if asset.owner else (),
}
