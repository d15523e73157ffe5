"""The card of a blog, from what a page or a person says to what is pinned in the chats of the local Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.choices import Choices
from bot.core.model import Volume
from bot.demo.telegram import Fault, LocalMessage
from storage import cards
from tests.choosing import choose_in, hear_in
from tests.newsroom import Newsroom, newsroom, post

ANN, BEN = 2001, 2002
GROUP, CHANNEL = -1_000_000_004_001, -1_000_000_004_003


class Hand:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1_700_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
async def room(tmp_path: Path, clock: Hand) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path, clock=clock) as one:
        yield one


async def choose(room: Newsroom, chat: int, volume: Volume) -> None:
    met = await room.store.chat("main", chat)
    assert met is not None
    await hear_in(
        room.store, chat=met.id, thread=0, blog="storm", volume=volume, sound=True, pictures=True, digest="1h"
    )
    room.sender.wake()


async def with_card(room: Newsroom, *people: int) -> None:
    await room.follow(*people)
    for person in people:
        await choose(room, person, Volume.CARD)
        await room.telegram.until(lambda person=person: [one.pinned for one in standing(room, person)] == [True])


def standing(room: Newsroom, chat: int) -> list[LocalMessage]:
    return [one for one in room.telegram.chats[chat].from_bot() if one.visible]


def calls(room: Newsroom, method: str) -> int:
    return sum(call.method == method and call.ok for call in room.telegram.calls)


async def later(room: Newsroom, clock: Hand, seconds: float = cards.EVERY) -> None:
    clock.at += seconds
    room.sender.wake()
    await room.quiet()


async def says(room: Newsroom, chat: int, words: str) -> None:
    await room.telegram.until(lambda: words in standing(room, chat)[-1].text)


async def test_who_chooses_the_card_has_one_pinned_silent_message_with_state_headlines_and_key_events(
    room: Newsroom,
) -> None:
    await room.publish(post("a"), post("b", key_event=True))
    await with_card(room, ANN)
    (card,) = standing(room, ANN)
    assert card.silent
    lines = card.text.split("\n")
    assert lines[:2] == ["Storm", "live"]
    assert [line.partition(" · ")[2] for line in lines if " · " in line] == ["About b", "About a", "About b"]
    assert {entity["url"] for entity in card.entities if entity["type"] == "text_link"} == {
        "https://blog.example/live#a",
        "https://blog.example/live#b",
        "https://blog.example/live",
    }


async def test_the_card_is_edited_in_place_and_its_chat_gets_no_single_posts(room: Newsroom) -> None:
    await with_card(room, ANN)
    await room.publish(post("a"))
    await says(room, ANN, "About a")
    assert len(standing(room, ANN)) == 1
    assert calls(room, "pinChatMessage") == 1
    assert calls(room, "sendMessage") == 1


async def test_a_push_reaches_a_chat_that_has_the_card(room: Newsroom) -> None:
    await with_card(room, ANN)
    await room.push("All ports closed.")
    await says(room, ANN, "All ports closed.")


async def test_a_thousand_quick_posts_are_a_few_edits(room: Newsroom, clock: Hand) -> None:
    await with_card(room, ANN)
    for n in range(50):
        await room.publish(*(post(f"{n}-{m}") for m in range(20)))
        clock.at += 0.5
    await later(room, clock)
    await says(room, ANN, "About 49-19")
    assert calls(room, "editMessageText") <= 3


async def test_an_edit_that_the_card_does_not_show_is_no_edit_of_the_card(room: Newsroom, clock: Hand) -> None:
    posts = [post(f"{n}") for n in range(6)]
    await room.publish(*posts)
    await with_card(room, ANN)
    await later(room, clock)
    edits = len([call for call in room.telegram.calls if call.method == "editMessageText"])
    await room.publish(replace(posts[0], text="Something else altogether."))
    await later(room, clock, 5)
    await later(room, clock)
    assert len([call for call in room.telegram.calls if call.method == "editMessageText"]) == edits


async def test_a_withdrawn_post_leaves_the_card_at_once(room: Newsroom, clock: Hand) -> None:
    await with_card(room, ANN)
    await room.publish(post("a"))
    await says(room, ANN, "About a")
    await room.publish(post("b"))  # which waits: the card has just changed
    await room.take_away("a")
    await room.telegram.until(lambda: "About a" not in standing(room, ANN)[0].text)
    assert "About b" in standing(room, ANN)[0].text


async def test_another_volume_takes_the_card_away_and_brings_the_next_posts(room: Newsroom) -> None:
    await with_card(room, ANN)
    await choose(room, ANN, Volume.EVERYTHING)
    await room.telegram.until(lambda: not standing(room, ANN))
    await room.publish(post("a"))
    await room.shows(ANN, "About a")


async def test_who_unsubscribes_loses_the_card(room: Newsroom) -> None:
    await with_card(room, ANN)
    met = await room.store.chat("main", ANN)
    assert met is not None
    await room.store.unsubscribe(chat=met.id, thread=0, blog=None)
    await room.telegram.until(lambda: not standing(room, ANN))
    await room.publish(post("a"))
    await room.quiet()
    assert not standing(room, ANN)


async def test_a_card_too_old_to_be_deleted_is_unpinned_and_says_that_nobody_keeps_it(room: Newsroom) -> None:
    await with_card(room, ANN)
    standing(room, ANN)[0].date -= 3 * 86_400
    await choose(room, ANN, Volume.EVERYTHING)
    await says(room, ANN, "no longer kept up to date")
    assert not room.telegram.chats[ANN].pinned
    await room.publish(post("a"))
    await room.telegram.until(lambda: len(standing(room, ANN)) == 2)
    assert "no longer" in standing(room, ANN)[0].text


async def test_a_card_comes_back_with_its_volume(room: Newsroom) -> None:
    await with_card(room, ANN)
    await choose(room, ANN, Volume.EVERYTHING)
    await room.telegram.until(lambda: not standing(room, ANN))
    await choose(room, ANN, Volume.CARD)
    await room.telegram.until(lambda: [one.pinned for one in standing(room, ANN)] == [True])


async def test_without_the_right_to_pin_the_card_works_unpinned_and_pinning_is_tried_once(room: Newsroom) -> None:
    room.telegram.add_chat(GROUP, "supergroup", "Harbour watch")
    await room.subscribe(GROUP, "supergroup")
    await choose(room, GROUP, Volume.CARD)
    await room.telegram.until(lambda: any(call.method == "pinChatMessage" for call in room.telegram.calls))
    await room.publish(post("a"))
    await says(room, GROUP, "About a")
    assert sum(call.method == "pinChatMessage" for call in room.telegram.calls) == 1
    assert not standing(room, GROUP)[0].pinned
    assert room.reports == []


async def test_a_card_that_somebody_deleted_comes_again_with_the_next_change_and_only_then(
    room: Newsroom, clock: Hand
) -> None:
    await with_card(room, ANN)
    room.telegram.delete(standing(room, ANN)[0])
    await later(room, clock)
    assert not standing(room, ANN)
    await room.publish(post("a"))
    await room.telegram.until(lambda: [one.pinned for one in standing(room, ANN)] == [True])
    assert "About a" in standing(room, ANN)[0].text


async def test_a_card_deleted_before_it_was_pinned_does_not_come_again_and_again(room: Newsroom) -> None:
    await room.follow(ANN)
    room.telegram.fail(method="pinChatMessage", error=Fault.refuse(400, "Bad Request: message to pin not found"))
    await choose(room, ANN, Volume.CARD)
    await room.telegram.until(lambda: any(call.method == "pinChatMessage" for call in room.telegram.calls))
    await room.quiet()
    assert calls(room, "sendMessage") == 1


async def test_a_blog_that_falls_quiet_says_so_on_its_card(room: Newsroom, clock: Hand) -> None:
    await room.publish(post("a"))
    await with_card(room, ANN)
    assert "\nlive\n" in standing(room, ANN)[0].text
    await later(room, clock, 1900)
    await says(room, ANN, "\nquiet\n")


HELD = """
[defaults]
hold = "60s"
[[blogs]]
id = "storm"
title = "Storm"
url = "https://blog.example/live"
"""


async def test_a_post_that_is_held_stands_on_the_card_when_its_hold_ends(tmp_path: Path, clock: Hand) -> None:
    async with newsroom(tmp_path, file=HELD, clock=clock) as room:
        await with_card(room, ANN)
        await room.publish(post("a"))
        await later(room, clock, 31)
        assert "About a" not in standing(room, ANN)[0].text
        await later(room, clock, 30)
        await says(room, ANN, "About a")


async def test_while_a_blog_is_held_its_card_stands_still_but_for_withdrawals(room: Newsroom, clock: Hand) -> None:
    await room.publish(post("a"))
    await with_card(room, ANN)
    await room.desk.hold("storm")
    await room.publish(post("b"))
    await later(room, clock)
    assert "About b" not in standing(room, ANN)[0].text
    await room.take_away("a")
    await room.telegram.until(lambda: "About a" not in standing(room, ANN)[0].text)
    assert "About b" not in standing(room, ANN)[0].text
    await room.desk.release("storm")
    await later(room, clock)
    await says(room, ANN, "About b")


async def test_a_chat_that_was_closed_has_its_card_again_when_it_comes_back(room: Newsroom) -> None:
    await with_card(room, ANN)
    room.telegram.block(ANN)
    await room.publish(post("a"))
    await room.quiet()
    room.telegram.unblock(ANN)
    met = await room.store.chat("main", ANN)
    assert met is not None
    await room.store.reopen_chat(met.id)
    room.sender.wake()
    await says(room, ANN, "About a")
    assert len(standing(room, ANN)) == 1


async def test_each_chat_reads_the_card_in_its_language_and_of_one_revision_it_is_made_once(room: Newsroom) -> None:
    await with_card(room, ANN, BEN)
    await room.publish(post("a"))
    await says(room, ANN, "About a")
    await says(room, BEN, "About a")
    assert standing(room, ANN)[0].text == standing(room, BEN)[0].text


async def test_the_card_stands_in_no_list(room: Newsroom, clock: Hand) -> None:
    await with_card(room, ANN)
    await later(room, clock)
    assert await room.store.latest(blogs=["storm"], now=clock.at, limit=10) == []
    assert [blog.posts for blog in await room.store.blogs(counted=True)] == [0]


async def test_what_our_editors_take_down_leaves_the_card_at_once(room: Newsroom, clock: Hand) -> None:
    await room.publish(post("a"))
    await with_card(room, ANN)
    await room.publish(post("b"))
    (found,) = await room.store.search(words="b", blogs=["storm"], now=clock.at, limit=1)
    await later(room, clock)
    await says(room, ANN, "About b")
    await room.desk.withdraw(found.id, person=1002)
    await room.telegram.until(lambda: "About b" not in standing(room, ANN)[0].text)
    await room.desk.restore(found.id, person=1002)
    await later(room, clock)
    await says(room, ANN, "About b")


async def test_a_group_that_becomes_a_supergroup_gets_its_card_there_with_the_next_change(
    room: Newsroom, clock: Hand
) -> None:
    room.telegram.add_chat(-4001, "group", "Harbour watch", bot_status="administrator")
    await room.subscribe(-4001, "group")
    await choose(room, -4001, Volume.CARD)
    await room.telegram.until(lambda: bool(room.telegram.chats[-4001].pinned))
    moved = room.telegram.migrate(-4001)
    await room.publish(post("a"))
    await room.telegram.until(lambda: any("About a" in one.text for one in standing(room, moved)))
    await later(room, clock)
    assert len(standing(room, moved)) == 1


async def test_a_blog_with_a_new_id_keeps_its_cards_and_where_both_had_one_it_is_the_new_ones(room: Newsroom) -> None:
    await with_card(room, ANN)
    await room.store.in_file([("gale", "Storm", "storm")], room.clock())
    card = standing(room, ANN)[0].id
    await room.quiet()
    assert [one.id for one in standing(room, ANN)] == [card]
    await room.store.in_file([("storm", "Storm", None), ("gale", "Gale", None)], room.clock())
    await room.follow(BEN)
    await choose(room, BEN, Volume.CARD)
    await room.telegram.until(lambda: bool(room.telegram.chats[BEN].pinned))
    await room.store.in_file([("gale", "Gale", "storm")], room.clock())
    room.sender.wake()
    await room.telegram.until(lambda: [one.text[:4] for one in room.telegram.chats[BEN].pinned] == ["Gale"])
    assert len(standing(room, BEN)) == 1


async def test_pruning_leaves_the_card_and_its_chats_alone(room: Newsroom, clock: Hand) -> None:
    await room.publish(post("a"))
    await with_card(room, ANN)
    await later(room, clock, 3600)
    async for _ in room.store.prune(clock.at + 1):
        pass
    clock.at += cards.EVERY
    await room.publish(post("b"))
    await says(room, ANN, "About b")
    assert len(standing(room, ANN)) == 1


async def test_mute_and_quiet_hours_hold_back_no_card_since_it_makes_no_sound(room: Newsroom, clock: Hand) -> None:
    await room.follow(ANN)
    met = await room.store.chat("main", ANN)
    assert met is not None
    await choose_in(room.store, met.id, Choices(muted_until=clock.at + 3600))
    await choose(room, ANN, Volume.CARD)
    await room.telegram.until(lambda: [one.pinned for one in standing(room, ANN)] == [True])


async def test_each_thread_of_a_forum_has_a_card_of_its_own(room: Newsroom) -> None:
    room.telegram.add_chat(CHANNEL, "supergroup", "Forum", forum=True, bot_status="administrator")
    threads = [room.telegram.add_topic(CHANNEL, name) for name in ("Boats", "Roads")]
    for thread in threads:
        await room.subscribe(CHANNEL, "supergroup", thread=thread)
        met = await room.store.chat("main", CHANNEL)
        assert met is not None
        about = {"sound": True, "pictures": True, "digest": "1h"}
        await hear_in(room.store, chat=met.id, thread=thread, blog="storm", volume=Volume.CARD, **about)
    room.sender.wake()
    await room.telegram.until(lambda: sorted(one.thread for one in room.telegram.chats[CHANNEL].pinned) == threads)


async def test_a_chat_that_is_forgotten_loses_its_card_first(room: Newsroom) -> None:
    await with_card(room, ANN, BEN)
    ann = await room.store.chat("main", ANN)
    assert ann is not None
    await room.desk.forget(ann.id)
    assert [standing(room, person) == [] for person in (ANN, BEN)] == [True, False]
    assert await room.store.chat("main", ANN) is None


async def test_who_is_forgotten_waits_for_no_card_that_cannot_be_taken_away_now(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_card(room, ANN)
    monkeypatch.setattr("bot.desk.LANDED_SECONDS", 0.1)
    room.telegram.fail(method="deleteMessage", chat=ANN, times=None, error=Fault.reset())
    ann = await room.store.chat("main", ANN)
    assert ann is not None
    await room.desk.forget(ann.id)
    assert await room.store.chat("main", ANN) is None
