"""What a chat gets next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Lane
from bot.core.plan import MERGE_AT_MOST, Delete, Drop, Edit, OnScreen, Rest, Send, Skip, Waiting, plan

NOW = 1000.0


def row(post: int, lane: Lane = Lane.LIVE, **fields: object) -> Waiting:
    return Waiting(**{"post": post, "thread": 0, "lane": lane, "wanted": 1, "sent": 0, "since": 0.0} | fields)  # type: ignore[arg-type]


def shown(
    post: int, lane: Lane = Lane.EDIT, kind: str = "text", others: tuple[int, ...] = (), **fields: object
) -> Waiting:
    message = OnScreen(id=post, message_id=post * 10, kind=kind, posts=(post, *others))
    return row(post, lane, wanted=2, sent=1, message=message, **fields)


def numbers(decided: object) -> list[int]:
    return [one.post for one in decided.rows]  # type: ignore[attr-defined]


def test_nothing_waiting_means_rest() -> None:
    assert plan([], NOW) == Rest()


def test_one_new_post_is_sent_by_itself() -> None:
    assert plan([row(1)], NOW) == Send(rows=(row(1),))


def test_two_new_posts_leave_one_after_the_other_oldest_first() -> None:
    assert numbers(plan([row(2), row(1)], NOW)) == [1]


def test_three_new_posts_leave_as_one_message_in_their_order() -> None:
    assert numbers(plan([row(3), row(1), row(2)], NOW)) == [1, 2, 3]


def test_a_merge_takes_no_more_than_a_message_can_hold() -> None:
    assert numbers(plan([row(at) for at in range(100)], NOW)) == list(range(MERGE_AT_MOST))


def test_posts_of_different_threads_do_not_merge() -> None:
    assert numbers(plan([row(1), row(2), row(3, thread=7)], NOW)) == [1]


def test_a_push_is_its_own_message() -> None:
    waiting = [row(at, Lane.BREAKING) for at in (1, 2, 3)]
    assert numbers(plan(waiting, NOW)) == [1]


def test_what_was_refused_in_a_merge_is_tried_by_itself() -> None:
    assert numbers(plan([row(1, plain=True), row(2), row(3), row(4)], NOW)) == [1]


@pytest.mark.parametrize("first", [Lane.WITHDRAWAL, Lane.BREAKING])
def test_urgent_lanes_overtake_live_posts(first: Lane) -> None:
    urgent = shown(9, first, since=NOW) if first is Lane.WITHDRAWAL else row(9, first, since=NOW)
    assert numbers(plan([row(1), urgent], NOW)) == [9]


def test_an_edit_waits_behind_live_posts() -> None:
    assert numbers(plan([shown(1), row(2)], NOW)) == [2]


def test_a_row_that_is_retried_holds_back_the_rows_behind_it_in_its_lane() -> None:
    assert plan([row(1, not_before=NOW + 5, attempts=1), row(2, since=1.0)], NOW) == Rest()


def test_a_row_that_is_retried_holds_back_no_other_lane_and_no_other_thread() -> None:
    retried = row(1, not_before=NOW + 5, attempts=1)
    assert numbers(plan([retried, shown(2)], NOW)) == [2]
    assert numbers(plan([retried, row(3, thread=7)], NOW)) == [3]


def test_a_withdrawn_post_that_was_never_sent_is_dropped() -> None:
    assert plan([row(1, withdrawn=True)], NOW) == Drop(rows=(row(1, withdrawn=True),))


def test_an_edit_takes_along_whatever_else_of_its_message_has_changed() -> None:
    one = shown(1, others=(2, 3))
    other = replace(shown(2), message=one.message)
    assert numbers(plan([one, other], NOW)) == [1, 2]


def test_a_post_with_nothing_on_screen_is_left_as_it_is() -> None:
    lost = replace(shown(1), message=None)
    assert plan([lost], NOW) == Skip(rows=(lost,))


WITHDRAWN = [
    # on_withdrawal, kind, plain, others -> action
    ("notice", "text", False, (), Edit),
    ("notice", "text", True, (), Delete),
    ("notice", "text", True, (5,), Edit),
    ("strike", "text", False, (), Edit),
    ("keep", "text", False, (), Skip),
    ("delete", "text", False, (), Delete),
    ("delete", "text", True, (), Edit),
    ("delete", "text", False, (5,), Edit),
    ("notice", "photo", False, (), Edit),
    ("notice", "photo", True, (), Delete),
    ("delete", "photo", False, (), Delete),
    ("delete", "photo", True, (), Edit),
    ("notice", "copy", False, (), Delete),
]


@pytest.mark.parametrize(("policy", "kind", "plain", "others", "action"), WITHDRAWN)
def test_a_withdrawal_does_what_the_blog_says(
    policy: str, kind: str, plain: bool, others: tuple[int, ...], action: type
) -> None:
    waiting = shown(1, Lane.WITHDRAWAL, kind, others, withdrawn=True, on_withdrawal=policy, plain=plain)
    assert isinstance(plan([waiting], NOW), action)


def test_an_editors_copied_message_cannot_be_edited_and_is_left_alone() -> None:
    assert isinstance(plan([shown(1, kind="copy")], NOW), Skip)


rows = st.lists(
    st.builds(
        row,
        st.integers(1, 30),
        st.sampled_from([Lane.BREAKING, Lane.LIVE]),
        since=st.floats(0, 5),
        not_before=st.sampled_from([0.0, NOW + 1]),
        attempts=st.integers(0, 2),
        thread=st.integers(0, 2),
        withdrawn=st.booleans(),
    ),
    unique_by=lambda one: (one.post, one.thread),
    max_size=12,
)


@given(rows)
def test_order_within_a_lane_of_a_thread_always_holds(waiting: list[Waiting]) -> None:
    decided = plan(waiting, NOW)
    if isinstance(decided, Rest):
        return
    taken = {(one.post, one.thread) for one in decided.rows}
    for one in decided.rows:
        before = [
            other
            for other in waiting
            if (other.lane, other.thread) == (one.lane, one.thread)
            and (other.since, other.post) < (one.since, one.post)
            and (other.post, other.thread) not in taken
        ]
        assert all(other.withdrawn and other.not_before <= NOW for other in before)


@given(rows)
def test_nothing_leaves_before_its_time_and_the_plan_is_the_same_in_any_order(waiting: list[Waiting]) -> None:
    decided = plan(waiting, NOW)
    assert decided == plan(list(reversed(waiting)), NOW)
    if not isinstance(decided, Rest):
        assert all(one.not_before <= NOW for one in decided.rows)
