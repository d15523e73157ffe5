"""The web side's door: what it answers, what it bears, and how it starts and stops."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
import structlog
from aiohttp import web

from bot.core.standing import Kind
from bot.web import connections
from bot.web import server as door
from bot.web.server import Server
from storage import Store, open_store
from tests.alarming import ADMIN, AtOnce
from tests.ports import free_port
from tests.service import Service, service

Handler = Callable[[web.Request], web.StreamResponse]


async def _echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def _break(request: web.Request) -> web.Response:
    raise RuntimeError("s3cret")


async def _dawdle(request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


@contextlib.asynccontextmanager
async def serving(
    folder: Path, listen: str, reports: list[str] | None = None, told: asyncio.Event | None = None
) -> AsyncIterator[Server]:
    """`told` is set once the admins are told of something."""

    async def say(person: int, text: str) -> bool:
        if reports is not None:
            reports.append(text)
        if told is not None:
            told.set()
        return True

    store = open_store(f"sqlite:///{folder}/relay.db")
    alarms = AtOnce(store, admins=lambda: (ADMIN,), say=say)
    routes = [web.post("/echo", _echo), web.get("/break/{secret}", _break), web.get("/dawdle", _dawdle)]
    server = Server(listen, routes, alarms)
    running = asyncio.create_task(server.run())
    try:
        yield server
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path, "127.0.0.1:0") as one:
        await one.listening.wait()
        yield one


@pytest.fixture
async def client(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    assert server.address is not None
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.address[1]}") as session:
        yield session


async def raw(server: Server, sent: bytes) -> bytes:
    """What comes back for these bytes, until the server closes."""
    assert server.address is not None
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(sent)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_whoever_asks_for_its_health_is_answered(client: aiohttp.ClientSession) -> None:
    async with client.get("/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/", 404, "Not Found"),
        ("GET", "/nothing/../here", 404, "Not Found"),
        ("DELETE", "/healthz", 405, "Method Not Allowed"),
        ("GET", "/break/abc", 500, "Internal Server Error"),
    ],
)
async def test_an_answer_names_neither_version_nor_trace(
    client: aiohttp.ClientSession, method: str, path: str, status: int, text: str
) -> None:
    async with client.request(method, path) as answer:
        said = await answer.text()
    assert (answer.status, said, answer.headers["Server"]) == (status, text, "liveblog-relay")


async def test_a_name_with_several_addresses_is_listened_on_at_all_of_them(tmp_path: Path) -> None:
    port = free_port()
    found = await asyncio.get_running_loop().getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
    async with serving(tmp_path, f"localhost:{port}") as server, aiohttp.ClientSession() as session:
        await server.listening.wait()
        for host in {f"[{where[0]}]" if family == socket.AF_INET6 else str(where[0]) for family, *_, where in found}:
            async with session.get(f"http://{host}:{port}/healthz") as answer:
                assert answer.status == 200


async def test_what_breaks_is_logged_without_its_path(client: aiohttp.ClientSession) -> None:
    with structlog.testing.capture_logs() as said:
        async with client.get("/break/abcdef"):
            pass
    assert [(one["event"], one["route"]) for one in said] == [("request broke", "/break/{secret}")]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nAuthorization: s3cret\x01\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"s3cret" * 4000 + b"\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_refused_in_a_few_words(
    server: Server, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await raw(server, sent)
    assert answer.startswith(b"HTTP/1.") and b" 400 " in answer.splitlines()[0]  # noqa: PT018
    assert b"s3cret" not in answer
    assert b"aiohttp" not in answer
    assert "s3cret" not in caplog.text


async def test_a_large_body_is_refused(client: aiohttp.ClientSession) -> None:
    async with client.post("/echo", data=b"x" * 1000) as answer:
        assert await answer.read() == b"x" * 1000
    async with client.post("/echo", data=io.BytesIO(b"x" * (door.LARGEST_BODY + 1))) as answer:
        assert answer.status == 413


async def test_who_dawdles_is_let_go(
    server: Server, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "LONGEST_SECONDS", 0.05)
    async with client.get("/dawdle") as answer:
        assert answer.status == 408


async def test_a_connection_that_says_nothing_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SILENT_SECONDS", 0.05)
    async with serving(tmp_path, "127.0.0.1:0") as server:
        await server.listening.wait()
        assert await raw(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n") == b""


async def test_a_port_that_is_taken_is_told_in_a_few_words(tmp_path: Path) -> None:
    reports: list[str] = []
    told = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        async with serving(tmp_path, address, reports, told):
            async with asyncio.timeout(60):
                await told.wait()
    assert reports[0].startswith(f"web.listen: {address}: Address already in use; it is tried again, the rest runs")


async def test_where_there_are_several_nodes_it_is_told_on_which_a_port_is_taken(store: Store) -> None:
    reports: list[str] = []
    told = asyncio.Event()

    async def say(person: int, text: str) -> bool:
        reports.append(text)
        told.set()
        return True

    alarms = AtOnce(store, admins=lambda: (ADMIN,), say=say)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        running = asyncio.create_task(Server(address, [], alarms, node="b").run())
        async with asyncio.timeout(60):
            await told.wait()
        await alarms.ended(Kind.LISTEN, ending="another node listens")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert reports[0].startswith(f"web.listen on b: {address}: Address already in use")
    assert alarms.find(Kind.LISTEN, part="b") is not None


async def test_a_host_that_is_no_name_is_told_and_ends_nothing(tmp_path: Path) -> None:
    reports: list[str] = []
    told = asyncio.Event()
    async with serving(tmp_path, "a..b:8080", reports, told):
        async with asyncio.timeout(60):
            await told.wait()
    (said,) = reports
    assert said.startswith("web.listen: a..b:8080: this is no name of a host; it is tried again, the rest runs")


async def test_a_port_in_use_is_told_once_and_tried_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "RETRY_SECONDS", 0.01)
    reports: list[str] = []
    told = asyncio.Event()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        async with serving(tmp_path, listen, reports, told) as server:
            async with asyncio.timeout(60):
                await told.wait()
            taken.close()
            async with asyncio.timeout(60):
                await server.listening.wait()
                while len(reports) < 2:  # noqa: ASYNC110 it is told aside
                    await asyncio.sleep(0.01)
    assert reports[0].startswith(f"web.listen: {listen}: ")
    assert reports[1].startswith(f"Over: web.listen; it listens on {listen}. It lasted ")


# --- as part of the relay ------------------------------------------------------------------------------------------


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        await one.followers(2001)
        yield one


async def test_the_relay_runs_on_where_its_port_is_taken_and_tells_its_admins(relay: Service) -> None:
    relay.telegram.add_user(1001, "Admin")
    relay.telegram.say(1001, 1001, "hello")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        relay.configure(web=f'listen = "127.0.0.1:{taken.getsockname()[1]}"')
        await relay.start()
        await relay.baseline()
        relay.publisher.publish("a", "Two boats lost")
        await relay.shows(2001, "Two boats lost")
        await relay.telegram.until(lambda: any("web.listen" in text for text in relay.screen(1001)), 60)
    assert await relay.terminate() == 0


async def test_who_reads_that_it_runs_can_reach_it(relay: Service) -> None:
    relay.configure(web=f'listen = "127.0.0.1:{free_port()}"')
    await relay.start()
    await relay.until_logged('"running"')
    assert 0 < relay.log.index('"listening"') < relay.log.index('"running"')
    assert await relay.terminate() == 0


async def test_another_address_applies_at_the_next_start(relay: Service) -> None:
    first, second = free_port(), free_port()
    relay.configure(web=f'listen = "127.0.0.1:{first}"')
    await relay.start()
    await relay.baseline()
    relay.configure(web=f'listen = "127.0.0.1:{second}"')
    await relay.until_logged("applies at the next start: web.listen")
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{first}/healthz") as answer:
        assert answer.status == 200
    assert await relay.terminate() == 0
