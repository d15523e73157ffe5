"""Listening to what happens on the screens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Self

from bot.demo.telegram.values import Event


class Subscription:
    """The events since it was entered (or first asked for one)."""

    def __init__(self, watchers: set[asyncio.Queue[Event]]) -> None:
        self._watchers = watchers
        self._queue: asyncio.Queue[Event] = asyncio.Queue()

    def __enter__(self) -> Self:
        self._watchers.add(self._queue)
        return self

    def __exit__(self, *_: object) -> None:
        self._watchers.discard(self._queue)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()

    def __aiter__(self) -> AsyncIterator[Event]:
        self._watchers.add(self._queue)
        return self

    async def __anext__(self) -> Event:
        return await self._queue.get()
