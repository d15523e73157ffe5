"""The one door through which the admins are told what is not as it should be: each thing once, and its end once.

Beginning and end are rows; telling is done aside, and again for whoever could not be reached, so that nobody who notes
something waits for Telegram.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.core import standing
from bot.core.standing import Alarm, Kind
from storage import Store, StoreError, Telling
from storage.alarms import EVERYBODY

log = structlog.get_logger()

LOOK_SECONDS = 30.0  # between looks at whether somebody is still to be told
SOON_SECONDS = 1.0  # between looks that others ask for
KEEP_UP_SECONDS = 2.0  # between looks at what other nodes have said
END_TOLD_FOR = timedelta(days=1)  # after that its end is of no concern any more
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)  # until who was not reached is tried again

Key = tuple[Kind, str, str]
Say = Callable[[int, str], Awaitable[bool]]


class Alarms:
    """`admins`: whom to tell (Telegram user ids), as the file says now. `say` tells one of them, and whether it came.

    Nothing of this raises: where the store fails it is logged, and told without a note.
    """

    def __init__(
        self,
        store: Store,
        *,
        admins: Callable[[], Collection[int]],
        say: Say,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._admins, self._say, self._now = store, admins, say, now
        self._standing: dict[Key, Alarm] = {}
        self._noted: dict[Key, datetime] = {}  # when it was last said that it stands
        self._unwritten: dict[Key, Alarm] = {}  # what the store did not take
        self._wanting: dict[int, tuple[datetime, timedelta]] = {}  # who was not reached: when again, and how long then
        self._turn = asyncio.Lock()  # a beginning that is being written, and the end that is said meanwhile
        self._telling = asyncio.Lock()  # two at once would tell everybody twice
        self._news = asyncio.Event()
        self._look_soon: asyncio.TimerHandle | None = None
        self._looked_at = float("-inf")  # by the loop's clock

    # --- what stands

    async def remember(self) -> None:
        """What stands, whoever says so: when we start, when blogs were renamed, and where there are other nodes."""
        async with self._turn:
            before = self._standing
            try:
                self._standing = {_key(one): one for one in await self._store.alarms()}
            except StoreError as error:
                log.error("alarms not known", why=str(error))
            if self._standing != before:
                self._news.set()  # another node has begun one, or ended it

    async def keep_up(self) -> None:
        """Know what other nodes say, until it is cancelled: what one has raised another one may end."""
        while True:
            await asyncio.sleep(KEEP_UP_SECONDS)
            await self.remember()

    def standing(self, kind: Kind | None = None, about: str | None = None) -> list[Alarm]:
        """What stands now, as far as it was said: of this kind, about this blog."""
        every = self._standing.values()
        return [one for one in every if kind in (None, one.kind) and about in (None, one.about)]

    def find(self, kind: Kind, about: str = "", part: str = "") -> Alarm | None:
        return self._standing.get((kind, about, part))

    def noted_at(self, alarm: Alarm) -> datetime:
        """When it was last said that it stands; of one from before we were started, when it began."""
        return self._noted.get(_key(alarm)) or datetime.fromtimestamp(alarm.since, UTC)

    # --- its beginning and its end

    async def raised(self, kind: Kind, about: str, text: str, *, part: str = "", subject: str = "") -> None:
        """Something is wrong: what, and what it means for readers. Told once, however often this is said."""
        now = self._now().timestamp()
        new = Alarm(kind=kind, about=about, part=part, subject=subject, text=text, since=now)
        async with self._turn:
            await self._raise(_key(new), new)

    async def _raise(self, key: Key, new: Alarm) -> None:
        self._noted[key] = self._now()
        known = self._standing.get(key) or self._unwritten.get(key)
        if known is not None and known.id and (known.text, known.subject) == (new.text, new.subject):
            return
        if known is None or new.kind in standing.BY_TEXT:
            log.warning("alarm", kind=new.kind.value, about=new.about, text=new.text)
        try:
            await self._write(key, self._unwritten.get(key, new))
        except StoreError as error:
            log.error("alarm not written", kind=new.kind.value, about=new.about, why=str(error))
            if key not in self._standing:  # else only its words have changed
                self._unwritten.setdefault(key, new)
        self._news.set()

    async def _write(self, key: Key, new: Alarm) -> None:
        self._standing[key] = begun = await self._store.begin_alarm(new)
        self._unwritten.pop(key, None)
        if new.told:
            await self._store.heard([Telling(begun, EVERYBODY)], new.since)

    async def ended(self, kind: Kind, about: str = "", ending: str | None = None, *, part: str = "") -> None:
        """All is well again; `ending` says so to who had heard of it. Where nothing was wrong it costs nothing."""
        async with self._turn:
            await self._end((kind, about, part), ending)

    async def _end(self, key: Key, ending: str | None) -> None:
        if key not in self._standing and key not in self._unwritten:
            return
        kind, about, _ = key
        try:
            if (unwritten := self._unwritten.get(key)) is not None:
                await self._write(key, unwritten)
            await self._store.end_alarm(self._standing[key], ending, self._now().timestamp())
        except StoreError as error:
            log.error("end of alarm not written", kind=kind.value, about=about, why=str(error))
            return
        del self._standing[key]
        self._noted.pop(key, None)
        log.info("alarm ended", kind=kind.value, about=about, ending=ending)
        self._news.set()

    async def only_of(self, blogs: Collection[str]) -> None:
        """These are the blogs in the file: what stood about others is of no concern any more."""
        for one in self.standing():
            if one.about and one.about not in blogs:
                await self.ended(one.kind, one.about, "is in the file no more", part=one.part)

    # --- telling

    def look(self) -> None:
        """Somebody else may have written of an alarm: look soon, but not each time that is said."""
        if self._look_soon is None:
            loop = asyncio.get_running_loop()
            at = max(loop.time(), self._looked_at + SOON_SECONDS)
            self._look_soon = loop.call_at(at, self._news.set)

    async def run(self) -> None:
        """Tell who is to be told, until it is cancelled."""
        while True:
            self._news.clear()
            self._look_soon, self._looked_at = None, asyncio.get_running_loop().time()
            try:
                await self.tell()
            except Exception:
                log.exception("telling alarms broke")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()

    async def tell(self) -> None:
        """Everybody who is to hear of a beginning or an end, and can be reached."""
        async with self._telling:
            await self._tell_everybody()

    async def _tell_everybody(self) -> None:
        now, people = self._now(), [one for one in self._admins() if self._is_tried(one)]
        try:
            await self._tell_unwritten(people)
            tellings = await self._store.to_tell(people, now.timestamp(), (now - END_TOLD_FOR).timestamp())
            for person in people:
                await self._tell_all(person, [one.alarm for one in tellings if one.person == person])
        except StoreError as error:
            log.error("alarms not told", why=str(error))

    async def _tell_all(self, person: int, alarms: Sequence[Alarm]) -> None:
        for text, said in standing.messages(alarms):
            if not await self._tell(person, text):
                return
            await self._store.heard([Telling(one, person) for one in said], self._now().timestamp())

    async def _tell(self, person: int, text: str) -> bool:
        """Whether they heard it. Who did not is left alone for a while."""
        if await self._say(person, text):
            self._wanting.pop(person, None)
            return True
        _, pause = self._wanting.get(person, (None, FIRST_PAUSE))
        self._wanting[person] = self._now() + pause, min(2 * pause, LONGEST_PAUSE)
        return False

    def _is_tried(self, person: int) -> bool:
        again = self._wanting.get(person)
        return again is None or again[0] <= self._now()

    async def _tell_unwritten(self, people: Collection[int]) -> None:
        """What the store did not take (a full disk, perhaps), while it is kept in memory alone."""
        for key, alarm in [*self._unwritten.items()]:
            if not alarm.told:
                reached = [await self._tell(person, standing.told(alarm)) for person in people]
                if key in self._unwritten:
                    self._unwritten[key] = replace(alarm, told=any(reached))


def _key(alarm: Alarm) -> Key:
    return alarm.kind, alarm.about, alarm.part
