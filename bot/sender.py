"""The loop that makes `sent` equal `wanted`.

A claim marks rows and brings their posts, the pace gives the moment, Telegram answers, a settlement is written; several
are under way at once, in different chats. Whatever stops this, the table knows what is true.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

import structlog

from bot.core.model import Done, Outcome, Refused, Relayed, Rendered, Style, TryLater
from bot.core.plan import Edit
from bot.core.render import message, plainest
from bot.core.render_lists import merged
from bot.core.settle import Settlement, settle
from bot.core.texts import Texts
from bot.core.writing import CAPTION, MESSAGE
from bot.pace import Pace
from bot.telegram import Telegram
from config.settings import Settings
from storage import Claim, Store, StoreError

log = structlog.get_logger()
T = TypeVar("T")

IN_FLIGHT = 60  # sends whose answers are awaited; Telegram's own server stops at about 1000
BATCH_ROWS, BATCH_SECONDS = 32, 0.020  # answers are written together: at most so many, at most so old
AHEAD_SECONDS = 0.03  # how far ahead rows are claimed, so that a breaking push overtakes within the blink of an eye
IDLE_SECONDS = 0.5  # other processes (`push` on the command line) write to the same table
LAST_SECONDS = 8.0  # for what is in flight when we are told to stop
TITLES_SECONDS = 60.0  # how old what the store says of the pages' titles may be
STORE_PAUSE = 1.0  # seconds before a store that failed (a full disk) is asked again


class Sender:
    """Sends for one bot. `report` tells the admins of what Telegram refused."""

    def __init__(
        self,
        *,
        store: Store,
        telegram: Telegram,
        pace: Pace,
        settings: Callable[[], Settings],
        report: Callable[[str], Coroutine[None, None, None]],
        bot: str = "main",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._telegram, self._pace = store, telegram, pace
        self._settings, self._report, self._bot, self._clock = settings, report, bot, clock
        self._wake = asyncio.Event()
        self._published = asyncio.Event()  # there may be something to expand
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._flights: set[asyncio.Task[None]] = set()
        self._busy: set[int] = set()  # chats (Telegram's ids) with an action claimed or not settled yet
        self._answers: asyncio.Queue[tuple[Claim, Settlement]] = asyncio.Queue()
        self._stopped = asyncio.Event()
        self._failing: set[str] = set()  # what the store was asked for in vain
        self._titles: dict[str, str] = {}  # by blog, as its page says
        self._titles_at = float("-inf")  # when they were asked for
        self._passed_over = False  # the last claim left out a chat that rests

    def wake(self) -> None:
        """Something was published: look at once."""
        self._wake.set()
        self._published.set()

    async def run(self) -> None:
        """Send until `stop()` is called, then finish what is in flight."""
        await self._recover()
        loops = [asyncio.create_task(loop()) for loop in (self._send_all, self._settle_all, self._expand_all)]
        stopped = asyncio.create_task(self._stopped.wait())
        done, _ = await asyncio.wait({*loops, stopped}, return_when=asyncio.FIRST_COMPLETED)
        try:
            for loop in done:
                loop.result()  # a loop ends only by a mistake of ours: let it be seen
            await self._finish(loops[0])
        finally:
            for loop in (*loops, stopped):
                loop.cancel()
            await asyncio.gather(*loops, stopped, return_exceptions=True)

    async def _finish(self, sending: asyncio.Task[None]) -> None:
        """Claims go back, answers are awaited and written. What does not answer in time stays in doubt."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await asyncio.wait({sending})
                await asyncio.gather(*self._flights)
                await self._answers.join()
        for flight in self._flights:
            flight.cancel()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()
        self._pace.let_go()

    async def _recover(self) -> None:
        """Rows that a kill left in doubt, and what Telegram's limits still remember of us."""
        doubtful = await self._store.recover(self._bot, self._settings().delivery.ambiguous, self._clock())
        if doubtful:
            log.info("resumed", in_doubt=doubtful)
        now = self._clock()
        sends = await self._store.recent_sends(now - 60.0)
        self._pace.remember((chat, is_group(kind), now - at) for chat, kind, at in sends)

    async def _send_all(self) -> None:
        """One batch is claimed while the one before it is sent."""
        ahead = asyncio.create_task(self._claim())
        while not self._stopped.is_set():
            claims = await ahead
            if not claims:
                await self._rest()
            ahead = asyncio.create_task(self._claim())
            await self._dispatch(claims)
        await self._give_back(await ahead)

    async def _claim(self) -> list[Claim]:
        self._wake.clear()
        busy = self._busy | self._pace.resting().keys()
        limit = max(1, min(BATCH_ROWS, int(AHEAD_SECONDS / self._pace.interval)))
        found = await self._guarded(
            self._store.claim(
                bot=self._bot, now=self._clock(), limit=limit, busy=busy, on_withdrawal=self._on_withdrawal
            )
        )
        claims, self._passed_over = found or ([], False)
        self._busy.update(one.telegram_id for one in claims)
        if any(self._is_nameless(one.posts) for one in claims):
            await self._learn_titles()
        return claims

    def _on_withdrawal(self, blog: str | None) -> str:
        return self._style(blog).on_withdrawal

    def _is_nameless(self, posts: tuple[Relayed, ...]) -> bool:
        """Whether they stand under a title that the file leaves to the page."""
        blog = _common_blog(posts)
        return blog is not None and not self._title_in_file(blog)

    def _title_in_file(self, blog: str) -> str:
        found = self._settings().blog(blog)
        return found.title if found else ""

    async def _learn_titles(self) -> None:
        """What the pages call themselves. Asked seldom: the store counts while it answers."""
        if self._clock() - self._titles_at < TITLES_SECONDS:
            return
        states = await self._guarded(self._store.blogs())
        if states is not None:
            self._titles |= {state.id: state.title for state in states if state.title}
            self._titles_at = self._clock()

    async def _rest(self) -> None:
        """Until somebody publishes, a chat becomes free, or something that waits for its time is due."""
        if self._stopped.is_set():
            return
        until = IDLE_SECONDS
        if self._passed_over:
            until = min(self._pace.resting().values(), default=until)
        due = await self._guarded(self._store.next_due(self._bot, self._clock()))
        until = min(until, IDLE_SECONDS, IDLE_SECONDS if due is None else max(0.001, due - self._clock()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), until)

    async def _dispatch(self, claims: list[Claim]) -> None:
        """Each claim in its turn; what is left when we are told to stop goes back."""
        for at, claim in enumerate(claims):
            await self._room.acquire()
            await self._pace.turn()
            if self._stopped.is_set():
                self._room.release()
                await self._give_back(claims[at:])
                return
            if self._pace.rest_of(claim.telegram_id) > 0:  # a person was answered there meanwhile
                self._room.release()
                await self._give_back([claim])
                continue
            self._pace.spoke(claim.telegram_id, group=is_group(claim.kind))
            self._spawn(self._deliver(claim))

    async def _give_back(self, claims: list[Claim]) -> None:
        if claims:
            await self._guarded(self._store.release_claims(claims))
            self._busy.difference_update(one.telegram_id for one in claims)

    async def _deliver(self, claim: Claim) -> None:
        """One action, from its posts to its settlement."""
        try:
            outcome = await self._perform(claim)
        finally:
            self._room.release()
            self._pace.answered(claim.telegram_id, group=is_group(claim.kind))
        rendered = {post.id: post.revision for post in claim.posts}
        ambiguous = self._settings().delivery.ambiguous
        settlement = settle(claim.action, rendered, outcome, self._clock(), ambiguous)
        self._tell(claim, outcome, settlement)
        await self._answers.put((claim, settlement))

    async def _perform(self, claim: Claim) -> Outcome:
        row = claim.action.rows[0]
        try:
            rendered = self._render(claim)
        except Exception as error:
            log.exception("cannot render", posts=[post.id for post in claim.posts])
            return Refused(why=f"cannot be rendered: {error!r}")
        return await self._telegram.perform(
            claim.action, rendered, chat=claim.telegram_id, thread=row.thread, silent=row.silent
        )

    def _render(self, claim: Claim) -> Rendered:
        """Once per revision and language, however many chats."""
        language = claim.language or self._style(claim.posts[0].blog).language
        under_photo = isinstance(claim.action, Edit) and claim.action.message.kind == "photo"
        limit = CAPTION if under_photo else MESSAGE
        styles = tuple(self._style(post.blog) for post in claim.posts)
        rendered = _rendered(claim.posts, styles, language, limit, self._title(claim.posts))
        if not any(row.plain for row in claim.action.rows):
            return rendered
        return replace(plainest(rendered, limit), photo=rendered.photo if under_photo else None)

    def _title(self, posts: tuple[Relayed, ...]) -> str | None:
        """What several posts of one blog stand under: its title in the file, else the page's own, else its id."""
        blog = _common_blog(posts)
        return blog and (self._title_in_file(blog) or self._titles.get(blog) or blog)

    def _style(self, blog: str | None) -> Style:
        found = self._settings().blog(blog) if blog is not None else None
        return found.style if found else Style()

    def _tell(self, claim: Claim, outcome: Outcome, settlement: Settlement) -> None:
        """The pace learns from every answer; the log hears of all that did not simply work."""
        if isinstance(outcome, Done):
            self._pace.succeeded()
            return
        if isinstance(outcome, TryLater) and outcome.flood:
            self._pace.flooded(claim.telegram_id, outcome.after)
        log.warning("not delivered", chat=claim.telegram_id, outcome=outcome)
        if settlement.report:
            self._spawn(self._report(settlement.report))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        flight = asyncio.create_task(work)
        self._flights.add(flight)
        flight.add_done_callback(self._flights.discard)

    async def _settle_all(self) -> None:
        """Answers in small batches: the store costs less than the network, and a kill repeats few."""
        while True:
            batch = [await self._answers.get()]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BATCH_SECONDS):
                    while len(batch) < BATCH_ROWS:
                        batch.append(await self._answers.get())
            settled = False
            while not settled:
                settled = await self._settled(batch)
            self._wake.set()

    async def _settled(self, batch: list[tuple[Claim, Settlement]]) -> bool:
        written = await self._guarded(self._write(batch))
        if not written:
            return False
        for claim, _ in batch:
            self._busy.discard(claim.telegram_id)
            self._answers.task_done()
        return True

    async def _write(self, batch: list[tuple[Claim, Settlement]]) -> bool:
        await self._store.settle(batch, self._clock())
        return True

    async def _expand_all(self) -> None:
        """Publications into rows, chunk by chunk; between chunks others use the store."""
        while True:
            self._published.clear()
            if await self._guarded(self._store.expand(self._clock())):
                self._wake.set()
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._published.wait(), IDLE_SECONDS / 2)

    async def _guarded(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What the store answers, or None where it failed: told once, and once again when all that failed works."""
        name = str(getattr(work, "__qualname__", ""))
        try:
            answer = await work
        except StoreError as error:
            if not self._failing:
                log.error("store failed, sending rests until it works again", error=str(error))
            self._failing.add(name)
            await asyncio.sleep(STORE_PAUSE)
            return None
        if name in self._failing:
            self._failing.remove(name)
            if not self._failing:
                log.info("store works again")
        return answer


def is_group(kind: str) -> bool:
    """Where Telegram counts by the minute as well."""
    return kind != "private"


def _common_blog(posts: tuple[Relayed, ...]) -> str | None:
    """The blog that several posts are all of."""
    blogs = {post.blog for post in posts}
    return blogs.pop() if len(posts) > 1 and len(blogs) == 1 else None


@lru_cache(maxsize=512)
def _rendered(
    posts: tuple[Relayed, ...], styles: tuple[Style, ...], language: str, limit: int, title: str | None
) -> Rendered:
    texts = Texts.of(language)
    if len(posts) == 1:
        return message(posts[0], styles[0], texts, limit)
    of_blog = {post.blog: style for post, style in zip(posts, styles, strict=True)}
    return merged(posts, lambda post: of_blog[post.blog], texts, title)
