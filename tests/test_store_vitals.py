"""What the store keeps of measures, and what it counts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bot.core.model import ChangeKind, Post
from bot.core.publishing import PostWrite
from bot.pruning import Pruner
from storage import Store, counts
from tests.engines import on_sqlite
from tests.ledger import BLOG, NOON, Ledger
from tests.newsroom import settings_of

MINUTE, DAY = 60.0, 86_400.0
MORNING = NOON // 600 * 600


async def test_samples_are_told_by_name_from_an_instant_on(store: Store) -> None:
    for minute in range(3):
        await store.keep_samples(MORNING + minute * MINUTE, {"delivered": minute * 10.0, "queue": 5.0})
    assert await store.history(["delivered", "floods"], MORNING + MINUTE) == {
        "delivered": [(MORNING + MINUTE, 10.0), (MORNING + 2 * MINUTE, 20.0)],
        "floods": [],
    }


async def test_a_minute_kept_twice_has_its_last_value(store: Store) -> None:
    await store.keep_samples(MORNING, {"queue": 5.0})
    await store.keep_samples(MORNING, {"queue": 7.0})
    assert await store.history(["queue"], 0.0) == {"queue": [(MORNING, 7.0)]}


async def kept(store: Store, minutes: int, since: float = MORNING) -> None:
    for minute in range(minutes):
        await store.keep_samples(since + minute * MINUTE, {"delivered": float(minute), "queue": 1.0})


async def thinned(store: Store, before: float, forget: float = 0.0) -> None:
    async for _ in store.thin_samples(before, forget):
        pass


async def test_old_minutes_become_means_of_ten_and_younger_ones_stay(store: Store) -> None:
    await kept(store, 25)
    await thinned(store, MORNING + 24 * MINUTE)
    history = await store.history(["delivered", "queue"], 0.0)
    assert history["delivered"] == [
        (MORNING, 4.5),
        (MORNING + 600, 14.5),
        *((MORNING + minute * MINUTE, float(minute)) for minute in range(20, 25)),
    ]
    assert {value for _, value in history["queue"]} == {1.0}
    await thinned(store, MORNING + 24 * MINUTE)
    assert await store.history(["delivered", "queue"], 0.0) == history


async def test_a_minute_that_comes_late_into_a_mean_has_its_share_of_it(store: Store) -> None:
    await kept(store, 9)
    await thinned(store, MORNING + 600)
    await store.keep_samples(MORNING + 9 * MINUTE, {"delivered": 104.0})
    await thinned(store, MORNING + 600)
    assert (await store.history(["delivered"], 0.0))["delivered"] == [(MORNING, pytest.approx(14.0))]


async def test_a_single_minute_is_put_together_once(store: Store) -> None:
    await store.keep_samples(MORNING, {"delivered": 3.0})
    await thinned(store, MORNING + 600)
    assert (await store.history(["delivered"], 0.0))["delivered"] == [(MORNING, 3.0)]


async def test_what_is_older_than_a_month_is_forgotten(store: Store) -> None:
    await kept(store, 3)
    await kept(store, 3, MORNING + DAY)
    await thinned(store, MORNING, forget=MORNING + DAY)
    assert [at for at, _ in (await store.history(["queue"], 0.0))["queue"]] == [
        MORNING + DAY + minute * MINUTE for minute in range(3)
    ]


@on_sqlite
async def test_a_month_of_minutes_is_thinned_in_chunks_that_hold_the_writer_shortly(store: Store) -> None:
    with closing(sqlite3.connect(store.path)) as db, db:
        db.executemany(
            "INSERT INTO sample (name, at, value, minutes) VALUES ('queue', ?, 2.0, 1)",
            [(MORNING + minute * MINUTE,) for minute in range(3 * 1440)],
        )
    chunks = [chunk async for chunk in store.thin_samples(MORNING + 2 * DAY, MORNING)]
    assert len(chunks) == 2 * 144 / 12
    history = (await store.history(["queue"], 0.0))["queue"]
    assert len(history) == 2 * 144 + 1440
    assert {value for _, value in history} == {2.0}


async def test_open_chats_and_what_they_follow_are_counted(ledger: Ledger) -> None:
    store = ledger.store
    for person in (1, 2, 3):
        await ledger.follow(person)
    await ledger.follow(3, blog="flood")
    await store.close_chat(await ledger.chat(3), "blocked", NOON)
    await ledger.chat(4, bot="other")
    await ledger.publish("a", "b")
    await ledger.change(PostWrite(change=ChangeKind.NEW, post=Post(key="c", title="c")), blog="flood")
    assert await store.open_chats("main") == 2
    assert await store.open_chats("other") == 1
    assert {blog: count for blog, count in (await store.subscriptions_by_blog()).items() if count} == {BLOG: 2}
    assert dict(await store.posts_by_blog()) == {BLOG: 2, "flood": 1}


@on_sqlite
@pytest.mark.parametrize(
    ("count", "first"),
    [
        (counts.POSTS, "SEARCH post USING COVERING INDEX"),  # no post is read
        (counts.NOTICES, "SCAN post USING INDEX post_notice"),  # which are few
        (counts.FOLLOWED, "SCAN subscription"),  # in the order of its key
        (counts.CLOSED, "SCAN chat USING INDEX chat_closed"),
    ],
)
async def test_counts_go_through_what_they_count_alone_and_sort_it_not(store: Store, count: str, first: str) -> None:
    with closing(sqlite3.connect(store.path)) as db:
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {count}")]
    assert plan[0].startswith(first)
    assert [step for step in plan if "TEMP" in step] == [] or count is counts.CLOSED


async def test_the_pruner_keeps_two_days_of_minutes_and_thirty_of_the_rest(store: Store) -> None:
    noon = datetime.fromtimestamp(MORNING, UTC)
    for days in (40, 10, 1):
        await kept(store, 10, MORNING - days * DAY)
    settings = settings_of()
    await Pruner(store=store, settings=lambda: settings, now=lambda: noon, rest=0.0).round()
    history = (await store.history(["delivered"], 0.0))["delivered"]
    assert history[0] == (MORNING - 10 * DAY, 4.5)
    assert [at for at, _ in history[1:]] == [MORNING - DAY + minute * MINUTE for minute in range(10)]
