from __future__ import annotations

from phlo.errors import Where
from phlo.model.layers import REPLACE, Layered, Leaf, Origin, plain

HERE = Origin("phlo.yaml", Where("phlo.yaml", 3, 5))
TREE = Layered({
    "a": {"b": Leaf(1, HERE), "gone": Leaf(None, Origin("x")), REPLACE: Leaf(True, HERE)},
    "l": Leaf(("x", "y"), Origin("y")),
    "empty": {},
})  # fmt: skip


def test_values_at_paths():
    assert TREE.value(("a", "b")) == 1
    assert TREE.value(("a",)) == {"b": 1}
    assert TREE.value(("l",)) == ["x", "y"]
    assert TREE.value(("a", "gone"), "default") == "default"
    assert TREE.value(("a", "b", "c"), "default") == "default"
    assert TREE.leaf(("a",)) is None
    assert plain(TREE.tree) == {"a": {"b": 1}, "l": ["x", "y"], "empty": {}}


def test_origins_at_paths_or_the_nearest_to_them():
    assert str(TREE.origin(("a", "b"))) == "phlo.yaml:3:5"
    assert TREE.origin(("a",)) == HERE
    assert TREE.origin(("a", "nothing")) == HERE
    assert str(TREE.origin(("l",))) == "y"
    assert TREE.where(("l",)) is None
    assert TREE.origin(("empty",)) is None
    assert Layered({}).where(("a",)) is None


def test_what_is_computed():
    assert Origin("wiring: a.b -> c").is_computed
    assert Origin("auto").is_computed
    assert not HERE.is_computed
