"""Whether the relay is ready, and who is told why it is not."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import readiness
from bot.core.model import Lane, Unknown
from bot.core.plan import Send, Waiting
from bot.core.readiness import Seen, reasons
from bot.core.signs import Stuck
from bot.pace import Limits, Pace
from bot.readiness import Probe, Readiness
from bot.vitals import Counts, Vitals
from bot.web.guard import Guard
from bot.web.health import Health
from storage import Store, StoreError
from tests.engines import on_sqlite
from tests.newsroom import settings_of
from tests.ports import free_port
from tests.service import service
from tests.test_guard import PASSWORD, Notes

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
GOOD = Seen()


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (GOOD, ()),
        (replace(GOOD, started=False, late=("storm",)), ("starting",)),
        (replace(GOOD, store="disk full"), ("database: disk full",)),
        (replace(GOOD, telegram_lost_for=60.0), ()),
        (replace(GOOD, telegram_lost_for=130.0), ("telegram: not reached for 130 s",)),
        (replace(GOOD, telegram_lost_for=400.0, stuck=Stuck(3, 400.0)), ("telegram: not reached for 400 s",)),
        (replace(GOOD, stuck=Stuck(3, 61.0)), ("queue: 3 wait, and none has left for 61 s",)),
        (replace(GOOD, late=("storm", "flood")), ("polls: storm is late", "polls: flood is late")),
        (
            replace(GOOD, store="locked", telegram_lost_for=130.0, late=("storm",)),
            ("database: locked", "telegram: not reached for 130 s", "polls: storm is late"),
        ),
    ],
)
def test_each_thing_that_is_not_done_is_a_reason(seen: Seen, said: tuple[str, ...]) -> None:
    assert reasons(seen) == said


# --- what is seen --------------------------------------------------------------------------------------------------


class Day:
    """A relay of which nothing runs: its clock and appointments are the test's."""

    def __init__(self, store: Store) -> None:
        self.now = NOON
        self.appointed: dict[str, datetime] = {"storm": NOON}
        self.begun: dict[str, datetime] = {"storm": NOON - timedelta(seconds=20)}
        self.elsewhere: set[str] = set()  # addresses that another node polls
        self.started, self.lost_for = True, 0.0
        self.pace = Pace(Limits(), clock=self.seconds)
        self.vitals = Vitals(self.pace, clock=self.seconds)
        self.readiness = Readiness(
            store=store,
            vitals=self.vitals,
            settings=settings_of,
            polls=self,
            started=lambda: self.started,
            lost_for=lambda: self.lost_for,
            wall=lambda: self.now,
        )

    def seconds(self) -> float:
        return self.now.timestamp()

    def holds(self, url: str) -> bool:
        return url not in self.elsewhere

    def next_polls(self) -> Mapping[str, datetime]:
        return self.appointed

    def last_polls(self) -> Mapping[str, datetime]:
        return self.begun

    def fail(self) -> None:
        row = Waiting(post=1, thread=0, lane=Lane.LIVE, wanted=1, sent=0, since=0.0)
        self.vitals.settled(Send(rows=(row,)), Unknown(why=""), self.seconds())


@pytest.fixture
async def day(store: Store) -> Day:
    await store.note("")  # its tables are made: to look is quick
    return Day(store)


async def test_a_relay_at_work_is_ready(day: Day) -> None:
    assert await day.readiness.reasons() == ()
    day.started = False
    assert await day.readiness.reasons() == ("starting",)


async def test_a_blog_is_late_by_its_own_schedule_and_not_while_it_is_being_polled(day: Day) -> None:
    day.now += timedelta(minutes=5)
    assert await day.readiness.reasons() == ("polls: storm is late",)
    day.appointed = {"storm": day.now + timedelta(hours=6)}
    assert await day.readiness.reasons() == ()
    day.appointed = {}
    assert await day.readiness.reasons() == ()
    day.now += timedelta(minutes=20)
    assert await day.readiness.reasons() == ("polls: storm is late",)


async def test_a_sender_that_stands_still_before_a_queue_is_seen_unless_telegram_told_it_to_rest(day: Day) -> None:
    day.appointed = {"storm": NOON + timedelta(hours=1)}
    day.vitals.counts = Counts(queue={Lane.LIVE: 7})
    day.pace.rest(600.0)
    day.now += timedelta(minutes=9)
    assert await day.readiness.reasons() == ()
    day.now += timedelta(minutes=5)
    [reason] = await day.readiness.reasons()
    assert reason.startswith("queue: 7 wait")
    day.vitals.looked()
    assert await day.readiness.reasons() == ()


async def test_messages_that_all_fail_are_seen_and_one_that_does_not_ends_it(day: Day) -> None:
    day.appointed = {"storm": NOON + timedelta(hours=1)}
    day.vitals.counted(Counts(queue={Lane.LIVE: 1}))
    day.fail()
    day.now += timedelta(minutes=6)
    day.fail()
    assert await day.readiness.reasons() == ("queue: 1 wait, and none has left for 360 s",)
    day.lost_for = 360.0
    assert await day.readiness.reasons() == ("telegram: not reached for 360 s",)
    day.lost_for = 0.0
    day.vitals.counted(Counts())  # it was taken down, say
    day.vitals.counted(Counts(queue={Lane.LIVE: 1}))
    assert await day.readiness.reasons() == ()


# --- the probe -----------------------------------------------------------------------------------------------------


@on_sqlite
async def test_a_database_that_somebody_else_has_locked_is_seen_soon_and_asked_once(
    day: Day, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "PROBE_SECONDS", 0.05)
    with closing(sqlite3.connect(store.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            assert await day.readiness.reasons() == ("database: nothing could be written within 0 s",)
        other.execute("ROLLBACK")
    monkeypatch.setattr(readiness, "PROBE_SECONDS", 20.0)
    assert await day.readiness.reasons() == ()


async def test_what_the_database_says_stands_for_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0

    async def write() -> None:
        nonlocal tried
        tried += 1
        await asyncio.sleep(0)
        raise StoreError("relay.db: database or disk is full")

    probe = Probe(write)
    answers = await asyncio.gather(*(probe.why_not() for _ in range(5)))
    assert set(answers) == {"relay.db: database or disk is full"}
    assert tried == 1
    monkeypatch.setattr(readiness, "PROBE_EVERY", 0.0)
    await probe.why_not()
    assert tried == 2


# --- who is told ---------------------------------------------------------------------------------------------------


async def answered(day: Day, headers: Mapping[str, str] | None = None, password_env: str = "") -> tuple[int, str]:
    environ = {"DASHBOARD": PASSWORD}
    guard = Guard(notes=Notes(), environ=environ, password_env=lambda: password_env)
    app = web.Application()
    app.add_routes(
        Health(measures={"main": day.vitals.measures}, readiness={"main": day.readiness}, guard=guard).routes()
    )
    async with (
        TestServer(app, host="127.0.0.1") as server,
        aiohttp.ClientSession(server.make_url("/")) as session,
        session.get("readyz", headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def test_everybody_learns_that_it_is_ready(day: Day) -> None:
    assert await answered(day) == (200, "ready\n")
    assert await answered(day, {"X-Forwarded-For": "203.0.113.7"}) == (200, "ready\n")


async def test_strangers_learn_that_it_is_not_and_this_machine_why(day: Day) -> None:
    day.now += timedelta(minutes=5)
    day.lost_for = 200.0
    assert await answered(day) == (503, "telegram: not reached for 200 s\npolls: storm is late\n")
    assert await answered(day, {"X-Forwarded-For": "203.0.113.7"}) == (503, "not ready\n")
    assert await answered(day, {"Host": "relay.example.org"}) == (503, "not ready\n")


async def test_who_knows_the_password_learns_why_from_anywhere(day: Day) -> None:
    day.lost_for = 200.0
    from_elsewhere = {"X-Forwarded-For": "203.0.113.7"}
    knows = from_elsewhere | {"Authorization": f"Bearer {PASSWORD}"}
    guesses = from_elsewhere | {"Authorization": "Bearer wrong"}
    assert (await answered(day, knows, "DASHBOARD"))[1] == "telegram: not reached for 200 s\n"
    assert await answered(day, guesses, "DASHBOARD") == (503, "not ready\n")
    assert await answered(day, from_elsewhere, "DASHBOARD") == (503, "not ready\n")


async def test_the_service_is_ready_once_it_polls_sends_and_listens(tmp_path: Path) -> None:
    async with service(tmp_path) as one:
        port = free_port()
        one.configure(web=f'listen = "127.0.0.1:{port}"')
        await one.start()
        await one.baseline()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session, asyncio.timeout(60):
            while True:
                try:
                    async with session.get("/readyz") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(0.05)
            async with session.get("/metrics") as told:
                assert 'liveblog_relay_polls_total{blog="storm"' in await told.text()
        assert await one.terminate() == 0
