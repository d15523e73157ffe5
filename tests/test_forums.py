"""Topics of forums: those that the bot opens for blogs, and those that people close and open."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.telegram import Fault, LocalMessage, LocalTelegram
from handlers import forums, keep_topics
from tests.newsroom import post
from tests.service import Service, service
from tests.telegram_house import ANN, BEN, FORUM, GROUP, ONE_BLOG, TelegramHouse, buttons, populate, telegram_house

STORM = "Storm over the harbour"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with keeping(tmp_path) as one:
        yield one


@contextlib.asynccontextmanager
async def keeping(folder: Path, **how: Any) -> AsyncIterator[TelegramHouse]:
    """A house that looks after its topics, in which the bot may manage those of the forum."""
    async with telegram_house(folder, **how) as house:
        if "telegram" not in how:
            house.telegram.promote(FORUM)
        loop = asyncio.create_task(keep_topics(house.application.bot, house.house))
        try:
            yield house
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


def topics(house: TelegramHouse) -> dict[str, int]:
    """The topics of the forum, by name; two of one name would show as one too few threads."""
    return {one.name: one.id for one in house.telegram.chats[FORUM].topics.values() if not one.deleted}


def in_thread(house: TelegramHouse, thread: int) -> list[LocalMessage]:
    return [one for one in house.said(FORUM) if one.thread == thread and one.visible]


async def asked_for(house: TelegramHouse, label: str = "In a topic of its own") -> int:
    """An admin asks and presses; the thread that was opened for the storm."""
    offer = await house.answer(ANN, "/subscribe", FORUM)
    row = next(row for row in offer.buttons if label in [button["text"] for button in row])
    data = next(button["callback_data"] for button in row if button["text"] == label)
    await house.telegram.press(ANN, FORUM, offer.id, data)
    await house.telegram.until(lambda: STORM in topics(house) and in_thread(house, topics(house)[STORM]))
    return topics(house)[STORM]


def the_blog_ends(house: TelegramHouse, at: float | None = 1.0) -> None:
    with contextlib.closing(sqlite3.connect(house.room.store.path)) as db:
        db.execute("UPDATE blog SET ended_at = ? WHERE id = 'storm'", (at,))
        db.commit()
    house.house.topics_wished.set()


def closed(house: TelegramHouse, thread: int) -> bool:
    return house.telegram.chats[FORUM].topics[thread].closed


def notices(house: TelegramHouse, name: str) -> int:
    return sum(name in (one.notice or {}) for one in house.telegram.chats[FORUM].messages)


# --- opening --------------------------------------------------------------------------------------------------------


async def test_a_forum_is_offered_a_topic_for_each_blog_and_other_chats_are_not(house: TelegramHouse) -> None:
    offer = await house.answer(ANN, "/subscribe", FORUM)
    assert [[button["callback_data"] for button in row] for row in offer.buttons] == [
        ["follow:storm", "forum:storm"],
        ["follow:election", "forum:election"],
        ["forum:"],
    ]
    for chat in (ANN, GROUP):
        assert not any("forum" in data for data in buttons(await house.answer(ANN, "/subscribe", chat)).values())


async def test_a_topic_is_opened_for_a_blog_and_follows_it(house: TelegramHouse) -> None:
    thread = await asked_for(house)
    assert in_thread(house, thread)[0].text.startswith(f"New posts of {STORM} arrive in this topic")
    assert await house.follows(FORUM, thread) == {"storm": ()}
    assert await house.follows(FORUM) == {}
    await house.room.publish(post("a"))
    await house.newest_says(FORUM, "About a")
    assert house.said(FORUM)[-1].thread == thread


async def test_one_press_opens_a_topic_for_each_blog_and_a_second_press_none(house: TelegramHouse) -> None:
    offer = await house.answer(ANN, "/subscribe", FORUM)
    said = await house.telegram.press(ANN, FORUM, offer.id, "forum:")
    assert said.text == "Opening 2 topics."
    await house.telegram.until(lambda: len(topics(house)) == 2)
    assert set(topics(house)) == {STORM, "Election night"}
    await house.telegram.until(lambda: len(house.said(FORUM)) >= 5)  # the offer, two topics, two welcomes
    said = await house.telegram.press(ANN, FORUM, offer.id, "forum:")
    assert said.text == "Every live blog has its topic in this group already."
    said = await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
    assert said.text == f"{STORM} has its topic in this group already."
    assert notices(house, "forum_topic_created") == 2


async def test_two_presses_at_once_open_one_topic(house: TelegramHouse) -> None:
    offer = await house.answer(ANN, "/subscribe", FORUM)
    presses = [house.telegram.press(ANN, FORUM, offer.id, "forum:storm") for _ in range(2)]
    await asyncio.gather(*presses)
    await house.telegram.until(lambda: STORM in topics(house))
    await house.ask(ANN, "/id", FORUM)
    assert notices(house, "forum_topic_created") == 1


async def test_the_topic_takes_over_what_the_place_of_the_press_followed(tmp_path: Path) -> None:
    async with keeping(tmp_path, file=ONE_BLOG) as house:
        await house.ask(ANN, "/subscribe storm ferries", FORUM)
        offer = await house.answer(ANN, "/subscribe storm ferries", FORUM)
        assert offer.buttons == ()
        offer = await house.answer(ANN, "/unsubscribe storm ferries", FORUM)
        offer = await house.answer(ANN, "/subscribe", FORUM)
        assert offer.text.startswith(f"This group now follows {STORM}")
        await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
        await house.telegram.until(lambda: STORM in topics(house) and in_thread(house, topics(house)[STORM]))
        assert await house.follows(FORUM) == {}
        assert await house.follows(FORUM, topics(house)[STORM]) == {"storm": ()}


async def test_without_the_right_one_sentence_says_what_to_do(house: TelegramHouse) -> None:
    offer = await house.answer(ANN, "/subscribe", FORUM)
    for missing in (
        lambda: house.telegram.promote(FORUM, without=["can_manage_topics"]),
        lambda: house.telegram.unrestrict(FORUM),
    ):
        missing()
        said = await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
        assert said.text == "I may not open topics here: make me an admin who may manage topics, then press again."
        assert said.show_alert
    assert topics(house) == {}
    house.telegram.promote(FORUM)
    await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
    await house.telegram.until(lambda: STORM in topics(house))


async def test_a_right_lost_between_press_and_opening_is_told_where_it_was_asked_for(house: TelegramHouse) -> None:
    house.telegram.fail(
        method="createForumTopic", error=Fault.refuse(400, "Bad Request: not enough rights to create a topic")
    )
    offer = await house.answer(ANN, "/subscribe", FORUM)
    await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
    await house.newest_says(FORUM, "I may not open topics here")
    await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
    await house.telegram.until(lambda: STORM in topics(house))


async def test_only_the_groups_admins_open_topics(house: TelegramHouse) -> None:
    offer = await house.answer(ANN, "/subscribe", FORUM, anonymous=True)
    said = await house.telegram.press(BEN, FORUM, offer.id, "forum:storm")
    assert said.text == "Only this group's admins can decide that."
    await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
    await house.telegram.until(lambda: STORM in topics(house))


async def test_a_flood_wait_or_a_bad_moment_only_delays_it(
    house: TelegramHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forums, "LOOK_SECONDS", 0.1)
    house.telegram.fail(
        method="createForumTopic", error=Fault.refuse(429, "Too Many Requests: retry after 1", retry_after=1)
    )
    thread = await asked_for(house)
    assert await house.follows(FORUM, thread) == {"storm": ()}
    assert notices(house, "forum_topic_created") == 1


async def test_a_lost_answer_leaves_one_topic_behind_and_one_that_follows(
    house: TelegramHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forums, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(forums, "DOUBT_SECONDS", 0.1)
    house.telegram.fail(method="createForumTopic", error=Fault.lose_answer())
    offer = await house.answer(ANN, "/subscribe", FORUM)
    await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
    threads = house.telegram.chats[FORUM].topics
    await house.telegram.until(lambda: len(threads) == 2 and len(house.said(FORUM)) >= 4)
    follows = [await house.follows(FORUM, thread) for thread in threads]
    assert follows == [{}, {"storm": ()}]


async def test_after_two_lost_answers_it_is_not_tried_again(
    house: TelegramHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forums, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(forums, "DOUBT_SECONDS", 0.05)
    planned = house.telegram.fail(method="createForumTopic", error=Fault.lose_answer(), times=5)
    offer = await house.answer(ANN, "/subscribe", FORUM)
    await house.telegram.press(ANN, FORUM, offer.id, "forum:storm")
    while await house.room.store.topics_wished("main", house.house.clock() + 1000):  # noqa: ASYNC110 the table says it
        await asyncio.sleep(0.05)
    assert planned.hits == 2


# --- closing with the blog ------------------------------------------------------------------------------------------


async def test_the_topic_is_closed_when_its_blog_has_ended_and_opened_when_it_goes_on(house: TelegramHouse) -> None:
    thread = await asked_for(house)
    await house.room.publish(post("a"))
    await house.newest_says(FORUM, "About a")
    the_blog_ends(house)
    await house.telegram.until(lambda: closed(house, thread))
    assert house.telegram.chats[FORUM].newest().text.startswith("About a")
    the_blog_ends(house, None)
    await house.telegram.until(lambda: not closed(house, thread))
    await house.room.publish(post("b"))
    await house.newest_says(FORUM, "About b")
    assert house.said(FORUM)[-1].thread == thread
    assert (notices(house, "forum_topic_closed"), notices(house, "forum_topic_reopened")) == (1, 1)


async def test_the_last_posts_are_delivered_before_it_is_closed(house: TelegramHouse) -> None:
    thread = await asked_for(house)
    go_on = asyncio.Event()
    held = house.telegram.fail(method="sendMessage", chat=FORUM, error=Fault.hold(go_on))
    await house.room.publish(post("a"))
    await held.reached.wait()
    the_blog_ends(house)
    assert await house.room.store.topics_to_close("main", house.house.clock()) == []
    go_on.set()
    await house.telegram.until(lambda: closed(house, thread))
    assert in_thread(house, thread)[-1].text.startswith("About a")


async def test_what_people_do_with_the_topic_is_theirs(house: TelegramHouse) -> None:
    """Opened again by them it stays open, and closed by them it stays closed when the blog goes on."""
    thread = await asked_for(house)
    the_blog_ends(house)
    await house.telegram.until(lambda: closed(house, thread))
    house.telegram.reopen_topic(FORUM, thread)
    await house.ask(ANN, "/id", FORUM)
    assert await house.room.store.topics_to_close("main", house.house.clock()) == []
    house.telegram.close_topic(FORUM, thread)
    await house.ask(ANN, "/id", FORUM)
    the_blog_ends(house, None)
    assert await house.room.store.topics_to_reopen("main", house.house.clock()) == []


async def test_a_topic_in_which_another_blog_lives_stays_open(house: TelegramHouse) -> None:
    thread = await asked_for(house)
    await house.ask(ANN, "/subscribe election", FORUM, thread=thread)
    await house.room.store.in_file([("storm", None, None), ("election", None, None)], house.house.clock())
    the_blog_ends(house)
    assert await house.room.store.topics_to_close("main", house.house.clock()) == []
    await house.ask(ANN, "/unsubscribe election", FORUM, thread=thread)
    await house.telegram.until(lambda: closed(house, thread))


async def test_a_topic_that_was_deleted_ends_its_subscription_and_can_be_asked_for_anew(house: TelegramHouse) -> None:
    thread = await asked_for(house)
    await house.ask(ANN, "/subscribe election", FORUM)
    house.telegram.delete_topic(FORUM, thread)
    await house.room.publish(post("a"))
    await house.room.quiet()
    await house.telegram.until(lambda: not house.room.telegram.chats[FORUM].topics[thread].closed)
    assert await house.follows(FORUM, thread) == {}
    assert await house.follows(FORUM) == {"election": ()}
    again = await asked_for(house)
    assert again != thread
    await house.room.publish(post("b"))
    await house.newest_says(FORUM, "About b")


async def test_a_topic_deleted_while_its_blog_ends_is_forgotten(house: TelegramHouse) -> None:
    thread = await asked_for(house)
    house.telegram.delete_topic(FORUM, thread)
    the_blog_ends(house)
    while await house.follows(FORUM, thread):  # noqa: ASYNC110 the table says it
        await asyncio.sleep(0.02)
    assert await house.room.store.topics_to_close("main", house.house.clock()) == []


# --- closed and opened by people ------------------------------------------------------------------------------------


async def follows_in(house: TelegramHouse, name: str) -> int:
    thread = house.telegram.add_topic(FORUM, name)
    await house.ask(ANN, "/subscribe storm", FORUM, thread=thread)
    return thread


async def test_a_closed_topic_sleeps_and_the_groups_other_topics_do_not(house: TelegramHouse) -> None:
    sea, land = await follows_in(house, "Sea"), await follows_in(house, "Land")
    house.telegram.close_topic(FORUM, sea)
    await house.ask(ANN, "/id", FORUM)
    await house.room.publish(post("a"))
    await house.room.quiet()
    assert [one.thread for one in house.said(FORUM) if "About a" in one.text] == [land]
    house.telegram.reopen_topic(FORUM, sea)
    await house.ask(ANN, "/id", FORUM)
    await house.room.publish(post("b"))
    await house.room.quiet()
    assert sorted(one.thread for one in house.said(FORUM) if "About b" in one.text) == sorted((sea, land))
    assert not any("About a" in one.text for one in in_thread(house, sea))


async def test_a_refusal_tells_of_a_closed_topic_as_well(house: TelegramHouse) -> None:
    """The bot is no admin and did not hear that it was closed."""
    house.telegram.unrestrict(FORUM)
    sea = await follows_in(house, "Sea")
    house.telegram.chats[FORUM].topics[sea].closed = True
    await house.room.publish(post("a"))
    await house.room.quiet()
    assert await house.follows(FORUM, sea) == {"storm": ()}
    house.telegram.reopen_topic(FORUM, sea)
    await house.ask(ANN, "/id", FORUM)
    await house.room.publish(post("b"))
    await house.newest_says(FORUM, "About b")


async def test_the_topic_called_general_is_written_to_without_a_number(house: TelegramHouse) -> None:
    house.telegram.unrestrict(FORUM)
    sea = await follows_in(house, "Sea")
    await house.ask(ANN, "/subscribe storm", FORUM)
    house.telegram.close_topic(FORUM, 0)
    house.telegram.say(ANN, FORUM, f"/id@{house.application.bot.username}", thread=sea)
    await house.newest_says(FORUM, "This chat")
    await house.room.publish(post("a"))
    await house.room.quiet()
    assert [one.thread for one in house.said(FORUM) if "About a" in one.text] == [sea]
    house.telegram.reopen_topic(FORUM, 0)
    await house.ask(ANN, "/id", FORUM)
    await house.room.publish(post("b"))
    await house.room.quiet()
    assert sorted(one.thread for one in house.said(FORUM) if "About b" in one.text) == [0, sea]


async def test_a_push_goes_to_a_topic_that_is_awake(house: TelegramHouse) -> None:
    sea, land = await follows_in(house, "Sea"), await follows_in(house, "Land")
    house.telegram.close_topic(FORUM, sea)
    await house.ask(ANN, "/id", FORUM)
    await house.room.push("All ports closed.")
    await house.newest_says(FORUM, "All ports closed.")
    assert house.said(FORUM)[-1].thread == land


# --- restarts and kills ---------------------------------------------------------------------------------------------


async def test_a_wish_survives_a_restart(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        populate(telegram)
        telegram.promote(FORUM)
        async with telegram_house(tmp_path, telegram=telegram) as before:
            offer = await before.answer(ANN, "/subscribe", FORUM)
            await telegram.press(ANN, FORUM, offer.id, "forum:storm")
            assert topics(before) == {}
        async with keeping(tmp_path, telegram=telegram) as after:
            await telegram.until(lambda: STORM in topics(after) and in_thread(after, topics(after)[STORM]))
            assert await after.follows(FORUM, topics(after)[STORM]) == {"storm": ()}


async def forum_of(relay: Service) -> None:
    relay.telegram.add_user(ANN, "Ann")
    relay.telegram.add_chat(FORUM, "supergroup", "Forum", forum=True, admins=[ANN])
    relay.telegram.promote(FORUM)


@pytest.mark.parametrize(("step", "most"), [("before a topic is opened", 1), ("after a topic was opened", 2)])
async def test_a_kill_while_it_is_opened_leaves_one_that_follows(tmp_path: Path, step: str, most: int) -> None:
    async with service(tmp_path) as relay:
        await forum_of(relay)
        await relay.start(step, 0)
        await relay.publisher.polled()
        relay.telegram.say(ANN, FORUM, "/subscribe")
        await relay.telegram.until(relay.telegram.chats[FORUM].from_bot, 60)
        await relay.telegram.tap(ANN, FORUM, "In a topic of its own", seconds=60)
        assert await relay.died(60) == -9
        await relay.start()
        threads = relay.telegram.chats[FORUM].topics
        await relay.telegram.until(lambda: any("arrive in this topic" in text for text in relay.screen(FORUM)), 60)
        relay.publisher.publish("a")
        await relay.telegram.until(lambda: "About a" in relay.headlines(FORUM), 60)
        await relay.publisher.polled(2)
        assert len(threads) <= most
        assert relay.headlines(FORUM).count("About a") == 1
