"""`wanted` 0: this chat shall not have the post any more, whatever message carries it and whatever is under way."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.albums import WHOLE
from bot.core.model import Done, Gone, Lane, Outcome, Refused
from bot.core.plan import Delete, Drop, Edit, OnScreen, Pin, Send, Waiting, plan
from bot.core.settle import settle
from bot.demo.telegram import Fault
from storage import unwanted
from tests.newsroom import Newsroom, newsroom, post

ANN, BEN = 2001, 2002
NOW = 1000.0


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as one:
        yield one


async def take_back(room: Newsroom, chat: int, *titles: str) -> None:
    met = await room.store.chat("main", chat)
    assert met is not None
    for title in titles:
        found = await room.store.search(words=title, blogs=["storm"], now=room.clock(), limit=1)
        await room.store._db.write(unwanted.take_back, post=found[0].id, chat=met.id, thread=0)
    room.sender.wake()


def rows(tmp_path: Path) -> list[tuple[int, int]]:
    with closing(sqlite3.connect(tmp_path / "relay.db")) as db:
        return db.execute("SELECT wanted, sent FROM delivery ORDER BY chat, post").fetchall()


async def test_a_post_that_is_taken_back_leaves_its_chat_and_stays_in_others(room: Newsroom, tmp_path: Path) -> None:
    await room.follow(ANN, BEN)
    await room.publish(post("boat"))
    await room.shows(ANN, "About boat")
    await room.shows(BEN, "About boat")
    await take_back(room, ANN, "boat")
    await room.telegram.until(lambda: room.screen(ANN) == [])
    await room.quiet()
    assert room.screen(BEN)
    await room.telegram.until(lambda: rows(tmp_path) == [(1, 1)])


async def test_a_message_of_several_posts_loses_its_part_and_goes_with_the_last(room: Newsroom, tmp_path: Path) -> None:
    await room.follow(ANN)
    await room.stop()
    await room.publish(post("boat"), post("harbour"), post("bridge"))
    room.sender._stopped.clear()
    room.start()
    await room.telegram.until(lambda: len(room.screen(ANN)) == 1)
    await take_back(room, ANN, "harbour")
    await room.telegram.until(lambda: "harbour" not in room.screen(ANN)[0])
    assert "boat" in room.screen(ANN)[0]
    assert "bridge" in room.screen(ANN)[0]
    await room.publish(post("harbour", title="About harbour, put right"))
    await room.quiet()
    assert "put right" not in room.screen(ANN)[0]
    await take_back(room, ANN, "boat", "bridge")
    await room.telegram.until(lambda: room.screen(ANN) == [])
    await room.telegram.until(lambda: rows(tmp_path) == [])


async def test_what_is_on_its_way_when_it_is_taken_back_is_taken_away_once_it_is_there(
    room: Newsroom, tmp_path: Path
) -> None:
    go_on = asyncio.Event()
    held = room.telegram.fail(method="sendMessage", error=Fault.hold(go_on))
    await room.follow(ANN)
    await room.publish(post("boat"))
    await held.reached.wait()
    await take_back(room, ANN, "boat")
    go_on.set()
    await room.telegram.until(lambda: any(call.method == "deleteMessage" and call.ok for call in room.telegram.calls))
    await room.telegram.until(lambda: rows(tmp_path) == [])
    assert room.screen(ANN) == []


async def test_what_is_on_its_way_and_does_not_arrive_is_forgotten(room: Newsroom, tmp_path: Path) -> None:
    go_on = asyncio.Event()
    held = room.telegram.fail(method="sendMessage", error=Fault.hold(go_on))
    await room.follow(ANN)
    await room.publish(post("boat"))
    await held.reached.wait()
    await take_back(room, ANN, "boat")
    room.telegram.fail(method="sendMessage", times=None, error=Fault.reset())
    held.lift()
    room.telegram.block(ANN)
    go_on.set()
    await room.telegram.until(lambda: rows(tmp_path) == [])


async def test_what_was_not_sent_yet_never_is(room: Newsroom, tmp_path: Path) -> None:
    await room.follow(ANN)
    await room.stop()
    await room.publish(post("boat"))
    await take_back(room, ANN, "boat")
    assert rows(tmp_path) == []


# --- the decisions -------------------------------------------------------------------------------------------------


def row(wanted: int, sent: int, message: OnScreen | None = None, **about: object) -> Waiting:
    usual = {"post": 1, "thread": 0, "lane": Lane.DIGEST, "since": 0.0, "card": True, "alone": True}
    return Waiting(**usual | {"wanted": wanted, "sent": sent, "message": message} | about)  # type: ignore[arg-type]


CARD = OnScreen(id=5, message_id=50, kind="text", posts=(1,), revision=2)


def test_a_card_is_sent_then_pinned_then_edited() -> None:
    assert isinstance(plan([row(2, 0)], NOW), Send)
    assert isinstance(plan([row(3, 0, CARD)], NOW), Pin)
    assert isinstance(plan([row(3, 2, CARD)], NOW), Edit)


def test_a_card_that_was_there_and_is_not_is_sent_again_where_another_post_is_let_be() -> None:
    assert isinstance(plan([row(3, 2)], NOW), Send)
    assert not isinstance(plan([row(3, 2, card=False)], NOW), Send)


def test_what_is_unwanted_is_deleted_rewritten_where_that_is_refused_and_dropped_where_nothing_stands() -> None:
    assert isinstance(plan([row(0, 2, CARD)], NOW), Delete)
    assert isinstance(plan([row(0, 2, CARD, plain=True)], NOW), Edit)
    assert isinstance(plan([row(0, 2)], NOW), Drop)


PINNING = Pin(rows=(row(3, 0, CARD),), message=CARD)


@pytest.mark.parametrize(
    ("outcome", "gone"),
    [(Done(), ()), (Refused(why="not enough rights"), ()), (Gone(why="message to pin not found"), (5,))],
)
def test_a_pin_is_tried_once_and_the_card_is_what_was_sent(outcome: Outcome, gone: tuple[int, ...]) -> None:
    made = settle(PINNING, {1: 3}, outcome, NOW, "resend", WHOLE)
    assert [after.sent for after in made.rows] == [2]
    assert made.gone == gone
    assert made.refused is None


def test_a_card_that_was_taken_away_at_once_by_somebody_there_is_not_sent_in_a_loop() -> None:
    made = settle(Send(rows=(row(3, 0),)), {1: 3}, Done(), NOW, "resend", WHOLE)
    assert [after.sent for after in made.rows] == [3]


def test_what_cannot_even_be_rewritten_is_let_go_of() -> None:
    waits = row(0, 2, CARD, plain=True)
    made = settle(Edit(rows=(waits,), message=CARD), {1: 3}, Refused(why="no"), NOW, "resend", WHOLE)
    assert ([after.sent for after in made.rows], made.gone, made.refused) == ([0], (5,), None)
