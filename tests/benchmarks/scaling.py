"""Unit costs as they were measured, and what worlds of several sizes come to by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from tests.benchmarks.growth import Setting, Units, loads, push_seconds, server_cores, server_parts, table
from tests.benchmarks.measure import Measure

UNITS, WORLDS, SPENT = "Unit costs", "Larger worlds: how much of each part is in use", "What PostgreSQL computes there"
GROUPS = (UNITS, WORLDS, SPENT)

SETTINGS = {
    "one bot": Setting(nodes=2, bots=1, subscribers=300_000, blogs=1_000),
    "ten nodes": Setting(nodes=10, bots=10, subscribers=3_000_000, blogs=10_000),
    "a hundred nodes": Setting(nodes=100, bots=40, subscribers=10_000_000, blogs=100_000),
    "a thousand nodes": Setting(nodes=1_000, bots=40, subscribers=10_000_000, blogs=100_000),
}

TOLD = {
    "expand_server": ("a row, when a post is published: PostgreSQL", "µs CPU", 1000.0, "one core at 1000 a second"),
    "expand_node": ("a row, when a post is published: the node", "µs CPU", 1000.0, "one core at 1000 a second"),
    "deliver_server": ("a delivery, claimed and settled: PostgreSQL", "µs CPU", 1000.0, "one core at 1000 a second"),
    "deliver_node": ("a delivery, claimed and settled: the node", "µs CPU", 1000.0, "one core at 1000 a second"),
    "deliver_wal": ("a delivery: log, from its row to its message", "bytes", 1000.0, "1 MB/s at 1000 a second"),
    "deliver_bytes": ("a delivery: tables and indexes", "bytes", 1000.0, "1 GB for a million"),
    "deliveries_a_second": ("one bot's ledger, with nobody to wait for", "1/s", 1000.0, "what Telegram grants"),
    "poll_server": ("a poll that finds nothing: PostgreSQL", "µs CPU", 1000.0, "one core at 1000 a second"),
    "poll_store": (
        "a poll that finds nothing: the node, its store alone",
        "µs CPU",
        1000.0,
        "one core at 1000 a second",
    ),
    "poll_node": (
        "a poll that finds nothing: the node, all of it, on SQLite",
        "µs CPU",
        1000.0,
        "one core at 1000 a second",
    ),
    "poll_wal": ("a poll that finds nothing: log", "bytes", 1000.0, "1 MB/s at 1000 a second"),
    "present_server": ("a node that is there, for a second: PostgreSQL", "µs CPU", 10_000.0, "one core for 100 nodes"),
    "shards_server": (
        "64 poll shards that are held, for a second: PostgreSQL",
        "µs CPU",
        10_000.0,
        "a hundredth of a core",
    ),
    "look_server": (
        "each further node, in a look at who is there: PostgreSQL",
        "µs CPU",
        1.0,
        "one core for 500 nodes",
    ),
    "wake_server": ("a publication that wakes the nodes: PostgreSQL", "µs CPU", 1000.0, "one core at 1000 a second"),
    "wake_each_server": ("and for each node that it wakes: PostgreSQL", "µs CPU", 1000.0, "one core at 1000 a second"),
}


def measures(run: Mapping[str, float], poll_node: float) -> Iterator[Measure]:
    """`poll_node`: microseconds of a node's processor for a poll that finds nothing."""
    found = dict(run) | {"poll_node": poll_node}
    for name, (told, unit, floor, floor_is) in TOLD.items():
        yield _measure(UNITS, told, unit, found[name], floor, floor_is)
    units = Units(**{one.name: found[one.name] for one in fields(Units)})
    for name, setting in SETTINGS.items():
        yield from _world(units, name, setting)
    for name, setting in SETTINGS.items():
        cores = server_cores(units, setting)
        for part, spent in server_parts(units, setting).items():
            yield _measure(SPENT, f"{name}: {part}", "cores", spent, cores, "all of it")


def _world(units: Units, name: str, one: Setting) -> Iterator[Measure]:
    for load in loads(units, one):
        yield _measure(WORLDS, f"{name}: {load.part}", load.unit, load.asked, load.there, "there is")
    seconds = push_seconds(one)
    yield _measure(WORLDS, f"{name}: a push to all {one.subscribers:,}", "s", seconds, 600.0, "ten minutes")
    kept = table(units, one) / 1e12
    yield _measure(WORLDS, f"{name}: what {one.keep_days:.0f} days of it take", "TB", kept, 4.0, "a disk")


def _measure(group: str, name: str, unit: str, figure: float, floor: float, floor_is: str) -> Measure:
    return Measure(group=group, name=name, unit=unit, figures=[figure], floors=[floor], floor_is=floor_is)
