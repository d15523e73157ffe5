"""/note: a post of an editor's own among those of a blog."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.telegram import LocalMessage
from tests.newsroom import post
from tests.telegram_house import ANN, BEN, EDITOR, OTHER_EDITOR, TelegramHouse, buttons, telegram_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


async def drafted(house: TelegramHouse, text: str = "/note storm All is calm\nThe ferry sails again.") -> LocalMessage:
    before = len(house.said(EDITOR))
    house.telegram.say(EDITOR, EDITOR, text)
    await house.telegram.until(lambda: len(house.said(EDITOR)) == before + 2)
    return house.said(EDITOR)[-1]


async def noted(house: TelegramHouse, text: str = "/note storm All is calm\nThe ferry sails again.") -> LocalMessage:
    control = await drafted(house, text)
    said = await house.telegram.press(EDITOR, EDITOR, control.id, buttons(control)["Send"])
    assert said.text == "On its way."
    return control


async def test_a_note_is_shown_first_and_in_no_list(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    control = await drafted(house)
    preview = house.said(EDITOR)[-2]
    assert preview.text.startswith("All is calm\n\nThe ferry sails again.\n\n")
    assert "from the editors" in preview.text
    assert control.text == "To those who follow Storm over the harbour, as one of its posts."
    assert "calm" not in await house.ask(ANN, "/latest storm")
    await house.ask(EDITOR, "/hold storm")
    await house.ask(EDITOR, "/release storm")
    assert "calm" not in await house.ask(ANN, "/latest storm")


async def test_a_note_goes_to_the_blogs_followers_by_their_topics_and_into_its_lists(house: TelegramHouse) -> None:
    await house.room.follow(ANN, topics=["ferries"])
    await house.room.follow(BEN, topics=["old-town"])
    await noted(house)
    await house.newest_says(ANN, "All is calm")
    await house.room.quiet()
    assert not any("calm" in text for text in house.room.screen(BEN))
    assert "All is calm" in await house.ask(BEN, "/latest storm")
    assert "All is calm" in await house.ask(BEN, "/search sails")
    assert "All is calm" in await house.ask(BEN, "/topic ferries")


async def test_the_pages_polls_never_touch_it(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    await noted(house)
    await house.newest_says(ANN, "All is calm")
    await house.room.publish(post("a"))
    for _ in range(4):
        await house.room.poll()
    await house.room.quiet()
    assert [text.split("\n")[0] for text in house.room.screen(ANN)] == ["All is calm", "About a"]


async def test_it_is_corrected_withdrawn_and_restored_as_other_posts(house: TelegramHouse) -> None:
    await house.room.follow(EDITOR)
    await noted(house)
    await house.telegram.until(lambda: any(one.text.startswith("All is calm") for one in house.said(EDITOR)[2:]))
    await house.room.quiet()
    there = next(one for one in house.said(EDITOR)[2:] if one.text.startswith("All is calm"))
    await house.ask(EDITOR, "/correct Nearly calm\nIt sails.", reply_to=there.id)
    await house.telegram.until(lambda: there.text.startswith("Nearly calm\n\nIt sails."))
    await house.ask(EDITOR, "/withdraw", reply_to=there.id)
    await house.telegram.until(lambda: there.text.startswith("withdrawn by the editors"))
    await house.ask(EDITOR, "/restore", reply_to=there.id)
    await house.telegram.until(lambda: there.text.startswith("All is calm"))


async def test_one_line_is_a_text_without_a_headline(house: TelegramHouse) -> None:
    await drafted(house, "/note storm All is calm.")
    assert house.said(EDITOR)[-2].text.startswith("All is calm.\n\n")
    assert house.said(EDITOR)[-2].text.count("calm") == 1


async def test_a_held_blog_keeps_it_until_the_release(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    await house.ask(EDITOR, "/hold storm")
    control = await drafted(house)
    assert control.text == "To those who follow Storm over the harbour, once /release lets it go on."
    await house.telegram.press(EDITOR, EDITOR, control.id, buttons(control)["Send"])
    await house.room.quiet()
    assert not any("calm" in text for text in house.room.screen(ANN))
    assert await house.ask(EDITOR, "/release storm") == (
        "Storm over the harbour goes on; 1 post that waited goes out now."
    )
    await house.newest_says(ANN, "All is calm")


async def test_cancelled_it_goes_to_nobody_and_only_its_author_presses(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    control = await drafted(house)
    data, kept = buttons(control), control.buttons
    found = await house.room.store.editorial(int(data["Send"].rpartition(":")[2]))
    assert found is not None
    assert (found.author, found.state, found.post.blog) == (EDITOR, "draft", "storm")
    house.telegram.say(OTHER_EDITOR, OTHER_EDITOR, "/id")
    await house.newest_says(OTHER_EDITOR, "This chat")
    other = house.said(OTHER_EDITOR)[-1]
    other.buttons = kept
    said = await house.telegram.press(OTHER_EDITOR, OTHER_EDITOR, other.id, data["Send"])
    assert said.text == "Only who wrote this note can send or cancel it."
    assert (await house.telegram.press(EDITOR, EDITOR, control.id, data["Cancel"])).text == "Cancelled."
    control.buttons = kept
    said = await house.telegram.press(EDITOR, EDITOR, control.id, data["Send"])
    assert said.text == "This note was sent or cancelled before."
    await house.room.quiet()
    assert not any("calm" in text for text in house.room.screen(ANN))


@pytest.mark.parametrize(
    ("command", "beginning"),
    [
        ("/note", "Note what? Write a blog and a text after it"),
        ("/note storm", "Note what? Write a blog and a text after it"),
        ("/note strom All is calm", "I know no live blog “strom”; did you mean"),
    ],
)
async def test_what_is_missing_is_said_in_a_sentence(house: TelegramHouse, command: str, beginning: str) -> None:
    assert (await house.ask(EDITOR, command)).startswith(beginning)


@pytest.mark.parametrize(
    ("typed", "word", "said"),
    [
        ("/note storm All is calm", "push", "This push is not there any more."),
        ("/push All is calm", "note", "This button means nothing any more."),
    ],
)
async def test_a_note_is_no_push_and_a_push_no_note_whatever_a_button_carries(
    house: TelegramHouse, typed: str, word: str, said: str
) -> None:
    control = await drafted(house, typed)
    other = f"{word}:send:{buttons(control)['Send'].rpartition(':')[2]}"
    control.buttons = (({"text": "a button", "callback_data": other},),)
    assert (await house.telegram.press(EDITOR, EDITOR, control.id, other)).text == said
