"""The people's side of the local Telegram, the updates bots get for it, and what goes wrong when told to."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.demo.telegram import Answer, BotProfile, Event, Fault, Limits, LocalTelegram
from tests.raw_bot import ADMIN, CHANNEL, FORUM, GROUP, READER, STRANGER, SUPER, Bot, bot, telegram

__all__ = ["bot", "telegram"]  # fixtures

BUTTONS = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}, {"text": "Site", "url": "https://a.org"}]]}


def kinds(updates: list[Any]) -> list[str]:
    return [next(name for name in update if name != "update_id") for update in updates]


# --- what people say --------------------------------------------------------------------------------------------------


async def test_what_a_person_writes_reaches_the_bot_with_its_commands_marked(telegram: LocalTelegram, bot: Bot) -> None:
    number = telegram.say(STRANGER, STRANGER, "/start ukraine")
    (update,) = await bot.updates()
    message = update["message"]
    assert message["from"] == {"id": STRANGER, "is_bot": False, "first_name": "Bo", "language_code": "en"}
    assert message["entities"] == [{"offset": 0, "length": 6, "type": "bot_command"}]
    assert message["message_id"] == number
    await bot.ok("sendMessage", chat_id=STRANGER, text="now I may write")


async def test_a_picture_with_a_caption_can_be_fetched_by_the_bot(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.say(ADMIN, ADMIN, photo=b"picture", caption="/push look")
    message = (await bot.updates())[0]["message"]
    assert message["caption_entities"][0]["type"] == "bot_command"
    stored = await bot.ok("getFile", file_id=message["photo"][-1]["file_id"])
    url = f"{telegram.api_base}/file/bot{bot.token}/{stored['file_path']}"
    assert await (await bot.session.get(url)).read() == b"picture"
    await bot.ok("sendPhoto", chat_id=READER, photo=message["photo"][-1]["file_id"])


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("hello everybody", False),
        ("/latest", True),
        ("/latest@relay_bot", True),
        ("/latest@other_bot", False),
        ("hey @relay_bot", True),
        ("mail relay_bot", False),
    ],
)
async def test_in_groups_a_bot_hears_what_is_meant_for_it(
    telegram: LocalTelegram, bot: Bot, text: str, heard: bool
) -> None:
    telegram.say(READER, SUPER, text)
    assert (kinds(await bot.updates()) == ["message"]) is heard
    assert telegram.chats[SUPER].screen() == [text]


async def test_in_groups_a_bot_hears_replies_to_it_and_as_administrator_everything(
    telegram: LocalTelegram, bot: Bot
) -> None:
    sent = await bot.ok("sendMessage", chat_id=SUPER, text="a")
    telegram.say(READER, SUPER, "to you", reply_to=sent["message_id"])
    telegram.promote(SUPER)
    telegram.say(READER, SUPER, "to all")
    heard = [update["message"]["text"] for update in await bot.updates() if "message" in update]
    assert heard == ["to you", "to all"]


async def test_in_a_topic_every_message_answers_the_one_that_opened_it(telegram: LocalTelegram, bot: Bot) -> None:
    thread = telegram.add_topic(FORUM, "War")
    telegram.say(READER, FORUM, "/subscribe", thread=thread)
    message = (await bot.updates())[-1]["message"]
    assert (message["message_thread_id"], message["is_topic_message"]) == (thread, True)
    assert "forum_topic_created" in message["reply_to_message"]


async def test_a_post_in_a_channel_has_no_author(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.say(ADMIN, CHANNEL, "from the newsroom")
    (update,) = await bot.updates()
    assert update["channel_post"]["sender_chat"]["username"] == "newsroom"
    assert "from" not in update["channel_post"]


async def test_an_anonymous_admin_speaks_as_the_group(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.say(ADMIN, SUPER, "/hold ukraine", anonymous=True)
    message = (await bot.updates())[0]["message"]
    assert (message["from"]["username"], message["sender_chat"]["id"]) == ("GroupAnonymousBot", SUPER)


async def test_an_edited_command_comes_as_an_edit(telegram: LocalTelegram, bot: Bot) -> None:
    number = telegram.say(READER, READER, "/latst")
    telegram.edit(READER, READER, number, "/latest")
    assert kinds(await bot.updates()) == ["message", "edited_message"]
    assert telegram.chats[READER].screen() == ["/latest"]


async def test_a_person_cannot_write_where_they_are_not_or_nothing_at_all(telegram: LocalTelegram) -> None:
    with pytest.raises(ValueError, match="private chat"):
        telegram.say(READER, ADMIN, "hello")
    with pytest.raises(ValueError, match="no admin"):
        telegram.say(READER, CHANNEL, "hello")
    with pytest.raises(ValueError, match="empty"):
        telegram.say(READER, READER, "")
    with pytest.raises(LookupError, match="nobody"):
        telegram.say(4711, SUPER, "hello")


# --- buttons and inline queries ---------------------------------------------------------------------------------------


async def test_a_press_waits_for_the_answer(telegram: LocalTelegram, bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id=READER, text="a", reply_markup=BUTTONS)
    press = asyncio.create_task(telegram.press(READER, READER, sent["message_id"], "go"))
    (update,) = await bot.updates(timeout=5)
    query = update["callback_query"]
    assert (query["data"], query["from"]["id"], query["message"]["text"]) == ("go", READER, "a")
    await bot.ok("answerCallbackQuery", callback_query_id=query["id"], text="gone", show_alert=True)
    assert await press == Answer("gone", show_alert=True)
    words = await bot.refused("answerCallbackQuery", callback_query_id=query["id"])
    assert words == "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def test_a_press_without_an_answer_says_what_stood_on_the_screens(telegram: LocalTelegram, bot: Bot) -> None:
    await bot.ok("sendMessage", chat_id=READER, text="press me", reply_markup=BUTTONS)
    with pytest.raises(AssertionError, match=r"(?s)'go'.*not answered.*press me"):
        await telegram.tap(READER, READER, "Go", seconds=0.01)


async def test_only_buttons_that_are_there_can_be_pressed(telegram: LocalTelegram, bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id=READER, text="a", reply_markup=BUTTONS)
    with pytest.raises(LookupError, match="no button for 'stop'"):
        await telegram.press(READER, READER, sent["message_id"], "stop")
    with pytest.raises(LookupError, match="no button 'Site'"):
        await telegram.tap(READER, READER, "Site")
    telegram.erase(READER, sent["message_id"])
    with pytest.raises(LookupError, match="no message"):
        await telegram.press(READER, READER, sent["message_id"], "go")


async def test_an_inline_query_brings_results_to_choose_from(telegram: LocalTelegram, bot: Bot) -> None:
    asked = asyncio.create_task(telegram.inline(READER, "nato"))
    (update,) = await bot.updates(timeout=5)
    content = {"message_text": "<b>NATO</b>", "parse_mode": "HTML"}
    result = {"type": "article", "id": "1", "title": "NATO", "input_message_content": content}
    number = update["inline_query"]["id"]
    words = await bot.refused("answerInlineQuery", inline_query_id=number, results=[result, result])
    assert words == "Bad Request: RESULT_ID_DUPLICATE"
    await bot.ok("answerInlineQuery", inline_query_id=number, results=[result], is_personal=True)
    answer = await asked
    assert (answer.is_personal, answer.cache_time, len(answer.results)) == (True, 300, 1)
    telegram.choose(READER, SUPER, answer.results[0])
    message = telegram.chats[SUPER].newest()
    assert (message.text, message.entities[0]["type"], message.user_id) == ("NATO", "bold", READER)


# --- standing ---------------------------------------------------------------------------------------------------------


def standing(update: Any) -> tuple[int, str, str]:
    change = update["my_chat_member"]
    return change["chat"]["id"], change["old_chat_member"]["status"], change["new_chat_member"]["status"]


async def test_bots_are_told_when_their_standing_changes(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.block(READER)
    telegram.unblock(READER)
    telegram.kick(SUPER)
    telegram.readmit(SUPER, ADMIN)
    telegram.promote(GROUP)
    telegram.restrict(SUPER)
    telegram.deactivate(READER)
    updates = await bot.updates()
    assert [standing(update) for update in updates if "my_chat_member" in update] == [
        (READER, "member", "kicked"),
        (READER, "kicked", "member"),
        (SUPER, "member", "kicked"),
        (SUPER, "kicked", "member"),
        (GROUP, "member", "administrator"),
        (SUPER, "member", "restricted"),
    ]
    added = [update["message"] for update in updates if "message" in update]
    assert [message["new_chat_members"][0]["username"] for message in added] == ["relay_bot"]


async def test_writing_again_unblocks_the_bot(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.block(READER)
    telegram.say(READER, READER, "/start")
    assert kinds(await bot.updates()) == ["my_chat_member", "my_chat_member", "message"]
    await bot.ok("sendMessage", chat_id=READER, text="welcome back")


async def test_a_group_that_becomes_a_supergroup_says_where_it_went(telegram: LocalTelegram, bot: Bot) -> None:
    old = (await bot.ok("sendMessage", chat_id=GROUP, text="before"))["message_id"]
    new = telegram.migrate(GROUP)
    updates = await bot.updates()
    assert kinds(updates) == ["my_chat_member", "message", "message"]
    assert updates[1]["message"]["migrate_to_chat_id"] == new
    assert updates[2]["message"]["migrate_from_chat_id"] == GROUP
    for method, parameters in (("sendMessage", {}), ("editMessageText", {"message_id": old})):
        assert await bot.answer(method, chat_id=GROUP, text="after", **parameters) == (
            400,
            {
                "ok": False,
                "error_code": 400,
                "description": "Bad Request: group chat was upgraded to a supergroup chat",
                "parameters": {"migrate_to_chat_id": new},
            },
        )
    await bot.ok("sendMessage", chat_id=new, text="after")
    words = await bot.refused("editMessageText", chat_id=new, message_id=old, text="x")
    assert words == "Bad Request: message to edit not found"


async def test_members_are_who_they_are(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.say(READER, SUPER, "hello")
    for user, status in ((ADMIN, "creator"), (READER, "member"), (STRANGER, "left"), (100, "member")):
        assert (await bot.ok("getChatMember", chat_id=SUPER, user_id=user))["status"] == status
    telegram.add_member(SUPER, STRANGER, "administrator")
    admins = await bot.ok("getChatAdministrators", chat_id=SUPER)
    assert [admin["user"]["id"] for admin in admins] == [ADMIN, STRANGER]
    assert await bot.ok("getChatMemberCount", chat_id=SUPER) == 4
    assert await bot.ok("leaveChat", chat_id=SUPER) is True
    assert await bot.refused("getChat", chat_id=SUPER) == "Forbidden: bot is not a member of the supergroup chat"


async def test_two_bots_have_chats_and_updates_of_their_own() -> None:
    tokens = {"100:a": BotProfile(), "200:b": BotProfile(username="es_bot", first_name="Relé")}
    async with LocalTelegram(tokens=tokens) as telegram, aiohttp.ClientSession() as session:
        first, second = Bot(telegram, session), Bot(telegram, session, "200:b")
        telegram.add_user(READER)
        telegram.add_chat(CHANNEL, "channel", bots=["es_bot"])
        telegram.say(READER, READER, "/start", bot="es_bot")
        assert (len(await first.updates()), len(await second.updates())) == (0, 1)
        await second.ok("sendMessage", chat_id=READER, text="hola")
        assert (await first.refused("sendMessage", chat_id=READER, text="hello")).startswith("Forbidden: bot can't")
        assert await first.refused("sendMessage", chat_id=CHANNEL, text="hello") == "Bad Request: chat not found"
        telegram.say(READER, READER, "/start")
        photo = (await second.ok("sendPhoto", chat_id=CHANNEL, photo="https://example.org/a.jpg"))["photo"][-1]
        assert "wrong file identifier" in await first.refused("sendPhoto", chat_id=READER, photo=photo["file_id"])
        assert telegram.bot_named("es_bot").private[READER].screen() == ["/start", "hola"]
        assert telegram.chats[READER].screen() == ["/start"]


# --- updates ----------------------------------------------------------------------------------------------------------


async def test_updates_come_again_until_they_are_confirmed(telegram: LocalTelegram, bot: Bot) -> None:
    for words in ("one", "two", "three"):
        telegram.say(READER, READER, words)
    first = await bot.ok("getUpdates", limit=2)
    assert [update["message"]["text"] for update in first] == ["one", "two"]
    assert await bot.ok("getUpdates", limit=2) == first
    rest = await bot.ok("getUpdates", offset=first[-1]["update_id"] + 1)
    assert [update["message"]["text"] for update in rest] == ["three"]
    telegram.say(READER, READER, "four")
    assert [update["message"]["text"] for update in await bot.ok("getUpdates", offset=-1)] == ["four"]


async def test_a_long_poll_ends_with_the_first_update(telegram: LocalTelegram, bot: Bot) -> None:
    poll = asyncio.create_task(bot.ok("getUpdates", timeout=30))
    await telegram.until(lambda: telegram.bot_named(None).updates.polled)
    telegram.say(READER, READER, "wake up")
    assert [update["message"]["text"] for update in await poll] == ["wake up"]


async def test_the_older_of_two_polls_gets_a_conflict(telegram: LocalTelegram, bot: Bot) -> None:
    older = asyncio.create_task(bot.refused("getUpdates", timeout=30))
    await telegram.until(lambda: telegram.bot_named(None).updates.polled)
    assert await bot.ok("getUpdates", timeout=0) == []
    assert await older == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )


async def test_only_allowed_kinds_of_updates_are_kept(telegram: LocalTelegram, bot: Bot) -> None:
    await bot.ok("getUpdates", allowed_updates=["callback_query", "my_chat_member"])
    telegram.say(READER, READER, "unheard")
    telegram.block(READER)
    assert kinds(await bot.updates()) == ["my_chat_member"]
    await bot.ok("getUpdates", allowed_updates="[]")
    telegram.say(ADMIN, ADMIN, "heard")
    assert kinds(await bot.updates()) == ["message"]


async def test_a_webhook_gets_each_update_until_it_takes_it(telegram: LocalTelegram, bot: Bot) -> None:
    taken: list[tuple[str, Any]] = []
    answers = [500, 200, 200]

    async def hook(request: web.Request) -> web.Response:
        taken.append((request.headers["X-Telegram-Bot-Api-Secret-Token"], await request.json()))
        return web.Response(status=answers[len(taken) - 1])

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    telegram.bot_named(None).webhook.retry = 0.01
    assert await bot.ok("setWebhook", url=url, secret_token="s3cret", allowed_updates=["message"]) is True
    assert (await bot.ok("getWebhookInfo"))["url"] == url
    assert (await bot.refused("getUpdates")).startswith("Conflict: can't use getUpdates method while webhook is active")
    telegram.say(READER, READER, "one")
    telegram.say(READER, READER, "two")
    await telegram.until(lambda: len(taken) == 3)
    assert [(secret, update["message"]["text"]) for secret, update in taken] == [
        ("s3cret", "one"),
        ("s3cret", "one"),
        ("s3cret", "two"),
    ]
    info = await bot.ok("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    assert await bot.ok("deleteWebhook") is True
    assert await bot.ok("getUpdates") == []
    await runner.cleanup()


async def test_a_webhook_outside_this_machine_is_refused(bot: Bot) -> None:
    assert "on this machine only" in await bot.refused("setWebhook", url="https://example.org/hook")


async def test_setting_a_webhook_ends_the_poll_under_way(telegram: LocalTelegram, bot: Bot) -> None:
    poll = asyncio.create_task(bot.refused("getUpdates", timeout=30))
    await telegram.until(lambda: telegram.bot_named(None).updates.polled)
    await bot.ok("setWebhook", url="http://127.0.0.1:9/hook")
    assert await poll == "Conflict: terminated by setWebhook request"


# --- the bot's profile ------------------------------------------------------------------------------------------------


async def test_a_person_sees_the_menu_of_their_chat_and_language(telegram: LocalTelegram, bot: Bot) -> None:
    def menu(*names: str) -> list[dict[str, str]]:
        return [{"command": name, "description": f"does {name}"} for name in names]

    await bot.ok("setMyCommands", commands=menu("start"))
    await bot.ok("setMyCommands", commands=menu("start"), scope={"type": "all_private_chats"}, language_code="de")
    await bot.ok("setMyCommands", commands=menu("latest"), scope={"type": "all_group_chats"})
    await bot.ok("setMyCommands", commands=menu("status"), scope={"type": "chat", "chat_id": READER})
    await bot.ok("setMyCommands", commands=menu("hold"), scope={"type": "all_chat_administrators"})
    assert telegram.menu(READER, READER) == menu("status")
    assert telegram.menu(STRANGER, STRANGER) == menu("start")
    assert telegram.menu(READER, SUPER) == menu("latest")
    assert telegram.menu(ADMIN, SUPER) == menu("hold")
    assert await bot.ok("getMyCommands", scope={"type": "all_private_chats"}, language_code="de") == menu("start")
    await bot.ok("deleteMyCommands", scope={"type": "chat", "chat_id": READER})
    assert telegram.menu(READER, READER) == menu("start")


async def test_name_and_descriptions_are_kept_per_language(bot: Bot) -> None:
    await bot.ok("setMyDescription", description="Live blogs", language_code="")
    await bot.ok("setMyDescription", description="Liveblogs", language_code="de")
    await bot.ok("setMyShortDescription", short_description="Relays")
    await bot.ok("setMyName", name="Relay 2")
    assert await bot.ok("getMyDescription", language_code="de") == {"description": "Liveblogs"}
    assert await bot.ok("getMyDescription", language_code="fr") == {"description": "Live blogs"}
    assert await bot.ok("getMyShortDescription") == {"short_description": "Relays"}
    assert await bot.ok("getMyName") == {"name": "Relay 2"}


async def test_a_bot_that_logged_out_is_out(bot: Bot) -> None:
    assert await bot.ok("close") is True
    assert await bot.ok("logOut") is True
    assert await bot.refused("getMe") == "Logged out"


# --- limits and faults ------------------------------------------------------------------------------------------------


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
    with pytest.raises(AssertionError, match=r"(?s)did not come true.*private 501 'Ada':\n    only this"):
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
