"""What people ask, from a page's bytes to their screens, with the relay as a process that is killed in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.telegram import LocalMessage
from tests.service import Service, service

ANN = 2001


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    """Ann reads along; the page has twelve posts, which nobody was sent."""
    async with service(tmp_path) as one:
        for number in range(12):
            one.publisher.publish(f"p{number}", f"Ferry {number} is late", f"The harbour waits for ferry {number}.")
        one.telegram.add_user(ANN, "Ann")
        await one.start()
        await one.baseline()
        yield one


async def answer(relay: Service, words: str) -> LocalMessage:
    chat = relay.telegram.chats[ANN]
    before = len(chat.from_bot())
    relay.telegram.say(ANN, ANN, words)
    await relay.telegram.until(lambda: len(chat.from_bot()) > before, 60)
    return chat.from_bot()[before]


async def turned(relay: Service, message: LocalMessage, label: str) -> str:
    edits = len(message.edits)
    await relay.telegram.tap(ANN, ANN, label, seconds=60)
    await relay.telegram.until(lambda: len(message.edits) > edits)
    return message.text


async def test_a_list_is_turned_after_a_kill_and_nothing_that_came_meanwhile_shifts_it(relay: Service) -> None:
    message = await answer(relay, "/latest storm")
    shown = [number for number in range(12) if f"Ferry {number} is late" in message.text]
    assert len(shown) == 5
    await relay.kill()
    relay.publisher.publish("new", "The harbour is open")
    await relay.start()
    await relay.publisher.polled(2)
    text = await turned(relay, message, "Older")
    older = [number for number in range(12) if f"Ferry {number} is late" in text]
    assert len(older) == 5
    assert not set(older) & set(shown)
    assert "The harbour is open" not in text


async def test_what_happened_since_is_told_once_also_across_a_kill(relay: Service) -> None:
    await answer(relay, "/catchup")
    relay.publisher.publish("new", "The harbour is open")
    await relay.publisher.polled(2)
    await relay.kill()
    await relay.start()
    assert "The harbour is open" in (await answer(relay, "/catchup")).text
    await answer(relay, "/id")  # answered after the look was written
    await relay.kill()
    await relay.start()
    assert (await answer(relay, "/catchup")).text.startswith("Nothing new")


async def test_a_withdrawn_post_leaves_searches_and_inline_answers_at_once(relay: Service) -> None:
    assert "Ferry 3 is late" in (await answer(relay, "/search ferry 3")).text
    relay.publisher.take_away("p3")
    await relay.publisher.polled(5)
    assert "Ferry 3 is late" not in (await answer(relay, "/search ferry 3")).text
    offered = await relay.telegram.inline(ANN, "ferry", seconds=60)
    titles = [one["title"] for one in offered.results]
    assert len(titles) == 11
    assert "Ferry 3 is late" not in titles
