"""How the store forgets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from storage import (
    pruning,
)
from storage.door import Door
from storage.pruning import Pruned


class RetentionDoor(Door):
    async def prune(self, before: float) -> AsyncIterator[Pruned]:
        """Forget what is older, chunk by chunk: what each took away. It may be left off anywhere."""
        async for chunk in self._sweep():
            yield chunk
        for blog in await self._db.count(pruning.slept_out, before):
            while (went := await self._db.publish(pruning.forget_blog, blog, before)) is not None:
                yield went
                async for chunk in self._sweep():
                    yield chunk
        while posts := await self._db.count(pruning.old_posts, before):
            for post in posts:
                yield await self._db.write(pruning.let_go, post, before)
                async for chunk in self._sweep():
                    yield chunk
        async for chunk in self._prune_the_rest(before):
            yield chunk

    async def _sweep(self) -> AsyncIterator[Pruned]:
        """What a machine that loses its power forgets of it is swept again: nobody waits for the disk between two."""
        while (swept := await self._db.write_often(pruning.sweep)) is not None:
            yield swept

    async def _prune_the_rest(self, before: float) -> AsyncIterator[Pruned]:
        while changes := await self._db.count(pruning.old_changes, before):
            yield await self._db.write(pruning.forget_changes, changes)
        while texts := await self._db.count(pruning.old_texts, before):
            yield await self._db.write(pruning.empty_texts, texts)
        while left := await self._db.count(pruning.left_chats, before):
            for chat in left:
                yield await self._db.write(pruning.forget_chat, chat, before)
        while await self.shrink():
            yield Pruned()

    async def shrink(self) -> bool:
        """Give some of the file's empty pages back; False: enough of it is in use."""
        return await self._db.write(pruning.shrink)

    async def forget_pages(self, blog: str, in_use: Collection[str], before: float) -> Pruned:
        """Of a blog's pages accepted before then, all but these."""
        return await self._db.write(pruning.forget_pages, blog, in_use, before)
