"""A bad road to Telegram: answers that are lost, cut, late or somebody else's."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos import seeds
from tests.chaos_day import storm
from tests.desk_story import desk_story
from tests.fault_proxy import UNDONE, Exchange, Ill, Slow
from tests.hurried import hurried


@pytest.mark.parametrize("ill", Ill, ids=lambda ill: ill.name.lower())
@hurried(20)
async def test_each_ill_of_the_road_loses_nothing_and_repeats_only_what_lost_its_answer(
    tmp_path: Path, ill: Ill
) -> None:
    async with desk_story(tmp_path) as story:
        await story.crowd(20)
        for keys in (["a"], ["a"], ["b", "c", "d"], ["c"]):
            began = len(story.wire.spoken)
            story.wire.weather = lambda exchange, began=began: (
                ill if exchange.speaks and exchange.number < began + 10 else None
            )
            await story.publish(*keys)
            await story.wire.spoke(began + 20, seconds=600)
        found = await story.ends_true()
        assert story.wire.ills[ill] == 40
        assert found.copies.total() == story.wire.doubts.total()
        assert bool(found.copies) is (ill not in UNDONE and ill is not Ill.TRICKLED)


@pytest.mark.parametrize("seed", seeds(3))
@hurried(20)
async def test_in_any_storm_nothing_is_lost_and_only_what_lost_its_answer_comes_twice(
    tmp_path: Path, seed: int
) -> None:
    die = random.Random(seed)
    async with desk_story(tmp_path) as story:
        await story.crowd(die.randint(10, 60))
        await story.group(-4001)
        story.wire.weather = storm(die, die.choice((0.1, 0.3, 0.6)))
        keys = [f"p{number}" for number in range(8)]
        for number, key in enumerate(keys):
            await story.publish(key)
            await story.some_more(die.randint(0, 30))
            if standing := [one for one in keys[: number + 1] if one not in story.truth.gone]:
                change = die.choice((story.publish, story.publish, story.take_away))
                await change(die.choice(standing))
        await story.ends_true()


@pytest.mark.parametrize(
    "ill", [Ill.LOST, Ill.TRUNCATED, Ill.SHORTENED, Ill.TIMED_OUT], ids=lambda ill: ill.name.lower()
)
@hurried(20)
async def test_where_the_file_says_drop_a_lost_answer_brings_nothing_twice(tmp_path: Path, ill: Ill) -> None:
    async with desk_story(tmp_path, delivery='ambiguous = "drop"') as story:
        await story.crowd(20)
        story.wire.weather = lambda exchange: ill if exchange.number < 10 else None
        await story.publish("a")
        await story.wire.spoke(20, seconds=600)
        await story.ends_true(copies=0)


@hurried(20)
async def test_while_nobody_answers_nothing_is_lost_and_it_goes_on_when_the_road_is_open_again(tmp_path: Path) -> None:
    async with desk_story(tmp_path) as story:
        await story.crowd(20)
        await story.publish("a")
        await story.wire.spoke(10)
        await story.wire.stop()
        for key in ("b", "a", "c"):
            await story.publish(key)
        await story.wire.start(story.wire.port)
        await story.ends_true()


@hurried(20)
async def test_an_answer_that_comes_after_all_patience_is_a_lost_one(tmp_path: Path) -> None:
    def late(exchange: Exchange) -> Slow | None:
        return Slow(back=60.0) if exchange.speaks and exchange.number < 5 else None

    async with desk_story(tmp_path) as story:
        await story.crowd(20)
        story.wire.weather = late
        await story.publish("a")
        await story.wire.spoke(25, seconds=600)
        found = await story.ends_true()
        assert found.copies.total() == 5
