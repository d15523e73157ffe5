"""The metrics that are counted while things happen, in a registry of their own. What they mean: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Lane, Outcome, Refused, TryLater, Unknown
from bot.core.plan import Action, Delete, Edit, Pin, Send

PREFIX = "liveblog_relay"
KINDS: Mapping[type[Action], str] = {Send: "send", Edit: "edit", Delete: "delete", Pin: "pin"}
OUTCOMES: Mapping[type[Outcome], str] = {
    Done: "done",
    TryLater: "later",
    ChatMoved: "moved",
    ChatClosed: "closed",
    Gone: "gone",
    Refused: "refused",
    Unknown: "unknown",
}
MOST_BLOGS = 200  # that have a line of their own; the rest share one
OTHERS = "(others)"  # which is no blog's id
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# When counts began is told by process_start_time_seconds for all of them.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Measures:
    """Everything here only rises."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._actions = self._counter("actions", "What was done in chats.", "kind", "lane", "outcome")
        self._bound: dict[tuple[type[Action], Lane, type[Outcome]], Counter] = {}
        self.floods = self._counter("floods", "Answers 429 of Telegram's.")
        self.replies = self._counter("replies", "Messages that answer people.")
        for lane in Lane:
            self._bind(Send, lane, Done)

    def settled(self, action: type[Action], lane: Lane, outcome: type[Outcome]) -> None:
        bound = self._bound.get((action, lane, outcome)) or self._bind(action, lane, outcome)
        bound.inc()

    def _bind(self, action: type[Action], lane: Lane, outcome: type[Outcome]) -> Counter:
        """Looked up once."""
        found = self._actions.labels(KINDS[action], lane.name.lower(), OUTCOMES[outcome])
        self._bound[action, lane, outcome] = found
        return found

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, *labels: str) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", says, labels, registry=self.registry, buckets=SECONDS)
