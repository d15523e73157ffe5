"""The Telegram of the cluster's proofs is as strict as the local one, and tells everything that was said to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from bot.demo.telegram import Limits
from tests.cluster import Telegram, telegram
from tests.quick_telegram import World


@pytest.fixture
async def listener() -> AsyncIterator[Telegram]:
    async with telegram(per_second=5) as one:
        yield one


async def _say(listener: Telegram, method: str, token: str = "100:a", **given: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{listener.api_base}/bot{token}/{method}", json=given) as answer,
    ):
        return answer.status, (await answer.json())


async def test_a_message_stands_in_its_chat_with_who_sent_it(listener: Telegram) -> None:
    status, answer = await _say(listener, "sendMessage", "101:b", chat_id=7, text="Storm\nIt is loud.")
    assert status == 200
    assert answer["result"]["chat"]["id"] == 7
    (call,) = (await listener.told())[101].calls
    assert (call.node, call.chat, call.text, call.message) == ("b", 7, "Storm", answer["result"]["message_id"])
    assert await listener.look() == 1
    assert listener.speaks == {101: "b"}


def test_no_more_than_the_limit_in_any_second_and_one_a_second_in_a_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bot has an allowance of its own."""
    monkeypatch.setattr("tests.quick_telegram.time", SimpleNamespace(monotonic=lambda: 100.0, time=time.time))
    world = World(Limits(per_second=5, per_chat_per_second=1))
    statuses = [world.speak(100, "a", "sendMessage", {"chat_id": chat})[0] for chat in (1, 1, 2, 3, 4, 5, 6)]
    assert statuses == [200, 429, 200, 200, 200, 200, 429]
    assert world.speak(101, "a", "sendMessage", {"chat_id": 1})[0] == 200


async def test_what_is_refused_is_told_as_well(listener: Telegram) -> None:
    for _ in range(12):  # more than five a second, unless each takes a fifth of one
        await _say(listener, "sendMessage", chat_id=1, text="x")
    assert (await listener.told())[100].refused() > 0


async def test_a_newer_long_poll_of_the_same_bot_ends_the_older_one(listener: Telegram) -> None:
    older = asyncio.create_task(_say(listener, "getUpdates", timeout=10))
    while not listener.polled:
        await listener.told()
    newer = asyncio.create_task(_say(listener, "getUpdates", "100:b", timeout=10))
    assert (await older)[0] == 409
    newer.cancel()
    await asyncio.gather(newer, return_exceptions=True)


async def test_what_does_not_speak_is_done(listener: Telegram) -> None:
    assert (await _say(listener, "getMe"))[1]["result"]["id"] == 100
    assert (await _say(listener, "setMyCommands", commands=[]))[1] == {"ok": True, "result": True}
