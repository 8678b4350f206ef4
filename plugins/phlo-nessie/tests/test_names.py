"""Names of refs: whatever phlo allows comes back as it was, in what Nessie allows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phlo_nessie.names import decoded, encoded

#: As Nessie's specification says it.
VALID = re.compile(r"[A-Za-z](((?![.][.])[A-Za-z0-9./_-])*[A-Za-z0-9_-])?")
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/@:=-]{0,80}", fullmatch=True)


@given(NAMES)
def test_every_name_comes_back_and_is_valid_in_between(name: str) -> None:
    assert decoded(encoded(name)) == name
    assert VALID.fullmatch(encoded(name))


@given(NAMES, NAMES)
def test_two_names_stay_two(one: str, other: str) -> None:
    assert (one == other) is (encoded(one) == encoded(other))


@pytest.mark.parametrize("name", ["main", "dev", "run/20261124-abc/raw.flights"])
def test_common_names_stay_readable(name: str) -> None:
    assert encoded(name) == name
