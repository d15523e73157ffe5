"""Posts that their blog holds back: shown to every editor, with "Send now" and "Drop"; the first press wins."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.publishing import PushText
from bot.demo.telegram import LocalMessage, LocalTelegram
from handlers import show_held
from storage import Restored
from tests.newsroom import URL, post
from tests.telegram_house import (
    ADMIN,
    ANN,
    EDITOR,
    ONE_BLOG,
    OTHER_EDITOR,
    STRANGER,
    TelegramHouse,
    buttons,
    telegram_house,
)

HOLD = ONE_BLOG.replace('id = "storm"', 'id = "storm"\nhold = "1h"', 1)
SHORT = ONE_BLOG.replace('id = "storm"', 'id = "storm"\nhold = "5s"', 1)


@contextlib.asynccontextmanager
async def offered(house: TelegramHouse) -> AsyncIterator[None]:
    """With the loop that offers what is held."""
    loop = asyncio.create_task(show_held(house.application.bot, house.house))
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def greeted(house: TelegramHouse, *editors: int) -> None:
    """Editors whose private chat the bot knows."""
    for person in editors:
        assert (await house.ask(person, "/id")).startswith("This chat")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path, HOLD) as one, offered(one):
        await one.room.follow(ANN)
        await greeted(one, EDITOR, OTHER_EDITOR)
        yield one


async def preview(house: TelegramHouse, person: int, words: str = "About a") -> LocalMessage:
    """What an editor was shown of a post, once it is there."""
    await house.telegram.until(lambda: any(words in one.text for one in house.said(person)))
    return next(one for one in house.said(person) if words in one.text)


async def press(house: TelegramHouse, person: int, message: LocalMessage, label: str) -> str:
    return (await house.telegram.press(person, person, message.id, buttons(message)[label])).text


async def test_every_editor_who_wrote_to_the_bot_sees_it_with_its_time(house: TelegramHouse) -> None:
    await house.room.publish(post("a", images=()))
    for person in (EDITOR, OTHER_EDITOR):
        shown = await preview(house, person)
        assert shown.text.startswith("Storm over the harbour: this goes out by itself at ")
        assert "What a has to tell." in shown.text
        assert list(buttons(shown)) == ["Send now", "Drop"]
    assert not house.said(ADMIN), "who never wrote has no chat"
    assert not house.room.screen(ANN)
    assert "About a" not in await house.ask(ANN, "/latest")


async def test_send_now_sends_it_and_the_others_see_by_whom(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    mine, theirs = await preview(house, EDITOR), await preview(house, OTHER_EDITOR)
    assert await press(house, EDITOR, mine, "Send now") == "On its way."
    await house.newest_says(ANN, "About a")
    for message in (mine, theirs):
        await house.telegram.until(lambda message=message: message.text.startswith("Sent by Edi, "))
        assert message.buttons == ()
    assert "About a" in await house.ask(ANN, "/latest")


async def test_of_two_editors_who_press_at_once_the_first_one_wins(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    mine, theirs = await preview(house, EDITOR), await preview(house, OTHER_EDITOR)
    said = await asyncio.gather(
        press(house, EDITOR, mine, "Drop"),
        press(house, OTHER_EDITOR, theirs, "Send now"),
        press(house, OTHER_EDITOR, theirs, "Drop"),
    )
    done = [words for words in said if words in ("On its way.", "Dropped: it goes to nobody.")]
    assert len(done) == 1
    await house.telegram.until(lambda: not mine.buttons and not theirs.buttons)
    assert mine.text.split(",")[0] == theirs.text.split(",")[0]
    if done == ["On its way."]:
        await house.newest_says(ANN, "About a")
    else:
        assert mine.text.startswith("Dropped by ")
        await house.room.quiet()
        assert not house.room.screen(ANN)


async def test_a_dropped_post_is_in_no_list_and_stays_down_until_it_is_restored(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    mine = await preview(house, EDITOR)
    assert await press(house, EDITOR, mine, "Drop") == "Dropped: it goes to nobody."
    await house.room.publish(post("a", "Other words."))
    await house.room.poll()
    await house.room.quiet()
    assert not house.room.screen(ANN)
    assert "bout a" not in await house.ask(ANN, "/latest")
    assert (await house.ask(EDITOR, f"/restore {URL}#a")).startswith("Restored")


async def test_what_was_sent_now_overtakes_what_is_still_held(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    await house.room.publish(post("b"))
    second = await preview(house, EDITOR, "About b")
    await press(house, EDITOR, second, "Send now")
    await house.newest_says(ANN, "About b")
    assert len(house.room.screen(ANN)) == 1


async def test_many_at_once_are_one_list_that_shows_each(house: TelegramHouse) -> None:
    await house.room.publish(*(post(f"boat-{n}") for n in range(20)))
    listed = await preview(house, EDITOR, "20 posts are held back.")
    assert len(house.said(EDITOR)) == 2, "the list, and the answer before"
    assert list(buttons(listed)) == [str(n) for n in range(1, 21)]
    await house.telegram.press(EDITOR, EDITOR, listed.id, buttons(listed)["3"])
    alone = await preview(house, EDITOR, "What boat-2 has to tell.")
    assert await press(house, EDITOR, alone, "Drop") == "Dropped: it goes to nobody."
    await house.telegram.until(lambda: "19 posts are held back." in listed.text)
    assert "3. About boat-2 · Dropped by Edi" in listed.text
    assert "3" not in buttons(listed)
    await house.telegram.until(lambda: alone.text.startswith("Dropped by Edi"))


async def test_what_its_page_changes_meanwhile_is_shown(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    mine = await preview(house, EDITOR)
    await house.room.publish(post("a", "It was two boats."))
    await house.telegram.until(lambda: "It was two boats." in mine.text)
    assert list(buttons(mine)) == ["Send now", "Drop"]
    await house.room.take_away("a")
    await house.telegram.until(lambda: mine.text.startswith("Withdrawn by the publisher"))


async def test_a_restart_shows_nothing_twice_and_forgets_no_message(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        for person, name in ((EDITOR, "Edi"), (OTHER_EDITOR, "Eve"), (ANN, "Ann")):
            telegram.add_user(person, name, started=True)
        async with telegram_house(tmp_path, HOLD, telegram) as before, offered(before):
            await before.room.subscribe(ANN, "private")
            await greeted(before, EDITOR, OTHER_EDITOR)
            await before.room.publish(post("a"))
            mine, theirs = await preview(before, EDITOR), await preview(before, OTHER_EDITOR)
            assert len(await before.room.store.offers()) in (1, 2)
            await telegram.until(lambda: len(before.said(OTHER_EDITOR)) == 2)
            async with asyncio.timeout(60):
                while len(await before.room.store.offers()) < 2:  # noqa: ASYNC110 the loop writes it
                    await asyncio.sleep(0.01)
        async with telegram_house(tmp_path, HOLD, telegram) as after, offered(after):
            assert await press(after, EDITOR, mine, "Send now") == "On its way."
            await after.newest_says(ANN, "About a")
            await telegram.until(lambda: theirs.text.startswith("Sent by Edi"))
            assert (len(after.said(EDITOR)), len(after.said(OTHER_EDITOR))) == (2, 2)


async def test_left_alone_it_goes_out_by_itself_and_says_so(tmp_path: Path) -> None:
    async with telegram_house(tmp_path, SHORT) as house, offered(house):
        await house.room.follow(ANN)
        await greeted(house, EDITOR)
        await house.room.publish(post("a"))
        mine = await preview(house, EDITOR)
        kept = mine.buttons
        await house.newest_says(ANN, "About a")
        await house.telegram.until(lambda: mine.text.startswith("It went out by itself, "))
        mine.buttons = kept
        assert (await press(house, EDITOR, mine, "Drop")).startswith("It went out by itself, ")
        assert len(house.room.screen(ANN)) == 1


async def test_only_editors_press(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    mine = await preview(house, EDITOR)
    house.telegram.say(STRANGER, STRANGER, "/id")
    await house.newest_says(STRANGER, "This chat")
    theirs = house.said(STRANGER)[-1]
    theirs.buttons = mine.buttons
    for label in ("Send now", "Drop"):
        assert await press(house, STRANGER, theirs, label) == "Only editors can do that."
    assert not house.room.screen(ANN)


async def test_a_held_post_waits_for_the_release_of_its_blog_as_well(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    mine = await preview(house, EDITOR)
    await house.ask(EDITOR, "/hold storm")
    assert await press(house, EDITOR, mine, "Send now") == "Its blog is held by /hold; /release lets it go on."
    assert await press(house, EDITOR, mine, "Drop") == "Dropped: it goes to nobody."


async def test_a_dropped_post_that_is_restored_is_news_at_its_time(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    found = (await house.room.store.held_posts(house.room.clock()))[0].post
    assert await house.room.desk.drop(found, person=EDITOR)
    assert not await house.room.desk.send_now(found, person=EDITOR)
    assert await house.room.desk.restore(found) is Restored.BACK
    assert await house.room.desk.correct(found, PushText(text="In other words")) == 0
    assert await house.room.desk.send_now(found, person=EDITOR)
    await house.newest_says(ANN, "In other words")
