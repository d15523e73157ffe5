"""Telegram itself in a bad mood, strict, with its limits as they are: floods, closed doors, chats that move."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.telegram import REAL_LIMITS, Call, Fault, LocalTelegram
from bot.demo.telegram import Limits as LocalLimits
from bot.pace import Limits
from tests.chaos import seeds
from tests.desk_story import DeskStory, desk_story
from tests.fault_proxy import Slow, calm
from tests.hurried import hurried
from tests.newsroom import FAST


def refusals(telegram: LocalTelegram, code: int = 429) -> Counter[int | None]:
    return Counter(call.chat for call in telegram.calls if call.code == code)


def wait(seconds: int) -> Fault:
    return Fault.refuse(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


@hurried(10)
async def test_in_chats_and_groups_telegrams_limits_are_never_exceeded_however_the_roads_length_changes(
    tmp_path: Path,
) -> None:
    """What leaves a second apart may arrive closer together: only from its arrival on may Telegram count."""
    limits = replace(REAL_LIMITS, per_second=None)
    async with desk_story(tmp_path, telegram_limits=limits, limits=replace(Limits(), per_second=500.0)) as story:
        die = random.Random(1)
        await story.crowd(4)
        await story.group(-4001)
        story.wire.weather = lambda exchange: Slow(there=die.choice((0.0, 0.3))) if exchange.speaks else None
        for number in range(22):
            await story.publish(f"p{number}")
            await story.some_more(5, seconds=1.5)
        story.wire.weather = calm
        await story.take_away("p7")
        await story.publish("p3")
        await story.ends_true()
        assert not refusals(story.room.telegram)
        assert within(60.0, story.room.telegram.calls, -4001) <= 20


def within(seconds: float, calls: list[Call], chat: int) -> int:
    """How many messages a chat was given within any so many seconds, at most."""
    at = [call.at for call in calls if call.chat == chat and call.ok]
    return max((sum(start <= one < start + seconds for one in at) for start in at), default=0)


@hurried(20)
async def test_groups_that_are_at_their_limit_wait_as_long_as_they_are_told_and_hold_nobody_else_up(
    tmp_path: Path,
) -> None:
    async with desk_story(tmp_path, telegram_limits=LocalLimits(per_group_per_minute=5), limits=FAST) as story:
        await story.crowd(30)
        await story.group(-4001)
        for number in range(10):
            await story.publish(f"p{number}")
            await story.wire.spoke(31 * min(number + 1, 5), seconds=600)
        first = refusals(story.room.telegram)[-4001]
        await story.ends_true()
        assert set(refusals(story.room.telegram)) == {-4001}
        assert first <= 2


@pytest.mark.parametrize("seed", seeds(1))
@hurried(60)
async def test_a_storm_of_429s_delays_everything_and_loses_nothing(tmp_path: Path, seed: int) -> None:
    die = random.Random(seed)
    async with desk_story(tmp_path) as story:
        await story.crowd(40)
        await story.group(-4001)
        telegram = story.room.telegram
        for number in range(6):
            chat = die.choice([None, -4001, 10_003])
            telegram.fail(chat=chat, times=die.randint(1, 5), error=wait(die.choice((1, 3, 30, 61))))
            await story.publish(f"p{number}")
            await story.some_more(die.randint(1, 40), seconds=60.0)
            if number % 2:
                await story.publish(f"p{die.randint(0, number)}")
        await story.take_away("p1")
        await story.ends_true(seconds=3000)
        assert refusals(telegram)


CLOSED = ("Forbidden: bot was blocked by the user", "Forbidden: user is deactivated")


@pytest.mark.parametrize("why", CLOSED)
@hurried(20)
async def test_a_storm_of_403s_closes_each_chat_at_its_first_and_the_others_get_everything(
    tmp_path: Path, why: str
) -> None:
    async with desk_story(tmp_path) as story:
        await story.crowd(60)
        await story.publish("a")
        await story.wire.spoke(60)
        for person in range(10_000, 10_030):
            telegram = story.room.telegram
            telegram.block(person) if "blocked" in why else telegram.deactivate(person)
        await story.publish("b", "c", "d")
        await story.publish("a")
        await story.publish("e")
        story.followers = story.followers[30:]
        await story.ends_true()
        assert set(refusals(story.room.telegram, 403).values()) == {1}
        assert len(refusals(story.room.telegram, 403)) == 30


@pytest.mark.parametrize("seed", seeds(2))
@hurried(10)
async def test_groups_that_move_in_the_middle_of_everything_lose_and_repeat_nothing(tmp_path: Path, seed: int) -> None:
    die = random.Random(seed)
    async with desk_story(tmp_path) as story:
        await story.crowd(20)
        for number in range(10):
            await story.group(-4001 - number)
        groups = [one.chat for one in story.followers if one.chat < 0]
        die.shuffle(groups)
        for number in range(6):
            await story.publish(f"p{number}")
            await story.some_more(die.randint(1, 25))
            for _ in range(die.randint(0, 3)):
                moved(story, groups.pop()) if groups else None
            if number in (2, 4):
                await story.publish(f"p{number - 1}")
        await story.take_away("p0")
        await story.ends_true()


def moved(story: DeskStory, group: int) -> None:
    to = story.room.telegram.migrate(group)
    story.followers = [replace(one, chat=to, was=(group,)) if one.chat == group else one for one in story.followers]
