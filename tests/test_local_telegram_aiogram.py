"""aiogram against the local Telegram: a second reader, stricter than the first about what must be there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiogram
import aiogram.client.session.aiohttp
import aiogram.client.telegram
import aiogram.exceptions
import aiogram.types as giv
import pytest

from bot.demo.telegram import Fault, LocalTelegram
from tests.raw_bot import ADMIN, CHANNEL, FORUM, READER, STRANGER, SUPER, png
from tests.raw_bot import telegram as local

__all__ = ["local"]  # a fixture

PICTURE = "https://example.org/a.jpg"
FORMATTED = "<b>Bold</b> and <i>more</i> 🎉"


@pytest.fixture
async def aiogram_bot(local: LocalTelegram) -> AsyncIterator[aiogram.Bot]:
    server = aiogram.client.telegram.TelegramAPIServer.from_base(local.api_base)
    session = aiogram.client.session.aiohttp.AiohttpSession(api=server)
    async with aiogram.Bot(local.token, session=session) as bot:
        yield bot


async def test_aiogram_sends_edits_and_deletes(local: LocalTelegram, aiogram_bot: aiogram.Bot) -> None:
    bot = aiogram_bot
    keyboard = giv.InlineKeyboardMarkup(
        inline_keyboard=[[giv.InlineKeyboardButton(text="Open", url="https://example.org/")]]
    )
    sent = await bot.send_message(READER, FORMATTED, parse_mode="HTML", reply_markup=keyboard)
    assert (sent.text, sent.html_text) == ("Bold and more 🎉", FORMATTED)
    assert sent.reply_markup is not None
    assert sent.reply_markup.model_dump() == keyboard.model_dump()
    edited = await bot.edit_message_text("now this", chat_id=READER, message_id=sent.message_id)
    assert isinstance(edited, giv.Message)
    assert edited.reply_markup is None
    assert await bot.delete_message(READER, sent.message_id)
    assert local.chats[READER].screen() == []


async def test_aiogram_sends_pictures_and_files(local: LocalTelegram, aiogram_bot: aiogram.Bot) -> None:
    bot = aiogram_bot
    sent = await bot.send_photo(READER, PICTURE, caption="by address")
    assert sent.photo is not None
    uploaded = await bot.send_photo(READER, giv.BufferedInputFile(png(), "a.png"))
    assert uploaded.photo is not None
    downloaded = await bot.download(uploaded.photo[-1].file_id)
    assert downloaded is not None
    assert downloaded.read() == png()
    album: Any = [giv.InputMediaPhoto(media=sent.photo[-1].file_id), giv.InputMediaPhoto(media=PICTURE)]
    assert len(await bot.send_media_group(READER, album)) == 2
    media = giv.InputMediaPhoto(media=giv.BufferedInputFile(png(100, 100), "b.png"), caption="changed")
    changed = await bot.edit_message_media(media, chat_id=READER, message_id=uploaded.message_id)
    assert isinstance(changed, giv.Message)
    assert changed.caption == "changed"
    await bot.edit_message_caption(chat_id=READER, message_id=sent.message_id, caption="again")
    assert local.chats[READER].screen() == ["again", "changed", "[photo]", "[photo]"]


async def test_aiogram_asks_about_chats_and_itself(local: LocalTelegram, aiogram_bot: aiogram.Bot) -> None:
    bot = aiogram_bot
    assert (await bot.me()).username == "relay_bot"
    assert (await bot.get_chat(SUPER)).title == "Big"
    assert isinstance(await bot.get_chat_member(SUPER, ADMIN), giv.ChatMemberOwner)
    assert isinstance(await bot.get_chat_member(CHANNEL, bot.id), giv.ChatMemberAdministrator)
    assert len(await bot.get_chat_administrators(CHANNEL)) == 2
    commands = [giv.BotCommand(command="latest", description="the newest posts")]
    await bot.set_my_commands(commands, giv.BotCommandScopeAllPrivateChats())
    assert local.menu(READER, READER) == [{"command": "latest", "description": "the newest posts"}]
    assert (await bot.get_webhook_info()).url == ""
    local.promote(FORUM)
    topic = await bot.create_forum_topic(FORUM, "War")
    sent = await bot.send_message(FORUM, "a", message_thread_id=topic.message_thread_id)
    assert sent.is_topic_message


async def test_aiogram_reads_updates_and_answers(local: LocalTelegram, aiogram_bot: aiogram.Bot) -> None:
    bot = aiogram_bot
    local.say(STRANGER, STRANGER, "/start")
    local.say(ADMIN, CHANNEL, photo=b"picture", caption="a post")
    local.block(STRANGER)
    local.migrate(-70)
    updates = await bot.get_updates()
    assert [update.event_type for update in updates] == [
        "message",
        "channel_post",
        "my_chat_member",
        "my_chat_member",
        "message",
        "message",
    ]
    keyboard = giv.InlineKeyboardMarkup(inline_keyboard=[[giv.InlineKeyboardButton(text="Go", callback_data="go")]])
    await bot.send_message(READER, "press", reply_markup=keyboard)
    press = asyncio.create_task(local.tap(READER, READER, "Go"))
    (update,) = await bot.get_updates(updates[-1].update_id + 1, timeout=5)
    assert update.callback_query is not None
    await bot.answer_callback_query(update.callback_query.id, text="gone")
    assert (await press).text == "gone"


@pytest.mark.parametrize(
    ("act", "raised"),
    [
        (lambda t: t.block(READER), aiogram.exceptions.TelegramForbiddenError),
        (
            lambda t: t.fail(error=Fault.refuse(429, "Too Many Requests: retry after 3", retry_after=3)),
            aiogram.exceptions.TelegramRetryAfter,
        ),
        (lambda t: t.fail(error=Fault.refuse(500, "Internal Server Error")), aiogram.exceptions.TelegramServerError),
        (lambda t: t.fail(error=Fault.lose_answer()), aiogram.exceptions.TelegramNetworkError),
    ],
)
async def test_aiogram_raises_what_it_raises_at_the_real_one(
    local: LocalTelegram, aiogram_bot: aiogram.Bot, act: Callable[[LocalTelegram], object], raised: type[Exception]
) -> None:
    act(local)
    with pytest.raises(raised):
        await aiogram_bot.send_message(READER, "a")
