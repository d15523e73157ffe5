"""Asks what `bot.sources.asking` says is to be asked, within bounds, and hands back what was gathered.

A page as a rule is one address. Where it is more, the blog is listed at first sight and every tenth poll, and asked
for its changes otherwise: at every poll while something of the listing is in doubt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.model import Page, PageMemory
from bot.core.publishing import Validators
from bot.fetch import Fetcher, FetchFailed, NotModified
from bot.sources import NotReadable
from bot.sources.asking import Ask, Asking, Gathered, Known, Turn, asking_for, fixed
from bot.sources.asking.shape import path_of

log = structlog.get_logger()

LIST_EVERY = 10  # polls
LIST_AFTER = timedelta(minutes=15)  # without a poll, whatever was listed before may be pages away
MOST_ASKED = 100  # addresses in one turn
LONGEST_SECONDS = 60.0  # of one turn, from its first address to its last


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One turn of asking about a page. `lists`: it shows the blog, and so may end an alarm about it.

    `due`: it is to be asked now, and not only where the one before it has failed. `doubted`: something of the page as
    it was last listed is in doubt.
    """

    url: str
    asking: Asking
    known: Known
    now: datetime
    lists: bool
    due: bool = True
    doubted: bool = False

    def turn(self) -> Turn:
        ask = self.asking.listing if self.lists or self.asking.changes is None else self.asking.changes
        return ask(self.known, self.now)


@dataclass(frozen=True, slots=True)
class _Habit:
    """How often a page was asked for since it was listed, and when last."""

    polls: int = 0
    since_listed: int = LIST_EVERY
    at: datetime | None = None


def _as_it_stands(question: Question) -> Question:
    """The address itself, where the API that was guessed from it is not there."""
    return replace(question, asking=fixed(question.url), due=False)


def lasts(error: FetchFailed | NotReadable) -> bool:
    """Whether asking the same again soon will not help."""
    return isinstance(error, NotReadable) or error.lasting


class Asker:
    """Remembers, for as long as the relay runs, when each page of a blog was listed."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._habits: dict[tuple[str, str], _Habit] = {}

    def questions(
        self, blog: str, url: str, page: PageMemory | None, now: datetime, *, reader: str = "auto", doubted: bool
    ) -> tuple[Question, ...]:
        """What to ask about a page: its changes first, as they are news, then the listing. `doubted`: that is due."""
        habit = self._habits.get((blog, url), _Habit())
        asking = asking_for(url, reader, page.format if page else None)
        known = Known(page=page, polls=habit.polls)
        late = habit.at is None or now - habit.at > LIST_AFTER
        lists = doubted or late or habit.since_listed >= LIST_EVERY - 1
        self._habits[blog, url] = _Habit(habit.polls + 1, 0 if lists else habit.since_listed + 1, now)
        listing = Question(url=url, asking=asking, known=known, now=now, lists=True, doubted=doubted)
        if asking.format is not None and page is None:
            return (listing, _as_it_stands(listing))
        if asking.changes is None or known.cursor is None:
            return (listing,)
        return (replace(listing, lists=False), replace(listing, due=lists))

    def list_soon(self, blog: str, url: str) -> None:
        """Something failed: the listing is due at the next poll."""
        habit = self._habits.get((blog, url), _Habit())
        self._habits[blog, url] = replace(habit, since_listed=LIST_EVERY)

    async def look(self, url: str, now: datetime, *, reader: str = "auto") -> Gathered:
        """The page as it is asked for at first sight."""
        question = Question(url=url, asking=asking_for(url, reader), known=Known(), now=now, lists=True)
        try:
            gathered = await self.ask(question)
        except (FetchFailed, NotReadable) as error:
            if question.asking.format is None or not lasts(error):
                raise
            gathered = await self.ask(_as_it_stands(question))
        assert isinstance(gathered, Gathered)
        return gathered

    async def ask(
        self, question: Question, validators: Validators | None = None, *, home: str | None = None
    ) -> Gathered | NotModified:
        """One turn to its end. FetchFailed where what it cannot do without failed; NotReadable where it made no sense.

        `validators` are those of the page's own address and go to no other. `home` is the address the admin wrote.
        """
        turn = question.turn()
        run = _Run(self._fetcher, question, validators, home)
        asks, answers = next(turn), list[Page | None]()
        while True:
            found = await run.fetch(asks)
            if isinstance(found, NotModified):
                return found
            answers = found
            try:
                asks = turn.send(answers)
            except StopIteration as end:
                return run.hinted(end.value)


class _Run:
    """The bounds of one turn, and what failed in it."""

    def __init__(self, fetcher: Fetcher, question: Question, validators: Validators | None, home: str | None) -> None:
        self._fetcher, self._question, self._validators = fetcher, question, validators
        self._home = home or question.url
        self._left = MOST_ASKED
        self._until = asyncio.get_running_loop().time() + LONGEST_SECONDS
        self._retry_at: datetime | None = None

    def hinted(self, gathered: Gathered) -> Gathered:
        return replace(gathered, retry_at=self._retry_at)

    async def fetch(self, asks: Iterable[Ask]) -> list[Page | None] | NotModified:
        """The answers to these addresses, None for one that failed and may."""
        asks = list(asks)
        tasks = [asyncio.create_task(self._one(ask)) for ask in asks]
        try:
            found = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        if (unchanged := next((one for one in found if isinstance(one, NotModified)), None)) is not None:
            return unchanged
        return [one if isinstance(one, Page) else None for one in found]

    async def _one(self, ask: Ask) -> Page | NotModified | None:
        try:
            return await self._within_bounds(ask)
        except FetchFailed as error:
            if ask.needed:
                raise
            self._retry_at = error.retry_at or self._retry_at
            asked = path_of(ask.url)  # behind it may stand a token
            log.info("an answer is missing", asked=asked, why=str(error))
            return None

    async def _within_bounds(self, ask: Ask) -> Page | NotModified:
        self._left -= 1
        if self._left < 0:
            raise FetchFailed(f"takes more than {MOST_ASKED} answers")
        validators = self._validators if ask.conditional and ask.url == self._question.url else None
        try:
            async with asyncio.timeout_at(self._until):
                return await self._fetcher.fetch(ask.url, validators, home=self._home, headers=ask.headers)
        except TimeoutError:
            raise FetchFailed(f"did not answer within {LONGEST_SECONDS:.0f} s") from None
