"""/catchup: what happened since a chat last looked, as it stands in the chat."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.catchup import since_when
from bot.demo.telegram import Fault, LocalMessage
from tests.newsroom import post
from tests.telegram_house import ANN, BEN, FORUM, ONE_BLOG, TelegramHouse, boats, buttons, telegram_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    """What is published stays unsent: the answers alone stand in the chats."""
    async with telegram_house(tmp_path) as one:
        await one.room.stop()
        yield one


def told(message: LocalMessage) -> list[str]:
    """The lines, times left out."""
    return [re.sub(r"^.*\d\d:\d\d \S+ · ", "", line) for line in message.text.splitlines()]


async def older(house: TelegramHouse, message: LocalMessage, label: str = "Older") -> list[str]:
    edits = len(message.edits)
    await house.telegram.press(ANN, ANN, message.id, buttons(message)[label])
    await house.telegram.until(lambda: len(message.edits) > edits)
    return told(message)


async def looked_at(house: TelegramHouse, chat: int) -> float | None:
    known = await house.room.store.chat("main", chat)
    return known.looked_at if known else None


@pytest.mark.parametrize(
    ("looked", "followed", "since"),
    [
        (None, [], 1_000_000 - 86_400),
        (None, [999_000.0, 999_900.0], 999_000),
        (None, [5.0], 1_000_000 - 86_400),
        (400_000.0, [999_000.0], 400_000),
        (1_000_500.0, [], 1_000_000),
    ],
)
def test_the_first_look_goes_back_a_day_or_to_where_the_chat_began_to_follow(
    looked: float | None, followed: list[float], since: float
) -> None:
    assert since_when(looked, followed, 1_000_000.0) == since


async def test_key_events_come_first_then_the_latest_and_no_post_twice(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    await house.room.publish(*boats(3), post("key", "Two boats lost.", key_event=True), post("dry", "A dry day."))
    message = await house.answer(ANN, "/catchup")
    assert re.match(r"Storm over the harbour, since \d\d:\d\d E[SD]T\n", message.text)
    assert told(message)[1:] == [
        "5 posts · Ferries: 3",
        "",
        "Key events",
        "About key",
        "",
        "Latest",
        "About dry",
        "About boat-2",
        "About boat-1",
        "About boat-0",
    ]


async def test_what_was_told_once_is_not_told_again(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    await house.room.publish(*boats(2))
    assert "About boat-1" in await house.ask(ANN, "/catchup")
    assert re.fullmatch(
        r"Nothing new in Storm over the harbour since \d\d:\d\d E[SD]T\.", await house.ask(ANN, "/catchup")
    )
    await house.room.publish(post("next"))
    said = await house.ask(ANN, "/catchup")
    assert "About next" in said
    assert "About boat" not in said


async def test_further_pages_stay_in_the_span_of_the_first(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    await house.room.publish(*boats(18), post("key", key_event=True))
    message = await house.answer(ANN, "/catchup")
    assert told(message)[-1] == "and 13 more"
    await house.room.publish(post("later"))
    second = await older(house, message)
    assert second[1:] == [f"About boat-{n}" for n in range(12, 2, -1)] + ["and 3 more"]
    third = await older(house, message)
    assert third[1:] == ["About boat-2", "About boat-1", "About boat-0"]
    await older(house, message, "Newer")
    first = await older(house, message, "Newer")
    assert "About key" in first
    assert first[-1] == "and 13 more"
    assert "later" not in message.text
    assert "About later" in await house.ask(ANN, "/catchup")


async def test_only_what_the_chat_follows_is_told_and_everything_where_it_follows_nothing(house: TelegramHouse) -> None:
    await house.room.publish(*boats(1), post("dry", "A dry day."))
    assert "About dry" in await house.ask(BEN, "/catchup")
    await house.ask(ANN, "/subscribe storm ferries")
    await house.room.publish(post("wet", "A wet day."), post("boat-9", "The ferry sank."))
    said = await house.ask(ANN, "/catchup")
    assert "About boat-9" in said
    assert "About wet" not in said


async def test_words_that_are_followed_and_left_out_count_as_well(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm +quay -rain")
    await house.room.publish(
        post("a", "The quay is shut."), post("b", "A dry day."), post("c", "Rain on the quay."), *boats(1)
    )
    message = await house.answer(ANN, "/catchup")
    assert told(message)[-1] == "About a"
    assert "1 post" in message.text


async def test_one_blog_of_several_leaves_the_others_to_be_told(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    await house.ask(ANN, "/subscribe election")
    await house.room.publish(*boats(1))
    assert "Nothing new in Election night" in await house.ask(ANN, "/catchup election")
    assert await looked_at(house, ANN) is None
    assert "About boat-0" in await house.ask(ANN, "/catchup storm")
    assert "About boat-0" in await house.ask(ANN, "/catchup")
    await house.ask(ANN, "/id")  # asked and answered after it
    assert await looked_at(house, ANN) == pytest.approx(time.time(), abs=30)


async def test_a_chat_has_not_looked_where_the_answer_did_not_arrive(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    await house.room.publish(*boats(1))
    refused = house.telegram.fail(method="sendMessage", chat=ANN, times=2, error=Fault.refuse(400, "Bad Request: no"))
    house.telegram.say(ANN, ANN, "/catchup")
    await house.telegram.until(lambda: refused.hits == 2)
    assert "About boat-0" in await house.ask(ANN, "/catchup")


async def test_withdrawn_posts_are_not_told_even_on_a_page_that_was_begun_before(tmp_path: Path) -> None:
    async with telegram_house(tmp_path, ONE_BLOG) as house:
        await house.room.publish(*boats(8), post("key", key_event=True))
        message = await house.answer(ANN, "/catchup")
        await house.room.take_away("boat-1")
        await house.room.take_away("key")
        assert (await older(house, message))[1:] == ["About boat-2", "About boat-0"]
        assert "About key" not in await house.ask(BEN, "/catchup")


async def test_an_unknown_blog_gets_the_usual_sentence(house: TelegramHouse) -> None:
    assert "did you mean Storm over the harbour" in await house.ask(ANN, "/catchup strom")


async def test_a_topic_of_a_forum_is_told_of_what_it_follows(house: TelegramHouse) -> None:
    thread = house.telegram.add_topic(FORUM, "Boats")
    await house.ask(ANN, "/subscribe storm ferries", FORUM, thread=thread)
    await house.room.publish(post("dry", "A dry day."), *boats(1))
    message = await house.answer(BEN, "/catchup", FORUM, thread=thread)
    assert "About dry" not in message.text
