"""Nodes that come, go, are killed and stopped, by the rules of `bot.core.sharing` and a clock of their own.

What PostgreSQL and PgQueuer do stands here as numbers: a lock has one owner and goes with its session, a session that
is silent ends after four seconds, and so does a job's claim. How long things take is drawn by `seed`.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bot.core.sharing import SHARDS, Looked, rank_of, to_give, to_take

LOOK = 0.25  # seconds between the looks of a node, and in all of this
DEQUEUE = 0.5  # between looks for jobs
SILENCE = 4.0  # until a session that is silent is ended, and a job is anybody's
AGAIN = 0.3  # until a node that lost its sessions has others
AT_ONCE = 10  # jobs that are taken together


@dataclass(eq=False)
class Node:
    """`lanes`: the bots that its file has; `giving`: lanes of its own that are ending."""

    arrived: int
    lanes: frozenset[str]
    looked: Looked = field(default_factory=Looked)
    giving: set[str] = field(default_factory=set)
    shards: set[int] = field(default_factory=set)
    share: int = 0  # of the shards, as it saw last
    awake: bool = True
    stopping: bool = False
    there: bool = True  # its sessions live
    life: int = 0  # what is under way of an earlier life is void


class World:
    def __init__(self, lanes: int = 1, seed: int = 0) -> None:
        self.lanes = frozenset(f"bot{number}" for number in range(lanes))
        self.now = 0.0
        self.nodes: list[Node] = []
        self.owners: dict[str, Node] = {}
        self.moves: list[float] = []  # when a lane was taken
        self.shard_moves: list[float] = []
        self.vacant = 0.0  # seconds, of all lanes together
        self.shards_vacant = 0.0
        self._chance = Random(seed)
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._arrived = itertools.count(1)

    # --- time

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self._plans and self._plans[0][0] <= until:
            at, _, do = heapq.heappop(self._plans)
            self._pass(at)
            do()
        self._pass(until)

    def _pass(self, until: float) -> None:
        took, self.now = until - self.now, until
        if self.present:
            self.vacant += took * len(self.lanes - self.owners.keys())
            self.shards_vacant += took * (SHARDS - sum(len(one.shards) for one in self.nodes))

    def _later(self, seconds: float, node: Node, do: Callable[[Node], None]) -> None:
        life = node.life

        def then() -> None:
            if node.life != life:
                return
            if node.awake:
                do(node)
            else:
                self._later(0.1, node, do)

        heapq.heappush(self._plans, (self.now + seconds, next(self._numbers), then))

    def _some(self, least: float, most: float) -> float:
        return self._chance.uniform(least, most)

    # --- what happens to nodes

    @property
    def present(self) -> list[Node]:
        """Those that are seen by all."""
        return [one for one in self.nodes if one.there and not one.stopping]

    def join(self, lanes: frozenset[str] | None = None) -> Node:
        node = Node(next(self._arrived), self.lanes if lanes is None else lanes)
        self.nodes.append(node)
        self._begin(node)
        return node

    def _begin(self, node: Node) -> None:
        self._later(self._some(0, LOOK), node, self._look)
        self._later(self._some(0, DEQUEUE), node, self._dequeue)

    def kill(self, node: Node) -> None:
        """Its connections close; what it claimed is anybody's once it was silent for long enough."""
        self._lose(node)
        self.nodes.remove(node)

    def pause(self, node: Node, seconds: float) -> None:
        node.awake = False
        life = node.life

        def ended() -> None:
            if node.life == life and not node.awake:
                self._lose(node)

        def goes_on() -> None:
            node.awake = True
            if not node.there and node in self.nodes:
                self._come_back(node)

        heapq.heappush(self._plans, (self.now + SILENCE, next(self._numbers), ended))
        heapq.heappush(self._plans, (self.now + seconds, next(self._numbers), goes_on))

    def stop(self, node: Node, seconds: float) -> None:
        """SIGTERM: it gives back all it has, each thing as it ends, for at most so many seconds."""
        if not node.awake:
            return
        node.stopping = True
        node.looked = Looked()
        node.shards.clear()
        for lane in self._own(node):
            self._give(node, lane, self._some(0, seconds))
        self._later(seconds + 0.01, node, self.kill)

    def _come_back(self, node: Node) -> None:
        node.arrived, node.there = next(self._arrived), True
        self._later(AGAIN, node, self._begin)

    def _lose(self, node: Node) -> None:
        """All its sessions are gone."""
        node.life += 1
        node.there = False
        for lane in self._own(node):
            del self.owners[lane]
        node.looked = Looked()
        node.giving.clear()
        node.share = 0
        lost, node.shards = node.shards, set()
        self._abandoned(lost)

    def _abandoned(self, shards: set[int]) -> None:
        """Claims outlive who made them."""
        ghost = Node(0, frozenset(), shards=set(shards), there=False)
        self.nodes.append(ghost)
        heapq.heappush(self._plans, (self.now + SILENCE, next(self._numbers), lambda: self.nodes.remove(ghost)))

    # --- what a node does

    def _own(self, node: Node) -> list[str]:
        return sorted(lane for lane, owner in self.owners.items() if owner is node)

    def _look(self, node: Node) -> None:
        if node.stopping:
            return
        seen = self._here()
        rank = rank_of(node.arrived, seen)
        node.share = rank.share(SHARDS)
        for shard in sorted(node.shards)[node.share :]:
            node.shards.discard(shard)
        node.looked = node.looked.again(node.lanes, seen, self.owners.keys(), self.now)
        ours = [one for one in self._own(node) if one not in node.giving]
        for lane in to_give(node.lanes, ours, rank, node.looked.spared):
            node.giving.add(lane)
            self._give(node, lane, self._some(0.02, 1.0))
        tries = to_take(node.lanes, self._own(node), node.looked, rank, self.now)
        share = rank.share(len(node.lanes))
        self._try(node, tries, share)

    def _try(self, node: Node, lanes: list[str], share: int) -> None:
        """One after the other; then there is another look."""
        if not lanes:
            self._later(LOOK + self._some(0, 0.05), node, self._look)
            return
        lane, *rest = lanes

        def tried(one: Node) -> None:
            if lane not in self.owners and not one.stopping:
                if len(self._own(one)) >= share:
                    one.looked = one.looked.sparing(lane, self.now)
                self.owners[lane] = one
                self.moves.append(self.now)
            self._try(one, rest, share)

        self._later(self._some(0.01, 0.2), node, tried)

    def _give(self, node: Node, lane: str, seconds: float) -> None:
        def given(one: Node) -> None:
            one.giving.discard(lane)
            if self.owners.get(lane) is one:
                del self.owners[lane]

        self._later(seconds, node, given)

    def _dequeue(self, node: Node) -> None:
        if node.stopping:
            return
        if len(node.shards) < node.share:
            held = set().union(*(one.shards for one in self.nodes))
            free = sorted(set(range(SHARDS)) - held)
            taken = free[:AT_ONCE]
            self.shard_moves += [self.now] * len(taken)
            node.shards |= set(taken)
            for shard in sorted(node.shards)[node.share :]:
                node.shards.discard(shard)
        self._later(DEQUEUE if len(node.shards) >= node.share else 0.05, node, self._dequeue)

    # --- what is asked afterwards

    def is_balanced(self) -> bool:
        """Everything is somebody's, and nobody has more than its share."""
        return self.is_owned() and all(
            len(self._own(one)) == rank_of(one.arrived, self._here()).share(len(self.lanes))
            and len(one.shards) == rank_of(one.arrived, self._here()).share(SHARDS)
            for one in self.present
        )

    def is_owned(self) -> bool:
        shards = [shard for one in self.nodes for shard in one.shards]
        return self.owners.keys() == self.lanes and sorted(shards) == list(range(SHARDS))

    def _here(self) -> frozenset[int]:
        return frozenset(one.arrived for one in self.present)

    def seconds_to_balance(self, most: float = 90.0) -> float:
        """By steps of a twentieth of a second."""
        begun = self.now
        while not self.is_balanced() and self.now - begun < most:
            self.run(0.05)
        return self.now - begun
