"""The values of the local Telegram: what it is told, what it answers, and what it holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Json = dict[str, Any]
ChatKind = Literal["private", "group", "supergroup", "channel"]
PATIENCE = 60.0  # seconds; what has not come true by then will not
EventKind = Literal["message", "edited", "deleted", "answered", "pinned", "unpinned", "chat", "action", "commands"]


class Refusal(Exception):
    """An answer that is not ok, in the words of the Bot API."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters
        self.body: bytes | None = None  # in the place of the JSON, as a proxy's error page would be


def bad_request(why: str) -> Refusal:
    return Refusal(400, f"Bad Request: {why}")


def forbidden(why: str) -> Refusal:
    return Refusal(403, f"Forbidden: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BotProfile:
    """What BotFather knows of a bot. `privacy`: in groups it hears only what is meant for it."""

    username: str = "relay_bot"
    first_name: str = "Relay"
    privacy: bool = True
    inline: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much Telegram takes: in no window of that length is more accepted. None: as much as comes.

    Sends, edits and deletes count alike; an album counts once per message, a refused call too unless the refusal is
    a 429. `paid_per_second` holds for calls with `allow_paid_broadcast`, instead of `per_second`.
    """

    per_second: float | None = None
    per_chat_per_second: float | None = None
    per_group_per_minute: float | None = None
    paid_per_second: float | None = None


# What Telegram tells bot authors: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
REAL_LIMITS = Limits(per_second=30, per_chat_per_second=1, per_group_per_minute=20, paid_per_second=1000)


class Call(NamedTuple):
    """One call of the Bot API, once it was answered. `at` is the loop's monotonic clock when it came in, `done` when
    its effect and answer stood; `chat` is None where the method names none."""

    at: float
    done: float
    token: str
    method: str
    chat: int | None
    ok: bool
    code: int
    description: str


class Answer(NamedTuple):
    """What a person sees after pressing a button."""

    text: str = ""
    show_alert: bool = False
    url: str = ""


class InlineAnswer(NamedTuple):
    """What a person sees after typing `@bot words`."""

    results: tuple[Json, ...]
    cache_time: int = 300
    is_personal: bool = False
    next_offset: str = ""
    button: Json | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with a call. Made by the functions below."""

    kind: Literal["refuse", "lose answer", "reset", "delay", "hold", "hold answer"]
    status: int = 0
    description: str = ""
    parameters: tuple[tuple[str, int], ...] = ()
    body: bytes | None = None
    seconds: float = 0
    until: asyncio.Event | None = None

    @classmethod
    def refuse(cls, status: int, description: str, *, body: bytes | None = None, **parameters: int) -> Fault:
        """Answer so, without effect. `body` replaces the JSON, as a proxy's error page would."""
        return cls("refuse", status, description, tuple(parameters.items()), body)

    @classmethod
    def lose_answer(cls) -> Fault:
        """The effect happens, then the connection is closed without an answer."""
        return cls("lose answer")

    @classmethod
    def reset(cls) -> Fault:
        """The connection is closed before anything happened."""
        return cls("reset")

    @classmethod
    def delay(cls, seconds: float) -> Fault:
        """The effect happens at once, its answer comes later."""
        return cls("delay", seconds=seconds)

    @classmethod
    def hold(cls, until: asyncio.Event) -> Fault:
        """Nothing happens before the event is set; then all goes on as usual."""
        return cls("hold", until=until)

    @classmethod
    def hold_answer(cls, until: asyncio.Event) -> Fault:
        """The effect happens at once, its answer waits for the event."""
        return cls("hold answer", until=until)


@dataclass(slots=True, eq=False)
class Planned:
    """A fault that waits for its calls. `reached` is set at the first; `lift` ends it."""

    fault: Fault
    method: str | None
    chat: int | None
    left: int | None  # None: until it is lifted
    hits: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def matches(self, method: str, chat: int | None) -> bool:
        wanted = self.method is None or self.method == method
        return self.left != 0 and wanted and (self.chat is None or self.chat == chat)

    def hit(self) -> Fault:
        self.hits += 1
        self.reached.set()
        if self.left is not None:
            self.left -= 1
        return self.fault

    def lift(self) -> None:
        self.left = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture, video or file as Telegram keeps it. `url` is where a browser finds it."""

    kind: str  # photo, video, animation, audio, voice, document, and video_note of people
    file_id: str
    unique_id: str
    url: str
    name: str | None = None
    mime: str | None = None
    size: int = 0
    width: int = 1280
    height: int = 720


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said before an edit."""

    text: str
    entities: tuple[Json, ...]
    media: Media | None
    buttons: tuple[tuple[Json, ...], ...]
    date: int  # when it came to say this


@dataclass(slots=True, eq=False)
class LocalMessage:
    """A message in a chat. `text` is the caption where there is media; entities are the Bot API's own objects."""

    chat_id: int
    id: int
    date: int
    bot: str | None = None  # the user name of the bot that sent it
    user_id: int | None = None  # or the person; both are None for a post in a channel by an admin
    channel: int | None = None  # in whose name a person wrote in a group
    text: str = ""
    entities: tuple[Json, ...] = ()
    media: Media | None = None
    buttons: tuple[tuple[Json, ...], ...] = ()
    thread: int = 0
    reply_to: int | None = None
    edits: tuple[Version, ...] = ()  # what it said before, oldest first
    edited: int | None = None  # the date of the last edit
    deleted: bool = False
    pinned: bool = False
    silent: bool = False
    protected: bool = False
    album: str | None = None
    markup: Json | None = None  # as sent, when it is not an inline keyboard
    preview: Json | None = None  # link_preview_options
    caption_above: bool = False
    spoiler: bool = False
    rich: Json | None = None  # the RichMessage; `text` are its words then
    notice: Json | None = None  # a service message's own field: {"pinned_message": …}
    origin: Json | None = None  # of a forwarded message
    via_bot: Json | None = None
    receiver: int | None = None  # an ephemeral message: the one person, or the bot, who sees it besides its sender
    ephemeral_id: int = 0  # its number; its id is 0

    @property
    def photo(self) -> Media | None:
        return self.media if self.media and self.media.kind == "photo" else None

    @property
    def visible(self) -> bool:
        return not self.deleted and self.notice is None


@dataclass(slots=True, eq=False)
class Topic:
    """A topic of a forum; its id is the id of the message that opened it."""

    id: int
    name: str
    closed: bool = False
    opener: int | None = None  # the bot that opened it
    deleted: bool = False
    forgotten: bool = False  # deleted so long ago that Telegram says "message thread not found"


class Event(NamedTuple):
    """Something changed on a screen: message, edited, deleted, pinned and unpinned come with the message; answered
    with the message whose button was pressed and the answer; action with what the bot is doing ("typing"); chat when
    a chat is new or changed; commands (chat_id 0) when a bot's menu, name or description did."""

    kind: EventKind
    chat_id: int
    message: LocalMessage | None = None
    answer: Answer | None = None
    action: str = ""
