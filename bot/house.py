"""What people work with, in Telegram and in the browser: everything they need of the relay, and nothing to build."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bot.alarming import Alarms
from bot.applied import Kept
from bot.core.nodes import Nodes
from bot.desk import Desk
from bot.pace import Pace
from bot.vitals import Vitals
from config.settings import Blog, Settings
from config.values import MAIN_BOT
from storage import Store


class NotShown(Exception):
    """A draft cannot be shown to its editor; the text says why, in one sentence."""


async def _nowhere(editor: int, text: str) -> int:
    raise NotShown("There is no bot here that could show a preview.")


async def _none_kept() -> list[Kept]:
    return []


class Rollback(Protocol):
    """Brings a kept file back, by its name: see `bot.applied.Applied.rollback`."""

    def __call__(self, name: str, *, person: int | None = None, who: str = "rollback") -> Awaitable[list[str]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One bot's relay.

    `reload` applies the file and says in words what changed (a sentence about all of it, then a line each; nothing
    where nothing did), or raises `config.settings.BadSettings`; `rollback` does so with a file that was in force
    before, and raises `bot.applied.NotKept` or `CannotWrite` as well.
    `next_polls` and `last_polls` tell when each blog (by id) is and was polled; `alarms` is the one door to the admins;
    `nodes`: how all nodes are, None where there is one alone; `clock` is seconds since 1970; `vitals` knows how
    everything is. `preview` shows an editor (Telegram user id) what they are to push, in their private chat, with the
    buttons that send it, and returns the draft's number; NotShown where that cannot be. `name` is what the file calls
    the bot (in its own store every bot is `bot`); `kept` tells the files that can be brought back, which all bots have
    in common.
    """

    store: Store
    desk: Desk
    settings: Callable[[], Settings]
    pace: Pace
    vitals: Vitals
    reload: Callable[[], Awaitable[list[str]]]
    rollback: Rollback
    next_polls: Callable[[], Mapping[str, datetime]]
    alarms: Alarms
    bot: str = "main"
    name: str = MAIN_BOT
    nodes: Callable[[], Nodes | None] = lambda: None
    clock: Callable[[], float] = time.time
    last_polls: Callable[[], Mapping[str, datetime]] = dict
    preview: Callable[[int, str], Awaitable[int]] = _nowhere
    kept: Callable[[], Awaitable[list[Kept]]] = _none_kept

    def blogs(self) -> tuple[Blog, ...]:
        """The blogs that this bot speaks of, in the order of the file."""
        return tuple(blog for blog in self.settings().blogs if blog.bot == self.name)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)
