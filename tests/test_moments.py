"""Moments as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.moments import Moment, NoMoment, Past, TooFar, Twist, moment_in

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday; 13:00 in Berlin


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("18:30", "2026-11-24 17:30"),
        ("at 18:30", "2026-11-24 17:30"),
        (" 18.30 ", "2026-11-24 17:30"),
        ("6:30 pm", "2026-11-24 17:30"),
        ("6pm", "2026-11-24 17:00"),
        ("today 18:30", "2026-11-24 17:30"),
        ("Today at 18:30.", "2026-11-24 17:30"),
        ("tomorrow 7:00", "2026-11-25 06:00"),
        ("7am tomorrow", "2026-11-25 06:00"),
        ("TOMORROW noon", "2026-11-25 11:00"),
        ("tomorrow 12am", "2026-11-24 23:00"),
        ("midnight tomorrow", "2026-11-24 23:00"),
        ("tuesday 18:00", "2026-11-24 17:00"),
        ("tuesday 9:00", "2026-12-01 08:00"),
        ("monday 9:00", "2026-11-30 08:00"),
        ("2026-11-26 07:00", "2026-11-26 06:00"),
        ("2027-07-01 07:00", "2027-07-01 05:00"),
        ("in 20 min", "2026-11-24 12:20"),
        ("in 20 minutes", "2026-11-24 12:20"),
        ("in an hour", "2026-11-24 13:00"),
        ("in half an hour", "2026-11-24 12:30"),
        ("in 1 h 30 min", "2026-11-24 13:30"),
        ("in 2 hours and 5 minutes", "2026-11-24 14:05"),
        ("in 2 days", "2026-11-26 12:00"),
        ("+20m", "2026-11-24 12:20"),
        ("+1h30m", "2026-11-24 13:30"),
    ],
)
def test_what_people_type_is_a_moment(words: str, at: str) -> None:
    assert moment_in(words, NOON, BERLIN) == Moment(at=utc(at))


def test_a_time_that_has_passed_means_tomorrow_and_says_so() -> None:
    assert moment_in("7:00", NOON, BERLIN) == Moment(at=utc("2026-11-25 06:00"), twist=Twist.TOMORROW)
    assert moment_in("13:00", NOON, BERLIN) == Moment(at=utc("2026-11-25 12:00"), twist=Twist.TOMORROW), (
        "now is no wait"
    )


@pytest.mark.parametrize(
    "words", ["today 7:00", "2026-11-23 07:00", "in 0 min", "2020-01-01 00:00", "0001-01-01 00:00"]
)
def test_what_is_said_to_be_past_is_past(words: str) -> None:
    with pytest.raises(Past):
        moment_in(words, NOON, BERLIN)


@pytest.mark.parametrize("words", ["2028-01-01 00:00", "9999-12-31 23:59", "in 999999 d", "in 9000 h 9000 h"])
def test_more_than_a_year_is_too_far(words: str) -> None:
    with pytest.raises(TooFar):
        moment_in(words, NOON, BERLIN)


@pytest.mark.parametrize(
    "words",
    ["", " ", "18", "25:00", "18:60", "13 pm", "0am", "soon", "in", "+", "in 20", "in min", "20 min", "18:30 18:30",
     "tomorrow", "today", "2026-02-30 07:00", "2026-13-01 07:00", "18:30 Berlin", "in 20 min please", "at",
     "in 20 minx", "tomorrow today 7:00", "18:30\x00"],
)  # fmt: skip
def test_what_names_no_moment_is_refused(words: str) -> None:
    with pytest.raises(NoMoment) as refused:
        moment_in(words, NOON, BERLIN)
    assert type(refused.value) is NoMoment


# Clocks in New York: forward on 8 March 2026 at 2:00, back on 1 November 2026 at 2:00.
@pytest.mark.parametrize(
    ("words", "now", "moment"),
    [
        ("2:30", "2026-03-08 05:00", Moment(at=utc("2026-03-08 07:30"), twist=Twist.SKIPPED)),
        ("2026-03-08 03:00", "2026-03-08 05:00", Moment(at=utc("2026-03-08 07:00"))),
        ("1:30", "2026-11-01 04:00", Moment(at=utc("2026-11-01 05:30"), twist=Twist.TWICE)),
        ("1:30", "2026-11-01 05:45", Moment(at=utc("2026-11-01 06:30"), twist=Twist.TWICE)),
        ("1:30", "2026-11-01 06:45", Moment(at=utc("2026-11-02 06:30"), twist=Twist.TOMORROW)),
        ("tomorrow 7:00", "2026-03-07 17:00", Moment(at=utc("2026-03-08 11:00"))),
        ("in 1 h", "2026-03-08 06:30", Moment(at=utc("2026-03-08 07:30"))),
    ],
)
def test_clocks_that_are_changed_meanwhile(words: str, now: str, moment: Moment) -> None:
    assert moment_in(words, utc(now), NEW_YORK) == moment


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from([BERLIN, NEW_YORK, "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_a_time_of_day_comes_within_a_day_of_the_longest_kind(now: datetime, hour: int, minute: int, zone: str) -> None:
    moment = moment_in(f"{hour}:{minute:02}", now, zone)
    assert timedelta(0) < moment.at - now <= timedelta(hours=26)


@given(st.text(max_size=60))
def test_no_words_break_it(words: str) -> None:
    try:
        moment = moment_in(words, NOON, BERLIN)
    except NoMoment:
        return
    assert moment.at > NOON
