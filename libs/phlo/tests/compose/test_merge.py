from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from phlo.compose.merge import merge
from phlo.model.layers import DROPPED, REPLACE, Layer, Leaf, ListEdit, Origin, leaves, plain

KEYS = st.sampled_from(["a", "b", "services", "volumes", "depends_on", "logging", "driver"])


@st.composite
def layers(draw):
    """Draw layers of which every leaf has an origin of its own."""
    count = iter(range(100_000))

    def leaf(value):
        return Leaf(value, Origin(f"layer {next(count)}"))

    values = st.one_of(
        st.none(), st.integers(0, 3), st.just(("x", "y")), st.just(ListEdit(append=("z",)))
    )

    def node(depth):
        if depth == 0 or draw(st.booleans()):
            return leaf(draw(values))
        keys = draw(st.lists(KEYS, max_size=3, unique=True))
        tree = {key: node(depth - 1) for key in keys}
        return {**tree, REPLACE: leaf(True)} if draw(st.booleans()) else tree

    made = []
    for i in range(draw(st.integers(1, 4))):
        keys = draw(st.lists(KEYS, max_size=3, unique=True))
        made.append(Layer(f"layer {i}", {key: node(4) for key in keys}))
    return made


def origins_in(node, *, inside=True):
    """Yield the origin of every leaf that a tree holds, shadowed and dropped ones too."""
    if isinstance(node, Leaf):
        yield node.origin.layer
        yield from (below.origin.layer for below in node.shadowed)
        return
    for key, child in node.items():
        if key != REPLACE or not inside:
            yield from origins_in(child)


@given(layers())
def test_no_origin_is_ever_lost_or_doubled(made):
    before = Counter(origin for layer in made for origin in origins_in(layer.tree))
    assert Counter(origins_in(merge(made).tree)) == before


@given(layers())
def test_merging_is_a_left_fold_and_changes_nothing(made):
    copies = [repr(layer) for layer in made]
    once = merge(made)
    assert merge(made) == once
    assert [repr(layer) for layer in made] == copies
    first = merge(made[:-1])
    assert merge([Layer("first", first.tree), made[-1]]).tree == once.tree


@given(layers())
def test_an_empty_layer_changes_nothing(made):
    assert merge([*made, Layer("empty")]) == merge(made)


def leaf(value, layer="project"):
    return Leaf(value, Origin(layer))


def merged(*trees):
    return merge([Layer(str(i), tree) for i, tree in enumerate(trees)])


def test_falsy_values_are_values():
    for value in ("", 0, False, ()):
        assert merged({"a": leaf(1)}, {"a": leaf(value)}).leaf(("a",)).value == value


def test_an_empty_map_changes_nothing():
    assert plain(merged({"a": {"b": leaf(1)}}, {"a": {}}).tree) == {"a": {"b": 1}}


def test_a_null_removes_a_whole_map_and_nothing_comes_back_with_it():
    removed = merged({"a": {"b": leaf(1), "c": leaf(2)}}, {"a": leaf(None)})
    assert plain(removed.tree) == {}
    again = merge([Layer("below", removed.tree), Layer("above", {"a": {"b": leaf(3)}})])
    assert plain(again.tree) == {"a": {"b": 3}}


def test_replace_drops_what_is_below_but_remembers_it():
    made = merged({"a": {"b": leaf(1), "c": leaf(2)}}, {"a": {REPLACE: leaf(True), "b": leaf(3)}})
    assert plain(made.tree) == {"a": {"b": 3}}
    assert [below.value for below in made.leaf(("a", "b")).shadowed] == [1]
    assert made.tree["a"][DROPPED]["c"].value == 2
    assert [path for path, _ in leaves(made.tree)] == [("a", "b")]


def test_replace_keeps_what_is_wired():
    wired = {"a": {"b": Leaf(1, Origin("wiring: x")), "c": leaf(2)}}
    assert plain(merged(wired, {"a": {REPLACE: leaf(True)}}).tree) == {"a": {"b": 1}}


def test_lists_are_edited_by_operators():
    below = {"a": leaf(("x", "y"))}
    edit = ListEdit(append=("z",), prepend=("w",), remove=("x",))
    assert merged(below, {"a": leaf(edit)}).leaf(("a",)).value == ("w", "y", "z")
    assert merged({}, {"a": leaf(edit)}).leaf(("a",)).value == ("w", "z")


def test_another_log_driver_drops_the_options_of_the_old_one():
    def logging(driver, **options):
        return {"services": {"app": {"logging": {
            "driver": leaf(driver), "options": {k: leaf(v) for k, v in options.items()},
        }}}}  # fmt: skip

    made = merged(logging("local", size="1m"), logging("syslog", address="x"))
    assert plain(made.at(("services", "app", "logging"))) == {
        "driver": "syslog", "options": {"address": "x"},
    }  # fmt: skip
    same = merged(logging("local", size="1m"), logging("local", compress="no"))
    assert plain(same.at(("services", "app", "logging", "options"))) == {
        "size": "1m", "compress": "no",
    }  # fmt: skip


def test_another_source_is_another_mount():
    def volumes(**mount):
        return {"services": {"app": {"volumes": {"/data": {k: leaf(v) for k, v in mount.items()}}}}}

    path = ("services", "app", "volumes", "/data")
    made = merged(volumes(source="data", read_only=True), volumes(source="./mine"))
    assert plain(made.at(path)) == {"source": "./mine"}
    made = merged(volumes(source="data", data=True), volumes(read_only=True))
    assert plain(made.at(path)) == {"source": "data", "data": True, "read_only": True}
