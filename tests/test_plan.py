"""What a chat gets next."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.choices import Choices, Quiet
from bot.core.model import Lane
from bot.core.plan import (
    DIGEST_AT_MOST,
    MERGE_AT_MOST,
    Delete,
    Drop,
    Edit,
    OnScreen,
    Rest,
    Send,
    Skip,
    Sleep,
    Waiting,
    plan,
)

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


# --- what a chat does not want to hear of yet: it is 00:16 of the first of January 1970 -----------------------------

HOUR = 3600.0
NIGHT = Choices(quiet=Quiet(start=23 * 60, end=7 * 60))
HOLDS_ALL = Choices(quiet=Quiet(start=23 * 60, end=7 * 60, breaking=False))
MUTED = Choices(muted_until=NOW + 60)


@pytest.mark.parametrize(
    ("choices", "lane", "until"),
    [
        (Choices(), Lane.LIVE, None),
        (NIGHT, Lane.LIVE, 7 * HOUR),
        (NIGHT, Lane.DIGEST, 7 * HOUR),
        (NIGHT, Lane.BREAKING, None),
        (HOLDS_ALL, Lane.BREAKING, 7 * HOUR),
        (MUTED, Lane.LIVE, NOW + 60),
        (MUTED, Lane.BREAKING, NOW + 60),
        (replace(NIGHT, muted_until=NOW), Lane.BREAKING, None),
        (replace(NIGHT, timezone="Asia/Tokyo"), Lane.LIVE, None),
        (replace(NIGHT, timezone="Europe/Berlin"), Lane.LIVE, 6 * HOUR),
    ],
)
def test_quiet_hours_and_mutes_hold_first_sends(choices: Choices, lane: Lane, until: float | None) -> None:
    decided = plan([row(1, lane)], NOW, choices)
    assert decided == (Send(rows=(row(1, lane),)) if until is None else Sleep(rows=(row(1, lane),), until=until))


@pytest.mark.parametrize("choices", [HOLDS_ALL, MUTED])
def test_edits_and_withdrawals_pass_and_what_was_withdrawn_before_it_was_sent_is_dropped(choices: Choices) -> None:
    assert isinstance(plan([shown(1)], NOW, choices), Edit)
    assert isinstance(plan([shown(1, Lane.WITHDRAWAL, withdrawn=True)], NOW, choices), Edit)
    assert isinstance(plan([row(1, withdrawn=True)], NOW, choices), Drop)


def test_what_is_held_falls_asleep_before_anything_leaves_and_what_passes_leaves_then() -> None:
    waiting = [row(1), shown(2), row(3, Lane.BREAKING)]
    decided = plan(waiting, NOW, NIGHT)
    assert numbers(decided) == [1]
    assert numbers(plan([one for one in waiting if one.post != 1], NOW, NIGHT)) == [3]


def digest(post: int, since: float = 0.0, times: str = "15m", **fields: object) -> Waiting:
    return row(post, Lane.DIGEST, digest=times, since=since, blog="storm", **fields)


def test_posts_sleep_until_the_digest_after_the_oldest_of_them() -> None:
    assert plan([digest(1, since=950.0), digest(2, since=960.0)], NOW) == Sleep(
        rows=(digest(1, since=950.0), digest(2, since=960.0)), until=1800.0
    )


def test_a_digest_that_is_due_takes_along_whatever_waits() -> None:
    assert numbers(plan([digest(1, since=10.0), digest(2, since=960.0)], NOW)) == [1, 2]


def test_one_post_alone_is_a_digest_too() -> None:
    assert numbers(plan([digest(1)], NOW)) == [1]


def test_each_blog_of_a_thread_has_its_own_digest_times() -> None:
    hourly = replace(digest(2, times="1h"), blog="flood")
    decided = plan([digest(1), hourly], NOW)
    assert isinstance(decided, Sleep)
    assert (numbers(decided), decided.until) == ([2], HOUR)
    assert numbers(plan([digest(1)], NOW)) == [1]


def test_a_digest_that_is_due_in_quiet_hours_waits_for_their_end() -> None:
    decided = plan([digest(1)], NOW, NIGHT)
    assert isinstance(decided, Sleep)
    assert decided.until == 7 * HOUR


def test_what_slept_merges_from_two_on_with_whatever_waits_beside_it() -> None:
    night = [row(at, slept=True) for at in range(1, 301)]
    assert len(numbers(plan(night, NOW))) == 300
    assert numbers(plan([row(1, slept=True), row(2, since=1.0)], NOW)) == [1, 2]
    assert numbers(plan([row(1, slept=True), digest(2)], NOW)) == [1, 2]
    assert numbers(plan([row(1, slept=True)], NOW)) == [1]
    assert len(numbers(plan([row(at, slept=True) for at in range(2 * DIGEST_AT_MOST)], NOW))) == DIGEST_AT_MOST


def test_a_push_that_slept_is_its_own_message() -> None:
    assert numbers(plan([row(1, slept=True, alone=True), row(2, slept=True), row(3, slept=True)], NOW)) == [1]


def test_a_digest_that_was_refused_is_tried_post_by_post_unless_that_would_be_a_flood() -> None:
    few = [row(at, slept=True, plain=True) for at in range(MERGE_AT_MOST)]
    assert numbers(plan(few, NOW)) == [0]
    many = [*few, row(MERGE_AT_MOST, slept=True, plain=True)]
    assert len(numbers(plan(many, NOW))) == MERGE_AT_MOST + 1


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
        slept=st.booleans(),
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


@given(rows, st.builds(Choices, quiet=st.sampled_from([None, NIGHT.quiet]), muted_until=st.sampled_from([0, NOW + 5])))
def test_no_first_send_leaves_while_its_chat_is_quiet(waiting: list[Waiting], choices: Choices) -> None:
    decided = plan(waiting, NOW, choices)
    if isinstance(decided, Sleep):
        assert decided.until > NOW
        assert not any(one.sent or one.withdrawn for one in decided.rows)
    if isinstance(decided, Send) and choices.muted_until <= NOW:
        assert choices.quiet is None or decided.rows[0].lane is Lane.BREAKING
    assert not isinstance(decided, Send) or choices.muted_until <= NOW


@given(rows)
def test_nothing_leaves_before_its_time_and_the_plan_is_the_same_in_any_order(waiting: list[Waiting]) -> None:
    decided = plan(waiting, NOW)
    assert decided == plan(list(reversed(waiting)), NOW)
    if not isinstance(decided, Rest):
        assert all(one.not_before <= NOW for one in decided.rows)
