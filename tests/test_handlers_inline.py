"""Inline mode: posts to share into any chat, as the local Telegram offers and sends them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.texts import Texts
from tests.choosing import choose_in
from tests.newsroom import post
from tests.telegram_house import ANN, EDITOR, GROUP, STRANGER, TelegramHouse, boats, telegram_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


async def titles(house: TelegramHouse, words: str, offset: str = "") -> list[str]:
    return [one["title"] for one in (await house.telegram.inline(STRANGER, words, offset=offset)).results]


async def test_everybody_is_offered_the_newest_first(house: TelegramHouse) -> None:
    await house.room.publish(*boats(3))
    assert await titles(house, "") == ["About boat-2", "About boat-1", "About boat-0"]


async def test_words_find_posts_and_a_blogs_id_means_that_blog(house: TelegramHouse) -> None:
    await house.room.publish(*boats(2), post("dry", "A dry day."))
    assert await titles(house, "dry") == ["About dry"]
    assert await titles(house, "storm dry") == ["About dry"]
    assert await titles(house, "storm") == ["About dry", "About boat-1", "About boat-0"]
    assert await titles(house, "election") == []
    assert await titles(house, '"*') == []


async def test_what_is_offered_has_a_picture_and_the_place_of_the_words(house: TelegramHouse) -> None:
    await house.room.publish(
        post("a", "The ferry left.", summary="In short.", images=_pictures("https://p.example/a.jpg"))
    )
    (newest,) = (await house.telegram.inline(ANN, "")).results
    assert (newest["thumbnail_url"], newest["description"]) == ("https://p.example/a.jpg", "In short.")
    (found,) = (await house.telegram.inline(ANN, "ferry")).results
    assert found["description"] == "The ferry left."


def _pictures(*addresses: str) -> tuple[object, ...]:
    from bot.core.model import Image

    return tuple(Image(url=address) for address in addresses)


async def test_what_is_shared_is_the_post_as_it_stands_in_chats_with_its_link(house: TelegramHouse) -> None:
    await house.room.publish(*boats(1))
    (offered,) = (await house.telegram.inline(ANN, "")).results
    number = house.telegram.choose(ANN, GROUP, offered)
    shared = house.telegram.chats[GROUP].by_id[number]
    assert shared.text.startswith("About boat-0\n\nThe ferry number 0 is late again.")
    assert "https://blog.example/live#boat-0" in [one.get("url") for one in shared.entities]


async def test_pages_go_on_where_they_stopped_whatever_comes_in(house: TelegramHouse) -> None:
    await house.room.publish(*boats(45))
    first = await house.telegram.inline(ANN, "")
    assert len(first.results) == 20
    await house.room.publish(post("breaking"))
    second = await titles(house, "", first.next_offset)
    assert second[0] == "About boat-24"
    third = await house.telegram.inline(
        ANN, "", offset=(await house.telegram.inline(ANN, "", offset=first.next_offset)).next_offset
    )
    assert [one["title"] for one in third.results][-1] == "About boat-0"
    assert third.next_offset == ""


async def test_what_is_withdrawn_or_held_is_never_offered_and_nothing_is_cached(house: TelegramHouse) -> None:
    await house.room.publish(*boats(2))
    answer = await house.telegram.inline(ANN, "ferry")
    assert (answer.cache_time, answer.is_personal) == (0, False)
    await house.room.take_away("boat-1")
    assert await titles(house, "ferry") == ["About boat-0"]
    await house.ask(EDITOR, "/hold storm")
    await house.room.publish(post("held", "A ferry."))
    assert await titles(house, "ferry") == ["About boat-0"]


@pytest.mark.parametrize("words", ["", "bicycle", "!!"])
async def test_where_nothing_is_found_a_button_leads_to_the_bot(house: TelegramHouse, words: str) -> None:
    answer = await house.telegram.inline(ANN, words)
    assert answer.results == ()
    assert answer.button is not None
    start = answer.button["start_parameter"]
    assert "Hello!" in await house.ask(ANN, f"/start {start}")


async def test_the_way_to_the_bot_is_said_in_the_language_that_was_chosen(house: TelegramHouse) -> None:
    await house.ask(ANN, "/start")
    known = await house.room.store.chat("main", ANN)
    assert known is not None
    await choose_in(house.room.store, known.id, replace(known.choices, language="de"))
    answer = await house.telegram.inline(ANN, "bicycle")
    assert answer.button is not None
    assert answer.button["text"] == Texts.of("de").gettext("Nothing found: see the live blogs")


async def test_an_offset_that_was_made_up_finds_nothing(house: TelegramHouse) -> None:
    await house.room.publish(*boats(2))
    for offset in ("x", "o999999", "5"):
        assert await titles(house, "", offset) == []
