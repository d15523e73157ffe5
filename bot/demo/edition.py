"""A live blog that unfolds: acts in time, and the page they make at any moment. Pure; the clock is an argument.

The invented blog and a replayed one are both a `Story`; one server shows either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.model import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """At `at` seconds after the start the blog has this form of a post; a withdrawn one leaves the page.

    At 0 it stands there from the beginning.
    """

    at: float
    post: Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The page at one moment. `next_in` is in seconds, None when nothing more will happen."""

    title: str
    description: str
    publisher: str
    note: str  # at the foot of the page
    language: str
    posts: tuple[Post, ...]  # the pinned ones, then the newest first
    opened_at: datetime
    modified_at: datetime
    published: int  # posts published so far, withdrawn ones too
    total: int  # posts there will ever be
    changes: int  # acts after the start that have happened: the page is the same while this is
    next_in: float | None

    @property
    def over(self) -> bool:
        return self.next_in is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything that will happen on one blog, in order of time."""

    title: str
    description: str
    publisher: str
    note: str  # at the foot of the page
    language: str
    started_at: datetime
    acts: tuple[Act, ...]

    def page_at(self, elapsed: float) -> Edition:
        """The page `elapsed` seconds after the start."""
        done = [act for act in self.acts if act.at <= max(elapsed, 0.0)]
        coming = self.acts[len(done) :]
        latest = {act.post.key: act.post for act in done}
        return Edition(
            title=self.title,
            description=self.description,
            publisher=self.publisher,
            note=self.note,
            language=self.language,
            posts=_page_order(latest),
            opened_at=min((_published(post, self.started_at) for post in latest.values()), default=self.started_at),
            modified_at=self._modified_at(done),
            published=len(latest),
            total=len({act.post.key for act in self.acts}),
            changes=sum(act.at > 0 for act in done),
            next_in=coming[0].at - max(elapsed, 0.0) if coming else None,
        )

    def _modified_at(self, done: list[Act]) -> datetime:
        after_start = max((act.at for act in done), default=0.0)
        return self.started_at + timedelta(seconds=after_start)


def _page_order(latest: dict[str, Post]) -> tuple[Post, ...]:
    """Pinned posts on top; below them the one that was published last comes first."""
    standing = [post for post in reversed(latest.values()) if not post.withdrawn]
    return tuple(sorted(standing, key=lambda post: not post.pinned))


def _published(post: Post, otherwise: datetime) -> datetime:
    return post.published_at or otherwise
