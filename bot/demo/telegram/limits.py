"""Strict sliding windows: in no window of that length are more calls accepted than allowed."""

from __future__ import annotations

import math
from collections import deque

from bot.demo.telegram.values import Limits


class Window:
    """At most `limit` calls within any `length` seconds."""

    __slots__ = ("calls", "length")

    def __init__(self, limit: float, length: float) -> None:
        most = max(1, math.floor(limit))
        self.length = length * most / limit  # 0.5 a second: one within any two seconds
        self.calls: deque[float] = deque(maxlen=most)

    def wait(self, now: float, weight: int = 1) -> float:
        """Seconds until `weight` more calls fit. More than ever fit count as much as fit at all."""
        most = self.calls.maxlen or 1
        over = len(self.calls) + min(weight, most) - most
        return max(0.0, self.calls[over - 1] + self.length - now) if over > 0 else 0.0

    def take(self, now: float, weight: int = 1) -> None:
        self.calls.extend([now] * min(weight, self.calls.maxlen or 1))


class Pace:
    """The windows of one bot: its own, its chats' and its groups'."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._own = _window(limits.per_second, 1)
        self._paid = _window(limits.paid_per_second, 1)
        self._chats: dict[int, Window] = {}
        self._groups: dict[int, Window] = {}
        self.open = limits == Limits()

    def admit(self, now: float, chat: int | None, group: bool, paid: bool, weight: int = 1) -> int:
        """0 and the call is counted, or the whole seconds to wait and it is not."""
        if self.open:
            return 0
        windows = self._windows(chat, group, paid)
        wait = max((window.wait(now, weight) for window in windows), default=0.0)
        if wait > 0:
            return max(1, math.ceil(wait))
        for window in windows:
            window.take(now, weight)
        return 0

    def _windows(self, chat: int | None, group: bool, paid: bool) -> list[Window]:
        found = [self._paid if paid and self._paid else self._own]
        if chat is not None:
            found.append(_of(self._chats, chat, self.limits.per_chat_per_second, 1))
            if group:
                found.append(_of(self._groups, chat, self.limits.per_group_per_minute, 60))
        return [window for window in found if window is not None]


def _window(limit: float | None, length: float) -> Window | None:
    return None if limit is None else Window(limit, length)


def _of(windows: dict[int, Window], chat: int, limit: float | None, length: float) -> Window | None:
    if limit is None:
        return None
    if chat not in windows:
        windows[chat] = Window(limit, length)
    return windows[chat]
