"""Editors at work: a push, its preview and its buttons."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from bot.demo.telegram import LocalMessage
from handlers import show_progress
from tests.telegram_house import EDITOR, TelegramHouse, buttons


@contextlib.asynccontextmanager
async def shown(house: TelegramHouse) -> AsyncIterator[None]:
    """With the loop that shows progress."""
    loop = asyncio.create_task(show_progress(house.application.bot, house.house))
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
