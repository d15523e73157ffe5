"""How fast we may speak, on a clock that tests turn."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pace import LONG_PAUSE, Limits, Pace


class TurnedClock(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer whenever nothing else is to do."""

    def __init__(self) -> None:
        super().__init__()
        self._at = 0.0

    def time(self) -> float:
        return self._at

    def _run_once(self) -> None:
        scheduled: list[Any] = self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)
        if not self._ready and scheduled:  # type: ignore[attr-defined]
            self._at = max(self._at, scheduled[0]._when)
        super()._run_once()  # type: ignore[misc]


def on_turned_clock(story: Callable[[], Any]) -> Any:
    loop = TurnedClock()
    try:
        return loop.run_until_complete(story())
    finally:
        loop.close()


async def turns(pace: Pace, count: int) -> list[float]:
    """When each of so many turns came, all asked for at once."""
    loop = asyncio.get_running_loop()

    async def one() -> float:
        await pace.turn()
        return loop.time()

    return list(await asyncio.gather(*(one() for _ in range(count))))


def most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for other in times if start <= other < start + 1.0) for start in times)


@pytest.mark.parametrize("rate", [0.5, 1.0, 30.0, 1000.0])
def test_the_whole_allowance_is_used_and_never_exceeded_in_any_second(rate: float) -> None:
    count = int(max(4, rate * 3))
    times = on_turned_clock(lambda: turns(Pace(Limits(per_second=rate)), count))
    assert most_in_a_second(times) <= max(1.0, rate)
    assert (times[-1] - times[0]) <= (count - 1) / (rate * 0.96)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_however_the_asking_is_spread_no_second_has_more_than_the_limit(moments: list[float]) -> None:
    async def story() -> list[float]:
        pace, loop = Pace(Limits(per_second=10.0)), asyncio.get_running_loop()

        async def one(at: float) -> float:
            await asyncio.sleep(at)
            await pace.turn()
            return loop.time()

        return list(await asyncio.gather(*(one(at) for at in moments)))

    assert most_in_a_second(sorted(on_turned_clock(story))) <= 10


def test_replies_to_people_go_before_deliveries() -> None:
    async def story() -> list[str]:
        pace, order = Pace(Limits(per_second=10.0)), []

        async def one(name: str, reply: bool) -> None:
            await pace.turn(reply=reply)
            order.append(name)

        await asyncio.gather(*(one(f"post {n}", False) for n in range(3)), one("reply", True))
        return order

    assert on_turned_clock(story)[0] == "reply"


def test_replies_in_one_chat_keep_its_interval_and_others_do_not_wait_for_it() -> None:
    async def story() -> tuple[list[float], float]:
        pace, loop = Pace(Limits()), asyncio.get_running_loop()

        async def reply(chat: int) -> float:
            await pace.reply(chat, group=False)
            return loop.time()

        same = await asyncio.gather(*(reply(5) for _ in range(3)), reply(6))
        return sorted(same[:3]), same[3]

    times, other = on_turned_clock(story)
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(times))
    assert other < 0.5


def test_after_a_pause_nothing_is_caught_up() -> None:
    async def story() -> list[float]:
        pace = Pace(Limits(per_second=10.0))
        await turns(pace, 2)
        await asyncio.sleep(60)
        return await turns(pace, 10)

    assert most_in_a_second(on_turned_clock(story)) <= 10


def test_a_chat_rests_a_second_and_a_group_once_its_minute_is_full() -> None:
    async def story() -> list[float]:
        pace, rests = Pace(Limits(per_group_per_minute=3)), []
        for _ in range(3):
            pace.spoke(-7, group=True)
            rests.append(pace.resting()[-7])
            await asyncio.sleep(2)
        return rests

    assert on_turned_clock(story) == pytest.approx([1.0, 1.0, 56.0])


def test_what_was_sent_before_a_restart_still_counts() -> None:
    async def story() -> dict[int, float]:
        pace = Pace(Limits(per_group_per_minute=2))
        await asyncio.sleep(100)
        pace.remember([(-7, True, 30.0), (-7, True, 20.0), (5, False, 0.5), (6, False, 5.0)])
        return pace.resting()

    assert on_turned_clock(story) == pytest.approx({-7: 30.0, 5: 0.5})


def test_one_chats_429_pauses_nobody_else_and_three_pause_the_bot() -> None:
    async def story() -> list[float]:
        pace, loop, waits = Pace(Limits(per_second=1000.0)), asyncio.get_running_loop(), []
        for chats in ([1], [1, 2], [1, 2, 3]):
            for chat in chats:
                pace.flooded(chat, 5.0)
            start = loop.time()
            await pace.turn()
            waits.append(loop.time() - start)
            pace.succeeded()
        return waits

    first, second, third = on_turned_clock(story)
    assert max(first, second) < 0.1
    assert third == pytest.approx(5.0, abs=0.1)


def test_a_long_wait_is_the_whole_bots() -> None:
    async def story() -> float:
        pace, loop = Pace(Limits()), asyncio.get_running_loop()
        pace.flooded(1, LONG_PAUSE + 1)
        await pace.turn()
        return loop.time()

    assert on_turned_clock(story) >= LONG_PAUSE


def test_a_bot_that_rests_says_nothing_and_keeps_its_pace() -> None:
    async def story() -> tuple[float, float]:
        pace = Pace(Limits())
        waiting = asyncio.create_task(turns(pace, 1))
        pace.rest(60.0)
        return (await waiting)[0], pace.share

    assert on_turned_clock(story) == (pytest.approx(60.0, abs=0.1), 1.0)


def test_the_pace_slows_after_a_pause_of_the_bot_and_climbs_back() -> None:
    async def story() -> tuple[float, float]:
        pace = Pace(Limits())
        pace.flooded(1, LONG_PAUSE + 1)
        lowered = pace.share
        for _ in range(200):
            pace.succeeded()
        return lowered, pace.share

    lowered, after = on_turned_clock(story)
    assert lowered < 1.0
    assert after == 1.0


def test_who_gives_up_waiting_takes_no_turn() -> None:
    async def story() -> float:
        pace, loop = Pace(Limits(per_second=1.0)), asyncio.get_running_loop()
        await pace.turn()
        gone = asyncio.create_task(pace.turn())
        await asyncio.sleep(0)
        gone.cancel()
        await pace.turn()
        return loop.time()

    assert on_turned_clock(story) < 1.2
