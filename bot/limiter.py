"""What python-telegram-bot sends takes its turn as well."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.pace import Pace
from bot.vitals import Vitals


class PaceLimiter(BaseRateLimiter[None]):
    """Everything it sends takes its turn, before deliveries: a person is waiting."""

    # These name a chat and are no messages.
    SILENT = frozenset({"getChat", "getChatMember", "getChatAdministrators", "sendChatAction", "leaveChat"})

    def __init__(self, pace: Pace, vitals: Vitals) -> None:
        self._pace, self._vitals = pace, vitals

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        chat = data.get("chat_id")
        if endpoint in self.SILENT or not isinstance(chat, int):
            return await callback(*args, **kwargs)
        left = await self._pace.reply(chat, group=chat < 0)
        try:
            answer = await callback(*args, **kwargs)
        except RetryAfter as error:
            self._pace.flooded(chat, error._retry_after.total_seconds())
            self._vitals.flooded()
            raise
        finally:
            self._pace.answered(chat, left, paid=False)
        self._pace.succeeded()
        self._vitals.replied()
        return answer
