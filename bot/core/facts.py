"""What is kept of one post and one chat, as `bot.core.why` is given it. Instants are seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.choices import Choices
from bot.core.habits import Habit
from bot.core.model import Lane, Volume


class Came(StrEnum):
    """How a post was first seen."""

    POLL = "poll"
    HUB = "hub"  # its page's hub told us
    INTAKE = "intake"  # its publisher's system handed it to us
    BASELINE = "baseline"  # it stood there when the blog was first read
    OLD = "old"  # below what was known, or handed over as old: stored, and nobody was told
    EDITOR = "editor"  # one of our own wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFacts:
    id: int
    blog: str | None  # None: an editor's own
    title: str | None
    notice: str | None = None
    came: Came | None = None  # None: not kept of posts from before that was noted
    revision: int = 1
    first_seen_at: float = 0.0
    updated_at: float | None = None
    withdrawn_at: float | None = None
    editors_word: str | None = None
    paused_at: float | None = None
    corrected_at: float | None = None  # when a reply first told a correction of its headline


@dataclass(frozen=True, slots=True, kw_only=True)
class PushFacts:
    """An editor's own post: its state as in `storage.Push`, and whom it is for."""

    state: str
    send_at: float | None = None
    blog: str | None = None
    topics: tuple[str, ...] = ()
    language: str | None = None
    only_chat: int | None = None  # ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A publication: that an audience is to hear of the post. `passed`: this chat had its turn."""

    kind: str  # "new", "gained", "key", "correction"
    created_at: float
    not_before: float
    begun_at: float | None
    passed: bool
    behind: bool = False  # something that was published before it, and still waits, goes first


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """A subscription as it is now. `wants`: what it follows fits what the post says now; `gets`: all the conditions of
    an audience are met. Both are the tables' own answer."""

    blog: str
    thread: int
    created_at: float
    changed_at: float | None = None
    closed_at: float | None = None
    volume: Volume = Volume.EVERYTHING
    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    named: tuple[str, ...] = ()  # of its topics and words, those that the post has
    refused: tuple[str, ...] = ()  # of the words that it leaves out, those that the post says
    is_key: bool = False  # the post is one for who wants key events alone
    wants: bool = False
    gets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A row of `delivery`, with the messages that carry it."""

    thread: int
    wanted: int
    sent: int
    lane: Lane
    not_before: float = 0.0
    attempts: int = 0
    aside: str | None = None
    slept: bool = False
    sending: bool = False
    first_sent_at: float | None = None
    settled_at: float | None = None
    messages: tuple[int, ...] = ()  # Telegram's numbers
    together: int = 1  # posts in that message
    habit: Habit | None = None  # for what it sleeps, by what the chat chose
    until: float | None = None  # and until when


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFacts:
    id: int
    telegram_id: int
    open: bool = True
    closed_at: float | None = None
    closed_why: str | None = None
    was_closed_at: float | None = None  # the last time, and until when
    reopened_at: float | None = None
    not_before: float = 0.0
    choices: Choices = field(default_factory=Choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an editor did about the post."""

    at: float
    act: str
    person: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All of it. No `post`: it is not kept, and `was` says whether there ever was one of that number."""

    number: int
    chat: ChatFacts | None
    post: PostFacts | None
    was: bool = False
    push: PushFacts | None = None
    told: tuple[Told, ...] = ()  # oldest first
    followings: tuple[Following, ...] = ()
    rows: tuple[Delivered, ...] = ()
    acts: tuple[Done, ...] = ()
    held_at: float | None = None  # its blog, by an editor
    all_held: bool = False
    removed_at: float | None = None  # its blog, from the file
