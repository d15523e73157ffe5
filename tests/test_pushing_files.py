"""Pushes of files and with links: the preview, and what readers get."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from sqlite3 import Connection

import pytest

from bot.core.model import Lane
from bot.demo.telegram import Fault, LocalMessage, LocalTelegram
from bot.listening import handle
from storage import expansion
from tests.pushing import album, control_after, got, number, press, pushed, shown
from tests.telegram_house import ANN, BEN, EDITOR, TelegramHouse, telegram_house

FILE = b"some file"
PICTURE = b"\x89PNG\r\n\x1a\n a small picture"
LINK = "https://harbour.example/quay"
KINDS = ("photo", "video", "animation", "audio", "voice", "document")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one, shown(one):
        await one.room.follow(ANN, BEN)
        yield one


def files(messages: list[LocalMessage]) -> list[tuple[str, str] | None]:
    return [(one.media.kind, one.media.file_id) if one.media else None for one in messages]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_of_any_kind_with_the_command_in_its_caption_is_pushed(house: TelegramHouse, kind: str) -> None:
    preview, control = await pushed(house, "", photo=PICTURE, kind=kind, caption="/push The quay, just now.")
    assert preview.media is not None
    assert (preview.media.kind, preview.text) == (kind, "The quay, just now.")
    await press(house, control, f"push:send:{number(control)}")
    for reader in (ANN, BEN):
        await got(house, reader, "The quay, just now.")
        assert house.said(reader)[-1].media == preview.media


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reply_takes_a_file_of_any_kind_as_our_own(house: TelegramHouse, kind: str) -> None:
    said = house.telegram.say(EDITOR, EDITOR, photo=PICTURE, kind=kind, caption="The quay")
    await house.newest_says(EDITOR, "/help")
    preview, _ = await pushed(house, "/push", reply_to=said)
    assert preview.media == house.telegram.chats[EDITOR].by_id[said].media
    assert preview.text == "The quay"
    assert not any(call.method == "copyMessage" for call in house.telegram.calls)


async def changed(house: TelegramHouse, post: int, lane: Lane, column: str, value: object) -> None:
    """What a correction and a recall write."""

    def write(db: Connection) -> None:
        db.execute(f"UPDATE post SET revision = revision + 1, {column} = ? WHERE id = ?", (value, post))
        now = house.room.clock()
        expansion.begin(db, {"post": post, "kind": "change", "lane": lane, "created_at": now, "not_before": now})

    await house.room.store._db.write(write)
    house.room.sender.wake()


@pytest.mark.parametrize("kinds", [*((kind,) for kind in KINDS), ("document", "document"), ("photo", "video", "photo")])
async def test_files_can_be_corrected_and_recalled(house: TelegramHouse, kinds: tuple[str, ...]) -> None:
    before = len(house.said(EDITOR))
    album(house, kinds, "/push The quay", bearing=0)
    control = await control_after(house, before, len(kinds))
    post = int(number(control))
    await press(house, control, f"push:send:{post}")
    await got(house, ANN, "The quay")
    standing = files(house.said(ANN)[-len(kinds) :])
    await changed(house, post, Lane.EDIT, "text", "The pier")
    await got(house, ANN, "The pier")
    assert files([one for one in house.said(ANN) if one.visible][-len(kinds) :]) == standing
    await changed(house, post, Lane.WITHDRAWAL, "withdrawn_at", house.room.clock())
    recalled = [file for file in standing if file]
    await house.telegram.until(lambda: not any(one.visible and one.text == "The pier" for one in house.said(ANN)))
    await house.room.quiet()
    assert not {*files([one for one in house.said(ANN) if one.visible])} & {*recalled}


# --- albums ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kinds", [("photo", "video", "photo"), ("document", "document"), ("audio",) * 3, ("photo",) * 10]
)
@pytest.mark.parametrize("bearing", [0, -1])
async def test_an_album_is_collected_and_pushed_as_one(
    house: TelegramHouse, kinds: tuple[str, ...], bearing: int
) -> None:
    before = len(house.said(EDITOR))
    sent = album(house, kinds, "/push The quay", bearing=bearing)
    control = await control_after(house, before, len(kinds))
    preview = house.said(EDITOR)[before:-1]
    own = [house.telegram.chats[EDITOR].by_id[one] for one in sent]
    assert files(preview) == files(own)
    assert [one.text for one in preview] == ["The quay", *[""] * (len(kinds) - 1)]
    await press(house, control, f"push:send:{number(control)}")
    for reader in (ANN, BEN):
        await house.telegram.until(lambda reader=reader: len(house.said(reader)) >= len(kinds))
        got_ = house.said(reader)[-len(kinds) :]
        assert files(got_) == files(own)
        assert len({one.album for one in got_}) == 1
        assert got_[0].text == "The quay"


async def test_an_album_that_was_in_hand_when_a_lane_was_lost_comes_again_whole(house: TelegramHouse) -> None:
    updater, updates = house.application.updater, house.telegram.first_bot.updates
    assert updater is not None
    await updater.stop()
    before = len(house.said(EDITOR))
    album(house, ("photo", "video", "photo"), "/push The quay", bearing=0)
    brought = list(updates.waiting)
    lost = [asyncio.create_task(handle(house.application, one, to_the_end=True)) for one in brought]
    _, in_hand = await asyncio.wait(lost, timeout=0.3)  # less than is waited for a further picture
    assert len(in_hand) == 3
    for one in lost:
        one.cancel()
    await asyncio.gather(*lost, return_exceptions=True)
    await asyncio.gather(*(handle(house.application, one, to_the_end=True) for one in brought))
    await control_after(house, before, 3)
    assert len(house.said(EDITOR)) == before + 4
    updates.drop()
    await updater.start_polling(poll_interval=0, timeout=5)


async def test_a_reply_to_a_picture_of_an_album_takes_all_of_it_with_its_caption(house: TelegramHouse) -> None:
    sent = album(house, ("photo", "photo", "photo"), "The quay", bearing=0)
    await house.newest_says(EDITOR, "/help")
    before = len(house.said(EDITOR))
    house.telegram.say(EDITOR, EDITOR, "/push", reply_to=sent[1])
    control = await control_after(house, before, 3)
    assert house.said(EDITOR)[before].text == "The quay"
    assert control.text == "To 2 chats, about 1 second."


async def test_of_an_album_from_before_a_restart_it_takes_the_one_picture_and_says_so(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        telegram.add_user(EDITOR, "Edi", started=True)
        async with telegram_house(tmp_path, telegram=telegram) as before:
            sent = album(before, ("photo", "photo"), "The quay", bearing=0)
            await before.newest_says(EDITOR, "/help")
        async with telegram_house(tmp_path, telegram=telegram) as after:
            preview, control = await pushed(after, "/push", reply_to=sent[1])
            assert preview.media == telegram.chats[EDITOR].by_id[sent[1]].media
            assert "Of the album it takes this one" in control.text


async def test_a_second_album_without_a_command_gets_one_hint(house: TelegramHouse) -> None:
    before = len(house.said(EDITOR))
    album(house, ("photo", "photo"), "", bearing=0)
    await house.newest_says(EDITOR, "/help")
    assert len(house.said(EDITOR)) == before + 1


async def test_a_caption_too_long_goes_without_its_files_and_says_so(house: TelegramHouse) -> None:
    sent = album(house, ("video", "photo"), "The water rises. " * 80, bearing=0)
    await house.newest_says(EDITOR, "/help")
    preview, control = await pushed(house, "/push", reply_to=sent[0])
    assert preview.media is None
    assert "Its files are left out: so long a text does not fit under them." in control.text


# --- links -----------------------------------------------------------------------------------------------------------


def links(message: LocalMessage) -> list[tuple[str, str]]:
    return [(button["text"], button["url"]) for row in message.buttons for button in row]


async def test_links_below_the_text_become_buttons(house: TelegramHouse) -> None:
    text = f"/push The quay is closed.\n\nRead more | {LINK}\nMap | https://maps.example/quay"
    preview, control = await pushed(house, text)
    assert preview.text == "The quay is closed."
    assert links(preview) == [("Read more", LINK), ("Map", "https://maps.example/quay")]
    await press(house, control, f"push:send:{number(control)}")
    await got(house, ANN, "The quay is closed.")
    assert links(house.said(ANN)[-1]) == links(preview)


async def test_a_reply_with_nothing_but_links_pushes_what_it_answers_with_them(house: TelegramHouse) -> None:
    said = house.telegram.say(EDITOR, EDITOR, photo=FILE, kind="video", caption="The quay")
    await house.newest_says(EDITOR, "/help")
    preview, _ = await pushed(house, f"/push\nRead more | {LINK}", reply_to=said)
    assert (preview.media is not None, preview.text, links(preview)) == (True, "The quay", [("Read more", LINK)])


async def test_a_copied_message_gets_its_buttons(house: TelegramHouse) -> None:
    said = house.telegram.say(EDITOR, EDITOR, photo=FILE, kind="video_note")
    await house.newest_says(EDITOR, "/help")
    preview, control = await pushed(house, f"/push\nRead more | {LINK}", reply_to=said)
    await press(house, control, f"push:send:{number(control)}")
    await house.telegram.until(lambda: any(one.media == preview.media for one in house.said(ANN)))
    assert links(house.said(ANN)[-1]) == links(preview) == [("Read more", LINK)]


async def test_links_typed_as_a_reply_to_the_buttons_show_the_push_anew(house: TelegramHouse) -> None:
    _, control = await pushed(house)
    before = len(house.said(EDITOR))
    house.telegram.say(EDITOR, EDITOR, f"Read more | {LINK}", reply_to=control.id)
    await house.telegram.until(lambda: len(house.said(EDITOR)) == before + 2)
    preview, again = house.said(EDITOR)[before:]
    assert (control.text, control.buttons) == ("It goes on below.", ())
    assert (preview.text, links(preview)) == ("The bridge is closed.", [("Read more", LINK)])
    await press(house, again, f"push:send:{number(again)}")
    await got(house, ANN, "The bridge is closed.")
    assert links(house.said(ANN)[-1]) == [("Read more", LINK)]
    await house.telegram.until(lambda: again.text.startswith("Delivered to 2 chats"))


async def test_an_album_says_its_links_below_its_text(house: TelegramHouse) -> None:
    before = len(house.said(EDITOR))
    album(house, ("photo", "photo"), f"/push The quay\nRead more | {LINK}", bearing=0)
    control = await control_after(house, before, 2)
    assert "An album cannot have buttons: its links stand below the text." in control.text
    await press(house, control, f"push:send:{number(control)}")
    await got(house, ANN, "The quay\n\nRead more")
    [reader] = [one for one in house.said(ANN) if one.text]
    assert reader.entities == ({"type": "text_link", "offset": 10, "length": 9, "url": LINK},)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Read | ftp://harbour.example/quay", "“Read | ftp://harbour.example/quay” makes no button"),
        ("Read | https://quay", "“Read | https://quay” makes no button"),
        ("x" * 65 + f" | {LINK}", "makes no button: it takes up to 64 characters"),
        ("\n".join(f"Link {n} | {LINK}" for n in range(9)), "A message takes 8 buttons at most."),
    ],
)
async def test_a_link_that_makes_no_button_is_refused_in_a_sentence(
    house: TelegramHouse, line: str, sentence: str
) -> None:
    assert sentence in await house.ask(EDITOR, f"/push The quay is closed.\n{line}")


async def test_a_file_that_telegram_does_not_take_is_no_draft(house: TelegramHouse) -> None:
    house.telegram.fail(method="sendVideo", error=Fault.refuse(400, "Bad Request: wrong file identifier"))
    said = await house.ask(EDITOR, photo=FILE, kind="video", caption="/push The quay")
    assert said == "Telegram does not take that: Wrong file identifier."
