"""A local Telegram with people and chats in it, and a bot that calls it raw."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.demo.telegram import LocalTelegram

READER, STRANGER, ADMIN = 501, 502, 503
GROUP, SUPER, FORUM, CHANNEL = -70, -1001, -1002, -1003


def png(width: int = 640, height: int = 360) -> bytes:
    """As much of a PNG as Telegram looks at here: its head."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 0, 0, 0, 0)


class Bot:
    """Raw calls, as a client library would never send them."""

    def __init__(self, telegram: LocalTelegram, session: aiohttp.ClientSession, token: str | None = None) -> None:
        self.telegram, self.session, self.token = telegram, session, token or telegram.token

    async def answer(self, method: str, **parameters: Any) -> tuple[int, Any]:
        url = f"{self.telegram.api_base}/bot{self.token}/{method}"
        async with self.session.post(url, json=parameters) as response:
            return response.status, await response.json()

    async def ok(self, method: str, **parameters: Any) -> Any:
        status, answer = await self.answer(method, **parameters)
        assert status == 200, answer
        assert answer["ok"] is True
        return answer["result"]

    async def refused(self, method: str, **parameters: Any) -> str:
        """The description, once the status, the code and the shape of the answer were checked."""
        status, answer = await self.answer(method, **parameters)
        assert answer["ok"] is False
        assert answer["error_code"] == status
        assert "result" not in answer
        return str(answer["description"])

    async def updates(self, **parameters: Any) -> list[Any]:
        """Everything that waits, confirmed."""
        found = await self.ok("getUpdates", **parameters)
        if found:
            await self.ok("getUpdates", offset=found[-1]["update_id"] + 1, limit=1)
        return list(found)


@pytest.fixture
async def telegram() -> AsyncIterator[LocalTelegram]:
    async with LocalTelegram() as local:
        local.add_user(READER, "Ada", started=True)
        local.add_user(STRANGER, "Bo")
        local.add_user(ADMIN, "Cy", "de", "cy", started=True)
        local.add_chat(GROUP, "group", "Small", admins=[ADMIN])
        local.add_chat(SUPER, "supergroup", "Big", admins=[ADMIN])
        local.add_chat(FORUM, "supergroup", "Forum", forum=True, admins=[ADMIN])
        local.add_chat(CHANNEL, "channel", "News", admins=[ADMIN], username="newsroom")
        yield local


@pytest.fixture
async def bot(telegram: LocalTelegram) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession() as session:
        yield Bot(telegram, session)
