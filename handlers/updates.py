"""In which order updates are handled: those of a chat one after the other, those of different chats side by side."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import structlog
from telegram import Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import BaseUpdateProcessor

from bot.core.model import Rendered
from bot.core.texts import Texts
from handlers.access import person_of
from handlers.arguments import spoken
from handlers.asked import language_of
from handlers.replies import answer
from storage import Chat

log = structlog.get_logger()

_LATER: ContextVar[list[asyncio.Future[Any]]] = ContextVar("later")  # of the update that is being handled

AT_ONCE = 1024  # updates under way; nearly all of them only wait for their chat
PATIENCE = 3  # commands of one person that may wait


def begun_later() -> list[asyncio.Future[Any]]:
    """What the handlers of the update that is begun now go on with when its chat's turn is over."""
    later: list[asyncio.Future[Any]] = []
    _LATER.set(later)
    return later


def goes_on(later: asyncio.Future[Any]) -> None:
    """The update that is being handled is not dealt with before this has ended."""
    _LATER.get([]).append(later)


class PerChat(BaseUpdateProcessor):
    """One queue per chat. A person whose commands come faster than they are answered is told so once.

    Presses of buttons, and what Telegram itself tells us, are never dropped.
    """

    def __init__(self, known: Callable[[int], Awaitable[Chat | None]] | None = None) -> None:
        """`known`: what is known of a chat (Telegram's id), for the language it chose."""
        super().__init__(AT_ONCE)
        self._known = known
        self._queues: dict[int, asyncio.Lock] = {}
        self._behind: Counter[int] = Counter()  # by chat, updates that wait or are being handled
        self._asking: Counter[int] = Counter()  # by person, commands likewise
        self._told: set[int] = set()

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        person = _asker(update)
        if person is None:
            await self._in_turn(update, coroutine)
        elif self._asking[person] >= PATIENCE:
            _drop(coroutine)
            await self._tell(person, update)
        else:
            await self._counted(person, update, coroutine)

    async def _counted(self, person: int, update: object, coroutine: Awaitable[Any]) -> None:
        self._asking[person] += 1
        try:
            await self._in_turn(update, coroutine)
        finally:
            self._asking[person] -= 1
            if self._asking[person] <= 0:
                del self._asking[person]
                self._told.discard(person)

    async def _in_turn(self, update: object, coroutine: Awaitable[Any]) -> None:
        chat = _chat(update)
        if chat is None:
            await coroutine
            return
        queue = self._queues.setdefault(chat, asyncio.Lock())
        self._behind[chat] += 1
        try:
            async with queue:
                await coroutine
        finally:
            self._behind[chat] -= 1
            if self._behind[chat] <= 0:
                del self._behind[chat], self._queues[chat]

    async def _tell(self, person: int, update: object) -> None:
        """Once, until what waits is done."""
        if person in self._told or not isinstance(update, Update) or update.effective_message is None:
            return
        self._told.add(person)
        chat = await self._known(update.effective_message.chat.id) if self._known else None
        t = Texts.of(language_of(chat, person_of(update.effective_message)))
        words = t.gettext("One moment: your last commands are still being answered; what comes meanwhile is dropped.")
        try:
            await answer(update.effective_message, Rendered(text=words))
        except TelegramError as error:
            log.info("could not ask for patience", why=str(error))


def _asker(update: object) -> int | None:
    """Who says something that we would answer; None where it is no command, or not for us."""
    message = update.message if isinstance(update, Update) else None
    if message is None or not _is_for_us(message):
        return None
    sender = message.sender_chat or message.from_user
    return sender.id if sender else None


def _is_for_us(message: Message) -> bool:
    said = spoken(message.text or message.caption or "")
    if message.chat.type == ChatType.PRIVATE:
        return said is not None or message.media_group_id is None  # an album is answered as one
    return said is not None and said.is_for(message.get_bot().username)


def _chat(update: object) -> int | None:
    chat = update.effective_chat if isinstance(update, Update) else None
    return chat.id if chat else None


def _drop(coroutine: Awaitable[Any]) -> None:
    """Never awaited on purpose; without this Python would warn of it."""
    if isinstance(coroutine, Coroutine):
        coroutine.close()
