"""What nobody else notices: looked at, told, and over again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import watcher
from bot.core import signs
from bot.core.model import Done, Lane, Outcome, Refused, Unknown
from bot.core.plan import Send, Waiting
from bot.core.signs import GIGABYTE, Stuck
from bot.core.standing import Kind
from bot.counting import Counting
from bot.demo.telegram import Fault
from bot.desk import Desk
from bot.lateness import Lateness
from bot.pace import Pace
from bot.vitals import Vitals
from bot.watcher import Watched, Watcher, space_of
from storage import Claim, StoreError
from tests.alarming import AtOnce, alarms_into
from tests.engines import on_sqlite
from tests.ledger import Ledger
from tests.newsroom import FAST, newsroom, post, settings_of
from tests.polling import MORNING

ANN, BEN = 2001, 2002
NO_RIGHTS = "Bad Request: not enough rights to send photos"


@dataclass
class Lookout:
    """A watcher whose disk, polls and network are the test's."""

    ledger: Ledger
    now: datetime = MORNING
    appointed: dict[str, datetime] = field(default_factory=dict)
    begun: dict[str, datetime] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)  # addresses that another node polls
    put_back: timedelta = timedelta(0)  # the clock on the wall
    lost_for: float = 0.0
    free: int = 10 * GIGABYTE
    stuck: Stuck | None = None
    told: list[str] = field(default_factory=list)
    pace: Pace = field(init=False)
    vitals: Vitals = field(init=False)
    alarms: AtOnce = field(init=False)
    watcher: Watcher = field(init=False)
    lateness: Lateness = field(init=False)

    def __post_init__(self) -> None:
        self.ledger.now = self.now.timestamp()
        self.pace = Pace(FAST, clock=self._seconds)
        self.vitals = Vitals(self.pace, clock=self._seconds)
        self.alarms = alarms_into(self.told, self.ledger.store, lambda: self.now)
        watched = Watched(
            store=self.ledger.store,
            pace=self.pace,
            floods=self.vitals.floods,
            lost_for=lambda: self.lost_for,
            stuck=lambda: self.stuck,
            space=lambda path: (self.free, 20 * GIGABYTE),
        )
        self.watcher = Watcher(watched, self.alarms, now=lambda: self.now)
        self.lateness = Lateness(self, settings_of, self.alarms, lambda: self.now - self.put_back)

    def _seconds(self) -> float:
        return self.now.timestamp()

    def flooded(self, chat: int, after: float) -> None:
        self.pace.flooded(chat, after)
        self.vitals.flooded()

    def holds(self, url: str) -> bool:
        return url not in self.elsewhere

    def next_polls(self) -> Mapping[str, datetime]:
        return self.appointed

    def last_polls(self) -> Mapping[str, datetime]:
        return self.begun

    async def looks(self, times: int = 1, *, after: timedelta = timedelta(seconds=30)) -> list[str]:
        """What is told meanwhile."""
        before = len(self.told)
        for _ in range(times):
            self.now += after
            self.ledger.now = self.now.timestamp()
            await self.watcher.look()
            await self.lateness.look()
        return self.told[before:]

    async def refuse(self, *people: int) -> None:
        def answer(claim: Claim) -> Outcome | None:
            return Refused(why=NO_RIGHTS) if claim.telegram_id in people else None

        while await self.ledger.deliver(answer):
            pass


@pytest.fixture
async def lookout(ledger: Ledger) -> Lookout:
    one = Lookout(ledger)
    one.appointed = {"storm": MORNING + timedelta(days=1)}
    assert await one.looks(3) == [], "all is well"
    return one


async def test_refusals_are_told_once_and_over_when_none_is_left(lookout: Lookout) -> None:
    ledger = lookout.ledger
    for person in (ANN, BEN):
        await ledger.follow(person)
    for key in ("a", "b"):
        await ledger.publish(key)
        await ledger.expand()
        await lookout.refuse(ANN)
        said = await lookout.looks(3)
        assert len(said) == (1 if key == "a" else 0)
    assert lookout.told[0].startswith(f"Telegram refused deliveries: “{NO_RIGHTS}”, 1 delivery in 1 chat, the newest")
    (alarm,) = await ledger.store.alarms()
    assert "2 deliveries in 1 chat" in alarm.text, "it grows"
    desk = Desk(ledger.store, settings_of, clock=lambda: ledger.now)
    assert await desk.requeue() == 2
    await ledger.run()
    assert ledger.shown(ANN) == ["ab"] or ledger.shown(ANN) == ["a", "b"]
    (said,) = await lookout.looks(3)
    assert said.startswith("Over: Telegram refused deliveries; no delivery is refused any more")


@on_sqlite
async def test_a_disk_that_is_nearly_full_is_told_once_and_over_with_some_room_more(lookout: Lookout) -> None:
    lookout.free = GIGABYTE // 2
    (said,) = await lookout.looks(3)
    assert said.startswith("The disk is nearly full: 500 MB of 20.0 GB are free at ")
    lookout.free = GIGABYTE + GIGABYTE // 10
    assert await lookout.looks(3) == []
    lookout.free = 2 * GIGABYTE
    (said,) = await lookout.looks(3)
    assert said.startswith("Over: The disk is nearly full; 2.0 GB of 20.0 GB are free. It lasted 3 minutes")


def test_the_space_of_a_real_disk_is_some_of_it(tmp_path: Path) -> None:
    free, total = space_of(tmp_path)
    assert 0 <= free <= total


async def test_429s_that_pile_up_are_told_once_and_over_after_ten_quiet_minutes(lookout: Lookout) -> None:
    for number in range(19):
        lookout.flooded(number % 2, 1.0)
    assert await lookout.looks() == []
    lookout.flooded(0, 1.0)
    (said,) = await lookout.looks(3)
    assert said.startswith("Telegram asks for patience: 20 answers of the last ten minutes were 429, and 100% of")
    assert await lookout.looks(16) == []
    (said,) = await lookout.looks(10)
    assert said.startswith("Over: Telegram asks for patience; not for ten minutes now")


async def test_a_flood_is_told_and_loses_nobody(tmp_path: Path) -> None:
    people, told = range(3000, 3020), list[str]()
    async with newsroom(tmp_path) as room:
        await room.follow(*people)
        flood = Fault.refuse(429, "Too Many Requests: retry after 1", retry_after=1)
        room.telegram.fail(method="sendMessage", times=signs.MANY_FLOODS, error=flood)
        await room.publish(post("a"))
        for person in people:
            await room.shows(person, "About a")
        watched = Watched(store=room.store, pace=room.pace, floods=room.vitals.floods)
        await Watcher(watched, alarms_into(told, room.store)).look()
    assert [said.split(":")[0] for said in told] == ["Telegram asks for patience"]


async def test_a_pace_that_stays_low_is_told(lookout: Lookout) -> None:
    for number in range(9):
        lookout.flooded(number, 1.0)
    assert lookout.pace.share < 0.5
    assert await lookout.looks(4) == []
    assert len(await lookout.looks(4)) == 1


async def test_floods_of_before_a_restart_are_not_over_because_nobody_remembers_them(lookout: Lookout) -> None:
    for _ in range(20):
        lookout.flooded(0, 1.0)
    assert len(await lookout.looks()) == 1
    again = Lookout(lookout.ledger, now=lookout.now, appointed=lookout.appointed)
    await again.alarms.remember()
    assert await again.looks(19) == []
    assert len(await again.looks(3)) == 1


async def test_a_blog_that_is_not_polled_in_its_time_is_told_and_over_with_its_next_poll(lookout: Lookout) -> None:
    lookout.begun["storm"], lookout.appointed["storm"] = lookout.now, lookout.now + timedelta(seconds=30)
    assert await lookout.looks(5) == [], "two minutes are none"
    (said,) = await lookout.looks(5)
    assert said.startswith(
        "storm: not polled since 09:01 UTC, though its schedule says so; its readers hear of nothing"
    )
    lookout.appointed["storm"] = lookout.now + timedelta(minutes=5)
    (said,) = await lookout.looks(3)
    assert said.startswith("storm: is polled again. It lasted ")


async def test_a_blog_that_another_node_polls_is_late_for_that_node_alone(lookout: Lookout) -> None:
    elsewhere = {"https://blog.example/live"}
    lookout.elsewhere, lookout.appointed = elsewhere, {}
    assert await lookout.looks(40) == []
    lookout.elsewhere, lookout.appointed = set(), {"storm": lookout.now - timedelta(minutes=5)}
    assert len(await lookout.looks(2)) == 1
    lookout.elsewhere, lookout.appointed = elsewhere, {"storm": lookout.now + timedelta(hours=1)}
    assert await lookout.looks(2) == [], "whoever polls it says when that is over"


async def test_a_machine_that_was_suspended_is_no_alarm(lookout: Lookout) -> None:
    """After it woke, the first look may come before the polls that were missed."""
    lookout.appointed["storm"] = lookout.now + timedelta(minutes=5)
    assert await lookout.looks(after=timedelta(hours=9)) == []
    lookout.appointed["storm"] = lookout.now + timedelta(minutes=5)
    assert await lookout.looks(3) == []


async def test_a_poll_that_never_ends_is_told(lookout: Lookout) -> None:
    del lookout.appointed["storm"]
    lookout.begun["storm"] = lookout.now
    assert await lookout.looks(30) == []
    assert len(await lookout.looks(5)) == 1


async def test_telegram_out_of_reach_is_told_when_it_is_back(lookout: Lookout) -> None:
    for _ in range(10):
        lookout.lost_for += 30
        assert await lookout.looks() == []
    assert [one.kind for one in await lookout.ledger.store.alarms()] == [Kind.UNREACHABLE]
    lookout.lost_for = 0.0
    (said,) = await lookout.looks(3)
    assert said.startswith("Over: Telegram could not be reached; it answers again")


async def test_a_short_silence_of_telegram_is_nothing(lookout: Lookout) -> None:
    lookout.lost_for = 90.0
    assert await lookout.looks() == []
    lookout.lost_for = 0.0
    assert await lookout.looks() == []


async def test_a_bot_that_may_send_nothing_is_told_once_until_something_is_taken(lookout: Lookout) -> None:
    for _ in range(5):
        lookout.watcher.halted("Unauthorized")
        await lookout.looks()
    assert len(lookout.told) == 1
    assert lookout.told[0].startswith("Telegram takes no messages: Unauthorized; what waits is kept")
    lookout.watcher.halted(None)
    (said,) = await lookout.looks(3)
    assert said.startswith("Over: Telegram takes no messages; it does again")


async def test_a_mistake_of_ours_is_over_when_it_did_not_happen_for_half_an_hour(lookout: Lookout) -> None:
    async def breaks() -> None:
        await lookout.alarms.raised(Kind.BROKE, "", "no such table", part="/latest", subject="/latest: StoreError")

    await breaks()
    assert await lookout.looks(50) == []
    await breaks()
    assert await lookout.looks(50) == [], "it happened again"
    (said,) = await lookout.looks(20)
    assert said.startswith("Over: /latest: StoreError; it did not happen again for 30 minutes")


@on_sqlite
async def test_what_is_refused_all_the_time_keeps_nobody_from_looking_at_the_rest(
    lookout: Lookout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(watcher, "TOGETHER_SECONDS", 0.0)

    async def refused_again() -> None:
        lookout.watcher.refused(NO_RIGHTS)

    monkeypatch.setattr(lookout.watcher, "_at_halts", refused_again)
    running = asyncio.create_task(lookout.watcher.run())
    await asyncio.sleep(0)
    lookout.free = 0
    async with asyncio.timeout(60):
        while not lookout.told:  # noqa: ASYNC110 it is told aside
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@on_sqlite
async def test_what_cannot_be_looked_at_hides_nothing_else(lookout: Lookout, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(bot: str) -> Any:
        raise StoreError("disk I/O error")

    monkeypatch.setattr(lookout.ledger.store, "refused", failing)
    watched = replace(lookout.watcher._watched, floods=lambda seconds: 1 / 0)  # type: ignore[arg-type,return-value]
    lookout.watcher._watched = watched
    lookout.free = 0
    assert len(await lookout.looks()) == 1


async def test_no_blog_is_late_because_the_clock_on_the_wall_was_put_back(lookout: Lookout) -> None:
    """Our own time never goes back; appointments are made by the wall's, and were made anew."""
    lookout.put_back = timedelta(hours=1)
    for _ in range(4):
        lookout.begun = {"storm": lookout.now - lookout.put_back}
        lookout.appointed = {"storm": lookout.begun["storm"] + timedelta(seconds=30)}
        assert await lookout.looks() == []


# --- what waits ----------------------------------------------------------------------------------------------------


async def test_that_nothing_leaves_is_told_once_with_its_end(lookout: Lookout) -> None:
    lookout.stuck = Stuck(12_000, 70.0)
    (said,) = await lookout.looks()
    assert said.startswith("Nothing leaves: 12,000 deliveries wait and none has left for a minute; readers hear of")
    assert said.endswith("What to do: docs/operations.md, “Nothing leaves”.")
    lookout.stuck = Stuck(12_400, 400.0)
    assert await lookout.looks(5) == []
    lookout.stuck = None
    (said,) = await lookout.looks(3)
    assert said.startswith("Over: Nothing leaves; what waited is on its way. It lasted")


async def test_that_nothing_leaves_is_not_told_where_its_cause_is(lookout: Lookout) -> None:
    lookout.stuck, lookout.lost_for = Stuck(1, 70.0), 70.0
    assert await lookout.looks() == []
    lookout.lost_for = 0.0
    lookout.watcher.halted("Telegram does not know this token")
    (said,) = await lookout.looks(2)
    assert said.startswith("Telegram takes no messages")


async def test_a_sender_whose_every_message_fails_is_told_of(lookout: Lookout) -> None:
    await lookout.ledger.follow(ANN)
    await lookout.ledger.publish("a")
    row = Waiting(post=1, thread=0, lane=Lane.LIVE, wanted=1, sent=0, since=0.0)
    counting = Counting(store=lookout.ledger.store, vitals=lookout.vitals)
    lookout.vitals.looked()
    lookout.vitals.settled(Send(rows=(row,)), Unknown(why="502"), lookout.now.timestamp())
    await lookout.ledger.expand()
    await counting.count()
    for seconds in (30, 31):
        lookout.now += timedelta(seconds=seconds)
        lookout.vitals.looked()
        lookout.stuck = lookout.vitals.stuck()
        assert (lookout.stuck is not None) is (seconds == 31)
    (said,) = await lookout.looks()
    assert said.startswith("Nothing leaves: 1 delivery waits")
    lookout.vitals.settled(Send(rows=(row,)), Done(), lookout.now.timestamp())
    lookout.stuck = lookout.vitals.stuck()
    (said,) = await lookout.looks()
    assert said.startswith("Over: Nothing leaves")


# --- backups -------------------------------------------------------------------------------------------------------


@on_sqlite
async def test_backups_that_a_schedule_makes_no_more_are_told_once_with_their_end(lookout: Lookout) -> None:
    path = lookout.ledger.store.path
    folder = path.parent / "backups"
    folder.mkdir()

    def made(days: int) -> None:
        at = MORNING - timedelta(days=days)
        (folder / f"{path.stem}-{at:%Y%m%d-%H%M%S}.db").touch()

    made(9)
    (folder / f"{path.stem}-99999999-999999.db").touch()
    (folder / "somebody-else-20240101-000000.db").touch()
    assert await lookout.looks(2) == [], "one is no schedule"
    made(8)
    made(7)
    (said,) = await lookout.looks(3)
    last = MORNING - timedelta(days=7)
    assert said.startswith(f"Backups have stopped: the last one is of {last:%-d %b %H:%M} UTC; if the disk fails")
    note = json.dumps({"at": lookout.now.timestamp(), "file": "/elsewhere/relay.db"})
    await lookout.ledger.store.keep_note("last backup", note)
    (said,) = await lookout.looks(2)
    assert said.startswith("Over: Backups have stopped; there is a new one")
