"""What is measured, at which size, and beside which floor. Runs and floors take turns, since machines are noisy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from bot.core.window import MARGIN
from tests.benchmarks import reading
from tests.benchmarks.measure import Measure
from tests.benchmarks.processes import measured

FULL = 1000.0  # messages a second, with paid broadcasts
USUAL = 30.0
EVERY = 30.0  # seconds between two polls of a blog

OPEN, ALLOWANCE, OVERTAKING = "Limiter open", "Against a strict limit", "Overtaking"
CROWD, REPLIES, POLLING = "A very large audience", "Replies while a fan-out runs", "Polling"
DASHBOARD = "The dashboard"


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


def formats(size: Size) -> Iterator[Measure]:
    """Reading and comparing."""
    return reading.measures(size.posts, math.ceil(size.rounds * 5 / 3))


BENCHMARKS: dict[str, Callable[[Size], Iterator[Measure]]] = {
    "speed": speed,
    "allowance": allowance,
    "overtaking": overtaking,
    "replies": replies,
    "crowd": crowd,
    "polling": polling,
    "dashboard": dashboard,
    "reading": formats,
}
