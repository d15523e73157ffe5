"""What may happen to a relay on one day, by the roll of a seeded die."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

from bot.demo.telegram import Fault
from tests.chaos import Chaos
from tests.fault_proxy import Exchange, Ill, Slow, Weather, calm
from tests.screens import Follower

ACTS = (
    "publish", "publish", "publish", "edit", "edit", "take_away", "kill", "kill", "terminate", "storm", "flood",
    "block", "migrate", "clear_up",
)  # fmt: skip


def storm(die: random.Random, share: float) -> Weather:
    """So many of all exchanges go wrong, in any way there is."""

    def weather(exchange: Exchange) -> Ill | Slow | None:
        if die.random() >= (share if exchange.speaks else share / 4):
            return None
        return die.choice((*Ill, Slow(back=0.1), Slow(there=0.3)))

    return weather


class Day:
    def __init__(self, story: Chaos, die: random.Random) -> None:
        self.story, self.die = story, die
        self.done: list[str] = []
        self.groups: list[int] = []
        self.number = 0

    async def begin(self) -> None:
        story = self.story
        await story.crowd(self.die.randint(20, 120))
        forum, threads = story.forum()
        self.groups = [story.group(number) for number in range(3)]
        followers = [Follower(chat=forum, thread=thread, topic=self.die.choice(("", "ferries"))) for thread in threads]
        await story.follow([*followers, *(Follower(chat=group) for group in self.groups)])
        await story.start()
        for _ in range(2):
            await self.publish()

    async def act(self) -> None:
        """One thing happens; then it lasts for a while."""
        act = self.die.choice(ACTS)
        self.done.append(act)
        await getattr(self, act)()
        if self.die.random() < 0.5:
            await self.story.polled(self.die.randint(1, 2))

    async def end(self) -> None:
        """The sky clears, and everything comes true."""
        story = self.story
        story.wire.weather = calm
        try:
            await story.ends_true(seconds=90)
        except AssertionError as error:
            raise AssertionError(f"after {', '.join(self.done)}: {error}") from None

    # --- what may happen ---------------------------------------------------------------------------------------------

    async def publish(self) -> None:
        self.number += 1
        self.story.publish(f"p{self.number}", self.die.choice(("", "ferries")))

    async def edit(self) -> None:
        if standing := self._standing():
            key = self.die.choice(standing)
            self.story.publish(key, self.story.truth.topics[key])

    async def take_away(self) -> None:
        """One at a time: many holes at once are doubted, and rightly."""
        if len(standing := self._standing()) > 3:
            self.story.take_away(self.die.choice(standing))
            await self.story.polled(4)

    async def kill(self) -> None:
        await self._some_moment()
        await self.story.kill()
        await self.story.relay.start()

    async def terminate(self) -> None:
        await self._some_moment()
        assert await self.story.relay.terminate() == 0, self.story.relay.log[-3000:]
        await self.story.relay.start()

    async def storm(self) -> None:
        self.story.wire.weather = storm(self.die, self.die.choice((0.05, 0.2, 0.5)))

    async def clear_up(self) -> None:
        self.story.wire.weather = calm

    async def flood(self) -> None:
        """Telegram has had enough of somebody, or of us."""
        chat = self.die.choice([None, *(one.chat for one in self.story.followers)])
        error = Fault.refuse(429, "Too Many Requests: retry after 1", retry_after=1)
        self.story.relay.telegram.fail(method="sendMessage", chat=chat, times=self.die.randint(1, 20), error=error)

    async def block(self) -> None:
        """A reader blocks the bot, and repents after a while."""
        people = [one for one in self.story.followers if one.chat > 0]
        follower = self.die.choice(people)
        self.story.relay.telegram.block(follower.chat)
        await self.publish()
        await self.story.polled(2)
        self.story.relay.telegram.unblock(follower.chat)
        self._instead(follower, replace(follower, misses=True))

    async def migrate(self) -> None:
        """A group becomes a supergroup, with another id."""
        if not self.groups:
            return
        group = self.groups.pop()
        follower = next(one for one in self.story.followers if one.chat == group)
        self._instead(follower, replace(follower, chat=self.story.relay.telegram.migrate(group), was=(group,)))

    # --- how it is done ----------------------------------------------------------------------------------------------

    def _standing(self) -> list[str]:
        truth = self.story.truth
        return [key for key in truth.versions if key not in truth.gone]

    def _instead(self, before: Follower, after: Follower) -> None:
        self.story.followers = [after if one == before else one for one in self.story.followers]

    async def _some_moment(self) -> None:
        """After some more messages, or a poll where nothing is said."""
        wire = self.story.wire
        some = asyncio.create_task(wire.spoke(len(wire.spoken) + self.die.randint(1, 100)))
        poll = asyncio.create_task(self.story.polled())
        await asyncio.wait({some, poll}, return_when=asyncio.FIRST_COMPLETED)
        for one in (some, poll):
            one.cancel()
        await asyncio.gather(some, poll, return_exceptions=True)
