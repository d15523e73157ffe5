"""What is known of a chat and how it is forgotten; chats that close, open and move."""

from __future__ import annotations

import math
from datetime import timedelta

import structlog
from telegram import ChatMember, ChatMemberAdministrator, ChatMemberRestricted, ChatMemberUpdated, Message
from telegram.constants import ChatMemberStatus

from bot.core.model import Button, Rendered
from bot.core.texts import Texts
from bot.core.writing import Writing
from handlers.access import Role
from handlers.asked import N_, Asked, Effect, Pressed, language_of
from handlers.house import House
from handlers.replies import send, thread_of
from handlers.targets import chosen, target_of

log = structlog.get_logger()

_HERE = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)


# --- what is known -------------------------------------------------------------------------------------------------


async def privacy(asked: Asked) -> Rendered:
    t, settings = asked.t, asked.house.settings()
    days = math.ceil(settings.kept_for / timedelta(days=1))
    text = Writing(rtl=t.rtl).sentence(t.gettext("What is kept of this chat"), "bold").newline()
    text.sentence(
        t.gettext(
            "Its number and kind (of a group or channel its title too), your language, what it follows (blogs, topics,"
            " words), what was chosen in /settings, up to when /catchup told you, and the numbers of the messages that"
            " were delivered to it, so that they can follow corrections."
        )
    )
    text.newline(2).sentence(
        t.gettext("Not kept: names of people, and what they write here, except for what editors push.")
    )
    if asked.role >= Role.EDITOR:
        text.sentence(f" {t.gettext('Of editors it is noted what they did and when.')}")
    forgotten = t.ngettext(
        "What was delivered is forgotten after {n} day, and so is a person who blocked me.",
        "What was delivered is forgotten after {n} days, and so is a person who blocked me.",
        days,
    )
    text.sentence(f" {forgotten}")
    text.newline(2).sentence(t.gettext("/forget deletes everything about this chat at once."))
    return text.join(operator(asked), between="\n\n").rendered()


def operator(asked: Asked) -> Writing:
    """Who runs this relay, as far as the file says; "" where it does not."""
    t, about = asked.t, asked.house.settings().about
    lines = [
        Writing(rtl=t.rtl).sentence(t.gettext(label, name=asked.named(words)))
        for label, words in ((N_("Run by {name}"), about.operator), (N_("Contact: {name}"), about.contact))
        if words
    ]
    if about.privacy_url:
        lines.append(Writing(rtl=t.rtl).sentence(t.gettext("Privacy policy"), url=about.privacy_url))
    return Writing(rtl=t.rtl).join(*lines, between="\n")


async def forget(asked: Asked) -> Rendered:
    target, _ = await target_of(asked)
    t, name = asked.t, target.name
    question = t.gettext(
        "Delete everything about {chat}? What it follows and chose is gone then, and what was sent will not follow"
        " corrections any more.",
        chat=name if target.channel and name else t.gettext("this chat"),
    )
    delete = Button(text=t.gettext("Delete everything"), data=f"forget:{target.chat.telegram_id}")
    return asked.say(question, [(delete, Button(text=t.gettext("Keep it"), data="keep:"))])


async def press_forget(pressed: Pressed) -> Effect:
    """`forget:<chat>`."""
    target = await chosen(pressed)
    await pressed.house.desk.forget(target.chat.id)
    done = pressed.t.gettext("Everything about this chat was deleted. /start begins anew.")
    if target.channel:
        done = pressed.t.gettext("Everything about {chat} was deleted.", chat=target.name or "")
    return Effect(toast=done, rewritten=pressed.say(done))


# --- chats that close, open and move -------------------------------------------------------------------------------


async def membership(house: House, change: ChatMemberUpdated) -> None:
    """The bot was blocked or thrown out, or let in again."""
    known = await house.store.chat(house.bot, change.chat.id)
    if known is None:
        return
    if _can_write(change.new_chat_member):
        await house.store.reopen_chat(known.id, house.clock())
    else:
        await house.store.close_chat(known.id, f"the bot is {change.new_chat_member.status} there", house.clock())


def _can_write(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member and member.can_send_messages
    if isinstance(member, ChatMemberAdministrator):
        return member.can_post_messages is not False  # said of channels only
    return member.status in _HERE


async def greet(house: House, message: Message) -> None:
    """A group that let us in hears in two sentences who came, and how to begin. Moving to a supergroup is no coming."""
    chat, bot = message.chat, message.get_bot()
    created = message.group_chat_created or message.supergroup_chat_created
    if not created and all(member.id != bot.id for member in message.new_chat_members):
        return
    met = await house.store.meet(
        bot=house.bot, telegram_id=chat.id, kind=str(chat.type), title=chat.title, language=None, now=house.clock()
    )
    t = Texts.of(language_of(met, message.from_user))
    hello = t.gettext("Hello! I bring live blogs into this group and keep every message true to the page.")
    how = t.gettext("An admin begins with /subscribe; /blogs lists what there is.")
    await send(bot, chat.id, Rendered(text=f"{hello} {how}"))


async def topic_turned(house: House, message: Message) -> None:
    """People closed a topic of their forum, or opened it again: what follows there sleeps, or goes on."""
    known = await house.store.chat(house.bot, message.chat.id)
    if known is None or (message.from_user is not None and message.from_user.id == message.get_bot().id):
        return
    if message.forum_topic_reopened is not None:
        await house.store.wake_thread(known.id, thread_of(message), house.clock())
    else:
        await house.store.sleep_thread(known.id, thread_of(message), house.clock())


async def migration(house: House, message: Message) -> None:
    """A group became a supergroup. Both say so; whichever is heard first moves everything.

    Who hears it is in there: the group opens, should a send to its old id have closed it meanwhile.
    """
    was = message.migrate_from_chat_id or message.chat.id
    to = message.migrate_to_chat_id or message.chat.id
    known = await house.store.chat(house.bot, was)
    if known is not None:
        await house.store.move_chat(house.bot, known.id, to)
        await house.store.reopen_chat(known.id, house.clock())
        log.info("group moved", chat=was, to=to)
