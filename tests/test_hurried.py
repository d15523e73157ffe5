"""The hurried clock is the loop's own: what the machine does else meanwhile is no time."""

from __future__ import annotations

import asyncio
import time

from tests.hurried import hurried


@hurried(60)
async def test_who_waits_is_not_given_up_where_the_whole_process_pauses() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(1))
        time.sleep(0.5)  # noqa: ASYNC251 nobody runs meanwhile, for thirty seconds of this clock
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"x")
        async with asyncio.timeout(20):
            assert await reader.read() == b"x"
        writer.close()


@hurried(60)
async def test_what_is_waited_for_passes_at_the_hurried_pace() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time(), time.monotonic()
    await asyncio.sleep(30)
    assert loop.time() - began[0] >= 30
    assert time.monotonic() - began[1] < 30
