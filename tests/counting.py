"""What Telegram was told, counted: the only judge of what was lost, repeated, late or out of order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.quick_telegram import Call


@dataclass(frozen=True, slots=True)
class Told:
    """Calls of one bot, in the order in which they came."""

    calls: Sequence[Call]

    @property
    def taken(self) -> Iterator[Call]:
        """The messages that stand in chats."""
        return (call for call in self.calls if call.method == "sendMessage" and call.code == 200)

    def copies(self) -> Counter[tuple[int, str]]:
        """How often each text stands in each chat."""
        return Counter((call.chat, call.text) for call in self.taken)

    def lost(self, chats: Collection[int], texts: Collection[str]) -> int:
        """How many of these chats lack how many of these texts."""
        copies = self.copies()
        return sum((chat, text) not in copies for chat in chats for text in texts)

    def repeated(self) -> int:
        """How many messages stand there once more than they should."""
        return sum(count - 1 for count in self.copies().values())

    def disorder(self, texts: Sequence[str]) -> int:
        """In how many chats a text came for the first time before one that was published earlier."""
        order, first = {text: at for at, text in enumerate(texts)}, defaultdict[int, dict[str, None]](dict)
        for call in self.taken:
            if call.text in order:
                first[call.chat].setdefault(call.text)
        return sum(any(order[a] > order[b] for a, b in pairwise(seen)) for seen in first.values())

    def refused(self) -> int:
        """Answers of 429."""
        return sum(call.code == 429 for call in self.calls)

    def gap(self) -> float:
        """Seconds of the longest silence between two messages."""
        return max((after - before for before, after in pairwise([call.at for call in self.taken])), default=0.0)

    def seconds(self) -> float:
        """From the first message to the last."""
        at = [call.at for call in self.taken]
        return at[-1] - at[0] if at else 0.0

    def rate(self) -> float:
        """Messages a second, between the first and the last."""
        return (sum(1 for _ in self.taken) - 1) / self.seconds() if self.seconds() else 0.0

    def nodes(self) -> list[str]:
        """Who spoke, in turn: as often as it changed."""
        turns: list[str] = []
        for call in self.calls:
            if turns[-1:] != [call.node]:
                turns.append(call.node)
        return turns

    def said(self, node: str, since: float, until: float) -> list[Call]:
        """What one node said meanwhile, taken or not."""
        return [call for call in self.calls if call.node == node and since <= call.at < until]


def by_bot(calls: Sequence[Call]) -> dict[int, Told]:
    parted = defaultdict[int, list[Call]](list)
    for call in calls:
        parted[call.bot].append(call)
    return {bot: Told(some) for bot, some in parted.items()}
