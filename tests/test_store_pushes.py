"""Editors' own posts: a draft nobody hears of, sent once, and counted on its way."""

from __future__ import annotations

import pytest

from bot.core.model import ChatClosed, Lane, Refused
from bot.core.publishing import Audience, Progress, PushText
from storage import Store, expansion
from tests.ledger import BLOG, NOON, Ledger

ANN, BEN, CLEO = 2001, 2002, 2003
EDITOR = 1002


async def send(store: Store, number: int, *, silent: bool = False, now: float = NOON) -> bool:
    return await store.send_push(number, audience=Audience(), silent=silent, now=now)


async def test_a_draft_is_kept_with_its_author_and_heard_of_by_nobody(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.store.draft(author=EDITOR, text=PushText(text="Soon."), now=NOON)
    push = await ledger.store.push(number)
    assert push is not None
    assert (push.author, push.state, push.sent_at, push.preview_chat) == (EDITOR, "draft", None, None)
    assert (push.post.text, push.post.blog, push.post.id) == ("Soon.", None, number)
    assert await ledger.run() == []
    assert await ledger.store.progress("main", number) == Progress(sent=0, waiting=0, expanded=True)


@pytest.mark.parametrize(
    ("text", "photo", "copied"), [("Look.", "file-id", None), ("", None, (EDITOR, 17)), ("Words.", None, None)]
)
async def test_a_push_carries_what_its_editor_wrote(
    ledger: Ledger, text: str, photo: str | None, copied: tuple[int, int] | None
) -> None:
    await ledger.follow(ANN)
    said = PushText(text=text, photo=photo, copied=copied)
    number = await ledger.store.draft(author=EDITOR, text=said, now=NOON)
    assert await send(ledger.store, number)
    (claim,) = await ledger.claim()
    (post,) = claim.posts
    assert (post.text, post.photo, post.copied) == (text, photo, copied)


async def test_a_draft_is_sent_once(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.store.draft(author=EDITOR, text=PushText(text="Once."), now=NOON)
    assert [await send(ledger.store, number, now=NOON + at) for at in (0, 1)] == [True, False]
    assert not await ledger.store.cancel_push(number)
    push = await ledger.store.push(number)
    assert push is not None
    assert (push.state, push.sent_at) == ("sent", NOON)
    await ledger.run()
    assert ledger.shown(ANN) == [f"push {number}"]


async def test_a_cancelled_draft_is_not_sent(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.store.draft(author=EDITOR, text=PushText(text="Never."), now=NOON)
    assert [await ledger.store.cancel_push(number) for _ in range(2)] == [True, False]
    assert not await send(ledger.store, number)
    assert await ledger.run() == []
    push = await ledger.store.push(number)
    assert push is not None
    assert push.state == "cancelled"


async def test_what_is_no_push_cannot_be_sent_cancelled_or_found(ledger: Ledger) -> None:
    (number,) = await ledger.publish("a")
    for one in (number, 99):
        assert await ledger.store.push(one) is None
        assert not await send(ledger.store, one)
        assert not await ledger.store.cancel_push(one)


@pytest.mark.parametrize("silent", [True, False])
async def test_a_push_overtakes_everything_but_withdrawals_and_keeps_its_sound(ledger: Ledger, silent: bool) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    number = await ledger.push(silent=silent)
    (claim,) = await ledger.claim()
    (row,) = claim.action.rows
    assert (row.post, row.lane, row.silent) == (number, Lane.BREAKING, silent)


async def test_pushes_leave_one_by_one_in_the_order_they_were_sent(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    numbers = [await ledger.push(str(at)) for at in range(4)]
    await ledger.run()
    assert ledger.shown(ANN) == [f"push {number}" for number in numbers]


async def test_progress_counts_chats_reached_waiting_and_given_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "CHUNK", 1)
    monkeypatch.setattr("random.randint", lambda low, high: 0)
    for person in (ANN, BEN, CLEO, 2004):
        await ledger.follow(person)
    number = await ledger.push()

    async def progress() -> tuple[int, int, int, bool]:
        now = await ledger.store.progress("main", number)
        return now.sent, now.waiting, now.closed + now.refused, now.expanded

    assert await progress() == (0, 2, 0, False), "the first chunks"
    await ledger.expand()
    assert await progress() == (0, 4, 0, True)
    claims = await ledger.claim(limit=1)
    assert await progress() == (0, 4, 0, True), "under way is not there yet"
    await ledger.settle(claims[0], ledger.screens.perform(claims[0]))
    assert await progress() == (1, 3, 0, True)
    answers = {BEN: ChatClosed(why="blocked"), CLEO: Refused(why="odd")}
    await ledger.deliver(lambda claim: answers.get(claim.telegram_id))
    assert await progress() == (2, 0, 2, True)


async def test_pushes_are_watched_until_their_end_was_shown(ledger: Ledger) -> None:
    old = await ledger.push("Old.")
    await ledger.store.push_shown_at(old, EDITOR, 16)
    ledger.now += 100
    new = await ledger.push("New.")
    await ledger.store.draft(author=EDITOR, text=PushText(text="Draft."), now=ledger.now)
    await ledger.store.push_shown_at(new, EDITOR, 17)
    watched = await ledger.store.watched_pushes(ledger.now)
    assert [(one.post.id, one.watched) for one in watched] == [(new, (EDITOR, 17))]
    assert [one.post.id for one in await ledger.store.watched_pushes(NOON)] == [new, old]
    await ledger.store.push_end_shown(new, None)
    assert [one.post.id for one in await ledger.store.watched_pushes(NOON)] == [old]


async def test_a_push_to_a_blog_passes_the_hold_of_that_blog_at_once(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.store.hold(BLOG, NOON)
    number = await ledger.push(blog=BLOG)
    (claim,) = await ledger.claim()
    assert claim.posts[0].id == number
