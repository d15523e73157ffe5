"""A relay that moves from a file to PostgreSQL and back, with the relay as a process. Counted in the chats."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import postgres
from tests.service import Service, service

READERS = range(3000, 3030)
SLOW = "messages_per_second = 5\nmessages_per_chat_per_second = 5"
QUICK = "messages_per_second = 200\nmessages_per_chat_per_second = 50"
ON_THE_WIRE = 32  # that may be so at a kill, with answers that were not yet written


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        yield one


@pytest.fixture
async def far() -> AsyncIterator[str]:
    """An address on PostgreSQL where there is nothing yet."""
    async with postgres.schema() as name:
        yield postgres.shared().url(search_path=name)


def near(relay: Service, name: str = "relay") -> str:
    return f"sqlite:///{relay.folder}/{name}.db"


def work_at(relay: Service, url: str, limits: str) -> None:
    relay.configure(limits=limits)
    relay.config.write_text(relay.config.read_text().replace(near(relay), url))


def ever(relay: Service) -> Counter[int]:
    """How many chats were sent a headline so often."""
    return Counter(
        count
        for chat in READERS
        for count in Counter(one.text.split("\n")[0] for one in relay.telegram.chats[chat].from_bot()).values()
    )


async def halfway(relay: Service, headline: str) -> None:
    """Until some have it, and most have not."""
    have = lambda: sum(headline in relay.headlines(one) for one in READERS)  # noqa: E731
    await relay.telegram.until(lambda: have() >= 5, 60)
    await relay.terminate()
    assert have() < len(READERS)


async def copied(relay: Service, source: str, target: str) -> None:
    code, out, err = await relay.run("db", "copy", source, target, "--json")
    assert code == 0, err
    said = json.loads(out)
    assert said["same"] is True
    assert {one["table"] for one in said["tables"]} >= {"delivery", "message", "chat", "subscription", "post"}


async def refused(relay: Service, why: str) -> None:
    """One that is started says so in a line, and ends."""
    code, _, err = await relay.run("run", "--config", str(relay.config))
    assert code == 1, err
    last = [line for line in err.splitlines() if not line.startswith(("{", "warning"))]
    assert len(last) == 1, err
    assert why in last[0]


async def test_a_fan_out_that_moves_to_postgresql_and_back_reaches_everybody_once(relay: Service, far: str) -> None:
    work_at(relay, near(relay), SLOW)
    await relay.followers(*READERS)
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a", "Two boats lost")
    await halfway(relay, "Two boats lost")

    await copied(relay, near(relay), far)
    await refused(relay, "was copied to postgresql://")
    work_at(relay, far, SLOW)
    await relay.start()
    for reader in READERS:
        await relay.shows(reader, "Two boats lost", seconds=60)
    relay.publisher.publish("b", "A third is missing")
    await halfway(relay, "A third is missing")

    await copied(relay, far, near(relay, "back"))
    await refused(relay, "was copied to sqlite:///")
    work_at(relay, near(relay, "back"), QUICK)
    relay.publisher.publish("a", "Three boats lost")
    await relay.start()
    for reader in READERS:
        await relay.shows(reader, "Three boats lost", "A third is missing", seconds=60)
    assert set(ever(relay)) == {1}


async def test_what_was_on_the_wire_when_it_was_killed_is_settled_where_it_goes_on(relay: Service, far: str) -> None:
    work_at(relay, near(relay), SLOW)
    await relay.followers(*READERS)
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a", "Two boats lost")
    await relay.telegram.until(lambda: sum(map(len, map(relay.screen, READERS))) >= 5, 60)
    await relay.kill()
    await copied(relay, near(relay), far)
    work_at(relay, far, QUICK)
    await relay.start()
    for reader in READERS:
        await relay.telegram.until(lambda at=reader: "Two boats lost" in relay.headlines(at), 60)
    again = ever(relay)
    assert set(again) <= {1, 2}
    assert again[2] <= ON_THE_WIRE
