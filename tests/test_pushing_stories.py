"""Pushes of the relay as people run it: a process that may die at any time. Counted from what the chats hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.telegram import LocalMessage
from bot.sender import IN_FLIGHT
from bot.settling import BATCH_ROWS
from tests.pushing import PIXEL
from tests.service import Service, service
from tests.telegram_house import buttons

EDITOR = 1002
READERS = range(3001, 3031)
CAPTION = "The quay, from three sides"


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        one.telegram.add_user(EDITOR, "Edi", started=True)
        yield one


async def control(relay: Service) -> LocalMessage:
    """The message with the buttons of the push that the editor wrote just now."""
    chat = relay.telegram.chats[EDITOR]
    await relay.telegram.until(lambda: any("Send" in buttons(one) for one in chat.from_bot()), 60)
    return next(one for one in reversed(chat.from_bot()) if "Send" in buttons(one))


async def press(relay: Service, message: LocalMessage, label: str) -> str:
    return (await relay.telegram.press(EDITOR, EDITOR, message.id, buttons(message)[label], seconds=60)).text


def albums(relay: Service, reader: int) -> list[list[str]]:
    """The files of each album that a reader has."""
    found: dict[str | None, list[str]] = {}
    for message in relay.telegram.chats[reader].from_bot():
        if message.media:
            found.setdefault(message.album, []).append(message.media.file_id)
    return list(found.values())


async def test_an_album_reaches_every_chat_through_kills_before_the_press_and_on_its_way(relay: Service) -> None:
    relay.limits = "messages_per_second = 20\nmessages_per_chat_per_second = 50"
    relay.configure()
    await relay.followers(*READERS)
    await relay.start()
    files = []
    for n, words in enumerate((f"/push {CAPTION}", "", "")):
        picture = f"{PIXEL} {n}".encode("latin1")
        number = relay.telegram.say(EDITOR, EDITOR, photo=picture, caption=words, album="quay")
        message = relay.telegram.chats[EDITOR].by_id[number]
        assert message.media is not None
        files.append(message.media.file_id)
    before = await control(relay)
    await relay.kill()
    await relay.start()
    assert await press(relay, before, "Send") == "On its way."
    await relay.telegram.until(lambda: sum(bool(albums(relay, one)) for one in READERS) >= 8, 60)
    await relay.kill()
    there = sum(bool(albums(relay, one)) for one in READERS)
    assert 8 <= there < len(READERS), "killed on its way"
    await relay.start()
    await relay.telegram.until(lambda: all(albums(relay, one) for one in READERS), 60)
    await relay.telegram.until(lambda: before.text.startswith("Delivered to 30 chats"), 60)
    held = {reader: albums(relay, reader) for reader in READERS}
    assert all(album == files for those in held.values() for album in those), "whole, and in its order"
    copies = Counter(len(those) for those in held.values())
    assert set(copies) <= {1, 2}
    assert copies[2] <= min(IN_FLIGHT, there) + BATCH_ROWS
    assert copies[1] >= len(READERS) - there, "who had nothing at the kill has it once"
    assert all(len([one for one in relay.screen(reader) if one == CAPTION]) == len(held[reader]) for reader in READERS)


async def test_a_schedule_outlives_a_kill(relay: Service) -> None:
    await relay.followers(*READERS[:3])
    await relay.start()
    relay.telegram.say(EDITOR, EDITOR, "/push The bridge opens.")
    message = await control(relay)
    relay.telegram.say(EDITOR, EDITOR, "in 10 s", reply_to=message.id)
    await relay.telegram.until(lambda: "once you press Send" in message.text, 60)
    assert (await press(relay, message, "Send")).startswith("It goes out at ")
    await relay.kill()
    assert not any("The bridge opens." in relay.screen(one) for one in READERS[:3])
    await relay.start()
    for one in READERS[:3]:
        await relay.shows(one, "The bridge opens.")
    await relay.telegram.until(lambda: message.text.startswith("Delivered to 3 chats"), 60)


async def test_whoever_leaves_the_file_loses_drafts_at_once(relay: Service) -> None:
    await relay.followers(*READERS[:1])
    await relay.start()
    relay.telegram.say(EDITOR, EDITOR, "/push The bridge opens.")
    message = await control(relay)
    written = relay.config.read_text()
    relay.config.write_text(written.replace("editors = [1002]", "editors = []"))
    store = relay.store()
    number = int(buttons(message)["Send"].rpartition(":")[2])
    try:
        await relay.telegram.until(lambda: "file applied" in relay.log, 60)
        push = await store.push(number)
        assert push is not None
        assert (push.state, push.post.text) == ("cancelled", "")
    finally:
        await store.close()
    assert await press(relay, message, "Send") == "Only editors can do that."
