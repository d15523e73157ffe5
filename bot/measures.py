"""The metrics that are counted while things happen, in a registry of their own. What they mean: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

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
MOST_BLOGS = 200  # that have lines of their own; the rest share theirs
OTHERS = "(others)"  # which is no blog's id
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# When counts began is told by process_start_time_seconds for all of them.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Measures:
    """Everything here only rises. What is told for each message costs a look into a dictionary; the rest is rarer."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._actions = self._counter("actions", "What was done in chats.", "kind", "lane", "outcome")
        self._bound: dict[tuple[type[Action], Lane, type[Outcome]], Counter] = {}
        for lane in Lane:
            self._bind(Send, lane, Done)
        self.floods = self._counter("floods", "Answers 429 of Telegram's.")
        self.replies = self._counter("replies", "Messages that answer people.")
        self._asked = self._counter("asked", "Commands and presses of buttons.", "kind", "name", "outcome")
        self._asked_seconds = self._histogram("asked_seconds", "From its start to its answer.", "kind")
        self._polls = self._counter("polls", "Polls of blogs.", "blog", "outcome")
        self._poll_seconds = self._histogram("poll_seconds", "How long polls took.", "outcome")
        self._changes = self._counter("changes", "Posts that were new, edited, withdrawn or restored.", "blog", "kind")
        self._requests = self._counter("http_requests", "Requests to web.listen.", "route", "status")
        self._request_seconds = self._histogram("http_request_seconds", "From a request to its answer.")
        self._blogs: set[str] = set()

    # --- what is told

    def settled(self, action: type[Action], lane: Lane, outcome: type[Outcome]) -> None:
        (self._bound.get((action, lane, outcome)) or self._bind(action, lane, outcome)).inc()

    def _bind(self, action: type[Action], lane: Lane, outcome: type[Outcome]) -> Counter:
        """Looked up once."""
        found = self._actions.labels(KINDS[action], lane.name.lower(), OUTCOMES[outcome])
        self._bound[action, lane, outcome] = found
        return found

    def asked(self, kind: str, name: str, outcome: str, seconds: float) -> None:
        """`name` is one of our own tables', never what somebody typed."""
        self._asked.labels(kind, name, outcome).inc()
        self._asked_seconds.labels(kind).observe(seconds)

    def polled(self, blog: str, outcome: str, seconds: float) -> None:
        self._polls.labels(self._blog(blog), outcome).inc()
        self._poll_seconds.labels(outcome).observe(seconds)

    def changed(self, blog: str, kind: str, count: int) -> None:
        self._changes.labels(self._blog(blog), kind).inc(count)

    def requested(self, route: str, status: int, seconds: float | None) -> None:
        """`route` is a pattern, never the path itself. `seconds` None: it is a stream, which lasts as it lasts."""
        self._requests.labels(route, str(status)).inc()
        if seconds is not None:
            self._request_seconds.observe(seconds)

    # --- the blogs that have lines of their own

    def _blog(self, blog: str) -> str:
        """The label for a blog: there are never more than so many of them."""
        if blog not in self._blogs and len(self._blogs) >= MOST_BLOGS:
            return OTHERS
        self._blogs.add(blog)
        return blog

    def keep_blogs(self, blogs: Collection[str]) -> None:
        """The lines of all others go: those have left the file."""
        for gone in self._blogs - set(blogs):
            for metric in (self._polls, self._changes):
                metric.remove_by_labels({"blog": gone})
        self._blogs &= set(blogs)

    # --- making them

    def register(self, collector: Collector) -> None:
        self.registry.register(collector)

    def names(self) -> dict[str, Metric]:
        """Every metric there is, by its name without `_total`."""
        return {metric.name: metric for metric in self.registry.collect()}

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, *labels: str) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", says, labels, registry=self.registry, buckets=SECONDS)


# --- what is exposed -------------------------------------------------------------------------------------------------

# Of the process or of all nodes, whichever bots there are: the first one's measures have them.
_OF_ALL = ("process_", "python_", *(f"{PREFIX}_{name}" for name in ("http_", "nodes", "lane_", "poll_shards_")))


def exposition(measures: Mapping[str, Measures], accept: str) -> tuple[bytes, str]:
    """All of it, by the names of the bots, and its content type: Prometheus' text, or OpenMetrics where `accept` (the
    header) asks for it. Where there are several bots, what is one's own says whose it is, by the label `bot`."""
    encode, content_type = choose_encoder(accept)
    registries = {name: one.registry for name, one in measures.items()}
    first = next(iter(registries.values()))
    if len(registries) == 1:
        return encode(first), content_type
    merged = CollectorRegistry(auto_describe=False)
    merged.register(_OfSeveral(registries))
    return encode(merged), content_type


class _OfSeveral(Collector):
    def __init__(self, registries: Mapping[str, CollectorRegistry]) -> None:
        self._registries = registries

    def collect(self) -> Iterator[Metric]:
        found: dict[str, Metric] = {}
        for place, (bot, registry) in enumerate(self._registries.items()):
            for metric in registry.collect():
                if not _is_of_all(metric.name):
                    _add(found.setdefault(metric.name, _without_samples(metric)), metric, bot)
                elif place == 0:
                    found[metric.name] = metric
        yield from found.values()


def _is_of_all(name: str) -> bool:
    return name == PREFIX or name.startswith(_OF_ALL)


def _without_samples(metric: Metric) -> Metric:
    return Metric(metric.name, metric.documentation, metric.type, metric.unit)


def _add(whole: Metric, metric: Metric, bot: str) -> None:
    whole.samples += [one._replace(labels={**one.labels, "bot": bot}) for one in metric.samples]
