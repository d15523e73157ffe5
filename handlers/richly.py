"""Replies as rich messages, which python-telegram-bot 22.8 does not know: `sendRichMessage` of Bot API 10.2 and later.

Where Telegram does not take one, that is remembered for a while, and the reply is made plainly.
"""

from __future__ import annotations

from typing import Any

import structlog
from telegram import Bot
from telegram.error import BadRequest, EndPointNotFound

from bot.core.blocks import RichMessage, as_json
from bot.core.model import Rendered
from bot.richness import Richness

log = structlog.get_logger()

_SEND = "sendRichMessage"
# Telegram reads names of methods in any case; python-telegram-bot warns of those that it has itself.
_EDIT = "EditMessageText"

_richness: dict[str, Richness] = {}  # by a bot's own address


async def send_richly(bot: Bot, rendered: Rendered, about: dict[str, Any]) -> int | None:
    """The new message's id; None where it is to be sent plainly. `about`: all else that the call says."""
    result = await _taken(bot, _SEND, rendered, about)
    return int(result["message_id"]) if isinstance(result, dict) else None


async def rewrite_richly(bot: Bot, rendered: Rendered, about: dict[str, Any]) -> bool:
    """Whether it says so now; False where it is to be rewritten plainly."""
    return await _taken(bot, _EDIT, rendered, about) is not None


async def _taken(bot: Bot, method: str, rendered: Rendered, about: dict[str, Any]) -> Any:
    """Telegram's answer; None where it takes no form of it."""
    known = _richness.setdefault(bot.base_url, Richness())
    while (form := known.form_of(rendered.rich)) is not None:
        try:
            return await bot.do_api_request(method, api_kwargs=about | {"rich_message": as_json(form)})
        except EndPointNotFound as error:
            log.warning("rich messages not known", why=error.message)
            known.unknown()
        except BadRequest as error:
            if "message is not modified" in error.message.lower():
                return True
            _learn(known, form, error)
    return None


def _learn(known: Richness, form: RichMessage, error: BadRequest) -> None:
    log.warning("rich message refused", why=error.message)
    known.refused(form)
