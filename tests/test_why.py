"""Why a post is in a chat, or is not: made to happen for real, then asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.explanation import Explanation, explanation_lines
from bot.why import why
from tests.newsroom import newsroom
from tests.test_quiet_stories import ANN, HOUR, Hands, Town

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=ZoneInfo("UTC")).timestamp()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = Hands(NOON)
    async with newsroom(tmp_path, clock=clock) as room:
        yield Town(room, clock)


async def asked(town: Town, key: str, person: int = ANN) -> Explanation:
    room = town.room
    (found,) = await room.store.find_posts(key)
    (chat,) = await room.store.find_chats(str(person))
    return await why(room.store, room.settings, found.id, chat.id, town.clock())


def lines(found: Explanation) -> list[str]:
    return explanation_lines(found)


async def test_what_arrived_says_when_and_as_which_message(town: Town) -> None:
    await town.chat(ANN)
    await town.tell("a")
    await town.room.shows(ANN, "About a")
    (message,) = town.standing(ANN)
    found = await asked(town, "a")
    assert found.code == "sent"
    assert lines(found) == [
        "This chat got it at 12:01:00 UTC, less than a second after it was published.",
        "12:00:00 UTC · This chat began to follow Storm.",
        "12:01:00 UTC · First seen on its page.",
        "12:01:00 UTC · Published.",
        f"12:01:00 UTC · Sent; it is message {message.id} there.",
    ]


async def test_who_subscribed_later_hears_so(town: Town) -> None:
    await town.tell("a")
    town.clock.at += HOUR
    await town.chat(ANN)
    found = await asked(town, "a")
    assert found.code == "subscribed-later"
    assert lines(found)[0] == (
        "It was not sent: this chat follows Storm only since 13:01:00 UTC, after it was published."
    )
