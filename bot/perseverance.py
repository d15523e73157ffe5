"""Calls of a store that may fail for a while (a full disk): told once, and once again when all that failed works."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from storage import StoreError

log = structlog.get_logger()
T = TypeVar("T")

STORE_PAUSE = 1.0  # seconds before a store that failed is asked again


class Perseverance:
    """Remembers what the store was asked for in vain, by the name of the call."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    async def __call__(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What the store answers, or None where it failed."""
        name = str(getattr(work, "__qualname__", ""))
        try:
            answer = await work
        except StoreError as error:
            if not self._failing:
                log.error("store failed", why=str(error))
            self._failing.add(name)
            await asyncio.sleep(STORE_PAUSE)
            return None
        if name in self._failing:
            self._failing.remove(name)
            if not self._failing:
                log.info("store works again")
        return answer
