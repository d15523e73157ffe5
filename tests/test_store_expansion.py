"""From a publication to a row per chat: who is in the audience, and that every one of them is reached once."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import Post, Volume
from bot.core.publishing import Audience
from storage import Store, Subscription, expansion, open_store
from tests.engines import opened
from tests.ledger import BLOG, Ledger

ANN, BEN, CLEO, DAN = 2001, 2002, 2003, 2004


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "CHUNK", 2)


async def people(ledger: Ledger, count: int) -> list[int]:
    """So many chats that follow the blog, by Telegram's ids."""
    ids = list(range(3000, 3000 + count))
    for person in ids:
        await ledger.follow(person)
    return ids


# --- who is in it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("follows", "has", "gets"),
    [
        ((), (), True),
        ((), ("nato",), True),
        (("nato",), ("nato",), True),
        (("nato", "kyiv"), ("war", "kyiv"), True),
        (("nato",), (), False),
        (("nato",), ("kyiv",), False),
        (("nato",), ("nato-summit",), False),
        (("nato-summit",), ("nato",), False),
        (("summit",), ("nato-summit",), False),
        (("nato",), ("natö",), False),
        (("50%",), ("500",), False),
        (("a_c",), ("abc",), False),
        (("київ",), ("київ",), True),
        (("*",), ("nato",), False),
    ],
)
async def test_a_topic_is_followed_by_its_whole_id_and_the_whole_blog_by_none(
    ledger: Ledger, follows: tuple[str, ...], has: tuple[str, ...], gets: bool
) -> None:
    await ledger.follow(ANN, *follows)
    await ledger.publish("a", topics=has)
    await ledger.run()
    assert ledger.shown(ANN) == (["a"] if gets else [])


@pytest.mark.parametrize(
    ("post", "gets"),
    [
        (Post(key="a"), False),
        (Post(key="a", key_event=True), True),
        (Post(key="a", pinned=True), True),
    ],
)
async def test_who_wants_key_events_gets_only_those(ledger: Ledger, post: Post, gets: bool) -> None:
    wish = Subscription(blog=BLOG, telegram_id=ANN, volume=Volume.KEY)
    await ledger.store.take_in("main", [wish], ledger.now)
    await ledger.publish("a", post=post)
    await ledger.run()
    assert bool(ledger.shown(ANN)) is gets


async def test_another_blogs_followers_hear_nothing(ledger: Ledger) -> None:
    await ledger.follow(ANN, blog="flood")
    await ledger.publish("a")
    assert await ledger.run() == []


async def test_each_thread_of_a_forum_is_a_subscription_of_its_own(ledger: Ledger) -> None:
    await ledger.follow(-1009, kind="supergroup")
    await ledger.follow(-1009, kind="supergroup", thread=7)
    await ledger.follow(-1009, "nato", kind="supergroup", thread=9)
    await ledger.publish("a")
    await ledger.run()
    assert [ledger.shown(-1009, thread) for thread in (0, 7, 9)] == [["a"], ["a"], []]


async def test_who_subscribes_after_the_publication_is_not_in_it(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    ledger.now += 1
    await ledger.follow(BEN)
    await ledger.run()
    assert (ledger.shown(ANN), ledger.shown(BEN)) == (["a"], [])


@pytest.mark.usefixtures("small_chunks")
async def test_who_subscribes_while_a_publication_waits_behind_another_is_not_in_it(ledger: Ledger) -> None:
    await people(ledger, 12)
    await ledger.publish("a")
    await ledger.publish("b")
    ledger.now += 1
    await ledger.follow(ANN)
    await ledger.run()
    assert ledger.shown(ANN) == []


@pytest.mark.usefixtures("small_chunks")
async def test_who_leaves_during_the_expansion_is_not_in_it(ledger: Ledger) -> None:
    ids = await people(ledger, 12)
    await ledger.publish("a")
    for person in ids:
        chat = await ledger.store.chat("main", person)
        assert chat is not None
        await ledger.leave(chat.id)
    await ledger.run()
    assert [person for person in ids if ledger.shown(person)] == []


async def test_who_leaves_during_the_hold_is_not_in_it_and_who_comes_is(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a", hold=60.0)
    ledger.now += 30
    await ledger.leave(ann)
    await ledger.follow(BEN)
    assert await ledger.run() == []
    assert await ledger.store.next_due("main", ledger.now) == ledger.now + 30
    ledger.now += 30
    await ledger.run()
    assert (ledger.shown(ANN), ledger.shown(BEN)) == ([], ["a"])


async def test_who_comes_after_the_hold_has_passed_is_not_in_it_however_late_it_is_expanded(ledger: Ledger) -> None:
    await ledger.publish("a", hold=60.0)
    ledger.now += 3600
    await ledger.follow(ANN)
    assert await ledger.run() == []


async def test_a_closed_chat_is_not_in_it(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.store.close_chat(ann, "blocked", ledger.now)
    await ledger.publish("a")
    await ledger.store.reopen_chat(ann)
    assert await ledger.run() == []


async def test_baseline_and_backfill_are_told_to_nobody_whatever_happens_to_them_later(ledger: Ledger) -> None:
    from bot.core.publishing import PostWrite

    await ledger.follow(ANN, "nato")
    await ledger.change(PostWrite(change=None, post=Post(key="old")))
    await ledger.edit("old", topics=("nato",))
    await ledger.withdraw("old")
    await ledger.restore("old")
    assert await ledger.run() == []


# --- pushes --------------------------------------------------------------------------------------------------------


async def test_a_push_reaches_each_chat_once_in_its_first_thread_whatever_it_follows(ledger: Ledger) -> None:
    await ledger.follow(-1009, "nato", kind="supergroup", thread=9)
    await ledger.follow(-1009, kind="supergroup", thread=7)
    await ledger.follow(-1009, blog="flood", kind="supergroup", thread=12)
    await ledger.follow(ANN, "kyiv")
    await ledger.follow(ANN, blog="flood")
    await ledger.chat(BEN)
    assert await ledger.store.audience(Audience()) == 2
    number = await ledger.push()
    await ledger.run()
    assert [ledger.shown(-1009, thread) for thread in (0, 7, 9, 12)] == [[], [f"push {number}"], [], []]
    assert (ledger.shown(ANN), ledger.shown(BEN)) == ([f"push {number}"], [])


@pytest.mark.parametrize(
    ("blog", "topics", "reached"),
    [
        (None, (), {ANN, BEN, CLEO, DAN}),
        (BLOG, (), {ANN, BEN, CLEO}),
        ("flood", (), {CLEO, DAN}),
        (BLOG, ("nato",), {ANN, BEN}),
        (BLOG, ("kyiv",), {ANN, CLEO}),
        (BLOG, ("nato", "kyiv"), {ANN, BEN, CLEO}),
        (BLOG, ("summit",), {ANN}),
        ("nowhere", (), set()),
    ],
)
async def test_a_push_can_be_for_a_blog_and_for_topics_of_it(
    ledger: Ledger, blog: str | None, topics: tuple[str, ...], reached: set[int]
) -> None:
    await ledger.follow(ANN)
    await ledger.follow(BEN, "nato")
    await ledger.follow(CLEO, "kyiv", "nato-summit")
    await ledger.follow(CLEO, blog="flood")
    await ledger.follow(DAN, blog="flood")
    assert await ledger.store.audience(Audience(blog=blog, topics=topics)) == len(reached)
    await ledger.push("Attention.", *topics, blog=blog)
    await ledger.run()
    assert {person for person in (ANN, BEN, CLEO, DAN) if ledger.shown(person)} == reached


async def test_the_subscriptions_of_a_blog_that_left_the_file_are_in_no_push(ledger: Ledger) -> None:
    await ledger.store.in_file([(BLOG, None, None), ("flood", None, None)], ledger.now)
    await ledger.follow(ANN)
    await ledger.follow(BEN, blog="flood")
    await ledger.store.in_file([(BLOG, None, None)], ledger.now)
    assert await ledger.store.audience(Audience()) == 1
    await ledger.push()
    await ledger.run()
    assert (len(ledger.shown(ANN)), ledger.shown(BEN)) == (1, [])


@pytest.mark.usefixtures("small_chunks")
async def test_a_push_overtakes_a_relayed_post_that_is_still_being_expanded(ledger: Ledger) -> None:
    ids = await people(ledger, 9)
    await ledger.publish("a")
    number = await ledger.push()
    claims = await ledger.claim(limit=2)
    assert [claim.posts[0].id for claim in claims] == [number, number]
    for claim in claims:
        await ledger.settle(claim, ledger.screens.perform(claim))
    await ledger.expand()
    claims = await ledger.claim()
    assert [claim.posts[0].id for claim in claims][:7] == [number] * 7
    for claim in claims:
        await ledger.settle(claim, ledger.screens.perform(claim))
    await ledger.run()
    assert all(sorted(ledger.shown(person)) == ["a", f"push {number}"] for person in ids)


@pytest.mark.parametrize("origin", range(10))
@pytest.mark.usefixtures("small_chunks")
async def test_chats_that_an_expansion_comes_to_late_are_in_the_very_next_claim(
    ledger: Ledger, origin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(ledger, 9)
    monkeypatch.setattr("random.randint", lambda low, high: origin)
    await ledger.publish("a")
    first = await ledger.claim(limit=1)
    await ledger.expand()
    assert len(first) + len(await ledger.claim(busy=[claim.telegram_id for claim in first])) == 9


# --- chunks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", range(8))
@pytest.mark.usefixtures("small_chunks")
async def test_every_chat_is_reached_once_wherever_the_expansion_begins(
    ledger: Ledger, origin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await people(ledger, 7)
    monkeypatch.setattr("random.randint", lambda low, high: origin)
    await ledger.publish("a")
    claims = await ledger.run()
    assert sorted(claim.telegram_id for claim in claims) == ids


@pytest.mark.usefixtures("small_chunks")
async def test_the_first_chats_are_reached_by_the_publishing_itself(ledger: Ledger) -> None:
    await people(ledger, 9)
    await ledger.publish("a")
    assert len(await ledger.claim()) in (2, 3, 4)


@pytest.mark.usefixtures("small_chunks")
async def test_an_expansion_goes_on_where_it_was_after_the_process_ended(ledger: Ledger, fresh_url: str) -> None:
    ids = await people(ledger, 9)
    await ledger.publish("a")
    for _ in range(2):
        await ledger.store.expand(ledger.now)
    await ledger.store.close()
    ledger.store = opened(fresh_url)
    claims = await ledger.run()
    assert sorted(claim.telegram_id for claim in claims) == ids
    await ledger.store.close()


@pytest.mark.usefixtures("small_chunks")
async def test_two_posts_of_a_blog_come_in_their_order_however_claims_and_chunks_alternate(ledger: Ledger) -> None:
    ids = await people(ledger, 9)
    await ledger.publish("a")
    await ledger.publish("b")
    while await ledger.store.expand(ledger.now):
        for claim in await ledger.claim(limit=3):
            await ledger.settle(claim, ledger.screens.perform(claim))
    await ledger.deliver()
    assert {tuple(ledger.shown(person)) for person in ids} == {("a", "b")}


async def test_a_post_does_not_overtake_one_that_waits_for_a_longer_hold(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a", hold=60.0)
    ledger.now += 1
    await ledger.publish("b")
    assert await ledger.run() == []
    ledger.now += 60
    await ledger.run()
    assert ledger.shown(ANN) == ["a", "b"]


@pytest.mark.usefixtures("small_chunks")
async def test_an_edit_during_the_expansion_is_what_the_later_chats_get_and_the_earlier_ones_follow(
    ledger: Ledger,
) -> None:
    ids = await people(ledger, 9)
    await ledger.publish("a")
    await ledger.deliver()
    await ledger.edit("a")
    claims = await ledger.run()
    assert len(claims) == 9
    assert {tuple(ledger.revisions(person, "a")) for person in ids} == {(2,)}


@pytest.mark.usefixtures("small_chunks")
async def test_a_withdrawal_ends_the_expansion_and_reaches_who_has_the_post(ledger: Ledger) -> None:
    ids = await people(ledger, 9)
    await ledger.publish("a")
    early = {claim.telegram_id for claim in await ledger.deliver()}
    await ledger.withdraw("a")
    late = {claim.telegram_id for claim in await ledger.run()}
    assert late == early < set(ids)
    assert {tuple(ledger.revisions(person, "a")) for person in early} == {(2,)}


@pytest.mark.usefixtures("small_chunks")
async def test_a_post_that_returns_during_its_withdrawal_is_current_everywhere(ledger: Ledger) -> None:
    ids = await people(ledger, 9)
    await ledger.publish("a")
    await ledger.deliver()
    await ledger.withdraw("a")
    await ledger.deliver()
    await ledger.restore("a")
    await ledger.run()
    assert {tuple(ledger.revisions(person, "a")) for person in ids} == {(3,)}


# --- hold and release ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blog", [BLOG, None])
async def test_what_is_held_goes_to_the_audience_of_the_release(ledger: Ledger, blog: str | None) -> None:
    ann = await ledger.follow(ANN)
    await ledger.store.hold(blog, ledger.now)
    await ledger.publish("a")
    await ledger.leave(ann)
    ledger.now += 60
    await ledger.follow(BEN)
    assert await ledger.run() == []
    await ledger.store.release(blog, ledger.now)
    await ledger.run()
    assert (ledger.shown(ANN), ledger.shown(BEN)) == ([], ["a"])


@pytest.mark.parametrize("blog", [BLOG, None])
async def test_a_hold_stops_what_already_waits_and_the_release_lets_it_go_on(ledger: Ledger, blog: str | None) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.store.hold(blog, ledger.now)
    assert await ledger.run() == []
    await ledger.store.release(blog, ledger.now)
    await ledger.run()
    assert ledger.shown(ANN) == ["a"]


async def test_withdrawals_and_pushes_and_other_blogs_pass_a_hold(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.follow(ANN, blog="flood")
    await ledger.publish("a")
    await ledger.run()
    await ledger.store.hold(BLOG, ledger.now)
    await ledger.publish("b")
    await ledger.withdraw("a")
    push = await ledger.push(blog=BLOG)
    assert {claim.posts[0].id for claim in await ledger.claim()} == {ledger.numbers["a"]}, "before any expansion"
    await ledger.store.recover("main", "resend", ledger.now)
    await ledger.publish("c", blog="flood")
    await ledger.run()
    assert ledger.shown(ANN) == ["a", f"push {push}", "c"]
    assert ledger.revisions(ANN, "a") == [2]


async def test_releasing_one_blog_does_not_end_the_hold_of_all(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.store.hold(None, ledger.now)
    await ledger.publish("a")
    await ledger.store.release(BLOG, ledger.now)
    assert await ledger.run() == []
    assert await ledger.store.latest(blogs=[BLOG], now=ledger.now + 9, limit=5) == []


async def test_a_release_does_not_shorten_the_time_that_every_post_of_the_blog_waits(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.store.hold(BLOG, ledger.now)
    await ledger.publish("a", hold=600.0)
    ledger.now += 60
    await ledger.store.release(BLOG, ledger.now)
    assert await ledger.run() == []
    assert await ledger.store.latest(blogs=[BLOG], now=ledger.now, limit=5) == []
    ledger.now += 540
    await ledger.run()
    assert ledger.shown(ANN) == ["a"]
    assert len(await ledger.store.latest(blogs=[BLOG], now=ledger.now, limit=5)) == 1


async def test_a_post_that_comes_back_within_its_hold_still_waits_for_the_rest_of_it(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a", hold=60.0)
    ledger.now += 10
    await ledger.withdraw("a")
    ledger.now += 10
    await ledger.restore("a")
    assert await ledger.run() == []
    ledger.now += 40
    await ledger.run()
    assert ledger.shown(ANN) == ["a"]


async def test_an_edit_that_adds_a_topic_within_the_hold_sends_nothing_ahead(ledger: Ledger) -> None:
    await ledger.follow(ANN, "nato")
    await ledger.publish("a", hold=60.0)
    await ledger.edit("a", topics=("nato",))
    assert await ledger.run() == []
    ledger.now += 60
    await ledger.run()
    assert ledger.shown(ANN) == ["a"]


# --- any course of events ------------------------------------------------------------------------------------------

SUBSCRIBERS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0, 5, 8])), min_size=1, max_size=14, unique=True)
BETWEEN = st.lists(
    st.one_of(
        st.tuples(st.just("leave"), st.integers(0, 13)),
        st.tuples(st.just("come"), st.integers(10, 14)),
        st.tuples(st.just("close"), st.integers(0, 13)),
        st.just(("edit", 0)),
        st.just(("chunk", 0)),
        st.just(("chunk", 0)),
    ),
    max_size=12,
)


@dataclass
class Course:
    """What one expansion should come to: places (chat, thread) that are in the audience until they go."""

    ledger: Ledger
    owed: set[tuple[int, int]] = field(default_factory=set)
    ours: dict[int, int] = field(default_factory=dict)

    async def begin(self, places: list[tuple[int, int]]) -> None:
        for chat, thread in places:
            self.ours[chat] = await self.ledger.follow(-1000 - chat, thread=thread, kind="supergroup")
        self.owed = set(places)

    async def act(self, act: str, number: int, places: list[tuple[int, int]]) -> None:
        place = places[number % len(places)]
        if act == "leave":
            await self.ledger.leave(self.ours[place[0]], thread=place[1])
            self.owed.discard(place)
        elif act == "close":
            await self.ledger.store.close_chat(self.ours[place[0]], "gone", self.ledger.now)
            self.owed = {one for one in self.owed if one[0] != place[0]}
        elif act == "come":
            await self.ledger.follow(-1000 - number, kind="supergroup")
        elif act == "edit":
            await self.ledger.edit("a")
        else:
            await self.ledger.store.expand(self.ledger.now)


async def _unfold(
    store: Store, places: list[tuple[int, int]], acts: list[tuple[str, int]], withdrawn: bool, push: bool
) -> None:
    course = Course(Ledger(store))
    await course.begin(places)
    course.ledger.now += 1
    number = await course.ledger.push() if push else (await course.ledger.publish("a"))[0]
    course.ledger.now += 1
    for act, which in acts:
        if not (push and act == "edit"):
            await course.act(act, which, places)
    if withdrawn and not push:
        await course.ledger.withdraw("a")
    await course.ledger.run()
    got = [
        (-1000 - chat, thread)
        for (chat, thread), screen in course.ledger.screens.chats.items()
        for carried in screen.values()
        if any(post == number for post, _ in carried)
    ]
    assert len(got) == len(set(got)), "twice in one place"
    assert await course.ledger.waiting() == 0
    if push:  # once in each chat that still follows something, wherever
        reached = [chat for chat, _ in got]
        assert len(reached) == len(set(reached))
        assert set(reached) == {chat for chat, _ in course.owed}
    elif withdrawn:
        assert got == []
    else:
        assert set(got) == course.owed


@settings(deadline=None, max_examples=60)
@given(
    places=SUBSCRIBERS, acts=BETWEEN, chunk=st.integers(1, 6), origin=st.integers(0, 15), ends=st.sampled_from("-wp")
)
def test_whatever_happens_between_the_chunks_who_stayed_is_reached_once_and_nobody_else(
    places: list[tuple[int, int]], acts: list[tuple[str, int]], chunk: int, origin: int, ends: str
) -> None:
    async def story(folder: str) -> None:
        store = open_store(f"sqlite:///{folder}/relay.db")
        try:
            await _unfold(store, places, acts, ends == "w", ends == "p")
        finally:
            await store.close()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(expansion, "CHUNK", chunk)
        patch.setattr("random.randint", lambda low, high: min(origin, high))
        asyncio.run(story(folder))
