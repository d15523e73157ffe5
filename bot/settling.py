"""What Telegram answered, until it is written down: in small batches, so that a kill repeats few."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

from bot.core.settle import Settlement
from bot.perseverance import Perseverance
from storage import Claim, Store

BATCH_ROWS, BATCH_SECONDS = 32, 0.020  # answers are written together: at most so many, at most so old

Answer = tuple[Claim, Settlement]


class Settling:
    """`busy` are the chats (Telegram's ids) with an action claimed or not settled yet; `written` is called when some
    of them are free again."""

    def __init__(
        self,
        *,
        store: Store,
        busy: set[int],
        guarded: Perseverance,
        written: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._busy, self._guarded, self._written, self._clock = store, busy, guarded, written, clock
        self._answers: list[Answer] = []  # to be written
        self._answered = asyncio.Event()  # there are some
        self._enough = asyncio.Event()  # as many as may be written together
        self._writing = asyncio.Lock()

    def add(self, claim: Claim, settlement: Settlement) -> None:
        self._answers.append((claim, settlement))
        self._answered.set()
        if len(self._answers) >= BATCH_ROWS:
            self._enough.set()

    async def run(self) -> None:
        """The store costs less than the network. Where more is claimed meanwhile, that writes them."""
        while True:
            await self._answered.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BATCH_SECONDS):
                    await self._enough.wait()
            await self._write()

    async def finish(self) -> None:
        """Until all is written."""
        while self._answers or self._writing.locked():
            await self._write()

    async def _write(self) -> None:
        async with self._writing:
            if answers := self.take():
                written = await self._guarded(self._settle(answers))
                self.keep_or_let_go(answers, written=bool(written))
                self._written()

    async def _settle(self, answers: Sequence[Answer]) -> bool:
        await self._store.settle(answers, self._clock())
        return True

    def take(self) -> list[Answer]:
        """All of them, for a transaction that writes them."""
        answers, self._answers = self._answers, []
        self._answered.clear()
        self._enough.clear()
        return answers

    def keep_or_let_go(self, answers: list[Answer], *, written: bool) -> None:
        """A chat is free again once what was said to it is written down; what was not, comes with the next."""
        if written:
            self._busy.difference_update([claim.telegram_id for claim, _ in answers])
        elif answers:
            self._answers = answers + self._answers
            self._answered.set()
