"""Putting configuration files into force: one after the other, each with its consequences in words, and the way back.

What is in force is what was applied last. It stands in the database as well, with the four files before it, so that
the command line can compare with it and an admin can return to one of them.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from config.difference import difference
from config.foresight import asked_about, summary, words
from config.replacing import CannotWrite, put_back
from config.settings import BadSettings, Settings, contents, parse_contents
from config.values import MAIN_BOT
from storage import Act, AppliedFile, Store, StoreError

log = structlog.get_logger()

Put = Callable[[Settings], Awaitable[None]]


class NotKept(Exception):
    """There is no such file among those that are kept."""


class Older(BadSettings):
    """What stands in the file is older than what is in force, which somebody saved elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One of the files that were in force last. `on_disk`: it is what stands in the file. `changes`: what bringing it
    back would change now, as `foreseen` says it; empty where that is nothing. `refused`: why this version does not take
    it any more."""

    name: str
    at: float
    who: str
    in_force: bool
    on_disk: bool
    changes: tuple[str, ...] = ()
    refused: str = ""


Stores = Mapping[str, Store]  # of the bots, by their names; the kept files are in that of "main"


async def foreseen(stores: Stores, before: Settings, after: Settings, now: datetime) -> list[str]:
    """What it changes to let `after` follow `before`: a sentence about all of it, then a line each. Empty: nothing.

    Subscriptions are counted in the stores, where there are any.
    """
    found = await asyncio.to_thread(difference, before, after)
    if not found:
        return []
    followers = await _followers(stores, asked_about(found), before, after) if stores else None
    return await asyncio.to_thread(lambda: [summary(found, followers, after, now), *words(found, followers)])


async def _followers(stores: Stores, ids: Iterable[str], before: Settings, after: Settings) -> Mapping[str, int]:
    """Subscriptions by blog: of a blog that was in the file, those of the bot it had; else of the one that gets it."""
    comes = {id_: blog.bot for blog in after.blogs for id_ in (blog.was, blog.id)}
    had = {blog.id: blog.bot for blog in before.blogs}
    found: dict[str, int] = {}
    for bot, store in stores.items():
        found |= await store.followers([one for one in ids if (had.get(one) or comes.get(one)) == bot])
    return found


async def kept_files(stores: Stores, running: Settings, now: datetime) -> list[Kept]:
    """The files that can be brought back, the newest (which is in force, where a relay runs) first."""
    files = await stores[MAIN_BOT].kept_files()
    disk = await asyncio.to_thread(_on_disk, running.path)
    return [
        replace(await _kept(stores, file, running, now), in_force=file is files[0], on_disk=file.text == disk)
        for file in files
    ]


def _on_disk(path: Path | None) -> bytes | None:
    """None where there is no file that can be read."""
    try:
        return contents(path) if path else None
    except BadSettings:
        return None


async def _kept(stores: Stores, file: AppliedFile, running: Settings, now: datetime) -> Kept:
    kept = Kept(name=file.name, at=file.at, who=file.who, in_force=False, on_disk=False)
    try:
        settings = await asyncio.to_thread(_parsed, file.text)
    except BadSettings as error:
        return replace(kept, refused=str(error))
    return replace(kept, changes=tuple(await foreseen(stores, running, settings, now)))


async def bring_back(store: Store, path: Path, file: AppliedFile) -> Path | None:
    """Write a kept file to the disk. Returns where a draft is kept that stood there and was never applied, None where
    there was none. CannotWrite where the disk does not take it; nothing has changed then."""
    known = {one.text for one in await store.kept_files()}
    return await asyncio.to_thread(put_back, path, file.text, known.__contains__)


@functools.lru_cache(maxsize=8)
def _parsed(text: bytes) -> Settings:
    """What a kept file says. It takes a tenth of a second for each thousand blogs, and people look again and again."""
    return parse_contents(text, None, {})


class Applied:
    """The file in force. `put` makes the relay follow new settings; `settings` are those it follows now.

    `text` is what stood in the file when `settings` were read for the first time.
    """

    def __init__(
        self,
        *,
        path: Path,
        environ: Mapping[str, str],
        text: bytes,
        settings: Callable[[], Settings],
        put: Put,
        stores: Stores,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path, self._environ, self._stores, self._clock = path, environ, stores, clock
        self._store = stores[MAIN_BOT]
        self._text, self._settings, self._put = text, settings, put
        self._turn = asyncio.Lock()  # one file after the other, and none while one is being written

    async def kept(self) -> list[Kept]:
        """The files that can be brought back, whichever bot is asked for them."""
        return await kept_files(self._stores, self._settings(), self._now())

    async def begin(self) -> None:
        """The relay has started with this file. What is different since it last ran goes into the log."""
        last = await self._store.newest_file()
        if last is not None and last.text != self._text:
            await self._tell_what_changed(last)
        await self._keep("start")

    async def _tell_what_changed(self, last: AppliedFile) -> None:
        try:
            before = parse_contents(last.text, None, {})
        except BadSettings:
            return  # written for another version: there is nothing to compare
        if changes := await foreseen(self._stores, before, self._settings(), self._now()):
            log.info("changed since the last run", changes=changes)

    async def reload(self) -> list[str]:
        """Read the file and apply it; says in words what changed, nothing where nothing did. BadSettings where it is
        refused."""
        async with self._turn:
            text = await asyncio.to_thread(contents, self._path)
            return await self._follow(text, "reload")

    async def saved(self) -> list[str]:
        """The same after the file was saved; nothing is done where it says what is in force already, byte for byte."""
        async with self._turn:
            text = await asyncio.to_thread(contents, self._path)
            return [] if text == self._text else await self._follow(text, "saved")

    async def rollback(self, name: str, *, person: int | None = None, who: str = "rollback") -> list[str]:
        """Bring a kept file back: on the disk first, then into force. Says in words what changed.

        NotKept, BadSettings where this version does not take it, CannotWrite: nothing has changed then.
        """
        async with self._turn:
            file = await self._store.kept_file(name)
            if file is None:
                raise NotKept("this file is kept no more; there are newer ones")
            await self._read(file.text)
            draft = await bring_back(self._store, self._path, file)
            if self._follows(file):
                return draft_words(draft)
            changes = await self._follow(file.text, who, went_back(file, person, self._clock(), who))
            return [*changes, *draft_words(draft)]

    def _follows(self, file: AppliedFile) -> bool:
        """Whether nothing is to be done to bring it into force."""
        return file.text == self._text

    async def _follow(self, text: bytes, who: str, act: Act | None = None) -> list[str]:
        after = await self._read(text)
        changes = await foreseen(self._stores, self._settings(), after, self._now())
        await self._put(after)
        self._text = text
        log.info("file applied", how=who, changes=changes)
        return [*changes, *await self._keep(who, act)]

    async def _read(self, text: bytes) -> Settings:
        """Many blogs take a moment, in which others have their turn."""
        return await asyncio.to_thread(parse_contents, text, self._path, self._environ)

    async def _keep(self, who: str, act: Act | None = None) -> list[str]:
        """It is in force by now, so that it is not kept is no reason to stop; it is said."""
        try:
            await self._store.keep_file(AppliedFile(text=self._text, at=self._clock(), who=who), act)
        except StoreError as error:
            log.error("file not kept", why=str(error))
            return [f"this file could not be kept for a rollback: {error}"]
        return []

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def went_back(file: AppliedFile, person: int | None, now: float, who: str = "rollback") -> Act:
    """For the record; `who` says where it was asked for, if not by a command."""
    applied = datetime.fromtimestamp(file.at, UTC)
    said = f"to the file of {applied:%Y-%m-%d %H:%M:%SZ} ({file.name})"
    return Act(at=now, act="rollback", person=person, words=said if who == "rollback" else f"{said}, {who}")


def draft_words(draft: Path | None) -> list[str]:
    return [f"what stood in the file and was never applied is kept as {draft}"] if draft else []


__all__ = [
    "Applied",
    "CannotWrite",
    "Kept",
    "NotKept",
    "bring_back",
    "draft_words",
    "foreseen",
    "kept_files",
    "went_back",
]
