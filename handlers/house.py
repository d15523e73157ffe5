"""What the handlers are given: everything they need of the relay, and nothing they could build themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.desk import Desk
from bot.pace import Pace
from config.settings import Blog, Settings
from handlers.albums import Albums
from storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One bot's relay, as its handlers see it.

    `reload` applies the file and says in words what changed, or raises `config.settings.BadSettings`; `next_polls`
    and `last_polls` tell when each blog (by id) is and was polled; `report` tells the admins of trouble; `clock` is
    seconds since 1970; `albums` are those heard lately.
    """

    store: Store
    desk: Desk
    settings: Callable[[], Settings]
    pace: Pace
    reload: Callable[[], Awaitable[list[str]]]
    next_polls: Callable[[], Mapping[str, datetime]]
    bot: str = "main"
    clock: Callable[[], float] = time.time
    last_polls: Callable[[], Mapping[str, datetime]] = dict
    report: Callable[[str], Awaitable[None]] | None = None
    albums: Albums = field(default_factory=Albums)
    topics_wished: asyncio.Event = field(default_factory=asyncio.Event)  # somebody asked for a forum topic

    def blogs(self) -> tuple[Blog, ...]:
        """The blogs that this bot speaks of, in the order of the file."""
        return tuple(blog for blog in self.settings().blogs if blog.bot == self.bot)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)
