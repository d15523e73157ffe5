"""What people work with, in Telegram and in the browser: everything they need of the relay, and nothing to build."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.alarming import Alarms
from bot.desk import Desk
from bot.pace import Pace
from config.settings import Blog, Settings
from storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One bot's relay.

    `reload` applies the file and says in words what changed, or raises `config.settings.BadSettings`; `next_polls`
    and `last_polls` tell when each blog (by id) is and was polled; `alarms` is the door through which the admins
    are told of trouble; `clock` is seconds since 1970.
    """

    store: Store
    desk: Desk
    settings: Callable[[], Settings]
    pace: Pace
    reload: Callable[[], Awaitable[list[str]]]
    next_polls: Callable[[], Mapping[str, datetime]]
    alarms: Alarms
    bot: str = "main"
    clock: Callable[[], float] = time.time
    last_polls: Callable[[], Mapping[str, datetime]] = dict

    def blogs(self) -> tuple[Blog, ...]:
        """The blogs that this bot speaks of, in the order of the file."""
        return tuple(blog for blog in self.settings().blogs if blog.bot == self.bot)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)
