"""A strict Telegram on this machine: the Bot API over HTTP, the people's side as methods, and what is on the screens.

Tests and the demo use it in the place of the real one. Its rules and error texts are those of the Bot API's
documentation and of the tdlib servers behind it.
"""

from bot.demo.telegram.server import LocalTelegram
from bot.demo.telegram.values import (
    REAL_LIMITS,
    Answer,
    BotProfile,
    Call,
    Event,
    Fault,
    InlineAnswer,
    Limits,
    LocalMessage,
    Media,
    Planned,
    Topic,
    Version,
)
from bot.demo.telegram.watching import Subscription
from bot.demo.telegram.world import LocalBot, LocalChat, Person

__all__ = [
    "REAL_LIMITS", "Answer", "BotProfile", "Call", "Event", "Fault", "InlineAnswer", "Limits", "LocalBot",
    "LocalChat", "LocalMessage", "LocalTelegram", "Media", "Person", "Planned", "Subscription", "Topic", "Version",
]  # fmt: skip
