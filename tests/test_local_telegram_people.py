"""The people's side of the local Telegram: what they say, press and do to bots, and what the bots hear of it."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from bot.demo.telegram import Answer, BotProfile, LocalTelegram
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
    for wrong, why in (
        ({"next_offset": "x" * 65}, "NEXT_OFFSET_INVALID"),
        ({"button": {"text": "Open"}}, "exactly one action"),
        ({"button": {"text": " ", "start_parameter": "a"}}, 'field "text"'),
        ({"button": {"text": "Open", "start_parameter": "a b"}}, "START_PARAM_INVALID"),
        ({"results": [result | {"thumbnail_url": "ftp://a.org/a.jpg"}]}, "WEBDOCUMENT_URL_INVALID"),
        ({"results": [result | {"id": "x" * 65}]}, "RESULT_ID_INVALID"),
    ):
        assert why in await bot.refused("answerInlineQuery", inline_query_id=number, **({"results": [result]} | wrong))
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
