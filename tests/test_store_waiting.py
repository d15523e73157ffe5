"""What waits, how many and until when; and what becomes of it when the process is killed or stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.model import Lane, Outcome, TryLater
from storage import Claim, open_store
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
    ledger: Ledger, tmp_path: Path, ambiguous: str, again: bool
) -> None:
    await ledger.follow(ANN)
    await ledger.follow(BEN, "nato")
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a", topics=("nato",))
    await ledger.expand()
    assert len(await ledger.claim()) == 2, "an edit for one, the first send for the other"
    await ledger.store.close()
    ledger.store = open_store(f"sqlite:///{tmp_path}/relay.db")
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
    claims, _ = await ledger.store.claim(
        bot="es", now=ledger.now, limit=9, busy=frozenset(), on_withdrawal=lambda blog: "notice"
    )
    assert claims == []
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
