"""How things stand, as metrics: asked for when somebody looks, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.core.lately import Durations, up_to
from bot.core.model import Lane
from bot.core.nodes import Nodes
from bot.core.sharing import SHARDS
from bot.measures import MOST_BLOGS, PREFIX
from bot.version import VERSION
from bot.vitals import Now, Vitals

# Seconds from publishing to delivered: some of `bot.core.lately.BOUNDS`.
DELIVERY = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0, 5000.0)


class Gauges(Collector):
    """`last_polls`: when each blog was polled last; `nodes`: how all nodes are, None where there is one alone."""

    def __init__(
        self,
        vitals: Vitals,
        last_polls: Callable[[], Mapping[str, datetime]],
        nodes: Callable[[], Nodes | None] = lambda: None,
    ) -> None:
        self._vitals, self._last_polls, self._nodes = vitals, last_polls, nodes

    def collect(self) -> Iterator[Metric]:
        now = self._vitals.now()
        yield InfoMetricFamily(PREFIX, "The version that runs.", value={"version": VERSION})
        yield _histogram("delivery_seconds", "From publishing to delivered, of first sends.", self._vitals.latency)
        yield _gauge("allowance_per_second", "Messages a second that the configuration grants.", now.allowance)
        yield _gauge("pace_ratio", "Share of the allowance that is used: lowered by 429s.", now.share)
        yield _by_label("last_poll_timestamp_seconds", "When a blog was polled last.", "blog", self._polled())
        if (nodes := self._nodes()) is not None:
            yield from _shared(nodes)
        if now.counted_at:
            yield from _counted(now)

    def _polled(self) -> dict[str, float]:
        return {blog: at.timestamp() for blog, at in [*self._last_polls().items()][:MOST_BLOGS]}


def _shared(nodes: Nodes) -> Iterator[Metric]:
    owned = {bot: float(bot in nodes.lanes) for bot in nodes.bots}
    yield _gauge("nodes", "Nodes that are there.", float(len(nodes.here)))
    yield _by_label("lane_owned", "Whether some node sends for a bot.", "bot", owned)
    yield _gauge("poll_shards_held", f"Of {SHARDS} poll shards, those that some node has.", SHARDS - len(nodes.unheld))


def _counted(now: Now) -> Iterator[Metric]:
    queue = {lane.name.lower(): float(now.queue.get(lane, 0)) for lane in Lane}
    blogs = [*now.blogs.items()][:MOST_BLOGS]
    posts = {blog: float(counted.posts) for blog, counted in blogs}
    followed = {blog: float(counted.subscriptions) for blog, counted in blogs}
    yield _by_label("queue", "Deliveries that wait, less those that sleep.", "lane", queue)
    yield _gauge("chats_open", "Chats that take messages.", now.open_chats)
    yield _gauge("chats_asleep", "Chats in which something waits for a time they chose.", now.asleep_chats)
    yield _by_label("posts", "Posts that are kept.", "blog", posts)
    yield _by_label("subscriptions", "Subscriptions of open chats.", "blog", followed)
    yield _gauge("counted_timestamp_seconds", "When these were counted.", now.counted_at)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", says, value=value)


def _by_label(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    metric = GaugeMetricFamily(f"{PREFIX}_{name}", says, labels=[label])
    for one, value in values.items():
        metric.add_metric([one], value)
    return metric


def _histogram(name: str, says: str, durations: Durations) -> Metric:
    counts = [*up_to(durations.total, DELIVERY), sum(durations.total)]
    bounds = [*(repr(bound) for bound in DELIVERY), "+Inf"]
    buckets = [(bound, float(count)) for bound, count in zip(bounds, counts, strict=True)]
    return HistogramMetricFamily(f"{PREFIX}_{name}", says, buckets=buckets, sum_value=durations.sum)
