"""Moves as docs/how-to.md writes them: to another server, and from another bot, with what goes wrong on the way."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.service import ROOT, Service, service
from tests.test_restore_stories import called

ADMIN = 1001
ANN, BEN = 2001, 2002
CROWD = range(3000, 3040)
PATIENCE = 60.0  # seconds; a machine may be busy
WATCHFUL = "import bot.listening; bot.listening.CONTEST_SECONDS = 8.0; from bot.__main__ import main; main()"


@dataclass
class Machines:
    """Two folders that play two machines, between one publisher and one Telegram."""

    old: Service
    new: Service


@pytest.fixture
async def machines(tmp_path: Path) -> AsyncIterator[Machines]:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    async with service(tmp_path / "old") as old:
        new = Service(tmp_path / "new", old.telegram, old.publisher)
        new.configure()
        try:
            yield Machines(old, new)
        finally:
            if new.process is not None:
                await new.kill()


def got(relay: Service) -> list[Counter[str]]:
    """How often each of the crowd was ever sent each headline."""
    texts = ([message.text.split("\n")[0] for message in relay.telegram.chats[one].from_bot()] for one in CROWD)
    return [Counter(some) for some in texts]


async def moved(machines: Machines) -> None:
    """From the old machine to the new one, in the steps of docs/operations.md, in the middle of a broadcast."""
    old, new = machines.old, machines.new
    old.configure(limits="messages_per_second = 5\nmessages_per_chat_per_second = 5")
    await old.followers(*CROWD)
    await old.start()
    await old.publisher.polled(seconds=PATIENCE)
    old.publisher.publish("a", "Two boats lost")
    await old.telegram.until(lambda: sum(map(len, got(old))) > 5, PATIENCE)
    assert await old.terminate() == 0
    await called(old, "backup", str(old.folder / "relay-moved.db"))
    shutil.copy(old.folder / "relay-moved.db", new.folder)
    old.publisher.publish("b", "A third is missing")
    await called(new, "restore", "--resend", str(new.folder / "relay-moved.db"))


async def test_after_a_move_to_another_server_nothing_is_lost_and_nothing_comes_twice(machines: Machines) -> None:
    await moved(machines)
    await machines.new.start()
    whole = Counter({"Two boats lost": 1, "A third is missing": 1})
    await machines.new.telegram.until(lambda: all(one == whole for one in got(machines.new)), PATIENCE)
    machines.new.publisher.publish("a", "Three boats lost")
    machines.new.publisher.publish("c", "All are found")
    await machines.new.telegram.until(lambda: all(one["All are found"] for one in got(machines.new)), PATIENCE)
    for reader in CROWD:
        await machines.new.shows(reader, "Three boats lost", "A third is missing", "All are found", seconds=PATIENCE)


async def test_an_old_server_that_is_started_again_by_mistake_is_told_of(machines: Machines) -> None:
    await moved(machines)
    old, new = machines.old, machines.new
    new.telegram.add_user(ADMIN, "Admin", started=True)
    new.runner = old.runner = ("-c", WATCHFUL)
    await new.start()
    await new.telegram.until(lambda: all(one["A third is missing"] for one in got(new)), PATIENCE)
    await old.start()
    words = "another program asks Telegram for this bot's updates with the same token"
    await new.telegram.until(lambda: any(words in text for text in new.screen(ADMIN)), 2 * PATIENCE)
    assert await old.terminate() == 0
    await new.telegram.until(lambda: any("nobody else asks" in text for text in new.screen(ADMIN)), 2 * PATIENCE)
    new.publisher.publish("d", "All are found")
    await new.telegram.until(lambda: all(one["All are found"] == 1 for one in got(new)), PATIENCE)


# --- from another bot ----------------------------------------------------------------------------------------------

KILLED = """
import itertools, os, signal, sys
from storage import moving_in
done, times = moving_in.take_in, itertools.count()
def killed(*args, **named):
    count = done(*args, **named)
    if next(times) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return count
moving_in.take_in = killed
from bot.__main__ import main
main()
"""


async def test_an_import_that_was_killed_is_run_again_and_everybody_follows_once(tmp_path: Path) -> None:
    people = range(5000, 6500)
    file = tmp_path / "moved.csv"
    rows = "".join(f"{one},,storm,,,\n" for one in people)
    file.write_text(f"chat_id,thread_id,blog,topics,volume,language\n{rows}")
    async with service(tmp_path) as relay:
        for one in people:
            relay.telegram.add_user(one, f"Reader {one}", started=True)
        relay.telegram.first_bot.updates.drop()
        await relay.start()
        await relay.publisher.polled(seconds=PATIENCE)
        words = ("subscribers", "import", str(file), "--config", str(relay.config))
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, *words, cwd=ROOT)
        assert await process.wait() == -9
        relay.publisher.publish("a", "Two boats lost")
        await relay.telegram.until(lambda: bool(relay.screen(people[0])), PATIENCE)
        assert "1,500 subscriptions read, 1,000 new" in await called(relay, "subscribers", "import", str(file))
        relay.publisher.publish("b", "A third is missing")
        await relay.telegram.until(
            lambda: all(relay.headlines(one)[-1:] == ["A third is missing"] for one in people), PATIENCE
        )
        assert {tuple(relay.headlines(one)) for one in people[:500]} == {("Two boats lost", "A third is missing")}
        assert {tuple(relay.headlines(one)) for one in people[1000:]} == {("A third is missing",)}
