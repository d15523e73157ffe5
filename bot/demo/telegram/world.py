"""Who and what there is: bots, people, chats, and the messages that stand in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from bot.demo.telegram.files import Files
from bot.demo.telegram.limits import Pace
from bot.demo.telegram.updates import Updates
from bot.demo.telegram.values import (
    Answer,
    BotProfile,
    ChatKind,
    Event,
    EventKind,
    Json,
    Limits,
    LocalMessage,
    Media,
    Refusal,
    Topic,
    Version,
    bad_request,
    forbidden,
)
from bot.demo.telegram.webhook import Webhook

WRITING = frozenset({"member", "administrator", "creator"})


@dataclass(slots=True, eq=False)
class Person:
    id: int
    first_name: str
    language_code: str = "en"
    username: str | None = None
    deactivated: bool = False

    def user(self) -> Json:
        """The Bot API's User."""
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.username:
            user["username"] = self.username
        return {**user, "language_code": self.language_code}


class LocalBot:
    """A bot as Telegram knows it; what a program behind it does is not its concern."""

    def __init__(self, token: str, profile: BotProfile, limits: Limits) -> None:
        self.token = token
        self.id = int(token.partition(":")[0])
        self.profile = profile
        self.user: Json = {
            "id": self.id, "is_bot": True, "first_name": profile.first_name, "username": profile.username,
        }  # fmt: skip
        self.updates = Updates()
        self.webhook = Webhook(self.updates)
        self.pace = Pace(limits)
        self.private: dict[int, LocalChat] = {}  # its chats with people
        self.commands: dict[tuple[str, str], list[Json]] = {}  # by scope and language
        self.texts: dict[tuple[str, str], str] = {}  # name, description, short description by language
        self.questions: dict[str, Question] = {}  # buttons pressed and inline queries, not answered yet
        self.presses: dict[str, tuple[int, int, int]] = {}  # of buttons, by query: chat, person and when
        self.closed = False

    def __repr__(self) -> str:
        return f"<LocalBot @{self.profile.username}>"


@dataclass(slots=True, eq=False)
class Question:
    """A person waits for the bot to answer."""

    chat_id: int
    message: LocalMessage | None
    settle: Callable[[object], None]


@dataclass(slots=True, eq=False)
class LocalChat:
    """A chat and all that was ever said in it."""

    id: int
    kind: ChatKind
    title: str = ""
    username: str | None = None
    forum: bool = False
    members: dict[int, str] = field(default_factory=dict)  # people by id: creator, administrator, member, left, kicked
    bots: dict[int, str] = field(default_factory=dict)  # bots by id: as people, or "stranger" and "restricted"
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: list[LocalMessage] = field(default_factory=list)
    by_id: dict[int, LocalMessage] = field(default_factory=dict)
    ephemeral: dict[int, LocalMessage] = field(default_factory=dict)  # by their own numbers
    without_ephemeral: bool = False  # Telegram refuses them here
    unwelcome: frozenset[str] = frozenset()  # what restricted bots may not send ("photos"); empty: anything
    lacking: frozenset[str] = frozenset()  # rights that bots do not have as administrators ("can_manage_topics")
    general_closed: bool = False  # of a forum: the topic that is not one
    linked: int | None = None  # the channel of a group, or the group of a channel
    refuses: str = ""  # what Telegram's servers say to every message here
    gone: bool = False
    migrated_to: int | None = None
    migrated_from: int | None = None
    person: Person | None = None  # of a private chat
    brief: Json = field(default_factory=dict)  # the Bot API's Chat

    def screen(self) -> list[str]:
        """What one reads in the chat, oldest first: texts and captions; media without one shows as "[photo]"."""
        return [
            message.text or (f"[{message.media.kind}]" if message.media else "")
            for message in self.messages
            if message.visible
        ]

    def from_bot(self, username: str | None = None) -> list[LocalMessage]:
        """The messages of bots (or of one) that stand in the chat, oldest first."""
        return [
            message
            for message in self.messages
            if message.visible and message.bot and (username is None or message.bot == username)
        ]

    def newest(self) -> LocalMessage:
        """The last message that stands in the chat."""
        return next(message for message in reversed(self.messages) if message.visible)

    @property
    def pinned(self) -> list[LocalMessage]:
        return [message for message in self.messages if message.pinned and not message.deleted]


class World:
    """The state behind the server, and the rules of who may do what where."""

    def __init__(self, bots: Mapping[str, BotProfile], limits: Limits) -> None:
        self.bots = {token: LocalBot(token, profile, limits) for token, profile in bots.items()}
        self._by_name = {name: bot for bot in self.bots.values() for name in (bot.token, bot.profile.username)}
        self.people: dict[int, Person] = {}
        self.chats: dict[int, LocalChat] = {}  # groups, channels, and the first bot's private chats
        self.names: dict[str, LocalChat] = {}  # public groups and channels by @name, in small letters
        self.files = Files()
        self.ephemeral = True  # False: a server from before ephemeral messages, which passes over what it does not know
        self.numbers = count(1)  # for query ids, albums
        self._box_ids = count(1)  # Telegram numbers messages of private chats and basic groups in one go …
        self._own_ids: dict[int, count[int]] = {}  # … and those of each supergroup and channel by themselves

    @property
    def first_bot(self) -> LocalBot:
        return next(iter(self.bots.values()))

    def bot_named(self, name: str | None) -> LocalBot:
        """By user name or token; None is the first."""
        bot = self.first_bot if name is None else self._by_name.get(name)
        if bot is None:
            raise LookupError(f"no bot is called {name}")
        return bot

    # --- chats ---------------------------------------------------------------------------------------------------

    def chat_of(self, bot: LocalBot, chat_id: int) -> LocalChat | None:
        """The chat that this bot means by this id."""
        return bot.private.get(chat_id) if chat_id > 0 else self.chats.get(chat_id)

    def find_chat(self, bot: LocalBot, name: str) -> LocalChat:
        """By id or @name, or the refusal."""
        if not name:
            raise bad_request("chat_id is empty")
        try:
            chat = self.names.get(name[1:].lower()) if name[0] == "@" else self.chat_of(bot, int(name))
        except ValueError:
            chat = None
        if chat is None or bot.id not in chat.bots or (chat.gone and chat.kind != "group"):
            raise bad_request("chat not found")
        return chat

    def open_chat(self, bot: LocalBot, name: str, *, write: bool = True) -> LocalChat:
        """The chat if the bot has access to it, or Telegram's refusal, after `check_chat_access` of its server."""
        chat = self.find_chat(bot, name)
        if (
            chat.bots[bot.id] in WRITING
            and chat.migrated_to is None
            and not chat.gone
            and (chat.person is None or not chat.person.deactivated)
        ):
            return chat
        refusal = self._closed(chat, chat.bots[bot.id], write)
        if refusal:
            raise refusal
        return chat

    def _closed(self, chat: LocalChat, standing: str, write: bool) -> Refusal | None:
        if chat.person is not None:
            return _closed_private(chat.person, standing, write)
        if chat.migrated_to is not None:
            migrated = {"migrate_to_chat_id": chat.migrated_to}
            upgraded = Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", **migrated)
            return upgraded if write else None
        if chat.gone:
            return forbidden("the group chat was deleted") if write else None
        if standing == "kicked":
            return forbidden(f"bot was kicked from the {chat.kind} chat")
        if standing == "left" and (write or not chat.username):  # anybody may look at a public one
            return forbidden(f"bot is not a member of the {chat.kind} chat")
        return None

    # --- messages ------------------------------------------------------------------------------------------------

    def next_id(self, chat: LocalChat) -> int:
        if chat.kind in {"private", "group"}:
            return next(self._box_ids)
        if chat.id not in self._own_ids:
            self._own_ids[chat.id] = count(2)  # the first is the note that it was made
        return next(self._own_ids[chat.id])

    def post(self, chat: LocalChat, message: LocalMessage) -> LocalMessage:
        chat.messages.append(message)
        if message.ephemeral_id:
            chat.ephemeral[message.ephemeral_id] = message
        else:
            chat.by_id[message.id] = message
        self.happened("message", chat.id, message)
        return message

    def new_message(self, chat: LocalChat, *, thread: int = 0) -> LocalMessage:
        """Numbered and dated, but not posted yet."""
        return LocalMessage(chat.id, self.next_id(chat), self.now(), thread=thread)

    def now(self) -> int:
        return int(time.time())

    def happened(
        self,
        kind: EventKind,
        chat_id: int,
        message: LocalMessage | None = None,
        answer: Answer | None = None,
        action: str = "",
    ) -> None:
        self.tell(Event(kind, chat_id, message, answer, action))

    def tell(self, event: Event) -> None:
        """Overridden by whoever has listeners."""

    def change(
        self,
        message: LocalMessage,
        *,
        text: str | None = None,
        entities: tuple[Json, ...] | None = None,
        media: Media | None = None,
        buttons: tuple[tuple[Json, ...], ...] | None = None,
    ) -> None:
        """A new version of a message; what is None stays."""
        before = Version(message.text, message.entities, message.media, message.buttons, message.edited or message.date)
        message.edits += (before,)
        message.text = message.text if text is None else text
        message.entities = message.entities if entities is None else entities
        message.media = message.media if media is None else media
        message.buttons = message.buttons if buttons is None else buttons
        message.edited = self.now()
        self.happened("edited", message.chat_id, message)

    def delete(self, message: LocalMessage) -> None:
        message.deleted = True
        message.pinned = False
        self.happened("deleted", message.chat_id, message)

    def origin(self, chat: LocalChat, message: LocalMessage) -> Json:
        """The Bot API's MessageOrigin of what is forwarded."""
        if chat.kind == "channel":
            return {"type": "channel", "chat": chat.brief, "message_id": message.id, "date": message.date}
        if message.bot is not None:
            return {"type": "user", "sender_user": self.bot_named(message.bot).user, "date": message.date}
        if message.user_id is None:
            return {"type": "chat", "sender_chat": chat.brief, "date": message.date}
        return {"type": "user", "sender_user": self.people[message.user_id].user(), "date": message.date}

    def screens(self) -> str:
        """All screens, for a failed assertion."""
        shown = []
        for chat in self.chats.values():
            lines = [f"    {line}" for text in chat.screen() for line in text.splitlines() or [""]]
            shown.append("\n".join([f"  {chat.kind} {chat.id} {chat.title!r}:", *(lines or ["    (empty)"])]))
        return "\n".join(shown[:50])

    def chat_of_message(self, message: LocalMessage, bot: LocalBot) -> LocalChat:
        chat = self.chat_of(bot, message.chat_id)
        if chat is None:
            raise LookupError(f"{bot} knows no chat {message.chat_id}")
        return chat


def _closed_private(person: Person, standing: str, write: bool) -> Refusal | None:
    if not write:
        return None
    if person.deactivated:
        return forbidden("user is deactivated")
    if standing == "kicked":
        return forbidden("bot was blocked by the user")
    return forbidden("bot can't initiate conversation with a user")
