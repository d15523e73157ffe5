"""What one publishing transaction carries, and the audiences it can name. Instants are seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.facts import Came
from bot.core.model import Button, ChangeKind, Entity, Lane, Media, PageMemory, Post, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class PostWrite:
    """A post to be written. `change` None: stored only (baseline, backfill), nobody is told."""

    change: ChangeKind | None
    post: Post
    topics: tuple[str, ...] = ()
    summary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What lets the next request be conditional. They advance only with the snapshot they belong to."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The blog goes on on another page, which its readers are told of once."""

    key: str  # the address by which the page is asked for: told once of each
    url: str  # where readers find it
    title: str | None = None
    begun: bool = False  # told with the first posts of that page, and so before them


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """One poll's outcome, written in one transaction or not at all."""

    blog: str
    url: str  # "": handed to us and read on no page, so that the blog's first page is still a baseline
    now: float
    turn: int | None = None  # of the blog when it was read; None: whatever others have published since
    came: Came = Came.POLL
    writes: tuple[PostWrite, ...] = ()
    seen: tuple[Seen, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    page: PageMemory | None = None
    validators: Validators | None = None
    title: str | None = None
    page_url: str | None = None  # where readers find the page
    ended: bool | None = None  # None: nothing new is known, of the two below neither
    about_the_blog: bool = True  # False: a delta, which says nothing of the two below
    starts_at: float | None = None
    interval_hint: float | None = None
    handover: Handover | None = None
    key_events: tuple[str, ...] = ()  # keys of posts that the page marks so, or pins
    hold: float = 0.0  # seconds a new post waits before it goes out
    edit_quiet: float = 0.0  # seconds an edit waits for the next one
    edits_for: float = 172_800.0  # seconds for which sent messages follow edits
    correction_reply: bool = False  # whether a corrected headline is told in a reply as well
    language: str = "en"  # the blog's
    only_changes: bool = False  # of posts that chats have; nobody hears of what is new to them


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a push is for: the subscribers of a blog (and there of any of these topics), or with no blog everyone.

    Of these only who reads in `language`, the first part of its tag ("pt"); or nobody but one chat (ours).
    """

    blog: str | None = None
    topics: tuple[str, ...] = ()
    language: str | None = None
    only_chat: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushText:
    """What an editor wrote: text with its formatting, files with a caption, or another message to be copied."""

    text: str = ""
    entities: tuple[Entity, ...] = ()
    photo: str | None = None
    media: tuple[Media, ...] = ()  # where it is more or other than one photo
    copied: tuple[int, int] | None = None
    buttons: tuple[Button, ...] = ()  # links under it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How a push goes out. `at`: not before this instant; None: at once."""

    audience: Audience = Audience()
    lane: Lane = Lane.LIVE
    silent: bool = False
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a push is, in chats. Those that `changing` counts have it, and are about to get its newest text, or to
    lose it; where it is `stuck`, Telegram would not change it."""

    sent: int
    waiting: int
    expanded: bool  # every row exists: `waiting` is all there is
    asleep: int = 0  # of `waiting`, those in which it is quiet for now
    closed: int = 0  # nobody there to send to
    refused: int = 0  # Telegram would not take it there
    changing: int = 0
    stuck: int = 0
    last_at: float | None = None  # when the last chat got it for the first time, in seconds since 1970

    def seconds(self, since: float, now: float) -> float:
        """How long it took, or takes until now where nobody has it: corrections that came later do not count."""
        return max(0.0, (now if self.last_at is None else self.last_at) - since)


LANE_OF_CHANGE = {
    ChangeKind.NEW: Lane.LIVE,
    ChangeKind.EDITED: Lane.EDIT,
    ChangeKind.WITHDRAWN: Lane.WITHDRAWAL,
    ChangeKind.RESTORED: Lane.LIVE,
}
