"""Which blogs a node polls: those of the shards it holds, from the moment it holds them until it holds them no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.sharing import SHARDS, shard_of
from bot.core.timing import TAKEN_WITHIN
from storage import StoreError
from tests.nodes import Nodes, nodes
from tests.polling import Watch

OTHER = "https://another.example/live"
EVERY_SHARD = range(SHARDS)


@pytest.fixture
async def two(fresh_url: str) -> AsyncIterator[Nodes]:
    """Nodes of the day after tomorrow: no appointment comes by itself."""
    async with nodes(fresh_url, more=f'[[blogs]]\nid = "flood"\nurl = "{OTHER}"') as both:
        for one in both.watches:
            one.now = datetime.now(UTC) + timedelta(days=2)
        yield both
        for one in both.watches:
            await one.poller.stop()


def storms(two: Nodes) -> int:
    return shard_of(two.publisher.url)


def polled(node: Watch) -> set[str]:
    return {*node.poller.next_polls()}


async def test_a_node_polls_the_blogs_of_its_shards_and_no_others(two: Nodes) -> None:
    node, _ = two.watches
    await node.poller.hold(())
    await node.poller.start()
    assert polled(node) == set()
    await node.poller.hold([storms(two)])
    assert polled(node) == {"storm"}
    assert (node.poller.holds(two.publisher.url), node.poller.holds(OTHER)) == (True, False)
    await node.poller.hold([shard_of(OTHER)])
    assert polled(node) == {"flood"}
    await node.poller.hold(EVERY_SHARD)
    assert polled(node) == {"storm", "flood"}
    await node.poller.hold(())
    assert polled(node) == set()
    await node.poller.hold(None)
    assert polled(node) == {"storm", "flood"}


async def test_one_node_alone_polls_all_of_them(two: Nodes) -> None:
    await two.watches[0].poller.start()
    assert polled(two.watches[0]) == {"storm", "flood"}


async def test_a_blog_that_is_taken_over_keeps_its_rhythm_where_it_was_just_polled(two: Nodes) -> None:
    before, after = two.watches
    for one in two.watches:
        await one.poller.hold(())
        await one.poller.start()
    await before.poller.hold([storms(two)])
    await before.poll(after=timedelta(seconds=20))
    await before.poller.hold(())
    after.now = before.now
    await after.poller.hold(EVERY_SHARD)
    times = after.poller.next_polls()
    assert timedelta(seconds=10) <= times["storm"] - after.now <= timedelta(seconds=13)
    assert times["flood"] - after.now < TAKEN_WITHIN, "nobody has polled it"


async def test_a_blog_whose_time_has_come_is_polled_within_two_seconds(two: Nodes) -> None:
    before, after = two.watches
    await after.poller.hold(())
    await after.poller.start()
    await before.poll(after=timedelta(seconds=31))
    after.now = before.now
    await after.poller.hold([storms(two)])
    assert after.poller.next_polls()["storm"] - after.now < TAKEN_WITHIN


async def test_who_takes_over_knows_what_the_store_knows(two: Nodes) -> None:
    before, after = two.watches
    await after.poller.hold(())
    await after.poller.start()
    two.publisher.ill = 503
    await before.poll(4)
    after.now = before.now
    await after.poller.hold([storms(two)])
    assert after.poller.state("storm").failures == 4
    assert after.poller.next_polls()["storm"] - after.now > timedelta(minutes=3)
    two.publisher.ill = None
    await after.poll()
    assert [said.split(". ")[0] for said in (*before.reports[1:], *after.reports)] == ["storm: answers again"]
    assert after.alarms.standing() == [], "and it is over"


async def test_a_shard_that_is_gone_is_not_being_polled_any_more(two: Nodes) -> None:
    node, other = two.watches
    await node.poll()
    two.publisher.publish("a")
    node.now = datetime.now(UTC)
    await node.poller.start()
    async with two.publisher.held():
        await two.publisher.waited_for()
        await node.poller.hold(())
        assert not node.poller._appointments._under_way
    await other.poll()
    assert (node.desk.published, two.told()) == ([], {"a": 1})


async def test_a_poll_that_ends_soon_is_let_end(two: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.poller.LET_END_SECONDS", 60.0)
    node, _ = two.watches
    await node.poll()
    two.publisher.publish("a")
    node.now = datetime.now(UTC)
    await node.poller.start()
    async with two.publisher.held():
        await two.publisher.waited_for()
        holding = asyncio.create_task(node.poller.hold(()))
    await holding
    assert [one.key for one in node.desk.published] == ["a"]


async def test_what_a_node_knows_of_its_last_polls_is_in_the_store_when_a_shard_goes(two: Nodes) -> None:
    node, _ = two.watches
    await node.poll(after=timedelta(seconds=1))
    await node.poll(after=timedelta(seconds=1))
    (last,) = [blog.polled_at for blog in await node.store.blogs() if blog.id == "storm"]
    assert last == (node.now - timedelta(seconds=2)).timestamp(), "quiet polls are noted together"
    await node.poller.start()
    await node.poller.hold(())
    (last,) = [blog.polled_at for blog in await node.store.blogs() if blog.id == "storm"]
    assert last == (node.now - timedelta(seconds=1)).timestamp()


async def test_shards_come_and_go_also_while_the_store_fails(two: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds them is to poll: what is not known of them, the polls find out."""
    node, _ = two.watches
    await node.poller.hold(())
    await node.poller.start()

    async def gone(*_: object) -> None:
        raise StoreError("PostgreSQL: does not answer")

    monkeypatch.setattr(node.store, "some_blogs", gone)
    monkeypatch.setattr(node.store, "polls_answered", gone)
    await node.poller.hold(EVERY_SHARD)
    assert polled(node) == {"storm", "flood"}
    assert all(at - node.now < TAKEN_WITHIN for at in node.poller.next_polls().values())
    await node.poll()
    await node.poller.hold(())
    assert polled(node) == set()


async def test_a_file_that_moves_a_blog_to_another_host_moves_it_to_another_node(two: Nodes) -> None:
    node, _ = two.watches
    await node.poller.hold([storms(two)])
    await node.poller.start()
    before = node.settings
    blogs = tuple(replace(blog, url=two.publisher.url if blog.id == "flood" else OTHER) for blog in before.blogs)
    node.settings = replace(before, blogs=blogs)
    await node.poller.apply(before)
    assert polled(node) == {"flood"}


async def test_shards_that_change_all_the_time_leave_each_blog_with_one_appointment_at_its_holder(two: Nodes) -> None:
    one, other = two.watches
    for node in two.watches:
        await node.poller.hold(())
        await node.poller.start()
    for _ in range(30):
        mine = {shard for shard in (storms(two), shard_of(OTHER)) if two.die.random() < 0.5}
        theirs = {storms(two), shard_of(OTHER)} - mine
        await asyncio.gather(one.poller.hold(mine), other.poller.hold(theirs), two.poll())
        names = {"storm": storms(two), "flood": shard_of(OTHER)}
        assert polled(one) == {name for name, shard in names.items() if shard in mine}
        assert polled(other) == {name for name, shard in names.items() if shard in theirs}
