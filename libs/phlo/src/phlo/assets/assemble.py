"""From what each file declares to one set of assets: names resolved, checks attached."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from phlo.assets.graph import Graph
from phlo.errors.data import BadCheck
from phlo.errors.workflow import (
    AmbiguousInput,
    DependencyCycle,
    DuplicateTable,
    UnknownInput,
    UnknownUpstream,
)
from phlo.model.checks import CheckSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from phlo.assets.spec import AssetSpec
    from phlo.errors import PhloError, Where


@dataclass(frozen=True, slots=True)
class TableChecks:
    """Checks that a file declares for a table, wherever its asset is."""

    name: str
    table: str
    origin: str
    specs: tuple[CheckSpec, ...]
    parameters: tuple[str, ...] = ()
    """The tables that the function takes."""
    inputs: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the checks as JSON values."""
        return {
            "name": self.name,
            "table": self.table,
            "origin": self.origin,
            "specs": [spec.as_json() for spec in self.specs],
            "parameters": list(self.parameters),
            "inputs": dict(self.inputs),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TableChecks:
        """Return the checks that `as_json` wrote."""
        return cls(
            value["name"],
            value["table"],
            value["origin"],
            tuple(CheckSpec.from_json(spec) for spec in value["specs"]),
            tuple(value["parameters"]),
            value["inputs"],
        )


@dataclass(slots=True)
class Assembler:
    """Joins assets and checks; faults gather in `errors`.

    Args:
        tables: Tables that the lake has already; reading one is fine though no asset makes it.
        place: Returns a file's line with its text.
    """

    tables: Collection[str]
    place: Callable[[str, int], Where]
    errors: list[PhloError] = field(default_factory=list)

    def assemble(
        self, assets: Sequence[AssetSpec], checks: Sequence[TableChecks]
    ) -> tuple[AssetSpec, ...]:
        """Return the assets in the order in which they can run."""
        by_key = self._by_key(assets)
        names = {**by_key, **dict.fromkeys(self.tables)}
        for one in checks:
            self._attach(by_key, one, tuple(names))
        joined = {key: self._resolved(asset, names) for key, asset in by_key.items()}
        self._find_rings(joined)
        return tuple(joined[key] for key in order(joined))

    def _by_key(self, assets: Sequence[AssetSpec]) -> dict[str, AssetSpec]:
        found: dict[str, AssetSpec] = {}
        for asset in assets:
            first = found.setdefault(asset.key, asset)
            # A file that another one imports by its plain name is read twice.
            if first is not asset and (first.file, first.line) != (asset.file, asset.line):
                self.errors.append(
                    DuplicateTable(asset.key, where=self._where(asset), first=self._where(first))
                )
        return found

    def _attach(
        self, assets: dict[str, AssetSpec], checks: TableChecks, names: Sequence[str]
    ) -> None:
        asset = assets.get(checks.table)
        spec = checks.specs[0]
        where = self.place(spec.file or checks.origin, spec.line or 1)
        if asset is None:
            user = f"the check '{checks.name}'"
            known = tuple(assets)
            self.errors.append(UnknownUpstream(user, checks.table, known=known, where=where))
            return
        specs = checks.specs
        if checks.parameters:
            inputs = self._inputs(checks, names, where)
            specs = tuple(replace(s, arguments={**s.arguments, "inputs": inputs}) for s in specs)
        taken = {spec.name for spec in asset.checks}
        for spec in specs:
            if spec.name in taken:
                self.errors.append(
                    BadCheck(
                        f"'{spec.name}' of '{asset.key}'", "it is there twice", where=where,
                        fix="remove one, or give it another name=",
                    )
                )  # fmt: skip
        fresh = tuple(spec for spec in specs if spec.name not in taken)
        assets[asset.key] = replace(asset, checks=(*asset.checks, *fresh))

    def _inputs(self, checks: TableChecks, names: Sequence[str], where: Where) -> dict[str, str]:
        """Return the tables that a check's function takes; a single one is the table itself."""
        if len(checks.parameters) == 1 and not checks.inputs:
            return {checks.parameters[0]: checks.table}
        own = {checks.table.partition(".")[2]: checks.table}
        given = {**{k: v for k, v in own.items() if k in checks.parameters}, **checks.inputs}
        return self._named(f"'{checks.name}'", checks.parameters, given, names, where)

    def _resolved(self, asset: AssetSpec, names: Mapping[str, Any]) -> AssetSpec:
        """Return an asset with its inputs and everything it reads."""
        where = self._where(asset)
        user = f"'{asset.key}'"
        others = [name for name in names if name != asset.key]
        inputs = self._named(user, asset.parameters, asset.inputs, others, where)
        deps = sorted({*asset.deps, *inputs.values()})
        for table in deps:
            if table not in names:
                self.errors.append(UnknownUpstream(user, table, known=others, where=where))
        external = tuple(table for table in deps if names.get(table) is None)
        return replace(asset, inputs=inputs, deps=tuple(deps), external=external)

    def _named(
        self,
        user: str,
        parameters: Sequence[str],
        given: Mapping[str, str],
        names: Sequence[str],
        where: Where,
    ) -> dict[str, str]:
        """Return the table of each parameter, by `inputs` or by its name."""
        found: dict[str, str] = {}
        for parameter in given:
            if parameter not in parameters:
                self.errors.append(UnknownInput(user, parameter, known=parameters, where=where))
        for parameter in parameters:
            if parameter in given:
                found[parameter] = given[parameter].removeprefix("lake.")
                continue
            tables = [name for name in names if name.partition(".")[2] == parameter]
            if len(tables) == 1:
                found[parameter] = tables[0]
            elif tables:
                self.errors.append(AmbiguousInput(user, parameter, tables, where=where))
            else:
                known = [name.partition(".")[2] for name in names]
                self.errors.append(UnknownInput(user, parameter, known=known, where=where))
        return found

    def _find_rings(self, assets: Mapping[str, AssetSpec]) -> None:
        for ring in Graph({key: asset.deps for key, asset in assets.items()}).rings():
            places = [(key, self._where(assets[key])) for key in ring]
            self.errors.append(DependencyCycle(places))

    def _where(self, asset: AssetSpec) -> Where:
        return self.place(asset.file, asset.line)


def order(assets: Mapping[str, AssetSpec]) -> tuple[str, ...]:
    """Return keys so that each comes after what it reads, and what its checks refer to.

    The latter only where that is possible: checks may refer to each other's tables.
    """
    needs = {key: set(asset.deps) for key, asset in assets.items()}
    with_checks = Graph(
        {
            key: needs[key] | {r for r in referred(asset) if r != key}
            for key, asset in assets.items()
        }
    )
    hard = Graph(needs)
    return hard.order() if with_checks.rings() and not hard.rings() else with_checks.order()


def referred(asset: AssetSpec) -> set[str]:
    """Return the tables that an asset's checks compare it with."""
    found: set[str] = set()
    for check in asset.checks:
        if check.kind == "reference":
            found.add(".".join(str(check.arguments["to"]).split(".")[:2]))
        found |= set(check.arguments.get("inputs", {}).values())
    return found
