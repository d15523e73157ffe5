"""Who speaks next: urgent lanes first, nobody for ever last, every blog as often as another."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.lanes import ROTA, URGENT, Queue, Turns, lane_of
from bot.core.model import Lane

QUEUES = st.sets(st.tuples(st.sampled_from(list(Lane)), st.sampled_from(["storm", "flood", "vote", "cup"])), min_size=1)
CALM = [lane for lane in Lane if lane not in URGENT]


@pytest.mark.parametrize(
    ("waiting", "turns"),
    [
        ({Lane.WITHDRAWAL, Lane.BREAKING, Lane.LIVE}, {Lane.WITHDRAWAL: 8}),
        ({Lane.BREAKING, Lane.LIVE, Lane.EDIT, Lane.DIGEST}, {Lane.BREAKING: 8}),
        ({Lane.LIVE, Lane.EDIT, Lane.DIGEST}, {Lane.LIVE: 5, Lane.EDIT: 2, Lane.DIGEST: 1}),
        ({Lane.LIVE, Lane.EDIT}, {Lane.LIVE: 6, Lane.EDIT: 2}),
        ({Lane.EDIT, Lane.DIGEST}, {Lane.EDIT: 7, Lane.DIGEST: 1}),
        ({Lane.DIGEST}, {Lane.DIGEST: 8}),
    ],
)
def test_of_eight_turns_each_lane_gets_its_share(waiting: set[Lane], turns: dict[Lane, int]) -> None:
    assert Counter(lane_of(waiting, turn) for turn in range(len(ROTA))) == turns


@given(QUEUES, st.integers(1, 100))
def test_every_turn_is_given_to_somebody_who_waits(waiting: set[Queue], count: int) -> None:
    turns = Turns().given(waiting, count)
    assert sum(turns.values()) == count
    assert turns.keys() <= waiting
    assert list(turns) == sorted(turns)


@given(QUEUES, st.integers(1, 30))
def test_turns_given_one_by_one_are_those_given_together(waiting: set[Queue], count: int) -> None:
    single = Turns()
    one_by_one: Counter[Queue] = Counter()
    for _ in range(count):
        one_by_one.update(single.given(waiting, 1))
    assert one_by_one == Turns().given(waiting, count)


@given(st.sets(st.tuples(st.sampled_from(CALM), st.sampled_from(["storm", "flood", "vote"])), min_size=1))
def test_no_queue_starves_behind_live_news(waiting: set[Queue]) -> None:
    turns = Turns().given(waiting, len(ROTA) * 3)
    assert turns.keys() == waiting


@given(st.sets(st.sampled_from(["storm", "flood", "vote", "cup"]), min_size=2), st.integers(1, 50))
def test_the_blogs_of_a_lane_get_as_many_turns_as_each_other(blogs: set[str], count: int) -> None:
    turns = Turns().given({(Lane.LIVE, blog) for blog in blogs}, count)
    counts = [turns.get((Lane.LIVE, blog), 0) for blog in blogs]
    assert max(counts) - min(counts) <= 1


def test_a_blog_that_begins_to_wait_is_served_next_and_no_more_often_than_others() -> None:
    turns = Turns()
    turns.given({(Lane.LIVE, "storm"), (Lane.LIVE, "flood")}, 20)
    everybody = {(Lane.LIVE, blog) for blog in ("storm", "flood", "vote")}
    assert turns.given(everybody, 1) == {(Lane.LIVE, "vote"): 1}
    assert turns.given(everybody, 3) == dict.fromkeys(everybody, 1)
