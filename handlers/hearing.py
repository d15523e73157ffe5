"""Updates in: what people say and press, what happens to chats. Each is met, understood, done and answered once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from telegram import CallbackQuery, Message, MessageEntity, Update, User
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.core.model import Rendered
from bot.core.texts import Texts
from bot.core.writing import cut
from bot.logs import where
from handlers import (
    afterwards,
    alarms,
    catching_up,
    chats,
    commands,
    forums,
    held,
    lists,
    menus,
    notes,
    pushing,
    rolling_back,
    settings,
    subscribing,
    takedown,
    topics,
    why,
)
from handlers.access import Role, person_of, role_of
from handlers.arguments import Spoken, spoken
from handlers.asked import N_, Asked, Effect, Pressed, Told, Where, Wrong, language_of
from handlers.blogs import Blogs
from handlers.commands import Command
from handlers.drafts import says_something
from handlers.house import House
from handlers.inline import Inline
from handlers.once import Once
from handlers.replies import thread_of
from handlers.trouble import Trouble, outcome_of
from handlers.updates import goes_on
from handlers.voice import Heard, Voice
from storage import Chat

log = structlog.get_logger()

HINT_EVERY = 3600.0  # seconds
MENU_SECONDS = 86_400.0  # how long we trust that a menu set is a menu shown
_TOAST = 200  # characters: core.telegram.org/bots/api#answercallbackquery

_CAME = filters.StatusUpdate.NEW_CHAT_MEMBERS | filters.StatusUpdate.CHAT_CREATED
_TURNED = (
    filters.StatusUpdate.FORUM_TOPIC_CLOSED
    | filters.StatusUpdate.FORUM_TOPIC_REOPENED
    | filters.StatusUpdate.GENERAL_FORUM_TOPIC_HIDDEN
)

PRESSES: dict[str, Callable[[Pressed], Awaitable[Effect]]] = {
    "follow": subscribing.press_follow,
    "leave": subscribing.press_leave,
    "forget": chats.press_forget,
    "keep": subscribing.press_keep,
    "forum": forums.press_topic,
    "push": pushing.press_push,
    "set": settings.press_settings,
    "after": afterwards.press_after,
    "alarms": alarms.press_alarms,
    "pushes": afterwards.press_pushes,
    "take": takedown.press_take,
    "held": held.press_held,
    "note": notes.press_note,
    "catch": catching_up.press_catchup,
    "latest": lists.press_latest,
    "topic": topics.press_topic,
    "found": lists.press_found,
    "file": rolling_back.press_file,
    "why": why.press_why,
}


# What a handler takes; nothing else is asked for. In a large channel everybody who comes and goes would be an update.
HEARD = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
)


def register(application: Application[Any, Any, Any, Any, Any, Any], house: House) -> None:
    """Everything the bot listens to."""
    hearing = Hearing(house)
    new = filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & filters.StatusUpdate.MIGRATE, hearing.moved))
    application.add_handler(MessageHandler(_CAME, hearing.came))
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & _TURNED, hearing.turned))
    application.add_handler(MessageHandler(new, hearing.said))
    application.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE, hearing.edited))
    application.add_handler(CallbackQueryHandler(hearing.pressed))
    application.add_handler(InlineQueryHandler(hearing.typed))
    application.add_handler(ChatMemberHandler(hearing.member, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_error_handler(hearing.failed)


REPLY = Command(name="push", does="", act=pushing.replied, who=Role.EDITOR)


class Hearing:
    def __init__(self, house: House) -> None:
        self._house = house
        self._blogs = Blogs(house)
        self._inline = Inline(house, self._blogs)
        self._voice = Voice(house)
        self._trouble = Trouble(house)
        self._once = Once(house.clock)

    # --- what is said ----------------------------------------------------------------------------------------------

    async def said(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None or message.is_automatic_forward or not says_something(message):
            return
        if message.media_group_id is None:
            await self._heard(message)
        else:
            goes_on(self._house.albums.heard(message, partial(self._begin_album, context, update)))

    def _begin_album(self, context: ContextTypes.DEFAULT_TYPE, update: Update, first: Message) -> asyncio.Task[None]:
        return context.application.create_task(self._album(first), update=update)

    async def _album(self, first: Message) -> None:
        """Its pictures are messages of their own, one after the other; what one of them asks for is about all."""
        parts = await self._house.albums.whole(first)
        await self._heard(next((one for one in parts if _commands(one) is not None), first))

    async def _heard(self, message: Message) -> None:
        words = _commands(message)
        if words is not None:
            await self._spoken(message, words)
        elif await self._is_about_a_push(message):
            await self._do(REPLY, message, Spoken(name=REPLY.name, bot=None, end=0))
        elif self._is_to_us(message):
            await self._hint(message, N_("I understand commands only; /help lists them."))
        await self._show_menu(message)

    async def _is_about_a_push(self, message: Message) -> bool:
        """An editor's reply to the message with the buttons of a push."""
        answered, person = message.reply_to_message, person_of(message)
        if answered is None or not message.text or role_of(person, self._house.settings()) < Role.EDITOR:
            return False
        if answered.from_user != message.get_bot().bot:
            return False
        return await self._house.store.push_under(answered.chat.id, answered.message_id) is not None

    async def _show_menu(self, message: Message) -> None:
        """Whoever may do more is offered more, from their first word on."""
        person = person_of(message)
        role = role_of(person, self._house.settings())
        if person is None or role is Role.READER or message.chat.type != ChatType.PRIVATE:
            return
        language = language_of(await self._house.store.chat(self._house.bot, person.id), person)
        if self._once.first(f"menu {person.id} {role} {language}", MENU_SECONDS):
            await menus.set_menu(message.get_bot(), self._house, person.id, role)

    async def _spoken(self, message: Message, words: Spoken) -> None:
        command = commands.find(words.name)
        if command is not None:
            await self._do(command, message, words)
        elif words.bot is not None or message.chat.type == ChatType.PRIVATE:
            await self._hint(message, N_("I do not know that command; /help lists what I can do."))

    def _is_to_us(self, message: Message) -> bool:
        """People talk about posts by replying to them: one hint an hour is enough for a group."""
        if message.chat.type == ChatType.PRIVATE or _mentions_us(message):
            return True
        answered = message.reply_to_message
        if answered is None or not says_something(answered) or answered.from_user != message.get_bot().bot:
            return False
        return self._once.first(f"hint {message.chat.id}", HINT_EVERY)

    async def _hint(self, message: Message, sentence: str) -> None:
        t = await self._texts(message.chat.id, person_of(message))
        await self._voice.answer(message, Rendered(text=t.gettext(sentence)))

    async def _texts(self, chat: int, person: User | None) -> Texts:
        """In the language of a chat that need not be known yet."""
        return Texts.of(language_of(await self._house.store.chat(self._house.bot, chat), person))

    async def _do(self, command: Command, message: Message, words: Spoken) -> None:
        reply = await self._reply(command, message, words)
        if isinstance(reply, Told):
            if await self._voice.answer(message, reply.rendered, alone=command.alone) is Heard.CHAT:
                await reply.then()
        elif reply is not None:
            await self._voice.answer(message, reply, alone=command.alone)

    async def _reply(self, command: Command, message: Message, words: Spoken) -> Rendered | Told | None:
        """What the command answers, whatever happens: the errors of its author and our own as a sentence."""
        t, began, outcome = Texts.of(language_of(None, person_of(message))), time.monotonic(), "answered"
        try:
            asked = await self._asked(message, words)
            t = asked.t
            return await command.act(asked) if asked.role >= command.who else asked.say(_not_yours(asked, command))
        except Exception as error:  # noqa: BLE001, logged and told where it becomes a sentence
            outcome = outcome_of(error)
            return Rendered(text=await self._trouble.sentence(f"/{command.name}", error, t))
        finally:
            self._measure("command", command.name, outcome, began)

    def _measure(self, kind: str, name: str, outcome: str, began: float) -> None:
        self._house.vitals.measures.asked(kind, name, outcome, time.monotonic() - began)

    async def _asked(self, message: Message, words: Spoken) -> Asked:
        person, text = person_of(message), message.text or message.caption or ""
        chat = await self._meet(message, person)
        return Asked(
            house=self._house,
            blogs=self._blogs,
            bot=message.get_bot(),
            chat=chat,
            thread=thread_of(message),
            person=person,
            t=Texts.of(language_of(chat, person)),
            message=message,
            end=words.end,
            rest=text[words.end :],
        )

    async def _meet(self, message: Message, person: User | None) -> Chat:
        """A person's name is nothing we keep; a group's title is, so that admins recognise it."""
        chat, private = message.chat, message.chat.type == ChatType.PRIVATE
        return await self._house.store.meet(
            bot=self._house.bot,
            telegram_id=chat.id,
            kind=str(chat.type),
            title=None if private else chat.title,
            language=person.language_code if private and person else None,
            now=self._house.clock(),
        )

    async def edited(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """What an editor changes in a message that was pushed, changes in every chat; other people just edit."""
        message = update.edited_message
        if message is None or role_of(person_of(message), self._house.settings()) is Role.READER:
            return
        words = spoken(message.text or message.caption or "") or Spoken(name="", bot=None, end=0)
        edit = Command(name="push", does="", act=afterwards.edited, who=Role.EDITOR)
        await self._do(edit, message, words)

    # --- what is pressed -------------------------------------------------------------------------------------------

    async def pressed(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query is None:
            return
        t, began, outcome = Texts.of(language_of(None, query.from_user)), time.monotonic(), "answered"
        try:
            t = await self._texts(query.message.chat.id, query.from_user) if query.message else t
            effect = await self._effect(query, t)
        except Exception as error:  # noqa: BLE001, as above
            outcome = outcome_of(error)
            await _toast(
                query, await self._trouble.sentence(f"button {label_of(query.data or '')}", error, t), alert=True
            )
        else:
            await _toast(query, effect.toast)  # over the screen, and first, since somebody waits for it
            await self._voice.show(query, effect)
            await self._follow_language(query, t)
        finally:
            self._measure("press", label_of(query.data or ""), outcome, began)

    async def _follow_language(self, query: CallbackQuery, before: Texts) -> None:
        """A menu speaks the language that a press has chosen."""
        message, person = query.message, query.from_user
        if message is None or message.chat.type != ChatType.PRIVATE:
            return
        if (await self._texts(message.chat.id, person)).language != before.language:
            await menus.set_menu(query.get_bot(), self._house, person.id, role_of(person, self._house.settings()))

    async def _effect(self, query: CallbackQuery, t: Texts) -> Effect:
        """Done and written when it returns: only then is the press answered."""
        name, _, argument = (query.data or "").partition(":")
        act = PRESSES.get(name)
        if act is None or query.message is None:
            raise Wrong(t.gettext("This button means nothing any more."))
        if not query.message.is_accessible and query.message.chat.type != ChatType.PRIVATE:
            # Telegram has forgotten the message, and so its forum topic. The library makes a usual message of it.
            raise Wrong(t.gettext("This button is too old; please type the command."))
        return await act(await self._pressed(query, argument))

    async def _pressed(self, query: CallbackQuery, argument: str) -> Pressed:
        message = query.message
        assert message is not None, "refused before"
        chat = await self._house.store.meet(
            bot=self._house.bot,
            telegram_id=message.chat.id,
            kind=str(message.chat.type),
            title=None if message.chat.type == ChatType.PRIVATE else message.chat.title,
            language=None,
            now=self._house.clock(),
        )
        return Pressed(
            house=self._house,
            blogs=self._blogs,
            bot=query.get_bot(),
            chat=chat,
            thread=thread_of(message) if isinstance(message, Message) else 0,
            person=query.from_user,
            t=Texts.of(language_of(chat, query.from_user)),
            query=query,
            argument=argument,
        )

    # --- what is typed after our name, in any chat -----------------------------------------------------------------

    async def typed(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.inline_query is not None:
            await self._inline.answer(update.inline_query)

    # --- what happens to chats -------------------------------------------------------------------------------------

    async def member(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.my_chat_member is not None:
            await chats.membership(self._house, update.my_chat_member)

    async def came(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None:
            await chats.greet(self._house, update.message)

    async def turned(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None:
            await chats.topic_turned(self._house, update.message)

    async def moved(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None:
            await chats.migration(self._house, update.message)

    async def failed(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Where nobody waits for an answer."""
        if context.error is not None:
            log.error("update broke", where=where(context.error))


def label_of(pressed: str) -> str:
    """What a button is for, by our own table: what it carries is anybody's to forge."""
    name = pressed.partition(":")[0]
    return name if name in PRESSES else "(unknown)"


def _commands(message: Message) -> Spoken | None:
    """The command that a message begins with, where it is for us. What is forwarded are somebody else's words: they
    are no command of who asks what they mean."""
    if message.forward_origin is not None:
        return None
    words = spoken(message.text or message.caption or "")
    return words if words is not None and words.is_for(message.get_bot().username) else None


def _mentions_us(message: Message) -> bool:
    bot = message.get_bot()
    found = message.parse_entities() | message.parse_caption_entities()
    return any(
        (entity.type == MessageEntity.MENTION and words.casefold() == f"@{bot.username}".casefold())
        or (entity.user is not None and entity.user.id == bot.id)
        for entity, words in found.items()
    )


def _not_yours(where: Where, command: Command) -> str:
    if command.who is Role.ADMIN:
        return where.t.gettext("/{name} is for this relay's admins.", name=command.name)
    return where.t.gettext("/{name} is for this relay's editors.", name=command.name)


async def _toast(query: CallbackQuery, text: str, *, alert: bool = False) -> None:
    try:
        await query.answer(cut(text, (), _TOAST)[0] or None, show_alert=alert)
    except TelegramError as error:  # too late for it: what was pressed is done all the same
        log.info("press not answered", why=str(error))
