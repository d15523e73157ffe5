"""A proxy on loopback that makes the road between the relay and a server a bad one.

It speaks plain HTTP/1.1, one request after the other on each connection, and knows of every exchange whether the
server has done it and whether the client has the whole answer: what lies between the two is *in doubt*. What goes
wrong is decided by `weather`, exchange by exchange; `gate` stops the traffic at a chosen one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

SENDS = frozenset({"sendMessage", "sendPhoto", "copyMessage"})
EDITS = frozenset({"editMessageText", "editMessageCaption", "editMessageMedia", "deleteMessage"})
PAGE = b"<html><head><title>%d</title></head><body><h1>Please try again later</h1></body></html>"


class Ill(StrEnum):
    """What goes wrong with one exchange."""

    RESET = "reset before the server has it"
    LOST = "reset after the server did it"
    TRUNCATED = "half of the answer, then the end"
    SHORTENED = "half of the answer, as if it were all of it"
    TRICKLED = "the answer in small pieces"
    BAD_GATEWAY = "502 and a page, the server has not got it"
    UNAVAILABLE = "503 and a page, the server has not got it"
    TIMED_OUT = "504 and a page after the server did it"
    SERVER_ERROR = "500 in the Bot API's own words, not done"
    PORTAL = "200 and somebody else's page, the server has not got it"


UNDONE = {Ill.RESET, Ill.BAD_GATEWAY, Ill.UNAVAILABLE, Ill.SERVER_ERROR, Ill.PORTAL}
STATUS = {Ill.BAD_GATEWAY: 502, Ill.UNAVAILABLE: 503, Ill.TIMED_OUT: 504, Ill.SERVER_ERROR: 500, Ill.PORTAL: 200}


@dataclass(slots=True, eq=False)
class Exchange:
    """One request on its way. `done`: the server has done what it asks, None: perhaps; `known`: the client has the
    whole answer."""

    number: int  # among those of its kind: of all sends and edits, or of the others
    method: str  # the last part of the path: "sendMessage"
    chat: int | None
    body: bytes
    done: bool | None = False
    known: bool = False

    @property
    def in_doubt(self) -> bool:
        """A message that may stand in a chat without anybody knowing its number."""
        return self.method in SENDS and self.done is not False and not self.known

    @property
    def speaks(self) -> bool:
        """Whether it puts a message into a chat, or changes one there."""
        return self.method in SENDS or self.method in EDITS


@dataclass(frozen=True, slots=True)
class Slow:
    """The request, or the answer, is so many seconds on its way."""

    there: float = 0.0
    back: float = 0.0


Weather = Callable[[Exchange], Ill | Slow | None]


def calm(_: Exchange) -> None:
    return None


@dataclass
class Gate:
    """Lets `free` exchanges pass that speak; the next ones wait there, before the server has them or (`done`) after."""

    free: int
    done: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    held: list[Exchange] = field(default_factory=list)

    async def pass_(self, exchange: Exchange) -> None:
        if self.opened.is_set():
            return
        self.held.append(exchange)
        self.reached.set()
        await self.opened.wait()

    async def holds(self, count: int) -> None:
        """Until so many wait here."""
        while len(self.held) < count:
            self.reached.clear()
            await self.reached.wait()


class FaultProxy:
    """Between a client and the server at `port`. `async with` starts and stops it; `url` is where clients go."""

    def __init__(self, port: int, weather: Weather = calm) -> None:
        self._to = port
        self.weather = weather
        self.gate: Gate | None = None
        self.spoken: list[Exchange] = []  # all that put something into a chat or change it, in their order
        self._unwritten: Counter[int] = Counter()  # by chat: answers that a client took with it when it died
        self.ills: Counter[Ill] = Counter()
        self._others = 0
        self._roads: set[asyncio.Task[None]] = set()
        self._silent: set[asyncio.Task[None] | None] = (
            set()
        )  # roads with an exchange that speaks to nobody, a long poll
        self._moved = asyncio.Condition()
        self._dialling = asyncio.Lock()  # a connection that is cancelled half made is never closed
        self.url = ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, limit=1 << 22)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        """Nobody listens any more, and whoever is connected is cut off."""
        self._server.close()
        await self.cut()

    async def cut(self) -> None:
        """All connections end now; what waits at a gate never arrives anywhere."""
        async with self._dialling:
            for road in self._roads:
                road.cancel()
        await asyncio.gather(*self._roads, return_exceptions=True)

    @property
    def doubts(self) -> Counter[int]:
        """By chat: how many messages may stand there that nobody knows of."""
        return Counter(one.chat or 0 for one in self.spoken if one.in_doubt) + self._unwritten

    # --- what a test waits for, and counts -------------------------------------------------------------------------

    async def spoke(self, times: int, seconds: float = 600) -> None:
        """Until so many exchanges that speak were begun, all in all."""
        async with asyncio.timeout(seconds), self._moved:
            await self._moved.wait_for(lambda: len(self.spoken) >= times)

    def shut(self, free: int, *, done: bool = False) -> Gate:
        """A gate behind the next `free` exchanges that speak."""
        self.gate = Gate(len(self.spoken) + free, done)
        return self.gate

    def open(self) -> None:
        """Whatever waits goes on its way, and the gate is no more."""
        if self.gate is not None:
            self.gate.opened.set()
        self.gate = None

    async def died(self, unwritten: int) -> None:
        """The client was killed: what it had asked arrives, and the gate is dropped.

        In doubt are the sends that were done without an answer, and the last `unwritten` ones that were answered.
        """
        if self.gate is not None:
            await self.cut()
        self.gate = None
        if roads := self._roads - self._silent:
            await asyncio.wait(roads)  # each ends when it has read all that was sent
        await self.cut()
        sends = [one for one in self.spoken if one.method in SENDS and one.done]
        for one in [one for one in sends if one.known][-unwritten:] if unwritten else []:
            self._unwritten[one.chat or 0] += 1

    # --- the traffic -----------------------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        road = asyncio.current_task()
        assert road is not None
        self._roads.add(road)
        try:
            await self._drive(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            writer.transport.abort()
            self._roads.discard(road)

    async def _drive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, _Ended):
                while True:
                    request = await _message(reader)
                    beyond = beyond or await self._dial()
                    await self._exchange(request, beyond, reader, writer)
        finally:
            if beyond is not None:
                beyond[1].close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with self._dialling:
            return await asyncio.open_connection("127.0.0.1", self._to, limit=1 << 22)

    async def _exchange(
        self,
        request: _Message,
        beyond: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        client: asyncio.StreamReader,
        back: asyncio.StreamWriter,
    ) -> None:
        exchange = await self._begin(request)
        if not exchange.speaks:
            self._silent.add(asyncio.current_task())
        gate = self.gate if exchange.speaks and self.gate and exchange.number >= self.gate.free else None
        ill = self.weather(exchange)
        if isinstance(ill, Ill):
            self.ills[ill] += 1
        if gate is not None and not gate.done:
            await gate.pass_(exchange)
        if ill in UNDONE:
            await _refuse(ill, back)  # type: ignore[arg-type]
            return
        slow = ill if isinstance(ill, Slow) else Slow()
        await asyncio.sleep(slow.there)
        try:
            exchange.done = None
            beyond[1].write(request.head + request.body)
            answer = await _message(beyond[0], to_head=request.head.startswith(b"HEAD"))
            exchange.done = answer.status == 200
            if gate is not None and gate.done:
                await gate.pass_(exchange)
            await asyncio.sleep(slow.back)
            await _hand_over(answer, ill if isinstance(ill, Ill) else None, back)
            exchange.known = ill is not Ill.SHORTENED and not client.at_eof()  # nobody waits any more
        finally:
            self._silent.discard(asyncio.current_task())

    async def _begin(self, request: _Message) -> Exchange:
        method = request.path.rpartition("/")[2]
        speaks = method in SENDS or method in EDITS
        number = len(self.spoken) if speaks else self._others
        exchange = Exchange(number, method, _chat(request.body) if speaks else None, request.body)
        if speaks:
            self.spoken.append(exchange)
            async with self._moved:
                self._moved.notify_all()
        else:
            self._others += 1
        return exchange


def _chat(body: bytes) -> int | None:
    try:
        said: Any = json.loads(body)
    except ValueError:  # a form
        found = re.search(rb'name="chat_id"\r\n(?:[^\r]+\r\n)*\r\n(-?\d+)', body) or re.search(
            rb"chat_id=(-?\d+)", body
        )
        return int(found[1]) if found else None
    return int(said["chat_id"]) if "chat_id" in said else None


async def _refuse(ill: Ill, back: asyncio.StreamWriter) -> None:
    """An answer of something between; or none at all."""
    if ill is Ill.RESET:
        back.transport.abort()
        raise _Ended
    status, kind, body = STATUS[ill], b"text/html", PAGE % STATUS[ill]
    if ill is Ill.SERVER_ERROR:
        kind, body = b"application/json", b'{"ok":false,"error_code":500,"description":"Internal Server Error"}'
    back.write(b"HTTP/1.1 %d No\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body)) + body)
    await back.drain()


async def _hand_over(answer: _Message, ill: Ill | None, back: asyncio.StreamWriter) -> None:
    """The answer, as whole as the weather lets it be. _Ended where the client has not got all of it."""
    match ill:
        case Ill.LOST:
            back.transport.abort()
            raise _Ended
        case Ill.TIMED_OUT:
            await _refuse(ill, back)
            raise _Ended
        case Ill.TRUNCATED:
            back.write(answer.head + answer.body[: len(answer.body) // 2])
            await back.drain()
            back.close()
            raise _Ended
        case Ill.SHORTENED:
            body = answer.body[: len(answer.body) // 2]
            head = re.sub(rb"(?im)^content-length:.*$", b"Content-Length: %d\r" % len(body), answer.head)
            back.write(head + body)
        case Ill.TRICKLED:
            whole = answer.head + answer.body
            for at in range(0, len(whole), max(1, len(whole) // 7)):
                back.write(whole[at : at + max(1, len(whole) // 7)])
                await asyncio.sleep(0)
        case _:
            back.write(answer.head + answer.body)
    await back.drain()


class _Ended(Exception):
    """This connection is over."""


@dataclass(frozen=True, slots=True)
class _Message:
    """A request or an answer, as the bytes it came in."""

    head: bytes
    body: bytes

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode().partition("?")[0]

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])


async def _message(reader: asyncio.StreamReader, *, to_head: bool = False) -> _Message:
    head = await reader.readuntil(b"\r\n\r\n")
    told = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    if re.search(rb"(?im)^transfer-encoding:.*chunked", head):
        return _Message(head, await _chunks(reader))
    bodiless = to_head or (head.startswith(b"HTTP") and head.split(b" ", 2)[1][:3] in (b"204", b"304"))
    return _Message(head, b"" if bodiless else await reader.readexactly(int(told[1]) if told else 0))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A chunked body, with its framing."""
    whole = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        whole += line + await reader.readexactly(size + 2)
        if size == 0:
            return whole
