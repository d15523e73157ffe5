"""What goes wrong in the local Telegram when told to, and watching what happens there."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.demo.telegram import Answer, Event, Fault, Limits, LocalTelegram
from tests.hurried import hurried
from tests.raw_bot import ADMIN, READER, Bot, bot, telegram

__all__ = ["bot", "telegram"]  # fixtures

BUTTONS = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}, {"text": "Site", "url": "https://a.org"}]]}


# --- limits and faults ------------------------------------------------------------------------------------------------


@hurried(0.1)  # Telegram's second is ten of ours
async def test_beyond_a_limit_the_call_has_no_effect_and_says_when_to_come_again() -> None:
    limits = Limits(per_second=3, per_chat_per_second=1)
    async with LocalTelegram(limits=limits) as telegram, aiohttp.ClientSession() as session:
        bot = Bot(telegram, session)
        for user in (1, 2, 3, 4):
            telegram.add_user(user, started=True)
        sent = await bot.ok("sendMessage", chat_id=1, text="a")
        status, answer = await bot.answer("editMessageText", chat_id=1, message_id=sent["message_id"], text="b")
        assert (status, answer["parameters"], answer["description"]) == (
            429,
            {"retry_after": 1},
            "Too Many Requests: retry after 1",
        )
        await bot.ok("sendMessage", chat_id=2, text="a")
        await bot.ok("sendMessage", chat_id=3, text="a")
        assert (await bot.answer("sendMessage", chat_id=4, text="a"))[0] == 429
        await bot.ok("sendChatAction", chat_id=4, action="typing")
        assert [telegram.chats[user].screen() for user in (1, 2, 3, 4)] == [["a"], ["a"], ["a"], []]


async def test_a_planned_refusal_meets_just_the_calls_it_was_meant_for(telegram: LocalTelegram, bot: Bot) -> None:
    flood = Fault.refuse(429, "Too Many Requests: retry after 7", retry_after=7)
    planned = telegram.fail(method="sendmessage", chat=READER, times=2, error=flood)
    await bot.ok("sendMessage", chat_id=ADMIN, text="a")
    for _ in range(2):
        status, answer = await bot.answer("sendMessage", chat_id=READER, text="a")
        assert (status, answer["parameters"]) == (429, {"retry_after": 7})
    await bot.ok("sendMessage", chat_id=READER, text="a")
    assert planned.hits == 2
    assert telegram.chats[READER].screen() == ["a"]


async def test_a_planned_refusal_may_have_a_body_that_is_no_json(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.fail(error=Fault.refuse(502, "Bad Gateway", body=b"<html>"))
    response = await bot.session.get(f"{telegram.api_base}/bot{bot.token}/getMe")
    assert (response.status, await response.read()) == (502, b"<html>")


async def test_a_lost_answer_has_its_effect_and_a_reset_has_none(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.fail(method="sendMessage", error=Fault.lose_answer())
    telegram.fail(method="sendMessage", error=Fault.reset())
    for words in ("lost", "never sent"):
        with pytest.raises(aiohttp.ClientError):
            await bot.ok("sendMessage", chat_id=READER, text=words)
    await bot.ok("sendMessage", chat_id=READER, text="sent")
    assert telegram.chats[READER].screen() == ["lost", "sent"]
    assert [call.ok for call in telegram.calls] == [True, True]


async def test_a_held_call_waits_before_its_effect_or_after_it(telegram: LocalTelegram, bot: Bot) -> None:
    go = asyncio.Event()
    before = telegram.fail(method="sendMessage", chat=READER, error=Fault.hold(go))
    after = telegram.fail(method="sendMessage", chat=ADMIN, error=Fault.hold_answer(go))
    calls = [asyncio.create_task(bot.ok("sendMessage", chat_id=chat, text="a")) for chat in (READER, ADMIN)]
    await before.reached.wait()
    await telegram.until(lambda: after.hits and telegram.chats[ADMIN].screen())
    assert telegram.chats[READER].screen() == []
    assert not any(call.done() for call in calls)
    go.set()
    await asyncio.gather(*calls)
    assert telegram.chats[READER].screen() == telegram.chats[ADMIN].screen() == ["a"]


async def test_a_fault_without_an_end_goes_on_until_it_is_lifted(telegram: LocalTelegram, bot: Bot) -> None:
    outage = telegram.fail(times=None, error=Fault.reset())
    for _ in range(3):
        with pytest.raises(aiohttp.ClientError):
            await bot.ok("getMe")
    outage.lift()
    await bot.ok("getMe")


async def test_a_fault_for_a_method_that_does_not_exist_is_a_mistake(telegram: LocalTelegram) -> None:
    with pytest.raises(LookupError, match="sendTelegram"):
        telegram.fail(method="sendTelegram", error=Fault.reset())


# --- watching ---------------------------------------------------------------------------------------------------------


async def test_who_watches_sees_everything_that_changes(telegram: LocalTelegram, bot: Bot) -> None:
    async with telegram.watch() as events:
        sent = await bot.ok("sendMessage", chat_id=READER, text="a")
        call = {"chat_id": READER, "message_id": sent["message_id"]}
        await bot.ok("editMessageText", text="b", reply_markup=BUTTONS, **call)
        press = asyncio.create_task(telegram.press(READER, READER, sent["message_id"], "go"))
        query = (await bot.updates(timeout=5))[0]["callback_query"]
        await bot.ok("answerCallbackQuery", callback_query_id=query["id"], text="ok")
        await press
        await bot.ok("pinChatMessage", **call)
        await bot.ok("sendChatAction", chat_id=READER, action="typing")
        await bot.ok("deleteMessage", **call)
        seen: list[Event] = [await anext(events) for _ in range(7)]
    # the pin leaves a note in the chat, which is a message of its own
    assert [event.kind for event in seen] == ["message", "edited", "answered", "pinned", "message", "action", "deleted"]
    assert {event.chat_id for event in seen} == {READER}
    assert (seen[2].answer, seen[5].action) == (Answer("ok"), "typing")
    assert seen[1].message is telegram.chats[READER].by_id[sent["message_id"]]


async def test_until_shows_all_screens_when_it_gives_up(telegram: LocalTelegram, bot: Bot) -> None:
    await bot.ok("sendMessage", chat_id=READER, text="only this")
    await bot.refused("sendMessage", chat_id=READER, text="")
    shown = r"(?s)did not come true.*private 501 'Ada':\n    only this.*sendMessage in 501: .*message text is empty"
    with pytest.raises(AssertionError, match=shown):
        await telegram.until(lambda: False, seconds=0.01)


async def test_it_stops_under_a_poll_and_starts_again_on_the_same_port(telegram: LocalTelegram, bot: Bot) -> None:
    poll = asyncio.create_task(bot.answer("getUpdates", timeout=30))
    await telegram.until(lambda: telegram.bot_named(None).updates.polled)
    base = telegram.api_base
    await telegram.stop()
    await asyncio.gather(poll, return_exceptions=True)
    with pytest.raises(aiohttp.ClientError):
        await bot.ok("getMe")
    await telegram.start(int(base.rpartition(":")[2]))
    assert telegram.api_base == base
    await bot.ok("getMe")
