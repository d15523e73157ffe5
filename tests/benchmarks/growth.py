"""What a larger world asks of each part, from what one of everything costs: arithmetic and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.sharing import SHARDS
from bot.core.window import MARGIN

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """What one of each costs: `_server` is PostgreSQL's processor and `_node` ours, both in microseconds."""

    expand_server: float  # a row, when a post is published
    expand_node: float
    deliver_server: float  # a delivery, claimed and settled
    deliver_node: float
    deliver_wal: float  # bytes, the row's publishing among them
    deliver_bytes: float  # of tables and indexes
    deliveries_a_second: float  # of one bot's ledger, one after the other, with nobody to wait for
    poll_server: float  # one that finds nothing
    poll_node: float
    poll_wal: float
    present_server: float  # a node that is there, for a second
    look_server: float  # what each further node adds to one look
    wake_server: float  # a publication that wakes the nodes
    wake_each_server: float  # what each node adds to that


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How large, and on what. `peak`: the busiest minute as a multiple of the day's mean."""

    nodes: int
    bots: int
    subscribers: int
    blogs: int
    follows: float = 1.5  # blogs of a subscriber
    posts: float = 40.0  # of a blog and day
    edits: float = 0.5  # of a post, after edits that came quickly became one
    poll_every: float = 30.0  # seconds
    peak: float = 3.0
    per_second: float = 1000.0  # what Telegram grants a bot
    server_cores: float = 16.0
    wal_a_second: float = 200e6  # bytes that its disk takes
    sessions: float = 2000.0  # as many as a large server is given
    keep_days: float = 30.0

    @property
    def deliveries(self) -> float:
        """A second, at the peak."""
        return self.subscribers * self.follows * self.posts * (1 + self.edits) / DAY * self.peak

    @property
    def polls(self) -> float:
        """A second."""
        return self.blogs / self.poll_every

    @property
    def publications(self) -> float:
        """A second, at the peak."""
        return self.blogs * self.posts * (1 + self.edits) / DAY * self.peak

    @property
    def connections(self) -> int:
        return self.nodes * (2 + 3 * self.bots) + self.bots


LOOKS = 4.0  # a second and node


@dataclass(frozen=True, slots=True)
class Load:
    """One part, how much of it is asked for, and how much there is."""

    part: str
    asked: float
    there: float
    unit: str

    @property
    def share(self) -> float:
        return self.asked / self.there


def loads(units: Units, one: Setting) -> list[Load]:
    """Of every part that can be the first to be too small, the one with the least room first."""
    every = [
        Load("Telegram's allowance", one.deliveries, one.bots * one.per_second * MARGIN, "deliveries/s"),
        Load("a bot's writer", one.deliveries / one.bots, units.deliveries_a_second, "deliveries/s"),
        Load("PostgreSQL's processor", server_cores(units, one), one.server_cores, "cores"),
        Load("its log (WAL)", wal(units, one) / 1e6, one.wal_a_second / 1e6, "MB/s"),
        Load("its sessions", one.connections, one.sessions, "sessions"),
        Load("poll shards", min(one.nodes, one.blogs), SHARDS, "nodes"),
        Load("a node's processor", busiest_node(units, one), 1.0, "cores"),
    ]
    return sorted(every, key=lambda load: -load.share)


def server_cores(units: Units, one: Setting) -> float:
    return sum(server_parts(units, one).values())


def server_parts(units: Units, one: Setting) -> dict[str, float]:
    """Cores of PostgreSQL by what they are spent on."""
    wake = units.wake_server + units.wake_each_server * one.nodes
    each = {
        "deliveries": one.deliveries * (units.deliver_server + units.expand_server),
        "polls": one.polls * units.poll_server,
        "waking nodes": one.publications * wake,
        "being there": one.nodes * units.present_server,
        "looking at each other": one.nodes * LOOKS * one.nodes * units.look_server,
    }
    return {name: cost / 1e6 for name, cost in each.items()}


def wal(units: Units, one: Setting) -> float:
    """Bytes a second."""
    return one.deliveries * units.deliver_wal + one.polls * units.poll_wal


def table(units: Units, one: Setting) -> float:
    """Bytes of what is kept, rows of pruned posts aside. An edit writes the row it had."""
    new = one.deliveries / one.peak / (1 + one.edits)
    return new * DAY * one.keep_days * units.deliver_bytes


def busiest_node(units: Units, one: Setting) -> float:
    """Cores: the lanes of a node and its polls; sending itself is not in it."""
    lanes = -(-one.bots // one.nodes)
    shards = -(-SHARDS // min(one.nodes, SHARDS))
    sends = one.deliveries / one.bots * lanes * (units.deliver_node + units.expand_node)
    return (sends + one.polls * shards / SHARDS * units.poll_node) / 1e6


def push_seconds(one: Setting) -> float:
    """Until a push to everybody has been sent, with all bots side by side and nothing else to do."""
    return one.subscribers / one.bots / (one.per_second * MARGIN)


def bots_for(subscribers: int, seconds: float, per_second: float = 1000.0) -> int:
    """How many bots reach so many within so many seconds."""
    return max(1, -int(-subscribers // (seconds * per_second * MARGIN)))
