"""A Telegram for several bots at full pace, as a process of its own, that keeps its limits and tells all it heard.

The local Telegram of the demo knows far more, and costs more than the relay itself; where three bots speak at once on
two cores, it would be what is measured. This one knows sends, edits and deletions, with the local Telegram's own
sliding windows, and answers everything else as if it was done. Each node speaks with a token of its own for the same
bot (`100:a` and `100:b` are bot 100), so that it is known who sent what.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson
import uvloop

from bot.demo.telegram.limits import Pace
from bot.demo.telegram.values import Limits

LONGEST_POLL = 10.0  # seconds
_HEAD = re.compile(rb"POST /bot(\d+):([\w-]+)/(\w+)", re.IGNORECASE)
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_SENDS = frozenset({"sendMessage", "editMessageText", "deleteMessage"})


class Call(NamedTuple):
    """One call that speaks. `at`: monotonic, which all processes of a machine share; `text`: its first line."""

    at: float
    bot: int
    node: str
    method: str
    chat: int
    message: int  # 0 where it was refused
    text: str
    code: int


class World:
    """What is in the chats, and how it came there."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._paces: dict[int, Pace] = {}
        self._messages = 0
        self.calls: list[Call] = []
        self.taken = 0  # messages, all in all
        self.last: dict[int, str] = {}  # of each bot the node that its last message came from
        self.polls: dict[int, Callable[[], None]] = {}  # of each bot the long poll that waits: ends it
        self.polled: list[tuple[float, int, str]] = []  # when each long poll began, of which bot, from which node

    def speak(self, bot: int, node: str, method: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """What Telegram answers: its status, and the body."""
        now, chat = time.monotonic(), int(given["chat_id"])
        pace = self._paces.get(bot) or self._paces.setdefault(bot, Pace(self._limits))
        wait = pace.admit(now, chat, chat < 0, bool(given.get("allow_paid_broadcast")))
        text = str(given.get("text", "")).partition("\n")[0]
        if wait:
            self.calls.append(Call(now, bot, node, method, chat, 0, text, 429))
            why = f"Too Many Requests: retry after {wait}"
            return 429, {"ok": False, "error_code": 429, "description": why, "parameters": {"retry_after": wait}}
        number = int(given.get("message_id") or 0)
        if method == "sendMessage":
            self.taken, self.last[bot] = self.taken + 1, node
            self._messages = number = self._messages + 1
        self.calls.append(Call(now, bot, node, method, chat, number, text, 200))
        return 200, {"ok": True, "result": method == "deleteMessage" or _message(bot, chat, number, text)}


def _message(bot: int, chat: int, number: int, text: str) -> dict[str, Any]:
    return {
        "message_id": number,
        "from": {"id": bot, "is_bot": True, "first_name": "Relay", "username": f"relay_{bot}_bot"},
        "chat": {"id": chat, "first_name": "Reader", "type": "private" if chat > 0 else "group"},
        "date": int(time.time()),
        "text": text,
    }


def _aside(bot: int, method: str) -> Any:
    """What it says to everything that does not speak."""
    if method == "getMe":
        return {"id": bot, "is_bot": True, "first_name": "Relay", "username": f"relay_{bot}_bot"}
    return {"url": "", "has_custom_certificate": False, "pending_update_count": 0} if "Info" in method else True


class Connection(asyncio.Protocol):
    """One request after the other."""

    def __init__(self, world: World) -> None:
        self._world, self._read = world, b""
        self._transport: Any = None
        self._poll: tuple[int, asyncio.TimerHandle] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        self._end_poll()

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._read = b""
        said = _HEAD.match(head)
        if said is None:
            self._answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
            return
        self._hear(int(said[1]), said[2].decode(), said[3].decode(), body)

    def _hear(self, bot: int, node: str, method: str, body: bytes) -> None:
        if method in _SENDS:
            self._answer(*self._world.speak(bot, node, method, _given(body)))
        elif method.lower() == "getupdates":
            self._wait(bot, node, float(_given(body).get("timeout") or 0))
        else:
            self._answer(200, {"ok": True, "result": _aside(bot, method)})

    def _wait(self, bot: int, node: str, seconds: float) -> None:
        """A long poll, which nobody has anything to say to. A newer one of the same bot ends it."""
        self._world.polled.append((time.monotonic(), bot, node))
        if (older := self._world.polls.pop(bot, None)) is not None:
            older()
        timer = asyncio.get_running_loop().call_later(min(seconds, LONGEST_POLL), self._nothing)
        self._poll = bot, timer
        self._world.polls[bot] = self._conflict

    def _nothing(self) -> None:
        self._end_poll()
        self._answer(200, {"ok": True, "result": []})

    def _conflict(self) -> None:
        self._end_poll()
        self._answer(409, {"ok": False, "error_code": 409, "description": "Conflict: terminated by other getUpdates"})

    def _end_poll(self) -> None:
        if self._poll is not None:
            bot, timer = self._poll
            self._poll = None
            timer.cancel()
            if self._world.polls.get(bot) == self._conflict:
                del self._world.polls[bot]

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        body = orjson.dumps(answer)
        self._transport.write(
            b"HTTP/1.1 %d OK\r\nServer: nginx/1.18.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
            b"Connection: keep-alive\r\n\r\n%b" % (status, len(body), body)
        )


def _given(body: bytes) -> dict[str, Any]:
    """Bodies are JSON where the relay wrote them, and forms where the library did."""
    return orjson.loads(body) if body[:1] == b"{" else dict(parse_qsl(body.decode()))


async def serve(per_second: float) -> None:
    """Prints its address. Each line it reads is answered with one: `taken` with how many messages it took all in all
    and from whom the last one came; `told` with everything that was said since it was asked before."""
    limits = Limits(per_second=per_second, paid_per_second=per_second, per_chat_per_second=1)
    world, loop = World(limits), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(world), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(_told(world, line.strip()).decode(), flush=True)


def _told(world: World, asked: str) -> bytes:
    if asked == "taken":
        return orjson.dumps([world.taken, list(world.last.items())])
    calls, world.calls = world.calls, []
    polled, world.polled = world.polled, []
    return orjson.dumps({"calls": calls, "polled": polled, "cpu": time.process_time()}, default=tuple)


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1])))
