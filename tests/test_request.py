"""The transport: what surely was not sent, and what may have been."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp.connector import Connection
from telegram.error import NetworkError

from bot.request import AiohttpRequest, AnswerLost, NotSent, Reach

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
async def request_() -> AsyncIterator[AiohttpRequest]:
    request = AiohttpRequest(connections=2, read_seconds=0.3)
    await request.initialize()
    yield request
    await request.shutdown()


@contextlib.asynccontextmanager
async def serving(answer: Answer, request: AiohttpRequest) -> AsyncIterator[str]:
    """Where a message may be posted to; at the end every connection is closed at both ends."""
    said: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        said.add(task)
        with contextlib.suppress(ConnectionError):
            await answer(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(one, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/botX/sendMessage"
        await request.shutdown()
        await asyncio.gather(*said)


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        writer.write(OK)


async def test_a_connection_is_kept_for_the_next_message(request_: AiohttpRequest) -> None:
    connections = 0

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await answers(reader, writer)

    async with serving(counted, request_) as url:
        assert [await request_.post_json(url, b"{}") for _ in range(3)] == [(200, b"{}")] * 3
        assert connections == 1


@pytest.mark.parametrize("how", ["closing", "closed"])
async def test_on_a_connection_that_closed_before_anything_was_written_nothing_was_sent(
    request_: AiohttpRequest, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async with serving(answers, request_) as url:
        assert request_._session is not None
        connector: Any = request_._session.connector
        connect = connector.connect

        async def connect_and_lose(*about: Any) -> Connection:
            connection: Connection = await connect(*about)
            assert connection.protocol is not None
            assert connection.protocol.transport is not None
            (connection.protocol.transport if how == "closing" else connection.protocol).close()
            return connection

        monkeypatch.setattr(connector, "connect", connect_and_lose)
        with pytest.raises(NotSent):
            await request_.post_json(url, b"{}")
        monkeypatch.undo()
        assert await request_.post_json(url, b"{}") == (200, b"{}"), "and it is not used again"


async def test_an_answer_that_trickles_in_is_not_waited_for_for_ever(request_: AiohttpRequest) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing() and not reader.at_eof():
            writer.write(b" ")
            await asyncio.sleep(0.02)

    async with serving(trickle, request_) as url:
        async with asyncio.timeout(60):
            with pytest.raises(AnswerLost, match="did not answer in time"):
                await request_.post_json(url, b"{}")


async def test_a_send_that_is_cancelled_leaves_no_connection_to_the_next(request_: AiohttpRequest) -> None:
    silent = asyncio.Event()

    async def mute_at_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if silent.is_set():
            await answers(reader, writer)
        else:
            await reader.read(4096)
            silent.set()
            await reader.read()

    async with serving(mute_at_first, request_) as url:
        for _ in range(2):
            sending = asyncio.create_task(request_.post_json(url, b"{}"))
            await silent.wait()
            sending.cancel()
            await asyncio.wait({sending})
        assert await request_.post_json(url, b"{}") == (200, b"{}")


# --- whether Telegram is there at all ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["ready body", "as the library asks"])
async def test_what_is_not_answered_counts_until_something_is(how: str) -> None:
    """Whoever asks: the two requests of a relay know of each other."""
    now = 100.0
    reach = Reach(clock=lambda: now)
    asking, other = (AiohttpRequest(connections=2, read_seconds=0.3, reach=reach) for _ in range(2))
    await asking.initialize()
    await other.initialize()

    async def ask(request: AiohttpRequest, url: str) -> None:
        await (request.post_json(url, b"{}") if how == "ready body" else request.do_request(url, "POST"))

    for _ in range(2):
        with pytest.raises(NotSent):
            await ask(asking, "http://127.0.0.1:1/botX/sendMessage")
        now += 50.0
    assert reach.lost_for() == 100.0
    async with serving(answers, asking) as url:
        await ask(other, url)
        assert reach.lost_for() == 0.0
        await other.shutdown()


async def test_a_request_that_is_never_answered_counts_as_well(request_: AiohttpRequest) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent, request_) as url:
        with pytest.raises(AnswerLost):
            await request_.post_json(url, b"{}")
        assert request_._reach.lost_for() > 0


@pytest.mark.parametrize("said", [b"<html>my own words</html>", b'["my own words"]', b""])
async def test_a_refusal_that_is_not_telegrams_is_told_without_what_it_says(
    request_: AiohttpRequest, said: bytes
) -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
        await writer.drain()

    async with serving(refuses, request_) as url:
        with pytest.raises(NetworkError) as broken:
            await request_.post(url)
    assert str(broken.value) == "Bad Gateway (502)"
