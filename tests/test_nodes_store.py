"""Two nodes that write of the same thing at once: it is done once, and nothing is lost. Each has a store of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.alarming import Alarms
from bot.core.model import Volume
from bot.core.standing import Alarm, Kind
from bot.fetch import Fetcher
from bot.turns import REMEMBERED, Turns
from bot.web.subscriber import Subscriber
from config.settings import Settings
from storage import Act, AppliedFile, Overtaken, Store
from tests.alarming import alarms_into
from tests.engines import opened
from tests.ledger import BLOG, NOON, Ledger
from tests.newsroom import settings_of
from tests.publisher import Publisher

ROUNDS = 15
ADA = 1001
OLD, NEW = "old", "new"


@pytest.fixture
async def other(fresh_url: str, store: Store) -> AsyncIterator[Store]:
    """The same database, for another node."""
    one = opened(fresh_url)
    await store.in_file([(BLOG, None, None)], NOON)
    yield one
    await one.close()


# --- turns ---------------------------------------------------------------------------------------------------------


async def test_of_readings_that_set_out_together_one_is_written(store: Store, other: Store) -> None:
    ledgers = Ledger(store), Ledger(other)
    written = Counter[str]()
    for number in range(ROUNDS):
        turn = await store.turn(BLOG)
        for done in await asyncio.gather(
            *(one.publish(f"{number}", turn=turn) for one in ledgers), return_exceptions=True
        ):
            written[type(done).__name__] += 1
            assert isinstance(done, list | Overtaken)
        assert await other.turn(BLOG) == (turn or 0) + 1
    assert written == {"list": ROUNDS, "Overtaken": ROUNDS}
    assert len(await store.latest(blogs=[BLOG], now=NOON + 1, limit=100)) == ROUNDS


@given(st.lists(st.booleans(), max_size=REMEMBERED + 30), st.integers(0, REMEMBERED + 30))
def test_turns_are_only_ours_where_nobody_elses_came_between(ours: list[bool], since: int) -> None:
    turns = Turns()
    turns.set_out(BLOG, 0)
    for number, own in enumerate(ours):
        turns.set_out(BLOG, number)
        if own:
            turns.took(BLOG)
    turns.set_out(BLOG, len(ours))
    between = ours[since:]
    assert turns.only_ours(BLOG, since) is (all(between) and len(between) <= REMEMBERED)


# --- blogs ---------------------------------------------------------------------------------------------------------


async def test_a_blog_is_renamed_once_and_with_all_it_has(store: Store, other: Store) -> None:
    ledger = Ledger(store)
    await store.in_file([(OLD, None, None)], NOON)
    await ledger.follow(ADA, blog=OLD)
    await ledger.publish("a", "b", blog=OLD)
    turn = await other.turn(OLD)
    file = [(NEW, "New", OLD)]
    late = Ledger(other).publish("c", blog=OLD, turn=turn)
    *_, done = await asyncio.gather(store.in_file(file, NOON), other.in_file(file, NOON), late, return_exceptions=True)
    assert [blog.id for blog in await store.blogs()] == [NEW]
    posts = await other.latest(blogs=[NEW], now=NOON + 1, limit=9)
    assert {post.title for post in posts} == {"a", "b"} | ({"c"} if isinstance(done, list) else set())
    assert [one.blog for one in await store.subscriptions(await ledger.chat(ADA), 0)] == [NEW]


async def test_files_that_two_nodes_put_in_force_at_once_leave_no_blog_behind(store: Store, other: Store) -> None:
    files = [[(BLOG, None, None)], [(BLOG, None, None), ("flood", None, None)]]
    for number in range(ROUNDS):
        await asyncio.gather(store.in_file(files[number % 2], NOON), other.in_file(files[1], NOON))
        await asyncio.gather(store.in_file(files[1], NOON), other.in_file(files[1], NOON))
        assert {blog.id for blog in await store.blogs()} == {BLOG, "flood"}


async def test_what_is_known_of_a_later_poll_stands(store: Store, other: Store) -> None:
    for number in range(ROUNDS):
        at = NOON + 10 * number
        await asyncio.gather(store.polls_answered({BLOG: at + 5}), other.polls_answered({BLOG: at + 4}))
        (blog,) = await store.blogs()
        assert blog.polled_at == at + 5
    await other.polled(BLOG, NOON + 1000, "gone")
    await store.polls_answered({BLOG: NOON + 999})
    (blog,) = await store.blogs()
    assert (blog.polled_at, blog.failures, blog.error) == (NOON + 1000, 1, "gone")


async def test_failed_polls_of_two_nodes_are_all_counted_and_over_with_one_that_works(
    store: Store, other: Store
) -> None:
    counted = await asyncio.gather(*((store, other)[at % 2].polled(BLOG, NOON, "gone") for at in range(10)))
    assert sorted(counted) == list(range(1, 11))
    assert await other.polled(BLOG, NOON + 1, None) == 0
    (blog,) = await store.blogs()
    assert (blog.failures, blog.error) == (0, None)


# --- alarms --------------------------------------------------------------------------------------------------------


def alarm(text: str = "gone") -> Alarm:
    return Alarm(kind=Kind.FAILING, about=BLOG, subject=BLOG, text=text, since=NOON)


async def test_an_alarm_that_two_nodes_begin_is_one(store: Store, other: Store) -> None:
    for _ in range(ROUNDS):
        begun = await asyncio.gather(*((store, other)[at % 2].begin_alarm(alarm()) for at in range(6)))
        assert len({one.id for one in begun}) == 1
        assert len(await store.alarms()) == 1
        await asyncio.gather(store.end_alarm(begun[0], "over", NOON), other.end_alarm(begun[1], "over", NOON))
        assert await other.alarms() == []


async def test_an_alarm_of_two_nodes_is_told_once_and_so_is_its_end(store: Store, other: Store) -> None:
    heard = list[str]()
    teller = alarms_into(heard, store, lambda: datetime.fromtimestamp(NOON, UTC))
    nodes = [Alarms(one, admins=tuple, say=teller._say, now=teller._now) for one in (store, other)]
    await asyncio.gather(*(node.raised(Kind.FAILING, BLOG, "gone", subject=BLOG) for node in nodes))
    await teller.tell()
    await asyncio.gather(*(node.ended(Kind.FAILING, BLOG, "answers again") for node in nodes))
    await teller.tell()
    assert [said.split(". ")[0] for said in heard] == [f"{BLOG}: gone", f"{BLOG}: answers again"]


async def test_a_node_that_takes_over_ends_what_another_one_began(store: Store, other: Store) -> None:
    before, after = (Alarms(one, admins=tuple, say=_nobody) for one in (store, other))
    await before.raised(Kind.FAILING, BLOG, "gone", subject=BLOG)
    await after.ended(Kind.FAILING, BLOG, "answers again")
    assert len(await store.alarms()) == 1, "it has not looked since"
    await after.remember()
    await after.ended(Kind.FAILING, BLOG, "answers again")
    assert await store.alarms() == []


async def _nobody(person: int, text: str) -> bool:
    return False


# --- leases --------------------------------------------------------------------------------------------------------


class CountingHub:
    """Takes what it is asked, and verifies nothing."""

    def __init__(self) -> None:
        self.asked = list[str]()

    async def serve(self) -> tuple[web.AppRunner, str]:
        app = web.Application()
        app.router.add_post("/hub", self._ask)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/hub"

    async def _ask(self, request: web.Request) -> web.Response:
        self.asked.append(str((await request.post())["hub.mode"]))
        return web.Response(status=202)


async def test_a_hub_is_asked_once_by_two_nodes_that_believe_that_its_page_is_theirs(
    store: Store, other: Store
) -> None:
    hub, now = CountingHub(), [NOON]
    runner, address = await hub.serve()
    async with Publisher() as publisher:
        publisher.headers["Link"] = f'<{address}>; rel="hub", <{publisher.url}>; rel="self"'
        fetcher = Fetcher()
        await fetcher.open()
        file = [_wanting(publisher)]
        both = [_subscriber(one, fetcher, file, now) for one in (store, other)]
        try:
            for times in range(1, 6):
                await asyncio.gather(*(one.round() for one in both))
                assert hub.asked == ["subscribe"] * times
                assert len(await store.leases()) == 1
                now[0] += timedelta(days=1).total_seconds()
            (lease,) = await store.leases()
            await store.grant_lease(lease.callback, now[0] + 100, now[0] + 80)
            file[:] = [settings_of(f'[[blogs]]\nid = "{BLOG}"\nurl = "{publisher.url}"\n')]
            for _ in range(3):
                await asyncio.gather(*(one.round() for one in both))
                assert hub.asked[5:] == ["unsubscribe"]
        finally:
            await fetcher.close()
            await runner.cleanup()


async def test_only_who_polls_a_page_asks_its_hub(store: Store, other: Store) -> None:
    hub, now = CountingHub(), [NOON]
    runner, address = await hub.serve()
    async with Publisher() as publisher:
        publisher.headers["Link"] = f'<{address}>; rel="hub", <{publisher.url}>; rel="self"'
        fetcher = Fetcher()
        await fetcher.open()
        file = [_wanting(publisher)]
        holder = _subscriber(store, fetcher, file, now)
        another = _subscriber(other, fetcher, file, now, holds=False)
        try:
            await another.round()
            assert (hub.asked, publisher.polls) == ([], 0)
            await holder.round()
            now[0] += 86_400.0
            await another.round()
            assert hub.asked == ["subscribe"]
        finally:
            await fetcher.close()
            await runner.cleanup()


def _wanting(publisher: Publisher) -> Settings:
    web_ = '[web]\npublic_url = "http://relay.example"\n'
    return settings_of(f'{web_}[[blogs]]\nid = "{BLOG}"\nurl = "{publisher.url}"\nwebsub = true\n')


def _subscriber(
    store: Store, fetcher: Fetcher, file: list[Settings], now: list[float], *, holds: bool = True
) -> Subscriber:
    return Subscriber(
        store=store,
        fetcher=fetcher,
        settings=lambda: file[0],
        public_url="http://relay.example",
        alarms=Alarms(store, admins=tuple, say=_nobody),
        holds=lambda url: holds,
        clock=lambda: now[0],
    )


# --- what else is written ------------------------------------------------------------------------------------------


async def test_a_withdrawal_by_two_editors_at_two_nodes_is_one_act(store: Store, other: Store) -> None:
    ledger = Ledger(store)
    await ledger.follow(ADA)
    await ledger.publish(*(f"p{number}" for number in range(ROUNDS)))
    for number in ledger.numbers.values():
        act = Act(at=NOON, act="withdraw", person=ADA, post=number)
        done = await asyncio.gather(store.withdraw(act), other.withdraw(act))
        assert sorted(done) == [False, True]
        assert [one.act for one in await other.acts_on(number)] == ["withdraw"]


async def test_samples_of_two_nodes_are_one_for_each_minute(store: Store, other: Store) -> None:
    for number in range(ROUNDS):
        at = NOON // 60 * 60 + 60 * number
        await asyncio.gather(store.keep_samples(at, {"sent": 1.0}), other.keep_samples(at, {"sent": 2.0}))
    found = await store.history(["sent"], 0.0)
    assert len(found["sent"]) == ROUNDS
    assert {value for _, value in found["sent"]} <= {1.0, 2.0}


async def test_a_file_that_two_nodes_keep_at_once_is_kept_once(store: Store, other: Store) -> None:
    for number in range(ROUNDS):
        file = AppliedFile(text=f"# {number}".encode(), at=NOON + number, who="saved")
        assert sorted(await asyncio.gather(store.keep_file(file), other.keep_file(file))) == [False, True]
        assert await other.newest_file() == file
    assert len(await store.kept_files()) == 5


async def test_what_two_nodes_expand_at_once_is_in_every_chat_once(store: Store, other: Store) -> None:
    ledger, elsewhere = Ledger(store), Ledger(other)
    for person in range(2001, 2041):
        await ledger.follow(person)
    for number in range(5):
        await ledger.publish(f"p{number}")
        await asyncio.gather(ledger.expand(), elsewhere.expand())
    assert await ledger.waiting() == 5 * 40


async def test_a_card_that_two_nodes_look_at_while_one_publishes_shows_what_is_new(store: Store, other: Store) -> None:
    ledger, elsewhere = Ledger(store), Ledger(other)
    chat = await ledger.follow(2001)
    await ledger.hear(chat, Volume.CARD)
    await ledger.run()
    for number in range(5):
        for one in (ledger, elsewhere):
            one.now += 60.0
        await asyncio.gather(ledger.publish(f"p{number}"), elsewhere.expand(), elsewhere.expand())
        await ledger.run()
        assert len(ledger.screens.of(2001)) == 1
    ((_, revision),) = ledger.screens.of(2001)[0]
    assert revision == 6, "once for each change"
