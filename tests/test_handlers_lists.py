"""Lists that are paged by buttons, and searches: with the real Application, over the local Telegram."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core import render_lists
from bot.demo.telegram import LocalMessage
from tests.newsroom import post
from tests.telegram_house import ANN, BEN, GROUP, TelegramHouse, boats, buttons, telegram_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


FORGED = (
    "latest:storm:0:o1",
    "latest::5:x",
    "latest:::",
    "latest",
    "found:o1::",
    "topic:o1:nowhere",
    "catch:",
    "catch::0:zzzzzzzzzz:o1",
    "catch::zz:1:o1",
    "catch::-1:-1:o1",
    "catch::_1:1:o1",
    "catch:nowhere:0:1:o1",
)


def shown(message: LocalMessage) -> list[int]:
    return [int(number) for number in re.findall(r"About boat-(\d+)", message.text)]


async def press(house: TelegramHouse, message: LocalMessage, label: str, person: int = ANN) -> str:
    """What flashes over the screen; the message is what it became when the press is answered and shown."""
    edits = len(message.edits)
    answer = await house.telegram.press(person, message.chat_id, message.id, buttons(message)[label])
    if not answer.show_alert:
        await house.telegram.until(lambda: len(message.edits) > edits)
    return answer.text


# --- /latest --------------------------------------------------------------------------------------------------------


async def test_latest_is_turned_in_the_same_message_and_back(house: TelegramHouse) -> None:
    await house.room.publish(*boats(12))
    message = await house.answer(ANN, "/latest storm")
    assert shown(message) == [11, 10, 9, 8, 7]
    assert list(buttons(message)) == ["Older"]
    await press(house, message, "Older")
    assert shown(message) == [6, 5, 4, 3, 2]
    assert list(buttons(message)) == ["Newer", "Older"]
    await press(house, message, "Older")
    assert shown(message) == [1, 0]
    assert list(buttons(message)) == ["Newer"]
    await press(house, message, "Newer")
    assert shown(message) == [6, 5, 4, 3, 2]
    assert len(house.said(ANN)) == 1


async def test_posts_that_come_in_meanwhile_shift_and_repeat_nothing(house: TelegramHouse) -> None:
    await house.room.publish(*boats(7))
    message = await house.answer(ANN, "/latest 3")
    assert shown(message) == [6, 5, 4]
    await house.room.publish(*boats(11)[7:])
    await press(house, message, "Older")
    assert shown(message) == [3, 2, 1]
    await press(house, message, "Newer")
    assert shown(message) == [6, 5, 4]
    await press(house, message, "Newer")
    assert shown(message) == [9, 8, 7]


async def test_a_withdrawn_post_is_on_no_page_even_where_the_page_began_there(house: TelegramHouse) -> None:
    await house.room.publish(*boats(6))
    message = await house.answer(ANN, "/latest 2")
    await house.room.take_away("boat-4")
    await house.room.take_away("boat-2")
    await press(house, message, "Older")
    assert shown(message) == [3, 1]


async def test_there_may_be_nothing_older_any_more(house: TelegramHouse) -> None:
    await house.room.publish(*boats(3))
    message = await house.answer(ANN, "/latest 2")
    await house.room.take_away("boat-0")
    assert await press(house, message, "Older") == "There is nothing older any more."
    assert shown(message) == [2, 1]


async def test_pages_can_be_turned_after_a_restart(tmp_path: Path) -> None:
    async with telegram_house(tmp_path) as before:
        await before.room.publish(*boats(8))
        message = await before.answer(ANN, "/latest")
        async with telegram_house(tmp_path, telegram=before.telegram) as after:
            await press(after, message, "Older")
    assert shown(message) == [2, 1, 0]


async def test_a_list_in_a_group_is_turned_by_whoever_presses(house: TelegramHouse) -> None:
    await house.room.publish(*boats(7))
    message = await house.answer(ANN, "/latest", GROUP)
    await press(house, message, "Older", BEN)
    assert shown(message) == [1, 0]


async def test_buttons_that_were_made_up_change_nothing(house: TelegramHouse) -> None:
    await house.room.publish(*boats(7))
    message = await house.answer(ANN, "/latest")
    for data in (
        "latest:storm:0:o1",
        "latest::5:x",
        "latest:::",
        "latest",
        "found:o1::",
        "topic:o1:nowhere",
        "catch:",
        *FORGED,
    ):
        message.buttons = (({"text": "Older", "callback_data": data},),)
        assert (await house.telegram.press(ANN, ANN, message.id, data)).show_alert
    assert shown(message) == [6, 5, 4, 3, 2]


async def test_what_does_not_fit_a_message_stands_on_the_next_page(
    house: TelegramHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_lists, "MESSAGE", 500)
    await house.room.publish(*boats(20))
    message = await house.answer(ANN, "/latest 20")
    first = shown(message)
    assert 2 < len(first) < 20
    await press(house, message, "Older")
    second = shown(message)
    assert second[0] == first[-1] - 1
    await press(house, message, "Newer")
    assert shown(message)[-1] == second[0] + 1


# --- /topic, /search ------------------------------------------------------------------------------------------------


async def test_a_topic_is_turned_with_its_follow_button_below(house: TelegramHouse) -> None:
    await house.room.publish(*boats(14))
    message = await house.answer(ANN, "/topic ferries")
    assert list(buttons(message)) == ["Follow Ferries", "Older"]
    await press(house, message, "Older")
    assert shown(message) == [3, 2, 1, 0]
    assert list(buttons(message)) == ["Follow Ferries", "Newer"]


async def test_a_topic_too_long_for_a_button_is_turned_as_well(house: TelegramHouse) -> None:
    tag = "Überflutungen an der gesamten nördlichen Küste und"
    await house.room.publish(*(post(f"boat-{n}", tags=(tag,)) for n in range(12)))
    message = await house.answer(ANN, f"/topic {tag}")
    await press(house, message, "Older")
    assert shown(message) == [1, 0]


async def test_search_shows_the_place_with_the_words_in_bold(house: TelegramHouse) -> None:
    await house.room.publish(post("a", "It rained. " * 60 + "The last ferry left the quay at noon. " + "Rain. " * 60))
    message = await house.answer(ANN, "/search quay ferr")
    assert "The last ferry left the quay at noon." in message.text
    assert message.text.count("It rained.") < 10
    raw = message.text.encode("utf-16-le")
    bold = [
        raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")
        for one in message.entities
        if one["type"] == "bold"
    ]
    assert bold[1:] == ["ferry", "quay"]
    assert [one["url"] for one in message.entities if one["type"] == "text_link"] == ["https://blog.example/live#a"]


async def test_search_is_turned_and_counts_nothing_it_does_not_know(house: TelegramHouse) -> None:
    await house.room.publish(*boats(13))
    message = await house.answer(ANN, "/search late ferry")
    assert message.text.startswith("Posts with “late ferry”\n")
    assert shown(message)[0] == 12
    await press(house, message, "Older")
    assert shown(message) == [2, 1, 0]


async def test_words_too_long_for_a_button_are_searched_on_after_a_restart(tmp_path: Path) -> None:
    words = "überflutungen verkehrseinschränkungen hafengeburtstagsfeier"
    async with telegram_house(tmp_path) as before:
        await before.room.publish(*(post(f"boat-{n}", f"Heute {words}.") for n in range(12)))
        message = await before.answer(ANN, f"/search {words}")
        assert all(len(data.encode()) <= 64 for data in buttons(message).values())
        async with telegram_house(tmp_path, telegram=before.telegram) as after:
            await press(after, message, "Older")
    assert shown(message) == [1, 0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("storm ferry", "1 post with “ferry” in Storm over the harbour"),
        ("STORM ferry", "1 post with “ferry” in Storm over the harbour"),
        ("election ferry", "Nothing found for “election ferry”."),
        ("election night", "1 post with “election night”"),
        ("storm", "1 post with “storm”"),
    ],
)
async def test_a_blogs_id_before_the_words_means_that_blog_where_they_are_found_there(
    house: TelegramHouse, words: str, said: str
) -> None:
    await house.room.publish(post("a", "The ferry is late."), post("b", "A storm on election night."))
    assert said in await house.ask(ANN, f"/search {words}")
