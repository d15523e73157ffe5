"""Editors' own posts: a draft nobody hears of, sent once, and counted on its way."""

from __future__ import annotations

from sqlite3 import Connection

import pytest

from bot.core.choices import Choices
from bot.core.model import ChatClosed, Lane, Refused
from bot.core.publishing import Audience, Progress, PushText, Sending
from storage import Store, expansion
from tests.choosing import choose_in
from tests.ledger import BLOG, NOON, Ledger

ANN, BEN, CLEO = 2001, 2002, 2003
EDITOR = 1002


async def send(store: Store, number: int, *, silent: bool = False, now: float = NOON) -> bool:
    return await store.send_push(number, sending=Sending(silent=silent), now=now)


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
    assert [one.post.id for one in await ledger.store.watched_pushes(NOON)] == [old, new]
    await ledger.store.push_end_shown(new, None)
    assert [one.post.id for one in await ledger.store.watched_pushes(NOON)] == [old]


@pytest.mark.parametrize("lane", [Lane.BREAKING, Lane.LIVE])
async def test_a_push_to_a_blog_passes_the_hold_of_that_blog_at_once(ledger: Ledger, lane: Lane) -> None:
    await ledger.follow(ANN)
    await ledger.store.hold(BLOG, NOON)
    await ledger.publish("a")
    number = await ledger.push(blog=BLOG, lane=lane)
    (claim,) = await ledger.claim()
    assert claim.posts[0].id == number


async def test_a_normal_push_waits_its_turn_among_the_posts_and_is_never_merged_with_them(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a", "b", "c")
    ledger.now += 1
    number = await ledger.push(lane=Lane.LIVE)
    ledger.now += 1
    await ledger.publish("d", "e")
    await ledger.run()
    assert ledger.shown(ANN) == ["a+b+c+d+e", f"push {number}"], "three that wait leave as one, a push alone"


# --- scheduled -------------------------------------------------------------------------------------------------------


async def state(ledger: Ledger, number: int) -> tuple[str, float | None]:
    push = await ledger.store.push(number)
    assert push is not None
    return push.state, push.sent_at


async def acts(ledger: Ledger) -> list[tuple[str, int | None, int | None]]:
    def read(db: Connection) -> list[tuple[str, int | None, int | None]]:
        return [tuple(row) for row in db.execute("SELECT act, person, post FROM audit ORDER BY id")]

    return await ledger.store._db.read(read)


async def test_a_scheduled_push_is_sent_when_it_is_due_and_marked_in_the_same_step(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.push(at=NOON + 60)
    assert await state(ledger, number) == ("scheduled", None)
    assert await ledger.run() == []
    assert await ledger.store.next_due("main", NOON) == NOON + 60
    ledger.now = NOON + 60
    await ledger.run()
    assert ledger.shown(ANN) == [f"push {number}"]
    assert await state(ledger, number) == ("sent", NOON + 60)
    assert not await ledger.store.cancel_push(number, person=EDITOR, now=ledger.now)
    assert await acts(ledger) == [("schedule", None, number)]


async def test_a_scheduled_push_cannot_be_both_cancelled_and_sent(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.push(at=NOON + 60)
    assert await ledger.store.cancel_push(number, person=EDITOR, now=NOON)
    assert not await ledger.store.send_push_now(number, person=EDITOR, now=NOON)
    ledger.now = NOON + 61
    assert await ledger.run() == []
    assert await acts(ledger) == [("schedule", None, number), ("cancel", EDITOR, number)]


async def test_what_is_scheduled_is_sent_at_once_when_told_and_once(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.push(at=NOON + 60)
    assert [await ledger.store.send_push_now(number, person=EDITOR, now=NOON + 1) for _ in range(2)] == [True, False]
    assert await state(ledger, number) == ("sent", NOON + 1)
    await ledger.run()
    ledger.now = NOON + 61
    await ledger.run()
    assert ledger.shown(ANN) == [f"push {number}"]


@pytest.mark.parametrize("blog", [BLOG, None])
async def test_what_is_scheduled_holds_up_neither_posts_nor_other_pushes(ledger: Ledger, blog: str | None) -> None:
    await ledger.follow(ANN)
    await ledger.push("Later.", blog=blog, lane=Lane.LIVE, at=NOON + 60)
    await ledger.publish("a")
    number = await ledger.push("Now.", blog=blog, lane=Lane.LIVE)
    await ledger.run()
    assert ledger.shown(ANN) == ["a", f"push {number}"]


async def test_what_was_scheduled_takes_its_place_by_when_it_is_due(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.push(lane=Lane.LIVE, at=NOON + 60)
    ledger.now = NOON + 30
    await ledger.publish("a")
    ledger.now = NOON + 60
    await ledger.run()
    assert ledger.shown(ANN) == ["a", f"push {number}"]


# --- for whom --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "reached"),
    [
        (Audience(language="de"), {BEN, CLEO}),
        (Audience(language="en"), {ANN}),
        (Audience(language="fr"), set()),
        (Audience(language="de", blog=BLOG), {BEN}),
        (Audience(language="de", blog=BLOG, topics=("ferries",)), set()),
        (Audience(language="de", blog="election", topics=("turnout",)), {CLEO}),
    ],
)
async def test_who_reads_in_a_language_is_counted_and_reached(
    ledger: Ledger, audience: Audience, reached: set[int]
) -> None:
    store = ledger.store
    for person, language in ((ANN, "de"), (BEN, "de-AT"), (CLEO, "fr"), (2004, None), (2005, "de")):
        await store.meet(bot="main", telegram_id=person, kind="private", title=None, language=language, now=NOON)
    ann = await ledger.follow(ANN)
    await choose_in(store, ann, Choices(language="en-GB"))
    await ledger.follow(BEN, "old-town")
    cleo = await ledger.follow(CLEO, blog="election")
    await choose_in(store, cleo, Choices(language="de"))
    await ledger.follow(2004)
    closed = await ledger.follow(2005)
    await store.close_chat(closed, "blocked", NOON)
    assert await store.audience(audience) == len(reached)
    number = await store.draft(author=EDITOR, text=PushText(text="Hallo."), now=NOON)
    assert await store.send_push(number, sending=Sending(audience=audience), now=NOON)
    assert {claim.telegram_id for claim in await ledger.run()} == reached
    assert dict(await store.chats_by_language()) == {"de": 2, "en": 1}


@pytest.mark.parametrize("open_", [True, False])
async def test_a_push_for_one_chat_reaches_it_although_it_follows_nothing(ledger: Ledger, open_: bool) -> None:
    await ledger.follow(ANN)
    mine = await ledger.chat(EDITOR)
    if not open_:
        await ledger.store.close_chat(mine, "blocked", NOON)
    audience = Audience(only_chat=mine)
    assert await ledger.store.audience(audience) == int(open_)
    number = await ledger.store.draft(author=EDITOR, text=PushText(text="Only me."), now=NOON)
    assert await ledger.store.send_push(number, sending=Sending(audience=audience), now=NOON)
    assert [claim.telegram_id for claim in await ledger.run()] == [EDITOR] * open_
    assert (await ledger.store.progress("main", number)).expanded


# --- what is not sent ------------------------------------------------------------------------------------------------


async def test_what_waits_for_approval_is_no_draft_any_more_and_goes_when_another_says_so(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.store.draft(author=EDITOR, text=PushText(text="Soon."), now=NOON)
    assert not await ledger.store.approve_push(number, person=1003, now=NOON), "nobody asked"
    assert await ledger.store.ask_for_approval(number, Sending(silent=True))
    assert not await send(ledger.store, number)
    assert not await ledger.store.choose_sending(number, Sending())
    assert not await ledger.store.approve_push(number, person=EDITOR, now=NOON), "its own author"
    assert [await ledger.store.approve_push(number, person=1003, now=NOON, chats=1) for _ in range(2)] == [True, False]
    assert not await ledger.store.reject_push(number, person=1004, now=NOON)
    (claim,) = await ledger.run()
    assert claim.action.rows[0].silent
    push = await ledger.store.push(number)
    assert push is not None
    assert push.approved_by == 1003


async def test_only_what_nobody_sent_goes_after_a_day(ledger: Ledger) -> None:
    drafts = [await ledger.store.draft(author=EDITOR, text=PushText(text="Old."), now=NOON) for _ in range(4)]
    await ledger.store.ask_for_approval(drafts[1], Sending())
    await ledger.store.send_push(drafts[2], sending=Sending(at=NOON + 200_000), now=NOON)
    await ledger.store.send_push(drafts[3], sending=Sending(), now=NOON)
    young = await ledger.store.draft(author=EDITOR, text=PushText(text="Young."), now=NOON + 10)
    assert await ledger.store.expire_drafts(NOON + 10) == 2
    states = [(await state(ledger, number))[0] for number in (*drafts, young)]
    assert states == ["expired", "expired", "scheduled", "sent", "draft"]


@pytest.mark.parametrize("audience", [Audience(), Audience(blog=BLOG), Audience(language="en")])
async def test_a_chat_of_which_only_closed_topics_follow_is_neither_counted_nor_reached(
    ledger: Ledger, audience: Audience
) -> None:
    store = ledger.store
    for chat, closed in ((-1001, (7,)), (-1002, (7, 8))):
        await store.meet(bot="main", telegram_id=chat, kind="supergroup", title=None, language="en", now=NOON)
        for thread in (7, 8):
            number = await ledger.follow(chat, thread=thread, kind="supergroup")
        for thread in closed:
            await store.sleep_thread(number, thread, NOON)
    assert await store.audience(audience) == 1
    assert dict(await store.chats_by_blog()) == {BLOG: 1}
    post = await store.draft(author=EDITOR, text=PushText(text="Hello."), now=NOON)
    assert await store.send_push(post, sending=Sending(audience=audience), now=NOON)
    assert [(claim.telegram_id, claim.action.rows[0].thread) for claim in await ledger.run()] == [(-1001, 8)]


async def test_a_push_for_a_chat_that_was_forgotten_is_for_nobody(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    mine = await ledger.chat(EDITOR)
    number = await ledger.store.draft(author=EDITOR, text=PushText(text="Only me."), now=NOON)
    sending = Sending(audience=Audience(only_chat=mine), at=NOON + 60)
    assert await ledger.store.send_push(number, sending=sending, now=NOON)
    await ledger.store.forget(mine)
    ledger.now = NOON + 60
    assert await ledger.run() == []
    push = await ledger.store.push(number)
    assert push is not None
    assert (push.state, push.sending.audience) == ("sent", Audience(only_chat=0))
