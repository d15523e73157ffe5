"""The methods about chats and their members, files and what people asked."""

from __future__ import annotations

import re
from typing import Any

from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.formatting import caption_text, message_text
from bot.demo.telegram.objects import bot_member, full_chat_json, person_member
from bot.demo.telegram.people import People
from bot.demo.telegram.utf16 import length
from bot.demo.telegram.values import Answer, InlineAnswer, Json, bad_request
from bot.demo.telegram.world import LocalBot, LocalChat

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
RESULTS_LIMIT = 50  # this and the next two: https://core.telegram.org/bots/api#answerinlinequery
OFFSET_LIMIT = 64  # bytes
START_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def get_chat(world: People, bot: LocalBot, call: Arguments) -> Json:
    return full_chat_json(world.open_chat(bot, call.text("chat_id"), write=False))


def get_chat_member(world: People, bot: LocalBot, call: Arguments) -> Json:
    chat = _readable(world, bot, call)
    user_id = call.whole("user_id")
    if user_id <= 0:
        raise bad_request("invalid user_id specified")
    if user_id == bot.id:
        return bot_member(chat, bot)
    if user_id not in world.people:
        raise bad_request("PARTICIPANT_ID_INVALID" if chat.kind != "private" else "user not found")
    return person_member(chat, world.people[user_id])


def get_chat_administrators(world: People, bot: LocalBot, call: Arguments) -> list[Json]:
    chat = _readable(world, bot, call)
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    leading = {"creator", "administrator"}
    people = [person_member(chat, world.people[who]) for who, status in chat.members.items() if status in leading]
    return people + [bot_member(chat, one) for one in world.bots.values() if chat.bots.get(one.id) == "administrator"]


def get_chat_member_count(world: People, bot: LocalBot, call: Arguments) -> int:
    chat = _readable(world, bot, call)
    if chat.kind == "private":
        return 2
    within = [status for status in [*chat.members.values(), *chat.bots.values()] if status not in {"left", "kicked"}]
    return len(within)


def _readable(world: People, bot: LocalBot, call: Arguments) -> LocalChat:
    chat = world.open_chat(bot, call.text("chat_id"), write=False)
    if chat.kind == "channel" and chat.bots[bot.id] != "administrator":
        raise bad_request("member list is inaccessible")
    return chat


def leave_chat(world: People, bot: LocalBot, call: Arguments) -> bool:
    chat = world.open_chat(bot, call.text("chat_id"))
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    world.kick(chat.id, bot=bot.token, status="left")
    return True


def get_file(world: People, bot: LocalBot, call: Arguments) -> Json:
    file_id = call.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    stored = world.files.by_id.get(file_id)
    if stored is None or stored.bot_id != bot.id:
        raise bad_request("invalid file_id")
    media = stored.media
    return {
        "file_id": file_id, "file_unique_id": media.unique_id, "file_size": media.size, "file_path": stored.path,
    }  # fmt: skip


def answer_callback_query(world: People, bot: LocalBot, call: Arguments) -> bool:
    question = bot.questions.get(call.text("callback_query_id"))
    if question is None or question.message is None:
        raise bad_request(TOO_OLD)
    if length(call.text("text")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    del bot.questions[call.text("callback_query_id")]
    answer = Answer(call.text("text"), call.flag("show_alert"), call.text("url"))
    question.settle(answer)
    world.happened("answered", question.chat_id, question.message, answer)
    return True


def answer_inline_query(world: People, bot: LocalBot, call: Arguments) -> bool:
    question = bot.questions.get(call.text("inline_query_id"))
    if question is None or question.message is not None:
        raise bad_request(TOO_OLD)
    results = call.structure("results", "can't parse JSON encoded inline query results")
    if not isinstance(results, list):
        raise bad_request("expected an Array of inline query results")
    if len(results) > RESULTS_LIMIT:
        raise bad_request("too many inline query results specified")
    read = tuple(_result(world, bot, call, result) for result in results)
    if len({result["id"] for result in read}) < len(read):
        raise bad_request("RESULT_ID_DUPLICATE")
    button = _results_button(call)
    if len(call.text("next_offset").encode()) > OFFSET_LIMIT:
        raise bad_request("NEXT_OFFSET_INVALID")
    del bot.questions[call.text("inline_query_id")]
    cache_time = call.whole("cache_time", 300)
    question.settle(InlineAnswer(read, cache_time, call.flag("is_personal"), call.text("next_offset"), button))
    return True


def _results_button(call: Arguments) -> Json | None:
    """https://core.telegram.org/bots/api#inlinequeryresultsbutton"""
    button = call.structure("button", "can't parse inline query results button JSON object")
    if button is None:
        return None
    if not isinstance(button, dict) or not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request("can't parse inline query results button: Can't find field \"text\"")
    if ("start_parameter" in button) == ("web_app" in button):
        raise bad_request("can't parse inline query results button: exactly one action must be specified")
    if "start_parameter" in button and not START_PARAMETER.fullmatch(str(button["start_parameter"])):
        raise bad_request("START_PARAM_INVALID")
    return button


def _result(world: People, bot: LocalBot, call: Arguments, result: Any) -> Json:
    """Checked, and the text it would send put in Telegram's form under "sends"."""
    if not isinstance(result, dict):
        raise _unreadable("Inline query result must be an object")
    number, kind = str(result.get("id") or ""), result.get("type")
    if not 1 <= len(number.encode()) <= 64:
        raise bad_request("RESULT_ID_INVALID")
    if kind not in {"article", "photo"}:
        raise _unreadable(f'type "{kind}" is unsupported for the inline query result')
    content = result.get("input_message_content")
    if not str(result.get("thumbnail_url") or "https://").startswith(("http://", "https://")):
        raise bad_request("WEBDOCUMENT_URL_INVALID")
    if kind == "article" and not result.get("title"):
        raise _unreadable('Can\'t find field "title"')
    if content is None and kind == "article":
        raise _unreadable("Input message content is not specified")
    if content is None:
        caption = caption_text(
            str(result.get("caption") or ""), str(result.get("parse_mode") or ""), result.get("caption_entities")
        )
        return {**result, "id": number, "sends": caption}
    if not isinstance(content, dict) or not isinstance(content.get("message_text"), str):
        raise _unreadable("Input message content is not specified")
    sends = message_text(content["message_text"], str(content.get("parse_mode") or ""), content.get("entities"))
    return {**result, "id": number, "sends": sends}


def _unreadable(why: str) -> Exception:
    return bad_request(f"can't parse inline query result: {why}")
