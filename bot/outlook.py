"""What is known of each blog for its next poll: from the store, and from what its last polls here have shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.found import Found
from bot.core.timing import BlogState
from storage import BlogState as StoredState
from storage import Store

NOTE_EVERY = timedelta(seconds=2)  # quiet polls are noted together; who takes a blog over goes by what is noted


class Outlook:
    """The store has what another node must know as well; what is only here (what the server asked for, how young its
    answers may be) is learnt anew at the next poll."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self.states: defaultdict[str, BlogState] = defaultdict(BlogState)
        self._unnoted: dict[str, float] = {}  # polls that went well, until they are noted
        self._noted_at: datetime | None = None

    def __getitem__(self, blog: str) -> BlogState:
        return self.states[blog]

    def learn(self, stored: StoredState) -> None:
        """What the store knows of a blog."""
        hint = None if stored.interval_hint is None else int(stored.interval_hint)
        self.states[stored.id] = replace(
            self.states[stored.id],
            blog=stored.id,
            failures=stored.failures,
            life=stored.life,
            interval_hint=hint,
            hub_until=None if stored.hub_until is None else datetime.fromtimestamp(stored.hub_until, UTC),
        )

    async def learn_all(self, blogs: Collection[str] | None = None) -> Mapping[str, datetime]:
        """Of these blogs; None: of all. Returns when each was last polled, by whomever."""
        stored = await self._store.blogs() if blogs is None else await self._store.some_blogs(blogs)
        for one in stored:
            self.learn(one)
        return {one.id: datetime.fromtimestamp(one.polled_at, UTC) for one in stored if one.polled_at is not None}

    async def look_again(self, blog: str) -> None:
        """Something was written of it."""
        if (stored := await self._store.blog(blog)) is not None:
            self.learn(stored)

    # --- what comes of polls

    async def worked(self, blog: str, found: Found) -> None:
        before = self.states[blog]
        self.states[blog] = replace(before, failures=0, retry_after=found.retry_at, max_age=found.max_age)
        # A hub that had not told us of this is not relied on, nor one that may be about the old one of two pages.
        if found.told or found.missing or found.pages > 1:
            await self.rely_on_hub(blog, None)
        if found.read:
            await self.look_again(blog)
        self._unnoted[blog] = self._now().timestamp()
        if before.failures or self._noted_at is None or abs(self._now() - self._noted_at) >= NOTE_EVERY:
            await self.note()

    async def failed(self, blog: str, why: str, retry_at: datetime | None) -> int:
        """Returns how many polls have failed in a row."""
        self._unnoted.pop(blog, None)
        failures = await self._store.polled(blog, self._now().timestamp(), why)
        self.states[blog] = replace(self.states[blog], failures=failures, retry_after=retry_at)
        return failures

    def not_written(self, blog: str) -> None:
        """The store has failed us, and so that is known here alone."""
        self.states[blog] = replace(self.states[blog], failures=self.states[blog].failures + 1)

    async def rely_on_hub(self, blog: str, until: datetime | None) -> None:
        """Until when its hub is relied on to tell us of its news."""
        if self.states[blog].hub_until != until:
            await self._store.rely_on_hub(blog, until.timestamp() if until else None)
            self.states[blog] = replace(self.states[blog], hub_until=until)

    async def note(self) -> None:
        """Write down which polls went well."""
        if not self._unnoted:
            return
        polls, self._unnoted = self._unnoted, {}
        try:
            await self._store.polls_answered(polls)
        except BaseException:
            self._unnoted = polls | self._unnoted
            raise
        self._noted_at = self._now()
