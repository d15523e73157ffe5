"""The file, from when it is saved until it is in force, also where the store fails meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from bot import file_watch
from bot.applied import Applied
from bot.file_watch import FileWatch
from config.settings import Settings, contents, parse_contents
from config.watch import changes
from storage import Store, StoreError
from tests.alarming import AtOnce, alarms_into

STORM = '[[blogs]]\nid = "storm"\nurl = "https://example.org/storm"\n'
FLOOD = '[[blogs]]\nid = "flood"\nurl = "https://example.org/flood"\n'


class Follower:
    """Follows what the file says, unless its store is ill."""

    def __init__(self, path: Path, store: Store) -> None:
        self._path = path
        path.write_text(STORM)
        text = contents(path)
        self.settings: Settings = parse_contents(text, path, {})
        self.told: list[str] = []
        self.fails = 0  # times
        self.tried = 0
        self.alarms: AtOnce = alarms_into(self.told, store)
        self._followed, self.failed = asyncio.Event(), asyncio.Event()
        self.applied = Applied(
            path=path, environ={}, text=text, settings=lambda: self.settings, put=self._put, stores={"main": store}
        )

    async def _put(self, after: Settings) -> None:
        self.tried += 1
        if self.fails:
            self.fails -= 1
            self.failed.set()
            raise StoreError("the disk is full")
        self.settings = after
        self._followed.set()

    def save(self, text: str) -> None:
        self._path.write_text(text)

    async def follows(self) -> list[str]:
        await self._followed.wait()
        self._followed.clear()
        return [blog.id for blog in self.settings.blogs]


@pytest.fixture
async def follower(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Follower]:
    monkeypatch.setattr(file_watch, "AGAIN_SECONDS", 0.01)
    one = Follower(tmp_path / "relay.toml", store)
    async with aclosing(changes(tmp_path / "relay.toml", quiet=0.01)) as saved:
        running = asyncio.create_task(FileWatch(one.applied, saved, one.alarms).run())
        yield one
        assert not running.done(), "nothing ends it"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_file_saved_while_the_store_fails_is_applied_once_it_works_again(follower: Follower) -> None:
    follower.fails = 3
    follower.save(FLOOD)
    assert await follower.follows() == ["flood"]
    assert follower.tried == 4
    follower.save(STORM)
    assert await follower.follows() == ["storm"], "and it goes on watching"
    began, ended = follower.told
    assert began.startswith("The new file is not applied yet: the disk is full; the one before stays in force")
    assert ended.startswith("Over: The new file is not applied yet; it is applied now")


async def test_of_a_file_that_fails_and_was_corrected_meanwhile_the_correction_is_applied(follower: Follower) -> None:
    follower.fails = 1
    follower.save(FLOOD)
    await follower.failed.wait()
    follower.save(STORM + FLOOD)
    assert await follower.follows() == ["storm", "flood"]
