"""Who does what where there are several nodes. Pure: the same on every machine and in every version of Python."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b

SHARDS = 64  # of polls; one that is held is polled by one node
OTHERS_FIRST = 0.7  # seconds that a lane is left to nodes that have less
SPARED_SECONDS = 60.0  # for which one is kept that they did not take

_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]/?#]*\]|(?:\{[^{}]*\}|[^/?#:])*)", re.IGNORECASE)


def shard_of(url: str, shards: int = SHARDS) -> int:
    """The poll shard of a blog with this address, from 0: by its host alone, so that whoever is to be polite to a host
    stands in one place.

    An address with a date in it, also in its host, stays in its shard: what is taken is the address as it is written.
    """
    found = _HOST.match(url)
    host = (found[1] if found else url).lower().rstrip(".")
    return int.from_bytes(blake2b(host.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") % shards


# --- shares: every node goes by these rules alone; who sees something else for a moment finds a lock taken


@dataclass(frozen=True, slots=True)
class Rank:
    """Which of so many nodes we are, counted from 0 in an order that all of them see."""

    ours: int = 0
    of: int = 1

    def share(self, things: int) -> int:
        """How many of these are ours: as many as anybody's, and of what is left over one, if we are early enough."""
        return things // self.of + (self.ours < things % self.of)


def rank_of(ours: int, nodes: Collection[int]) -> Rank:
    """By the numbers by which nodes are seen: who was there first comes first, so that who comes takes nothing of what
    a node has that has no more than anybody."""
    return Rank(sorted(nodes).index(ours), len(nodes))


@dataclass(frozen=True, slots=True)
class Looked:
    """What a node knows of the lanes from one look to the next.

    `vacant`: those that nobody has, and since when; `spared`: those that we took beyond our share because nobody else
    did, and when. These are kept for a minute, or until a node comes or goes: given back at once, they would stand
    vacant and be taken again without end. Whose share they are may not know them yet (a bot that is new in the file),
    or have had a bad moment.
    """

    nodes: frozenset[int] = frozenset()
    vacant: Mapping[str, float] = field(default_factory=dict)
    spared: Mapping[str, float] = field(default_factory=dict)

    def again(self, lanes: Collection[str], nodes: frozenset[int], taken: Collection[str], now: float) -> Looked:
        """After one more look; `now` by a clock that is never put back."""
        vacant = {one: self.vacant.get(one, now) for one in lanes if one not in taken}
        kept = {one: at for one, at in self.spared.items() if now - at < SPARED_SECONDS and nodes == self.nodes}
        return Looked(nodes, vacant, kept)

    def sparing(self, bot: str, now: float) -> Looked:
        """After taking a lane beyond our share."""
        return replace(self, spared={**self.spared, bot: now})


def to_take(lanes: Collection[str], mine: Collection[str], looked: Looked, rank: Rank, now: float) -> list[str]:
    """The lanes to try for. None must stay vacant, so that who has its share tries as well once others had their
    chance. Nodes that begin together do not all begin with the same lane."""
    every, each, over = sorted(lanes), *divmod(len(lanes), rank.of)
    first = rank.ours * each + min(rank.ours, over)  # as if all were dealt out in order
    waiting = [one for one in every[first:] + every[:first] if one in looked.vacant and one not in mine]
    room = max(0, rank.share(len(lanes)) - len(mine))
    return waiting[:room] + [one for one in waiting[room:] if now - looked.vacant[one] >= OTHERS_FIRST]


def to_give(lanes: Collection[str], mine: Collection[str], rank: Rank, spared: Collection[str] = ()) -> list[str]:
    """The lanes that are too many for us."""
    return [one for one in sorted(mine) if one not in spared][rank.share(len(lanes)) :]
