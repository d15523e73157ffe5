"""How fast we may speak, on a clock that tests turn, against a server that counts strictly."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.allowance import CATCH_UP, TICK
from bot.core.window import JITTER
from bot.demo.telegram.limits import Window as StrictWindow
from bot.pace import LONG_PAUSE, Limits, Pace

Seconds = Callable[[], float]


class TurnedClock(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer whenever nothing else is to do, and as far too late as told."""

    def __init__(self, late: Seconds = lambda: 0.0) -> None:
        super().__init__()
        self._at, self._late = 0.0, late

    def time(self) -> float:
        return self._at

    def _run_once(self) -> None:
        scheduled: list[Any] = self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)
        if not self._ready and scheduled:  # type: ignore[attr-defined]
            self._at = max(self._at, scheduled[0]._when + self._late())
        super()._run_once()  # type: ignore[misc]


def paced(limits: Limits) -> Pace:
    return Pace(limits, clock=lambda: asyncio.get_running_loop().time())


def on_turned_clock(story: Callable[[], Any], late: Seconds = lambda: 0.0) -> Any:
    loop = TurnedClock(late)
    try:
        return loop.run_until_complete(story())
    finally:
        loop.close()


@dataclass
class Server:
    """Telegram's side: a message counts when it arrives, whatever our own timers do, and is answered later."""

    pace: Pace
    there: Seconds = lambda: 0.010
    back: Seconds = lambda: 0.010
    arrivals: list[float] = field(default_factory=list)

    async def take(self, chat: int, left: float) -> None:
        """The journey of one message there and back."""
        there = self.there()
        self.arrivals.append(asyncio.get_running_loop().time() + there)
        await asyncio.sleep(there + self.back())
        self.pace.answered(chat, left)

    @property
    def refused(self) -> int:
        """How many are too much for a strict sliding window."""
        window, refused = StrictWindow(self.pace.limits.per_second, 1), 0
        for at in sorted(self.arrivals):
            if window.wait(at) > 1e-9:  # rounding
                refused += 1
            else:
                window.take(at)
        return refused

    @property
    def share(self) -> float:
        """Of the allowance, from the first to the last."""
        return (len(self.arrivals) - 1) / (max(self.arrivals) - min(self.arrivals)) / self.pace.limits.per_second


async def send(server: Server, count: int, *, most: int = 1, stall: Seconds = lambda: 0.0) -> None:
    """So many messages as fast as the pace allows, asking for several turns at once where told, with stalls of ours."""
    async with asyncio.TaskGroup() as journeys:
        chats = iter(range(count))
        while count:
            for left in await server.pace.turns(min(most, count)):
                journeys.create_task(server.take(next(chats), left))
                count -= 1
            if (seconds := stall()) > 0:
                await asyncio.sleep(seconds)


# --- the bot's allowance


@pytest.mark.parametrize("most", [1, 32])
@pytest.mark.parametrize("rate", [0.5, 1.0, 30.0, 30.5, 1000.0])
def test_the_whole_allowance_is_used_and_never_exceeded(rate: float, most: int) -> None:
    server = Server(paced(Limits(per_second=rate)))
    on_turned_clock(lambda: send(server, int(max(4, rate * 3)), most=most))
    assert server.refused == 0
    assert server.share >= 0.965


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [30.0, 1000.0])
def test_late_timers_stalls_and_uneven_journeys_cost_neither_a_429_nor_the_allowance(rate: float, seed: int) -> None:
    dice = random.Random(seed)
    straggling = lambda: dice.choice((0.0, 0.120)) if dice.random() < 0.01 else 0.0  # noqa: E731
    server = Server(
        paced(Limits(per_second=rate)),
        there=lambda: 0.030 + dice.uniform(0, 0.020) + straggling(),
        back=lambda: 0.030 + dice.uniform(0, 0.010),
    )
    stall = lambda: dice.uniform(0.01, 0.15) if dice.random() < 0.5 / rate else 0.0  # noqa: E731
    on_turned_clock(lambda: send(server, int(rate * 10), most=32, stall=stall), lambda: dice.uniform(0, 0.003))
    assert server.refused == 0
    assert server.share >= 0.96


@pytest.mark.parametrize("journey", [0.001, 0.100, 0.500, 0.900])
def test_how_long_answers_take_costs_nothing(journey: float) -> None:
    server = Server(paced(Limits(per_second=30.0)), lambda: journey / 2, lambda: journey / 2)
    on_turned_clock(lambda: send(server, 900))
    assert server.refused == 0
    assert server.share >= 0.96


def test_answers_that_take_now_short_now_long_cost_little() -> None:
    dice = random.Random(1)
    server = Server(paced(Limits(per_second=30.0)), lambda: 0.030, lambda: dice.uniform(0.030, 0.430))
    on_turned_clock(lambda: send(server, 900))
    assert server.refused == 0
    assert server.share >= 0.95


def test_a_lost_answer_holds_one_place_and_not_for_long() -> None:
    async def story() -> float:
        pace = paced(Limits(per_second=2.0))
        for _ in range(8):
            pace.answered(1, await pace.turn())
        await pace.turn()
        await pace.turn()
        start = asyncio.get_running_loop().time()
        await pace.turn()
        return asyncio.get_running_loop().time() - start

    assert on_turned_clock(story) < 1.6


spans = st.floats(0, 2)


@settings(max_examples=60, deadline=None)
@given(
    moments=st.lists(st.tuples(spans, st.booleans()), min_size=1, max_size=60),
    limit=st.sampled_from([1.0, 2.5, 10.0, 25.0]),
    late=st.lists(st.floats(0, 0.4), min_size=1, max_size=10),
    strays=st.lists(st.floats(0, JITTER), min_size=1, max_size=10),
)
def test_whenever_who_asks_and_however_late_timers_are_no_second_has_more_than_the_limit(
    moments: list[tuple[float, bool]], limit: float, late: list[float], strays: list[float]
) -> None:
    """By construction, for all journeys that differ by no more than JITTER, answered or not."""
    lateness, stray = itertools.cycle(late), itertools.cycle(strays)
    server = Server(paced(Limits(per_second=limit)), there=lambda: next(stray), back=lambda: 0.0)

    async def story() -> None:
        async def one(chat: int, at: float, reply: bool) -> None:
            await asyncio.sleep(at)
            left = await (server.pace.reply(chat, group=False) if reply else server.pace.turn())
            await server.take(chat, left)

        await asyncio.gather(*(one(chat, at, reply) for chat, (at, reply) in enumerate(moments)))

    on_turned_clock(story, lambda: next(lateness))
    assert server.refused == 0
    assert len(server.arrivals) == len(moments)


@settings(max_examples=40, deadline=None)
@given(
    stragglers=st.dictionaries(st.integers(10, 150), st.floats(0, 0.4), max_size=4),
    stalls=st.dictionaries(st.integers(10, 150), st.floats(0, 0.5), max_size=5),
)
def test_a_message_that_was_long_on_its_way_counts_until_a_window_after_its_answer(
    stragglers: dict[int, float], stalls: dict[int, float]
) -> None:
    journeys, turns = itertools.count(), itertools.count()
    server = Server(paced(Limits(per_second=20.0)), there=lambda: 0.02 + stragglers.get(next(journeys), 0.0))
    on_turned_clock(lambda: send(server, 160, stall=lambda: stalls.get(next(turns), 0.0)))
    assert server.refused == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.5, 3.0, 10.0, 40.0]), st.floats(0, 3)), min_size=1, max_size=5))
def test_a_new_limit_is_in_force_at_once(changes: list[tuple[float, float]]) -> None:
    async def story() -> list[tuple[float, int, float]]:
        pace, loop, late, start = paced(Limits(per_second=10.0)), asyncio.get_running_loop(), [], 0.0
        for limit, seconds in changes:
            pace.limits = Limits(per_second=limit)
            start, times = loop.time(), []
            while loop.time() < start + seconds:
                left = await pace.turn()
                pace.answered(1, left)
                times.append(left)
            window = max(1, int(limit)) / limit
            late.append((window, max(1, int(limit)), most_within(window, times)))
        return late

    assert all(most <= allowed for _, allowed, most in on_turned_clock(story))


def most_within(window: float, times: list[float]) -> int:
    """In the fullest window; what is exactly that far apart is in no window together, rounding aside."""
    return max((sum(1 for other in times if start <= other < start + window - 1e-9) for start in times), default=0)


def test_a_raised_limit_is_felt_by_who_waits() -> None:
    async def story() -> float:
        pace = paced(Limits(per_second=0.1))
        await pace.turn()
        waiting = asyncio.create_task(pace.turn())
        await asyncio.sleep(0)
        pace.limits = Limits(per_second=100.0)
        return await waiting

    assert on_turned_clock(story) < 0.1


# --- evenness


def test_turns_are_even() -> None:
    server = Server(paced(Limits(per_second=30.0)))
    on_turned_clock(lambda: send(server, 100))
    gaps = [later - earlier for earlier, later in itertools.pairwise(server.arrivals)]
    assert min(gaps) == pytest.approx(max(gaps))


def test_a_stall_is_made_good_without_a_burst() -> None:
    stalls = iter([0.0] * 60 + [0.2] + [0.0] * 1000)
    server = Server(paced(Limits(per_second=30.0)))
    on_turned_clock(lambda: send(server, 150, stall=lambda: next(stalls)))
    assert server.share >= 0.96
    assert max(sum(start <= at < start + 0.2 for at in server.arrivals) for start in server.arrivals) <= 10


@pytest.mark.parametrize("idle", [CATCH_UP + 0.1, 60.0])
def test_after_a_pause_nothing_is_caught_up(idle: float) -> None:
    async def story() -> list[float]:
        pace = paced(Limits(per_second=100.0))
        for _ in range(50):
            pace.answered(1, await pace.turn())
        await asyncio.sleep(idle)
        return [await pace.turn() for _ in range(20)]

    times = on_turned_clock(story)
    assert times[-1] - times[0] == pytest.approx(19 / 97.0, abs=TICK)


def test_who_takes_several_turns_gets_no_more_than_asked_for_and_close_together() -> None:
    async def story() -> list[list[float]]:
        pace = paced(Limits(per_second=1000.0))
        return [await pace.turns(3) for _ in range(100)]

    given = on_turned_clock(story)
    assert {len(times) for times in given} <= {1, 2, 3}
    assert sum(len(times) for times in given) >= 190
    assert all(later[0] - earlier[0] <= 0.0051 for earlier, later in itertools.pairwise(given))


def test_answers_that_come_all_the_time_keep_nobody_waiting() -> None:
    """Each looks whether a place has become free, and must not put off who waits for the time to come."""

    async def story() -> float:
        pace = paced(Limits(per_second=100.0))
        lefts = [await pace.turn() for _ in range(20)]
        start = asyncio.get_running_loop().time()
        waiting = asyncio.create_task(pace.turn())
        for left in lefts:
            await asyncio.sleep(0.0005)
            pace.answered(1, left)
        return await waiting - start

    assert on_turned_clock(story) == pytest.approx(1 / 97.0, abs=0.0011)


def test_it_keeps_time_on_uvloop_as_well() -> None:
    """Its handles are not asyncio's, and its timers know no fractions of a millisecond."""
    uvloop = pytest.importorskip("uvloop")

    async def story() -> int:
        pace = Pace(Limits(per_second=5000.0))
        given = await asyncio.gather(*(pace.turns(n % 3 + 1, reply=n % 7 == 0) for n in range(200)))
        return sum(len(times) for times in given)

    assert uvloop.run(story()) >= 200


# --- people first


def test_replies_to_people_go_before_deliveries() -> None:
    async def story() -> list[str]:
        pace, order = paced(Limits(per_second=10.0)), []
        await pace.turn()

        async def one(name: str, reply: bool) -> None:
            await pace.turns(1 if reply else 32, reply=reply)
            order.append(name)

        await asyncio.gather(*(one(f"post {n}", False) for n in range(3)), one("reply", True))
        return order

    assert on_turned_clock(story)[0] == "reply"


def test_replies_in_one_chat_keep_its_interval_and_others_do_not_wait_for_it() -> None:
    async def story() -> tuple[list[float], float]:
        pace, loop = paced(Limits()), asyncio.get_running_loop()

        async def reply(chat: int) -> float:
            pace.answered(chat, await pace.reply(chat, group=False))
            return loop.time()

        same = await asyncio.gather(*(reply(5) for _ in range(3)), reply(6))
        return sorted(same[:3]), same[3]

    times, other = on_turned_clock(story)
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(times))
    assert other < 0.5


def test_who_gives_up_waiting_takes_no_turn() -> None:
    async def story() -> float:
        pace, loop = paced(Limits(per_second=1.0)), asyncio.get_running_loop()
        pace.answered(1, await pace.turn())
        gone = asyncio.create_task(pace.turn())
        await asyncio.sleep(0)
        gone.cancel()
        await pace.turn()
        return loop.time()

    assert on_turned_clock(story) < 1.2


def test_a_turn_that_was_not_used_leaves_its_place_to_the_next() -> None:
    async def story() -> float:
        pace, loop = paced(Limits(per_second=1.0)), asyncio.get_running_loop()
        pace.unused(await pace.turn())
        await pace.turn()
        return loop.time()

    assert on_turned_clock(story) < 1.04


def test_nobody_waits_once_all_are_let_go() -> None:
    async def story() -> float:
        pace = paced(Limits(per_second=0.001))
        await pace.turn()
        waiting = [asyncio.create_task(pace.turn()) for _ in range(3)]
        await asyncio.sleep(0)
        pace.let_go()
        return max(await asyncio.gather(*waiting))

    assert on_turned_clock(story) == 0.0


# --- chats and groups


def test_a_chat_rests_a_second_and_a_group_once_its_minute_is_full() -> None:
    async def story() -> list[float]:
        pace, rests = paced(Limits(per_group_per_minute=3)), []
        for _ in range(3):
            pace.spoke(-7, group=True)
            rests.append(pace.rest_of(-7))
            await asyncio.sleep(2)
        return rests

    assert on_turned_clock(story) == pytest.approx([1.0 + JITTER, 1.0 + JITTER, 56.0 + JITTER])


def test_a_chats_second_begins_with_the_answer_since_its_message_had_surely_arrived_by_then() -> None:
    async def story() -> float:
        pace = paced(Limits())
        for chat in range(10):
            pace.answered(chat, await pace.turn())
        left = await pace.turn()
        pace.spoke(99, group=False)
        await asyncio.sleep(0.3)
        pace.answered(99, left)
        return pace.rest_of(99)

    assert on_turned_clock(story) == pytest.approx(1.0)


def test_a_chats_second_begins_with_the_answer_also_where_that_was_long_on_its_way() -> None:
    async def story() -> float:
        pace = paced(Limits())
        for chat in range(10):
            pace.answered(chat, await pace.turn())
        left = await pace.turn()
        pace.spoke(99, group=False)
        await asyncio.sleep(1.5)
        assert not pace.resting_chats()
        pace.answered(99, left)
        return pace.rest_of(99)

    assert on_turned_clock(story) == pytest.approx(1.0)


def test_in_no_minute_has_a_group_more_than_its_limit() -> None:
    async def story() -> list[float]:
        pace, loop, times = paced(Limits(per_second=100.0)), asyncio.get_running_loop(), []
        while loop.time() < 200:
            pace.answered(-7, await pace.reply(-7, group=True))
            times.append(loop.time())
        return times

    times = on_turned_clock(story)
    assert most_within(60.0, times) == 20


def test_who_rests_is_told_alike_by_all_who_ask() -> None:
    async def story() -> None:
        pace = paced(Limits())
        for chat in range(6):
            pace.spoke(chat, group=False)
            await asyncio.sleep(0.2)
        assert set(pace.resting_chats()) == {1, 2, 3, 4, 5}
        assert {chat for chat in range(6) if pace.rest_of(chat) > 0} == {1, 2, 3, 4, 5}
        assert pace.next_rested() == pytest.approx(min(pace.rest_of(chat) for chat in range(1, 6)))
        await asyncio.sleep(2)
        assert not pace.resting_chats()
        assert pace.next_rested() is None

    on_turned_clock(story)


def test_nothing_is_kept_of_chats_and_groups_that_are_silent() -> None:
    async def story() -> None:
        pace = paced(Limits())
        for chat in range(-50, 50):
            pace.spoke(chat, group=chat < 0)
            pace.spoke(chat, group=chat < 0)
        await asyncio.sleep(61)
        pace.resting_chats()
        assert not pace._chats.free_at
        assert not pace._chats._groups
        assert not pace._chats._looks

    on_turned_clock(story)


def test_what_was_sent_before_a_restart_still_counts() -> None:
    async def story() -> dict[int, float]:
        pace = paced(Limits(per_group_per_minute=2))
        await asyncio.sleep(100)
        pace.remember([(-7, True, 30.0), (-7, True, 20.0), (5, False, 0.5), (6, False, 5.0)])
        return {chat: pace.rest_of(chat) for chat in pace.resting_chats()}

    assert on_turned_clock(story) == pytest.approx({-7: 30.0 + JITTER, 5: 0.5 + JITTER})


def test_what_somebody_else_sent_in_the_last_second_counts_for_the_bot() -> None:
    """A node that takes over begins where the other one stopped."""

    async def story() -> float:
        pace, loop = paced(Limits(per_second=10.0)), asyncio.get_running_loop()
        await asyncio.sleep(100)
        pace.remember([(chat, False, 0.4) for chat in range(10)])
        start = loop.time()
        await pace.turn()
        return loop.time() - start

    assert on_turned_clock(story) == pytest.approx(0.6 + JITTER, abs=0.01)


def test_a_clock_that_goes_before_ours_makes_nobody_wait_longer() -> None:
    async def story() -> dict[int, float]:
        pace = paced(Limits())
        await asyncio.sleep(100)
        pace.remember([(5, False, -30.0)])
        return {chat: pace.rest_of(chat) for chat in pace.resting_chats()}

    assert on_turned_clock(story) == pytest.approx({5: 1.0 + JITTER})


# --- 429


def test_one_chats_429_pauses_nobody_else_and_three_pause_the_bot() -> None:
    async def story() -> list[float]:
        pace, loop, waits = paced(Limits(per_second=1000.0)), asyncio.get_running_loop(), []
        for chats in ([1], [1, 2], [1, 2, 3]):
            for chat in chats:
                pace.flooded(chat, 5.0)
            start = loop.time()
            pace.answered(9, await pace.turn())
            waits.append(loop.time() - start)
            pace.succeeded()
        return waits

    first, second, third = on_turned_clock(story)
    assert max(first, second) < 0.1
    assert third == pytest.approx(5.0)


def test_a_429_pauses_its_chat_for_exactly_as_long_for_people_as_well() -> None:
    async def story() -> tuple[float, float]:
        pace, loop = paced(Limits()), asyncio.get_running_loop()
        pace.flooded(5, 7.0)
        await pace.reply(6, group=False)
        other = loop.time()
        await pace.reply(5, group=False)
        return other, loop.time()

    other, same = on_turned_clock(story)
    assert other < 0.1
    assert same == pytest.approx(7.0, abs=1e-6)


def test_a_success_between_means_that_it_is_the_chats() -> None:
    async def story() -> float:
        pace, loop = paced(Limits()), asyncio.get_running_loop()
        for chat in (1, 2, 3, 4):
            pace.flooded(chat, 5.0)
            pace.succeeded()
        await pace.turn()
        return loop.time()

    assert on_turned_clock(story) < 0.1


def test_a_long_wait_is_the_whole_bots() -> None:
    async def story() -> float:
        pace, loop = paced(Limits()), asyncio.get_running_loop()
        pace.flooded(1, LONG_PAUSE + 1)
        await pace.turn()
        return loop.time()

    assert on_turned_clock(story) == pytest.approx(LONG_PAUSE + 1)


def test_a_bot_that_rests_says_nothing_and_keeps_its_pace() -> None:
    async def story() -> tuple[float, float]:
        pace = paced(Limits())
        waiting = asyncio.create_task(pace.turn())
        pace.rest(60.0)
        return await waiting, pace.share

    assert on_turned_clock(story) == (pytest.approx(60.0, abs=0.1), 1.0)


def test_the_pace_slows_after_a_pause_of_the_bot_and_climbs_back() -> None:
    async def story() -> tuple[float, float]:
        pace = paced(Limits())
        pace.flooded(1, LONG_PAUSE + 1)
        lowered = pace.share
        for _ in range(200):
            pace.succeeded()
        return lowered, pace.share

    lowered, after = on_turned_clock(story)
    assert lowered < 1.0
    assert after == 1.0
