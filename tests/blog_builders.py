"""Small posts, pages and a blog that is polled, for the tests of what counts as a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.diff import confirm, diff, remember
from bot.core.model import Change, ChangeKind, KeyKind, Memory, PageMemory, Post, Snapshot, SnapshotKind, Verdict
from bot.core.pages import among_pages

NOON = datetime(2024, 5, 4, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def post(key: str, text: str | None = None, **fields: Any) -> Post:
    """A post; without a text it says something that no other post says."""
    fields.setdefault("title", f"About {key}")
    return Post(key=key, text=f"What {key} has to tell." if text is None else text, **fields)


def derived(key: str, text: str, **fields: Any) -> Post:
    return post(key, text, key_kind=KeyKind.DERIVED, **fields)


def dated(*minutes: float) -> list[Post]:
    """Posts by the minute of their time."""
    return [post(f"m{minute}", published_at=at(minute)) for minute in minutes]


def page(*posts: Post | str, kind: SnapshotKind = SnapshotKind.WINDOW, **fields: Any) -> Snapshot:
    """A snapshot, newest first; a key alone stands for `post(key)`."""
    fields.setdefault("format", "jsonld")
    return Snapshot(kind=kind, posts=tuple(post(one) if isinstance(one, str) else one for one in posts), **fields)


def full(*posts: Post | str, **fields: Any) -> Snapshot:
    return page(*posts, kind=SnapshotKind.FULL, **fields)


def delta(*posts: Post | str, **fields: Any) -> Snapshot:
    return page(*posts, kind=SnapshotKind.DELTA, **fields)


def said(changes: Sequence[Change]) -> list[str]:
    """Changes in short: `new a`, `edited b`."""
    return [f"{change.kind} {change.key}".strip() for change in changes]


@dataclass
class Blog:
    """A blog and what is remembered of it, polled once a minute."""

    memory: Memory = field(default_factory=Memory)
    told: list[Change] = field(default_factory=list)
    last: Verdict = field(default_factory=lambda: Verdict(accepted=False))
    now: datetime = NOON

    @classmethod
    def after(cls, *snapshots: Snapshot) -> Blog:
        """A blog that was read so often already; what it told so far does not matter."""
        blog = cls()
        for snapshot in snapshots:
            blog.poll(snapshot)
        blog.told.clear()
        return blog

    def poll(self, *snapshots: Snapshot) -> list[str]:
        """Read these snapshots one after the other; what they changed, in short."""
        before = len(self.told)
        for snapshot in snapshots:
            self._take(diff(self.memory, snapshot, self.now))
        return said(self.told[before:])

    def confirm(self, times: int = 1) -> list[str]:
        """The page was not modified; what that changed, in short."""
        before = len(self.told)
        for _ in range(times):
            self._take(confirm(self.memory, self.now))
        return said(self.told[before:])

    def turn_page(self, to: PageMemory | None = None, *, on: bool = False) -> PageMemory | None:
        """From now on another page of the same blog is polled: one that begins, or back (or `on`) to a known one.

        Returns the memory of this one.
        """
        this = self.memory.page
        beside = [this] if this is not None else []
        earlier, later = (beside, []) if to is None or on else ([], beside)
        self.memory = among_pages(replace(self.memory, page=to), earlier, later)
        return this

    def count(self, kind: ChangeKind) -> int:
        return sum(change.kind is kind for change in self.told)

    def _take(self, verdict: Verdict) -> None:
        self.last = verdict
        self.told += verdict.changes
        self.memory = remember(self.memory, verdict)
        self.now += timedelta(minutes=1)
