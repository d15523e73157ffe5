"""python-telegram-bot against the local Telegram: what it sends is understood, what it gets it can read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import telegram as ptb
import telegram.error

from bot.demo.telegram import Fault, LocalTelegram
from tests.raw_bot import ADMIN, CHANNEL, FORUM, READER, STRANGER, SUPER, png
from tests.raw_bot import telegram as local

__all__ = ["local"]  # a fixture

PICTURE = "https://example.org/a.jpg"
FORMATTED = "<b>Bold</b> and <i>more</i> 🎉"


@pytest.fixture
async def python_telegram_bot(local: LocalTelegram) -> AsyncIterator[ptb.Bot]:
    base = {"base_url": f"{local.api_base}/bot", "base_file_url": f"{local.api_base}/file/bot"}
    async with ptb.Bot(local.token, **base) as bot:
        yield bot


async def test_python_telegram_bot_sends_edits_and_deletes(local: LocalTelegram, python_telegram_bot: ptb.Bot) -> None:
    bot = python_telegram_bot
    keyboard = ptb.InlineKeyboardMarkup([[ptb.InlineKeyboardButton("Open", url="https://example.org/")]])
    sent = await bot.send_message(
        READER,
        FORMATTED,
        parse_mode="HTML",
        reply_markup=keyboard,
        link_preview_options=ptb.LinkPreviewOptions(is_disabled=True),
        protect_content=True,
    )
    assert (sent.text, sent.text_html) == ("Bold and more 🎉", FORMATTED)
    assert sent.reply_markup == ptb.InlineKeyboardMarkup(
        [[ptb.InlineKeyboardButton("Open", url="https://example.org/")]]
    )
    assert sent.link_preview_options == ptb.LinkPreviewOptions(is_disabled=True)
    assert sent.has_protected_content
    entity = ptb.MessageEntity("text_link", 0, 3, url="https://example.org/x")
    edited = await bot.edit_message_text("now this", READER, sent.message_id, entities=[entity])
    assert isinstance(edited, ptb.Message)
    assert (edited.text, edited.entities, edited.reply_markup) == ("now this", (entity,), None)
    marked = await bot.edit_message_reply_markup(READER, sent.message_id, reply_markup=keyboard)
    assert isinstance(marked, ptb.Message)
    answer = await bot.send_message(READER, "an answer", reply_parameters=ptb.ReplyParameters(sent.message_id))
    assert answer.reply_to_message == edited
    assert await bot.delete_message(READER, sent.message_id)
    assert await bot.delete_messages(READER, [answer.message_id])
    assert local.chats[READER].screen() == []


async def test_python_telegram_bot_sends_pictures_and_files(local: LocalTelegram, python_telegram_bot: ptb.Bot) -> None:
    bot = python_telegram_bot
    sent = await bot.send_photo(READER, PICTURE, FORMATTED, parse_mode="HTML")
    assert sent.caption_html == FORMATTED
    assert sent.photo[0].width < sent.photo[-1].width
    uploaded = await bot.send_photo(READER, png(), "uploaded")
    file = await bot.get_file(uploaded.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == png()
    again = await bot.send_photo(READER, sent.photo[-1].file_id)
    assert again.photo == sent.photo
    edited = await bot.edit_message_caption(READER, again.message_id, caption="a caption")
    assert isinstance(edited, ptb.Message)
    assert edited.caption == "a caption"
    media = ptb.InputMediaPhoto(png(100, 100), caption="changed")
    changed = await bot.edit_message_media(media, READER, again.message_id)
    assert isinstance(changed, ptb.Message)
    assert changed.photo != again.photo
    album = await bot.send_media_group(
        READER, [ptb.InputMediaPhoto(PICTURE, caption="one"), ptb.InputMediaVideo(b"a film")]
    )
    assert [bool(part.photo) for part in album] == [True, False]
    assert len({part.media_group_id for part in album}) == 1
    assert (await bot.send_video(READER, b"film")).video is not None
    assert (await bot.send_animation(READER, b"moves")).animation is not None
    document = (await bot.send_document(READER, b"words", filename="list.csv")).document
    assert document is not None
    assert document.file_name == "list.csv"


async def test_python_telegram_bot_copies_forwards_pins_and_acts(
    local: LocalTelegram, python_telegram_bot: ptb.Bot
) -> None:
    bot = python_telegram_bot
    original = local.say(ADMIN, ADMIN, photo=b"picture", caption="caption")
    await bot.copy_message(READER, ADMIN, original, caption="my caption")
    assert local.chats[READER].screen() == ["my caption"]
    forwarded = await bot.forward_message(READER, ADMIN, original)
    assert isinstance(forwarded.forward_origin, ptb.MessageOriginUser)
    assert await bot.pin_chat_message(READER, forwarded.message_id)
    assert await bot.unpin_chat_message(READER)
    assert await bot.send_chat_action(READER, "typing")


async def test_python_telegram_bot_asks_about_chats(local: LocalTelegram, python_telegram_bot: ptb.Bot) -> None:
    bot = python_telegram_bot
    await bot.send_message(READER, "card")
    await bot.pin_chat_message(READER, local.chats[READER].newest().id)
    chat = await bot.get_chat(READER)
    assert (chat.type, chat.first_name) == ("private", "Ada")
    assert chat.pinned_message is not None
    channel = await bot.get_chat("@newsroom")
    assert (channel.id, channel.title) == (CHANNEL, "News")
    assert isinstance(await bot.get_chat_member(SUPER, ADMIN), ptb.ChatMemberOwner)
    assert isinstance(await bot.get_chat_member(CHANNEL, bot.id), ptb.ChatMemberAdministrator)
    assert isinstance(await bot.get_chat_member(SUPER, STRANGER), ptb.ChatMemberLeft)
    local.restrict(SUPER)
    assert isinstance(await bot.get_chat_member(SUPER, bot.id), ptb.ChatMemberRestricted)
    assert [member.user.id for member in await bot.get_chat_administrators(CHANNEL)] == [ADMIN, bot.id]
    assert await bot.get_chat_member_count(SUPER) == 2
    local.promote(FORUM)
    topic = await bot.create_forum_topic(FORUM, "War")
    assert await bot.close_forum_topic(FORUM, topic.message_thread_id)
    assert await bot.reopen_forum_topic(FORUM, topic.message_thread_id)
    assert await bot.leave_chat(SUPER)


async def test_python_telegram_bot_reads_all_kinds_of_updates(
    local: LocalTelegram, python_telegram_bot: ptb.Bot
) -> None:
    bot = python_telegram_bot
    thread = local.add_topic(FORUM, "War")
    number = local.say(READER, READER, "/start ukraine")
    local.edit(READER, READER, number, "/start nato")
    local.say(READER, FORUM, "/help", thread=thread)
    local.say(ADMIN, CHANNEL, "a post")
    local.forward(READER, READER, local.chats[CHANNEL].newest())
    local.block(READER)
    local.restrict(SUPER)
    local.kick(SUPER)
    local.readmit(SUPER, ADMIN)
    local.migrate(-70)
    updates = await bot.get_updates(allowed_updates=ptb.Update.ALL_TYPES)
    assert [update.update_id for update in updates] == list(range(1, len(updates) + 1))
    command = updates[1].message
    assert command is not None
    assert command.parse_entities() == {command.entities[0]: "/start"}
    changes = [update.my_chat_member.difference()["status"] for update in updates if update.my_chat_member]
    assert changes == [
        ("member", "kicked"),
        ("member", "restricted"),
        ("restricted", "kicked"),
        ("kicked", "member"),
        ("left", "member"),
    ]
    forwarded = next(update.message for update in updates if update.message and update.message.forward_origin)
    assert isinstance(forwarded.forward_origin, ptb.MessageOriginChannel)


async def test_python_telegram_bot_answers_buttons_and_inline_queries(
    local: LocalTelegram, python_telegram_bot: ptb.Bot
) -> None:
    bot = python_telegram_bot
    keyboard = ptb.InlineKeyboardMarkup([[ptb.InlineKeyboardButton("Go", callback_data="go")]])
    await bot.send_message(READER, "press", reply_markup=keyboard)
    press = asyncio.create_task(local.tap(READER, READER, "Go"))
    (update,) = await bot.get_updates(timeout=5)
    assert update.callback_query is not None
    await update.callback_query.answer("gone", show_alert=True)
    await update.callback_query.edit_message_text("pressed")
    assert (await press).text == "gone"
    asked = asyncio.create_task(local.inline(READER, "nato"))
    update = (await bot.get_updates(update.update_id + 1, timeout=5))[0]
    assert update.inline_query is not None
    content = ptb.InputTextMessageContent(FORMATTED, parse_mode="HTML")
    await update.inline_query.answer([ptb.InlineQueryResultArticle("1", "NATO", content)], cache_time=5)
    assert (await asked).results[0]["sends"][0] == "Bold and more 🎉"
    assert local.chats[READER].screen() == ["pressed"]


async def test_python_telegram_bot_sets_its_profile_and_webhook(
    local: LocalTelegram, python_telegram_bot: ptb.Bot
) -> None:
    bot = python_telegram_bot
    commands = [ptb.BotCommand("latest", "the newest posts")]
    await bot.set_my_commands(commands, ptb.BotCommandScopeChat(READER), "en")
    assert await bot.get_my_commands(ptb.BotCommandScopeChat(READER), "en") == tuple(commands)
    assert local.menu(READER, READER) == [{"command": "latest", "description": "the newest posts"}]
    assert await bot.delete_my_commands(ptb.BotCommandScopeChat(READER), "en")
    assert await bot.set_my_name("Relay")
    assert await bot.set_my_description("Live blogs")
    assert await bot.set_my_short_description("Relays")
    assert (await bot.get_my_description()).description == "Live blogs"
    assert await bot.set_webhook("http://127.0.0.1:9/hook", secret_token="abc", max_connections=3)
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections) == ("http://127.0.0.1:9/hook", 3)
    assert await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.log_out()


@pytest.mark.parametrize(
    ("act", "send", "raised", "words"),
    [
        (lambda t: None, (STRANGER, "a"), telegram.error.Forbidden, "can't initiate conversation"),
        (lambda t: t.block(READER), (READER, "a"), telegram.error.Forbidden, "bot was blocked by the user"),
        (lambda t: None, (READER, "a" * 4097), telegram.error.BadRequest, "Message is too long"),
        (lambda t: None, (99, "a"), telegram.error.BadRequest, "Chat not found"),
        (lambda t: t.migrate(-70), (-70, "a"), telegram.error.ChatMigrated, "migrated"),
        (
            lambda t: t.fail(error=Fault.refuse(429, "Too Many Requests: retry after 3", retry_after=3)),
            (READER, "a"),
            telegram.error.RetryAfter,
            "3",
        ),
        (
            lambda t: t.fail(error=Fault.refuse(502, "Bad Gateway", body=b"<html>")),
            (READER, "a"),
            telegram.error.NetworkError,
            "Bad Gateway",
        ),
        (lambda t: t.fail(error=Fault.lose_answer()), (READER, "a"), telegram.error.NetworkError, None),
        (lambda t: t.fail(error=Fault.reset()), (READER, "a"), telegram.error.NetworkError, None),
    ],
)
async def test_python_telegram_bot_raises_what_it_raises_at_the_real_one(
    local: LocalTelegram,
    python_telegram_bot: ptb.Bot,
    act: Callable[[LocalTelegram], object],
    send: tuple[int, str],
    raised: type[Exception],
    words: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the other way is deprecated
    act(local)
    with pytest.raises(raised, match=words):
        await python_telegram_bot.send_message(*send)
