"""Edits, withdrawals and returns: what a chat shows follows the post, whatever is under way when it changes."""

from __future__ import annotations

import pytest

from bot.core.model import Lane, Refused, TryLater
from bot.core.plan import Delete, Edit
from storage import Claim
from tests.ledger import Ledger

ANN = 2001
QUIET, LONG = 20.0, 172_800.0

FLOODED = TryLater(why="Too Many Requests", after=30.0, flood=True)
FAILED = TryLater(why="Internal Server Error", after=5.0)
REFUSED = Refused(why="Bad Request: something new")


async def one_claim(ledger: Ledger) -> Claim:
    (claim,) = await ledger.claim()
    return claim


# --- edits ---------------------------------------------------------------------------------------------------------


async def test_ten_quick_edits_leave_as_one(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    for _ in range(10):
        await ledger.edit("a", edit_quiet=QUIET)
        ledger.now += 1
    assert await ledger.run() == []
    assert await ledger.store.next_due("main", ledger.now) == ledger.now + 10
    ledger.now += 10
    assert len(await ledger.run()) == 1
    assert ledger.revisions(ANN, "a") == [11]
    ledger.now += QUIET
    assert await ledger.run() == []


async def test_an_edit_long_after_the_message_changes_it_no_more_and_a_withdrawal_does(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    ledger.now += LONG
    await ledger.edit("a", edits_for=LONG)
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [2], "to the second"
    ledger.now += 1
    await ledger.edit("a", edits_for=LONG)
    assert await ledger.run() == []
    await ledger.withdraw("a", edits_for=LONG)
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [4]


async def test_an_edit_while_the_first_sending_is_under_way_leads_to_an_edit_of_it(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    claim = await one_claim(ledger)
    await ledger.edit("a")
    await ledger.settle(claim, ledger.screens.perform(claim))
    (edit,) = await ledger.run()
    assert isinstance(edit.action, Edit)
    assert edit.action.rows[0].lane is Lane.EDIT
    assert ledger.revisions(ANN, "a") == [2]


async def test_an_edit_while_an_edit_is_under_way_leads_to_another(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    claim = await one_claim(ledger)
    await ledger.edit("a")
    await ledger.settle(claim, ledger.screens.perform(claim))
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [3]


async def test_a_first_sending_that_fails_while_its_post_is_edited_keeps_its_place(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    claim = await one_claim(ledger)
    await ledger.edit("a")
    ledger.now += 1
    await ledger.publish("b")
    await ledger.settle(claim, FLOODED)
    ledger.now += 60
    await ledger.run()
    assert ledger.shown(ANN) == ["a", "b"]


async def test_an_edit_that_is_refused_while_the_next_one_comes_does_not_stop_that(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    await ledger.settle(await one_claim(ledger), REFUSED)
    claim = await one_claim(ledger)
    assert claim.action.rows[0].plain
    await ledger.edit("a")
    await ledger.settle(claim, REFUSED)
    again = await one_claim(ledger)
    assert not again.action.rows[0].plain, "the new text has not been refused in any form"
    await ledger.settle(again, ledger.screens.perform(again))
    assert ledger.revisions(ANN, "a") == [3]


async def test_what_was_refused_in_every_form_waits_no_more_and_gets_a_new_chance_with_a_new_text(
    ledger: Ledger,
) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    assert len(await ledger.deliver(lambda claim: REFUSED)) == 2
    assert await ledger.waiting() == 0
    await ledger.publish("b")
    await ledger.run()
    assert ledger.shown(ANN) == ["b"]
    await ledger.edit("a")
    await ledger.run()
    assert ledger.shown(ANN) == ["b", "a"]


async def test_a_row_that_waits_for_its_edit_does_not_lose_its_turn_to_a_newer_edit(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a", "b")
    await ledger.run()
    await ledger.edit("a")
    ledger.now += 1
    await ledger.edit("b")
    ledger.now += 1
    await ledger.edit("a")
    assert [claim.action.rows[0].post for claim in await ledger.deliver()] == [
        ledger.numbers["a"],
        ledger.numbers["b"],
    ]


# --- withdrawals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "left"), [("notice", ["a"]), ("strike", ["a"]), ("keep", ["a"]), ("delete", [])])
async def test_what_a_withdrawal_leaves_and_that_it_leaves_nothing_waiting(
    ledger: Ledger, how: str, left: list[str]
) -> None:
    ledger.on_withdrawal = how
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.withdraw("a")
    await ledger.run()
    assert ledger.shown(ANN) == left
    assert await ledger.waiting() == 0


@pytest.mark.parametrize("how", ["notice", "strike", "keep", "delete"])
async def test_a_post_that_returns_stands_in_the_chat_again(ledger: Ledger, how: str) -> None:
    ledger.on_withdrawal = how
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.withdraw("a")
    await ledger.run()
    await ledger.restore("a")
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [3]


async def test_a_post_that_returns_while_its_message_is_taken_away_is_sent_anew(ledger: Ledger) -> None:
    ledger.on_withdrawal = "delete"
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.withdraw("a")
    claim = await one_claim(ledger)
    assert isinstance(claim.action, Delete)
    await ledger.restore("a")
    await ledger.settle(claim, ledger.screens.perform(claim))
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [3]


async def test_a_post_withdrawn_before_it_was_sent_and_back_again_is_sent_once_in_its_place(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a", "b")
    claim = await one_claim(ledger)
    await ledger.withdraw("a")
    await ledger.withdraw("b")
    await ledger.settle(claim, FAILED)
    await ledger.restore("a")
    await ledger.restore("b")
    ledger.now += 60
    await ledger.run()
    assert ledger.shown(ANN) == ["a", "b"]


async def test_a_first_sending_that_fails_after_the_withdrawal_is_not_repeated(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    claim = await one_claim(ledger)
    await ledger.withdraw("a")
    await ledger.settle(claim, FAILED)
    ledger.now += 60
    assert await ledger.run() == []
    assert await ledger.waiting() == 0


async def test_a_first_sending_that_arrives_after_the_withdrawal_is_replaced(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    claim = await one_claim(ledger)
    await ledger.withdraw("a")
    await ledger.settle(claim, ledger.screens.perform(claim))
    (edit,) = await ledger.run()
    assert edit.posts[0].withdrawn_at is not None
    assert ledger.revisions(ANN, "a") == [2]
