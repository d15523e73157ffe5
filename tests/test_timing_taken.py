"""When blogs are polled that were another node's: none long after its time, and not all of them in one instant."""

from __future__ import annotations

import functools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.timing import JITTER_SHARE, SPREAD, TAKEN_WITHIN, BlogState, Schedule, next_poll
from bot.outlook import NOTE_EVERY
from config.schedule import window

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HALF_A_MINUTE = Schedule(every=timedelta(seconds=30))


def taken(schedule: Schedule, polled: datetime | None, state: BlogState, now: datetime = NOON) -> datetime:
    return next_poll(schedule, "UTC", now, polled, state, taken_over=True)


@given(st.integers(0, 100_000), st.integers(1, 900), st.text(max_size=5))
def test_what_is_due_is_polled_soon_and_what_is_not_keeps_its_rhythm(ago: int, every: int, blog: str) -> None:
    length, polled = timedelta(seconds=every), NOON - timedelta(seconds=ago / 10)
    at = taken(Schedule(every=length), polled, BlogState(blog=blog))
    assert at >= NOON
    if polled + length <= NOON:
        assert at < NOON + TAKEN_WITHIN
    else:
        assert polled + length <= at <= polled + length + min(length * JITTER_SHARE, SPREAD)


@pytest.mark.parametrize("schedule", [HALF_A_MINUTE, Schedule(cron="*/2 * * * *")])
def test_a_blog_that_was_never_polled_or_long_ago_does_not_wait_for_its_next_time(schedule: Schedule) -> None:
    for number in range(50):
        state = BlogState(blog=f"b{number}")
        assert taken(schedule, None, state) < NOON + TAKEN_WITHIN
        assert taken(schedule, NOON - timedelta(hours=9), state) < NOON + TAKEN_WITHIN


def test_a_blog_that_fails_or_is_told_by_its_hub_is_not_hurried() -> None:
    polled = NOON - timedelta(seconds=40)
    assert taken(HALF_A_MINUTE, polled, BlogState(blog="a", failures=4)) >= polled + timedelta(minutes=4)
    told = BlogState(blog="a", hub_until=NOON + timedelta(days=1))
    assert taken(HALF_A_MINUTE, polled, told) >= polled + timedelta(minutes=5)


def test_at_night_nothing_is_hurried_either() -> None:
    state = BlogState(blog="a")
    asleep = NOON.replace(hour=3)
    schedule = Schedule(every=timedelta(seconds=30), between=window("06:00-23:30"))
    assert taken(schedule, asleep - timedelta(hours=4), state, asleep) >= asleep.replace(hour=6)


@functools.cache
def polls_of_a_thousand() -> list[tuple[BlogState, list[datetime]]]:
    """By the node that is to be killed, every 30 seconds for ten minutes."""
    return [(state, _polls(state)) for state in (BlogState(blog=f"blog-{number}") for number in range(1000))]


def _polls(state: BlogState) -> list[datetime]:
    polls = [next_poll(HALF_A_MINUTE, "UTC", NOON, None, state)]
    while polls[-1] < NOON + timedelta(minutes=10):
        polls.append(next_poll(HALF_A_MINUTE, "UTC", polls[-1], polls[-1], state))
    return polls


@pytest.mark.parametrize("silent", [0.5, 3.0, 5.0])
@pytest.mark.parametrize("later", range(0, 30, 3))
def test_of_two_thousand_blogs_none_waits_ten_seconds_too_long_when_the_node_of_half_of_them_is_killed(
    silent: float, later: int
) -> None:
    """Others notice after so many seconds. What it had not noted yet is polled again."""
    killed = NOON + timedelta(minutes=9, seconds=later)
    now = killed + timedelta(seconds=silent)
    moments = list[datetime]()
    for state, polls in polls_of_a_thousand():
        noted = max(poll for poll in polls if poll <= killed - NOTE_EVERY)
        moments.append(taken(HALF_A_MINUTE, noted, state, now))
        assert moments[-1] - max(poll for poll in polls if poll <= killed) <= timedelta(seconds=30 + 10)
    busiest = Counter(int((at - now) / timedelta(seconds=0.1)) for at in moments).most_common(1)[0][1]
    assert busiest <= 80, "of a thousand, in a tenth of a second"
