"""The order in which services stop, whichever runtime each is in."""

from __future__ import annotations

import pytest

from phlo.runtime.order import stop_waves

N, D = "native", "docker"


@pytest.mark.parametrize(
    ("runtimes", "needs", "wanted"),
    [
        ({}, {}, []),
        ({"a": N, "b": D}, {}, [("a", "b")]),
        ({"a": N, "b": D}, {"b": ["a"]}, [("b",), ("a",)]),
        ({"a": N, "b": D}, {"a": ["b"]}, [("a",), ("b",)]),
        # A runtime orders its own.
        ({"a": N, "b": N, "c": D}, {"a": ["b"], "b": ["c"]}, [("a", "b"), ("c",)]),
        # Down and up again: native, docker, native.
        ({"low": N, "mid": D, "top": N}, {"top": ["mid"], "mid": ["low"]},
         [("top",), ("mid",), ("low",)]),
        # What lies between does not run: it decides nothing by itself.
        ({"low": N, "top": D}, {"top": ["mid"], "mid": ["low"]}, [("low", "top")]),
        # No ring of a state file holds anybody up.
        ({"a": N, "b": D}, {"a": ["b"], "b": ["a"]}, [("a",), ("b",)]),
    ],
)  # fmt: skip
def test_waves(runtimes, needs, wanted):
    assert stop_waves(runtimes, needs) == wanted
