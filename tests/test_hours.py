"""Lengths of time and hours of the day, in the ways people type them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.hours import clock, hours, length, written


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2h", 120),
        ("30m", 30),
        ("90 min", 90),
        ("90min.", 90),
        ("1h30m", 90),
        ("1 hour, 5 minutes", 65),
        ("2 Days", 2880),
        ("1w", 10080),
        ("30d", 43200),
        ("31d", None),
        ("0m", None),
        ("", None),
        ("2", None),
        ("h", None),
        ("2 years", None),
        ("-2h", None),
        ("99999w", None),
        ("2h x", None),
    ],
)
def test_lengths_of_time(text: str, minutes: int | None) -> None:
    assert length(text) == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("22:30-6:15", (1350, 375)),
        ("22-7", (1320, 420)),
        ("22 7", (1320, 420)),
        ("22:00 – 07:00", (1320, 420)),
        ("23.30 to 6", (1410, 360)),
        ("0-8", (0, 480)),
        ("24-8", (0, 480)),
        ("22-22", None),
        ("25-7", None),
        ("24:30-7", None),
        ("22:60-7", None),
        ("22", None),
        ("22-7-8", None),
        ("night", None),
        ("", None),
    ],
)
def test_hours_of_the_night(text: str, found: tuple[int, int] | None) -> None:
    assert hours(text) == found


@given(st.text(max_size=20))
def test_whatever_is_typed_raises_nothing(text: str) -> None:
    length(text), hours(text), clock(text)


@given(st.integers(0, 1439))
def test_what_is_written_is_read_as_it_was(minutes: int) -> None:
    assert clock(written(minutes)) == minutes
