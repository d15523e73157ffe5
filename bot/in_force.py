"""The file in force where there are several nodes: the newest that is kept in the database, on every one of them.

A node keeps there what was saved on its own disk, and follows what others keep, with its own environment and without
writing its disk. Nobody has to save more than one file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from bot.applied import Applied, Older, foreseen
from bot.version import VERSION
from config.mistakes import BadSettings, Mistake
from config.settings import Settings, contents, parse_contents
from storage import Act, AppliedFile, Store, StoreError

log = structlog.get_logger()

AGAIN_SECONDS = 1.0  # after a store that failed
LONGEST_WHY = 300  # characters of what is wrong with a file, where a node says how it is
IN_FORCE = Path("the file in force")


class CannotFollow(Exception):
    """This version does not take the file in force; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class First:
    """What a node starts with. `over`: it is what stands on its disk, and is to be kept for all, in the place of the
    file of this name ("" where there is none); None: it is what is in force."""

    text: bytes
    settings: Settings
    over: str | None = None


async def first(store: Store, path: Path, own: bytes, settings: Settings, environ: Mapping[str, str]) -> First:
    """What is in force when we start. `own`: what our file says, which `settings` are. CannotFollow."""
    kept = await store.kept_files()
    if not kept or own == kept[0].text:
        return First(own, settings, over=None if kept else "")
    if counts(own, await asyncio.to_thread(_saved_at, path), kept):
        return First(own, settings, over=kept[0].name)
    try:
        followed = await asyncio.to_thread(parse_contents, kept[0].text, path, environ)
    except BadSettings as error:
        raise CannotFollow(_refusal(kept[0], error)) from None
    return First(kept[0].text, followed)


def counts(text: bytes, saved_at: float, kept: Sequence[AppliedFile]) -> bool:
    """Whether a file that somebody finds on a disk is newer than what is in force: nobody knows it, and it was saved
    later (seconds since 1970). Of the kept files the newest is the first."""
    return all(text != one.text for one in kept) and (not kept or saved_at > kept[0].at)


def _saved_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _refusal(file: AppliedFile, error: BadSettings) -> str:
    mistakes = "; ".join(one.words(IN_FORCE) for one in error.mistakes)
    return f"version {VERSION} refuses the file {of(file)}: {mistakes}"


def of(file: AppliedFile) -> str:
    return f"of {datetime.fromtimestamp(file.at, UTC):%Y-%m-%d %H:%M:%SZ} ({file.name})"


class InForce(Applied):
    """`node`: how we are called; `url`: `storage.url` as it was when we started; `over`: as `First` has it. The rest is
    as for a relay that is alone."""

    def __init__(self, *, node: str, url: str, over: str | None, **how: Any) -> None:
        super().__init__(**how)
        self._node, self._url, self._over = node, url, over
        self._news = asyncio.Event()  # another file is the newest
        self._refused: AppliedFile | None = None  # the newest, where we cannot follow it
        self._why_not = ""  # we do not follow the newest
        self.disk = ""  # "older" or "different" where our file says something else than what is in force

    @property
    def name(self) -> str:
        """Of the file that we follow, as `kept_files` calls it."""
        return AppliedFile(text=self._text, at=0.0, who="").name

    @property
    def trouble(self) -> str:
        """What is wrong with the file here, in one line; "": nothing."""
        return "; ".join(self._troubles())

    def _troubles(self) -> Iterator[str]:
        settings = self._settings()
        if self._why_not:
            yield self._why_not[:LONGEST_WHY]
        if settings.unset:
            yield f"not in its environment: {', '.join(settings.unset)}"
        if settings.storage.url != self._url:
            yield "storage.url in the file in force is another than the one it started with"

    async def begin(self) -> None:
        """We have started. What was found on our disk alone is in force on every node from now on."""
        if self._over is not None:
            last = await self._store.newest_file()
            if last is not None:
                await self._tell_what_changed(last)
            await self._keep_for_all(self._text, "start", self._over)
        await self._look_at_the_disk()
        if self.disk:
            log.info("file left aside", why=f"what stands in the file here is {self.disk} than what is in force")

    # --- what stands on our disk

    async def reload(self) -> list[str]:
        """As for a relay that is alone; Older where what stands here is older than what is in force, which then stays:
        who asks does not know which node answers."""
        await self.catch_up()
        async with self._turn:
            text = await asyncio.to_thread(contents, self._path)
            kept = await self._store.kept_files()
            if kept and text != kept[0].text and not counts(text, await self._disk_saved_at(), kept):
                raise Older([Mistake(key="", line=None, text=self._older(kept[0]))], self._path)
            return await self._follow(text, "reload")

    def _older(self, newest: AppliedFile) -> str:
        return f"on {self._node} it is older than the one in force, {of(newest)}, which stays; to go back: /rollback"

    async def saved(self) -> list[str]:
        """Whoever edits a file that was not in force any more takes back what was saved elsewhere; the log says so."""
        before, left_behind = self.name, self.disk
        changes = await super().saved()
        if changes and left_behind:
            log.warning("file replaces another", file=self.name, replaced=before)
        await self._look_at_the_disk()
        return changes

    async def rollback(self, name: str, *, person: int | None = None, who: str = "rollback") -> list[str]:
        await self.catch_up()
        return await super().rollback(name, person=person, who=who)

    def _follows(self, file: AppliedFile) -> bool:
        return self._refused is None and super()._follows(file)

    async def _disk_saved_at(self) -> float:
        return await asyncio.to_thread(_saved_at, self._path)

    async def _follow(self, text: bytes, who: str, act: Act | None = None) -> list[str]:
        """Kept first, for all; then it is followed here as it is by the others."""
        after = await self._read(text)
        changes = await foreseen(self._stores, self._settings(), after, self._now())
        over = await self._keep_for_all(text, who, self.name, act)
        await self._go_by(text, after)
        log.info("file applied", how=who, changes=changes)
        return [*changes, *over]

    async def _keep_for_all(self, text: bytes, who: str, following: str, act: Act | None = None) -> list[str]:
        """The later one wins; it says so where it takes back what somebody else saved just before."""
        file = AppliedFile(text=text, at=self._clock(), who=who)
        over = await self._store.replace_file(file, following, act)
        if over is None:
            return []
        log.warning("file replaces another", file=file.name, replaced=over.name)
        return [f"this replaces the file {of(over)}, saved elsewhere a moment before; it is kept: /rollback"]

    async def _go_by(self, text: bytes, after: Settings) -> None:
        await self._put(after)
        self._text, self._refused, self._why_not = text, None, ""

    async def _look_at_the_disk(self) -> None:
        try:
            text = await asyncio.to_thread(contents, self._path)
        except BadSettings:
            self.disk = "different"
            return
        known = {one.text for one in await self._store.kept_files()}
        self.disk = "" if text == self._text else "older" if text in known else "different"

    # --- what others keep

    def heard(self, name: str) -> None:
        """The newest file that is kept has this name; "": there is none."""
        known = self._refused.name if self._refused else self.name
        if name not in ("", known):
            self._news.set()

    async def run(self) -> None:
        """Follow it, until it is cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.catch_up()
            except StoreError as error:
                log.error("file not applied yet", why=str(error))
                self._why_not = f"the file in force is not applied yet: {error}"
                await asyncio.sleep(AGAIN_SECONDS)
                self._news.set()

    async def catch_up(self) -> None:
        """Follow the newest file that is kept, if this version takes it. StoreError."""
        async with self._turn:
            newest = await self._store.newest_file()
            if newest is None or newest == self._refused:
                return
            if newest.text == self._text:
                self._refused, self._why_not = None, ""
                return
            try:
                after = await self._read(newest.text)
            except BadSettings as error:
                self._refused, self._why_not = newest, _refusal(newest, error)
                log.error("file refused", mistakes=[one.words(IN_FORCE) for one in error.mistakes])
                return
            changes = await foreseen(self._stores, self._settings(), after, self._now())
            await self._go_by(newest.text, after)
            log.info("file followed", file=newest.name, how=newest.who, changes=changes)
        await self._look_at_the_disk()
