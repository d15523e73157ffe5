"""What somebody asks of us, as one value: who, where, in which language, and with which words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from telegram import Bot, CallbackQuery, Message, User
from telegram.constants import ChatType

from bot.core.model import Button, Rendered
from bot.core.texts import Texts
from bot.core.writing import Writing, cut, isolated, line
from handlers import access
from handlers.access import Role
from handlers.blogs import Blogs
from handlers.house import House
from storage import Chat

N_ = str  # marks a sentence for the catalogue where it is not translated yet
Buttons = Sequence[tuple[Button, ...]]
_NAME = 60  # units of a name within a sentence


class Wrong(Exception):
    """It cannot be done as asked; the text is the one sentence that its author gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place that is spoken to: our chat, and the forum topic in it. The bot and the language come along."""

    house: House
    blogs: Blogs
    bot: Bot
    chat: Chat
    thread: int
    person: User | None  # None: an anonymous admin, or a channel
    t: Texts

    @property
    def role(self) -> Role:
        return access.role_of(self.person, self.house.settings())

    @property
    def by(self) -> int | None:
        """The number under which what they do is noted."""
        return self.person.id if self.person else None

    def say(self, sentence: str, buttons: Buttons = ()) -> Rendered:
        return Writing(rtl=self.t.rtl).sentence(sentence).rendered(buttons=buttons)

    def named(self, words: str) -> str:
        """A title, or words somebody typed, fit to stand in a sentence."""
        return named(words, self.t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Where):
    """A command: the message it stands in, and what follows the command word."""

    message: Message
    end: int  # where the command word ends, in characters
    rest: str

    @property
    def words(self) -> list[str]:
        return self.rest.split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed(Where):
    """A button that was pressed: what it carries after the name of its act, and the message it stands under."""

    query: CallbackQuery
    argument: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a press did, once that is written: a word over the screen, the message it stood under, another message."""

    toast: str = ""
    rewritten: Rendered | None = None
    said: Rendered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer, and what is to be done once the whole chat has it; not where it went to its asker alone."""

    rendered: Rendered
    then: Callable[[], Awaitable[None]]


def named(words: str, t: Texts) -> str:
    return isolated(cut(line(words[: _NAME * 4]), (), _NAME)[0], rtl=t.rtl)


def language_of(chat: Chat | None, person: User | None) -> str:
    """What an answer is said in: what the chat chose, else what its person's app speaks, else that of who asks."""
    known = (chat.choices.language or chat.language) if chat else None
    return known or (person.language_code if person else None) or "en"


def is_private(message: Message) -> bool:
    return message.chat.type == ChatType.PRIVATE
