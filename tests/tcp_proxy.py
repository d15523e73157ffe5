"""A road of bytes between a client on TCP and a server behind a socket in a folder, which may be cut or go silent."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Self


class TcpProxy:
    """On 127.0.0.1:`port`. `cut()` ends what is connected and refuses what comes; in `silence()` both sides stay
    connected and nothing arrives, as behind a switch without power; `delay` is the seconds each way takes."""

    def __init__(self, socket: Path) -> None:
        self._socket, self.delay = socket, 0.0
        self._roads: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._refuses = False
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._end_all()

    async def cut(self) -> None:
        self._refuses = True
        await self._end_all()

    async def silence(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        """Whatever was held back goes on its way."""
        self._refuses = False
        self._open.set()

    async def _end_all(self) -> None:
        roads = tuple(self._roads)
        for road in roads:
            road.cancel()
        await asyncio.gather(*roads, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        road = asyncio.current_task()
        assert road is not None
        self._roads.add(road)
        try:
            if not self._refuses:
                await self._drive(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            writer.transport.abort()
            self._roads.discard(road)

    async def _drive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one side has ended: then the other one hears it."""
        await self._open.wait()
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_unix_connection(self._socket)
            ways = [asyncio.create_task(self._carry(*way)) for way in ((reader, back), (there, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                await self._open.wait()  # that a side has hung up is not heard in a silence either
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                back.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await reader.read(1 << 16):
                await self._open.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(some)
                await writer.drain()
