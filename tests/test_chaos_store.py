"""The database in trouble: a full disk, a lock that somebody holds, a second relay by mistake."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tests.chaos import Chaos, chaos

IMPATIENT = ("-m", "tests.impatient")
SMALL = 16 * 1024  # bytes: more than the log has, less than any database


async def said(story: Chaos, words: str, times: int = 1) -> None:
    """Until the relay's log says so."""
    await story.relay.telegram.until(lambda: story.relay.log.count(words) >= times, seconds=60)


@contextlib.contextmanager
def full_disk(story: Chaos, most: int) -> Iterator[None]:
    """No file of the relay's can grow beyond so many bytes any more, as on a full disk."""
    process = story.relay.process
    assert process is not None
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_stops_it_with_a_clear_line_and_it_goes_on_by_itself(tmp_path: Path) -> None:
    """First where the log has room, then where it is on the same disk."""
    async with chaos(tmp_path) as story:
        await story.crowd(300)
        await story.start()
        for most, key in ((SMALL, "a"), (0, "c")):
            story.publish(key)
            await story.wire.spoke(len(story.wire.spoken) + 50)
            with full_disk(story, most):
                story.publish(key)
                story.publish(f"{key}-too")
                await story.polled(2)
                stands_still = len(story.wire.spoken)
                story.relay.publisher.ill = 503
                await story.polled()
                story.relay.publisher.ill = None
                assert len(story.wire.spoken) == stands_still
                assert story.relay.log.count("store failed") == 1
            await story.comes_true()
        await story.ends_true(copies=0)
        assert "store works again" in story.relay.log
        assert "Traceback" not in story.relay.log


async def test_a_locked_database_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    async with chaos(tmp_path, runner=IMPATIENT) as story:
        await story.crowd(300)
        await story.start()
        story.publish("a")
        await story.wire.spoke(50)
        with contextlib.closing(sqlite3.connect(tmp_path / "relay.db", timeout=30)) as other:
            other.execute("BEGIN EXCLUSIVE")
            story.publish("b")
            story.publish("a")
            await said(story, "store failed")
            await said(story, "nothing was written")
            story.relay.publisher.ill = 503
            await story.polled()
            story.relay.publisher.ill = None
            await story.polled()
            other.execute("ROLLBACK")
        await story.ends_true(copies=0)
        assert "database is locked" in story.relay.log
        assert "Traceback" not in story.relay.log


async def test_of_two_relays_started_together_one_runs_and_the_other_says_so(tmp_path: Path) -> None:
    async with chaos(tmp_path) as story:
        await story.crowd(50)
        logs = ["one.log", "two.log"]
        words = ["-m", "bot", "run", "--config", str(story.relay.config)]
        both = [story.relay.spawn(words, log) for log in logs]
        ends = [asyncio.create_task(one.wait()) for one in both]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        refused = [end.done() for end in ends].index(True)
        story.relay.process = both[1 - refused]
        assert not ends[1 - refused].done()
        assert ends[refused].result() == 1
        assert (
            "another relay runs on this database" in (story.relay.folder / logs[refused]).read_text().splitlines()[-1]
        )
        await story.polled()
        story.publish("a")
        await story.ends_true(copies=0)
