"""The road to PostgreSQL that the proofs cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.tcp_proxy import TcpProxy


@pytest.fixture
async def road(tmp_path: Path) -> AsyncIterator[TcpProxy]:
    """To somebody who says everything twice."""

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            writer.write(said * 2)
        writer.close()

    server = await asyncio.start_unix_server(twice, tmp_path / "socket")
    async with TcpProxy(tmp_path / "socket") as proxy:
        yield proxy
    server.close()


async def _dial(road: TcpProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", road.port)


async def test_bytes_arrive_on_both_ways(road: TcpProxy) -> None:
    reader, writer = await _dial(road)
    writer.write(b"ab")
    assert await reader.readexactly(4) == b"abab"
    writer.close()


async def test_when_it_is_cut_everybody_hears_it_and_nobody_comes_through_until_it_is_mended(road: TcpProxy) -> None:
    reader, writer = await _dial(road)
    writer.write(b"ab")
    await reader.readexactly(4)
    await road.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
    reader, writer = await _dial(road)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
    road.mend()
    reader, writer = await _dial(road)
    writer.write(b"c")
    assert await reader.readexactly(2) == b"cc"
    writer.close()


async def test_in_a_silence_nothing_arrives_and_nobody_hears_that_it_ended(road: TcpProxy) -> None:
    reader, writer = await _dial(road)
    writer.write(b"ab")
    await reader.readexactly(4)
    await road.silence()
    writer.write(b"c")
    answer = asyncio.create_task(reader.read(10))
    assert not (await asyncio.wait([answer], timeout=0.2))[0]
    road.mend()
    assert await answer == b"cc"
    writer.close()
