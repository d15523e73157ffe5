"""What chats chose, all of it at once: people change one thing after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.core.choices import Choices
from storage import Store


async def choose_in(store: Store, chat: int, choices: Choices) -> None:
    """In the place of all that the chat had chosen before."""
    await store.rechoose(chat, lambda _: choices)


async def hear_in(
    store: Store, *, chat: int, blog: str, thread: int = 0, now: float | None = None, **about: Any
) -> None:
    """How a thread hears of a blog from now on."""
    await store.rechoose_for(chat, thread, blog, lambda one: replace(one, **about), now)
