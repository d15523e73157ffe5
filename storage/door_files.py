"""What may be asked of the store about the configuration files that were in force, and whom a change is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from storage import applied, audit
from storage.applied import AppliedFile
from storage.audit import Act
from storage.door import Door


class FilesDoor(Door):
    async def keep_file(self, file: AppliedFile, act: Act | None = None) -> bool:
        """Note that this file is in force now; with the act of the person who brought it back. The last five are kept,
        each text once. False: it was the newest before."""
        return await self._db.write(applied.keep, file, act)

    async def replace_file(self, file: AppliedFile, following: str, act: Act | None = None) -> AppliedFile | None:
        """As `keep_file`, by a node that follows the file of the name `following` so far. Returns the file that it
        replaces without having followed it, since somebody else was quicker; None: there is none."""
        return await self._db.write(applied.replace, file, following, act)

    async def kept_files(self) -> list[AppliedFile]:
        """The newest first."""
        return await self._db.read(applied.kept)

    async def newest_file(self) -> AppliedFile | None:
        """The one that the relay applied last."""
        return await self._db.read(applied.newest)

    async def kept_file(self, name: str) -> AppliedFile | None:
        return await self._db.read(applied.find, name)

    async def note_act(self, act: Act) -> None:
        await self._db.write(audit.note, act)

    async def followers(self, blogs: Iterable[str]) -> Mapping[str, int]:
        """How many subscriptions of open chats these blogs have; those that have none are left out."""
        return await self._db.count(applied.followers, list(blogs))
