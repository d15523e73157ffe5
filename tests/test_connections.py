"""Who is connected to the web side: so many at most, a newcomer always gets in, and who reads nothing is let go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web import connections
from bot.web.connections import Crowd, most_connections
from tests.dashboard_house import Seen, dashboard, token_in

WITH_PASSWORD = '\n[web]\nlisten = "127.0.0.1:0"\ndashboard_password_env = "DASHBOARD"\n'
PASSWORD = "correct horse"


# --- who makes room ------------------------------------------------------------------------------------------------


def test_below_the_most_nobody_has_to_go() -> None:
    crowd = Crowd[str](2)
    assert [crowd.came(one, "192.0.2.1") for one in "ab"] == [None, None]
    assert len(crowd) == 2


def test_the_oldest_of_the_network_that_holds_the_most_makes_room() -> None:
    crowd = Crowd[str](4)
    for one, address in (("admin", "192.0.2.1"), ("x", "2001:db8::1"), ("y", "2001:db8::2"), ("z", "2001:db8::3")):
        crowd.came(one, address)
    assert [crowd.came(one, "2001:db8::4") for one in ("1", "2", "3")] == ["x", "y", "z"]
    assert len(crowd) == 4


def test_who_is_known_makes_room_last_and_until_it_asks_again() -> None:
    crowd = Crowd[str](2)
    crowd.came("admin", "192.0.2.1")
    crowd.asks("admin", known=True)
    crowd.came("a", "192.0.2.1")
    assert [crowd.came(one, "192.0.2.1") for one in "bc"] == ["a", "b"]
    crowd.asks("admin", known=False)
    assert [crowd.came(one, "192.0.2.1") for one in "de"] == ["c", "admin"]


def test_where_all_are_known_the_oldest_makes_room() -> None:
    crowd = Crowd[str](2)
    for one in "ab":
        crowd.came(one, one)
        crowd.asks(one, known=True)
    assert crowd.came("c", "c") == "a"


def test_who_has_gone_is_not_counted_and_what_it_does_late_counts_for_nothing() -> None:
    crowd = Crowd[str](2)
    crowd.came("a", "192.0.2.1")
    crowd.left("a")
    crowd.asks("a", known=True)
    crowd.left("a")
    assert len(crowd) == 0
    assert crowd.came("b", "") is None


STEPS = ("comes", "leaves", "asks", "shows")


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 12), st.sampled_from(STEPS))))
def test_there_are_never_more_and_none_is_forgotten(most: int, steps: list[tuple[int, str]]) -> None:
    crowd, there = Crowd[int](most), set[int]()
    for one, step in steps:
        if step == "comes" and one not in there:
            victim = crowd.came(one, f"192.0.2.{one % 3}")
            assert (victim is None) is (len(there) < most)
            there = (there - {victim}) | {one}
        elif step == "leaves":
            crowd.left(one)
            there.discard(one)
        else:
            crowd.asks(one, known=step == "shows")
        assert len(crowd) == len(there) <= most


@pytest.mark.parametrize(("files", "most"), [(20_000, 512), (1024, 512), (256, 128), (-1, 512), (1, 1)])
def test_connections_take_a_share_of_the_files_that_may_be_open(
    monkeypatch: pytest.MonkeyPatch, files: int, most: int
) -> None:
    monkeypatch.setattr(connections.resource, "getrlimit", lambda which: (files, files))
    assert most_connections() == most


# --- on the wire ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Seen]:
    """A dashboard behind a password, with room for eight."""
    monkeypatch.setattr(connections, "MOST", 8)
    async with dashboard(tmp_path, web=WITH_PASSWORD, environ={"DASHBOARD": PASSWORD}) as one:
        yield one


@dataclass
class Held:
    """Somebody who is connected, and holds on."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def reads_nothing(self) -> None:
        transport = self.writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()

    async def ended(self) -> None:
        """Until the server has closed it."""
        async with asyncio.timeout(60):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(65536):
                    pass


Connect = Callable[[bytes], Awaitable[Held]]


@pytest.fixture
async def connect(seen: Seen) -> AsyncIterator[Connect]:
    """Somebody who says this and then nothing."""
    held: list[Held] = []

    async def connected(said: bytes) -> Held:
        assert seen.web.server is not None
        assert seen.web.server.address is not None
        held.append(Held(*await asyncio.open_connection(*seen.web.server.address)))
        held[-1].writer.write(said)
        return held[-1]

    yield connected
    for one in held:
        one.writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await one.writer.wait_closed()


async def log_in(seen: Seen) -> None:
    token, origin = token_in(await seen.get("login")), seen.url.rstrip("/")
    form = {"token": token, "password": PASSWORD}
    async with seen.visitor.post(f"{seen.url}login", data=form, headers={"Origin": origin}) as answer:
        assert answer.status == 200


HALF = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("said", [b"", HALF, HALF + b"\r\n"])
async def test_who_holds_every_connection_locks_no_admin_out(seen: Seen, connect: Connect, said: bytes) -> None:
    held = [await connect(said) for _ in range(20)]
    await log_in(seen)
    assert "Are readers getting the news?" in await seen.get()
    for one in held[:12]:
        await one.ended()
    assert seen.web.server is not None
    assert len(seen.web.server.crowd) <= 8


async def test_a_page_that_an_admin_looks_at_stays_live_while_strangers_come(seen: Seen, connect: Connect) -> None:
    await log_in(seen)
    async with seen.visitor.get(f"{seen.url}live?view=overview") as stream:
        assert await stream.content.readline() == b"retry: 3000\n"
        crowd = [await connect(b"GET /login HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(20)]
        for one in crowd[:12]:
            await one.ended()
        async with asyncio.timeout(60):
            while b"event: verdict" not in await stream.content.readline():
                pass
        assert seen.web.dashboard.live.streams == 1


async def test_who_reads_no_answer_is_let_go(seen: Seen, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.2)
    held, script = await connect(b""), seen.web.dashboard._files.path("uplot.min.js")
    held.reads_nothing()
    held.writer.write(f"GET /{script} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 2000)
    assert seen.web.server is not None
    async with asyncio.timeout(60):
        while len(seen.web.server.crowd):  # noqa: ASYNC110 the transport tells nobody
            await asyncio.sleep(0.02)


async def test_who_reads_no_stream_is_let_go(seen: Seen, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    await log_in(seen)
    cookie = "; ".join(f"{one.key}={one.value}" for one in seen.visitor.cookie_jar)
    live = seen.web.dashboard.live
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.2)
    monkeypatch.setattr(live, "_next", _more_and_more())
    held = await connect(b"")
    held.reads_nothing()
    held.writer.write(f"GET /live HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    async with asyncio.timeout(60):
        while not live.streams:  # noqa: ASYNC110 the transport tells nobody
            await asyncio.sleep(0.01)
        while live.streams:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _more_and_more() -> Callable[[object], Awaitable[dict[str, str]]]:
    """Parts that change each time, and are large."""
    number = 0

    async def following(view: object) -> dict[str, str]:
        nonlocal number
        number += 1
        await asyncio.sleep(0)
        return {"verdict": f"{number} " + "x" * 200_000}

    return following
