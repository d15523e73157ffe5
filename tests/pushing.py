"""Editors at work: a push, its preview and its buttons."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from sqlite3 import Connection
from typing import Any

import pytest

from bot.demo.telegram import LocalMessage
from handlers import progress
from tests.telegram_house import EDITOR, TelegramHouse, buttons

PIXEL = "\x89PNG\r\n\x1a\n a small picture"


@contextlib.asynccontextmanager
async def shown(house: TelegramHouse) -> AsyncIterator[None]:
    """With the loop that shows progress, at each of its looks: a clock set by hand would bring no second one."""
    with pytest.MonkeyPatch.context() as at_once:
        at_once.setattr(progress, "EDIT_SECONDS", 0.0)
        at_once.setattr(progress, "REST", 0.0)
        loop = asyncio.create_task(progress.show_progress(house.application.bot, house.house))
        try:
            yield
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


async def pushed(
    house: TelegramHouse, text: str = "/push The bridge is closed.", **how: Any
) -> tuple[LocalMessage, LocalMessage]:
    """An editor's push: the preview and the message with the buttons."""
    before = len(house.said(EDITOR))
    house.telegram.say(EDITOR, EDITOR, text, **how)
    await house.telegram.until(lambda: len(house.said(EDITOR)) == before + 2)
    preview, control = house.said(EDITOR)[before:]
    return preview, control


def album(house: TelegramHouse, kinds: Sequence[str], caption: str, *, bearing: int) -> list[int]:
    """An editor sends so many files as one album, of which one bears the caption: the message ids."""
    name = f"album {len(house.telegram.chats[EDITOR].messages)}"
    captions = [""] * len(kinds)
    captions[bearing] = caption
    return [
        house.telegram.say(EDITOR, EDITOR, photo=f"{PIXEL} {n}".encode("latin1"), kind=kind, caption=words, album=name)
        for n, (kind, words) in enumerate(zip(kinds, captions, strict=True))
    ]


async def control_after(house: TelegramHouse, before: int, messages: int) -> LocalMessage:
    """The message with the buttons below a preview of so many messages."""
    await house.telegram.until(lambda: len(house.said(EDITOR)) == before + messages + 1)
    return house.said(EDITOR)[-1]


def number(control: LocalMessage) -> str:
    return buttons(control)["Send"].rpartition(":")[2]


async def sent(house: TelegramHouse, text: str = "/push The bridge is closed.", **how: Any) -> LocalMessage:
    """An editor's push that was sent: the message that shows how far it is."""
    _, control = await pushed(house, text, **how)
    await press(house, control, f"push:send:{number(control)}")
    return control


async def press(house: TelegramHouse, control: LocalMessage, data: str, person: int = EDITOR) -> str:
    return (await house.telegram.press(person, EDITOR, control.id, data)).text


async def got(house: TelegramHouse, chat: int, text: str) -> None:
    await house.telegram.until(lambda: any(one.text == text for one in house.said(chat)))


async def audited(house: TelegramHouse) -> list[tuple[str, int | None, int | None]]:
    """Who did what, and to how many chats."""

    def read(db: Connection) -> list[tuple[str, int | None, int | None]]:
        return [tuple(row) for row in db.execute("SELECT act, person, chats FROM audit ORDER BY id")]

    return await house.room.store._db.read(read)
