"""/withdraw, /correct and /restore, however the post is named: by a reply, by what was forwarded, by a link."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.telegram import LocalMessage
from tests.newsroom import URL, post
from tests.telegram_house import (
    ANN,
    BEN,
    CHANNEL,
    EDITOR,
    GROUP,
    OTHER_EDITOR,
    TWO_BLOGS,
    TelegramHouse,
    buttons,
    telegram_house,
)

FORUM_LIKE = -1_000_000_004_009


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


async def relayed(house: TelegramHouse, *chats: int, key: str = "a") -> LocalMessage:
    """A post that stands in these chats; the message in the last of them."""
    for chat in chats:
        if chat > 0:
            await house.room.follow(chat)
        else:
            await house.room.subscribe(chat, house.telegram.chats[chat].kind)
    await house.room.publish(post(key))
    await house.telegram.until(lambda: all(f"About {key}" in "".join(house.room.screen(chat)) for chat in chats))
    await house.room.quiet()
    return house.telegram.chats[chats[-1]].from_bot()[-1]


async def gone(house: TelegramHouse, *messages: LocalMessage) -> None:
    await house.telegram.until(lambda: all(one.text.startswith("withdrawn by the editors") for one in messages))


async def test_a_reply_in_a_group_takes_the_post_down_everywhere(house: TelegramHouse) -> None:
    in_group = await relayed(house, ANN, GROUP)
    said = await house.ask(EDITOR, "/withdraw wrong name", GROUP, reply_to=in_group.id)
    assert said == "Taken down: it goes from 2 chats now."
    await gone(house, in_group, house.telegram.chats[ANN].from_bot()[-1])
    assert "About a" not in await house.ask(BEN, "/latest")
    posts = await house.room.store.posts_of_message("main", GROUP, in_group.id)
    [act] = await house.room.store.acts_on(posts[0].id)
    assert (act.person, act.act, act.blog, act.chats, act.words) == (EDITOR, "withdraw", "storm", 2, "wrong name")


async def test_an_answer_that_tells_a_correction_means_its_post(tmp_path: Path) -> None:
    file = TWO_BLOGS.replace('title = "Storm over the harbour"', 'title = "Storm"\ncorrection_reply = true')
    async with telegram_house(tmp_path, file) as house:
        await house.room.subscribe(GROUP, "group")
        for count in ("Two", "Three"):
            await house.room.publish(post("a", title=f"{count} boats lost off Harwich"))
            await house.room.quiet()
        first, told = house.telegram.chats[GROUP].from_bot()
        assert told.text.startswith("Corrected: Three")
        assert (await house.ask(EDITOR, "/withdraw", GROUP, reply_to=told.id)).startswith("Taken down: it goes from 1")
        await gone(house, first)
        await house.telegram.until(lambda: not told.visible)


async def test_readers_cannot(house: TelegramHouse) -> None:
    in_group = await relayed(house, GROUP)
    for command in ("withdraw", "correct", "restore"):
        said = await house.ask(ANN, f"/{command} x", GROUP, reply_to=in_group.id)
        assert said == f"/{command} is for this relay's editors."
    assert in_group.text.startswith("About a")


@pytest.mark.parametrize("link", [f"{URL}#a", f"{URL}#a?utm_source=x"])
async def test_the_posts_link_names_it(house: TelegramHouse, link: str) -> None:
    there = await relayed(house, ANN)
    assert (await house.ask(EDITOR, f"/withdraw {link} a slip")).startswith("Taken down")
    await gone(house, there)


@pytest.mark.parametrize("form", ["https://t.me/c/{0}/{1}", "t.me/c/{0}/7/{1}", "https://t.me/harbour_news/{1}?single"])
async def test_a_messages_link_names_it(house: TelegramHouse, form: str) -> None:
    there = await relayed(house, CHANNEL)
    link = form.format(-CHANNEL - 1_000_000_000_000, there.id)
    assert (await house.ask(EDITOR, f"/withdraw {link}")).startswith("Taken down")
    await gone(house, there)


async def test_what_was_forwarded_to_the_bot_names_it(house: TelegramHouse) -> None:
    there = await relayed(house, GROUP)
    forwarded = house.telegram.forward(EDITOR, EDITOR, there)
    await house.newest_says(EDITOR, "/help")
    assert (await house.ask(EDITOR, "/withdraw", reply_to=forwarded)).startswith("Taken down")
    await gone(house, there)


async def test_what_was_forwarded_from_a_channel_names_it(house: TelegramHouse) -> None:
    there = await relayed(house, CHANNEL)
    forwarded = house.telegram.forward(EDITOR, EDITOR, there)
    await house.newest_says(EDITOR, "/help")
    assert (await house.ask(EDITOR, "/correct Other\nwords", reply_to=forwarded)).startswith("Corrected")
    await house.telegram.until(lambda: there.text.startswith("Other\n\nwords"))


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("/withdraw", "Which post? Answer its message with this command, or write its link after it."),
        ("/restore", "Which post? Answer its message with this command, or write its link after it."),
        ("/correct other words", "Which post? Answer its message with this command, or write its link after it."),
        ("/withdraw https://elsewhere.example/x", "No post that I know stands behind that link."),
        ("/withdraw t.me/c/1234/5", "No post that I know stands behind that link."),
        ("/withdraw https://t.me/nobody_at_all/5", "No post that I know stands behind that link."),
        (f"/correct {URL}#a", "Correct it to what? Write the new text after /correct."),
        (f"/restore {URL}#a", "No editor took this post down or corrected it."),
    ],
)
async def test_what_is_missing_is_said_in_a_sentence(house: TelegramHouse, command: str, sentence: str) -> None:
    await relayed(house, ANN)
    assert await house.ask(EDITOR, command) == sentence


async def test_a_reply_to_anything_else_is_answered_with_a_way(house: TelegramHouse) -> None:
    said = house.telegram.say(EDITOR, EDITOR, "/id")
    await house.newest_says(EDITOR, "This chat")
    assert (await house.ask(EDITOR, "/withdraw", reply_to=said)).startswith("That message carries no post that I know")


async def test_twice_is_once(house: TelegramHouse) -> None:
    await relayed(house, ANN)
    await house.ask(EDITOR, f"/withdraw {URL}#a")
    assert await house.ask(OTHER_EDITOR, f"/withdraw {URL}#a") == "That was taken down before."
    said = await house.ask(EDITOR, f"/correct {URL}#a words")
    assert said == "That is withdrawn; /restore brings a post of a blog back."


async def test_the_button_below_the_answer_restores_it(house: TelegramHouse) -> None:
    there = await relayed(house, ANN)
    answer = await house.answer(EDITOR, f"/withdraw {URL}#a")
    await gone(house, there)
    assert list(buttons(answer)) == ["Restore"]
    pressed = await house.telegram.press(EDITOR, EDITOR, answer.id, buttons(answer)["Restore"])
    assert pressed.text.startswith("Restored")
    await house.telegram.until(lambda: there.text.startswith("About a"))


async def test_a_correction_keeps_its_formatting_without_command_and_headline(house: TelegramHouse) -> None:
    there = await relayed(house, ANN)
    text = f"/correct {URL}#a Two boats\nlost at sea"
    bold = [{"type": "bold", "offset": text.index("at sea"), "length": 6}]
    assert await house.ask(EDITOR, text, entities=bold) == "Corrected: 1 chat follows."
    await house.telegram.until(lambda: there.text.startswith("Two boats\n\nlost at sea"))
    assert {"type": "bold", "offset": 16, "length": 6} in there.entities
    assert await house.ask(EDITOR, f"/restore {URL}#a") == (
        "Restored: it is as it was, with what its page has changed meanwhile."
    )
    await house.telegram.until(lambda: there.text.startswith("About a"))


async def test_of_a_message_with_several_posts_a_button_for_each(tmp_path: Path) -> None:
    async with telegram_house(tmp_path) as house:
        await house.room.stop()
        await house.room.follow(ANN)
        for key in "abc":
            await house.room.publish(post(key))
        house.room.sender._stopped.clear()
        house.room.start()
        await house.telegram.until(lambda: "3 updates" in "".join(house.room.screen(ANN)))
        await house.room.quiet()
        there = house.telegram.chats[ANN].from_bot()[-1]
        known = await house.room.store.posts_of_message("main", ANN, there.id)
        assert [one.title for one in known] == ["About a", "About b", "About c"]
        house.settings = replace(house.settings, access=replace(house.settings.access, editors=(EDITOR, ANN)))
        answer = await house.answer(ANN, "/withdraw why not", reply_to=there.id)
        assert list(buttons(answer)) == ["About a", "About b", "About c"]
        said = await house.telegram.press(ANN, ANN, answer.id, buttons(answer)["About b"])
        assert said.text == "Taken down: it goes from 1 chat now."
        await house.telegram.until(lambda: "withdrawn by the editors" in there.text)
        assert "About b" not in there.text
        await house.telegram.until(lambda: list(buttons(answer)) == ["About a", "About c"])
        [act] = await house.room.store.acts_on(known[1].id)
        assert act.words == "why not"


async def test_only_who_asked_presses_and_only_as_an_editor(house: TelegramHouse) -> None:
    there = await relayed(house, ANN)
    answer = await house.answer(EDITOR, f"/withdraw {URL}#a")
    await gone(house, there)
    data = buttons(answer)["Restore"]
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=()))
    pressed = await house.telegram.press(EDITOR, EDITOR, answer.id, data)
    assert (pressed.text, pressed.show_alert) == ("Only editors can do that.", True)


@pytest.mark.parametrize("data", ["take:restore:999", "take:restore:x", "take:1:", "take:", "take"])
async def test_a_button_that_means_nothing_is_refused(house: TelegramHouse, data: str) -> None:
    await relayed(house, ANN)
    answer = await house.answer(EDITOR, f"/withdraw {URL}#a")
    answer.buttons = (({"text": "?", "callback_data": data},),)
    pressed = await house.telegram.press(EDITOR, EDITOR, answer.id, data)
    assert pressed.text == "This post is not there any more."


async def test_withdraw_as_a_reply_to_a_push_recalls_it(house: TelegramHouse) -> None:
    await house.room.subscribe(GROUP, "group")
    await house.room.push("The bridge is closed.")
    await house.telegram.until(lambda: "The bridge is closed." in house.room.screen(GROUP))
    await house.room.quiet()
    there = house.telegram.chats[GROUP].from_bot()[-1]
    said = await house.ask(OTHER_EDITOR, "/withdraw", GROUP, reply_to=there.id)
    assert said.startswith("Taken down")
    await house.telegram.until(lambda: "The bridge is closed." not in house.room.screen(GROUP))
