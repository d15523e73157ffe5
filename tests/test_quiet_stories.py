"""Readers who want to hear later, or less: counted from what the chats of the local Telegram hold."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.choices import Choices, Quiet
from bot.core.model import Image, Volume
from bot.demo.telegram import LocalMessage
from tests.choosing import choose_in, hear_in
from tests.newsroom import Newsroom, newsroom, post
from tests.service import Service, service

ANN, BEN = 2001, 2002
HOUR = 3600.0
PATIENCE = 60.0  # seconds; a process takes its time where many run
NIGHT = Quiet(start=22 * 60, end=7 * 60)
EVENING = datetime(2026, 3, 4, 23, 0, tzinfo=ZoneInfo("UTC")).timestamp()
MORNING = EVENING + 8 * HOUR
QUAY, MOLE = (Image(url=f"https://blog.example/{name}.jpg", credit="Ann Lee") for name in ("quay", "mole"))


class Hands:
    """A clock that stands until it is put on."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Town:
    """A newsroom, and its clock."""

    def __init__(self, room: Newsroom, clock: Hands) -> None:
        self.room, self.clock = room, clock

    async def chat(self, person: int) -> int:
        await self.room.follow(person)
        found = await self.room.store.chat("main", person)
        assert found is not None
        return found.id

    async def choose(self, person: int, **choices: object) -> None:
        await choose_in(self.room.store, await self.chat(person), Choices(**choices))  # type: ignore[arg-type]
        self.room.sender.wake()

    async def hear(self, person: int, volume: Volume, *, digest: str = "1h", **how: bool) -> None:
        how = {"sound": True, "pictures": True} | how
        await hear_in(
            self.room.store, chat=await self.chat(person), thread=0, blog="storm", volume=volume, digest=digest, **how
        )
        self.room.sender.wake()

    async def tell(self, *keys: str, **fields: object) -> None:
        """One post after the other, with a minute between and nothing left to do."""
        for key in keys:
            self.clock.at += 60.0
            await self.room.publish(post(key, **fields))
            await self.room.quiet()

    def put_on(self, at: float) -> None:
        self.clock.at = at
        self.room.sender.wake()

    def standing(self, person: int) -> list[LocalMessage]:
        return [message for message in self.room.telegram.chats[person].from_bot() if message.visible]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = Hands(EVENING)
    async with newsroom(tmp_path, clock=clock) as room:
        yield Town(room, clock)


# --- quiet hours ---------------------------------------------------------------------------------------------------


async def test_a_quiet_night_ends_with_one_message_and_breaking_news_comes_through(town: Town) -> None:
    await town.choose(ANN, quiet=NIGHT)
    await town.tell("a", "b")
    await town.room.push("All ports closed.")
    await town.room.shows(ANN, "All ports closed.")
    await town.tell("c")
    town.put_on(MORNING)
    await town.room.shows(ANN, "All ports closed.", "Storm: 3 updates")
    assert [line.split(" · ")[1] for line in town.room.screen(ANN)[1].split("\n")[1:]] == [
        "About a",
        "About b",
        "About c",
    ]


async def test_three_hundred_posts_of_a_night_are_one_message_that_stays_true(town: Town) -> None:
    await town.choose(ANN, quiet=NIGHT)
    for hour in range(6):
        town.clock.at += HOUR
        await town.room.publish(*(post(f"p{hour}-{number}") for number in range(50)))
        await town.room.quiet()
    town.put_on(MORNING)
    await town.room.shows(ANN, "Storm: 300 updates")
    (text,) = town.room.screen(ANN)
    lines = text.split("\n")[1:]
    assert lines[-2].endswith("About p5-49")
    assert lines[-1] == f"and {300 - len(lines) + 1} more before these"
    await town.room.publish(post("p5-49", "Calm again.", title="It is over"), post("p0-0", "Nobody sees it."))
    await town.room.take_away("p5-48")
    await town.room.quiet()
    await town.room.telegram.until(lambda: "It is over" in town.room.screen(ANN)[0])
    (text,) = town.room.screen(ANN)
    assert "withdrawn by the publisher" in text
    assert "About p5-48" not in text
    assert len(town.room.screen(ANN)) == 1


async def test_corrections_and_withdrawals_of_what_stands_there_pass_in_the_night(town: Town) -> None:
    await town.chat(ANN)
    await town.tell("a", "b")
    await town.choose(ANN, quiet=NIGHT, muted_until=MORNING)
    await town.room.publish(post("a", title="Three boats lost"))
    await town.room.take_away("b")
    await town.room.shows(ANN, "Three boats lost", "withdrawn by the publisher")


async def test_a_mute_holds_breaking_news_as_well_and_ends_by_itself_or_by_a_word(town: Town) -> None:
    for person in (ANN, BEN):
        await town.choose(person, muted_until=EVENING + HOUR)
    await town.room.push("All ports closed.")
    await town.tell("a", "b")
    assert town.room.screen(ANN) + town.room.screen(BEN) == []
    await town.choose(BEN)
    await town.room.shows(BEN, "All ports closed.", "Storm: 2 updates")
    assert town.room.screen(ANN) == []
    town.put_on(EVENING + HOUR)
    await town.room.shows(ANN, "All ports closed.", "Storm: 2 updates")


async def test_when_the_clock_jumps_the_night_is_neither_lost_nor_told_twice(town: Town) -> None:
    await town.choose(ANN, quiet=NIGHT)
    await town.tell("a", "b")
    town.put_on(MORNING + 30 * 24 * HOUR)
    await town.room.shows(ANN, "Storm: 2 updates")
    town.put_on(EVENING)
    await town.tell("c")
    town.put_on(MORNING)
    await town.room.shows(ANN, "Storm: 2 updates", "About c")


# --- digests, and key events ---------------------------------------------------------------------------------------


async def test_digests_come_at_their_times_and_nothing_between(town: Town) -> None:
    await town.hear(ANN, Volume.DIGEST, digest="08:00 18:00")
    await town.hear(BEN, Volume.DIGEST, digest="30m")
    await town.tell("a", "b")
    town.put_on(EVENING + HOUR / 2)
    await town.room.shows(BEN, "Storm: 2 updates")
    await town.tell("c")
    town.put_on(EVENING + HOUR)
    await town.room.shows(BEN, "Storm: 2 updates", "About c")
    assert town.room.screen(ANN) == []
    town.put_on(MORNING + HOUR)
    await town.room.shows(ANN, "Storm: 3 updates")
    await town.tell("d")
    town.put_on(MORNING + 11 * HOUR)
    await town.room.shows(ANN, "Storm: 3 updates", "About d")


async def test_followers_of_key_events_get_those_and_what_becomes_one(town: Town) -> None:
    await town.hear(ANN, Volume.KEY)
    await town.tell("a", "b", "c")
    await town.tell("k", key_event=True)
    await town.room.shows(ANN, "About k")
    await town.room.publish(post("a", title="All is lost", pinned=True))
    await town.room.shows(ANN, "About k", "All is lost")
    await town.room.publish(post("b", pinned=True))  # not a word of it changed
    await town.room.shows(ANN, "About k", "All is lost", "About b")
    await town.room.push("All ports closed.")
    await town.room.shows(ANN, "About k", "All is lost", "About b", "All ports closed.")


# --- sound and pictures --------------------------------------------------------------------------------------------


async def test_without_sound_what_is_new_comes_silently_and_a_morning_as_well(town: Town) -> None:
    await town.hear(ANN, Volume.EVERYTHING, sound=False)
    await town.chat(BEN)
    await town.tell("a")
    for person in (ANN, BEN):
        await town.choose(person, quiet=NIGHT)
    await town.tell("b", "c")
    town.put_on(MORNING)
    for person, silent in ((ANN, True), (BEN, False)):
        await town.room.shows(person, "About a", "Storm: 2 updates")
        assert [message.silent for message in town.standing(person)] == [silent, silent]


async def test_without_pictures_a_post_is_a_text_and_stays_one(town: Town) -> None:
    await town.hear(ANN, Volume.EVERYTHING, pictures=False)
    await town.chat(BEN)
    await town.tell("a", images=(QUAY, MOLE))
    await town.tell("b", images=(QUAY,))
    await town.room.shows(ANN, "About a", "About b")
    await town.hear(ANN, Volume.EVERYTHING)
    for number, images in enumerate([(QUAY,), (QUAY, MOLE)]):
        await town.room.publish(post("b", images=images, title=f"Boats {number}"))
        await town.room.quiet()
        await town.room.shows(ANN, "About a", f"Boats {number}")
    assert all(message.photo is None and "Photo" not in message.text for message in town.standing(ANN))
    assert [message.photo is not None for message in town.standing(BEN)] == [True, True, True]
    assert all(call.ok for call in town.room.telegram.calls)


async def test_pictures_that_stand_there_stay_when_the_chat_wants_no_more(town: Town) -> None:
    await town.chat(ANN)
    await town.tell("a", images=(QUAY,))
    await town.hear(ANN, Volume.EVERYTHING, pictures=False)
    await town.room.publish(post("a", images=(QUAY,), title="Two boats lost"))
    await town.room.shows(ANN, "Two boats lost")
    (message,) = town.standing(ANN)
    assert message.photo is not None
    assert message.photo.url == QUAY.url
    await town.tell("b", images=(QUAY,))
    assert town.standing(ANN)[1].photo is None


# --- as a process that is killed -----------------------------------------------------------------------------------


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        yield one


async def sleeper(relay: Service, person: int) -> None:
    """From now on and for hours it is quiet there."""
    await relay.followers(person)
    store = relay.store()
    chat = await store.chat("main", person)
    assert chat is not None
    minute = int(time.time() // 60) % 1440
    quiet = Quiet(start=(minute - 60) % 1440, end=(minute + 180) % 1440)
    await choose_in(store, chat.id, Choices(quiet=quiet, timezone="UTC"))
    await store.close()


async def start(relay: Service, *, hours: float = 0.0, step: str = "") -> None:
    words = ["-m", "tests.later", str(hours * HOUR), step, "run", "--config", str(relay.config)]
    relay.process = await relay.spawn_afresh(words)


@pytest.mark.parametrize("step", ["inside the falling asleep", "before the falling asleep commits"])
async def test_a_kill_while_a_chat_falls_asleep_loses_nothing_and_wakes_nobody(relay: Service, step: str) -> None:
    await relay.followers(BEN)
    await sleeper(relay, ANN)
    await start(relay, step=step)
    await relay.publisher.polled(seconds=PATIENCE)
    relay.publisher.publish("a")
    assert await relay.died(PATIENCE) == -9
    await start(relay)
    await relay.shows(BEN, "About a", seconds=PATIENCE)
    relay.publisher.publish("b")
    await relay.shows(BEN, "About a", "About b", seconds=PATIENCE)
    assert await relay.terminate() == 0
    assert relay.screen(ANN) == []
    await start(relay, hours=4)
    await relay.shows(ANN, "Storm: 2 updates", seconds=PATIENCE)
    await relay.shows(BEN, "About a", "About b", seconds=PATIENCE)


@pytest.mark.parametrize(
    ("step", "copies"),
    [
        ("inside the waking", 1),
        ("before the waking commits", 1),
        ("after the waking", 1),
        ("before the send", 1),
        ("before the settling commits", 2),
    ],
)
async def test_a_kill_at_waking_brings_the_night_all_the_same_and_twice_only_what_was_on_the_wire(
    relay: Service, step: str, copies: int
) -> None:
    await relay.followers(BEN)
    await sleeper(relay, ANN)
    await start(relay)
    await relay.publisher.polled(seconds=PATIENCE)
    relay.publisher.publish("a")
    relay.publisher.publish("b")
    await relay.telegram.until(lambda: len(relay.screen(BEN)) == 2, PATIENCE)
    await relay.kill()
    assert relay.screen(ANN) == []
    await start(relay, hours=4, step=step)
    assert await relay.died(PATIENCE) == -9
    await start(relay, hours=4)
    await relay.telegram.until(lambda: relay.headlines(ANN).count("Storm: 2 updates") == copies, PATIENCE)
    relay.publisher.publish("c")  # before, it may have its place in what the night brings
    await relay.telegram.until(lambda: "About c" in relay.headlines(ANN), PATIENCE)
    assert relay.headlines(ANN) == ["Storm: 2 updates"] * copies + ["About c"]


async def test_what_a_chat_chooses_is_noticed_by_the_running_relay(relay: Service) -> None:
    await relay.followers(BEN)
    await sleeper(relay, ANN)
    await start(relay)
    await relay.publisher.polled(seconds=PATIENCE)
    relay.publisher.publish("a")
    await relay.shows(BEN, "About a", seconds=PATIENCE)
    store = relay.store()
    chat = await store.chat("main", ANN)
    assert chat is not None
    assert relay.screen(ANN) == []
    await choose_in(store, chat.id, Choices())
    await relay.shows(ANN, "About a", seconds=PATIENCE)
    await store.close()
