"""What waits, how many and until when; and what becomes of it when the process is killed or stops."""

from __future__ import annotations

import pytest

from bot.core.model import Lane, Outcome, TryLater
from bot.core.plan import Edit
from storage import Again, Claim, looking, queued
from tests.engines import opened
from tests.ledger import BLOG, Ledger

ANN, BEN = 2001, 2002

FLOODED = TryLater(why="Too Many Requests", after=30.0, flood=True)
FAILED = TryLater(why="Internal Server Error", after=5.0)


async def one_claim(ledger: Ledger) -> Claim:
    (claim,) = await ledger.claim()
    return claim


# --- kills, and stops ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ambiguous", "again"), [("resend", True), ("drop", False)])
async def test_after_a_kill_first_sends_in_doubt_are_treated_as_configured_and_edits_are_done_again(
    ledger: Ledger, fresh_url: str, ambiguous: str, again: bool
) -> None:
    await ledger.follow(ANN)
    await ledger.follow(BEN, "nato")
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a", topics=("nato",))
    await ledger.expand()
    assert len(await ledger.claim()) == 2, "an edit for one, the first send for the other"
    await ledger.store.close()
    ledger.store = opened(fresh_url)
    assert await ledger.deliver() == []
    assert await ledger.store.recover("main", ambiguous, ledger.now) == 2
    assert await ledger.store.recover("main", ambiguous, ledger.now) == 0
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [2]
    assert (ledger.shown(BEN) == ["a"]) is again
    await ledger.edit("a", topics=("nato",))
    await ledger.run()
    assert await ledger.waiting() == 0
    await ledger.store.close()


async def test_what_was_in_doubt_is_not_sent_to_who_left_meanwhile(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    await one_claim(ledger)
    await ledger.leave(ann)
    assert await ledger.store.recover("main", "resend", ledger.now) == 1
    assert await ledger.run() == []
    assert await ledger.waiting() == 0


@pytest.mark.parametrize("leaves", [False, True])
async def test_claims_that_are_given_back_are_as_they_were(ledger: Ledger, leaves: bool) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a", "b")
    claims = await ledger.claim()
    if leaves:
        await ledger.leave(ann)
    await ledger.store.release_claims(claims)
    await ledger.run()
    assert ledger.shown(ANN) == ([] if leaves else ["a", "b"])
    assert await ledger.store.recover("main", "resend", ledger.now) == 0


# --- what waits ----------------------------------------------------------------------------------------------------


async def test_the_queue_counts_what_waits_by_lane(ledger: Ledger) -> None:
    for person in (ANN, BEN):
        await ledger.follow(person)
    await ledger.publish("old")
    await ledger.run()
    await ledger.publish("a", "b")
    await ledger.edit("old")
    await ledger.push()
    assert await ledger.store.queue("main") == {Lane.BREAKING: 2, Lane.LIVE: 4, Lane.EDIT: 2}
    await ledger.run()
    assert await ledger.store.queue("main") == {}


@pytest.mark.parametrize("answer", [FAILED, FLOODED], ids=["failed", "flooded"])
async def test_the_next_moment_is_when_something_that_waits_becomes_due(ledger: Ledger, answer: Outcome) -> None:
    await ledger.follow(ANN)
    assert await ledger.store.next_due("main", ledger.now) is None
    await ledger.publish("a")
    assert await ledger.store.next_due("main", ledger.now) is None, "due already"
    await ledger.deliver(lambda claim: answer)
    due = await ledger.store.next_due("main", ledger.now)
    assert due is not None
    ledger.now = due - 0.001
    assert await ledger.run() == []
    ledger.now = due
    assert len(await ledger.run()) == 1


async def test_whoever_may_have_heard_something_at_the_last_moment_is_told_until_that_is_settled(
    ledger: Ledger,
) -> None:
    await ledger.follow(ANN)
    await ledger.follow(-1009, kind="supergroup")
    await ledger.publish("a")
    assert await ledger.store.in_doubt("main") == []
    claims = await ledger.claim()
    assert sorted(await ledger.store.in_doubt("main")) == [(-1009, "supergroup"), (ANN, "private")]
    await ledger.settle(claims[0], ledger.screens.perform(claims[0]))
    assert len(await ledger.store.in_doubt("main")) == 1
    await ledger.store.recover("main", "resend", ledger.now)
    assert await ledger.store.in_doubt("main") == []


async def test_recent_sends_are_told_with_their_chat_and_time_oldest_first(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    ledger.now += 10
    await ledger.follow(-1009, kind="supergroup")
    await ledger.publish("b")
    await ledger.run()
    start = ledger.now - 10
    assert await ledger.store.recent_sends(start - 1) == [
        (ANN, "private", start),
        (ANN, "private", ledger.now),
        (-1009, "supergroup", ledger.now),
    ]
    assert await ledger.store.recent_sends(start) == [
        (ANN, "private", ledger.now),
        (-1009, "supergroup", ledger.now),
    ]


async def test_another_bots_rows_are_left_alone(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    found = await ledger.store.claim(
        bot="es", now=ledger.now, limit=9, busy=frozenset(), on_withdrawal=lambda blog: "notice"
    )
    assert found.claims == []
    assert await ledger.store.queue("es") == {}


async def test_a_held_blogs_rows_are_passed_over_at_one_look(ledger: Ledger) -> None:
    for person in range(3000, 3005):
        await ledger.follow(person)
    await ledger.follow(ANN, blog="flood")
    await ledger.publish("a", "b")
    await ledger.store.hold(BLOG, ledger.now)
    ledger.now += 1
    await ledger.publish("c", blog="flood")
    assert [claim.telegram_id for claim in await ledger.claim(limit=2)] == [ANN]


# --- what stands in nobody's way, however much of it there is --------------------------------------------------------


@pytest.fixture
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "STRETCHES", 3)
    monkeypatch.setattr(looking, "PASSED_OVER", 6)
    monkeypatch.setattr(looking, "FEWEST", 2)


@pytest.mark.usefixtures("_short_looks")
async def test_what_waits_for_one_chat_that_rests_holds_up_no_other(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    keys = [f"a{number}" for number in range(20)]
    for key in keys:
        await ledger.publish(key)
        await ledger.run()
    for key in keys:
        await ledger.edit(key)
        ledger.now += 1
    await ledger.expand()
    await ledger.settle(await one_claim(ledger), FLOODED)
    await ledger.follow(BEN, "nato")
    await ledger.edit("a19", topics=("nato",))
    await ledger.publish("b", topics=("nato",))
    await ledger.run()
    assert ledger.shown(BEN) == ["a19", "b"]
    ledger.now += 60
    await ledger.run()
    assert await ledger.waiting() == 0


@pytest.mark.usefixtures("_short_looks")
async def test_what_waits_in_a_held_blog_holds_up_no_other(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.follow(BEN, blog="calm")
    for number in range(10):
        await ledger.publish(f"a{number}")
        await ledger.expand()
        ledger.now += 1
    await ledger.store.hold(BLOG, ledger.now)
    await ledger.publish("b", blog="calm")
    await ledger.run()
    assert (ledger.shown(ANN), ledger.shown(BEN)) == ([], ["b"])


@pytest.mark.usefixtures("_short_looks")
async def test_a_blog_with_a_long_queue_holds_up_no_other(ledger: Ledger) -> None:
    for person in range(3000, 3100):
        await ledger.follow(person)
    await ledger.follow(ANN, blog="calm")
    for number in range(10):
        await ledger.publish(f"a{number}")
        ledger.now += 1
    await ledger.publish("b", blog="calm")
    await ledger.expand()
    claims = [claim for _ in range(10) for claim in await ledger.claim(limit=4)]
    assert ANN in [claim.telegram_id for claim in claims]


class Passed(set[int]):
    """Chats that rest; counts how many of them were looked at."""

    looks = 0

    def __contains__(self, chat: object) -> bool:
        self.looks += super().__contains__(chat)
        return super().__contains__(chat)


@pytest.mark.usefixtures("_short_looks")
async def test_of_the_chats_that_rest_a_claim_looks_at_few_and_the_others_come_to_every_free_one(
    ledger: Ledger,
) -> None:
    people = range(3000, 3100)
    for person in people:
        await ledger.follow(person)
    for number in range(5):
        await ledger.publish(f"a{number}")
        ledger.now += 1
    await ledger.expand()
    busy, claimed = Passed(set(people) - {3050}), []
    for _ in range(300):
        busy.looks = 0
        found = await ledger.store.claim(
            bot="main", now=ledger.now, limit=9, busy=busy, on_withdrawal=lambda blog: "notice"
        )
        assert busy.looks <= 20
        assert found.claims or found.again is Again.SOON
        claimed += [claim.telegram_id for claim in found.claims]
    assert claimed == [3050]


@pytest.mark.usefixtures("_short_looks")
async def test_rows_that_are_retried_cost_no_more_than_chats_that_rest_and_are_found_when_it_is_time(
    ledger: Ledger,
) -> None:
    people = range(3000, 3050)
    for person in people:
        await ledger.follow(person)
    await ledger.publish("a")
    await ledger.expand()
    for claim in await ledger.claim(limit=50):
        await ledger.settle(claim, FAILED)
    ask = {"bot": "main", "limit": 50, "busy": frozenset(), "on_withdrawal": lambda blog: "notice"}
    found = await ledger.store.claim(now=ledger.now, **ask)  # type: ignore[arg-type]
    assert (found.claims, found.again) == ([], Again.SOON), "rather than through all of them"
    ledger.now += 5
    assert len(await ledger.deliver()) == len(people)


async def test_however_long_a_chat_waited_it_gets_everything_in_its_order(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queued, "ROWS", 5)
    await ledger.follow(ANN)
    await ledger.publish("old")
    await ledger.run()
    keys = [f"a{number:02}" for number in range(30)]
    for key in keys:
        await ledger.publish(key)
        ledger.now += 1
    await ledger.edit("old")
    await ledger.expand()
    (claim,) = await ledger.claim()
    assert len(claim.posts) == 5
    await ledger.settle(claim, FAILED)
    (claim,) = await ledger.claim()
    assert isinstance(claim.action, Edit), "what is retried holds back its lane and no other"
    await ledger.settle(claim, ledger.screens.perform(claim))
    ledger.now += 60
    await ledger.run()
    assert "+".join(ledger.shown(ANN)).split("+") == ["old", *keys]
