"""What Telegram refused: counted by its reason, and tried again when somebody says so."""

from __future__ import annotations

import pytest

from bot.core.model import ChatClosed, Outcome, Refused
from bot.core.plan import Send
from bot.core.standing import Refusal
from bot.desk import Desk
from storage import Act, Claim, refused
from tests.ledger import NOON, Ledger
from tests.newsroom import settings_of

ANN, BEN, CLEO = 2001, 2002, 2003
TOO_LONG, NO_RIGHTS = "Bad Request: message is too long", "Bad Request: not enough rights to send text messages"


def desk_of(ledger: Ledger) -> Desk:
    return Desk(ledger.store, settings_of, clock=lambda: ledger.now)


def refusing(**reasons: str) -> dict[int, str]:
    return {{"ann": ANN, "ben": BEN, "cleo": CLEO}[name]: why for name, why in reasons.items()}


async def refuse(ledger: Ledger, reasons: dict[int, str]) -> None:
    """Everything that is due leaves; these chats refuse it, in any form."""

    def answer(claim: Claim) -> Outcome | None:
        return Refused(why=reasons[claim.telegram_id]) if claim.telegram_id in reasons else None

    await ledger.expand()
    while await ledger.deliver(answer):
        pass


@pytest.fixture
async def three(ledger: Ledger) -> Ledger:
    for person in (ANN, BEN, CLEO):
        await ledger.follow(person)
    return ledger


async def test_refused_deliveries_are_counted_by_the_reason(three: Ledger) -> None:
    await three.publish("a")
    await refuse(three, refusing(ann=TOO_LONG, ben=TOO_LONG, cleo=NO_RIGHTS))
    three.now += 60
    await three.publish("b")
    await refuse(three, refusing(ann=TOO_LONG))
    a, b = three.numbers["a"], three.numbers["b"]
    assert await three.store.refused("main") == [
        Refusal(why=TOO_LONG, rows=3, chats=2, last_at=NOON + 60, newest_post=b),
        Refusal(why=NO_RIGHTS, rows=1, chats=1, last_at=NOON, newest_post=a),
    ]
    assert await three.store.refused("other") == []


async def test_who_is_closed_or_asleep_or_waits_was_not_refused(three: Ledger) -> None:
    await three.choose(await three.chat(ANN), muted_until=NOON + 60)
    await three.publish("a")
    await three.expand()
    await three.deliver(lambda claim: ChatClosed(why="blocked") if claim.telegram_id == BEN else None)
    await three.publish("b")
    assert await three.store.refused("main") == []


async def test_what_was_refused_is_sent_when_it_is_put_back(three: Ledger) -> None:
    await three.publish("a")
    await refuse(three, refusing(ann=TOO_LONG, ben=TOO_LONG, cleo=NO_RIGHTS))
    assert await desk_of(three).requeue(person=1001) == 3
    await three.run()
    assert [three.shown(person) for person in (ANN, BEN, CLEO)] == [["a"], ["a"], ["a"]]
    assert await three.store.refused("main") == []


async def test_one_reason_alone_is_put_back(three: Ledger) -> None:
    await three.publish("a")
    await refuse(three, refusing(ann=TOO_LONG, cleo=NO_RIGHTS))
    assert await desk_of(three).requeue(NO_RIGHTS) == 1
    await three.run()
    assert [three.shown(person) for person in (ANN, BEN, CLEO)] == [[], ["a"], ["a"]]
    assert [one.why for one in await three.store.refused("main")] == [TOO_LONG]


async def test_what_is_put_back_is_tried_in_its_usual_form_first(three: Ledger) -> None:
    await three.publish("a")
    await refuse(three, refusing(ann=TOO_LONG))
    await desk_of(three).requeue()
    (claim,) = await three.claim()
    assert isinstance(claim.action, Send)
    assert [(row.plain, row.attempts) for row in claim.action.rows] == [(False, 0)]


async def test_an_edit_that_was_refused_is_tried_again(three: Ledger) -> None:
    await three.publish("a")
    await three.run()
    await three.edit("a")
    three.now += 60
    await refuse(three, refusing(ben=TOO_LONG))
    assert three.revisions(BEN, "a") == [1]
    assert await desk_of(three).requeue() == 1
    await three.run()
    assert three.revisions(BEN, "a") == [2]


async def test_a_chat_that_was_closed_meanwhile_waits_for_that(three: Ledger) -> None:
    await three.publish("a")
    await refuse(three, refusing(ann=TOO_LONG, ben=TOO_LONG))
    await three.store.close_chat(await three.chat(ANN), "blocked", three.now)
    assert [one.rows for one in await three.store.refused("main")] == [1]
    assert await desk_of(three).requeue() == 1
    assert [claim.telegram_id for claim in await three.deliver()] == [BEN]


async def test_many_are_put_back_in_steps_and_noted_once(three: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused, "ROWS", 2)
    for key in ("a", "b", "c"):
        await three.publish(key)
    await refuse(three, refusing(ann=TOO_LONG, ben=TOO_LONG, cleo=NO_RIGHTS))
    assert await desk_of(three).requeue(TOO_LONG, person=1001) == 6
    (noted,) = [act for acts in [await acts_of(three)] for act in acts if act.act == "requeue"]
    assert noted == Act(at=NOON, act="requeue", person=1001, chats=6, words=TOO_LONG)


async def test_nothing_is_noted_where_there_was_nothing_to_put_back(three: Ledger) -> None:
    assert await desk_of(three).requeue(person=1001) == 0
    assert await acts_of(three) == []


async def test_what_is_refused_again_meanwhile_is_put_back_once(three: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the two would go round for ever."""
    monkeypatch.setattr(refused, "ROWS", 1)
    await three.publish("a")
    await refuse(three, refusing(ann=TOO_LONG, ben=TOO_LONG))
    act = Act(at=three.now, act="requeue")
    three.now += 1
    noted, steps = None, 0
    while True:
        some, noted = await three.store.requeue_some("main", act, noted)
        if not some:
            break
        steps += some
        await refuse(three, refusing(ann=TOO_LONG, ben=TOO_LONG))
    assert steps == 2


async def acts_of(ledger: Ledger) -> list[Act]:
    return [act async for acts in ledger.store.every_act() for act in acts]
