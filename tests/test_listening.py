"""How the webhook is set and looked after, with the local Telegram and python-telegram-bot's Application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from telegram import Update
from telegram.error import Conflict, NetworkError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, ExtBot, MessageHandler, filters

from bot import listening
from bot.alarming import Alarms
from bot.demo.telegram import Fault, LocalTelegram
from bot.listening import Asking, ByPolling, ByWebhook
from bot.request import AiohttpRequest
from bot.web.server import Server
from bot.web.webhook import Webhook, routes
from config.secrets import webhook_path, webhook_secret
from handlers import HEARD
from handlers.updates import PerChat
from storage import Store
from tests.alarming import a_store, alarms_into
from tests.proxied import PrefixProxy
from tests.raw_bot import ADMIN, READER, telegram

__all__ = ["telegram"]  # a fixture


@dataclass
class Listener:
    """A bot that notes what it hears, by webhook, behind a proxy that can be ill."""

    telegram: LocalTelegram
    proxy: PrefixProxy
    store: Store
    heard: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    alarms: Alarms = field(init=False)
    listens: asyncio.Event = field(default_factory=asyncio.Event)
    door: Webhook = field(init=False)
    by: ByWebhook = field(init=False)

    def __post_init__(self) -> None:
        self.alarms = alarms_into(self.reports, self.store)
        token = self.telegram.token
        path, secret = webhook_path(token, "main"), webhook_secret(token, "main")
        self.door = Webhook(path=path, secret=secret)
        application = self._application()
        application.add_handler(MessageHandler(filters.ALL, self._hear))
        self.by = ByWebhook(
            application=application,
            door=self.door,
            public_url=self.proxy.url,
            path=path,
            secret=secret,
            alarms=self.alarms,
            listens=self.listens.wait,
        )

    def _application(self) -> Application[Any, Any, Any, Any, Any, Any]:
        base = f"{self.telegram.api_base}/bot"
        requests = AiohttpRequest(), AiohttpRequest(connections=1)
        bot: ExtBot[None] = ExtBot(
            self.telegram.token, base_url=base, request=requests[0], get_updates_request=requests[1]
        )
        return ApplicationBuilder().bot(bot).concurrent_updates(PerChat()).build()

    async def _hear(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        self.heard.append(update.effective_message.text or "")

    @property
    def set_to(self) -> str:
        return self.telegram.first_bot.webhook.url

    async def hears(self, *words: str) -> None:
        await self.telegram.until(lambda: self.heard == list(words))

    async def goes_wrong(self, why: str) -> None:
        """Until Telegram says so."""
        await self.telegram.until(lambda: why in self.telegram.first_bot.webhook.info().get("last_error_message", ""))


@contextlib.asynccontextmanager
async def listener(telegram: LocalTelegram) -> AsyncIterator[Listener]:
    async with PrefixProxy() as proxy, a_store() as store:
        telegram.first_bot.webhook.retry = 0.01
        one = Listener(telegram, proxy, store)
        server = Server("localhost:0", routes(one.door), one.alarms)
        running = asyncio.create_task(server.run())
        await server.listening.wait()
        assert server.address is not None
        host = f"[{server.address[0]}]" if ":" in server.address[0] else server.address[0]
        proxy.behind = f"http://{host}:{server.address[1]}"
        one.listens.set()
        async with one.by.application, one.by.heard():
            await telegram.until(lambda: one.set_to)
            yield one
            await one.door.close(5.0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_people_say_is_heard_through_a_proxy_with_a_path(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        telegram.say(READER, READER, "one")
        telegram.say(READER, READER, "two")
        await one.hears("one", "two")
    assert one.set_to, "it stays set when we stop"


async def test_only_kinds_of_updates_that_we_do_something_with_are_asked_for(telegram: LocalTelegram) -> None:
    async with listener(telegram):
        assert telegram.first_bot.updates.allowed == set(HEARD)
    assert "chat_member" not in HEARD, "one for everybody who comes and goes"


async def test_nothing_is_to_be_brought_before_we_listen(telegram: LocalTelegram) -> None:
    async with PrefixProxy() as proxy, a_store() as store:
        one = Listener(telegram, proxy, store)
        async with one.by.application, one.by.heard():
            await one.by.application.bot.get_me()
            assert not one.set_to
            one.listens.set()
            await telegram.until(lambda: one.set_to)
            await one.door.close(5.0)


async def test_polling_goes_on_when_telegram_did_not_know_the_token_for_a_moment(telegram: LocalTelegram) -> None:
    heard = list[str]()

    async def hear(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        heard.append(update.effective_message.text or "")

    base = f"{telegram.api_base}/bot"
    bot: ExtBot[None] = ExtBot(telegram.token, base_url=base, request=AiohttpRequest(), get_updates_request=Asking())
    application = ApplicationBuilder().bot(bot).build()
    application.add_handler(MessageHandler(filters.ALL, hear))
    telegram.fail(method="getUpdates", times=1, error=Fault.refuse(401, "Unauthorized"))
    telegram.say(READER, READER, "one")
    async with (
        a_store() as store,
        application,
        ByPolling(application=application, alarms=alarms_into([], store)).heard(),
    ):
        await telegram.until(lambda: heard == ["one"])


async def test_what_waits_at_a_start_is_brought_at_once_and_not_after_a_pause(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        pass
    telegram.first_bot.webhook.retry = 3600.0
    telegram.first_bot.webhook.set(one.set_to, "other", 40)  # begins anew, and finds nobody there
    telegram.say(READER, READER, "while you were away")
    await telegram.until(lambda: "last_error_message" in telegram.first_bot.webhook.info())
    async with listener(telegram) as again:
        await again.hears("while you were away")


async def test_an_update_that_the_library_cannot_read_holds_nothing_up(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        with structlog.testing.capture_logs() as said:
            telegram.first_bot.updates.put("message", {"chat": {"id": READER}, "text": "s3cret", "date": "yesterday"})
            telegram.say(READER, READER, "and then")
            await one.hears("and then")
        assert "update not understood" in [line["event"] for line in said]
        assert "s3cret" not in str(said)


async def test_what_keeps_updates_from_coming_is_told_once_and_its_end_once(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        one.proxy.ill = 502
        telegram.say(READER, READER, "hello?")
        await one.goes_wrong("502 Bad Gateway")
        for _ in range(2):
            await one.by.look()
        assert len(one.reports) == 1
        assert "Wrong response from the webhook: 502 Bad Gateway" in one.reports[0]
        one.proxy.ill = None
        await one.hears("hello?")
        await telegram.until(lambda: not telegram.first_bot.updates.waiting)
        for _ in range(2):  # the first may find an error that came after the look before
            await one.by.look()
        assert len(one.reports) == 2
        assert one.reports[1].startswith("Over: The webhook; Telegram brings what people write again. It lasted ")


async def test_a_proxy_that_stumbles_once_is_not_worth_a_word(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        one.proxy.ill = 502
        telegram.say(READER, READER, "hello?")
        await one.goes_wrong("502")
        one.proxy.ill = None
        await one.hears("hello?")
        await telegram.until(lambda: not telegram.first_bot.updates.waiting)
        await one.by.look()
        assert one.reports == []


async def test_our_own_word_to_come_again_later_alarms_nobody(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        handle, one.door._handle = one.door._handle, None
        telegram.say(READER, READER, "hello?")
        await one.goes_wrong("503 Service Unavailable")
        await one.by.look()
        one.door._handle = handle
        await one.hears("hello?")
        assert one.reports == []


async def test_a_webhook_that_somebody_else_took_away_is_set_again(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        ours = one.set_to
        telegram.first_bot.webhook.set("", "", 0)
        await one.by.look()
        assert one.set_to == ours
        telegram.say(ADMIN, ADMIN, "still there?")
        await one.hears("still there?")


async def test_a_webhook_that_telegram_refuses_is_told_once_without_its_path_and_tried_again(
    telegram: LocalTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "RETRY_SECONDS", 0.01)
    path = webhook_path(telegram.token, "main")
    refused = Fault.refuse(400, f"Bad Request: bad webhook: https://x/telegram/{path} is no good")
    telegram.fail(method="setWebhook", times=3, error=refused)
    async with listener(telegram) as one:
        assert len(one.reports) == 1
        assert "Telegram refuses the webhook" in one.reports[0]
        assert path not in one.reports[0]
        await one.by.look()


async def test_a_look_that_telegram_does_not_answer_changes_nothing(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        telegram.fail(method="getWebhookInfo", error=Fault.reset())
        await one.by.look()
        assert one.reports == []


async def test_another_program_that_asks_for_updates_is_told_of_once_and_its_end_once(telegram: LocalTelegram) -> None:
    async with listener(telegram) as one:
        by = ByPolling(application=one.by.application, alarms=one.alarms)
        by.failed(Conflict("terminated by other getUpdates request"))
        await by.look()
        assert one.reports == [], "a question from before a restart"
        for _ in range(2):
            by.failed(Conflict("terminated by other getUpdates request"))
            by.failed(Conflict("terminated by other getUpdates request"))
            await by.look()
        assert len(one.reports) == 1
        assert "with the same token" in one.reports[0]
        by.failed(NetworkError("a bad moment"))
        await by.look()
        await by.look()
        assert len(one.reports) == 2
        assert "nobody else asks for updates" in one.reports[1]


class Stuck(AiohttpRequest):
    """Nothing comes back until `goes_on`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def do_request(self, url: str, *given: Any, **named: Any) -> tuple[int, bytes]:
        if url.endswith("deleteWebhook"):
            self.is_asked.set()
            await self.goes_on.wait()
        return await super().do_request(url, *given, **named)


async def test_who_is_called_off_while_it_begins_to_listen_can_begin_again_and_end(telegram: LocalTelegram) -> None:
    """The lane of a bot may be lost at any moment, and come back."""
    stuck, base = Stuck(), f"{telegram.api_base}/bot"
    bot: ExtBot[None] = ExtBot(telegram.token, base_url=base, request=stuck, get_updates_request=Asking())
    application = ApplicationBuilder().bot(bot).build()
    async with a_store() as store, application:
        by = ByPolling(application=application, alarms=alarms_into([], store))
        beginning = asyncio.create_task(by.heard().__aenter__())
        await stuck.is_asked.wait()
        beginning.cancel()
        await asyncio.gather(beginning, return_exceptions=True)
        stuck.goes_on.set()
        telegram.say(READER, READER, "one")
        async with by.heard():
            await telegram.until(lambda: not telegram.first_bot.updates.waiting)
