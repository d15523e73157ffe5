"""Whether the relay does its work, by what can be seen of it: nothing, or a reason for each thing that it does not.

What is worth an alarm makes it unready as well, by the same rules (`bot.core.signs`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.signs import Stuck, is_unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What can be seen; spans of time in seconds, 0 where there is none."""

    started: bool = True
    store: str | None = None  # why nothing can be written
    telegram_lost_for: float = 0.0
    stuck: Stuck | None = None
    late: tuple[str, ...] = ()  # blogs that are not polled when their schedules say so


def reasons(seen: Seen) -> tuple[str, ...]:
    """Why it is not ready, a line each; none: it is."""
    return tuple(_reasons(seen)) if seen.started else ("starting",)


def _reasons(seen: Seen) -> Iterator[str]:
    if seen.store is not None:
        yield f"database: {seen.store}"
    if is_unreachable(seen.telegram_lost_for):
        yield f"telegram: not reached for {seen.telegram_lost_for:.0f} s"
    elif seen.stuck is not None:
        yield f"queue: {seen.stuck.waiting} wait, and none has left for {seen.stuck.seconds:.0f} s"
    for blog in seen.late:
        yield f"polls: {blog} is late"
