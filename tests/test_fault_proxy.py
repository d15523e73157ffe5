"""The proxy does what it says; otherwise stories on bad roads would be stories on good ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web

from tests.fault_proxy import UNDONE, FaultProxy, Ill, Slow


@dataclass
class Road:
    """A server that counts what it does, and a client on the other side of the proxy."""

    proxy: FaultProxy
    client: aiohttp.ClientSession
    done: list[int]

    async def send(self, chat: int = 7, method: str = "sendMessage") -> tuple[int, str]:
        url = f"{self.proxy.url}/bot1:x/{method}"
        async with self.client.post(url, json={"chat_id": chat, "text": "Ahoy"}) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def road() -> AsyncIterator[Road]:
    done: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        done.append((await request.json())["chat_id"])
        return web.json_response({"ok": True, "result": {"message_id": len(done)}})

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with FaultProxy(runner.addresses[0][1]) as proxy, aiohttp.ClientSession() as client:
        yield Road(proxy, client, done)
    await runner.cleanup()


async def test_in_calm_weather_all_passes_and_nothing_is_in_doubt(road: Road) -> None:
    answers = await asyncio.gather(*(road.send(chat) for chat in range(20)))
    assert {status for status, _ in answers} == {200}
    assert sorted(road.done) == list(range(20))
    assert not road.proxy.doubts


@pytest.mark.parametrize("ill", Ill)
async def test_each_ill_is_done_or_not_and_known_or_not_as_its_name_says(road: Road, ill: Ill) -> None:
    road.proxy.weather = lambda _: ill
    said: tuple[int, str] | None = None
    try:
        said = await road.send()
    except aiohttp.ClientError:
        assert ill in {Ill.RESET, Ill.LOST, Ill.TRUNCATED}
    assert bool(road.done) is (ill not in UNDONE)
    whole = said is not None and '"message_id": 1}}' in said[1]
    assert whole is (ill is Ill.TRICKLED)
    assert road.proxy.doubts.total() == (1 if road.done and not whole else 0)


async def test_an_edit_in_doubt_is_no_copy_in_doubt(road: Road) -> None:
    road.proxy.weather = lambda _: Ill.LOST
    with pytest.raises(aiohttp.ClientError):
        await road.send(method="editMessageText")
    assert road.done
    assert not road.proxy.doubts


async def test_what_is_slow_arrives(road: Road) -> None:
    road.proxy.weather = lambda _: Slow(there=0.01, back=0.01)
    assert (await road.send())[0] == 200


@pytest.mark.parametrize("done", [False, True])
async def test_a_gate_holds_what_comes_after_so_many_before_or_after_it_is_done(road: Road, done: bool) -> None:
    gate = road.proxy.shut(2, done=done)
    sends = [asyncio.create_task(road.send(chat)) for chat in range(5)]
    await asyncio.wait(sends[:2])
    await gate.holds(3)
    assert len(road.done) == (5 if done else 2)
    road.proxy.open()
    assert {status for status, _ in await asyncio.gather(*sends)} == {200}
    assert not road.proxy.doubts


@pytest.mark.parametrize("done", [False, True])
async def test_what_waits_at_a_gate_when_its_client_dies_is_in_doubt_where_it_was_done(road: Road, done: bool) -> None:
    gate = road.proxy.shut(0, done=done)
    sends = [asyncio.create_task(road.send(chat)) for chat in range(3)]
    await gate.holds(3)
    for send in sends:
        send.cancel()
    await asyncio.gather(*sends, return_exceptions=True)
    await road.proxy.died(0)
    assert len(road.done) == (3 if done else 0)
    assert road.proxy.doubts.total() == len(road.done)


async def test_a_client_that_dies_may_have_taken_its_last_answers_with_it(road: Road) -> None:
    for chat in range(5):
        await road.send(chat)
    await road.client.close()
    await road.proxy.died(2)
    assert road.proxy.doubts == {3: 1, 4: 1}
