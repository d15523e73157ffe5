"""What is measured, at which size, and beside which floor. Runs and floors take turns, since machines are noisy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import quantiles
from typing import Any

from bot.core.window import MARGIN
from tests import postgres
from tests.benchmarks import reading, scaling
from tests.benchmarks.measure import Measure
from tests.benchmarks.processes import measured

FULL = 1000.0  # messages a second, with paid broadcasts
USUAL = 30.0
EVERY = 30.0  # seconds between two polls of a blog

OPEN, ALLOWANCE, OVERTAKING = "Limiter open", "Against a strict limit", "Overtaking"
CROWD, REPLIES, POLLING = "A very large audience", "Replies while a fan-out runs", "Polling"
DASHBOARD = "The dashboard"
VOLUME = "A large database"
LEDGER = "The ledger"
BAR = 250.0  # µs of CPU for a delivery, PostgreSQL's and ours
CLUSTER = "Several nodes on one PostgreSQL"

# What happens to three nodes in the middle of a fan-out, and the longest silence of the bot that is allowed (seconds).
COURSES = {
    "kills": ("whoever sends is killed with -9, four times", 2.0),
    "stop": ("whoever sends is stopped for 10 s, and goes on", 6.0),
    "cut": ("whoever sends is cut off from PostgreSQL for 10 s", 6.0),
    "silence": ("whoever sends hears nothing of PostgreSQL for 10 s", 6.0),
    "roll": ("all nodes are stopped and started again, one by one", 2.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything: messages, chats, blogs, posts, and how often."""

    rounds: int
    messages: int
    stock: int  # messages through python-telegram-bot as it comes, which is slow
    usual: int  # chats at 30 a second
    paid: int  # chats at 1000 a second
    waiting: int
    alarmed: int
    crowd: int
    fan_out: int
    asked: int
    blogs: int
    posts: int
    nodes: int
    courses: tuple[str, ...] = ()  # of a cluster


WHOLE = Size(
    rounds=3,
    messages=5000,
    stock=800,
    usual=300,
    paid=5000,
    waiting=100_000,
    alarmed=2000,
    crowd=1_000_000,
    fan_out=20_000,
    asked=40,
    blogs=1000,
    posts=400,
    nodes=12,
    courses=(*COURSES, "restart", "unpolled"),
)
QUICK = Size(
    rounds=1,
    messages=2000,
    stock=300,
    usual=60,
    paid=2000,
    waiting=20_000,
    alarmed=500,
    crowd=100_000,
    fan_out=5000,
    asked=10,
    blogs=100,
    posts=100,
    nodes=6,
    courses=("kills",),
)
TINY = Size(
    rounds=1,
    messages=40,
    stock=31,
    usual=4,
    paid=60,
    waiting=200,
    alarmed=20,
    crowd=500,
    fan_out=500,
    asked=3,
    blogs=3,
    posts=5,
    nodes=2,
)

Runs = list[dict[str, Any]]


def _in_turn(rounds: int, *clients: Callable[[], dict[str, Any]]) -> tuple[Runs, ...]:
    """Each client's runs, taken in turns."""
    rows = [[client() for client in clients] for _ in range(rounds)]
    return tuple(list(column) for column in zip(*rows, strict=True))


def _measure(group: str, name: str, unit: str, runs: list[float], floors: list[float], floor_is: str) -> Measure:
    return Measure(group=group, name=name, unit=unit, figures=runs, floors=floors, floor_is=floor_is)


def _of(runs: Runs, name: str) -> list[float]:
    return [float(run[name]) for run in runs]


def speed(size: Size) -> Iterator[Measure]:
    """Messages a second and what each costs, with nobody to hold us back."""
    relay, bare, library, stock = _in_turn(
        size.rounds,
        lambda: measured("fan_out", count=size.messages),
        lambda: measured("bare", count=size.messages),
        lambda: measured("library", count=size.messages // 2),
        lambda: measured("stock", count=size.stock),
    )
    floor = "bare aiohttp loop, ready bodies, 30 in flight"
    others = ((library, "python-telegram-bot on our transport"), (stock, "python-telegram-bot as it comes"))
    for unit, key in (("1/s", "rate"), ("µs CPU a message", "cpu")):
        what = "messages a second" if key == "rate" else "CPU per message, the whole process"
        yield _measure(OPEN, f"relay: {what}, store included", unit, _of(relay, key), _of(bare, key), floor)
        for runs, name in others:
            yield _measure(OPEN, f"relay against {name}: {what}", unit, _of(relay, key), _of(runs, key), name)
    yield _measure(
        OPEN, "what answers: CPU per message", "µs", _of(relay, "server_cpu"), _of(bare, "server_cpu"), floor
    )


def allowance(size: Size) -> Iterator[Measure]:
    """What a strict sliding window grants, used; and what the way there costs at full pace."""
    relay, bare = _in_turn(
        size.rounds,
        lambda: measured("fan_out", count=size.paid, per_second=FULL),
        lambda: measured("paced", count=size.paid, per_second=FULL),
    )
    floor = "bare aiohttp loop, paced alike"
    name = "CPU per message at 1000/s, the whole process"
    yield _measure(ALLOWANCE, name, "µs CPU a message", _of(relay, "cpu"), _of(bare, "cpu"), floor)
    for per_second, chats, rounds in ((USUAL, size.usual, 1), (FULL, size.paid, size.rounds)):
        (runs,) = _in_turn(
            rounds,
            lambda: measured("fan_out", count=chats, per_second=per_second, by="strict"),  # noqa: B023
        )
        yield from _shares(per_second, chats, runs)


def _shares(per_second: float, chats: int, runs: Runs) -> Iterator[Measure]:
    refused = sum(run["refused"] for run in runs)
    yield Measure(
        group=ALLOWANCE,
        name=f"share of {per_second:.0f}/s used, {chats:,} chats",
        unit="%",
        figures=_of(runs, "share"),
        floors=[100.0] * len(runs),
        floor_is="all of it",
        note=f"{refused} answers of 429",
    )
    name = f"publish to first delivery, {chats:,} chats at {per_second:.0f}/s"
    yield _measure(ALLOWANCE, name, "ms", _of(runs, "first"), [50.0] * len(runs), "the bar: 50 ms")
    name = f"publish to last delivery, {chats:,} chats at {per_second:.0f}/s"
    floors = [(chats - 1) / (per_second * MARGIN)] * len(runs)
    yield _measure(ALLOWANCE, name, "s", _of(runs, "last"), floors, "97 % of the allowance")


def overtaking(size: Size) -> Iterator[Measure]:
    """A breaking push behind a full queue."""
    (runs,) = _in_turn(
        size.rounds,
        lambda: measured("breaking", waiting=size.waiting, count=size.alarmed, per_second=FULL),
    )
    behind = f"behind {size.waiting:,} waiting deliveries"
    yield _measure(
        OVERTAKING, f"breaking push {behind}: first", "ms", _of(runs, "first"), [50.0] * len(runs), "the bar: 50 ms"
    )
    name = f"its {size.alarmed:,} deliveries: share of 1000/s used"
    yield _measure(OVERTAKING, name, "%", _of(runs, "share"), [100.0] * len(runs), "all of it")


def crowd(size: Size) -> Iterator[Measure]:
    """Very many subscriptions: writing their rows, and what the relay does meanwhile."""
    run = measured("crowd", chats=size.crowd, asked=size.asked, per_second=FULL)
    who = f"{size.crowd:,} subscriptions"
    idle = "the same relay with nothing to do"
    yield _measure(CROWD, f"{who}: a push is published", "ms", [run["published"]], [50.0], "the bar: 50 ms")
    rate = "at the least, to stay ahead of 1000/s"
    yield _measure(CROWD, f"{who}: until every row is written", "s", [run["rows"]], [size.crowd / FULL], rate)
    before = "what the process had before"
    yield _measure(CROWD, f"{who}: memory on top", "MB", [run["memory"]], [run["memory_before"]], before)
    yield _measure(CROWD, "longest the event loop was held", "ms", [run["busy_held"]], [run["idle_held"]], idle)
    yield from _replies(CROWD, run, idle)


def dashboard(size: Size) -> Iterator[Measure]:
    """How long the dashboard's pages take with very many blogs and subscriptions, the slowest of each."""
    run = measured("dashboard", chats=size.crowd, blogs=size.blogs, asked=size.asked, per_second=FULL)
    who = f"{size.blogs:,} blogs, {size.crowd:,} subscriptions"
    for name, took in run["idle"].items():
        yield _measure(DASHBOARD, f"{who}: {name}, the slowest", "ms", [max(took)], [300.0], "the bar: 300 ms")
    slowest = max(max(took) for took in run["busy"].values())
    name = f"{who}: any page while a push goes out, and 10 are watching"
    yield _measure(DASHBOARD, name, "ms", [slowest], [300.0], "the bar: 300 ms")
    name = f"{who}: longest the event loop was held meanwhile"
    yield _measure(DASHBOARD, name, "ms", [run["busy_held"]], [run["idle_held"]], "with no push, and nobody watching")


def replies(size: Size) -> Iterator[Measure]:
    """People who ask while a fan-out runs."""
    run = measured("crowd", chats=size.fan_out, asked=size.asked, per_second=FULL)
    yield from _replies(REPLIES, run, "the same relay with nothing to do")


def _replies(group: str, run: dict[str, Any], idle: str) -> Iterator[Measure]:
    for part in (50, 99):
        busy, quiet = ([_part(run[name], part)] for name in ("busy", "idle"))
        yield _measure(group, f"reply to /latest meanwhile, {part} of 100 within", "ms", busy, quiet, idle)


def _part(times: list[float], part: int) -> float:
    """The time within which so many of a hundred were answered."""
    return max(times) if part == 99 and len(times) < 100 else quantiles(times, n=100, method="inclusive")[part - 1]


def polling(size: Size) -> Iterator[Measure]:
    """Very many blogs, unchanged and changed."""
    run = measured("polls", blogs=size.blogs)
    for name, key, floor_key, floor in (
        ("unchanged (304)", "unchanged", "bare", "bare aiohttp, the same request"),
        ("changed", "changed", "bare_changed", "bare aiohttp and json.loads"),
    ):
        cpu, bare = [run[key]["cpu"]], [run[floor_key]["cpu"]]
        yield _measure(POLLING, f"{size.blogs:,} blogs, {name}: CPU per poll", "µs", cpu, bare, floor)
        rate, bare = [run[key]["rate"]], [run[floor_key]["rate"]]
        yield _measure(POLLING, f"{size.blogs:,} blogs, {name}: polls a second", "1/s", rate, bare, floor)

    share = [run["unchanged"]["cpu"] * size.blogs / EVERY / 1e4]
    name = f"{size.blogs:,} blogs every {EVERY:.0f} s, unchanged (304): share of a core"
    yield _measure(POLLING, name, "%", share, [25.0], "the bar: a quarter of one")
    yield from _large(size)


def _large(size: Size) -> Iterator[Measure]:
    """How long the loop computes without giving way, while a page of 2.4 MB is read, compared and written."""
    (runs,) = _in_turn(size.rounds, lambda: measured("large", posts=size.posts))
    for key, what in (("first", "first sight"), ("same", "no post changed"), ("edited", "every post edited")):
        name = f"2.4 MB with {size.posts} posts, {what}: longest hold of the event loop"
        yield _measure(POLLING, name, "ms CPU", _of(runs, key), [20.0] * len(runs), "the bar: 20 ms")


def volume(size: Size) -> Iterator[Measure]:
    """What of its pace a sender keeps while the database is copied or others move in, and what the verbs cost."""
    moved = size.crowd // 10
    run = measured("volume", chats=size.crowd, posts=2 * size.rounds + 1, moved=moved, per_second=FULL)
    who = f"{run['size']:,.0f} MB, {size.crowd:,} subscriptions"
    for verb, what in (("backup", "a backup"), ("import", f"an import of {moved:,} more")):
        rates = [run[verb]["during"]], [run[verb]["before"]]
        yield _measure(VOLUME, f"{who}: messages a second beside {what}", "1/s", *rates, "the same sender, just before")
    for verb in ("backup", "import", "export", "restore"):
        yield _measure(VOLUME, f"{who}: {verb}", "s", [run[verb]["seconds"]], [600.0], "the bar: ten minutes")
        yield _measure(VOLUME, f"{who}: {verb}, memory", "MB", [run[verb]["memory"]], [200.0], "the bar: 200 MB")


def ledger(size: Size) -> Iterator[Measure]:
    """What a delivery costs in the store: published, expanded, claimed and settled, with nobody sending."""
    chats, old = size.waiting // 5, size.crowd
    here = f"{chats:,} chats"
    if not postgres.is_there():
        (alone,) = _in_turn(size.rounds, lambda: measured("ledger", engine="sqlite", chats=chats))
        yield _measure(LEDGER, f"{here}, SQLite: a delivery", "µs CPU", _costs(alone), [BAR] * len(alone), "the bar")
        return
    asked: tuple[dict[str, Any], ...] = ({"engine": "sqlite"}, {}, {"old": old}, {"bots": 3})
    sqlite, alone, late, three = _in_turn(
        size.rounds, *(partial(measured, "ledger", **{"engine": "postgresql", "chats": chats} | one) for one in asked)
    )
    for what, kind in (("a delivery", "new"), ("an edit", "edited")):
        ours, theirs = _costs(alone, kind), _costs(sqlite, kind)
        bar = [BAR] * len(alone)
        yield _measure(LEDGER, f"{here}, SQLite: {what}", "µs CPU", theirs, bar, "the bar")
        yield _measure(LEDGER, f"{here}, PostgreSQL: {what}, at both ends", "µs CPU", ours, bar, "the bar")
        server = [run[kind]["server"] for run in alone]
        yield _measure(LEDGER, f"{here}, PostgreSQL: {what}, the server's part", "µs CPU", server, ours, "both ends")
        for name, runs in ((f"behind {old:,} old rows", late), ("three bots at once", three)):
            costs = _costs(runs, kind)
            yield _measure(LEDGER, f"{here}, PostgreSQL: {what}, {name}", "µs CPU", costs, ours, "without")
        for name in ("journeys", "statements", "transactions"):
            counts = [run[kind][name] for run in alone]
            yield _measure(LEDGER, f"{here}, PostgreSQL: {name} of {what}", "", counts, [1.0] * len(alone), "one each")
    yield from _pruned(chats)


def _pruned(chats: int) -> Iterator[Measure]:
    """What is left of the room that was taken once, and what a step of pruning costs."""
    run = measured("pruned", chats=chats, rounds=10 if chats >= 1000 else 3)
    name = f"{chats:,} rows sent and pruned, again and again: room that the tables take"
    yield _measure(
        LEDGER, name, "MB", [run["sizes"][-1]], [max(run["sizes"][:3])], "the most in the first three rounds"
    )
    name = f"{chats:,} rows: one step of pruning"
    yield _measure(LEDGER, name, "ms CPU", [run["step"]], [15.0], "what is claimed ahead of the sender")


def _costs(runs: Runs, kind: str = "new") -> list[float]:
    return [float(run[kind]["client"] + run[kind]["server"]) for run in runs]


def formats(size: Size) -> Iterator[Measure]:
    """Reading and comparing."""
    return reading.measures(size.posts, math.ceil(size.rounds * 5 / 3))


def scale(size: Size) -> Iterator[Measure]:
    """What one of everything costs on PostgreSQL, and what larger worlds come to by that."""
    run = measured("scale", chats=size.fan_out, polls=size.blogs, nodes=size.nodes, seconds=max(1.0, size.nodes / 1.5))
    poll = measured("polls", blogs=size.blogs)["unchanged"]["cpu"]
    return scaling.measures(run, poll)


def cluster(size: Size) -> Iterator[Measure]:
    """Several processes on one PostgreSQL: their pace, their costs, and what faults do to them."""
    yield from _shared_pace(size)
    for name in size.courses:
        if name in COURSES:
            what, bar = COURSES[name]
            yield _silence(size, name, what, f"the bar: {bar:.0f} s", bar)
    if "restart" in size.courses:
        yield _silence(size, "restart", "PostgreSQL is restarted", "as long as PostgreSQL was away")
    if "unpolled" in size.courses:
        blogs = 2 * size.blogs
        over = measured("unpolled", blogs=blogs, every=EVERY)["over"]
        name = f"{blogs:,} blogs every {EVERY:.0f} s on two nodes, one is killed: longest over its interval"
        yield _measure(CLUSTER, name, "s", [over], [10.0], "the bar: 10 s")


def _shared_pace(size: Size) -> Iterator[Measure]:
    """Two nodes, three bots, and nothing happens."""
    run = measured("course", which="allowance", chats=size.fan_out, per_second=FULL)
    alone = measured("fan_out", count=size.paid, per_second=FULL)
    who = f"three bots on two nodes, {size.fan_out:,} chats each"
    name = f"{who}: share of 1000/s used, the least of them"
    yield replace(_measure(CLUSTER, name, "%", [min(run["shares"]) * 100], [95.0], "the bar: 95 %"), note=_counted(run))
    floor = "one node on SQLite, one bot"
    yield _measure(CLUSTER, f"{who}: CPU of the nodes per message", "µs", [run["cpu_nodes"]], [alone["cpu"]], floor)
    name = f"{who}: CPU of PostgreSQL per message"
    yield _measure(CLUSTER, name, "µs", [run["cpu_postgres"]], [run["cpu_nodes"]], "of the nodes")


def _silence(size: Size, name: str, what: str, floor_is: str, bar: float | None = None) -> Measure:
    """The longest time in which the bot said nothing, while this happened."""
    run = measured("course", which=name, chats=size.fan_out, per_second=FULL)
    told = f"{size.fan_out:,} chats, three nodes; {what}: longest silence"
    return replace(_measure(CLUSTER, told, "s", [run["gap"]], [bar or run["away"]], floor_is), note=_counted(run))


def _counted(run: dict[str, Any]) -> str:
    late = f", {run['late']} by who had no right any more" if run["late"] else ""
    return f"{run['lost']} lost, {run['repeated']} repeated{late}, {run['refused']} answers of 429"


BENCHMARKS: dict[str, Callable[[Size], Iterator[Measure]]] = {
    "speed": speed,
    "allowance": allowance,
    "overtaking": overtaking,
    "replies": replies,
    "crowd": crowd,
    "polling": polling,
    "dashboard": dashboard,
    "volume": volume,
    "ledger": ledger,
    "reading": formats,
    "scale": scale,
    "cluster": cluster,
}
