"""What editors do about a push that was sent: pause, resume, cancel the rest, correct, recall; and the list of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.publishing import Sending
from bot.demo.telegram import Fault, LocalMessage, LocalTelegram
from tests.newsroom import post
from tests.pushing import got, number, press, pushed, sent, shown
from tests.telegram_house import (
    ADMIN,
    ANN,
    BEN,
    EDITOR,
    OTHER_EDITOR,
    TelegramHouse,
    buttons,
    telegram_house,
)

PICTURE = b"\x89PNG\r\n\x1a\n a small picture"
CLOSED = "The bridge is closed."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one, shown(one):
        yield one


async def pressed(house: TelegramHouse, message: LocalMessage, label: str, person: int = EDITOR) -> str:
    """Once the button stands there."""
    await house.telegram.until(lambda: label in buttons(message))
    return await press(house, message, buttons(message)[label], person)


async def delivered(house: TelegramHouse, *chats: int) -> LocalMessage:
    """A push that everybody has: its control message."""
    await house.room.follow(*chats)
    control = await sent(house)
    await house.telegram.until(lambda: control.text.startswith(f"Delivered to {len(chats)} chat"))
    return control


async def half_way(house: TelegramHouse) -> LocalMessage:
    """A push on its way: Ann has it, and Telegram asks for patience with Ben's chat."""
    await house.room.follow(ANN, BEN)
    fault = Fault.refuse(429, "Too Many Requests: retry after 6", retry_after=6)
    house.telegram.fail(method="sendMessage", chat=BEN, error=fault)
    control = await sent(house)
    await house.telegram.until(lambda: control.text.startswith("Sent to 1 of 2; 1 to go"))
    return control


def has(house: TelegramHouse, chat: int, words: str = CLOSED) -> bool:
    return any(words in text for text in house.room.screen(chat))


# --- on its way -----------------------------------------------------------------------------------------------------


async def test_how_long_it_took_is_the_same_an_hour_later_and_after_a_correction(house: TelegramHouse) -> None:
    control = await delivered(house, ANN)
    took = control.text
    await house.room.store._db.write(_an_hour_ago)
    offered = await house.answer(EDITOR, "/pushes")
    await house.telegram.press(EDITOR, EDITOR, offered.id, next(iter(buttons(offered).values())))
    await house.telegram.until(lambda: took in offered.text)
    await house.ask(EDITOR, "/correct It is open.", reply_to=control.id)
    await got(house, ANN, "It is open.")
    while await house.room.store.watched_pushes(0.0):  # noqa: ASYNC110 the loop that shows writes it
        await asyncio.sleep(0.02)
    assert control.text == took


def _an_hour_ago(db: sqlite3.Connection) -> None:
    db.execute("UPDATE push SET sent_at = sent_at - 3600")
    db.execute("UPDATE delivery SET first_sent_at = first_sent_at - 3600")


async def test_a_paused_push_lets_everything_else_pass_until_it_is_resumed(house: TelegramHouse) -> None:
    control = await half_way(house)
    assert list(buttons(control)) == ["Pause", "Cancel the rest", "Correct", "Recall"]
    assert await pressed(house, control, "Pause") == "Paused."
    await house.telegram.until(lambda: control.text == "Paused: sent to 1 of 2; 1 to go.")
    await house.room.publish(post("a"))
    await house.telegram.until(lambda: has(house, BEN, "About a"))
    assert not has(house, BEN)
    assert await pressed(house, control, "Resume") == "It goes on."
    await got(house, BEN, CLOSED)
    await house.telegram.until(lambda: control.text.startswith("Delivered to 2 chats"))


async def test_a_pause_outlives_a_restart(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        async with telegram_house(tmp_path, telegram=telegram) as before, shown(before):
            telegram.add_user(EDITOR, "Edi", started=True)
            control = await half_way(before)
            await pressed(before, control, "Pause")
        async with telegram_house(tmp_path, telegram=telegram) as after, shown(after):
            await after.room.publish(post("a"))
            await telegram.until(lambda: has(after, BEN, "About a"))
            assert not has(after, BEN)
            assert await pressed(after, control, "Resume") == "It goes on."
            await got(after, BEN, CLOSED)
            assert [after.room.screen(chat).count(CLOSED) for chat in (ANN, BEN)] == [1, 1]


async def test_while_it_is_paused_a_correction_reaches_those_who_have_it(house: TelegramHouse) -> None:
    control = await half_way(house)
    await pressed(house, control, "Pause")
    await house.ask(EDITOR, "/correct It is open.", reply_to=control.id)
    await house.telegram.until(lambda: has(house, ANN, "It is open."))
    await pressed(house, control, "Resume")
    await got(house, BEN, "It is open.")
    assert not has(house, BEN)


async def test_the_rest_is_cancelled_and_what_was_sent_stays(house: TelegramHouse) -> None:
    control = await half_way(house)
    assert await pressed(house, control, "Cancel the rest") == "The rest is cancelled."
    await house.telegram.until(lambda: control.text == "Stopped: 1 chat has it, no other gets it.")
    assert list(buttons(control)) == ["Correct", "Recall"]
    await house.room.publish(post("a"))
    await house.telegram.until(lambda: has(house, BEN, "About a"))
    await house.room.quiet()
    assert (has(house, ANN), has(house, BEN)) == (True, False)


async def test_a_second_editors_press_that_comes_late_changes_nothing(house: TelegramHouse) -> None:
    control = await half_way(house)
    await house.telegram.until(lambda: "Pause" in buttons(control))
    data = buttons(control)["Cancel the rest"]
    said = await asyncio.gather(*(house.room.desk.drop_the_rest(int(data[11:]), person=one) for one in (1002, 1003)))
    assert sorted(said) == [False, True]
    acts = await house.room.store.acts_on(int(data[11:]))
    assert [act.act for act in acts if act.act == "stop"] == ["stop"]


# --- corrections ----------------------------------------------------------------------------------------------------


async def test_an_edit_of_the_editors_message_reaches_every_chat(house: TelegramHouse) -> None:
    control = await delivered(house, ANN, BEN)
    said = next(one.id for one in house.telegram.chats[EDITOR].messages if one.text.startswith("/push"))
    house.telegram.edit(EDITOR, EDITOR, said, "/push The bridge is open again.")
    for chat in (ANN, BEN):
        await house.telegram.until(lambda chat=chat: has(house, chat, "The bridge is open again."))
    assert not has(house, ANN)
    await house.newest_says(EDITOR, "Corrected: 2 chats follow.")
    await house.telegram.until(lambda: "still get" not in control.text)


async def test_an_edit_of_another_message_is_nobodys_business(house: TelegramHouse) -> None:
    await delivered(house, ANN)
    said = house.telegram.say(EDITOR, EDITOR, "/id")
    await house.newest_says(EDITOR, "This chat")
    house.telegram.edit(EDITOR, EDITOR, said, "/help")
    assert (await house.ask(EDITOR, "/id")).startswith("This chat")
    assert has(house, ANN)


@pytest.mark.parametrize("which", ["preview", "control"])
async def test_a_reply_with_correct_reaches_every_chat(house: TelegramHouse, which: str) -> None:
    control = await delivered(house, ANN)
    place = house.said(EDITOR).index(control)
    message = control if which == "control" else house.said(EDITOR)[place - 1]
    bold = [{"type": "bold", "offset": 9, "length": 4}]
    said = await house.ask(EDITOR, "/correct Open again.", reply_to=message.id, entities=bold)
    assert said == "Corrected: 1 chat follows."
    await house.telegram.until(lambda: has(house, ANN, "Open again."))
    assert house.telegram.chats[ANN].from_bot()[-1].entities == ({"type": "bold", "offset": 0, "length": 4},)


async def test_only_its_author_or_an_admin_corrects_a_push(house: TelegramHouse) -> None:
    control = await delivered(house, ANN)
    await house.telegram.until(lambda: "Recall" in buttons(control))
    stands = house.telegram.chats[ANN].from_bot()[-1]
    house.telegram.say(OTHER_EDITOR, OTHER_EDITOR, "/pushes")
    await house.telegram.until(lambda: bool(house.said(OTHER_EDITOR)))
    listed = house.said(OTHER_EDITOR)[-1]
    [one] = buttons(listed).values()
    await house.telegram.press(OTHER_EDITOR, OTHER_EDITOR, listed.id, one)
    await house.telegram.until(lambda: "Correct" in buttons(listed))
    said = await house.telegram.press(OTHER_EDITOR, OTHER_EDITOR, listed.id, buttons(listed)["Correct"])
    assert said.text == "Only who wrote this push, or an admin, can correct it."
    assert stands.text == CLOSED


async def test_a_photo_keeps_its_picture_and_gets_another_caption(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    control = await sent(house, photo=PICTURE, caption="/push The bridge.")
    await got(house, ANN, "The bridge.")
    picture = house.said(ANN)[-1].photo
    await house.room.quiet()
    assert "1,024 characters" in await house.ask(EDITOR, "/correct " + "long " * 300, reply_to=control.id)
    await house.ask(EDITOR, "/correct The other bridge.", reply_to=control.id)
    await house.telegram.until(lambda: has(house, ANN, "The other bridge."))
    assert house.telegram.chats[ANN].from_bot()[-1].photo == picture


async def test_a_copied_message_cannot_be_corrected_and_is_deleted_by_a_recall(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    said = house.telegram.say(EDITOR, EDITOR, photo=PICTURE, kind="video_note")
    await house.newest_says(EDITOR, "/help")
    control = await sent(house, "/push", reply_to=said)
    await house.telegram.until(lambda: copies(house, ANN))
    await house.telegram.until(lambda: list(buttons(control)) == ["Recall"])
    assert "cannot be changed" in await house.ask(EDITOR, "/correct Other words", reply_to=control.id)
    await recalled(house, control)
    await house.telegram.until(lambda: not copies(house, ANN))


def copies(house: TelegramHouse, chat: int) -> list[LocalMessage]:
    return [one for one in house.said(chat) if one.visible and one.media]


# --- recall ---------------------------------------------------------------------------------------------------------


async def recalled(house: TelegramHouse, control: LocalMessage) -> None:
    """Recall → Yes."""
    before = len(house.said(EDITOR))
    await pressed(house, control, "Recall")
    await house.telegram.until(lambda: len(house.said(EDITOR)) > before)
    question = house.said(EDITOR)[-1]
    assert question.text.startswith("Recall “")
    assert await pressed(house, question, "Yes, recall it") == "Recalled."


async def test_a_recall_asks_once_more_and_deletes_it_everywhere(house: TelegramHouse) -> None:
    control = await delivered(house, ANN, BEN)
    await recalled(house, control)
    await house.telegram.until(lambda: not has(house, ANN) and not has(house, BEN))
    await house.telegram.until(lambda: control.text == "Recalled: it is gone from every chat that could be reached.")
    assert control.buttons == ()


async def test_a_recall_can_be_thought_better_of(house: TelegramHouse) -> None:
    control = await delivered(house, ANN)
    await pressed(house, control, "Recall")
    await house.newest_says(EDITOR, "Recall “")
    question = house.said(EDITOR)[-1]
    await pressed(house, question, "No")
    await house.telegram.until(lambda: question.text == "It stays.")
    assert has(house, ANN)


async def test_where_telegram_no_longer_deletes_the_text_gives_way_to_a_notice(house: TelegramHouse) -> None:
    control = await delivered(house, ANN, BEN)
    old = house.telegram.chats[ANN].from_bot()[-1]
    house.telegram.age(ANN, old.id, 49)
    await recalled(house, control)
    await house.telegram.until(lambda: old.text.startswith("recalled by the editors"))
    await house.telegram.until(lambda: not has(house, BEN))
    assert old.visible


async def test_a_recall_on_the_way_reaches_also_those_that_were_on_the_wire(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    go_on = asyncio.Event()
    house.telegram.fail(method="sendMessage", chat=ANN, error=Fault.hold_answer(go_on))
    _, control = await pushed(house)
    await press(house, control, f"push:send:{number(control)}")
    await got(house, ANN, CLOSED)
    await recalled(house, control)
    go_on.set()
    await house.telegram.until(lambda: not has(house, ANN))


async def test_who_left_the_file_can_press_nothing(house: TelegramHouse) -> None:
    control = await delivered(house, ANN)
    await house.telegram.until(lambda: "Recall" in buttons(control))
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=()))
    assert await press(house, control, buttons(control)["Recall"]) == "Only editors can do that."
    assert await house.ask(EDITOR, "/pushes") == "/pushes is for this relay's editors."
    assert has(house, ANN)


async def test_open_drafts_of_who_left_the_file_are_dropped(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    assert await house.room.store.drop_drafts_but_of({ADMIN, OTHER_EDITOR}) == 1
    assert await press(house, control, f"push:send:{number(control)}") == "This push was cancelled before."


# --- the list -------------------------------------------------------------------------------------------------------


async def test_pushes_lists_them_by_pages_the_newest_first(house: TelegramHouse) -> None:
    assert await house.ask(EDITOR, "/pushes") == "Nothing was pushed yet."
    for n in range(10):
        await house.room.push(f"Push number {n}")
    listed = await house.answer(EDITOR, "/pushes")
    labels = list(buttons(listed))
    assert [label.rpartition(" ")[2] for label in labels[:8]] == list("98765432")
    await press(house, listed, buttons(listed)["Older"])
    await house.telegram.until(lambda: len(buttons(listed)) == 3)
    assert [label.rpartition(" ")[2] for label in buttons(listed)] == ["1", "0", "Newer"]


async def test_one_push_tells_who_did_what_to_how_many(house: TelegramHouse) -> None:
    control = await delivered(house, ANN, BEN)
    await house.ask(EDITOR, "/correct Open again.", reply_to=control.id)
    listed = await house.answer(OTHER_EDITOR, "/pushes")
    [data] = buttons(listed).values()
    await house.telegram.press(OTHER_EDITOR, OTHER_EDITOR, listed.id, data)
    await house.telegram.until(lambda: "Open again." in listed.text)
    assert "To everybody who follows a blog." in listed.text
    assert "Edi corrected it in 2 chats." in listed.text
    assert list(buttons(listed)) == ["Correct", "Recall", "All pushes"]


@pytest.mark.parametrize(
    "data", ["pushes:one:999", "pushes:page:x", "pushes:", "after:pause:999", "after:what:1", "after:yes:x", "after"]
)
async def test_a_button_that_means_nothing_is_refused(house: TelegramHouse, data: str) -> None:
    listed = await house.answer(EDITOR, "/pushes")
    listed.buttons = (({"text": "?", "callback_data": data},),)
    assert await press(house, listed, data) in (
        "This push is not there any more.",
        "This button means nothing any more.",
    )


async def test_a_scheduled_push_stands_first_and_is_cancelled_from_the_list(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house, "/push Tomorrow it opens.")
    post_ = int(number(control))
    at = house.house.clock() + 3600
    assert await house.room.desk.send(post_, Sending(at=at), person=EDITOR)
    await house.room.push("The bridge is closed.")
    listed = await house.answer(EDITOR, "/pushes")
    assert [label.partition(" · ")[2] for label in buttons(listed)] == ["Tomorrow it opens.", "The bridge is closed."]
    await press(house, listed, f"pushes:one:{post_}")
    await house.telegram.until(lambda: "It goes out at " in listed.text)
    assert "Edi scheduled it." in listed.text
    assert await pressed(house, listed, "Cancel") == "Cancelled."
    await house.room.quiet()
    assert not has(house, ANN, "Tomorrow")
