"""How the relay is, measured while it works: for the dashboard, `/metrics`, `/readyz` and the history.

The loops tell it of everything that they do, so telling costs next to nothing: children of metrics are bound once, and
nothing is looked up by its labels for a message. What must be counted in the database is counted now and then by
`bot.counting`; nobody waits for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core import signs
from bot.core.lately import HOUR, Durations, Lately
from bot.core.model import Done, Lane, Outcome, TryLater, Unknown
from bot.core.plan import Action, Send
from bot.measures import Measures
from bot.pace import Pace

RATE_SECONDS = 10
SUMS = ("delivered", "floods", "polls", "failures")  # of a minute; the other samples are how it stood
SAMPLES = (*SUMS, "subscriptions", "chats", "queue", "latency_p50", "latency_p99")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Of one blog."""

    posts: int = 0
    subscriptions: int = 0  # of open chats


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted in the database, and when (seconds since 1970; 0: not yet)."""

    queue: Mapping[Lane, int] = field(default_factory=dict)
    asleep_chats: int = 0
    open_chats: int = 0
    blogs: Mapping[str, Counted] = field(default_factory=dict)
    counted_at: float = 0.0

    @property
    def subscriptions(self) -> int:
        return sum(blog.subscriptions for blog in self.blogs.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How things stand. Of what was counted in the database, as it was at `counted_at` (0: not counted yet)."""

    messages_per_second: float  # that Telegram took, over the last ten
    allowance: float  # messages a second, as configured
    share: float  # of the allowance that is used: lowered by 429s
    floods_last_hour: int  # 429s
    latency_p50: float | None  # seconds from publishing to delivered, of first sends in the last 5 minutes
    latency_p99: float | None
    delivered_last_hour: int  # what was done in chats: sent, edited, deleted
    queue: Mapping[Lane, int]
    asleep_chats: int
    subscriptions: int  # of open chats
    open_chats: int
    blogs: Mapping[str, Counted]
    counted_at: float


class Vitals:
    """One per relay. Told by whoever does something; `now()` and `exposition()` tell how things stand."""

    def __init__(self, pace: Pace, *, clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since 1970."""
        self._pace, self.clock = pace, clock
        self.counts = Counts()
        self._messages = Lately()
        self._sums = {name: Lately() for name in SUMS}
        self._delivered, self._floods = self._sums["delivered"], self._sums["floods"]
        self.latency = Durations()
        self.measures = Measures()
        self._looked_at = clock()
        self._failing_since: float | None = None  # nothing that was sent arrived

    def now(self) -> Now:
        now, counts = self.clock(), self.counts
        p50, p99 = self.latency.quantiles(now, 0.5, 0.99)
        return Now(
            messages_per_second=self._messages.last(RATE_SECONDS, now) / RATE_SECONDS,
            allowance=self._pace.limits.per_second,
            share=self._pace.share,
            floods_last_hour=self._floods.last(HOUR, now),
            latency_p50=p50,
            latency_p99=p99,
            delivered_last_hour=self._delivered.last(HOUR, now),
            queue=counts.queue,
            asleep_chats=counts.asleep_chats,
            subscriptions=counts.subscriptions,
            open_chats=counts.open_chats,
            blogs=counts.blogs,
            counted_at=counts.counted_at,
        )

    def sample(self, since: int, seconds: int) -> dict[str, float]:
        """Of a stretch of time that is over: what happened in it, and how things stand after it."""
        now = self.now()
        happened = {name: float(some.between(since, since + seconds)) for name, some in self._sums.items()}
        stand = {"subscriptions": now.subscriptions, "chats": now.open_chats, "queue": sum(now.queue.values())}
        known = stand if now.counted_at else {}
        latency = {"latency_p50": now.latency_p50, "latency_p99": now.latency_p99}
        return happened | known | {name: value for name, value in latency.items() if value is not None}

    def remember(self, history: Mapping[str, Sequence[tuple[float, float]]]) -> None:
        """Samples of the last hour, of a relay that ran before this one."""
        for name, some in self._sums.items():
            for at, value in history.get(name, ()):
                some.put(int(at), int(value))

    # --- what the loops tell

    def settled(self, action: Action, outcome: Outcome, now: float, messages: int = 1) -> None:
        """What became of an action, or of a step of one, that was so many messages."""
        row = action.rows[0]
        self.measures.settled(type(action), row.lane, type(outcome))
        self._looked_at = now
        if type(outcome) is Done:
            self._failing_since = None
            self._delivered.add(now)
            self._messages.add(now, messages)
            if type(action) is Send and row.lane is not Lane.DIGEST and not row.slept:
                self.latency.add(now, now - row.since)
        else:
            self._not_done(outcome, now)

    def _not_done(self, outcome: Outcome, now: float) -> None:
        if isinstance(outcome, Unknown) or (isinstance(outcome, TryLater) and not outcome.flood):
            self._failing_since = self._failing_since or now
            return
        self._failing_since = None
        if isinstance(outcome, TryLater) and not outcome.slow_mode:
            self.flooded()

    def looked(self) -> None:
        """The sender has looked at what waits."""
        self._looked_at = self.clock()

    def still_for(self) -> float:
        """Seconds for which the sender has done nothing and was to rest for nothing."""
        return max(0.0, min(self.clock() - self._looked_at, self._pace.unrested()))

    def failing_for(self) -> float:
        """Seconds for which Telegram has taken nothing of what was tried; 0: it took the last one."""
        return 0.0 if self._failing_since is None else self.clock() - self._failing_since

    def counted(self, counts: Counts) -> None:
        """What was counted in the database. Where nothing waits, nothing fails any more."""
        self.counts = counts
        if not any(counts.queue.values()):
            self._failing_since = None

    def stuck(self) -> signs.Stuck | None:
        """Whether nothing leaves although something waits, by the rule that everybody goes by."""
        waiting = sum(self.counts.queue.values())
        return signs.stuck(waiting, max(self.still_for(), self.failing_for()), self.interval)

    @property
    def interval(self) -> float:
        """Seconds between two messages at the present pace."""
        return self._pace.interval

    def floods(self, seconds: int) -> int:
        """How many 429s came in the last so many seconds."""
        return self._floods.last(seconds, self.clock())

    def flooded(self) -> None:
        """A 429."""
        self._floods.add(self.clock())
        self.measures.floods.inc()

    def polled(self, blog: str, outcome: str, seconds: float) -> None:
        """A blog was asked: "changed", "unchanged" or "failed"."""
        now = self.clock()
        self._sums["polls"].add(now)
        if outcome == "failed":
            self._sums["failures"].add(now)
        self.measures.polled(blog, outcome, seconds)

    def replied(self) -> None:
        """A person was answered, in a message."""
        self._messages.add(self.clock())
        self.measures.replies.inc()
