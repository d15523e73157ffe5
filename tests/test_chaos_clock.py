"""A clock that jumps, as time servers and admins make it: nothing is lost, and nothing waits for an hour."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.demo.telegram import Fault
from bot.pace import Limits
from storage import open_store
from tests.desk_story import desk_story
from tests.fault_proxy import Ill
from tests.hurried import WallClock, hurried
from tests.newsroom import settings_of
from tests.publisher import Publisher
from tests.test_poller import Watch

HOUR = 3600.0


@pytest.mark.parametrize("hours", [[-1], [1, -1]], ids=str)
@hurried(10)
async def test_when_the_clock_jumps_nothing_is_lost_and_nothing_waits_for_an_hour(
    tmp_path: Path, hours: list[int]
) -> None:
    """Before each jump something waits: a retry, a chat that was told to rest, an edit's quiet, an expansion."""
    wall = WallClock()
    clock = Clock(wall, asyncio.get_running_loop().time)
    async with desk_story(tmp_path, delivery='edit_quiet = "5s"', clock=clock, limits=Limits(per_second=50.0)) as story:
        await story.crowd(550)
        story.wire.weather = lambda exchange: Ill.UNAVAILABLE if exchange.number % 7 == 0 else None
        rest = Fault.refuse(429, "Too Many Requests: retry after 20", retry_after=20)
        for number, jump in enumerate(hours):
            await story.publish(f"a{number}", f"b{number}")
            await story.wire.spoke(len(story.wire.spoken) + 50)
            story.room.telegram.fail(chat=10_003, error=rest)
            await story.publish(f"a{number}")
            await story.wire.spoke(len(story.wire.spoken) + 50)
            wall.jump(jump * HOUR)
            await story.publish(f"c{number}")
            await story.publish(f"b{number}")
        await story.take_away("c0")
        await story.ends_true(seconds=1200)


def test_the_clock_goes_forward_with_the_walls_and_never_back() -> None:
    wall, steady = [1000.0], [5.0]
    clock = Clock(lambda: wall[0], lambda: steady[0])
    assert clock() == 1000.0
    wall[0], steady[0] = 1002.0, 7.0
    assert clock() == 1002.0
    wall[0], steady[0] = 4602.0, 8.0
    assert clock() == 4602.0
    wall[0], steady[0] = 1004.0, 9.0
    assert clock() == 4603.0
    wall[0], steady[0] = 5000.0, 10.0
    assert clock() == 5000.0


async def test_a_blog_is_polled_at_once_when_the_clock_was_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next poll was to come in an hour and a little."""
    monkeypatch.setattr("bot.poller.LOOK_SECONDS", 0.05)
    ahead = timedelta(hours=1)
    async with Publisher() as publisher:
        text = f'[[blogs]]\nid = "storm"\nurl = "{publisher.url}"\n'
        watch = Watch(publisher, open_store(f"sqlite:///{tmp_path}/relay.db"), settings_of(text))
        watch.poller._now = lambda: datetime.now(UTC) + ahead
        await watch.open()
        await watch.poller.start()
        polled = asyncio.create_task(publisher.polled())
        await asyncio.sleep(0)
        ahead = timedelta(0)
        await polled
        await watch.poller.stop()
        await watch.close()
