"""What may be asked of the store where the database was put back from a copy."""

from __future__ import annotations

from collections.abc import Collection

from storage import returning
from storage.door import Door
from storage.returning import Returned


class ReturnDoor(Door):
    async def come_back(self, now: float) -> Returned | None:
        """See to a database that is a copy, before anything leaves it: what waited may have been told since.

        None where it is no copy. It may be left off anywhere, and begun again.
        """
        made_at = await self._db.read(returning.made_at)
        if made_at is None:
            return None
        after = taken = 0
        while chats := await self._db.read(returning.waiting_chats, after):
            taken += await self._db.write(returning.take_as_told, chats, now)
            after = chats[-1]
        waiting = await self._db.write(returning.settle, now)
        return Returned(made_at=made_at, taken=taken, waiting=waiting)

    async def caught_up(self, blog: str, asked: Collection[str], read: Collection[str]) -> bool:
        """Of the pages that were asked for, these were read and accepted. Whether none of the blog is left."""
        return await self._db.write(returning.caught_up, blog, asked, read)
