"""What may be asked of the store about what leaves for chats."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Container, Coroutine, Sequence
from functools import partial
from typing import Any

from bot.core.model import Lane
from bot.core.settle import Moved
from storage import (
    claims,
    expansion,
    settling,
    sleeping,
    waiting,
)
from storage.claims import Again, Claim, Found
from storage.database import StoreError
from storage.door import Door
from storage.looking import Due
from storage.settling import Settled
from storage.spoken import Connection


class DeliveriesDoor(Door):
    _due: Due

    async def claim(
        self,
        *,
        bot: str,
        now: float,
        limit: int,
        busy: Container[int],
        on_withdrawal: Callable[[str | None], str],
        zone: Callable[[str | None], str] = lambda blog: "UTC",
        settled: Sequence[Settled] = (),
        without: Collection[Lane] = (),
    ) -> Found:
        """At most `limit` actions, the most urgent first, one per chat, none for the `busy` (Telegram's ids), none
        looked for in the lanes `without`.

        What came of earlier ones is written in the same transaction, before anything is claimed.
        """
        turn = partial(
            _turn,
            due=self._due,
            bot=bot,
            now=now,
            limit=limit,
            busy=busy,
            on_withdrawal=on_withdrawal,
            zone=zone,
            without=without,
        )
        found: Found = await self._writes(settled)(turn, settled)
        with contextlib.suppress(StoreError):  # what was settled is written; who asks again is told
            while found.again is Again.AT_ONCE and not found.claims:  # in turns: others can do theirs between
                await asyncio.sleep(0)
                found = await self._db.write_little(turn, ())
        return found

    async def settle(self, settled: Sequence[Settled], now: float) -> None:
        await self._writes(settled)(settling.settle, settled, now)

    def _writes(self, settled: Sequence[Settled]) -> Callable[..., Coroutine[Any, Any, Any]]:
        """On the event loop, but for two chats that are found to be one: that takes a look at every post."""
        moves = any(isinstance(made.chat, Moved) for _, made in settled)
        return self._db.write_often if moves else self._db.write_little

    async def release_claims(self, claims: Sequence[Claim]) -> None:
        await self._db.write(waiting.release_claims, claims)

    async def in_doubt(self, bot: str) -> list[tuple[int, str]]:
        return await self._db.read(waiting.in_doubt, bot)

    async def recover(self, bot: str, ambiguous: str, now: float) -> int:
        return await self._db.write(waiting.recover, bot, ambiguous, now)

    async def next_due(self, bot: str, now: float) -> float | None:
        """The instant at which something that waits for its time becomes due; None: nothing waits for a time."""
        dues = [await self._db.read(of, bot, now) for of in (waiting.next_due, sleeping.next_waking)]
        dues.append(await self._db.read(expansion.next_due, now))
        return min((due for due in dues if due is not None), default=None)

    async def wake(self, bot: str, now: float) -> bool:
        """Wake some of the chats whose quiet hours, mute or time to their digest is over. False: there is none."""
        if not await self._db.read(sleeping.has_slept_out, bot, now):
            return False
        return await self._db.write_often(sleeping.wake_some, bot, now)

    async def chats_asleep(self, bot: str) -> int:
        """In how many chats something waits for the end of quiet hours or a mute, or for the time of a digest."""
        return await self._db.count(sleeping.chats_asleep, bot)

    async def queue(self, bot: str) -> dict[Lane, int]:
        return await self._db.count(waiting.queue, bot)

    async def recent_sends(self, since: float) -> list[tuple[int, str, float]]:
        return await self._db.count(waiting.recent_sends, since)


def _turn(db: Connection, /, settled: Sequence[Settled], due: Due, *, now: float, **about: Any) -> Found:
    settling.settle(db, settled, now)
    return claims.claim(db, due, now=now, **about)
