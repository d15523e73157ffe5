"""How the relay is, as it works: from what is sent to what is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot.core.model import Lane
from bot.counting import Counting
from bot.demo.telegram import Fault
from bot.vitals import Counted, Vitals
from tests.newsroom import Newsroom, newsroom, post

ANN, BEN = 2001, 2002


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as room:
        yield room


async def test_what_was_delivered_is_told_with_how_long_it_took(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.shows(BEN, "About a")
    await room.quiet()
    now = room.vitals.now()
    assert now.delivered_last_hour == 2
    assert now.messages_per_second == pytest.approx(0.2)
    assert now.allowance == 2000.0
    assert now.share == 1.0
    assert now.latency_p50 is not None
    assert now.latency_p99 is not None
    assert 0.0 < now.latency_p50 <= now.latency_p99 < 20.0


async def test_an_edit_is_delivered_and_says_nothing_of_how_fast_news_is(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.publish(post("a", title="Two boats lost"))
    await room.shows(ANN, "Two boats lost")
    await room.quiet()
    assert room.vitals.now().delivered_last_hour == 2
    assert sum(room.vitals.latency.total) == 1


async def test_a_429_is_counted_and_nothing_is_delivered_by_it(room: Newsroom) -> None:
    await room.follow(ANN)
    room.telegram.fail(chat=ANN, error=Fault.refuse(429, "Too Many Requests: retry after 1", retry_after=1))
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.quiet()
    now = room.vitals.now()
    assert (now.floods_last_hour, now.delivered_last_hour) == (1, 1)


async def test_what_stands_in_the_database_is_counted_now_and_then(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    await room.stop()
    await room.publish(post("a"), post("b"))
    assert room.vitals.now().counted_at == 0.0
    await Counting(store=room.store, vitals=room.vitals).count()
    now = room.vitals.now()
    assert now.queue == {Lane.LIVE: 4}
    assert (now.subscriptions, now.open_chats, now.asleep_chats) == (2, 2, 0)
    assert now.blogs == {"storm": Counted(posts=2, subscriptions=2)}
    assert now.counted_at > 0


async def test_a_clock_that_is_put_forward_by_years_leaves_these_years_without_samples(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without a clock of its own begins in the past, until a time server is asked."""
    now, kept, first = 59.99, list[float](), asyncio.Event()

    async def keep(at: float, values: Mapping[str, float]) -> None:
        kept.append(at)
        first.set()

    monkeypatch.setattr(room.store, "keep_samples", keep)
    counting = Counting(store=room.store, vitals=Vitals(room.pace, clock=lambda: now))
    keeping = asyncio.create_task(counting._keep_on())
    await asyncio.sleep(0)
    now += 10 * 365 * 86_400.0
    await first.wait()
    keeping.cancel()
    assert now - kept[0] <= 3700.0
