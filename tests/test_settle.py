"""What is true after an action, and when to look again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Lane, Outcome, Refused, TryLater, Unknown
from bot.core.plan import Action, Delete, Edit, OnScreen, Send, Waiting
from bot.core.settle import LONGEST_PAUSE, Closed, Moved, Resting, Settlement, pause, settle

NOW = 1000.0
MESSAGE = OnScreen(id=5, message_id=50, kind="text", posts=(1,))


def row(**fields: object) -> Waiting:
    about = {"post": 1, "thread": 3, "lane": Lane.LIVE, "wanted": 4, "sent": 0, "since": 0.0}
    return Waiting(**about | fields)  # type: ignore[arg-type]


SEND, EDIT, DELETE = (
    Send(rows=(row(),)),
    Edit(rows=(row(sent=1, message=MESSAGE),), message=MESSAGE),
    Delete(rows=(row(sent=1, message=MESSAGE),), message=MESSAGE),
)


def after(action: Action, outcome: Outcome, ambiguous: str = "resend") -> Settlement:
    return settle(action, {1: 6}, outcome, NOW, ambiguous)


def test_what_was_rendered_is_what_is_there_even_if_more_was_wanted_meanwhile() -> None:
    settled = after(SEND, Done(message_ids=(77,)))
    assert settled.rows[0].sent == 6
    assert settled.message_ids == (77,)


@pytest.mark.parametrize(("action", "edited", "gone"), [(EDIT, 5, ()), (DELETE, None, (5,))])
def test_an_edit_keeps_its_message_and_a_delete_ends_it(action: Action, edited: int | None, gone: int | None) -> None:
    settled = after(action, Done())
    assert (settled.edited, settled.gone, settled.rows[0].sent) == (edited, gone, 6)


def test_a_flood_wait_is_the_chats_and_no_failed_attempt() -> None:
    settled = after(SEND, TryLater(why="429", after=30.0, flood=True))
    assert settled.chat == Resting(until=NOW + 30.0)
    assert (settled.rows[0].sent, settled.rows[0].attempts, settled.rows[0].not_before) == (None, 0, 0.0)


def test_a_bad_moment_is_tried_again_later_and_later() -> None:
    settled = after(Send(rows=(row(attempts=3),)), TryLater(why="502", after=1.0))
    assert (settled.rows[0].attempts, settled.rows[0].not_before) == (4, NOW + 8.0)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (5, 16), (9, 256), (10, LONGEST_PAUSE), (400, 300)])
def test_pauses_double_up_to_five_minutes(attempts: int, seconds: float) -> None:
    assert pause(attempts) == seconds


def test_a_lost_answer_is_sent_again_where_that_is_configured() -> None:
    settled = after(SEND, Unknown(why="lost"), "resend")
    assert (settled.rows[0].sent, settled.rows[0].not_before) == (None, NOW + 1.0)


def test_a_lost_answer_counts_as_sent_where_that_is_configured() -> None:
    settled = after(SEND, Unknown(why="lost"), "drop")
    assert (settled.rows[0].sent, settled.message_ids) == (6, ())


@pytest.mark.parametrize("action", [EDIT, DELETE])
@pytest.mark.parametrize("ambiguous", ["resend", "drop"])
def test_edits_and_deletes_are_repeated_either_way(action: Action, ambiguous: str) -> None:
    assert after(action, Unknown(why="lost"), ambiguous).rows[0].sent is None


def test_a_moved_chat_is_tried_again_at_once_at_its_new_place() -> None:
    settled = after(SEND, ChatMoved(to=-100500))
    assert (settled.chat, settled.rows[0].not_before) == (Moved(to=-100500), 0.0)


@pytest.mark.parametrize(("thread_only", "thread"), [(False, None), (True, 3)])
def test_a_closed_chat_closes_and_a_closed_topic_only_itself(thread_only: bool, thread: int | None) -> None:
    settled = after(SEND, ChatClosed(why="blocked", thread_only=thread_only))
    assert settled.chat == Closed(why="blocked", thread=thread)


def test_a_message_that_is_gone_needs_nothing_more() -> None:
    settled = after(EDIT, Gone(why="not found"))
    assert (settled.gone, settled.rows[0].sent, settled.refused) == ((5,), 6, None)


def test_a_message_that_cannot_be_edited_is_left_as_it_is_and_kept_in_mind() -> None:
    settled = after(EDIT, Gone(why="can't be edited", stands=True))
    assert (settled.gone, settled.rows[0].sent, settled.refused) == ((), 6, None)


def test_what_is_withdrawn_must_go_in_another_way_where_it_cannot_be_edited() -> None:
    withdrawn = row(sent=1, message=MESSAGE, withdrawn=True)
    first = after(Edit(rows=(withdrawn,), message=MESSAGE), Gone(why="can't be edited", stands=True))
    assert (first.rows[0].sent, first.rows[0].plain, first.gone, first.refused) == (None, True, (), None)
    again = Delete(rows=(replace(withdrawn, plain=True),), message=MESSAGE)
    assert after(again, Done()).gone == (5,)
    last = after(again, Refused(why="can't be deleted"))
    assert (last.rows[0].aside, last.gone) == ("can't be deleted", ())
    assert last.refused is not None


def test_nothing_can_be_gone_that_was_never_sent() -> None:
    settled = after(SEND, Gone(why="MESSAGE_ID_INVALID"))
    assert (settled.rows[0].sent, settled.rows[0].plain) == (None, True)


def test_what_is_copied_has_no_plainer_form() -> None:
    settled = after(Send(rows=(row(copied=True),)), Refused(why="message to copy not found"))
    assert settled.rows[0].aside == "message to copy not found"
    assert settled.refused is not None


def test_a_bot_in_trouble_gives_up_nothing_and_tells_the_admins() -> None:
    settled = after(SEND, TryLater(why="Unauthorized", after=60.0, bot_wide=True, for_admins=True))
    assert (settled.rows[0].sent, settled.rows[0].aside, settled.rows[0].not_before) == (None, None, NOW + 60.0)
    assert settled.halted == "Unauthorized"


def test_a_refused_message_is_tried_once_in_its_plainest_form_and_then_set_aside() -> None:
    first = after(SEND, Refused(why="no"))
    assert (first.rows[0].plain, first.rows[0].aside, first.refused) == (True, None, None)
    second = after(Send(rows=(row(plain=True),)), Refused(why="no"))
    assert second.rows[0].aside == "no"
    assert second.refused is not None
    assert "no" in second.refused


def test_every_post_of_a_refused_merge_is_tried_by_itself() -> None:
    merged = Send(rows=(row(), row(post=2), row(post=3)))
    settled = settle(merged, {1: 1, 2: 1, 3: 1}, Refused(why="no"), NOW, "resend")
    assert [(one.post, one.plain, one.aside) for one in settled.rows] == [
        (1, True, None),
        (2, True, None),
        (3, True, None),
    ]
