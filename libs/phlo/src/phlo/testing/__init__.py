"""For tests of workflows: a lakehouse of their own, and assets made in it.

    def test_orders_have_a_customer(lakehouse):
        lakehouse.materialize(orders)
        assert lakehouse.query("select count(*) from raw.orders where customer is null") == [(0,)]

A project's conftest.py has the fixture by `from phlo.testing.pytest_plugin import lakehouse`;
`materialize` makes one asset in a lakehouse that is gone afterwards.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.testing.lakehouse import Lakehouse as Lakehouse
    from phlo.testing.lakehouse import materialize as materialize

_PUBLIC = {"Lakehouse": "phlo.testing.lakehouse", "materialize": "phlo.testing.lakehouse"}

__all__ = ["Lakehouse", "materialize"]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'phlo.testing' has no attribute {name!r}")
