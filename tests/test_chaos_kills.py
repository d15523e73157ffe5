"""The relay is ended in the middle of its work, again and again. What the chats hold at the end is what counts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos import IN_DOUBT, chaos, seeds
from tests.chaos_day import Day
from tests.screens import Follower

CROWD = 5000


async def test_a_broadcast_to_5000_chats_survives_kills_at_a_quarter_half_and_three_quarters(tmp_path: Path) -> None:
    async with chaos(tmp_path, limits="messages_per_second = 1000\nmessages_per_chat_per_second = 50") as story:
        await story.crowd(CROWD)
        await story.start()
        story.publish("a")
        for part in (0.25, 0.5, 0.75):
            await story.wire.spoke(int(part * CROWD))
            await story.kill()
            await story.relay.start()
        await story.ends_true(copies=3 * IN_DOUBT)


async def test_an_edit_at_30_and_a_withdrawal_at_60_percent_with_a_kill_after_each_end_true(tmp_path: Path) -> None:
    """All stands still at a gate while the page changes, so it is known to the message what was on the wire."""
    async with chaos(tmp_path) as story:
        await story.crowd(200)
        leaves = story.followers[-2:]
        forum, (first, second) = story.forum()
        at_their_limit = [story.group(number) for number in range(3)]
        await story.follow(
            [
                Follower(chat=forum, thread=first),
                Follower(chat=forum, thread=second, topic="ferries"),
                *(Follower(chat=group) for group in at_their_limit),
            ]
        )
        await story.start()

        gate = story.wire.shut(60, done=True)
        story.publish("a", "ferries")
        await gate.reached.wait()
        story.publish("a", "ferries")
        story.publish("b")
        await story.polled(2)
        await story.kill(unwritten=0)

        gate = story.wire.shut(60)
        await story.relay.start()
        await gate.reached.wait()
        story.take_away("a")
        story.relay.telegram.block(leaves[0].chat)
        story.relay.telegram.say(leaves[1].chat, leaves[1].chat, "/unsubscribe storm")
        await story.polled(4)
        await story.kill(unwritten=0)

        story.followers = [one for one in story.followers if one not in leaves]
        story.fill_up(at_their_limit, seconds_left=5.0)
        await story.relay.start()
        await story.ends_true()
        assert {call.chat for call in story.relay.telegram.calls if call.code == 429} <= set(at_their_limit)


@pytest.mark.parametrize("seed", seeds(1))
async def test_any_course_of_events_ends_with_every_screen_as_the_page_is(tmp_path: Path, seed: int) -> None:
    async with chaos(tmp_path) as story:
        day = Day(story, random.Random(seed))
        await day.begin()
        for _ in range(6):
            await day.act()
        await day.end()
