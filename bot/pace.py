"""How fast we may speak: evenly for the bot, once a second in a chat, so many a minute in a group.

Telegram's limits live on its side and are unpublished; what its FAQ says is 30 messages a second, one a second in a
chat, twenty a minute in a group (https://core.telegram.org/bots/faq), and edits count like messages. Sends are spaced
evenly a little below the limit, because a window that Telegram counts need not begin where ours does: the margin must
be larger than the jitter of the network. After a pause nothing is caught up.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

MARGIN = 0.97  # of the bot's allowance
SLACK = 0.010  # seconds a late timer may make good
SLOWER, FASTER, SLOWEST = 0.7, 1.02, 0.05
LONG_PAUSE = 60.0  # seconds: a longer wait is never one chat's alone
CHATS_FOR_A_PAUSE = 3  # so many different chats refused in a row, and it is the bot that is too fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Messages a second for the bot and for a chat, and a minute for a group, as the configuration says."""

    per_second: float = 30.0
    per_chat_per_second: float = 1.0
    per_group_per_minute: float = 20.0


class Pace:
    """One per bot. A delivery takes its `turn()` and says that it `spoke()`; an answer to a person does both in
    `reply()`. `flooded()` and `succeeded()` tell what came of it.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.share = 1.0  # of the allowance: lowered by 429s, climbing back
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._next = 0.0
        self._paused_until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._free_at: dict[int, float] = {}
        self._groups: dict[int, deque[float]] = {}
        self._refused: dict[int, None] = {}

    async def turn(self, *, reply: bool = False) -> None:
        """Wait for the bot's next free moment. Replies to people go before deliveries."""
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not reply, next(self._numbers), turn))
        self._arm()
        await turn

    async def reply(self, chat: int, *, group: bool) -> None:
        """Wait until this chat (Telegram's id) may hear us and the bot may speak, and count it as spoken."""
        while True:
            await asyncio.sleep(self.rest_of(chat))
            await self.turn(reply=True)
            if self.rest_of(chat) <= 0:  # a delivery may have spoken meanwhile
                self.spoke(chat, group=group)
                return

    def rest_of(self, chat: int) -> float:
        """Seconds until this chat may be spoken to; 0: now."""
        return max(0.0, self._free_at.get(chat, 0.0) - _now())

    def spoke(self, chat: int, *, group: bool) -> None:
        """A message to this chat (Telegram's id) leaves now: when may the next one?"""
        now = _now()
        free = now + 1.0 / self.limits.per_chat_per_second
        if group:
            free = max(free, self._group_free(chat, now))
        self._free_at[chat] = free

    def answered(self, chat: int, *, group: bool) -> None:
        """Telegram may have counted the message only now: its next one in this chat must not come sooner after that."""
        now = _now()
        free = now + 1.0 / self.limits.per_chat_per_second
        if group and (sent := self._groups.get(chat)):
            sent.pop()
            free = max(free, self._group_free(chat, now))
        self._free_at[chat] = free

    def _group_free(self, chat: int, now: float) -> float:
        """The moment at which one more would still be no more than the limit in any minute."""
        most = max(1, int(self.limits.per_group_per_minute))
        window = 60.0 * most / self.limits.per_group_per_minute
        sent = self._groups.setdefault(chat, deque())
        sent.append(now)
        while len(sent) > most:
            sent.popleft()
        return sent[0] + window if len(sent) == most else now

    def remember(self, sends: Iterable[tuple[int, bool, float]]) -> None:
        """(chat, whether a group, seconds ago) of what was sent before this process began, oldest first."""
        now = _now()
        for chat, group, ago in sends:
            self._free_at[chat] = now - ago + 1.0 / self.limits.per_chat_per_second
            if group:
                self._free_at[chat] = max(self._free_at[chat], self._group_free(chat, now - ago))

    def resting(self) -> dict[int, float]:
        """The chats that may not be spoken to yet, with the seconds until they may."""
        now = _now()
        self._free_at = {chat: free for chat, free in self._free_at.items() if free > now}
        return {chat: free - now for chat, free in self._free_at.items()}

    def flooded(self, chat: int, after: float) -> None:
        """A 429. Its chat rests by itself; the bot rests where it cannot be the chat's doing alone."""
        self._refused[chat] = None
        if after > LONG_PAUSE or len(self._refused) >= CHATS_FOR_A_PAUSE:
            self._paused_until = max(self._paused_until, _now() + after)
            self.share = max(SLOWEST, self.share * SLOWER)
            self._refused.clear()
            self._arm()

    def succeeded(self) -> None:
        self._refused.clear()
        if self.share < 1.0:
            self.share = min(1.0, self.share * FASTER)

    def let_go(self) -> None:
        """Nobody waits any longer: the process is about to end."""
        for _, _, turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
        self._waiting.clear()

    @property
    def interval(self) -> float:
        """Seconds between two sends at the present pace."""
        return 1.0 / (self.limits.per_second * MARGIN * self.share)

    def _arm(self) -> None:
        if not self._waiting:
            return
        at = max(self._next, self._paused_until)
        if self._alarm is not None:
            if self._alarm.when() >= at:
                return
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_at(at, self._give)

    def _give(self) -> None:
        """Let the next in line go, and those whose moment a late timer has passed."""
        self._alarm = None
        now = _now()
        while self._waiting and max(self._next, self._paused_until) <= now:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():  # who waited may have been cancelled
                turn.set_result(None)
                self._next = max(self._next, now - SLACK) + self.interval
        self._arm()


def _now() -> float:
    return asyncio.get_running_loop().time()
