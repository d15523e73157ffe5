"""Two nodes that read the same blog at once: each post is told once, and nobody is overtaken by something older."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.model import ChangeKind, Page
from bot.core.sharing import shard_of
from bot.sources.syndication import handed
from storage import Overtaken, StoreError
from tests.api_answers import sourcefabric_listing, sourcefabric_post
from tests.nodes import Nodes, nodes, paused
from tests.polling import Watch
from tests.test_intake import Push, key, push

ROUNDS = 12


@pytest.fixture
async def two(fresh_url: str) -> AsyncIterator[Nodes]:
    async with nodes(fresh_url) as both:
        yield both


async def test_a_blog_that_two_nodes_see_for_the_first_time_is_no_news(two: Nodes) -> None:
    for name in "abc":
        two.publisher.publish(name)
    await two.poll(2)
    assert two.published == []
    assert await two.texts() == two.shown()


async def test_a_post_that_two_nodes_find_at_once_is_told_once(two: Nodes) -> None:
    await two.poll()
    for number in range(ROUNDS):
        two.publisher.publish(f"p{number}")
        await two.poll()
    assert two.told() == {f"p{number}": 1 for number in range(ROUNDS)}


async def test_an_edit_that_two_nodes_find_at_once_is_told_once_and_none_is_lost(two: Nodes) -> None:
    two.publisher.publish("a")
    await two.poll()
    for number in range(ROUNDS):
        two.publisher.publish("a", "About a", f"Text number {number} of this.")
        await two.poll()
    assert two.told(ChangeKind.EDITED) == {"a": ROUNDS}
    assert await two.texts() == two.shown()


async def test_what_a_node_read_before_it_was_paused_undoes_no_edit(two: Nodes) -> None:
    slow, quick = two.watches
    two.publisher.publish("a")
    await two.poll()
    two.publisher.publish("a", "About a", "A text that did not stand for long.")
    with paused(slow) as pause:
        poll = asyncio.create_task(slow.poll())
        await pause.begun.wait()
        two.publisher.publish("a", "About a", "What was meant.")
        two.publisher.publish("b")
        await quick.poll()
        pause.over.set()
        await poll
    assert slow.desk.published == [], "it has asked again, and nothing was new"
    assert await two.texts() == two.shown()


async def test_a_withdrawal_stays_when_a_paused_node_goes_on(two: Nodes) -> None:
    slow, quick = two.watches
    for name in "abc":
        two.publisher.publish(name)
    await two.poll()
    two.publisher.publish("c", "About c", "Edited, so that its page is another one.")
    with paused(slow) as pause:
        poll = asyncio.create_task(slow.poll())
        await pause.begun.wait()
        two.publisher.take_away("b")
        await quick.poll(3)
        pause.over.set()
        await poll
    await two.poll(2)
    assert two.told(ChangeKind.WITHDRAWN) == {"b": 1}
    assert two.told(ChangeKind.RESTORED) == {}
    assert await two.texts() == two.shown()


async def test_a_node_that_is_overtaken_again_and_again_leaves_it_to_its_next_poll(two: Nodes) -> None:
    slow, quick = two.watches
    await two.poll()
    asked = two.publisher.polls
    publish = slow.store.publish

    async def overtaken(*given: object) -> list[int]:
        await quick.store.publish(given[0])  # type: ignore[arg-type]
        return await publish(*given)  # type: ignore[arg-type]

    slow.store.publish = overtaken  # type: ignore[assignment, method-assign]
    for number in range(3):
        two.publisher.publish(f"p{number}")
        await slow.poll()
    assert two.publisher.polls == asked + 6, "each was asked once more, and then it was known"
    slow.store.publish = publish  # type: ignore[method-assign]
    await two.poll()
    assert two.told() == {}
    assert sorted(await slow.titles()) == sorted(two.shown())


async def test_holes_are_counted_once_for_each_poll_that_counts(two: Nodes) -> None:
    for name in "abc":
        two.publisher.publish(name)
    await two.poll()
    two.publisher.take_away("b")
    await two.poll(3)
    assert two.told(ChangeKind.WITHDRAWN) == {"b": 1}


async def test_whatever_a_page_does_under_two_nodes_it_is_told_once_and_as_it_is(two: Nodes) -> None:
    await two.poll()
    names = list[str]()
    for number in range(25):
        for _ in range(two.die.randrange(1, 4)):
            if names and two.die.random() < 0.4:
                name = two.die.choice(names)
                two.publisher.publish(name, f"About {name}", f"Text {number} {two.die.random()}")
            else:
                names.append(f"p{number}-{len(names)}")
                two.publisher.publish(names[-1])
        if names and two.die.random() < 0.2:
            two.publisher.take_away(names.pop(two.die.randrange(len(names))))
        await asyncio.gather(two.poll(), *(_aside(two) for _ in range(two.die.randrange(2))))
    await two.poll(4)
    assert set(two.told().values()) == {1}
    assert set(two.told(ChangeKind.WITHDRAWN).values()) <= {1}
    assert two.told(ChangeKind.RESTORED) == {}
    assert await two.texts() == two.shown()


async def _aside(two: Nodes) -> None:
    await two.watches[0].poller.poll_now("storm")


async def test_a_reading_without_its_turn_is_refused_and_nothing_of_it_is_written(two: Nodes) -> None:
    one, other = two.watches
    await one.poll()
    turn = await one.store.turn("storm")
    assert turn == await other.store.turn("storm") == 1
    blog = one.settings.blog("storm")
    assert blog is not None
    two.publisher.publish("a")
    await other.poll()
    before = await one.store.memory("storm", two.publisher.url)
    page = Page(url=two.publisher.url, body=b"", fetched_at=datetime.now(UTC))
    verdict = await one.poller._tidings._judging.again(blog, two.publisher.url, one.now)
    with pytest.raises(Overtaken):
        await one.desk.relay(blog, page.url, None, verdict, None, turn=turn)
    assert await one.store.memory("storm", two.publisher.url) == before
    assert await one.store.turn("storm") == 2


async def test_a_blog_that_got_another_name_on_another_node_is_not_begun_anew_under_the_old_one(two: Nodes) -> None:
    late, early = two.watches
    await two.poll()
    two.publisher.publish("a")
    await early.store.in_file([("gale", None, "storm")], early.clock())
    await late.poll(2)
    assert two.published == []
    assert [blog.id for blog in await late.store.blogs()] == ["gale"]
    await late.store.polled("storm", late.clock(), "gone")
    assert [blog.id for blog in await late.store.blogs()] == ["gale"]


# --- what is handed to us ------------------------------------------------------------------------------------------


@pytest.fixture
async def handing(fresh_url: str) -> AsyncIterator[Nodes]:
    """Two nodes at whose doors the publisher's system may knock."""
    async with nodes(fresh_url, more='intake_secret_env = "STORM"') as both:
        both.publisher.raw = json.dumps(sourcefabric_listing(sourcefabric_post(1))).encode()
        for one in both.watches:
            one.now = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
        await both.poll()
        yield both


async def hand(node: Watch, method: str, sent: Push) -> bool:
    found = handed(json.dumps(sent).encode(), method)
    url = node.publisher.url
    page = Page(url=url, body=found.body, content_type="application/json", fetched_at=node.now)
    return await node.poller.handed("storm", page, old=found.old)


async def test_a_post_that_is_handed_to_two_nodes_at_once_is_told_once(handing: Nodes) -> None:
    for number in range(2, 2 + ROUNDS):
        assert any(await asyncio.gather(*(hand(one, "POST", push(number)) for one in handing.watches)))
    assert handing.told() == {key(number): 1 for number in range(2, 2 + ROUNDS)}


async def test_of_versions_that_are_handed_to_two_nodes_at_once_the_newest_stays(handing: Nodes) -> None:
    one, other = handing.watches
    await hand(one, "POST", push(2))
    for minute in range(10, 10 + 2 * ROUNDS, 2):
        older = hand(one, "PUT", push(2, f"<p>Version {minute}.</p>", minute=minute))
        newer = hand(other, "PUT", push(2, f"<p>Version {minute + 1}.</p>", minute=minute + 1))
        await asyncio.gather(*((older, newer) if minute % 4 else (newer, older)))
        assert f"Version {minute + 1}." in (await handing.texts()).values()


async def test_a_version_that_came_in_before_a_withdrawal_elsewhere_brings_nothing_back(handing: Nodes) -> None:
    slow, quick = handing.watches
    await hand(quick, "POST", push(2))
    async with slow.poller._turns["storm"]:
        late = asyncio.create_task(hand(slow, "PUT", push(2, "<p>Corrected.</p>", minute=20)))
        new = asyncio.create_task(hand(slow, "POST", push(3)))
        await _came_in(slow, 2)
        assert await hand(quick, "DELETE", push(2, minute=10))
        assert await hand(quick, "DELETE", push(3, minute=10))
    assert await asyncio.gather(late, new) == [False, False]
    assert handing.told(ChangeKind.WITHDRAWN) == {key(2): 1}
    assert handing.told(ChangeKind.RESTORED) == {}
    assert await hand(slow, "POST", push(2, minute=30)), "what comes after the withdrawal brings it back"
    assert handing.told(ChangeKind.RESTORED) == {key(2): 1}


async def test_versions_that_come_in_at_one_node_keep_their_order(handing: Nodes) -> None:
    """Also where none of them says when it was made."""
    one, _ = handing.watches
    async with one.poller._turns["storm"]:
        sent = [
            asyncio.create_task(hand(one, method, push(2, "<p>Again.</p>", _updated=None)))
            for method in ("POST", "DELETE", "POST")
        ]
        await _came_in(one, 3)
    assert await asyncio.gather(*sent) == [True] * 3
    assert [change.kind for change in one.desk.published] == [
        ChangeKind.NEW,
        ChangeKind.WITHDRAWN,
        ChangeKind.RESTORED,
    ]


async def _came_in(node: Watch, pushes: int) -> None:
    """Until so many wait for their turn."""
    async with asyncio.timeout(60):
        while len(node.poller._turns["storm"]._waiters or ()) < pushes:  # noqa: ASYNC110 a lock tells nobody
            await asyncio.sleep(0.01)


async def test_a_page_and_a_push_that_bring_the_same_post_to_two_nodes_tell_it_once(handing: Nodes) -> None:
    one, other = handing.watches
    for number in range(2, 2 + ROUNDS):
        posts = [sourcefabric_post(at) for at in range(number, 0, -1)]
        handing.publisher.raw = json.dumps(sourcefabric_listing(*posts)).encode()
        await asyncio.gather(one.poll(), hand(other, "POST", push(number)))
    assert handing.told() == {key(number): 1 for number in range(2, 2 + ROUNDS)}


async def test_what_is_handed_over_for_a_blog_that_is_not_in_the_file_in_force_is_to_be_sent_again(
    handing: Nodes,
) -> None:
    one, other = handing.watches
    await other.store.in_file([], other.clock())
    with pytest.raises(StoreError, match="not in the file"):
        await hand(one, "POST", push(2))


# --- what hubs tell ------------------------------------------------------------------------------------------------


async def test_what_a_hub_tells_two_nodes_at_once_is_told_once(fresh_url: str) -> None:
    async with nodes(fresh_url, more="websub = true") as two:
        await two.poll()
        until = two.watches[0].now + timedelta(days=1)
        for number in range(ROUNDS):
            two.publisher.publish(f"p{number}")
            await asyncio.gather(*(tell(one, two.publisher.body(), until) for one in two.watches))
        assert two.told() == {f"p{number}": 1 for number in range(ROUNDS)}


async def test_what_a_hub_told_before_another_node_published_is_a_word_that_there_is_something_new(
    fresh_url: str,
) -> None:
    """Its text may be older than what is written: the page is asked."""
    async with nodes(fresh_url, more="websub = true") as two:
        slow, quick = two.watches
        await two.poll()
        until = slow.now + timedelta(days=1)
        two.publisher.publish("a", "About a", "A first text.")
        first = two.publisher.body()
        async with slow.poller._turns["storm"]:
            late = asyncio.create_task(tell(slow, first, until))
            await _came_in(slow, 1)
            two.publisher.publish("a", "About a", "A second text.")
            await tell(quick, two.publisher.body(), until)
            asked = two.publisher.polls
        await late
        assert two.publisher.polls == asked + 1
        assert two.told(ChangeKind.EDITED) == {}
        assert await two.texts() == two.shown()


async def tell(node: Watch, body: bytes, until: datetime) -> None:
    url = node.publisher.url
    page = Page(url=url, body=body, content_type="text/html", fetched_at=node.now)
    await node.poller.told("storm", url, page, until)


async def test_who_polls_learns_at_its_next_poll_that_the_hub_told_another_node(fresh_url: str) -> None:
    async with nodes(fresh_url, more="websub = true") as two:
        holder, other = two.watches
        await holder.poller.hold([shard_of(two.publisher.url)])
        await two.poll()
        until = holder.now + timedelta(days=1)
        two.publisher.publish("a")
        await tell(other, two.publisher.body(), until)
        assert holder.poller.state("storm").hub_until is None
        await holder.poll()
        assert holder.poller.state("storm").hub_until == until
        two.publisher.publish("b")
        await holder.poll()
        await other.poll()
        assert other.poller.state("storm").hub_until is None, "it had not told us of that"
