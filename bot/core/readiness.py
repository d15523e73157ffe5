"""Whether the relay does its work, by what can be seen of it: nothing, or a reason for each thing that it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

POLL_LATE = 60.0  # seconds after its appointment; so late is no busy moment
POLL_LONG = 600.0  # that one poll takes: several pages, each with its time-outs
TELEGRAM_SILENT = 60.0  # for which everything that was asked of Telegram failed
SENDS_FAIL = 300.0  # for which every message failed, while Telegram answers other things
SENDER_STILL = 120.0  # since the sender last looked at the queue, or had an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """When a blog was polled last and is polled next, in seconds since 1970. None: never yet; it is being polled."""

    last: float | None
    next: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What can be seen. `…_since`: for so many seconds now; None: it is not so."""

    started: bool = True
    store: str | None = None  # why nothing can be written
    telegram_fails_since: float | None = None
    sends_fail_since: float | None = None
    sender_still_since: float = 0.0  # less what Telegram told us to rest
    waiting: int = 0  # deliveries, when they were last counted
    slowest: float = 0.0  # seconds between two messages, as the configuration has it
    polls: Mapping[str, Appointment] = field(default_factory=dict)


def reasons(signs: Signs, now: float) -> tuple[str, ...]:
    """Why it is not ready, a line each; none: it is."""
    if not signs.started:
        return ("starting",)
    return tuple(_reasons(signs, now))


def _reasons(signs: Signs, now: float) -> Iterator[str]:
    if signs.store is not None:
        yield f"database: {signs.store}"
    if _over(signs.telegram_fails_since, TELEGRAM_SILENT):
        yield f"telegram: not reached for {signs.telegram_fails_since:.0f} s"
    elif _over(signs.sends_fail_since, SENDS_FAIL):
        yield f"queue: no message was taken for {signs.sends_fail_since:.0f} s"
    if signs.waiting and signs.sender_still_since > SENDER_STILL + 5 * signs.slowest:
        yield f"queue: {signs.waiting} wait and nothing was sent for {signs.sender_still_since:.0f} s"
    for blog, poll in signs.polls.items():
        if late := _late(poll, now):
            yield f"polls: {blog}: {late}"


def _over(seconds: float | None, limit: float) -> bool:
    return seconds is not None and seconds > limit


def _late(poll: Appointment, now: float) -> str | None:
    """A blog that is polled on a slow schedule is late by its own appointment, whatever that is."""
    if poll.next is not None and now - poll.next > POLL_LATE:
        return f"due {now - poll.next:.0f} s ago"
    if poll.next is None and poll.last is not None and now - poll.last > POLL_LONG:
        return f"being polled for {now - poll.last:.0f} s"
    return None
