from __future__ import annotations

from datetime import timedelta

import pytest

from phlo.model.durations import DURATION_FORM, parse_duration, seconds


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5s", 5),
        ("1m30s", 90),
        ("500ms", 0.5),
        ("2h", 7200),
        ("1d", 86400),
        ("90", 90),
        ("1.5", 1.5),
    ],
)
def test_durations_of_services(text, wanted):
    assert DURATION_FORM.fullmatch(text)
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "s", "5x", "5 s", "-5s", "1m 30s"])
def test_what_is_no_duration(text):
    assert not DURATION_FORM.fullmatch(text)


def test_durations_of_data():
    assert parse_duration("2w") == timedelta(weeks=2)
    assert parse_duration("soon") is None
