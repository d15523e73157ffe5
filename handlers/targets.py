"""What follows a blog: a person's chat, a group, a topic of a forum, a channel; and who decides for it."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import Chat as TelegramChat
from telegram import MessageOriginChannel

from handlers import access
from handlers.arguments import channel_in, numbered
from handlers.asked import Asked, Pressed, Where, Wrong, is_private
from storage import Chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """This chat, a forum topic of it, or a channel. `name` is None for a person's own chat."""

    chat: Chat
    thread: int = 0
    name: str | None = None
    channel: bool = False

    def said(self, where: Where, you: str, they: str, what: str = "") -> str:
        """A sentence about it, as `you` to a person and as `they` about {who} in all other places."""
        if self.name is None:
            return where.t.gettext(you, what=what)
        return where.t.gettext(they, who=self.name, what=what)


async def target_of(asked: Asked) -> tuple[Target, list[str]]:
    """Whose subscriptions are meant, and the words beside the channel. Wrong where somebody else decides that."""
    channel, words = channel_in(asked.words)
    if channel is not None:
        return await _channel(asked, channel, channel), words
    if (origin := _forwarded_from(asked)) is not None:
        return await _channel(asked, str(origin.id), origin.title or str(origin.id)), words
    if not await access.may_decide(asked.bot, asked.message):
        raise Wrong(asked.t.gettext("Only this group's admins can decide that."))
    name = None if is_private(asked.message) else _place(asked)
    return Target(chat=asked.chat, thread=asked.thread, name=name), words


async def own(pressed: Pressed) -> Target:
    """The chat of the button, for somebody who may decide there."""
    if not await access.may_press(pressed.bot, pressed.chat.telegram_id, pressed.query.from_user):
        raise Wrong(pressed.t.gettext("Only this group's admins can decide that."))
    name = None if pressed.chat.kind == "private" else _place(pressed)
    return Target(chat=pressed.chat, thread=pressed.thread, name=name)


async def chosen(pressed: Pressed, number: str | None = None) -> Target:
    """The chat that a button names: the one it stands in, or a channel of the person who presses it.

    `number` is Telegram's id; all that the button carries, unless told.
    """
    number = pressed.argument if number is None else number
    if number == str(pressed.chat.telegram_id):
        return await own(pressed)
    known = numbered(number, negative=True)
    chat = await pressed.house.store.chat(pressed.house.bot, known) if known is not None else None
    if chat is None or not await access.leads(pressed.bot, chat.telegram_id, pressed.query.from_user.id):
        raise Wrong(pressed.t.gettext("Only the admins of that channel can decide that."))
    return Target(chat=chat, name=pressed.named(chat.title or number), channel=True)


def _place(where: Where) -> str:
    """How a chat with several people calls itself."""
    if where.chat.kind == "channel":
        return where.t.gettext("This channel")
    return where.t.gettext("This topic") if where.thread else where.t.gettext("This group")


def _forwarded_from(asked: Asked) -> TelegramChat | None:
    """The channel of the post that is replied to in private: a private channel has no @name to be called by."""
    answered = asked.message.reply_to_message if is_private(asked.message) else None
    origin = answered.forward_origin if answered is not None else None
    return origin.chat if isinstance(origin, MessageOriginChannel) else None


async def _channel(asked: Asked, name: str, called: str) -> Target:
    """A channel is spoken for by one of its admins, as a person, and only where we may post."""
    t, person, shown = asked.t, asked.person, asked.named(called)
    if person is None:
        said = t.gettext("Tell me that in a private chat: here I cannot see whether you lead {channel}.", channel=shown)
        raise Wrong(said)
    chat = await access.channel_where_we_post(asked.bot, name)
    if chat is None:
        said = t.gettext(
            "I cannot post in {channel}: make me an admin there who may post, then say it again.", channel=shown
        )
        raise Wrong(said)
    if not await access.leads(asked.bot, chat.id, person.id):
        raise Wrong(t.gettext("Only the admins of {channel} can decide that.", channel=shown))
    met = await asked.house.store.meet(
        bot=asked.house.bot,
        telegram_id=chat.id,
        kind="channel",
        title=chat.title,
        language=None,
        now=asked.house.clock(),
    )
    return Target(
        chat=met, name=asked.named((chat.username and f"@{chat.username}") or chat.title or name), channel=True
    )
