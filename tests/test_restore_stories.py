"""Backup and restore as people do them, with the relay as a process. Repeats and loss are counted in the chats."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.service import Service, service

ADMIN = 1001
ANN, BEN = 2001, 2002


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        yield one


def ever(relay: Service, chat: int) -> Counter[str]:
    """How often each headline was ever sent to a chat, edited and deleted messages by what they said first."""
    return Counter(message.text.split("\n")[0] for message in relay.telegram.chats[chat].from_bot())


async def called(relay: Service, *words: str, code: int = 0) -> str:
    """A verb that ends with this code; all that it said."""
    ended, out, err = await relay.run(*words, "--config", str(relay.config))
    assert ended == code, f"{out}{err}"
    assert "Traceback" not in err
    return out + err


async def lost(relay: Service) -> None:
    """The machine's disk."""
    await relay.kill()
    for file in relay.folder.glob("relay.db*"):
        file.unlink()


async def test_after_a_restore_nobody_gets_anything_twice_and_what_comes_then_arrives(relay: Service) -> None:
    await relay.followers(ANN, BEN)
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a", "Two boats lost")
    await relay.shows(BEN, "Two boats lost")
    await relay.shows(ANN, "Two boats lost")
    backup = relay.folder / "kept.db"
    assert "whole and checked" in await called(relay, "backup", str(backup))
    relay.publisher.publish("b", "A third is missing")
    for chat in (ANN, BEN):
        await relay.shows(chat, "Two boats lost", "A third is missing")
    await lost(relay)
    relay.publisher.publish("c", "While nobody looked")
    relay.telegram.add_user(ADMIN, "Admin")
    relay.telegram.say(ADMIN, ADMIN, "hello")

    said = await called(relay, "restore", str(backup))
    assert "no chat gets anything twice" in said
    await relay.start()
    await relay.publisher.polled(2)
    relay.publisher.publish("d", "The third is back")
    relay.publisher.publish("a", "Three boats lost")
    for chat in (ANN, BEN):
        await relay.shows(chat, "Three boats lost", "A third is missing", "The third is back")
        assert max(ever(relay, chat).values()) == 1
    await relay.telegram.until(lambda: any("put back" in text for text in relay.screen(ADMIN)), 60)


async def test_what_waited_in_the_backup_counts_as_sent_unless_it_is_to_be_sent_again(relay: Service) -> None:
    await relay.followers(ANN, BEN)
    await relay.start()
    await relay.publisher.polled()
    waiting = relay.folder / "waiting.db"
    await relay.kill()
    await called(relay, "push", "--text", "Waits in the backup")
    await called(relay, "backup", str(waiting))
    await relay.start()
    for chat in (ANN, BEN):
        await relay.shows(chat, "Waits in the backup")
    await lost(relay)

    await called(relay, "restore", str(waiting))
    await relay.start()
    await relay.publisher.polled(2)
    relay.publisher.publish("n", "News")
    for chat in (ANN, BEN):
        await relay.shows(chat, "Waits in the backup", "News")
    await relay.terminate()

    assert "chats get once more" in await called(relay, "restore", "--resend", str(waiting))
    await relay.start()
    for chat in (ANN, BEN):
        await relay.telegram.until(lambda at=chat: ever(relay, at)["Waits in the backup"] == 2, 60)


async def test_a_backup_in_the_middle_of_a_broadcast_holds_nobody_up_and_restores_to_all_of_it(relay: Service) -> None:
    readers = range(3000, 3200)
    await relay.followers(*readers)
    relay.configure(limits="messages_per_second = 5\nmessages_per_chat_per_second = 5")
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a", "Two boats lost")
    await relay.telegram.until(lambda: sum(map(len, (relay.screen(one) for one in readers))) > 10, 60)
    backup = relay.folder / "kept.db"
    await called(relay, "backup", str(backup))
    relay.configure(limits="messages_per_second = 100\nmessages_per_chat_per_second = 50")
    for reader in readers:
        await relay.shows(reader, "Two boats lost")
    assert {max(ever(relay, one).values()) for one in readers} == {1}
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        sent, all_ = db.execute("SELECT sum(sent > 0), count(*) FROM delivery").fetchone()
        assert 0 < sent < len(readers), "it was made in the middle"
        assert db.execute("SELECT count(*) FROM message").fetchone()[0] == sent
        assert all_ <= len(readers)
    await relay.terminate()
    await called(relay, "restore", str(backup))
    await relay.start()
    await relay.publisher.polled(2)
    relay.publisher.publish("b", "A third is missing")
    for reader in readers:
        await relay.shows(reader, "Two boats lost", "A third is missing")


async def test_a_restore_is_refused_while_a_relay_runs(relay: Service) -> None:
    await relay.followers(ANN)
    await relay.start()
    await relay.publisher.polled()
    await called(relay, "backup", str(relay.folder / "kept.db"))
    said = await called(relay, "restore", str(relay.folder / "kept.db"), code=1)
    assert said.strip().endswith("another relay runs on this database; stop it first")
    assert len(said.strip().splitlines()) == 1
    relay.publisher.publish("a", "Two boats lost")
    await relay.shows(ANN, "Two boats lost")


async def test_status_says_when_the_last_backup_was_made(relay: Service) -> None:
    await called(relay, "status")
    assert "last backup: none yet" in await called(relay, "status")
    await called(relay, "backup")
    assert "last backup: " in (said := await called(relay, "status"))
    assert "none yet" not in said
    _, out, _ = await relay.run("status", "--json", "--config", str(relay.config))
    assert json.loads(out)["last_backup"].endswith("Z")


KILLED = """
import os, signal, sys
import storage.copies, storage.restoring
place, name, when = sys.argv.pop(1).split(":")
module = sys.modules[f"storage.{place}"]
done = getattr(module, name)
def killed(*args, **named):
    if when == "after":
        done(*args, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, name, killed)
from bot.__main__ import main
main()
"""
STEPS = [
    *("copies:copy:before", "copies:_written:after", "copies:examine:after", "copies:copy:after"),
    *("restoring:_mark:after", "restoring:_fold:after", "restoring:_link:after", "restoring:_keep:after"),
]


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_in_the_middle_of_a_restore_leaves_the_old_database_whole(relay: Service, step: str) -> None:
    backup = await _of_one_state(relay)
    assert await _killed(relay, step, "restore", str(backup)) == -9
    assert await _followers_of(relay) == 2, "the old one stands there"
    await called(relay, "restore", str(backup))
    assert await _followers_of(relay) == 1


@pytest.mark.parametrize("step", ["copies:_written:before", "copies:_written:after", "copies:examine:after"])
async def test_a_kill_in_the_middle_of_a_backup_leaves_the_one_before(relay: Service, step: str) -> None:
    backup = await _of_one_state(relay)
    before = backup.read_bytes()
    assert await _killed(relay, step, "backup", str(backup)) == -9
    assert backup.read_bytes() == before
    await called(relay, "backup", str(backup))
    assert not list(relay.folder.glob("*.part"))
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("SELECT count(*) FROM subscription").fetchone()[0] == 2


async def _of_one_state(relay: Service) -> Path:
    """A backup with one follower, of a database that has two by now."""
    await relay.followers(ANN)
    await called(relay, "backup", str(relay.folder / "kept.db"))
    await relay.followers(BEN)
    return relay.folder / "kept.db"


async def _followers_of(relay: Service) -> int:
    store = relay.store()
    rows = [one async for some in store.every_subscription() for one in some]
    await store.close()
    return len(rows)


async def _killed(relay: Service, step: str, *words: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, step, *words, "--config", str(relay.config)
    )
    return await process.wait()
