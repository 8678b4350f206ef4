from __future__ import annotations

from phlo.assets.graph import Graph

DIAMOND = Graph({"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": ["elsewhere"]})


def test_order_has_each_after_what_it_needs() -> None:
    assert DIAMOND.order() == ("a", "b", "c", "d")


def test_order_of_some_keeps_what_lies_between_in_mind() -> None:
    assert DIAMOND.order(["d", "a"]) == ("a", "d")


def test_levels_end_the_search() -> None:
    chain = Graph({"a": [], "b": ["a"], "c": ["b"], "d": ["c"]})

    assert chain.upstream("d", 2) == {"c", "b"}
    assert chain.downstream("a", 1) == {"b"}
    assert chain.downstream("a") == {"b", "c", "d"}
    assert chain.upstream("d", 0) == set()


def test_each_ring_is_found_once_and_whole() -> None:
    graph = Graph({"a": ["b"], "b": ["c"], "c": ["a"], "x": ["x"], "p": ["q"], "q": ["p", "a"]})

    assert graph.rings() == (("a", "b", "c"), ("p", "q"), ("x",))


def test_rings_do_not_keep_the_rest_from_an_order() -> None:
    assert Graph({"a": ["b"], "b": ["a"], "c": []}).order() == ("c", "a", "b")
