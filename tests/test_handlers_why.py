"""/why: who may ask, about which chat, and how a post is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.publishing import PushText
from tests.newsroom import URL, post
from tests.telegram_house import (
    ADMIN,
    ANN,
    BEN,
    CHANNEL,
    EDITOR,
    FORUM,
    GROUP,
    ONE_BLOG,
    TelegramHouse,
    boats,
    buttons,
    telegram_house,
)
from tests.test_handlers_takedown import relayed

HOLD = ONE_BLOG.replace('id = "storm"', 'id = "storm"\nhold = "1h"', 1)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


async def test_a_reader_answers_a_message_and_hears_how_it_came(house: TelegramHouse) -> None:
    message = await relayed(house, ANN)
    said = (await house.ask(ANN, "/why", reply_to=message.id)).splitlines()
    assert said[0].startswith("This chat got it at ")
    assert said[0].endswith(" after it was published.")
    assert said[-1].endswith(f"Sent; it is message {message.id} there.")
    assert any(line.endswith("This chat began to follow Storm over the harbour.") for line in said)


async def test_a_reader_asks_by_a_link_why_a_post_did_not_come(house: TelegramHouse) -> None:
    await relayed(house, BEN)
    await house.ask(ANN, "/subscribe storm ferries")
    await house.room.publish(post("b"))
    said = await house.ask(ANN, f"/why {URL}#b")
    assert said.startswith("It was not sent: this chat follows only “ferries”, and the post matches none of it.")
    assert "It was not sent: this chat follows Storm over the harbour only since" in await house.ask(
        ANN, f"/why {URL}?utm_source=share#a"
    )


async def test_without_a_post_it_says_how_to_ask(house: TelegramHouse) -> None:
    assert await house.ask(ANN, "/why") == (
        "Which post? Answer a message of mine with /why, or write a link or number after it."
    )
    assert "carries no post" in await house.ask(ANN, "/why", reply_to=house.said(ANN)[-1].id)


@pytest.mark.parametrize("words", ["4711", "https://blog.example/other", "no such words", "9" * 30, "@nobody"])
async def test_what_is_not_known_is_one_sentence(house: TelegramHouse, words: str) -> None:
    assert await house.ask(ADMIN, f"/why {words}") == "I know no post of that link, number or headline."


async def test_of_a_message_with_several_posts_a_button_for_each(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    await house.room.publish(*boats(4))
    await house.room.shows(ANN, "Storm over the harbour: 4 updates")
    await house.room.quiet()
    offered = await house.answer(ANN, "/why", reply_to=house.said(ANN)[-1].id)
    assert offered.text == "There are several posts; which one?"
    await house.telegram.press(ANN, ANN, offered.id, buttons(offered)["About boat-2"])
    await house.newest_says(ANN, "Its message carries several posts, 4 in all.")


# --- other chats -----------------------------------------------------------------------------------------------------


async def test_only_admins_ask_about_another_chat(house: TelegramHouse) -> None:
    await relayed(house, ANN)
    for person in (BEN, EDITOR):
        assert await house.ask(person, f"/why {URL}#a {ANN}") == "Only admins can ask about another chat."
    said = await house.ask(ADMIN, f"/why {URL}#a {ANN}")
    assert said.startswith("About a\nThis chat got it at ")
    assert await house.ask(ADMIN, f"/why {URL}#a 987654") == "I know no chat 987654."


async def test_an_admin_names_a_channel_and_answers_with_a_chat(house: TelegramHouse) -> None:
    await relayed(house, ADMIN, CHANNEL)
    assert "This chat got it at" in await house.ask(ADMIN, f"/why {URL}#a @harbour_news")
    message = house.said(ADMIN)[0]
    assert "This chat got it at" in await house.ask(ADMIN, f"/why {CHANNEL}", reply_to=message.id)


@pytest.mark.parametrize("quoted", ['"About a"', "“About a”", "„About a“", "'About a'", '"About"'])
async def test_an_admin_names_a_post_by_quoted_words_of_its_headline_and_a_chat(
    house: TelegramHouse, quoted: str
) -> None:
    await relayed(house, ANN)
    assert (await house.ask(ADMIN, f"/why {quoted} {ANN}")).startswith("About a\nThis chat got it at ")
    assert (await house.ask(ADMIN, f"/why {quoted}")).startswith("About a\nIt was not sent")


async def test_a_button_of_another_chat_opens_no_door(house: TelegramHouse) -> None:
    await house.room.follow(ANN, BEN)
    await house.room.publish(*boats(4))
    await house.room.shows(BEN, "Storm over the harbour: 4 updates")
    await house.room.quiet()
    offered = await house.answer(BEN, "/why", reply_to=house.said(BEN)[-1].id)
    forged = buttons(offered)["About boat-2"].rpartition(":")[0] + f":{ANN}"
    offered.buttons[0][0]["callback_data"] = forged
    pressed = await house.telegram.press(BEN, BEN, offered.id, forged)
    assert pressed.text == "Only admins can ask about another chat."


async def test_in_a_group_its_admins_and_editors_ask(house: TelegramHouse) -> None:
    message = await relayed(house, GROUP)
    for person in (ANN, EDITOR):
        assert "This chat got it at" in await house.ask(person, "/why", GROUP, reply_to=message.id)
    assert await house.ask(BEN, "/why", GROUP, reply_to=message.id) == "Only this group's admins can ask that here."


async def test_a_topic_of_a_forum_is_asked_for_itself(house: TelegramHouse) -> None:
    other = house.telegram.add_topic(FORUM, "Ferries")
    await house.room.subscribe(FORUM, "supergroup")
    await house.room.subscribe(FORUM, "supergroup", topics=["ferries"], thread=other)
    await house.room.publish(post("a"))
    await house.room.quiet()
    assert "This chat got it at" in await house.ask(ANN, f"/why {URL}#a", FORUM)
    said = await house.ask(ANN, f"/why {URL}#a", FORUM, thread=other)
    assert said.startswith("It was not sent: this chat follows only “ferries”")


# --- what readers are not told ---------------------------------------------------------------------------------------


async def test_readers_hear_nothing_of_what_is_held_back_or_of_drafts(tmp_path: Path) -> None:
    async with telegram_house(tmp_path, HOLD) as house:
        await house.room.follow(ANN)
        await house.room.publish(post("secret"))
        draft = await house.room.desk.draft(EDITOR, PushText(text="All ports closed."))
        (held,) = await house.room.store.find_posts("secret")
        unknown = "I know no post of that link, number or headline."
        for words in (f"{URL}#secret", str(held.id), str(draft), "secret", "ports closed"):
            assert await house.ask(ANN, f"/why {words}") == unknown
        said = await house.ask(EDITOR, f"/why {URL}#secret")
        assert said.startswith("About secret\nIt waits until")


async def test_readers_do_not_hear_who_took_a_post_down(house: TelegramHouse) -> None:
    message = await relayed(house, ANN)
    (found,) = await house.room.store.find_posts("a")
    await house.room.desk.withdraw(found.id, person=EDITOR)
    await house.room.quiet()
    said = await house.ask(ANN, "/why", reply_to=message.id)
    assert "An editor took it down." in said
    assert str(EDITOR) not in said
    assert "About a" not in said
    assert f"An editor took it down. ({EDITOR})" in await house.ask(ADMIN, f"/why {found.id} {ANN}")
