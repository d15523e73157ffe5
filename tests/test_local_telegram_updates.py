"""How updates reach a bot of the local Telegram, and what a bot may say of itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.demo.telegram import LocalTelegram
from tests.raw_bot import ADMIN, READER, STRANGER, SUPER, Bot, bot, telegram

__all__ = ["bot", "telegram"]  # fixtures


def kinds(updates: list[Any]) -> list[str]:
    return [next(name for name in update if name != "update_id") for update in updates]


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


@dataclass
class Hook:
    """Somewhere to bring updates to. `answers` are given in turn, the last for ever; `held` chats get none."""

    answers: list[tuple[int, dict[str, str]]]
    url: str = ""
    came: list[str] = field(default_factory=list)
    held: set[int] = field(default_factory=set)

    async def take(self, request: web.Request) -> web.Response:
        message = (await request.json())["message"]
        self.came.append(message["text"])
        if message["chat"]["id"] in self.held:
            await asyncio.Event().wait()
        status, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, headers=headers)


@contextlib.asynccontextmanager
async def hook(*answers: tuple[int, dict[str, str]]) -> AsyncIterator[Hook]:
    one, app = Hook([*answers]), web.Application()
    app.router.add_post("/hook", one.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield one
    await runner.cleanup()


async def test_a_chat_that_is_not_taken_holds_up_itself_and_nobody_else(telegram: LocalTelegram, bot: Bot) -> None:
    async with hook((200, {})) as one:
        one.held.add(READER)
        await bot.ok("setWebhook", url=one.url)
        for words in ("one", "two"):
            telegram.say(READER, READER, words)
        telegram.say(ADMIN, ADMIN, "hello")
        await telegram.until(lambda: {"one", "hello"} <= set(one.came))
        await telegram.until(lambda: len(telegram.bot_named(None).updates.waiting) == 2)
        assert sorted(one.came) == ["hello", "one"]
        assert (await bot.ok("getWebhookInfo"))["pending_update_count"] == 2
        await bot.ok("deleteWebhook")
        assert [update["message"]["text"] for update in await bot.updates()] == ["one", "two"]


async def test_no_more_are_brought_at_once_than_was_asked_for(telegram: LocalTelegram, bot: Bot) -> None:
    async with hook((200, {})) as one:
        one.held |= {READER, ADMIN}
        await bot.ok("setWebhook", url=one.url, max_connections=1)
        telegram.say(READER, READER, "one")
        telegram.say(ADMIN, ADMIN, "hello")
        await telegram.until(lambda: one.came)
        await bot.ok("getMe")
        assert len(one.came) == 1


async def test_a_redirect_is_no_answer_and_a_retry_after_is_obeyed(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.bot_named(None).webhook.retry = 0.0001
    elsewhere = (302, {"Location": "/hook"})
    async with hook(elsewhere, (503, {"Retry-After": "3600"}), (200, {})) as one:
        await bot.ok("setWebhook", url=one.url)
        telegram.say(READER, READER, "one")
        await telegram.until(lambda: "503" in telegram.bot_named(None).webhook.info().get("last_error_message", ""))
        assert one.came == ["one", "one"]
        await telegram.until(lambda: one.came == ["one", "one", "one"])


async def test_the_same_webhook_once_more_shortens_no_pause_and_another_one_does(
    telegram: LocalTelegram, bot: Bot
) -> None:
    telegram.bot_named(None).webhook.retry = 3600.0
    async with hook((500, {}), (500, {}), (200, {})) as one:
        await bot.ok("setWebhook", url=one.url)
        telegram.say(READER, READER, "one")
        await telegram.until(lambda: len(one.came) == 2)  # the first is tried again at once
        await bot.ok("setWebhook", url=one.url)
        await bot.ok("getMe")
        assert len(one.came) == 2
        await bot.ok("setWebhook", url=one.url, max_connections=7)
        await telegram.until(lambda: not telegram.bot_named(None).updates.waiting)


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
