"""The local Telegram as a bot meets it: what it answers, and what it refuses in which words."""

from __future__ import annotations

import io

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.demo.telegram import LocalTelegram
from tests.raw_bot import ADMIN, CHANNEL, FORUM, READER, SUPER, Bot, bot, png, telegram

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
    parts[2]["media"] = "https://example.org/2.jpg"
    telegram.files.refuse("https://example.org/1.jpg")
    words = await bot.refused("sendMediaGroup", chat_id=READER, media=parts)
    assert words == 'Bad Request: failed to send message #2 with the error message "WEBPAGE_CURL_FAILED"'
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
