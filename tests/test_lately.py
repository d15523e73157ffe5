"""What happened lately: counts by the second, and how long things took."""

from __future__ import annotations

from itertools import pairwise
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.lately import BOUNDS, Durations, Lately, quantile, up_to

NOON = 1_750_000_000


def test_a_count_is_that_of_the_last_seconds() -> None:
    lately = Lately()
    for second in range(100):
        lately.add(NOON + second + 0.5, 2)
    assert lately.last(10, NOON + 99.9) == 20
    assert lately.last(10, NOON + 104.0) == 10
    assert lately.last(3600, NOON + 104.0) == 200
    assert lately.between(NOON + 10, NOON + 20) == 20


def test_what_is_longer_ago_than_the_ring_is_forgotten() -> None:
    lately = Lately(60)
    lately.add(NOON)
    assert lately.last(60, NOON + 59) == 1
    assert lately.last(60, NOON + 60) == 0
    lately.add(NOON + 100_000, 3)
    assert lately.last(60, NOON + 100_000) == 3
    assert lately.last(600, NOON + 100_000) == 3


def test_a_clock_that_is_put_back_loses_no_count() -> None:
    lately = Lately(60)
    lately.add(NOON)
    lately.add(NOON - 30)
    assert lately.last(60, NOON) == 2
    assert lately.last(60, NOON - 30) == 2


def test_what_is_known_of_an_earlier_time_counts_by_its_second() -> None:
    lately = Lately()
    lately.put(NOON - 1000, 7)
    lately.put(NOON - 4000, 100)
    lately.add(NOON)
    assert lately.last(3600, NOON) == 8
    assert lately.last(3600, NOON + 3000) == 1


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 9))), st.integers(1, 60))
def test_a_count_is_what_counting_all_would_say(moments: list[tuple[int, int]], seconds: int) -> None:
    lately, now = Lately(60), NOON
    happened = []
    for pause, count in moments:
        now += pause
        lately.add(now, count)
        happened.append((now, count))
    assert lately.last(seconds, now) == sum(count for at, count in happened if at > now - seconds)


def test_the_bounds_rise_by_a_sixth_at_most_and_hold_the_round_ones() -> None:
    assert list(BOUNDS) == sorted(set(BOUNDS))
    assert all(high / low < 1.17 for low, high in pairwise(BOUNDS[:-1]))
    assert {0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 100.0, 1000.0} <= set(BOUNDS)


@given(st.lists(st.floats(0.002, 50_000.0), min_size=30, max_size=200))
def test_quantiles_are_near_the_true_ones(took: list[float]) -> None:
    durations = Durations()
    for seconds in took:
        durations.add(NOON, seconds)
    [half] = durations.quantiles(NOON, 0.5)
    assert half is not None
    below, above = sorted(took)[(len(took) - 1) // 2], sorted(took)[len(took) // 2]
    assert below / 1.17 <= half <= above * 1.17


def test_quantiles_of_an_even_spread_are_as_a_statistician_has_them() -> None:
    durations = Durations()
    took = [n / 100 for n in range(1, 1001)]
    for seconds in took:
        durations.add(NOON, seconds)
    percents = quantiles(took, n=100)
    assert durations.quantiles(NOON, 0.5, 0.99) == [
        pytest.approx(percents[49], rel=0.05),
        pytest.approx(percents[98], rel=0.05),
    ]


def test_only_the_last_five_minutes_have_a_say() -> None:
    durations = Durations()
    durations.add(NOON, 100.0)
    durations.add(NOON + 200, 1.0)
    assert durations.quantiles(NOON + 200, 0.99) == [pytest.approx(100.0, rel=0.2)]
    assert durations.quantiles(NOON + 310, 0.99) == [pytest.approx(1.0, rel=0.2)]
    assert durations.quantiles(NOON + 520, 0.5, 0.99) == [None, None]
    durations.add(NOON + 100_000, 2.0)
    assert durations.quantiles(NOON + 100_000, 0.5) == [pytest.approx(2.0, rel=0.2)]
    assert (sum(durations.total), durations.sum) == (3, 103.0)


def test_nothing_has_no_quantile_and_what_is_beyond_has_the_last_bound() -> None:
    assert quantile([0] * (len(BOUNDS) + 1), 0.5) is None
    durations = Durations()
    durations.add(NOON, 1e9)
    assert durations.quantiles(NOON, 0.5) == [BOUNDS[-1]]


def test_counts_up_to_bounds_add_up() -> None:
    durations = Durations()
    for seconds in (0.01, 0.3, 0.5, 0.6, 70.0, 1e9):
        durations.add(NOON, seconds)
    assert up_to(durations.total, (0.25, 0.5, 1.0, 100.0)) == [1, 3, 4, 5]
