"""The door to the admins as it is, with one admin whose messages the test reads."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from bot.alarming import Alarms
from storage import Store, open_store

ADMIN = 1001


class AtOnce(Alarms):
    """Whoever says something waits until it is told."""

    async def raised(self, *given: Any, **named: Any) -> None:
        await super().raised(*given, **named)
        await self.tell()

    async def ended(self, *given: Any, **named: Any) -> None:
        await super().ended(*given, **named)
        await self.tell()


@contextlib.asynccontextmanager
async def a_store() -> AsyncIterator[Store]:
    """For what keeps nothing but alarms."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/relay.db")
        yield store
        await store.close()


def alarms_into(reports: list[str], store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> AtOnce:
    """What the one admin is told is put into the list."""

    async def say(person: int, text: str) -> bool:
        reports.append(text)
        return True

    return AtOnce(store, admins=lambda: (ADMIN,), say=say, now=now)
