"""A Telegram that is as fast as can be: reads a request, answers with a ready Message, counts. No limits, no checks.

Where the strict local Telegram would be the bottleneck, this is what clients are measured against.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from typing import Any

import orjson
import uvloop

from tests.benchmarks.texts import MARK, TEXT

_CHAT = re.compile(rb'chat_id(?:"\s*:\s*"?|=)(-?\d+)')
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_BOT = {"id": 100, "is_bot": True, "first_name": "Relay", "username": "relay_bot", "can_join_groups": True}


def _message() -> tuple[bytes, bytes, bytes]:
    """A Message with holes for its number and its chat, as long as Telegram's own."""
    message = {
        "message_id": 0,
        "from": {"id": 100, "is_bot": True, "first_name": "Relay", "username": "relay_bot"},
        "chat": {
            "id": 0,
            "first_name": "Reader",
            "last_name": "Of Everything",
            "username": "reader",
            "type": "private",
        },
        "date": 1_714_800_000,
        "text": TEXT,
        "entities": [{"offset": 0, "length": 17, "type": "bold"}],
        "link_preview_options": {"is_disabled": True},
    }
    first, second, rest = orjson.dumps({"ok": True, "result": message}).split(b'id":0', 2)
    return first + b'id":', second + b'id":', rest


_PARTS = _message()
_ME = orjson.dumps({"ok": True, "result": _BOT})


class Counts:
    """When messages came (monotonic, which all processes of a machine share), those with the mark apart."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.marked: list[float] = []

    def message(self, body: bytes) -> bytes:
        now = time.monotonic()
        self.times.append(now)
        if MARK in body:
            self.marked.append(now)
        chat = _CHAT.search(body)
        return b"%b%d%b%b%b" % (_PARTS[0], len(self.times), _PARTS[1], chat[1] if chat else b"0", _PARTS[2])

    def told(self) -> dict[str, Any]:
        cpu = time.process_time()
        return (
            {"sent": len(self.times), "refused": 0, "cpu": cpu} | _ends("", self.times) | _ends("marked_", self.marked)
        )


def _ends(name: str, times: list[float]) -> dict[str, Any]:
    return {f"{name}first": times[0] if times else None, f"{name}last": times[-1] if times else None}


class Connection(asyncio.Protocol):
    """One request after the other."""

    def __init__(self, counts: Counts) -> None:
        self._counts, self._read = counts, b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._read = b""
        answer = self._counts.message(body) if b"/sendMessage" in head[:200] else _ME
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nServer: nginx/1.18.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
            b"Connection: keep-alive\r\n\r\n%b" % (len(answer), answer)
        )


async def serve() -> None:
    """Prints its address; each line it is given is answered with what it counted since the one before."""
    counts, loop = Counts(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(counts), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "100:ready", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(orjson.dumps(counts.told()).decode(), flush=True)
        counts.times.clear()
        counts.marked.clear()


if __name__ == "__main__":
    uvloop.run(serve())
