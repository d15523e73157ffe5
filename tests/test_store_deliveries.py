"""Due rows out, settlements in: what leaves first, what waits, and that no row is ever stuck."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Lane, Outcome, TryLater, Unknown
from bot.core.plan import Edit, Send
from storage import Again, Claim, claims, expansion
from tests.ledger import Ledger, blocked

ANN, BEN, CLEO = 2001, 2002, 2003
QUIET, LONG = 20.0, 172_800.0


FLOODED = TryLater(why="Too Many Requests", after=30.0, flood=True)
FAILED = TryLater(why="Internal Server Error", after=5.0)


async def one_claim(ledger: Ledger) -> Claim:
    (claim,) = await ledger.claim()
    return claim


# --- what leaves first ---------------------------------------------------------------------------------------------


async def test_the_most_urgent_leaves_first_and_within_a_lane_the_oldest(ledger: Ledger) -> None:
    for person in (ANN, BEN, CLEO):
        await ledger.follow(person)
    await ledger.publish("old")
    await ledger.run()
    await ledger.edit("old")
    await ledger.publish("a")
    ledger.now += 1
    await ledger.publish("b")
    await ledger.withdraw("old")
    push = await ledger.push()
    await ledger.expand()
    order = await ledger.claim(limit=3)
    assert [type(claim.action) for claim in order] == [Edit] * 3, "withdrawals"
    for claim in order:
        await ledger.settle(claim, ledger.screens.perform(claim))
    said = [claim.posts[0].id for claim in await ledger.deliver()]
    assert said == [push] * 3 + [ledger.numbers["a"]] * 3 + [ledger.numbers["b"]] * 3


async def test_an_edit_leaves_after_what_is_new(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    ledger.now += 1
    await ledger.publish("b")
    assert [type(claim.action) for claim in await ledger.deliver()] == [Send, Edit]


async def test_one_action_for_a_chat_at_a_time_and_none_for_the_busy(ledger: Ledger) -> None:
    for person in (ANN, BEN, CLEO):
        await ledger.follow(person)
    await ledger.publish("a", "b")
    store, ask = ledger.store, {"bot": "main", "now": ledger.now, "limit": 9, "on_withdrawal": lambda blog: "notice"}
    claims, again = await store.claim(busy={BEN}, **ask)  # type: ignore[arg-type]
    assert ([claim.telegram_id for claim in claims], again) == ([ANN, CLEO], Again.RESTED)
    claims, again = await store.claim(busy={ANN, CLEO}, **ask)  # type: ignore[arg-type]
    assert ([claim.telegram_id for claim in claims], again) == ([BEN], Again.RESTED)


async def test_no_more_is_claimed_than_asked_for(ledger: Ledger) -> None:
    for person in (ANN, BEN, CLEO):
        await ledger.follow(person)
    await ledger.publish("a")
    assert [len(await ledger.claim(limit=2)) for _ in range(3)] == [2, 1, 0]


async def test_a_blog_with_many_readers_does_not_hold_up_one_with_few(ledger: Ledger) -> None:
    for person in range(3000, 3040):
        await ledger.follow(person)
    await ledger.follow(ANN, blog="flood")
    await ledger.publish("a")
    ledger.now += 1
    await ledger.publish("b", blog="flood")
    await ledger.expand()
    assert ANN in {claim.telegram_id for claim in await ledger.claim(limit=4)}


async def test_edits_leave_now_and_then_however_much_is_new(ledger: Ledger) -> None:
    for person in range(3000, 3008):
        await ledger.follow(person, "nato")
    await ledger.publish("old", topics=("nato",))
    await ledger.run()
    await ledger.edit("old", topics=("nato",))
    for person in range(3008, 3100):
        await ledger.follow(person)
    await ledger.publish("new")
    await ledger.expand()
    kinds = [type(claim.action) for claim in [await one_claim_of(ledger) for _ in range(16)]]
    assert kinds.count(Edit) == 4


async def one_claim_of(ledger: Ledger) -> Claim:
    (claim,) = await ledger.claim(limit=1)
    return claim


async def test_a_lane_that_is_left_out_waits_and_holds_up_no_other(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    await ledger.follow(BEN)
    await ledger.publish("b")
    await ledger.expand()
    ask = {"bot": "main", "now": ledger.now + QUIET, "limit": 9, "busy": (), "on_withdrawal": lambda blog: "notice"}
    found = await ledger.store.claim(**ask, without=(Lane.EDIT,))  # type: ignore[arg-type]
    assert {type(claim.action) for claim in found.claims} == {Send}


async def test_who_rests_at_the_head_of_the_queue_is_asked_again_after_all_others(ledger: Ledger) -> None:
    people = range(3000, 3010)
    for person in people:
        await ledger.follow(person)
    await ledger.publish("a")
    await ledger.expand()
    busy, order = set(people[:5]), []
    while claims := await ledger.claim(limit=2, busy=busy):
        order += [claim.telegram_id for claim in claims]
        busy = set() if len(order) >= 4 else busy
    assert order[:4] == list(people[5:9])
    assert sorted(order) == list(people)


async def test_a_claim_says_where_it_goes_and_carries_its_posts_as_they_are_now(ledger: Ledger) -> None:
    await ledger.store.meet(
        bot="main", telegram_id=-1009, kind="supergroup", title="Harbour", language="uk", now=ledger.now
    )
    await ledger.follow(-1009, thread=7, kind="supergroup")
    await ledger.publish("a")
    await ledger.edit("a", text="Newer.", edit_quiet=QUIET)
    claim = await one_claim(ledger)
    assert (claim.bot, claim.telegram_id, claim.kind, claim.language) == ("main", -1009, "supergroup", "uk")
    assert claim.action.rows[0].thread == 7
    assert [(post.text, post.revision) for post in claim.posts] == [("Newer.", 2)]


async def test_three_waiting_posts_leave_in_one_message_and_are_followed_one_by_one(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a", "b", "c")
    await ledger.run()
    assert ledger.shown(ANN) == ["a+b+c"]
    await ledger.edit("b")
    (edit,) = await ledger.run()
    assert [row.post for row in edit.action.rows] == [ledger.numbers["b"]]
    assert [post.revision for post in edit.posts] == [1, 2, 1]
    await ledger.withdraw("c")
    await ledger.run()
    assert ledger.screens.of(ANN) == [tuple((ledger.numbers[key], n) for key, n in (("a", 1), ("b", 2), ("c", 2)))]


async def test_a_chat_whose_first_row_is_retried_stands_in_nobodys_way(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.settle(await one_claim(ledger), FAILED)
    await ledger.publish("b")
    await ledger.follow(BEN)
    ledger.now += 1
    await ledger.publish("c")
    claims = await ledger.claim(limit=1)
    assert [claim.telegram_id for claim in claims] == [BEN]


async def test_what_is_being_retried_holds_back_its_lane_and_thread_and_no_other(ledger: Ledger) -> None:
    await ledger.follow(-1009, kind="supergroup")
    await ledger.follow(-1009, kind="supergroup", thread=7)
    await ledger.publish("a")
    for claim in await ledger.claim():
        await ledger.settle(claim, FAILED)
    for claim in await ledger.claim():
        await ledger.settle(claim, ledger.screens.perform(claim))
    push = await ledger.push()
    await ledger.publish("b")
    await ledger.run()
    assert (ledger.shown(-1009), ledger.shown(-1009, 7)) == ([f"push {push}"], ["a", "b"])
    ledger.now += 5
    await ledger.run()
    assert ledger.shown(-1009) == [f"push {push}", "a", "b"]


async def test_posts_withdrawn_before_they_were_sent_hold_up_nobody(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LOOK_AT", 4)
    monkeypatch.setattr(expansion, "CHUNK", 3)
    for person in range(3000, 3020):
        await ledger.follow(person)
    await ledger.publish("a")
    await ledger.expand()
    await ledger.withdraw("a")
    await ledger.publish("b")
    assert [claim.posts[0].id for claim in await ledger.claim(limit=1)] == [ledger.numbers["b"]]


async def test_rows_that_need_no_message_are_settled_in_passing_however_many(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LOOK_AT", 4)
    ledger.on_withdrawal = "keep"
    for person in range(3000, 3020):
        await ledger.follow(person)
    await ledger.publish("a")
    await ledger.run()
    await ledger.withdraw("a")
    await ledger.publish("b")
    assert [claim.posts[0].id for claim in await ledger.claim(limit=1)] == [ledger.numbers["b"]]


async def test_others_have_their_turn_while_many_rows_that_need_no_message_are_settled(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LOOK_AT", 2)
    ledger.on_withdrawal = "keep"
    for person in range(3000, 3020):
        await ledger.follow(person)
    await ledger.publish("a")
    await ledger.run()
    await ledger.withdraw("a")
    await ledger.expand()
    claiming, turns = asyncio.create_task(ledger.claim(limit=1)), 0
    while not claiming.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 10


# --- what comes of an action ---------------------------------------------------------------------------------------


async def test_a_flood_wait_is_the_chats_and_not_the_posts(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.follow(BEN)
    await ledger.publish("a")
    await ledger.deliver(lambda claim: FLOODED if claim.telegram_id == ANN else None)
    await ledger.push()
    await ledger.run()
    assert (ledger.shown(ANN), len(ledger.shown(BEN))) == ([], 2)
    assert await ledger.store.next_due("main", ledger.now) == ledger.now + 30
    ledger.now += 30
    await ledger.run()
    assert len(ledger.shown(ANN)) == 2
    assert await ledger.store.next_due("main", ledger.now) is None


async def test_a_bad_moment_is_waited_out_ever_longer(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    waits = []
    for _ in range(6):
        await ledger.deliver(lambda claim: FAILED)
        due = await ledger.store.next_due("main", ledger.now)
        assert due is not None
        waits.append(due - ledger.now)
        ledger.now = due
    assert waits == [5.0, 5.0, 5.0, 8.0, 16.0, 32.0]
    await ledger.run()
    assert ledger.shown(ANN) == ["a"]


@pytest.mark.parametrize(("ambiguous", "attempts"), [("resend", 2), ("drop", 1)])
async def test_a_lost_answer_is_sent_again_or_taken_for_sent(ledger: Ledger, ambiguous: str, attempts: int) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.settle(await one_claim(ledger), Unknown(why="timed out"), ambiguous)
    ledger.now += 60
    assert len(await ledger.deliver()) == attempts - 1
    await ledger.edit("a")
    await ledger.run()
    assert await ledger.waiting() == 0


async def test_a_message_that_somebody_took_away_is_followed_no_more(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    await ledger.deliver(lambda claim: Gone(why="message to edit not found"))
    await ledger.edit("a")
    await ledger.withdraw("a")
    assert await ledger.run() == []
    assert await ledger.waiting() == 0


async def test_an_edit_that_changes_nothing_keeps_what_is_known_of_the_picture(ledger: Ledger) -> None:
    from bot.core.model import Done

    await ledger.follow(ANN)
    await ledger.publish("a")
    (claim,) = await ledger.claim()
    ledger.screens.perform(claim)
    await ledger.settle(claim, Done(message_ids=(1,), kind="photo", picture=99))
    await ledger.edit("a")
    await ledger.settle(await one_claim(ledger), Done())
    await ledger.edit("a")
    edit = (await one_claim(ledger)).action
    assert isinstance(edit, Edit)
    assert (edit.message.kind, edit.message.picture) == ("photo", 99)


async def test_a_blocked_bot_is_asked_once_and_keeps_the_subscription(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a", "b")
    assert len(await ledger.deliver(blocked)) == 1
    assert await ledger.waiting() == 0
    chat = await ledger.store.chat("main", ANN)
    assert chat is not None
    assert (chat.open, chat.closed_why) == (False, "Forbidden: bot was blocked by the user")
    assert len(await ledger.store.subscriptions(ann, 0)) == 1


async def test_an_answer_that_comes_after_the_chat_closed_leaves_nothing_waiting(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    claim = await one_claim(ledger)
    await ledger.store.close_chat(ann, "blocked", ledger.now)
    await ledger.settle(claim, FAILED)
    assert await ledger.waiting() == 0
    assert await ledger.store.next_due("main", ledger.now) is None


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_chat_that_closes_and_opens_while_a_message_is_under_way_ends_up_true(
    ledger: Ledger, arrives: bool
) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    claim = await one_claim(ledger)
    await ledger.store.close_chat(ann, "blocked", ledger.now)
    await ledger.store.reopen_chat(ann)
    await ledger.settle(claim, ledger.screens.perform(claim) if arrives else FAILED)
    await ledger.edit("a")
    ledger.now += 60
    await ledger.run()
    assert ledger.revisions(ANN, "a") == ([2] if arrives else [])
    assert await ledger.waiting() == 0


@pytest.mark.parametrize("arrives", [True, False])
async def test_what_is_under_way_when_a_chat_leaves_is_kept_true_or_not_repeated(ledger: Ledger, arrives: bool) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    claim = await one_claim(ledger)
    await ledger.leave(ann)
    await ledger.settle(claim, ledger.screens.perform(claim) if arrives else FAILED)
    await ledger.edit("a")
    ledger.now += 60
    await ledger.run()
    assert ledger.revisions(ANN, "a") == ([2] if arrives else [])
    assert await ledger.waiting() == 0


async def test_a_closed_topic_ends_its_own_subscriptions_and_what_waited_for_them(ledger: Ledger) -> None:
    group = await ledger.follow(-1009, kind="supergroup")
    await ledger.follow(-1009, kind="supergroup", thread=7)
    await ledger.publish("a", "b")
    closed = ChatClosed(why="Bad Request: TOPIC_CLOSED", thread_only=True)
    done = await ledger.deliver(lambda claim: closed if claim.action.rows[0].thread == 7 else None)
    assert len([claim for claim in done if claim.action.rows[0].thread == 7]) == 1
    assert ledger.shown(-1009) == ["a", "b"]
    assert await ledger.store.subscriptions(group, 7) == []
    assert len(await ledger.store.subscriptions(group, 0)) == 1
    assert await ledger.waiting() == 0


async def test_what_stands_in_a_topic_that_was_closed_gets_another_chance_with_its_next_revision(
    ledger: Ledger,
) -> None:
    await ledger.follow(-1009, kind="supergroup", thread=7)
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    closed = ChatClosed(why="Bad Request: TOPIC_CLOSED", thread_only=True)
    await ledger.deliver(lambda claim: closed)
    assert await ledger.waiting() == 0
    await ledger.withdraw("a")
    await ledger.run()
    assert ledger.revisions(-1009, "a", 7) == [3]


async def test_a_topic_that_follows_again_has_its_messages_made_true(ledger: Ledger) -> None:
    group = await ledger.follow(-1009, kind="supergroup", thread=7)
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    await ledger.store.close_thread(group, 7)
    assert await ledger.run() == []
    await ledger.follow(-1009, kind="supergroup", thread=7)
    await ledger.run()
    assert ledger.revisions(-1009, "a", 7) == [2]


async def test_a_group_that_moves_takes_its_row_along_and_its_old_messages_are_dead(ledger: Ledger) -> None:
    await ledger.follow(-500, kind="group")
    await ledger.publish("a")
    await ledger.run()
    await ledger.publish("b")
    await ledger.deliver(lambda claim: ChatMoved(to=-1005) if claim.telegram_id == -500 else None)
    assert (ledger.shown(-500), ledger.shown(-1005)) == (["a"], ["b"])
    await ledger.edit("a")
    await ledger.edit("b")
    await ledger.run()
    assert ledger.revisions(-1005, "b") == [2]
    assert await ledger.waiting() == 0
    assert await ledger.store.chat("main", -500) is None


@pytest.mark.parametrize("answer", [Done(picture=7), Gone(why="message to edit not found")], ids=["done", "gone"])
async def test_a_late_answer_about_a_message_that_is_no_more_leaves_others_messages_alone(
    ledger: Ledger, answer: Outcome
) -> None:
    group = await ledger.follow(-5, kind="group")
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    await ledger.expand()
    claim = await one_claim(ledger)
    await ledger.store.move_chat("main", group, -1005)
    await ledger.follow(ANN)
    await ledger.publish("b")
    await ledger.run()
    await ledger.settle(claim, answer)
    await ledger.edit("b")
    edits = {one.telegram_id: one.action for one in await ledger.run() if one.posts[0].id == ledger.numbers["b"]}
    assert edits.keys() == {ANN, -1005}
    for edit in edits.values():
        assert isinstance(edit, Edit)
        assert edit.message.picture is None


async def test_an_answer_for_a_chat_that_was_forgotten_brings_nothing_back(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    claim = await one_claim(ledger)
    await ledger.store.forget(ann)
    ben = await ledger.follow(BEN)
    assert ben != ann, "numbers of chats are not used again"
    await ledger.settle(claim, ledger.screens.perform(claim))
    assert await ledger.store.recent_sends(0.0) == []
    assert await ledger.waiting() == 0
