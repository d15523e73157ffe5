"""What may be asked of the store about blogs, their pages and leases at hubs, and how a poll is published."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.core.model import Memory, PageMemory
from bot.core.pages import KnownPage
from bot.core.publishing import Publishing, Validators
from bot.core.websub import Lease
from storage import (
    blogs,
    cards,
    leases,
    memories,
    states,
    turns,
)
from storage.door import Door
from storage.looking import Due
from storage.states import BlogState
from storage.turns import Outset


class BlogsDoor(Door):
    _due: Due

    async def memory(self, blog: str, url: str, keys: Collection[str] | None = None) -> tuple[Memory, Validators]:
        """What a diff of this page needs; of all the blog's posts, unless `keys` says of which."""
        return await self._db.read(memories.memory, blog, url, keys)

    async def page(self, blog: str, url: str) -> tuple[PageMemory | None, Validators]:
        return await self._db.read(memories.page, blog, url)

    async def pages(self, blog: str) -> Sequence[KnownPage]:
        return await self._db.read(memories.pages, blog)

    async def publish(self, publishing: Publishing) -> list[int]:
        """Returns the posts that people hear of. Overtaken where its turn is over: then nothing is written."""
        return await self._db.publish(blogs.publish, publishing)

    async def expand(self, now: float) -> bool:
        """Take one chunk of the most urgent publication that is due. False: there is none."""
        came = await self._db.write_often(cards.look_and_advance, now)
        if came is not None:
            self._due.ground.came(came)
        return came is not None

    async def outset(self, blog: str) -> Outset | None:
        """How a blog stands before a reading of it begins; None where it is not in the file."""
        return await self._db.read(turns.outset, blog)

    async def turn(self, blog: str) -> int | None:
        """The number that every publishing of the blog raises; None where it is not in the file."""
        return await self._db.read(turns.turn, blog)

    async def polled(self, blog: str, now: float, error: str | None) -> int:
        """Note one poll. Returns how many polls of the blog have failed in a row."""
        return await self._db.write(states.polled, blog, now, error)

    async def polls_answered(self, polls: Mapping[str, float]) -> None:
        """Note polls that went well: when the last one of each blog was, in seconds since 1970."""
        await self._db.write_often(states.answered, polls)

    async def rely_on_hub(self, blog: str, until: float | None) -> None:
        """Until when its hub is relied on to tell us of its news; None: it is not."""
        await self._db.write(states.rely_on_hub, blog, until)

    async def in_file(self, ids: Sequence[tuple[str, str | None, str | None]], now: float) -> None:
        await self._db.publish(cards.in_file, ids, now)

    async def blogs(self, *, counted: bool = False) -> list[BlogState]:
        """The blogs in the file; `counted`: with how many posts and subscriptions, which may take a second."""
        return await (self._db.count(states.counted) if counted else self._db.read(states.states))

    async def some_blogs(self, ids: Collection[str]) -> list[BlogState]:
        """Those of these that are in the file, without counts."""
        return await self._db.read(states.some, ids)

    async def blog(self, id_: str) -> BlogState | None:
        """One blog, without counts."""
        return await self._db.read(states.state, id_)

    async def titles(self) -> dict[str, str]:
        return await self._db.read(states.titles)

    async def all_held(self) -> bool:
        """Whether the relaying of every blog is stopped."""
        return await self._db.read(states.all_held)

    async def hold(self, blog: str | None, now: float, person: int | None = None, words: str = "") -> None:
        """Stop the relaying of a blog, or of all."""
        await self._db.publish(states.hold, blog, now, person, words)

    async def release(self, blog: str | None, now: float, person: int | None = None, words: str = "") -> int:
        """How many new posts waited."""
        return await self._db.publish(states.release, blog, now, person, words)

    async def leases(self) -> list[Lease]:
        return await self._db.read(leases.every)

    async def lease(self, callback: str) -> Lease | None:
        return await self._db.read(leases.find, callback)

    async def begin_lease(self, lease: Lease) -> bool:
        """False where the page has one."""
        return await self._db.write(leases.begin, lease)

    async def asked_for_lease(self, callback: str, due: float, next_at: float) -> bool:
        """Of a lease that was due at that instant, and is again at `next_at`. False where somebody else was quicker."""
        return await self._db.write(leases.asked, callback, due, next_at)

    async def grant_lease(self, callback: str, until: float, next_at: float) -> None:
        await self._db.write(leases.grant, callback, until, next_at)

    async def deny_lease(self, callback: str, next_at: float) -> None:
        await self._db.write(leases.deny, callback, next_at)

    async def leave_lease(self, callback: str, now: float) -> None:
        await self._db.write(leases.leave, callback, now)

    async def drop_lease(self, callback: str) -> None:
        await self._db.write(leases.drop, callback)
