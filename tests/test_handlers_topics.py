"""/topic: what is trending, and the links that lead to a topic; over the local Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.deep_links import parted, stands_for, start_word
from bot.core.model import Post
from tests.newsroom import post
from tests.telegram_house import ANN, EDITOR, ONE_BLOG, TelegramHouse, boats, buttons, carried, telegram_house

LONG = "überflutungen-an-der-gesamten-nördlichen-küste-und"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


def told(number: int, text: str, hours_ago: float, **more: object) -> Post:
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    return post(f"p{number}", text, published_at=at, **more)


def rising(*names: str) -> list[Post]:
    """Long ago nobody spoke of these; now everybody does."""
    before = [told(n, "Rain fell on the quay.", 20 + n / 10) for n in range(6)]
    return before + [told(100 + n, "; ".join(f"so said {name}" for name in names), n / 10) for n in range(4)]


# --- trending -------------------------------------------------------------------------------------------------------


async def test_names_of_which_far_more_is_said_are_trending_with_a_button_to_search(house: TelegramHouse) -> None:
    await house.room.publish(*rising("Mira Castellan"))
    answer = await house.answer(ANN, "/topic")
    assert answer.text.endswith("\n\nTrending\nMira Castellan · 4 posts")
    assert buttons(answer) == {"Search Mira Castellan": "found:::Mira Castellan"}
    await house.telegram.press(ANN, ANN, answer.id, "found:::Mira Castellan")
    await house.newest_says(ANN, "4 posts with “Mira Castellan”")


async def test_a_name_too_long_for_a_button_is_searched_for_as_well(house: TelegramHouse) -> None:
    name = "Володимир Олександрович Зеленський-Київ"
    await house.room.publish(*rising(name))
    answer = await house.answer(ANN, "/topic")
    (data,) = carried(answer)
    assert len(data.encode()) <= 64
    await house.telegram.press(ANN, ANN, answer.id, data)
    await house.newest_says(ANN, "4 posts with")


async def test_a_name_that_was_withdrawn_meanwhile_is_said_so(house: TelegramHouse) -> None:
    await house.room.publish(*rising("Mira Castellan"))
    answer = await house.answer(ANN, "/topic")
    for number in range(100, 104):
        await house.room.take_away(f"p{number}")
    pressed = await house.telegram.press(ANN, ANN, answer.id, "found:::Mira Castellan")
    assert (pressed.text, pressed.show_alert) == ("Nothing found for “Mira Castellan”.", True)


async def test_a_topic_that_is_trending_is_followed_by_a_button(tmp_path: Path) -> None:
    async with telegram_house(tmp_path, ONE_BLOG) as house:
        await house.room.publish(*rising("the ferry"))
        answer = await house.answer(ANN, "/topic")
        assert "Ferries · 0 posts" not in answer.text
        assert buttons(answer) == {}
        old = (datetime.now(UTC) - timedelta(hours=20)).timestamp()
        with house.room.store._db.writing as db:  # the page was first read yesterday
            db.execute("UPDATE post SET first_seen_at = ? WHERE topics = ' '", (old,))
            db.execute("UPDATE post SET topics = ' dry ' WHERE topics = ' '")
        answer = await house.answer(ANN, "/topic")
        assert "Ferries · 4 posts · trending" in answer.text
        await house.telegram.press(ANN, ANN, answer.id, buttons(answer)["Follow Ferries"])
        assert await house.follows(ANN) == {"storm": ("ferries",)}


async def test_where_everything_is_new_nothing_is_trending(house: TelegramHouse) -> None:
    await house.room.publish(*boats(8))
    answer = await house.answer(ANN, "/topic")
    assert "rending" not in answer.text
    assert carried(answer) == []


# --- links that lead here -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["", "ferries", "old-town", "київ", LONG, "x" * 64])
def test_a_link_says_its_blog_and_topic_in_what_telegram_takes(topic: str) -> None:
    word = start_word("storm-2", topic)
    assert len(word) <= 64
    assert word.isascii()
    blog, named = parted(word)
    assert blog == "storm-2"
    assert (stands_for(named, ["other", topic]) or named) == topic


async def test_editors_are_told_the_link_to_a_topic_and_it_leads_there(house: TelegramHouse) -> None:
    await house.room.publish(*boats(1), post("a", "Wasser.", tags=(LONG,)))
    for topic in ("ferries", LONG):
        said = await house.ask(EDITOR, f"/topic {topic}")
        word = said.splitlines()[1].rpartition("?start=")[2]
        answer = await house.answer(ANN, f"/start {word}")
        assert " in the live blog Storm over the harbour. It is live." in answer.text
        assert len(carried(answer)) == 1
        assert "?start=" not in await house.ask(ANN, f"/topic {topic}")


@pytest.mark.parametrize("word", ["storm__AAAAAAAA", "storm_trains", "storm__", "STORM_trains"])
async def test_a_topic_that_is_gone_is_said_so_and_its_blog_is_offered(house: TelegramHouse, word: str) -> None:
    answer = await house.answer(ANN, f"/start {word}")
    assert answer.text.startswith("That topic is not here any more; this is its live blog, Storm over the harbour.")
    assert carried(answer) == ["follow:storm"]


async def test_a_blog_that_has_ended_says_so_and_can_be_followed(house: TelegramHouse) -> None:
    await house.room.publish(*boats(1))
    with house.room.store._db.writing as db:
        db.execute("UPDATE blog SET ended_at = ?", (datetime.now(UTC).timestamp() + 60,))
    answer = await house.answer(ANN, "/start storm_ferries")
    assert answer.text == "Ferries in the live blog Storm over the harbour. It has ended."
    await house.telegram.press(ANN, ANN, answer.id, "follow:storm:ferries")
    assert await house.follows(ANN) == {"storm": ("ferries",)}


@pytest.mark.parametrize("word", ["_", "_inline", "__x"])
async def test_a_link_that_names_nothing_just_greets(house: TelegramHouse, word: str) -> None:
    assert (await house.ask(ANN, f"/start {word}")).startswith("Hello!")
