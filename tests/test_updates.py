"""In which order updates are handled, and what becomes of too many."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from telegram import CallbackQuery, Chat, InlineQuery, Message, Update, User

from bot.request import NotSent
from handlers.replies import patiently
from handlers.updates import PerChat

ANN, BEN = User(1, "Ann", False), User(2, "Ben", False)


class OneBot:
    """As much of a bot as an update needs to know."""

    username = "relay_bot"


def said(text: str, person: User = ANN, chat: int = 1, kind: str = Chat.PRIVATE) -> Update:
    message = Message(1, datetime.now(UTC), Chat(chat, kind), from_user=person, text=text)
    message.set_bot(OneBot())  # type: ignore[arg-type]
    return Update(1, message=message)


def pressed(chat: int = 1) -> Update:
    message = Message(1, datetime.now(UTC), Chat(chat, Chat.PRIVATE))
    return Update(1, callback_query=CallbackQuery("1", ANN, "1", message=message, data="x"))


@pytest.fixture
def order() -> PerChat:
    return PerChat()


async def test_updates_of_a_chat_wait_for_each_other_and_others_do_not(order: PerChat) -> None:
    log: list[str] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        log.append("slow begins")
        begun.set()
        await go_on.wait()
        log.append("slow ends")

    async def quick(name: str) -> None:
        log.append(name)

    first = asyncio.create_task(order.process_update(said("/a"), slow()))
    second = asyncio.create_task(order.process_update(pressed(), quick("press")))
    await begun.wait()
    await order.process_update(said("/b", BEN, chat=2), quick("another chat"))
    await order.process_update(Update(1, inline_query=InlineQuery("1", ANN, "x", "")), quick("no chat"))
    go_on.set()
    await asyncio.gather(first, second)
    assert log == ["slow begins", "another chat", "no chat", "slow ends", "press"]


async def test_nothing_is_remembered_of_what_is_done(order: PerChat) -> None:
    async def nothing() -> None:
        pass

    for update in (said("/a"), pressed(), said("/b", BEN, chat=-3, kind=Chat.GROUP)):
        await order.process_update(update, nothing())
    assert not order._queues
    assert not order._behind
    assert not order._asking
    assert not order._told


async def test_one_that_fails_holds_nobody_up(order: PerChat) -> None:
    async def fails() -> None:
        raise ValueError

    async def works() -> None:
        done.set()

    done = asyncio.Event()
    with pytest.raises(ValueError):  # noqa: PT011 our own
        await order.process_update(said("/a"), fails())
    await order.process_update(said("/b"), works())
    assert done.is_set()


async def test_what_is_said_to_others_in_a_group_is_not_counted(order: PerChat) -> None:
    go_on = asyncio.Event()
    heard: list[int] = []

    async def wait(n: int) -> None:
        await go_on.wait()
        heard.append(n)

    talk = [said("hello", chat=-3, kind=Chat.GROUP) for _ in range(8)]
    talk += [said("/id@other_bot", chat=-3, kind=Chat.GROUP)]
    tasks = [asyncio.create_task(order.process_update(update, wait(n))) for n, update in enumerate(talk)]
    go_on.set()
    await asyncio.gather(*tasks)
    assert heard == list(range(9))


async def test_a_call_that_found_no_connection_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    answers: list[Exception | str] = [NotSent("down"), NotSent("down"), "sent"]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def call() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("handlers.replies.asyncio.sleep", sleep)
    assert await patiently(call) == "sent"
    assert waits == [0.5, 1.0]
