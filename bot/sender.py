"""The loop that makes `sent` equal `wanted`.

A claim marks rows and brings their posts, the pace gives the moment, Telegram answers, a settlement is written; many
are under way at once, in different chats. Whatever stops this, the table knows what is true.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Collection, Container, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

import structlog

from bot.bodies import Bodies
from bot.core.lanes import CHANGES
from bot.core.model import Style
from bot.core.plan import Send
from bot.core.settle import postponed
from bot.delivering import Delivering
from bot.ending import called_off, to_its_end
from bot.pace import Pace
from bot.perseverance import Perseverance
from bot.settling import BATCH_ROWS, Settling
from bot.telegram import Telegram
from bot.vitals import Vitals
from config.settings import Settings
from storage import Again, Claim, Store

log = structlog.get_logger()
T = TypeVar("T")

IN_FLIGHT = 100  # sends whose answers are awaited; Telegram's own server stops at about 1000
AHEAD_SECONDS = 0.015  # how far ahead rows are claimed: soon enough to take most answers along, and to be overtaken
PASSED_OVER_SECONDS = 0.02  # at least, until chats that rest, or what was passed over, are looked at again
FORGOTTEN_SECONDS = 1.0  # the length of Telegram's window
LAST_SECONDS = 8.0  # for what is in flight when we are told to stop
TITLES_SECONDS = 60.0  # how old what the store says of the pages' titles may be


class Sender:
    """Sends for one bot. `refused` is told why Telegram took something in no form; `halted` why it takes nothing from
    this bot, and None when it does again."""

    def __init__(
        self,
        *,
        store: Store,
        telegram: Telegram,
        pace: Pace,
        vitals: Vitals,
        settings: Callable[[], Settings],
        refused: Callable[[str], None] = lambda why: None,
        halted: Callable[[str | None], None] = lambda why: None,
        bot: str = "main",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._pace, self._vitals = store, pace, vitals
        self._settings, self._bot, self._clock = settings, bot, clock
        self._wake = asyncio.Event()
        self._published = asyncio.Event()  # there may be something to expand
        self._in_flight = 0
        self._landed = asyncio.Event()  # an answer is here
        self._flights: set[asyncio.Task[Any]] = set()
        self._changing: set[asyncio.Task[None]] = set()  # edits and deletions at their own pace
        self._busy: set[int] = set()  # chats (Telegram's ids) with an action claimed or not settled yet
        self.looked = asyncio.Event()  # for what waits, for the first time
        self._stopped = asyncio.Event()
        self._guarded = Perseverance()
        self._titles: dict[str, str] = {}  # by blog, as its page says
        self._bodies = Bodies(telegram, settings, self._titles)
        self._settling = Settling(
            store=store, busy=self._busy, guarded=self._guarded, written=self._wake.set, clock=clock
        )
        self._delivering = Delivering(
            telegram=telegram,
            bodies=self._bodies,
            pace=pace,
            vitals=vitals,
            settings=settings,
            refused=refused,
            halted=halted,
            clock=clock,
        )
        self._titles_at = float("-inf")  # when they were asked for
        self._again = Again.ANY_TIME  # what the last claim said

    def wake(self) -> None:
        """Something was published: look at once."""
        self._wake.set()
        self._published.set()

    async def run(self) -> None:
        """Send until `stop()` is called, then finish what is in flight."""
        await self._recover()
        loops = [asyncio.create_task(loop()) for loop in (self._send_all, self._settling.run, self._expand_all)]
        stopped = asyncio.create_task(self._stopped.wait())
        try:
            done, _ = await asyncio.wait({*loops, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for loop in done:
                loop.result()  # a loop ends only by a mistake of ours: let it be seen
            await self._finish(loops[0])
        finally:
            await to_its_end(called_off(*loops, stopped, *self._flights))

    async def _finish(self, sending: asyncio.Task[None]) -> None:
        """Claims go back, answers are awaited and written. What does not answer in time stays in doubt."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await asyncio.wait({sending})
                await asyncio.gather(*self._flights)
                await self._settling.finish()
        for flight in self._flights:
            flight.cancel()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()
        self._landed.set()
        self._pace.let_go()

    async def _recover(self) -> None:
        """Rows that a kill left in doubt, and what Telegram's limits still remember of us."""
        doubted = await self._store.in_doubt(self._bot)
        doubtful = await self._store.recover(self._bot, self._settings().delivery.ambiguous, self._clock())
        if doubtful:
            log.info("resumed", in_doubt=doubtful)
        now = self._clock()
        sends = await self._store.recent_sends(now - 60.0)
        lately = [*sends, *((chat, kind, now) for chat, kind in doubted)]
        self._pace.remember((chat, is_group(kind), now - at) for chat, kind, at in lately)
        if self._store.forgot():  # somebody else may have sent up to now, and nobody knows it
            self._pace.rest(FORGOTTEN_SECONDS)

    async def _send_all(self) -> None:
        """One batch is claimed while the one before it is sent."""
        ahead = self._spawn(self._claim())
        while not self._stopped.is_set():
            claims = await ahead
            self.looked.set()
            if not claims:
                await self._rest()
            ahead = self._spawn(self._claim())
            await self._dispatch(claims)
        await self._give_back(await ahead)

    async def _claim(self) -> list[Claim]:
        """The next ones. What was answered meanwhile is written in the same transaction."""
        self._wake.clear()
        answers = self._settling.take()
        found = await self._guarded(
            self._store.claim(
                bot=self._bot,
                now=self._clock(),
                limit=max(1, min(BATCH_ROWS, int(AHEAD_SECONDS / self._pace.interval))),
                busy=_Either(self._busy, self._pace.resting_chats()),
                on_withdrawal=partial(_on_withdrawal, self._settings()),
                zone=partial(_zone, self._settings()),
                settled=answers,
                without=CHANGES if self._changing else (),
            )
        )
        self._settling.keep_or_let_go(answers, written=found is not None)
        if found is not None:
            self._vitals.looked()
        self._delivering.mishaps.tell(self._clock())
        claims, self._again = found or ([], Again.ANY_TIME)
        self._busy.update([one.telegram_id for one in claims])
        if any(self._bodies.is_nameless(one) for one in claims):
            await self._learn_titles()
        return self._without_changes(claims) if self._pace.is_parted else claims

    def _without_changes(self, claims: Sequence[Claim]) -> list[Claim]:
        """Sends alone. What changes messages cannot be paid for: it goes its own way, at its own pace."""
        changes = [claim for claim in claims if not isinstance(claim.action, Send)]
        if changes:
            changing = self._spawn(self._dispatch(changes, paid=False))
            self._changing.add(changing)
            changing.add_done_callback(self._changing.discard)
        return [claim for claim in claims if isinstance(claim.action, Send)]

    async def _learn_titles(self) -> None:
        """What the pages call themselves."""
        if self._clock() - self._titles_at < TITLES_SECONDS:
            return
        titles = await self._guarded(self._store.titles())
        if titles is not None:
            self._titles |= titles
            self._titles_at = self._clock()

    async def _rest(self) -> None:
        """Until somebody publishes, a chat becomes free, or something that waits for its time is due."""
        if self._stopped.is_set():
            return
        idle = self._store.idle_seconds
        until = idle
        if self._again >= Again.SOON:
            until = PASSED_OVER_SECONDS
        elif self._again is Again.RESTED:
            until = max(PASSED_OVER_SECONDS, self._pace.next_rested() or 0.0)
        due = await self._guarded(self._store.next_due(self._bot, self._clock()))
        until = min(until, idle, idle if due is None else max(0.001, due - self._clock()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(until):  # `wait_for` may swallow that we are cancelled
                await self._wake.wait()

    async def _dispatch(self, claims: Sequence[Claim], *, paid: bool = True) -> None:
        """Each claim in its turn, an album in as many; what is left when we are told to stop goes back."""
        waiting, turns = deque(claims), list[float]()
        while waiting:
            more = await self._turns(len(waiting), paid=paid)
            if not more:
                await self._give_back(waiting)
                return
            turns += more
            rested = []
            while waiting and len(turns) >= (messages := self._delivering.messages_of(waiting[0])):
                claim, now, turns = waiting.popleft(), turns[:messages], turns[messages:]
                if not self._send(claim, now, paid=paid):
                    rested.append(claim)
            await self._give_back(rested)

    async def _turns(self, most: int, *, paid: bool) -> list[float]:
        """The moments for the next ones, at most so many; none once we are told to stop."""
        while self._in_flight >= IN_FLIGHT and not self._stopped.is_set():
            self._landed.clear()
            await self._landed.wait()
        if self._stopped.is_set():
            return []
        turns = await self._pace.turns(min(most, IN_FLIGHT - self._in_flight), paid=paid)
        return [] if self._stopped.is_set() else turns

    def _send(self, claim: Claim, turns: Sequence[float], *, paid: bool) -> bool:
        """False where the chat rests: a person was answered there meanwhile, or an album needs room; and where it is no
        longer sure that nobody else sends for this bot."""
        messages = len(turns)
        rests = self._pace.rest_of(claim.telegram_id) > 0 or not self._store.held()
        wait = self._pace.room_for(claim.telegram_id, messages) if messages > 1 else 0.0
        if rests or wait > 0:
            for left in turns:
                self._pace.unused(left, paid=paid)
            return not rests and self._postpone(claim, wait)
        left = self._pace.together(turns, paid=paid)
        self._pace.spoke(claim.telegram_id, group=is_group(claim.kind), messages=messages)
        self._in_flight += 1
        self._spawn(self._deliver(claim, left, messages, paid=paid))
        return True

    def _postpone(self, claim: Claim, seconds: float) -> bool:
        """An album that its group has no room for: what is more urgent may overtake it once, then the group rests."""
        if claim.action.rows[0].not_before > 0:
            self._pace.make_room(claim.telegram_id, seconds)
            return False
        self._settling.add(claim, postponed(claim.action, self._clock() + seconds))
        return True

    async def _give_back(self, claims: Collection[Claim]) -> None:
        """Until it is written: nobody else looks at a row that is marked as being sent."""
        if claims:
            while not await self._guarded(self._release(tuple(claims))):
                pass
            self._busy.difference_update(one.telegram_id for one in claims)

    async def _release(self, claims: Sequence[Claim]) -> bool:
        await self._store.release_claims(claims)
        return True

    async def _deliver(self, claim: Claim, left: float, messages: int, *, paid: bool) -> None:
        """One action, or one step of it, from its posts to its settlement."""
        try:
            if not self._store.held():  # we were stopped for a while, after it was given its turn
                self._spawn(self._give_back([claim]))
                return
            outcome, step = await self._delivering.perform(claim)
        finally:
            self._pace.answered(claim.telegram_id, left, paid=paid, messages=messages)
            self._in_flight -= 1
            self._landed.set()
        self._settling.add(claim, self._delivering.settled(claim, outcome, step, messages))

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """It ends with us."""
        flight = asyncio.create_task(work)
        self._flights.add(flight)
        flight.add_done_callback(self._flights.discard)
        return flight

    async def _expand_all(self) -> None:
        """Publications into rows, and chats awake whose time has come, chunk by chunk; between chunks others use the
        store."""
        while True:
            self._published.clear()
            expanded = await self._guarded(self._store.expand(self._clock()))
            if await self._guarded(self._store.wake(self._bot, self._clock())) or expanded:
                self._wake.set()
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._store.idle_seconds / 2):
                    await self._published.wait()


def is_group(kind: str) -> bool:
    """Where Telegram counts by the minute as well."""
    return kind != "private"


def _on_withdrawal(settings: Settings, blog: str | None) -> str:
    """Asked for by the store, perhaps on its own thread. An editor's own post is recalled: it goes, where it can."""
    return "delete" if blog is None else _style(settings, blog).on_withdrawal


def _zone(settings: Settings, blog: str | None) -> str:
    """Likewise: by whose clocks a chat lives that chose none."""
    return _style(settings, blog).timezone


def _style(settings: Settings, blog: str | None) -> Style:
    found = settings.blog(blog) if blog is not None else None
    return found.style if found else Style()


class _Either:
    """The chats of two collections, neither of them copied: asked for by the store, perhaps on its own thread."""

    def __init__(self, *chats: Container[int]) -> None:
        self._chats = chats

    def __contains__(self, chat: object) -> bool:
        return any(chat in some for some in self._chats)
