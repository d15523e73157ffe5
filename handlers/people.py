"""What editors are called, for each other. Names are asked of Telegram when they are needed, and not kept."""

from __future__ import annotations

from telegram import Bot
from telegram.error import TelegramError

from bot.core.texts import Texts
from handlers.asked import named


async def name_of(bot: Bot, person: int | None, t: Texts) -> str:
    """ "Eve"; their number where Telegram does not say; "the command line" where it was nobody."""
    if not person:
        return t.gettext("the command line")
    try:
        chat = await bot.get_chat(person)
    except TelegramError:
        return str(person)
    return named(chat.effective_name or str(person), t)
