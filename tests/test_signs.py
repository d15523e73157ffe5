"""When something is not as it should be, and when it is again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import signs
from bot.core.signs import GIGABYTE, MEGABYTE
from bot.core.standing import Refusal

NOW = datetime(2024, 5, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stands", "lately", "share", "slow_for", "expected"),
    [
        (False, 0, 1.0, 0.0, False),
        (False, 20, 1.0, 0.0, True),
        (False, 19, 1.0, 0.0, False),
        (False, 1, 0.4, 119.0, False),  # it may climb back
        (False, 1, 0.4, 120.0, True),
        (True, 1, 1.0, 0.0, True),  # not quiet for long enough
        (True, 0, 1.0, 0.0, False),
        (True, 0, 0.4, 900.0, True),  # still slow
    ],
)
def test_floods_pile_up_and_end_when_it_was_quiet(
    stands: bool, lately: int, share: float, slow_for: float, expected: bool
) -> None:
    assert signs.piling_up(stands, lately, share, slow_for) is expected


@pytest.mark.parametrize(
    ("free", "total", "expected"),
    [
        (10 * GIGABYTE, 20 * GIGABYTE, False),
        (900 * MEGABYTE, 20 * GIGABYTE, True),  # a twentieth is a gigabyte
        (3 * GIGABYTE, 2000 * GIGABYTE, False),  # a twentieth of much is more than need be
        (1900 * MEGABYTE, 2000 * GIGABYTE, True),
        (199 * MEGABYTE, 1 * GIGABYTE, True),  # and of little too little
        (201 * MEGABYTE, 1 * GIGABYTE, False),
        (0, 0, True),
    ],
)
def test_a_disk_is_nearly_full_by_its_size(free: int, total: int, expected: bool) -> None:
    assert signs.nearly_full(False, free, total) is expected


@given(total=st.integers(0, 10**14), frees=st.lists(st.integers(0, 10**14), max_size=20))
def test_what_is_just_enough_does_not_end_an_alarm(total: int, frees: list[int]) -> None:
    """Between the two thresholds nothing changes, whichever state it is in."""
    stands, seen = False, []
    for free in frees:
        before, stands = stands, signs.nearly_full(stands, free, total)
        seen.append((before, stands, free))
    changes = [free for before, after, free in seen if before != after]
    assert all(one < other / 1.2 or other < one / 1.2 for one, other in pairwise(changes))


@pytest.mark.parametrize(
    ("appointed", "begun", "expected"),
    [
        (timedelta(seconds=30), timedelta(0), False),
        (timedelta(minutes=-1), timedelta(0), False),
        (timedelta(minutes=-3), timedelta(0), True),
        (timedelta(hours=9), timedelta(hours=-9), False),  # its schedule says so
        (None, timedelta(minutes=-14), False),  # it is being polled
        (None, timedelta(minutes=-16), True),
    ],
)
def test_polls_are_late_by_their_appointment(appointed: timedelta | None, begun: timedelta, expected: bool) -> None:
    assert signs.is_late(NOW, NOW + appointed if appointed is not None else None, NOW + begun) is expected


@pytest.mark.parametrize(("lost_for", "expected"), [(0.0, False), (119.0, False), (120.0, True)])
def test_telegram_is_unreachable_after_two_minutes_without_an_answer(lost_for: float, expected: bool) -> None:
    assert signs.is_unreachable(lost_for) is expected


def refusals(*counts: int) -> list[Refusal]:
    return [
        Refusal(why=f"why {number}", rows=count, chats=1, last_at=0.0, newest_post=1)
        for number, count in enumerate(counts)
    ]


def test_of_many_reasons_those_are_told_that_most_was_refused_for() -> None:
    assert [one.rows for one in signs.told_apart(refusals(*range(30)), ())] == list(range(29, 19, -1))


@given(st.lists(st.integers(1, 50), max_size=40), st.sets(st.integers(0, 39), max_size=12))
def test_a_reason_that_was_told_is_not_dropped_for_another(counts: list[int], known: set[int]) -> None:
    found = refusals(*counts)
    standing = {f"why {number}" for number in known}
    told = {one.why for one in signs.told_apart(found, standing)}
    assert standing & {one.why for one in found} <= told
    assert len(told) <= max(signs.REASONS_AT_MOST, len(standing))


@pytest.mark.parametrize(
    ("rows", "chats", "expected"),
    [(1, 1, "1 delivery in 1 chat"), (1200, 30, "1,200 deliveries in 30 chats")],
)
def test_a_refusal_says_how_many_and_what_readers_miss(rows: int, chats: int, expected: str) -> None:
    said = signs.of_refusal(Refusal(why="Bad Request: no", rows=rows, chats=chats, last_at=0.0, newest_post=7))
    assert said.startswith(f"“Bad Request: no”, {expected}, the newest of post 7; who was to read them does not")


@pytest.mark.parametrize(
    ("free", "total", "expected"),
    [(950 * MEGABYTE, 20 * GIGABYTE, "950 MB of 20.0 GB are free"), (0, GIGABYTE, "0 MB of 1.0 GB are free")],
)
def test_space_is_told_in_words(free: int, total: int, expected: str) -> None:
    assert signs.of_space(free, total) == expected


@pytest.mark.parametrize(
    ("waiting", "seconds", "interval", "expected"),
    [
        (3, 61.0, 0.0, True),
        (3, 60.0, 0.0, False),
        (0, 900.0, 0.0, False),
        (3, 61.0, 30.0, False),  # two messages a minute are all that the pace allows
        (3, 211.0, 30.0, True),
    ],
)
def test_nothing_leaves_when_something_waits_for_longer_than_the_pace_explains(
    waiting: int, seconds: float, interval: float, expected: bool
) -> None:
    found = signs.stuck(waiting, seconds, interval)
    assert found == (signs.Stuck(waiting, seconds) if expected else None)


def days_ago(*days: float) -> list[datetime]:
    return [NOW - timedelta(days=one) for one in days]


@pytest.mark.parametrize(
    ("kept", "last", "since"),
    [
        ((), None, None),
        ((9.0,), 9.0, None),  # made by hand, once
        ((30.0, 20.0, 10.0), 10.0, None),  # and now and then
        ((3.0, 2.0, 1.0), 1.0, None),
        ((6.0, 5.0, 4.0), 4.0, 4.0),
        ((6.0, 5.0), None, 5.0),  # the note came from another copy of the database
        ((6.0, 5.0, 4.0), 0.5, None),  # one went elsewhere
        ((5.0, 4.0, 3.0), 3.0, None),
    ],
)
def test_backups_have_stopped_when_a_schedule_made_them(
    kept: tuple[float, ...], last: float | None, since: float | None
) -> None:
    newest = None if last is None else NOW - timedelta(days=last)
    found = signs.backups_stopped(days_ago(*kept), newest, NOW)
    assert found == (None if since is None else NOW - timedelta(days=since))
