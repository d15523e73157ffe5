"""Several nodes, as they can be seen from any of them: who is there and does what, and what is not as it should be.

The command line, the dashboard and the alarms all go by this. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from bot.core.sharing import SHARDS
from bot.core.standing import Kind

SILENT_SECONDS = 10.0  # a node says every two seconds how it is
CLOCK_SECONDS = 2.0  # between a node's clock and PostgreSQL's
MISSED_FOR = 86_400.0  # seconds: who does not come back within that is not expected any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What a node last said of itself. `session`: the number of PostgreSQL's session by which it is seen, which tells
    two of one name apart. `file`: the name of the configuration that it follows; `disk`: "older" or "different" where
    the file on its disk is not the one in force; `ahead`: seconds by which its clock is ahead of PostgreSQL's. Instants
    in seconds since 1970, `since` and `silent_for` by PostgreSQL's clock."""

    session: int
    name: str
    version: str
    file: str
    started_at: float
    silent_for: float = 0.0
    lanes: tuple[str, ...] = ()
    shards: int = 0
    trouble: str = ""
    disk: str = ""
    ahead: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """`here`: who is there; `gone`: who went without a goodbye, and did not come back; `lanes`: the bots that somebody
    sends for, and since when (None: not known); `unheld`: poll shards that nobody has; `jobs`: how many wait, by kind;
    `file`: the name of the newest that is kept, and when and how it came into force."""

    at: float
    here: tuple[Node, ...] = ()
    gone: tuple[Node, ...] = ()
    bots: tuple[str, ...] = ()
    lanes: Mapping[str, float] = field(default_factory=dict)
    unheld: tuple[int, ...] = ()
    jobs: Mapping[str, int] = field(default_factory=dict)
    file: str = ""
    file_at: float = 0.0
    file_who: str = ""

    def owner(self, bot: str) -> Node | None:
        """Who sends for a bot, as far as it was said."""
        return next((one for one in self.here if bot in one.lanes), None) if bot in self.lanes else None

    def label(self, node: Node) -> str:
        """Its name; where several have it, with what tells them apart."""
        same = sum(one.name == node.name for one in self.here)
        return f"{node.name} ({node.session})" if same > 1 else node.name


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something is not as it should be. `part`: which node or bot, if one."""

    kind: Kind
    part: str
    text: str


def wrong(nodes: Nodes) -> list[Wrong]:
    """What is not as it should be now; a moment later it may be."""
    return [*_of_nodes(nodes), *_of_work(nodes)]


def _of_nodes(nodes: Nodes) -> Iterator[Wrong]:
    for one in nodes.gone:
        yield Wrong(Kind.NODE, one.name, of_gone(one))
    for one in nodes.here:
        label = nodes.label(one)
        yield from (Wrong(Kind.TROUBLE, label, said) for said in _troubles(one, nodes))
        if abs(one.ahead) > CLOCK_SECONDS:
            yield Wrong(Kind.CLOCK, label, of_clock(one))


def _troubles(node: Node, nodes: Nodes) -> Iterator[str]:
    said = [node.trouble] if node.trouble else []
    if node.file != nodes.file and not node.trouble:
        said.append("it does not follow the file in force")
    if node.silent_for > SILENT_SECONDS:
        said.append(f"it has said nothing for more than {SILENT_SECONDS:.0f} s")
    if said:
        yield "; ".join(said)


def _of_work(nodes: Nodes) -> Iterator[Wrong]:
    for bot in nodes.bots:
        if bot not in nodes.lanes:
            yield Wrong(Kind.LANE, bot, "no node sends for it or answers people; what it is to send waits")
    if nodes.unheld:
        yield Wrong(Kind.SHARDS, "", of_shards(len(nodes.unheld)))


def of_gone(node: Node) -> str:
    return "it went without a goodbye; what it did is done by the others, as far as they are enough"


def of_clock(node: Node) -> str:
    where = "ahead of" if node.ahead > 0 else "behind"
    return (
        f"its clock is {abs(node.ahead):.0f} s {where} PostgreSQL's; what is to wait there does not wait as it should"
    )


def of_shards(unheld: int) -> str:
    whose = "no live blog is polled" if unheld == SHARDS else f"the live blogs of {unheld} of {SHARDS} shards are not"
    return f"{whose}; their readers hear of nothing new"


def back(kind: Kind, part: str, nodes: Nodes) -> str:
    """How what was wrong has ended."""
    match kind:
        case Kind.NODE:
            names: Collection[str] = {one.name for one in nodes.here}
            return "it is back" if part in names else "it is not expected any more"
        case Kind.LANE:
            return "a node does again"
        case Kind.SHARDS:
            return "all live blogs are polled again"
        case Kind.CLOCK:
            return "it is right again, or its node has gone"
    return "it is over, or its node has gone"
