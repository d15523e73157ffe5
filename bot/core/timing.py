"""When a blog is polled next, and which address its page has on a day. Pure: `now` is an argument."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from itertools import count, islice
from zoneinfo import ZoneInfo

from bot.core.cron import firings
from bot.core.state import QUIET, Life, State, state_of

SPREAD = timedelta(seconds=5)  # within this, first polls start and later ones jitter
TAKEN_WITHIN = timedelta(seconds=2)  # blogs that were another node's and are due are polled, each at its own moment
JITTER_SHARE = 0.1
BACK_OFF_CAP = timedelta(minutes=15)
RETRY_AFTER_CAP = timedelta(hours=24)
VERY_QUIET = timedelta(hours=3)
QUIET_CAP = timedelta(minutes=15)  # an adaptive schedule slows down to this while its blog is live, or not at all
ENDED_FLOOR, ENDED_CAP = timedelta(minutes=10), timedelta(hours=1)
HINT_CAP = timedelta(minutes=5)  # caches and feeds that claim more are not made for a page that is live
HUB_INTERVAL = timedelta(minutes=5)  # a blog whose hub tells us of its news is polled so often, to be sure
LEAD = timedelta(minutes=15)  # before an announced start, from which on a blog may begin at any moment
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)  # any moment would do: blogs keep their own beat from here
NO_TIME = timedelta(0)
FAR = datetime.max.replace(tzinfo=UTC)

_DATE = re.compile(r"\{date(?::([^{}]*))?\}")
_PIECES = "aAbBdjmuUVwWyYG"  # of strftime, those that are a date's


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of every day, by the clock on the wall; it crosses midnight where `end` is not after `start`."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M} and {self.end:%H:%M}"

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The window that starts on `day`, in UTC. Where clocks are put forward it may be empty."""
        last = day if self.start < self.end else day + timedelta(days=1)
        return _utc(day, self.start, zone), _utc(last, self.end, zone)


def _utc(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """An hour that happens twice means the first; one that is skipped, as long after midnight as ever (RFC 5545)."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a blog is polled: `every` so often, or by `cron` (in the blog's time zone).

    Outside of `between` the interval is `otherwise`; without that, nothing is polled there. `adaptive` lets a quiet
    blog be polled less often.
    """

    every: timedelta | None = None
    between: Window | None = None
    otherwise: timedelta | None = None
    cron: str | None = None
    adaptive: bool = False

    def __post_init__(self) -> None:
        if (self.every is None) == (self.cron is None):
            raise ValueError("a schedule says either every or cron")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlogState:
    """What a blog went through lately, as far as it matters for its next poll."""

    blog: str = ""  # its id: spreads blogs of one schedule apart
    failures: int = 0  # failed polls in a row
    retry_after: datetime | None = None  # the server asked us not to come before
    life: Life = field(default_factory=Life)
    daily: bool = False  # its address changes with the day: when a page is over, the next one may begin
    max_age: int | None = None  # seconds, as the server said
    interval_hint: int | None = None  # seconds, as the page said
    hub_until: datetime | None = None  # its hub tells us of its news until then, and missed none lately


def next_poll(
    schedule: Schedule,
    timezone: str,
    now: datetime,
    last_started: datetime | None,
    state: BlogState,
    *,
    taken_over: bool = False,
) -> datetime:
    """When to poll next, in UTC and never before `now`.

    The earliest moment at which the interval then in force has passed since `last_started`, and a little later, so that
    blogs do not all come at once. Asked again with a later `now` the answer stays, until it has passed.

    `taken_over`: many others are taken over with it, from somebody who may have been silent for a while.
    """
    last = min(last_started, now).astimezone(UTC) if last_started else None  # clocks are put back, too
    floor = max(now, _asked(last or now, state)).astimezone(UTC)
    # what is known of the blog was known at its last poll: asked again later, the answer is the same
    pace = _Pace(schedule.adaptive, last or now, state, taken_over)
    if schedule.cron is not None:
        return _next_by_cron(schedule.cron, timezone, floor, last, pace)
    return _next_by_interval(schedule, ZoneInfo(timezone), floor, last, pace)


def upcoming(schedule: Schedule, timezone: str, now: datetime, n: int) -> list[datetime]:
    """The next `n` polls after `now` by the schedule alone, in UTC: without jitter, errors or a quiet blog."""
    if schedule.cron is not None:
        return list(islice(firings(schedule.cron, timezone, now), n))
    times = [now.astimezone(UTC)]
    for _ in range(n):
        times.append(_nominal(schedule, ZoneInfo(timezone), times[-1]))
    return times[1:]


def _nominal(schedule: Schedule, zone: ZoneInfo, last: datetime) -> datetime:
    return next(
        found
        for start, end, usual in _stretches(schedule, zone, last)
        if usual is not None and (found := max(start, last + usual)) < end
    )


def _asked(since: datetime, state: BlogState) -> datetime:
    """Until when the server wants to be left alone (Retry-After, RFC 9110 10.2.3), within reason."""
    return min(state.retry_after, since + RETRY_AFTER_CAP) if state.retry_after else since


def _next_by_interval(
    schedule: Schedule, zone: ZoneInfo, floor: datetime, last: datetime | None, pace: _Pace
) -> datetime:
    for start, end, usual in _stretches(schedule, zone, floor):
        if usual is None:
            continue
        earliest, length = max(start, floor), pace.stretched(usual)
        if last is None or last + length * (1 if pace.taken_over else 2) < earliest:
            plain, spread = earliest, _spread(earliest, min(length, pace.crowded), pace.blog)
        else:
            plain, spread = (max(earliest, last + length + extra) for extra in (NO_TIME, pace.jitter(length, last)))
        if plain < end:
            return spread if spread < end else plain
    raise AssertionError("a schedule has no end")


def _stretches(
    schedule: Schedule, zone: ZoneInfo, start: datetime
) -> Iterator[tuple[datetime, datetime, timedelta | None]]:
    """From `start` on, without end: which interval is in force how long; None where nothing is polled."""
    if schedule.between is None:
        yield start, FAR, schedule.every
        return
    yesterday = start.astimezone(zone).date() - timedelta(days=1)
    for days in count():
        opens, closes = schedule.between.on(yesterday + timedelta(days=days), zone)
        if closes <= max(opens, start):
            continue
        if start < opens:
            yield start, opens, schedule.otherwise
        yield max(start, opens), closes, schedule.every
        start = closes


def _next_by_cron(cron: str, timezone: str, floor: datetime, last: datetime | None, pace: _Pace) -> datetime:
    """The first firing after the last poll, a missed one too; a blog never polled does not wait for its first."""
    if last is None:
        return _spread(floor, pace.crowded, pace.blog)
    first, second = islice(firings(cron, timezone, last), 2)
    gap = second - first
    if (length := pace.stretched(gap)) > gap:
        first = next(firings(cron, timezone, last + length - gap))
    found = first + pace.jitter(gap, last)
    if found >= floor:
        return found
    late = pace.taken_over or floor - found >= gap
    return _spread(floor, pace.crowded, pace.blog) if late else floor


@dataclass(frozen=True, slots=True)
class _Pace:
    """How a blog's state stretches an interval."""

    adaptive: bool
    now: datetime  # of the last poll, if there was one
    state: BlogState
    taken_over: bool = False

    @property
    def blog(self) -> str:
        return self.state.blog

    @property
    def crowded(self) -> timedelta:
        """Within this, those that are all late are polled."""
        return TAKEN_WITHIN if self.taken_over else SPREAD

    def stretched(self, usual: timedelta) -> timedelta:
        """Longer after errors, and for an adaptive schedule, while little happens."""
        length = self._adapted(usual) if self.adaptive else usual
        if self.state.hub_until is not None and self.now < self.state.hub_until:
            length = max(length, HUB_INTERVAL)
        doublings = min(max(self.state.failures - 1, 0), 10)  # one failure is a hiccup
        return max(length, min(length * int(2**doublings), BACK_OFF_CAP))

    def jitter(self, length: timedelta, last: datetime) -> timedelta:
        return min(length * JITTER_SHARE, SPREAD) * _fraction(f"{self.blog} {last.timestamp()}")

    def _adapted(self, usual: timedelta) -> timedelta:
        """By the blog's state; and no shorter than its server and its page ask for, within reason."""
        hints = (self.state.max_age, self.state.interval_hint)
        asked = max((min(timedelta(seconds=min(one, 86_400)), HINT_CAP) for one in hints if one), default=NO_TIME)
        return max(usual, self._by_state(usual), asked)

    def _by_state(self, usual: timedelta) -> timedelta:
        life = self.state.life
        match state_of(life, self.now):
            case State.NOT_STARTED if life.starts_at is not None:
                return self._before(life.starts_at, usual)
            case State.NOT_STARTED:
                return min(usual * 4, QUIET_CAP)
            case State.QUIET:
                return self._slower(usual, life.active_at)
            case State.ENDED:
                return min(usual * 4, QUIET_CAP) if self.state.daily else _seldom(usual)
        return usual

    def _before(self, start: datetime, usual: timedelta) -> timedelta:
        """Seldom, but not past the moment at which it may begin; from then on as if it had begun."""
        if self.now >= start - LEAD:
            return self._slower(usual, start)
        return min(_seldom(usual), start - LEAD - self.now)

    def _slower(self, usual: timedelta, since: datetime | None) -> timedelta:
        quiet = self.now - since if since else NO_TIME
        if quiet < QUIET:
            return usual
        return min(usual * (4 if quiet >= VERY_QUIET else 2), QUIET_CAP)


def _seldom(usual: timedelta) -> timedelta:
    return min(max(usual * 10, ENDED_FLOOR), ENDED_CAP)


def _spread(earliest: datetime, period: timedelta, blog: str) -> datetime:
    """The blog's own beat in a common rhythm: it stays where it is however often and late one asks."""
    phase = EPOCH + period * _fraction(blog)
    return phase - (phase - earliest) // period * period


def _fraction(words: str) -> float:
    """Of the same words always the same number from 0 to 1."""
    return int.from_bytes(blake2b(words.encode(), digest_size=6).digest(), "big") / 2**48


def resolve_url(template: str, now: datetime, timezone: str) -> str:
    """The address on the day that `now` is in `timezone`: `{date:%m-%d-%y}` becomes that date, `{date}` is 2026-01-31.

    `%-d` and `%-m` have no leading zero. ValueError where something else stands in braces.
    """
    day = now.astimezone(ZoneInfo(timezone)).date()
    address = _DATE.sub(lambda match: _date_as(day, match[1] or "%Y-%m-%d"), template)
    if braces := re.search(r"[{}]", address):
        place = template[max(0, template.find(braces[0])) :][:30]
        raise ValueError(f'"{place}" is not understood; only {{date:…}} may stand in braces, as in {{date:%m-%d-%y}}')
    return address


def has_date(template: str) -> bool:
    """Whether the address changes with the day."""
    return _DATE.search(template) is not None


def _date_as(day: date, pattern: str) -> str:
    return re.sub(r"%(-?)(.?)", lambda match: _piece(day, match[2], short=bool(match[1])), pattern)


def _piece(day: date, letter: str, *, short: bool) -> str:
    if letter == "%":
        return "%"
    if not letter or letter not in _PIECES:
        raise ValueError(f'"%{letter}" is no part of a date; write for example {{date:%Y-%m-%d}} or {{date:%m-%d-%y}}')
    written = day.strftime(f"%{letter}")
    return written.lstrip("0") if short else written
