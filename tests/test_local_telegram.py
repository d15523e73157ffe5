"""The local Telegram as a bot meets it: what it answers, and what it refuses in which words."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.demo.telegram import LocalTelegram
from tests.raw_bot import ADMIN, CHANNEL, FORUM, GROUP, READER, STRANGER, SUPER, Bot, bot, png, telegram

__all__ = ["bot", "telegram"]  # fixtures


# --- the door ---------------------------------------------------------------------------------------------------------


async def test_a_sent_message_stands_on_the_screen_and_comes_back_whole(telegram: LocalTelegram, bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id=READER, text="<b>Hi</b>", parse_mode="HTML", disable_notification=True)
    assert sent == {
        "message_id": 1,
        "from": {"id": 100, "is_bot": True, "first_name": "Relay", "username": "relay_bot"},
        "chat": {"id": READER, "first_name": "Ada", "type": "private"},
        "date": sent["date"],
        "text": "Hi",
        "entities": [{"offset": 0, "length": 2, "type": "bold"}],
    }
    assert telegram.chats[READER].screen() == ["Hi"]
    assert telegram.chats[READER].newest().silent


@pytest.mark.parametrize(
    ("token", "status", "description"),
    [
        ("100:someone-elses", 401, "Unauthorized"),
        ("7:unknown", 401, "Unauthorized"),
        ("nonsense", 401, "Unauthorized: invalid token specified"),
        ("0100:zero", 401, "Unauthorized: invalid token specified"),
    ],
)
async def test_unknown_tokens_are_turned_away(bot: Bot, token: str, status: int, description: str) -> None:
    bot.token = token
    assert await bot.answer("getMe") == (status, {"ok": False, "error_code": status, "description": description})


async def test_an_unknown_method_is_not_found(bot: Bot) -> None:
    assert (await bot.answer("sendTelegram"))[0] == 404
    assert await bot.refused("sendTelegram") == "Not Found: method not found"


async def test_method_names_are_read_in_any_case_and_recorded_in_one(telegram: LocalTelegram, bot: Bot) -> None:
    assert (await bot.ok("GETME"))["username"] == "relay_bot"
    assert [call.method for call in telegram.calls] == ["getMe"]


async def test_a_call_may_come_by_get_form_multipart_and_json(telegram: LocalTelegram, bot: Bot) -> None:
    url = f"{telegram.api_base}/bot{bot.token}/sendMessage"
    entities = orjson.dumps([{"type": "bold", "offset": 0, "length": 1}]).decode()
    form = aiohttp.FormData({"chat_id": str(READER), "text": "by multipart", "entities": entities})
    form.add_field("unused", b"x", filename="x.txt")
    await bot.session.get(url, params={"chat_id": READER, "text": "by get"})
    await bot.session.post(url, data={"chat_id": str(READER), "text": "by form", "entities": entities})
    await bot.session.post(url, data=form)
    await bot.session.post(url, params={"chat_id": READER}, json={"text": "by both"})
    assert telegram.chats[READER].screen() == ["by get", "by form", "by multipart", "by both"]
    assert [len(message.entities) for message in telegram.chats[READER].messages] == [0, 1, 1, 0]


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"'])
async def test_a_body_that_is_no_json_object_is_refused(telegram: LocalTelegram, bot: Bot, body: bytes) -> None:
    url = f"{telegram.api_base}/bot{bot.token}/getMe"
    async with bot.session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
        assert response.status == 400
        assert (await response.json())["description"].startswith("Bad Request: ")


async def test_an_address_without_a_method_is_not_found(telegram: LocalTelegram, bot: Bot) -> None:
    for path in (f"/bot{bot.token}", f"/bot{bot.token}/", f"/bot{bot.token}/get/me"):
        async with bot.session.get(telegram.api_base + path) as response:
            assert response.status == 404
            assert (await response.json())["description"].startswith("Not Found")


async def test_a_body_beyond_the_limit_is_refused(telegram: LocalTelegram, bot: Bot) -> None:
    url = f"{telegram.api_base}/bot{bot.token}/sendMessage"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with bot.session.post(url, data=io.BytesIO(bytes(51 << 20)), headers=headers) as response:
        assert (response.status, (await response.json())["error_code"]) == (413, 413)


async def test_paths_of_others_stay_free(telegram: LocalTelegram, bot: Bot) -> None:
    other = LocalTelegram()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="a page")

    other.app.router.add_get("/", page)
    async with other:
        assert await (await bot.session.get(other.api_base + "/")).text() == "a page"
        assert (await bot.session.get(f"{other.api_base}/bot{other.token}/getMe")).status == 200


# --- refusals, as Telegram words them -------------------------------------------------------------------------------

LINK = {"inline_keyboard": [[{"text": "a", "url": "https://example.org/"}]]}


def button(**keys: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[keys]]}


@pytest.mark.parametrize(
    ("method", "parameters", "description"),
    [
        ("sendMessage", {"chat_id": READER}, "message text is empty"),
        ("sendMessage", {"chat_id": READER, "text": ""}, "message text is empty"),
        ("sendMessage", {"chat_id": READER, "text": " \n\u200b"}, "text must be non-empty"),
        ("sendMessage", {"chat_id": READER, "text": "a" * 4097}, "message is too long"),
        ("sendMessage", {"chat_id": READER, "text": "a" * 40_000}, "text is too long"),
        ("sendMessage", {"text": "a"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 999, "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": -999, "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": "@nobody", "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": "nobody", "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": READER, "text": "a", "message_thread_id": 5}, "message thread not found"),
        ("sendMessage", {"chat_id": FORUM, "text": "a", "message_thread_id": 1}, "message thread not found"),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_parameters": {"message_id": 77}},
            "message to be replied not found",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_parameters": "{"},
            "can't parse reply parameters JSON object",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "link_preview_options": []},
            "object expected as link preview options",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": "{"},
            "can't parse reply keyboard markup JSON object",
        ),
        ("sendMessage", {"chat_id": READER, "text": "a", "reply_markup": []}, "object expected as reply markup"),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": {"inline_keyboard": [{}]}},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text="a")},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(url="https://example.org")},
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text="a", url="https://a.b", callback_data="x")},
            "can't parse inline keyboard button: exactly one action must be specified, not url, callback_data",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text=" ", callback_data="x")},
            "inline keyboard button text must be non-empty",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text="a", callback_data="é" * 33)},
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text="a", url="file:///etc/passwd")},
            "inline keyboard button URL 'file:///etc/passwd' is invalid: Unsupported URL protocol",
        ),
        ("sendPhoto", {"chat_id": READER}, "there is no photo in the request"),
        ("sendPhoto", {"chat_id": READER, "photo": "attach://picture"}, "there is no photo in the request"),
        (
            "sendPhoto",
            {"chat_id": READER, "photo": "https://example.org/a.jpg", "caption": "a" * 1025},
            "message caption is too long",
        ),
        ("sendPhoto", {"chat_id": READER, "photo": "AgE" * 20}, "wrong file identifier/HTTP URL specified"),
        (
            "sendPhoto",
            {"chat_id": READER, "photo": "not an id"},
            "wrong remote file identifier specified: Wrong character in the string",
        ),
        (
            "sendPhoto",
            {"chat_id": READER, "photo": "ftp://example.org/a.jpg"},
            "invalid file HTTP URL specified: Unsupported URL protocol",
        ),
        ("sendPhoto", {"chat_id": READER, "photo": "https://example.org/gone.jpg"}, "failed to get HTTP URL content"),
        ("sendMediaGroup", {"chat_id": READER}, 'parameter "media" is required'),
        ("sendMediaGroup", {"chat_id": READER, "media": {}}, "expected an Array of InputMedia"),
        ("sendMediaGroup", {"chat_id": READER, "media": []}, "there are no messages to send"),
        (
            "sendMediaGroup",
            {"chat_id": READER, "media": [{"type": "photo", "media": "https://example.org/a.jpg"}] * 11},
            "too many messages to send as an album",
        ),
        (
            "sendMediaGroup",
            {"chat_id": READER, "media": [{"type": "sticker", "media": "https://example.org/a.jpg"}]},
            'can\'t parse InputMedia: type "sticker" is unsupported',
        ),
        ("sendChatAction", {"chat_id": READER, "action": "sleeping"}, "wrong parameter action in request"),
        ("copyMessage", {"chat_id": READER, "from_chat_id": READER, "message_id": 77}, "message to copy not found"),
        ("copyMessage", {"chat_id": READER}, 'parameter "from_chat_id" is required'),
        ("forwardMessage", {"chat_id": READER, "from_chat_id": 1, "message_id": 77}, "chat not found"),
        ("editMessageText", {"chat_id": READER, "message_id": 77, "text": "a"}, "message to edit not found"),
        ("editMessageText", {"text": "a"}, "message identifier is not specified"),
        (
            "editMessageText",
            {"chat_id": READER, "message_id": 77, "text": "a", "reply_markup": {"force_reply": True}},
            "inline keyboard expected",
        ),
        ("deleteMessage", {"chat_id": READER, "message_id": 77}, "message to delete not found"),
        ("deleteMessage", {"chat_id": READER}, "message identifier is not specified"),
        ("deleteMessages", {"chat_id": READER}, "message identifiers are not specified"),
        ("deleteMessages", {"chat_id": READER, "message_ids": [1] * 101}, "too many message identifiers specified"),
        ("pinChatMessage", {"chat_id": READER, "message_id": 77}, "message to pin not found"),
        ("unpinChatMessage", {"chat_id": READER}, "message to unpin not found"),
        (
            "answerCallbackQuery",
            {"callback_query_id": "5"},
            "query is too old and response timeout expired or query ID is invalid",
        ),
        ("getChatMember", {"chat_id": SUPER, "user_id": 999}, "PARTICIPANT_ID_INVALID"),
        ("getChatAdministrators", {"chat_id": READER}, "there are no administrators in the private chat"),
        ("createForumTopic", {"chat_id": SUPER, "name": "a"}, "the chat is not a forum"),
        ("createForumTopic", {"chat_id": FORUM, "name": "a"}, "not enough rights to create a topic"),
        ("getFile", {"file_id": "unknown"}, "invalid file_id"),
        ("setMyCommands", {"commands": [{"command": "Go!", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": [{"command": "go", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        (
            "setMyCommands",
            {"commands": [], "scope": {"type": "planet"}},
            "can't parse BotCommandScope: Unsupported type specified",
        ),
        ("setMyCommands", {"commands": [], "language_code": "english"}, "invalid language code specified"),
        ("setWebhook", {"url": "ftp://127.0.0.1/x"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            "setWebhook",
            {"url": "http://127.0.0.1:1/", "secret_token": "ä"},
            "secret token contains unallowed characters",
        ),
    ],
)
async def test_bad_requests_are_refused_in_telegrams_words(
    telegram: LocalTelegram, bot: Bot, method: str, parameters: dict[str, Any], description: str
) -> None:
    telegram.files.refuse("https://example.org/gone.jpg")
    before = {chat.id: len(chat.messages) for chat in telegram.chats.values()}
    assert (await bot.answer(method, **parameters))[0] == 400
    assert await bot.refused(method, **parameters) == f"Bad Request: {description}"
    assert {chat.id: len(chat.messages) for chat in telegram.chats.values()} == before


async def test_refused_calls_leave_a_record_with_code_and_words(telegram: LocalTelegram, bot: Bot) -> None:
    await bot.refused("sendMessage", chat_id="501", text="")
    call = telegram.calls[-1]
    assert (call.method, call.chat, call.ok, call.code) == ("sendMessage", READER, False, 400)
    assert call.description == "Bad Request: message text is empty"
    assert call.at <= call.done


@pytest.mark.parametrize(
    ("act", "chat", "description"),
    [
        (lambda t: None, STRANGER, "bot can't initiate conversation with a user"),
        (lambda t: t.block(READER), READER, "bot was blocked by the user"),
        (lambda t: t.deactivate(READER), READER, "user is deactivated"),
        (lambda t: t.kick(GROUP), GROUP, "bot was kicked from the group chat"),
        (lambda t: t.kick(SUPER), SUPER, "bot was kicked from the supergroup chat"),
        (lambda t: t.kick(CHANNEL), CHANNEL, "bot was kicked from the channel chat"),
        (lambda t: t.kick(SUPER, status="left"), SUPER, "bot is not a member of the supergroup chat"),
        (lambda t: t.delete_chat(GROUP), GROUP, "the group chat was deleted"),
    ],
)
async def test_closed_chats_are_forbidden(
    telegram: LocalTelegram, bot: Bot, act: Callable[[LocalTelegram], object], chat: int, description: str
) -> None:
    act(telegram)
    for method, parameters in (("sendMessage", {"text": "a"}), ("editMessageText", {"text": "a", "message_id": 1})):
        status, answer = await bot.answer(method, chat_id=chat, **parameters)
        assert (status, answer["description"]) == (403, f"Forbidden: {description}")


async def test_a_restricted_bot_may_not_send(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.restrict(SUPER)
    telegram.restrict(CHANNEL)
    words = await bot.refused("sendMessage", chat_id=SUPER, text="a")
    assert words == "Bad Request: not enough rights to send text messages to the chat"
    words = await bot.refused("sendPhoto", chat_id=SUPER, photo="https://example.org/a.jpg")
    assert words == "Bad Request: not enough rights to send photos to the chat"
    words = await bot.refused("sendMessage", chat_id=CHANNEL, text="a")
    assert words == "Bad Request: need administrator rights in the channel chat"


# --- sending ----------------------------------------------------------------------------------------------------------


async def test_a_channel_is_known_by_its_name_as_well(telegram: LocalTelegram, bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id="@Newsroom", text="/start is no command here")
    assert sent["sender_chat"]["id"] == CHANNEL
    assert "from" not in sent
    assert telegram.calls[-1].chat == CHANNEL


async def test_a_reply_shows_what_it_answers_or_goes_without_when_allowed(bot: Bot) -> None:
    first = await bot.ok("sendMessage", chat_id=READER, text="first")
    reply = {"message_id": first["message_id"]}
    assert (await bot.ok("sendMessage", chat_id=READER, text="b", reply_parameters=reply))["reply_to_message"] == first
    lenient = {"message_id": 99, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await bot.ok("sendMessage", chat_id=READER, text="c", reply_parameters=lenient)


async def test_an_uploaded_photo_is_kept_served_and_sent_again_by_its_id(telegram: LocalTelegram, bot: Bot) -> None:
    form = aiohttp.FormData({"chat_id": str(READER), "caption": "look"})
    form.add_field("photo", png(), filename="a.png", content_type="image/png")
    url = f"{telegram.api_base}/bot{bot.token}/sendPhoto"
    sent = (await (await bot.session.post(url, data=form)).json())["result"]
    file_id = sent["photo"][-1]["file_id"]
    path = (await bot.ok("getFile", file_id=file_id))["file_path"]
    served = await bot.session.get(f"{telegram.api_base}/file/bot{bot.token}/{path}")
    assert (served.content_type, await served.read()) == ("image/png", png())
    again = await bot.ok("sendPhoto", chat_id=ADMIN, photo=file_id)
    assert again["photo"] == sent["photo"]
    photo = telegram.chats[READER].newest().photo
    assert photo is not None
    assert await (await bot.session.get(photo.url)).read() == png()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "file must be non-empty"),
        (b"words", "IMAGE_PROCESS_FAILED"),
        (png(9000, 1001), "PHOTO_INVALID_DIMENSIONS"),
        (png(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
        (
            png() + bytes(10 << 20),
            "file of size 10485789 bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
    ],
)
async def test_an_upload_that_is_no_photo_telegram_takes_is_refused(
    telegram: LocalTelegram, bot: Bot, content: bytes, words: str
) -> None:
    form = aiohttp.FormData({"chat_id": str(READER)})
    form.add_field("photo", io.BytesIO(content), filename="a.png")
    async with bot.session.post(f"{telegram.api_base}/bot{bot.token}/sendPhoto", data=form) as response:
        assert (response.status, (await response.json())["description"]) == (400, f"Bad Request: {words}")
    assert telegram.chats[READER].messages == []


async def test_both_sizes_of_a_photo_can_be_sent_again(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.say(READER, READER, photo=png(1280, 640))
    sizes = (await bot.updates())[0]["message"]["photo"]
    assert [(size["width"], size["height"]) for size in sizes] == [(320, 160), (1280, 640)]
    for size in sizes:
        await bot.ok("sendPhoto", chat_id=ADMIN, photo=size["file_id"])


async def test_a_photo_by_address_is_one_file_however_often_it_is_sent(telegram: LocalTelegram, bot: Bot) -> None:
    sent = [await bot.ok("sendPhoto", chat_id=READER, photo="https://example.org/a.jpg") for _ in range(2)]
    assert sent[0]["photo"] == sent[1]["photo"]
    assert telegram.chats[READER].screen() == ["[photo]", "[photo]"]


async def test_an_album_arrives_whole_or_not_at_all(telegram: LocalTelegram, bot: Bot) -> None:
    parts = [{"type": "photo", "media": f"https://example.org/{n}.jpg", "caption": f"n{n}"} for n in range(3)]
    sent = await bot.ok("sendMediaGroup", chat_id=READER, media=parts)
    assert len({message["media_group_id"] for message in sent}) == 1
    assert [message["message_id"] for message in sent] == [1, 2, 3]
    parts[2]["media"] = "bad"
    await bot.refused("sendMediaGroup", chat_id=READER, media=parts)
    assert telegram.chats[READER].screen() == ["n0", "n1", "n2"]


async def test_a_copy_has_no_origin_and_a_forward_has(telegram: LocalTelegram, bot: Bot) -> None:
    original = telegram.say(ADMIN, ADMIN, "read this", entities=[{"type": "bold", "offset": 0, "length": 4}])
    copied = await bot.ok("copyMessage", chat_id=READER, from_chat_id=ADMIN, message_id=original)
    assert copied == {"message_id": telegram.chats[READER].newest().id}
    forwarded = await bot.ok("forwardMessage", chat_id=READER, from_chat_id=ADMIN, message_id=original)
    assert forwarded["forward_origin"]["sender_user"]["id"] == ADMIN
    assert forwarded["entities"] == [{"type": "bold", "offset": 0, "length": 4}]
    words = await bot.refused("editMessageText", chat_id=READER, message_id=forwarded["message_id"], text="x")
    assert words == "Bad Request: message can't be edited"


async def test_anybody_may_look_at_a_public_channel_but_not_write(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.add_chat(-1009, "channel", "Others", admins=[ADMIN], username="others", bots=[])
    telegram.add_chat(-1010, "channel", "Private", admins=[ADMIN], bots=[])
    assert (await bot.ok("getChat", chat_id="@others"))["title"] == "Others"
    words = await bot.refused("sendMessage", chat_id="@others", text="a")
    assert words == "Forbidden: bot is not a member of the channel chat"
    assert await bot.refused("getChatAdministrators", chat_id="@others") == "Bad Request: member list is inaccessible"
    assert await bot.refused("getChat", chat_id=-1010) == "Bad Request: chat not found"


# --- topics -----------------------------------------------------------------------------------------------------------


async def test_a_topic_takes_messages_until_it_is_closed_or_deleted(telegram: LocalTelegram, bot: Bot) -> None:
    thread = telegram.add_topic(FORUM, "War")
    sent = await bot.ok("sendMessage", chat_id=FORUM, text="a", message_thread_id=thread)
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (thread, True)
    assert sent["reply_to_message"]["forum_topic_created"]["name"] == "War"
    telegram.close_topic(FORUM, thread)
    post = {"chat_id": FORUM, "text": "b", "message_thread_id": thread}
    assert await bot.refused("sendMessage", **post) == "Bad Request: TOPIC_CLOSED"
    telegram.promote(FORUM)
    await bot.ok("sendMessage", **post)
    telegram.delete_topic(FORUM, thread)
    assert await bot.refused("sendMessage", **post) == "Bad Request: TOPIC_DELETED"
    telegram.delete_topic(FORUM, thread, forgotten=True)
    assert await bot.refused("sendMessage", **post) == "Bad Request: message thread not found"
    assert telegram.chats[FORUM].screen() == []


async def test_a_bot_that_is_administrator_opens_closes_and_reopens_topics(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.promote(FORUM)
    thread = (await bot.ok("createForumTopic", chat_id=FORUM, name="War"))["message_thread_id"]
    assert await bot.ok("closeForumTopic", chat_id=FORUM, message_thread_id=thread) is True
    words = await bot.refused("closeForumTopic", chat_id=FORUM, message_thread_id=thread)
    assert words == "Bad Request: TOPIC_NOT_MODIFIED"
    assert await bot.ok("reopenForumTopic", chat_id=FORUM, message_thread_id=thread) is True


async def test_outside_forums_a_thread_is_passed_over_and_a_reply_names_one(telegram: LocalTelegram, bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id=SUPER, text="a", message_thread_id=4711)
    assert "message_thread_id" not in sent
    telegram.say(ADMIN, SUPER, "and?", reply_to=sent["message_id"])
    heard = (await bot.updates())[-1]["message"]
    assert heard["message_thread_id"] == sent["message_id"]
    assert "is_topic_message" not in heard


# --- editing and deleting -------------------------------------------------------------------------------------------


async def test_an_edit_keeps_what_stood_there_before(telegram: LocalTelegram, bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id=READER, text="one", reply_markup=LINK)
    edited = await bot.ok("editMessageText", chat_id=READER, message_id=sent["message_id"], text="two")
    assert (edited["text"], edited["edit_date"] >= edited["date"]) == ("two", True)
    assert "reply_markup" not in edited  # an edit that names no buttons takes them away
    message = telegram.chats[READER].newest()
    assert [version.text for version in message.edits] == ["one"]
    assert message.edits[0].buttons[0][0]["text"] == "a"


@pytest.mark.parametrize(
    ("method", "content", "send"),
    [
        ("editMessageText", {"text": "<b>a</b> ", "parse_mode": "HTML"}, ("sendMessage", {"text": "<b>a</b>"})),
        (
            "editMessageCaption",
            {"caption": "<b>a</b>"},
            ("sendPhoto", {"photo": "https://a.org/a.jpg", "caption": "<b>a</b>"}),
        ),
        (
            "editMessageMedia",
            {"media": {"type": "photo", "media": "https://a.org/a.jpg", "caption": "a"}},
            ("sendPhoto", {"photo": "https://a.org/a.jpg", "caption": "a"}),
        ),
        ("editMessageReplyMarkup", {}, ("sendMessage", {"text": "a"})),
    ],
)
async def test_an_edit_that_changes_nothing_is_refused(
    bot: Bot, method: str, content: dict[str, Any], send: tuple[str, dict[str, Any]]
) -> None:
    same = {"chat_id": READER, "reply_markup": LINK, "parse_mode": "HTML"}
    sent = await bot.ok(send[0], **same, **send[1])
    words = await bot.refused(method, message_id=sent["message_id"], **(same | content))
    assert words == (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as "
        "a current content and reply markup of the message"
    )


async def test_text_and_caption_are_edited_each_by_its_own_method(bot: Bot) -> None:
    text = (await bot.ok("sendMessage", chat_id=READER, text="a"))["message_id"]
    photo = (await bot.ok("sendPhoto", chat_id=READER, photo="https://example.org/a.jpg"))["message_id"]
    words = await bot.refused("editMessageText", chat_id=READER, message_id=photo, text="b")
    assert words == "Bad Request: there is no text in the message to edit"
    words = await bot.refused("editMessageCaption", chat_id=READER, message_id=text, caption="b")
    assert words == "Bad Request: there is no caption in the message to edit"


async def test_a_text_message_can_become_a_photo(telegram: LocalTelegram, bot: Bot) -> None:
    number = (await bot.ok("sendMessage", chat_id=READER, text="a"))["message_id"]
    media = {"type": "photo", "media": "https://example.org/a.jpg", "caption": "now with a picture"}
    edited = await bot.ok("editMessageMedia", chat_id=READER, message_id=number, media=media)
    assert (edited["caption"], len(edited["photo"])) == ("now with a picture", 2)
    assert "text" not in edited
    assert telegram.chats[READER].screen() == ["now with a picture"]


async def test_only_its_own_messages_can_be_edited_by_a_bot(telegram: LocalTelegram, bot: Bot) -> None:
    said = telegram.say(READER, READER, "mine")
    words = await bot.refused("editMessageText", chat_id=READER, message_id=said, text="yours")
    assert words == "Bad Request: message can't be edited"


async def test_a_message_with_a_reply_keyboard_can_not_be_edited(bot: Bot) -> None:
    keyboard = {"keyboard": [["yes", "no"]]}
    sent = await bot.ok("sendMessage", chat_id=READER, text="well?", reply_markup=keyboard)
    words = await bot.refused("editMessageText", chat_id=READER, message_id=sent["message_id"], text="b")
    assert words == "Bad Request: message can't be edited"


async def test_an_old_message_is_still_edited_but_not_deleted(telegram: LocalTelegram, bot: Bot) -> None:
    for chat in (READER, CHANNEL):
        number = (await bot.ok("sendMessage", chat_id=chat, text="a"))["message_id"]
        telegram.age(chat, number, hours=48)
        await bot.ok("editMessageText", chat_id=chat, message_id=number, text="b")
        words = await bot.refused("deleteMessage", chat_id=chat, message_id=number)
        assert words.startswith("Bad Request: message can't be deleted")
        assert telegram.chats[chat].screen() == ["b"]


async def test_what_was_deleted_is_gone_for_every_later_call(telegram: LocalTelegram, bot: Bot) -> None:
    number = (await bot.ok("sendMessage", chat_id=READER, text="a"))["message_id"]
    assert await bot.ok("deleteMessage", chat_id=READER, message_id=number) is True
    assert telegram.chats[READER].screen() == []
    assert (
        await bot.refused("deleteMessage", chat_id=READER, message_id=number)
        == "Bad Request: message to delete not found"
    )
    words = await bot.refused("editMessageText", chat_id=READER, message_id=number, text="b")
    assert words == "Bad Request: message to edit not found"


async def test_deleting_several_passes_over_those_that_are_not_there(telegram: LocalTelegram, bot: Bot) -> None:
    numbers = [(await bot.ok("sendMessage", chat_id=READER, text=str(n)))["message_id"] for n in range(3)]
    assert await bot.ok("deleteMessages", chat_id=READER, message_ids=[*numbers[:2], 4711]) is True
    assert telegram.chats[READER].screen() == ["2"]


async def test_a_pin_needs_rights_in_groups_and_none_in_private(telegram: LocalTelegram, bot: Bot) -> None:
    for chat in (READER, SUPER):
        await bot.ok("sendMessage", chat_id=chat, text="card")
    assert await bot.ok("pinChatMessage", chat_id=READER, message_id=telegram.chats[READER].newest().id) is True
    assert [message.text for message in telegram.chats[READER].pinned] == ["card"]
    words = await bot.refused("pinChatMessage", chat_id=SUPER, message_id=telegram.chats[SUPER].newest().id)
    assert words == "Bad Request: not enough rights to manage pinned messages in the chat"
    assert (await bot.ok("getChat", chat_id=READER))["pinned_message"]["text"] == "card"
    assert await bot.ok("unpinChatMessage", chat_id=READER) is True
    assert telegram.chats[READER].pinned == []
