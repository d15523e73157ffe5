"""The relay as a process that Telegram brings updates to, through a proxy: what people say is never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.demo.telegram import Fault
from config.secrets import webhook_path, webhook_secret
from tests.ports import free_port
from tests.proxied import PrefixProxy
from tests.service import Service, service

ANN, BEN = 2001, 2002
CROWD = range(3000, 3040)
SPEEDS = "messages_per_second = 500\nmessages_per_chat_per_second = 50"
BY_WEBHOOK = f'{SPEEDS}\nupdates = "webhook"'


class Told(Service):
    """A relay behind a proxy; `port` is where it listens itself."""

    proxy: PrefixProxy
    port: int

    @property
    def brought(self) -> str:
        """Where Telegram brings updates."""
        return str(self.telegram.first_bot.webhook.url)

    async def runs(self) -> None:
        """Start it, until people are heard."""
        before = self._begun()
        await self.start()
        await self.telegram.until(lambda: all(now > then for now, then in zip(self._begun(), before, strict=True)), 60)

    def _begun(self) -> tuple[int, int]:
        """How often it listened, and how often it heard people."""
        return self.log.count('"listen":'), self.log.count("people are heard")

    def arrive(self, *people: int) -> None:
        for person in people:
            self.telegram.add_user(person, f"Reader {person}", started=True)

    def answers(self, person: int) -> list[str]:
        return [one.text for one in self.telegram.chats[person].from_bot()]

    async def answered(self, *people: int, times: int = 1, seconds: float = 60) -> None:
        await self.telegram.until(lambda: all(len(self.answers(one)) >= times for one in people), seconds)


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Told]:
    async with PrefixProxy() as proxy, service(tmp_path) as one:
        one.__class__ = Told
        assert isinstance(one, Told)
        one.proxy, one.port = proxy, free_port()
        proxy.behind = f"http://127.0.0.1:{one.port}"
        one.telegram.first_bot.webhook.retry = 0.01
        one.configure(limits=BY_WEBHOOK, web=f'listen = "127.0.0.1:{one.port}"\npublic_url = "{proxy.url}"')
        yield one


async def test_a_reader_subscribes_and_gets_posts(relay: Told) -> None:
    relay.arrive(ANN)
    await relay.runs()
    await relay.publisher.polled()
    relay.telegram.say(ANN, ANN, "/subscribe storm")
    await relay.answered(ANN)
    relay.publisher.publish("a", "Two boats lost")
    await relay.telegram.until(lambda: "Two boats lost" in relay.headlines(ANN), 60)
    assert relay.proxy.passed >= 1
    assert relay.brought == f"{relay.proxy.url}/telegram/{webhook_path(relay.telegram.token, 'main')}"
    assert await relay.terminate() == 0
    assert relay.brought  # Telegram keeps what is said until we are back


async def test_after_a_kill_nothing_said_is_lost_and_only_what_was_on_the_wire_is_answered_twice(relay: Told) -> None:
    relay.arrive(*CROWD)
    await relay.runs()
    go_on = asyncio.Event()  # one of them is surely on the wire at the kill
    relay.telegram.fail(method="sendMessage", chat=CROWD[-1], error=Fault.hold_answer(go_on))
    for person in CROWD:
        relay.telegram.say(person, person, "/subscribe storm")
    waiting = relay.telegram.first_bot.updates.waiting
    await relay.telegram.until(lambda: len(waiting) <= len(CROWD) - 5, 60)
    await relay.kill()
    go_on.set()
    done = set(CROWD) - {one["message"]["chat"]["id"] for one in waiting}
    assert 0 < len(done) < len(CROWD)
    relay.telegram.say(CROWD[0], CROWD[0], "/id")
    await relay.runs()
    await relay.answered(*CROWD)
    await relay.telegram.until(lambda: not waiting and "This chat" in relay.answers(CROWD[0])[-1], 60)
    assert await relay.terminate() == 0
    store = relay.store()
    assert sum([len(some) async for some in store.every_subscription()]) == len(CROWD)
    await store.close()
    assert all(len(relay.answers(one)) == 1 for one in done - {CROWD[0]})
    assert all(len(relay.answers(one)) <= 2 for one in set(CROWD) - done)


async def test_sigterm_lets_what_was_taken_be_answered_and_a_restart_answers_none_of_it_again(relay: Told) -> None:
    relay.arrive(ANN, BEN)
    await relay.runs()
    go_on = asyncio.Event()
    relay.telegram.fail(method="sendMessage", chat=ANN, error=Fault.hold_answer(go_on))
    relay.telegram.say(ANN, ANN, "/id")
    await relay.answered(ANN)
    ending = asyncio.create_task(relay.terminate())
    await relay.telegram.until(lambda: "stopping" in relay.log, 60)
    relay.telegram.say(BEN, BEN, "/id")
    go_on.set()
    assert await ending == 0
    assert len(relay.answers(BEN)) == 0
    await relay.runs()
    await relay.answered(BEN)
    await relay.telegram.until(lambda: not relay.telegram.first_bot.updates.waiting, 60)
    assert (len(relay.answers(ANN)), len(relay.answers(BEN))) == (1, 1)


async def test_from_polling_to_the_webhook_and_back_with_words_said_meanwhile_nothing_is_lost_or_answered_twice(
    relay: Told,
) -> None:
    relay.arrive(ANN, BEN)
    for turn, way in enumerate((SPEEDS, BY_WEBHOOK, SPEEDS, BY_WEBHOOK), start=1):
        relay.configure(limits=way)
        relay.telegram.say(ANN, ANN, "/id")  # while it is down
        await relay.runs()
        await relay.answered(ANN, times=turn)
        relay.telegram.say(BEN, BEN, "/id")
        await relay.answered(BEN, times=turn)
        assert bool(relay.brought) is (way == BY_WEBHOOK)
        assert await relay.terminate() == 0
    assert (len(relay.answers(ANN)), len(relay.answers(BEN))) == (4, 4)


async def test_what_is_forged_is_not_heard_and_no_secret_stands_in_the_log(relay: Told) -> None:
    relay.arrive(ANN)
    await relay.runs()
    token = relay.telegram.token
    message = {"message_id": 1, "date": 1, "chat": {"id": ANN, "type": "private"}, "text": "/forget"}
    forged = {"update_id": 1, "message": message | {"from": {"id": ANN, "is_bot": False, "first_name": "Ann"}}}
    async with aiohttp.ClientSession() as session:
        for path in (webhook_path(token, "main"), webhook_path("100:guess", "main"), token):
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": webhook_secret("100:guess", "main")}):
                url = f"{relay.proxy.behind}/telegram/{path}"
                async with session.post(url, json=forged, headers=headers) as answer:
                    assert (answer.status, await answer.text()) == (404, "Not Found")
    relay.telegram.say(ANN, ANN, "/id")
    await relay.answered(ANN)
    assert len(relay.answers(ANN)) == 1
    await relay.terminate()
    for secret in (token.split(":")[1], webhook_path(token, "main"), webhook_secret(token, "main")):
        assert secret not in relay.log


async def test_a_start_while_telegram_is_away_sets_the_webhook_when_it_is_back(relay: Told) -> None:
    relay.arrive(ANN)
    relay.telegram.fail(method="setWebhook", times=1, error=Fault.reset())
    relay.telegram.say(ANN, ANN, "/id")
    await relay.runs()
    await relay.answered(ANN)
    assert "telegram not reached yet" in relay.log


async def test_a_refused_webhook_is_told_to_the_admins_and_the_rest_runs(relay: Told) -> None:
    relay.arrive(1001)
    await relay.followers(BEN)
    relay.configure(web=f'listen = "127.0.0.1:{relay.port}"\npublic_url = "https://relay.example.org"')
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a", "Two boats lost")
    await relay.shows(BEN, "Two boats lost")
    await relay.telegram.until(lambda: len(relay.answers(1001)) == 1, 60)
    assert "Telegram refuses the webhook" in relay.answers(1001)[0]
