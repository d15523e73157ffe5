"""Where one wish meets another: what neither of them may lose or leave behind."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.bodies import _is_pictured
from bot.core.choices import Quiet
from bot.core.corrections import Correction
from bot.core.model import ChatClosed, Lane, Post, Volume
from bot.core.plan import Send, Waiting
from bot.core.publishing import Audience, PushText, Sending
from storage import Claim, states
from storage.audit import Act
from tests.ledger import BLOG, NOON, Ledger

ANN, BEN, GROUP, SUPERGROUP = 2001, 2002, -4001, -1_000_000_004_001
HOUR, DAY = 3600.0, 86400.0


# --- the card of a blog --------------------------------------------------------------------------------------------


async def test_a_topic_that_is_opened_again_has_its_card(ledger: Ledger) -> None:
    group = await ledger.follow(SUPERGROUP, thread=7, kind="supergroup")
    await ledger.store.sleep_thread(group, 7, ledger.now)
    await ledger.hear(group, Volume.CARD, thread=7)
    await ledger.store.sleep_thread(group, 7, ledger.now)
    await ledger.run()
    assert ledger.screens.of(SUPERGROUP, 7) == []
    await ledger.store.wake_thread(group, 7)
    await ledger.run()
    assert len(ledger.screens.of(SUPERGROUP, 7)) == 1


async def test_a_topic_that_takes_the_card_over_has_it_and_the_place_of_the_wish_loses_it(ledger: Ledger) -> None:
    group = await ledger.follow(SUPERGROUP, kind="supergroup")
    await ledger.hear(group, Volume.CARD)
    await ledger.run()
    assert len(ledger.screens.of(SUPERGROUP)) == 1
    await ledger.store.wish_for_topics(chat=group, blogs=[BLOG], asked_in=0, now=ledger.now)
    (topic,) = await ledger.store.topics_wished("main", ledger.now)
    await ledger.store.topic_opened(topic, 9, ledger.now)
    await ledger.run()
    assert ledger.screens.of(SUPERGROUP) == []
    assert len(ledger.screens.of(SUPERGROUP, 9)) == 1


async def test_a_blog_that_is_forgotten_takes_its_cards_along(ledger: Ledger) -> None:
    await ledger.store.in_file([(BLOG, None, None)], ledger.now)
    ann = await ledger.follow(ANN)
    await ledger.hear(ann, Volume.CARD)
    await ledger.run()
    assert len(ledger.screens.of(ANN)) == 1
    await ledger.store.in_file([], ledger.now)
    ledger.now += 40 * DAY
    for _ in range(2):
        async for _chunk in ledger.store.prune(ledger.now - 30 * DAY):
            pass
        await ledger.run()
    assert ledger.screens.of(ANN) == []
    assert await ledger.store._db.read(states.state, BLOG) is None


async def test_a_blog_that_returns_while_it_is_forgotten_has_its_cards_again(ledger: Ledger) -> None:
    await ledger.store.in_file([(BLOG, None, None)], ledger.now)
    await ledger.hear(await ledger.follow(ANN), Volume.CARD)
    await ledger.hear(await ledger.follow(BEN), Volume.CARD)
    await ledger.run()
    await ledger.store.in_file([], ledger.now)
    ledger.now += 40 * DAY
    async for _chunk in ledger.store.prune(ledger.now - 30 * DAY):
        pass
    (claim, _) = await ledger.claim()
    await ledger.settle(claim, ledger.screens.perform(claim))
    await ledger.store.in_file([(BLOG, None, None)], ledger.now)
    await ledger.store.recover("main", "resend", ledger.now)
    await ledger.run()
    assert [len(ledger.screens.of(person)) for person in (ANN, BEN)] == [1, 1]


async def test_what_stands_in_a_topic_that_follows_nothing_more_becomes_true_when_it_is_opened_again(
    ledger: Ledger,
) -> None:
    ledger.on_withdrawal = "delete"
    group = await ledger.follow(SUPERGROUP, thread=7, kind="supergroup")
    await ledger.publish("a")
    await ledger.run()
    await ledger.leave(group, thread=7)
    await ledger.withdraw("a")
    await ledger.expand()
    await ledger.deliver(lambda claim: ChatClosed(why="TOPIC_CLOSED", thread_only=True, may_open=True))
    assert len(ledger.screens.of(SUPERGROUP, 7)) == 1
    await ledger.store.wake_thread(group, 7)
    await ledger.run()
    assert ledger.screens.of(SUPERGROUP, 7) == []


# --- pushes --------------------------------------------------------------------------------------------------------


async def push_to(ledger: Ledger, chat: int, **how: object) -> int:
    number = await ledger.store.draft(author=1, text=PushText(text="Attention."), now=ledger.now)
    sending = Sending(audience=Audience(only_chat=chat), **how)  # type: ignore[arg-type]
    assert await ledger.store.send_push(number, sending=sending, now=ledger.now)
    return number


async def test_a_push_for_one_chat_is_not_lost_when_that_leaves_a_blog(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.choose(ann, muted_until=ledger.now + HOUR)
    number = await push_to(ledger, ann)
    await ledger.run()
    await ledger.leave(ann)
    ledger.now += HOUR
    await ledger.run()
    assert ledger.shown(ANN) == [f"push {number}"]


async def test_a_push_scheduled_for_a_supergroup_finds_it_where_its_group_is_heard_of(ledger: Ledger) -> None:
    group, other = await ledger.chat(GROUP, "group"), await ledger.chat(SUPERGROUP, "supergroup")
    number = await push_to(ledger, other, at=ledger.now + HOUR)
    await ledger.store.move_chat("main", group, SUPERGROUP)
    ledger.now += HOUR
    await ledger.run()
    assert ledger.shown(SUPERGROUP) == [f"push {number}"]


async def test_a_push_keeps_to_quiet_hours_by_the_clock_of_the_blog_that_its_chat_follows(ledger: Ledger) -> None:
    ledger.now = datetime(2026, 3, 4, 22, 30, tzinfo=ZoneInfo("Europe/Kyiv")).timestamp()
    ann = await ledger.follow(ANN)
    await ledger.choose(ann, quiet=Quiet(start=22 * 60, end=7 * 60))
    await ledger.push(lane=Lane.LIVE)
    await ledger.expand()
    found = await ledger.store.claim(
        bot="main",
        now=ledger.now,
        limit=10,
        busy=frozenset(),
        on_withdrawal=lambda blog: "notice",
        zone=lambda blog: "UTC" if blog is None else "Europe/Kyiv",
    )
    assert found.claims == []


async def test_a_scheduled_push_that_was_recalled_cannot_be_sent(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.push(at=ledger.now + HOUR)
    assert await ledger.store.withdraw(Act(at=ledger.now, act="withdraw", post=number))
    assert not await ledger.store.send_push_now(number, person=1, now=ledger.now)
    await ledger.run()
    assert ledger.shown(ANN) == []


async def test_what_waits_for_approval_is_for_the_blog_by_its_new_id(ledger: Ledger) -> None:
    await ledger.store.in_file([(BLOG, None, None)], ledger.now)
    await ledger.follow(ANN)
    number = await ledger.store.draft(author=1, text=PushText(text="Attention."), now=ledger.now)
    assert await ledger.store.ask_for_approval(number, Sending(audience=Audience(blog=BLOG)))
    await ledger.store.in_file([("gale", None, BLOG)], ledger.now)
    assert await ledger.store.approve_push(number, person=2, now=ledger.now)
    await ledger.run()
    assert ledger.shown(ANN) == [f"push {number}"]


# --- corrections ---------------------------------------------------------------------------------------------------


WAS, IS = "Three ships are lost", "Five ships are lost"


async def corrected(ledger: Ledger) -> None:
    await ledger.edit("a", post=Post(key="a", title=IS, text="Edited."), correction_reply=True, edit_quiet=0.0)


@pytest.mark.parametrize("volume", [Volume.CARD, Volume.DIGEST])
async def test_a_correction_that_sleeps_is_not_for_who_wants_the_card_or_a_digest_by_then(
    ledger: Ledger, volume: Volume
) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a", post=Post(key="a", title=WAS))
    await ledger.run()
    await ledger.choose(ann, muted_until=ledger.now + HOUR)
    ledger.now += 60
    await corrected(ledger)
    await ledger.run()
    assert await ledger.store.chats_asleep("main") == 1
    await ledger.hear(ann, volume)
    ledger.now += HOUR
    await ledger.run()
    said = [await ledger.store.post(post) for ((post, _), *_) in ledger.screens.of(ANN)]
    assert "correction" not in [one.notice for one in said if one]


async def test_a_correction_in_the_night_comes_in_the_morning_once_and_goes_with_its_post(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a", post=Post(key="a", title=WAS))
    await ledger.run()
    await ledger.choose(ann, muted_until=ledger.now + HOUR)
    ledger.now += 60
    await corrected(ledger)
    await ledger.run()
    assert len(ledger.screens.of(ANN)) == 1
    ledger.now += HOUR
    await ledger.run()
    assert len(ledger.screens.of(ANN)) == 2
    ledger.on_withdrawal = "delete"
    await ledger.withdraw("a")
    await ledger.run()
    assert ledger.screens.of(ANN) == []


async def test_a_correction_asleep_is_never_sent_once_its_post_is_taken_down(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a", post=Post(key="a", title=WAS))
    await ledger.run()
    await ledger.choose(ann, muted_until=ledger.now + HOUR)
    ledger.now += 60
    await corrected(ledger)
    await ledger.run()
    assert await ledger.store.withdraw(Act(at=ledger.now, act="withdraw", post=ledger.numbers["a"]))
    ledger.now += HOUR
    await ledger.run()
    assert len(ledger.screens.of(ANN)) == 1


# --- pushes that wait ----------------------------------------------------------------------------------------------


async def test_a_scheduled_push_that_is_corrected_is_still_scheduled(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    number = await ledger.push(at=ledger.now + HOUR)
    said = Correction(text="Attention, all of you.")
    assert await ledger.store.correct(Act(at=ledger.now, act="correct", post=number), said)
    await ledger.run()
    push = await ledger.store.push(number)
    assert push is not None
    assert push.state == "scheduled"
    ledger.now += HOUR
    await ledger.run()
    assert ledger.screens.of(ANN) == [((number, 2),)]


# --- what a message shows ------------------------------------------------------------------------------------------


def test_a_message_of_several_blogs_has_no_pictures_where_one_of_them_is_wanted_without() -> None:
    rows = tuple(
        Waiting(post=post, thread=0, lane=Lane.DIGEST, wanted=1, sent=0, since=NOON, pictures=post == 1)
        for post in (1, 2)
    )
    for shown, pictured in ((rows, False), (rows[:1], True)):
        claim = Claim(
            bot="main", chat=1, telegram_id=ANN, kind="private", language=None, action=Send(rows=shown), posts=()
        )
        assert _is_pictured(claim) is pictured
