from __future__ import annotations

from typing import Any

import pytest

from phlo.assets.select import Selector, States
from phlo.assets.spec import AssetSpec
from phlo.errors import PhloError


def asset(key: str, *deps: str, **given: Any) -> AssetSpec:
    folder = given.pop("folder", key.partition(".")[0])
    values: dict[str, Any] = {"group": folder, "name": key.partition(".")[2], **given}
    return AssetSpec(key, "python", f"workflows/{folder}/{key}.py", 1, deps=deps, **values)


SELECTOR = Selector(
    (
        asset("raw.orders", tags=("daily",), owner="data@shop.example"),
        asset("raw.customers", tags=("weekly",)),
        asset("staging.orders", "raw.orders", tags=("daily",)),
        asset("marts.totals", "staging.orders", "raw.customers"),
        asset("marts.report", "marts.totals"),
    ),
    lambda: States(frozenset({"raw.orders"}), frozenset({"marts.report"})),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("raw.orders", ["raw.orders"]),
        ("lake.raw.orders", ["raw.orders"]),
        ("totals", ["marts.totals"]),
        ("+marts.totals", ["raw.customers", "raw.orders", "staging.orders", "marts.totals"]),
        ("1+marts.totals", ["raw.customers", "staging.orders", "marts.totals"]),
        ("staging.orders+", ["staging.orders", "marts.totals", "marts.report"]),
        ("staging.orders+1", ["staging.orders", "marts.totals"]),
        ("+staging.orders+1", ["raw.orders", "staging.orders", "marts.totals"]),
        ("raw.*", ["raw.customers", "raw.orders"]),
        ("tag:daily", ["raw.orders", "staging.orders"]),
        ("group:marts", ["marts.totals", "marts.report"]),
        ("owner:*@shop.example", ["raw.orders"]),
        ("path:marts/", ["marts.totals", "marts.report"]),
        ("path:workflows/raw/", ["raw.customers", "raw.orders"]),
        ("failed", ["raw.orders"]),
        ("failed+1", ["raw.orders", "staging.orders"]),
        ("stale", ["marts.report"]),
        ("raw.orders, marts.report", ["marts.report", "raw.orders"]),
        ("tag:daily,!staging.orders", ["raw.orders"]),
        ("!group:marts", ["raw.customers", "raw.orders", "staging.orders"]),
        ("*,!raw.*", ["staging.orders", "marts.totals", "marts.report"]),
    ],
)
def test_a_selection_names_its_assets_in_order(text: str, found: list[str]) -> None:
    chosen = SELECTOR.select(text)

    assert sorted(chosen) == sorted(found)
    position = {key: i for i, key in enumerate(chosen)}
    for one in SELECTOR.assets:
        for dep in one.deps:
            if one.key in position and dep in position:
                assert position[dep] < position[one.key]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("raw.order", "'raw.orders'"),
        ("tag:dayly", "'tag:daily'"),
        ("group:mart", "'group:marts'"),
        ("fialed", "'failed'"),
    ],
)
def test_what_matches_nothing_is_an_error_with_what_is_near(text: str, near: str) -> None:
    with pytest.raises(PhloError) as error:
        SELECTOR.select(text)

    assert error.value.code == "PHLO-A813"
    assert near in error.value.fix.text


@pytest.mark.parametrize("text", ["", "raw.orders,", "a++b", "!", "+", "foo:x", "orders"])
def test_what_is_not_of_the_language_is_refused(text: str) -> None:
    with pytest.raises(PhloError) as error:
        SELECTOR.select(text)

    assert error.value.code == "PHLO-A814"
