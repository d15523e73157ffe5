"""The values that travel between the steps of the relay. Frozen, and nothing here acts.

Times are aware datetimes in UTC. The words are the field's own: a *blog* has *posts*, each known by its *key*; a
*snapshot* is the page as we read it once; a *change* is what a snapshot says is different; a *delivery* is one post
in one chat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.core.blocks import RichMessage


class SnapshotKind(StrEnum):
    """How much of the blog a snapshot shows, and so what absence means."""

    FULL = "full"  # every post of the blog: what is missing was taken away
    WINDOW = "window"  # the newest posts: what is missing at the end has aged out
    DELTA = "delta"  # only what changed: absence says nothing


class KeyKind(StrEnum):
    """Where a post's key comes from; a derived one may change when the post does."""

    NATIVE = "native"
    URL = "url"
    DERIVED = "derived"


class ChangeKind(StrEnum):
    NEW = "new"
    EDITED = "edited"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    ENDED = "ended"
    MOVED = "moved"


class Lane(IntEnum):
    """The order in which waiting deliveries leave; a lower lane overtakes a higher one."""

    WITHDRAWAL = 0  # withdrawals and recalls
    BREAKING = 1
    LIVE = 2
    EDIT = 3
    DIGEST = 4  # digests and cards


class Volume(StrEnum):
    """How much of a blog a subscription wants to hear."""

    EVERYTHING = "everything"
    KEY = "key"
    CARD = "card"
    DIGEST = "digest"


# --- what a fetch brings -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Bytes as they came, and what the server said about them. `url` is the address after redirects."""

    url: str
    body: bytes
    content_type: str | None = None  # the header as sent, with its charset
    etag: str | None = None
    last_modified: str | None = None
    max_age: int | None = None  # seconds, from Cache-Control; a hint for adaptive schedules
    retry_at: datetime | None = None  # Retry-After, which some servers send with what is well
    links: tuple[str, ...] = ()  # the Link headers as sent: a page may name its hub there
    fetched_at: datetime


# --- what a reader makes of it -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture, known by its absolute http(s) address. Telegram fetches it; we never do."""

    url: str
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """Something from elsewhere that stands in a post: a film, a sound, a post of another site, a frame.

    `kind` is the site's name in small letters ("x", "youtube"), or "video", "audio", "frame" where it is none we know.
    """

    kind: str
    url: str
    title: str | None = None  # of a post on another site, its author


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A run of formatting. Offset and length count UTF-16 code units, as the Bot API's MessageEntity does."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    custom_emoji_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post as a reader understood it. `text` is what a person sees: plain, paragraphs parted by an empty line."""

    key: str
    key_kind: KeyKind = KeyKind.NATIVE
    title: str | None = None
    title_is_derived: bool = False  # no headline on the page: the title is made from the text
    text: str = ""
    entities: tuple[Entity, ...] = ()  # the formatting of `text`
    embeds: tuple[Embed, ...] = ()  # what stands in it from elsewhere, none of it in `text`
    text_is_whole: bool = True  # False where the publisher cuts bodies short
    summary: str | None = None  # the publisher's own
    published_at: datetime | None = None
    modified_at: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # the publisher's tags and keywords
    images: tuple[Image, ...] = ()
    url: str | None = None
    pinned: bool = False
    key_event: bool = False
    struck: bool = False  # still listed, but struck through
    withdrawn: bool = False  # a tombstone: an explicit mark that it is gone
    only_edited: bool = False  # a delta names it as changed, not as new: where it was never seen, it is no news


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A page as one reader understood it once; posts in the page's order."""

    format: str  # the reader's name; snapshots of two readers are never compared post by post
    kind: SnapshotKind
    posts: tuple[Post, ...]
    title: str | None = None
    url: str | None = None
    language: str | None = None
    modified_at: datetime | None = None  # the page's own mark of its age
    ended: bool = False
    next_url: str | None = None  # "our coverage has moved here"
    starts_at: datetime | None = None  # announced start of the coverage
    interval_hint: int | None = None  # seconds between polls that the page itself asks for
    identity: str = "auto"  # how posts were to be known, as the configuration has it
    why: str = ""  # why this reader was chosen, in words
    notes: tuple[str, ...] = ()  # what was passed over on the way: broken scripts, posts without text
    cursor: str | None = None  # where asking goes on once this is accepted, in the format's own words
    doubt: str | None = None  # what it says and is not believed: an alarm


# --- what we remember, and what is different -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is remembered of a post. Outlives the post's text, so that no key is ever new twice."""

    key: str
    key_kind: KeyKind = KeyKind.NATIVE
    hash: str
    title: str | None = None
    text: str = ""  # empty once the post was pruned
    text_is_whole: bool = True
    published_at: datetime | None = None
    modified_at: datetime | None = None
    first_seen_at: datetime
    withdrawn: bool = False
    past: tuple[str, ...] = ()  # hashes it had before, oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMemory:
    """What is remembered of one page of a blog after its last accepted snapshot."""

    format: str
    kind: SnapshotKind
    order: tuple[str, ...] = ()  # keys that were listed, newest first, pinned ones left out
    pinned: frozenset[str] = frozenset()
    missing: Mapping[str, int] = field(default_factory=dict)  # holes, and in how many successive polls they stood
    doubted: frozenset[str] = frozenset()  # vanished too many at once to be believed; never inferred withdrawn
    modified_at: datetime | None = None
    ignored: int = 0  # stale copies ignored in a row
    anew: int = 0  # polls in a row in which nearly every id was a new one
    ids_fail: bool = False  # its ids were seen to be none, and are not read any more
    ended: bool = False
    next_url: str | None = None
    cursor: str | None = None  # up to where changes were asked for, in the format's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All that a diff needs to know of a blog. `page` is None where this page was never accepted before."""

    seen: Mapping[str, Seen] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)  # another key of a post -> the key it is known by
    page: PageMemory | None = None
    started: bool = False  # some page of this blog was accepted before, so another one continues it
    earlier: frozenset[str] = frozenset()  # what the pages before this one listed last
    later: frozenset[str] = frozenset()  # what the pages after it list: of those, they have the say
    left: bool = False  # there is a page after this one
    met_late: bool = False  # the page before this one had moved already when the blog was first seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference worth acting on. `post` carries the key the blog knows it by; None for `ended` and `moved`."""

    kind: ChangeKind
    key: str
    title: str | None = None
    post: Post | None = None
    why: str = ""  # how we know: "tombstone", "missing in 3 successive polls", …


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a diff concludes. Nothing is written when `accepted` is False; an alarm may stand either way."""

    accepted: bool
    baseline: bool = False  # first sight: everything is stored, nothing is sent
    changes: tuple[Change, ...] = ()
    stored: tuple[Post, ...] = ()  # backfill and baseline: stored, not sent
    seen: tuple[Seen, ...] = ()  # to be remembered, new or changed
    aliases: Mapping[str, str] = field(default_factory=dict)  # to be remembered as well
    page: PageMemory | None = None  # None: as it was
    continued: bool = False  # this page goes on from here with a blog that another page began
    alarm: str | None = None


# --- topics --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """An admin's topic: whole words, any case, plain text and never patterns."""

    id: str
    title: str
    words: tuple[str, ...] = ()


# --- what leaves for Telegram --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button under a message: a link, or data for a press."""

    text: str
    url: str | None = None
    data: str | None = None  # at most 64 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that an editor sent, as Telegram keeps it."""

    kind: str  # "photo", "video", "animation", "audio", "voice", "document"
    file: str  # Telegram's file id


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message ready for Telegram. With a photo, or another file, the text is its caption."""

    text: str
    entities: tuple[Entity, ...] = ()
    photo: str | None = None  # an http(s) address or a file_id
    others: tuple[str, ...] = ()  # of an album: the pictures after the first
    kinds: tuple[str, ...] = ()  # what these are, as in `Media.kind`, where they are not all photos
    copied: tuple[int, int] | None = None  # chat and message to copy as it is, instead of all this
    buttons: tuple[tuple[Button, ...], ...] = ()  # rows
    rich: RichMessage | None = None  # the same as a rich message, for where those are taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """A post as the relay holds it at its current revision: what rendering needs, and no more."""

    id: int
    revision: int
    blog: str | None  # None: an editor's own post
    notice: str | None = None  # our own word about the blog, not one of its posts: "moved", "card"
    title: str | None
    title_is_derived: bool = False
    text: str
    entities: tuple[Entity, ...] = ()  # the formatting of `text`
    embeds: tuple[Embed, ...] = ()
    summary: str | None = None
    published_at: datetime | None = None
    first_seen_at: datetime
    updated_at: datetime | None = None  # the last edit we passed on
    withdrawn_at: datetime | None = None
    taken_down: bool = False  # withdrawn by our own editors, not by the page
    by_editors: bool = False  # added to the blog by our own editors, and not on its page
    pictures: tuple[Image, ...] = ()  # of a post of a blog; `photo` is the first
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()  # topic ids, shown as tags
    photo: str | None = None
    media: tuple[Media, ...] = ()  # of an editor's own post, where it is more or other than one photo
    copied: tuple[int, int] | None = None  # an editor's message of another kind: chat and message to copy
    buttons: tuple[Button, ...] = ()  # of an editor's own post: links under it
    url: str | None = None
    pinned: bool = False
    key_event: bool = False
    struck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a blog wants its posts to look; every field but `language` is a key of the configuration."""

    text: str = "summary"  # or "headline", "full"
    max_chars: int = 600
    credit: str = ""
    on_withdrawal: str = "notice"  # or "strike", "delete", "keep"
    timezone: str = "UTC"
    language: str = "en"


# --- one action in one chat, and what came of it -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It stands in the chat. `message_ids` is empty where an edit or a delete had nothing left to do."""

    message_ids: tuple[int, ...] = ()
    kind: str = "text"  # what was sent: "text", "rich", "photo" or "copy"
    picture: int | None = None  # a checksum of the photo's address: which picture stands there
    others: tuple[int, ...] = ()  # and of an album's other pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLater:
    """Telegram asked for patience, or had a bad moment; nothing was done."""

    why: str
    after: float  # seconds
    flood: bool = False  # a 429: the chat rests for `after`, and the pace must hear of it
    slow_mode: bool = False  # … unless it is the chat's own rule, which says nothing of the bot's pace
    bot_wide: bool = False  # nothing that the bot says is taken now: its token, its account
    for_admins: bool = False  # it will not pass by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMoved:
    """The group became a supergroup; `to` is its new Telegram id."""

    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatClosed:
    """Nobody there to send to: blocked, kicked, deactivated, not found. `thread_only`: just this forum topic, which
    `may_open` again where it was closed and not deleted."""

    why: str
    thread_only: bool = False
    may_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The message to edit or delete is not there any more, or Telegram no longer lets it be touched."""

    why: str
    stands: bool = False  # it is there, but cannot be edited


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Telegram will not take this message as it is."""

    why: str
    otherwise: bool = False  # the next attempt will take another form: without that picture, or not as a rich message


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The answer was lost: it may have arrived."""

    why: str


Outcome = Done | TryLater | ChatMoved | ChatClosed | Gone | Refused | Unknown

JSON = Mapping[str, Any]
