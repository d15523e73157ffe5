"""What editors do: push, with the preview readers will see, its buttons and its progress; hold and release."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.telegram import Fault, LocalTelegram
from tests.newsroom import post
from tests.pushing import got, number, press, pushed, shown
from tests.telegram_house import (
    ADMIN,
    ANN,
    BEN,
    EDITOR,
    GROUP,
    OTHER_EDITOR,
    STRANGER,
    TelegramHouse,
    buttons,
    carried,
    telegram_house,
)

PICTURE = b"\x89PNG\r\n\x1a\n a small picture"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one, shown(one):
        yield one


# --- the preview ----------------------------------------------------------------------------------------------------


async def test_a_push_is_shown_first_and_sent_to_nobody(house: TelegramHouse) -> None:
    await house.room.follow(ANN, BEN)
    preview, control = await pushed(house)
    assert preview.text == "The bridge is closed."
    assert control.text == "To 2 chats, about 1 second."
    assert buttons(control) == {
        "Send": f"push:send:{number(control)}",
        "Silent: off": f"push:silent:{number(control)}:1",
        "Lane: normal": f"push:lane:{number(control)}:breaking",
        "Audience": f"push:who:{number(control)}",
        "Schedule": f"push:when:{number(control)}",
        "Buttons": f"push:links:{number(control)}",
        "Cancel": f"push:cancel:{number(control)}",
    }
    await house.room.quiet()
    assert not any("bridge" in text for text in house.room.screen(ANN))


async def test_formatting_keeps_its_place_without_the_command(house: TelegramHouse) -> None:
    text = "/push 🌊 High water: stay away\nfrom the quay"
    before = len("/push 🌊 ".encode("utf-16-le")) // 2
    entities = [
        {"type": "bot_command", "offset": 0, "length": 5},
        {"type": "bold", "offset": before, "length": 10},
        {"type": "text_link", "offset": before + 12, "length": 9, "url": "https://harbour.example/quay"},
    ]
    preview, _ = await pushed(house, text, entities=entities)
    assert preview.text == "🌊 High water: stay away\nfrom the quay"
    assert preview.entities == (
        {"type": "bold", "offset": 3, "length": 10},
        {"type": "text_link", "offset": 15, "length": 9, "url": "https://harbour.example/quay"},
    )


async def test_formatting_that_begins_in_the_command_keeps_the_rest(house: TelegramHouse) -> None:
    preview, _ = await pushed(house, "/push Closed", entities=[{"type": "bold", "offset": 0, "length": 12}])
    assert preview.entities == ({"type": "bold", "offset": 0, "length": 6},)


async def test_a_photo_with_a_caption_is_pushed_as_one(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    preview, control = await pushed(house, photo=PICTURE, caption="/push The bridge, just now.")
    assert preview.photo is not None
    assert preview.text == "The bridge, just now."
    await press(house, control, f"push:send:{number(control)}")
    await got(house, ANN, "The bridge, just now.")
    assert house.said(ANN)[-1].photo == preview.photo


async def test_a_photo_alone_is_enough(house: TelegramHouse) -> None:
    preview, _ = await pushed(house, photo=PICTURE, caption="/push")
    assert preview.photo is not None
    assert preview.text == ""


async def test_a_reply_pushes_the_message_it_answers(house: TelegramHouse) -> None:
    said = house.telegram.say(EDITOR, EDITOR, "All is clear", entities=[{"type": "italic", "offset": 0, "length": 3}])
    await house.newest_says(EDITOR, "/help")
    preview, _ = await pushed(house, "/push", reply_to=said)
    assert preview.text == "All is clear"
    assert preview.entities == ({"type": "italic", "offset": 0, "length": 3},)


async def test_a_reply_to_a_photo_pushes_photo_and_caption(house: TelegramHouse) -> None:
    said = house.telegram.say(EDITOR, EDITOR, photo=PICTURE, caption="The quay")
    await house.newest_says(EDITOR, "/help")
    preview, _ = await pushed(house, "/push", reply_to=said)
    assert (preview.text, preview.photo is not None) == ("The quay", True)


async def test_a_message_of_another_kind_is_copied(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    said = house.telegram.say(EDITOR, EDITOR, photo=PICTURE, kind="video_note")
    await house.newest_says(EDITOR, "/help")
    preview, control = await pushed(house, "/push", reply_to=said)
    assert preview.media is not None
    assert preview.media.kind == "video_note"
    await press(house, control, f"push:send:{number(control)}")
    await house.telegram.until(lambda: any(one.media == preview.media for one in house.said(ANN)))
    [copy] = [call for call in house.telegram.calls if call.method == "copyMessage" and call.chat == ANN]
    assert copy.ok


@pytest.mark.parametrize("text", ["/push", "/push  \n "])
async def test_nothing_to_push_gets_one_sentence_how(house: TelegramHouse, text: str) -> None:
    assert (await house.ask(EDITOR, text)).startswith("Push what? Write the text after /push")


async def test_a_text_that_does_not_fit_its_picture_goes_without_it_and_says_so(house: TelegramHouse) -> None:
    long = "The water rises. " * 80
    said = house.telegram.say(EDITOR, EDITOR, photo=PICTURE, caption=long)
    await house.newest_says(EDITOR, "/help")
    preview, control = await pushed(house, "/push", reply_to=said)
    assert preview.photo is None
    assert "The picture is left out" in control.text


async def test_with_nobody_to_reach_it_says_so(house: TelegramHouse) -> None:
    _, control = await pushed(house)
    assert control.text == "To 0 chats: nobody follows a blog yet."


async def test_the_preview_is_sent_as_readers_get_it(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    preview, control = await pushed(house, "/push See https://harbour.example now")
    await press(house, control, f"push:send:{number(control)}")
    await got(house, ANN, preview.text)
    reader = house.said(ANN)[-1]
    assert (reader.text, reader.entities, reader.preview) == (preview.text, preview.entities, preview.preview)


async def test_what_telegram_does_not_take_is_not_kept_as_a_draft(house: TelegramHouse) -> None:
    house.telegram.fail(method="sendPhoto", error=Fault.refuse(400, "Bad Request: wrong file identifier"))
    said = await house.ask(EDITOR, photo=PICTURE, caption="/push The bridge")
    assert said == "Telegram does not take that: Wrong file identifier."


# --- the press ------------------------------------------------------------------------------------------------------


async def test_send_reaches_every_follower_once_and_says_how_many(house: TelegramHouse) -> None:
    await house.room.follow(ANN, BEN)
    await house.room.subscribe(GROUP, "group")
    _, control = await pushed(house)
    control_number = number(control)
    assert await press(house, control, f"push:send:{control_number}") == "On its way."
    for chat in (ANN, BEN, GROUP):
        await got(house, chat, "The bridge is closed.")
    await house.telegram.until(lambda: control.text.startswith("Delivered to 3 chats in"))
    assert carried(control) == [f"after:{act}:{control_number}" for act in ("correct", "recall")]
    assert not house.said(ANN)[-1].silent
    assert sum("bridge" in text for text in house.room.screen(ANN)) == 1


async def test_a_silent_push_rings_nowhere(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    await press(house, control, buttons(control)["Silent: off"])
    await house.telegram.until(lambda: "Silent: on" in buttons(control))
    assert control.text == "To 1 chat, about 1 second.\nWithout a sound."
    await press(house, control, f"push:send:{number(control)}")
    await got(house, ANN, "The bridge is closed.")
    assert house.said(ANN)[-1].silent


async def test_cancel_drops_it(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    data = buttons(control)
    kept = control.buttons
    assert await press(house, control, data["Cancel"]) == "Cancelled."
    await house.telegram.until(lambda: control.text == "Cancelled: this goes to nobody.")
    control.buttons = kept
    assert await press(house, control, data["Send"]) == "This push was cancelled before."
    await house.room.quiet()
    assert not any("bridge" in text for text in house.room.screen(ANN))


async def test_a_second_press_changes_nothing_and_says_so(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    data, kept = buttons(control), control.buttons
    presses = [house.telegram.press(EDITOR, EDITOR, control.id, data["Send"]) for _ in range(3)]
    said = [answer.text for answer in await asyncio.gather(*presses)]
    assert said == ["On its way.", "This push was sent before.", "This push was sent before."]
    await house.telegram.until(lambda: control.text.startswith("Delivered"))
    control.buttons = kept
    assert await press(house, control, data["Cancel"]) == "This push was sent before."
    await house.room.quiet()
    assert sum("bridge" in text for text in house.room.screen(ANN)) == 1


@pytest.mark.parametrize(
    ("person", "sentence"),
    [
        (STRANGER, "Only editors can do that."),
        (OTHER_EDITOR, "Only who wrote this push can send or cancel it."),
        (ADMIN, "Only who wrote this push can send or cancel it."),
    ],
)
@pytest.mark.parametrize("label", ["Send", "Silent: off", "Audience", "Cancel"])
async def test_only_the_authors_press_counts(house: TelegramHouse, person: int, sentence: str, label: str) -> None:
    await house.room.follow(ANN)
    before = len(house.said(GROUP))
    house.telegram.say(EDITOR, GROUP, "/push The bridge is closed.")
    await house.telegram.until(lambda: len(house.said(GROUP)) == before + 2)
    control = house.said(GROUP)[-1]
    pressed = await house.telegram.press(person, GROUP, control.id, buttons(control)[label])
    assert (pressed.text, pressed.show_alert) == (sentence, True)
    push = await house.room.store.push(int(number(control)))
    assert push is not None
    assert push.state == "draft"


async def test_an_editor_who_left_the_file_can_no_longer_send(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=()))
    assert await press(house, control, f"push:send:{number(control)}") == "Only editors can do that."
    assert await house.ask(EDITOR, "/push more") == "/push is for this relay's editors."


async def test_the_press_is_answered_after_it_is_written(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    await press(house, control, f"push:send:{number(control)}")
    push = await house.room.store.push(int(number(control)))
    assert push is not None
    assert push.state == "sent"


@pytest.mark.parametrize("data", ["push:send:999", "push:send:x", "push:send:", "push:shout:1", "push"])
async def test_a_button_that_means_no_push_is_refused(house: TelegramHouse, data: str) -> None:
    _, control = await pushed(house)
    control.buttons = (({"text": "?", "callback_data": data},),)
    assert await press(house, control, data) in (
        "This push is not there any more.",
        "This button means nothing any more.",
    )


async def test_a_strangers_push_gets_one_sentence(house: TelegramHouse) -> None:
    assert await house.ask(ANN, "/push hello") == "/push is for this relay's editors."
    assert await house.ask(ANN, "/hold all") == "/hold is for this relay's editors."
    said = await house.ask(EDITOR, "/help")
    assert said.index("/help ·") < said.index("For editors") < said.index("/push")
    assert "For admins" not in said


async def test_a_preview_outlives_a_restart(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        async with telegram_house(tmp_path, telegram=telegram) as before:
            for person in (EDITOR, ANN):
                telegram.add_user(person, f"Reader {person}", started=True)
            await before.room.subscribe(ANN, "private")
            _, control = await pushed(before)
        async with telegram_house(tmp_path, telegram=telegram) as after, shown(after):
            assert await press(after, control, f"push:send:{number(control)}") == "On its way."
            await got(after, ANN, "The bridge is closed.")
            await telegram.until(lambda: control.text.startswith("Delivered to 1 chat in"))


# --- hold and release -----------------------------------------------------------------------------------------------


async def test_a_held_blog_waits_until_it_is_released(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    said = await house.ask(EDITOR, "/hold storm")
    assert said.startswith("Storm over the harbour is held")
    assert "/release storm" in said
    await house.room.publish(post("a"))
    await house.room.quiet()
    assert not any("About a" in text for text in house.room.screen(ANN))
    assert "About a" not in await house.ask(BEN, "/latest")
    assert "goes on" in await house.ask(EDITOR, "/release storm")
    await house.newest_says(ANN, "About a")


async def test_hold_all_holds_every_blog(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    assert (await house.ask(EDITOR, "/hold ALL")).startswith("Every live blog is held")
    await house.room.publish(post("a"))
    await house.room.quiet()
    assert not any("About a" in text for text in house.room.screen(ANN))
    assert (await house.ask(EDITOR, "/hold storm")).startswith("Everything is held already")
    assert (await house.ask(EDITOR, "/release storm")).startswith("Every live blog is held; /release all")
    assert (await house.ask(EDITOR, "/release all")).startswith("Every live blog goes on")
    await house.newest_says(ANN, "About a")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("/hold", "Which live blog? /hold blog, or /hold all; /blogs lists them."),
        ("/release", "Which live blog? /release blog, or /release all; /blogs lists them."),
        ("/hold strom", "I know no live blog “strom”; did you mean Storm over the harbour (storm)?"),
        ("/release storm", "Storm over the harbour is not held."),
        ("/release all", "Nothing is held."),
    ],
)
async def test_hold_and_release_say_what_is_missing(house: TelegramHouse, command: str, sentence: str) -> None:
    assert (await house.ask(EDITOR, command)).startswith(sentence)


async def test_holding_twice_is_holding_once(house: TelegramHouse) -> None:
    await house.ask(EDITOR, "/hold storm")
    assert (await house.ask(EDITOR, "/hold storm")).startswith("Storm over the harbour is held already")
