"""What an editor is to push, written elsewhere than in their chat: shown there, with the buttons that send it."""

from __future__ import annotations

from telegram import Bot, User
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.core.links import LONGEST, MOST, BadLink, TooManyLinks, links_below
from bot.core.publishing import PushText
from bot.core.texts import Texts
from bot.core.writing import tidy
from bot.house import NotShown
from handlers import pushing_screens
from handlers.asked import Where, language_of
from handlers.blogs import Blogs
from handlers.house import House
from handlers.replies import send


async def preview(bot: Bot, house: House, editor: int, text: str) -> int:
    """Returns the draft's number. NotShown, in English, where the text is none or Telegram does not take it."""
    said = _said(text)
    where = await _private_chat(bot, house, editor)
    number = await house.desk.draft(editor, said)
    try:
        await _show(where, number, editor)
    except TelegramError as error:
        await house.desk.cancel(number, person=editor)
        raise NotShown(_refused(editor, error)) from None
    return number


def _said(text: str) -> PushText:
    """As after /push: links below the text become buttons."""
    try:
        words, buttons = links_below(text)
    except TooManyLinks:
        raise NotShown(f"A message takes {MOST} buttons at most.") from None
    except BadLink as error:
        raise NotShown(
            f"“{error}” makes no button: it takes up to {LONGEST} characters, a | and a web address."
        ) from None
    written, _ = tidy(words, [])
    if not written:
        raise NotShown("Write what is to be pushed.")
    return PushText(text=written, buttons=buttons)


async def _private_chat(bot: Bot, house: House, editor: int) -> Where:
    chat = await house.store.chat(house.bot, editor)
    if chat is None:
        raise NotShown(f"{editor} has never written to the bot: let them send it /start, then try again.")
    person = User(editor, chat.title or str(editor), is_bot=False)
    t = Texts.of(language_of(chat, None))
    return Where(house=house, blogs=Blogs(house), bot=bot, chat=chat, thread=0, person=person, t=t)


async def _show(where: Where, number: int, editor: int) -> None:
    """The preview, exactly as readers will see it, and below it one message with the buttons."""
    found = await where.house.store.push(number)
    assert found is not None, "it was drafted just now"
    shown = await send(where.bot, editor, pushing_screens.preview(where, found.post))
    control = await send(where.bot, editor, await pushing_screens.control(where, found))
    await where.house.store.push_shown_at(number, editor, control)
    await where.house.store.push_said_at(number, editor, shown, shown)


def _refused(editor: int, error: TelegramError) -> str:
    if isinstance(error, Forbidden) or "chat not found" in error.message.lower():
        return f"Telegram lets the bot write nothing to {editor}: let them send it /start, then try again."
    if isinstance(error, BadRequest):
        return f"Telegram does not take that: {error.message}."
    return "Telegram did not answer; try again in a moment."
