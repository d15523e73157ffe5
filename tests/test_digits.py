"""Digits of other scripts, as keyboards of those languages type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.digits import plain
from bot.core.hours import clock, hours, length
from bot.core.moments import moment_in
from bot.core.texts import Texts

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_times_may_be_typed_in_the_digits_of_any_script() -> None:
    assert hours("۲۲:۳۰-۶:۱۵") == hours("22:30-6:15")
    assert clock("٧") == 7 * 60
    assert length("९० min") == timedelta(minutes=90)
    assert moment_in("۱۸:۳۰", NOON, "UTC") == moment_in("18:30", NOON, "UTC")


def test_hours_are_written_in_the_digits_of_the_language() -> None:
    assert Texts.of("fa").hour(375) == "۰۶:۱۵"
    assert Texts.of("de").hour(375) == "06:15"


@given(st.text())
def test_what_is_no_digit_stays_as_it_is(text: str) -> None:
    assert [one for one in plain(text) if not one.isdecimal()] == [one for one in text if not one.isdecimal()]
