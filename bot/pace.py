"""How fast we may speak: evenly for the bot, once a second in a chat, so many a minute in a group.

Telegram's limits live on its side and are unpublished; what its FAQ says is 30 messages a second, one a second in a
chat, twenty a minute in a group (https://core.telegram.org/bots/faq), and edits count like messages. What is paid for
(https://core.telegram.org/bots/api#paid-broadcasts) may be much faster; only sends can be, so that edits, deletions and
answers to people keep to the bot's usual allowance.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, KeysView, Sequence
from dataclasses import dataclass

from bot.allowance import Allowance
from bot.core.window import JITTER

SLOWER, FASTER, SLOWEST = 0.7, 1.02, 0.05
LONG_PAUSE = 60.0  # seconds: a longer wait is never one chat's alone
CHATS_FOR_A_PAUSE = 3  # so many different chats refused in a row, and it is the bot that is too fast
MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Messages a second for the bot and for a chat, and a minute for a group, as the configuration says.

    `unpaid_per_second` is for what cannot be paid for where sends are; None: it is all one allowance.
    """

    per_second: float = 30.0
    unpaid_per_second: float | None = None
    per_chat_per_second: float = 1.0
    per_group_per_minute: float = 20.0


class Pace:
    """One per bot. A delivery takes its `turn()`, says that it `spoke()` and that it was `answered()`; for an answer to
    a person `reply()` does the first two. `flooded()` and `succeeded()` tell what came of it.
    """

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds. Not the event loop's: uvloop's stands still while callbacks run."""
        self._now = clock
        self._limits = limits
        self._sends = self._others = Allowance(limits.per_second, clock)
        self._chats = Chats(limits)
        self._refused: dict[int, None] = {}
        self._part()

    @property
    def limits(self) -> Limits:
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        """In force at once, also for those who wait."""
        self._limits = self._chats.limits = limits
        self._sends.resize(limits.per_second)
        self._part()

    def _part(self) -> None:
        """An allowance of its own for what cannot be paid for, where there is one."""
        unpaid = self._limits.unpaid_per_second
        if unpaid is None:
            self._others = self._sends
        elif self.is_parted:
            self._others.resize(unpaid)
        else:
            self._others = Allowance(unpaid, self._now)
            self._others.share = self.share

    # --- the bot

    @property
    def is_parted(self) -> bool:
        """Whether edits, deletions and replies have an allowance of their own."""
        return self._others is not self._sends

    @property
    def share(self) -> float:
        """Of the allowance: lowered by 429s, climbing back."""
        return self._sends.share

    @property
    def interval(self) -> float:
        """Seconds between two sends at the present pace."""
        return self._sends.interval

    def unrested(self) -> float:
        """Seconds since the bot's last rest was over; below 0 while it rests."""
        return min(self._sends.unrested(), self._others.unrested())

    async def turn(self, *, reply: bool = False) -> float:
        """Wait for the bot's next free moment and return it, for `answered()`. Replies go before deliveries."""
        return (await self.turns(1, reply=reply, paid=not reply))[0]

    async def turns(self, most: int, *, reply: bool = False, paid: bool = True) -> list[float]:
        """Wait until at least one message may leave. Returns a moment for each that may leave now, at most so many.

        Replies, edits and deletions cannot be `paid` for.
        """
        return await self._of(paid=paid).turns(most, reply=reply)

    def together(self, turns: Sequence[float], *, paid: bool = True) -> float:
        """An album leaves in all these turns, a message in each. Returns the moment for `answered()`."""
        return turns[0] if len(turns) == 1 else self._of(paid=paid).together(turns)

    def unused(self, left: float, *, paid: bool = True) -> None:
        """Nothing leaves in this turn."""
        self._of(paid=paid).unused(left)

    def answered(self, chat: int, left: float, *, paid: bool = True, messages: int = 1) -> None:
        """Telegram's answer to what left in this turn is here, or will not come. Without this word it counts longer.

        It had arrived by now, whatever journeys usually take: a chat's second can begin nowhere earlier for sure.
        """
        self._of(paid=paid).answered(left, messages)
        self._chats.counted(chat, self._now(), messages)

    def let_go(self) -> None:
        """Nobody waits any longer: the process is about to end."""
        self._sends.let_go()
        self._others.let_go()

    def _of(self, *, paid: bool) -> Allowance:
        return self._sends if paid else self._others

    # --- chats, by Telegram's id

    async def reply(self, chat: int, *, group: bool) -> float:
        """Wait until this chat may hear us and the bot may speak, and count it as spoken."""
        while True:
            await asyncio.sleep(self.rest_of(chat))
            left = await self.turn(reply=True)
            if self.rest_of(chat) <= 0:
                self.spoke(chat, group=group)
                return left
            self.unused(left, paid=False)  # a delivery has spoken meanwhile

    def rest_of(self, chat: int) -> float:
        """Seconds until this chat may be spoken to; 0: now."""
        return max(0.0, self._chats.free_at.get(chat, 0.0) - self._now())

    def room_for(self, chat: int, messages: int) -> float:
        """Seconds until an album of so many fits into this chat's minute, if nothing else is said there; 0: now."""
        return max(0.0, self._chats.room_at(chat, messages) - self._now())

    def make_room(self, chat: int, seconds: float) -> None:
        """Nothing is said there for so long, that something larger has its turn."""
        self._chats.rest(chat, self._now() + seconds)

    def spoke(self, chat: int, *, group: bool, messages: int = 1) -> None:
        """A message to this chat leaves now, or an album of so many: when may the next one?"""
        self._chats.spoke(chat, group, self._now(), messages)

    def remember(self, sends: Iterable[tuple[int, bool, float]]) -> None:
        """(chat, whether a group, seconds ago) of what was sent before we began, oldest first, on whatever machine: its
        clock may go before ours."""
        now, known = self._now(), [(chat, group, max(0.0, ago)) for chat, group, ago in sends]
        for chat, group, ago in known:
            self._chats.spoke(chat, group, now - ago)
        self._sends.remember(now - ago for _, _, ago in known)

    def resting_chats(self) -> KeysView[int]:
        """Those that may not be spoken to yet, as a view that follows what happens; some may be free this instant."""
        self._chats.forget(self._now())
        return self._chats.free_at.keys()

    def next_rested(self) -> float | None:
        """Seconds until a chat that rests may be spoken to again; None: none rests."""
        now = self._now()
        self._chats.forget(now)
        return self._chats.first_free(now)

    # --- what came of it

    def flooded(self, chat: int, after: float) -> None:
        """A 429. Its chat rests; the bot rests where it cannot be the chat's doing alone."""
        now = self._now()
        self._chats.rest(chat, now + after)
        self._refused[chat] = None
        if after > LONG_PAUSE or len(self._refused) >= CHATS_FOR_A_PAUSE:
            self._use(max(SLOWEST, self.share * SLOWER))
            self._refused.clear()
            self.rest(after)

    def rest(self, seconds: float) -> None:
        """The bot says nothing for so long; its pace stays as it is."""
        for one in {self._sends, self._others}:
            one.rest(seconds)

    def _use(self, share: float) -> None:
        self._sends.share = self._others.share = share

    def succeeded(self) -> None:
        self._refused.clear()
        if self.share < 1.0:
            self._use(min(1.0, self.share * FASTER))


class Chats:
    """Until when each chat rests. Chats whose rest is over are forgotten."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.free_at: dict[int, float] = {}
        self._looks: list[tuple[float, int]] = []  # a heap: when to look at a chat again
        self._groups: OrderedDict[int, deque[float]] = OrderedDict()  # who spoke last is last

    def spoke(self, chat: int, group: bool, now: float, messages: int = 1) -> None:
        """An album is the short burst that Telegram allows; the chat rests afterwards for each of its messages."""
        free = now + messages / self.limits.per_chat_per_second + JITTER
        if group:
            free = max(free, self._group_free(chat, now, messages))
        self.rest(chat, free)

    def room_at(self, chat: int, messages: int) -> float:
        """The moment from which so many fit into a group's minute; as many as ever fit, where it is more."""
        sent, most = self._groups.get(chat, ()), max(1, int(self.limits.per_group_per_minute))
        over = len(sent) + min(messages, most) - most
        return sent[over - 1] + self._window_of_groups() + JITTER if over > 0 else 0.0

    def rest(self, chat: int, until: float) -> None:
        """At least until then."""
        known = self.free_at.get(chat)
        if known is None:
            heapq.heappush(self._looks, (until, chat))
        if known is None or until > known:
            self.free_at[chat] = until

    def counted(self, chat: int, moment: float, messages: int = 1) -> None:
        """What was said there last arrived by this moment, perhaps later than we thought, or after we thought that the
        chat had rested."""
        self.rest(chat, moment + messages / self.limits.per_chat_per_second)
        if sent := self._groups.get(chat):
            for last in range(1, min(messages, len(sent)) + 1):
                sent[-last] = max(sent[-last], moment)

    def _group_free(self, chat: int, now: float, messages: int) -> float:
        """The moment at which one more would still be no more than the limit in any minute."""
        most = max(1, int(self.limits.per_group_per_minute))
        sent = self._groups.setdefault(chat, deque())
        self._groups.move_to_end(chat)
        sent.extend([now] * messages)
        while len(sent) > most:
            sent.popleft()
        return sent[0] + self._window_of_groups() + JITTER if len(sent) == most else now

    def _window_of_groups(self) -> float:
        """Seconds within which a group may hear so many messages: a minute, or longer for less than one a minute."""
        most = max(1, int(self.limits.per_group_per_minute))
        return MINUTE * most / self.limits.per_group_per_minute

    def forget(self, now: float) -> None:
        """Chats that are free, and groups that were silent for a whole window."""
        while self._looks and self._looks[0][0] <= now:
            chat = heapq.heappop(self._looks)[1]
            if self.free_at[chat] > now:
                heapq.heappush(self._looks, (self.free_at[chat], chat))
            else:
                del self.free_at[chat]
        silent = now - self._window_of_groups()
        while self._groups and next(iter(self._groups.values()))[-1] <= silent:
            self._groups.popitem(last=False)

    def first_free(self, now: float) -> float | None:
        """Seconds until the first of them may be spoken to."""
        return min((free - now for free in self.free_at.values() if free > now), default=None)
