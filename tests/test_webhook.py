"""The door for updates that Telegram brings: who comes in, what is bounded, and when an update counts as taken."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web

from bot.web import webhook as door
from bot.web.server import Server
from bot.web.webhook import SECRET_HEADER, Webhook
from config.secrets import webhook_path, webhook_secret
from storage import StoreError
from tests.alarming import a_store, alarms_into

TOKEN = "100:s3cret-token"
PATH, SECRET = webhook_path(TOKEN, "main"), webhook_secret(TOKEN, "main")
JSON = {"Content-Type": "application/json"}
RIGHT = JSON | {SECRET_HEADER: SECRET}


class Desk:
    """Whoever deals with updates: at once, or when told to."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.began = asyncio.Event()
        self.breaks = 0

    async def handle(self, update: dict[str, Any]) -> None:
        self.seen.append(update["update_id"])
        self.began.set()
        await self.go_on.wait()
        if self.breaks:
            self.breaks -= 1
            raise RuntimeError(update["text"])


class Post:
    """One door behind its server, and somebody who knocks."""

    def __init__(self, session: aiohttp.ClientSession, webhook: Webhook, desk: Desk) -> None:
        self.session, self.webhook, self.desk = session, webhook, desk

    async def bring(self, number: int = 1, **how: Any) -> int:
        async with self.session.post(f"/telegram/{PATH}", json={"update_id": number} | how, headers=RIGHT) as answer:
            assert await answer.text() in {"", "Internal Server Error"}
            return answer.status

    async def send(self, body: bytes, headers: dict[str, str]) -> int:
        async with self.session.post(f"/telegram/{PATH}", data=io.BytesIO(body), headers=headers) as answer:
            return answer.status


@contextlib.asynccontextmanager
async def serving(*webhooks: Webhook) -> AsyncIterator[aiohttp.ClientSession]:
    alarmed: list[str] = []
    async with a_store() as store:
        server = Server("127.0.0.1:0", door.routes(*webhooks), alarms_into(alarmed, store))
        running = asyncio.create_task(server.run())
        await server.listening.wait()
        assert server.address is not None
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.address[1]}") as session:
            yield session
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert alarmed == []


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    webhook, desk = Webhook(path=PATH, secret=SECRET), Desk()
    webhook.open(desk.handle)
    async with serving(webhook) as session:
        yield Post(session, webhook, desk)
        desk.go_on.set()


def test_path_and_secret_are_made_of_the_token_and_tell_nothing_of_it_or_of_each_other() -> None:
    made = {webhook_path(TOKEN, "main"), webhook_secret(TOKEN, "main"), webhook_path(TOKEN, "second")}
    assert len(made) == 3
    assert all(len(one) == 43 and one.replace("-", "").replace("_", "").isalnum() for one in made)
    assert not any(part in one for one in made for part in ("100", "s3cret"))
    assert webhook_path("100:another-token", "main") not in made


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", f"/telegram/{PATH}", JSON),
        ("POST", f"/telegram/{PATH}", JSON | {SECRET_HEADER: ""}),
        ("POST", f"/telegram/{PATH}", JSON | {SECRET_HEADER: SECRET[:-1]}),
        ("POST", f"/telegram/{PATH}", JSON | {SECRET_HEADER: "ü" * 43}),
        ("POST", f"/telegram/{PATH[:-1]}", RIGHT),
        ("POST", "/telegram/%C3%BC", RIGHT),
        ("POST", "/telegram/" + "x" * 4000, RIGHT),
        ("POST", f"/telegram/{TOKEN}", RIGHT),
        ("POST", f"/telegram/{PATH}/", RIGHT),
        ("GET", f"/telegram/{PATH}", RIGHT),
        ("PUT", f"/telegram/{PATH}", RIGHT),
        ("HEAD", "/telegram/", JSON),
    ],
)
async def test_whoever_does_not_know_both_finds_nothing_there_and_leaves_no_trace(
    post: Post, method: str, path: str, headers: dict[str, str]
) -> None:
    async with post.session.request(method, "/nothing-here") as nothing:
        plain = (nothing.status, await nothing.read(), sorted(set(nothing.headers) - {"Date"}))
    with structlog.testing.capture_logs() as said:
        async with post.session.request(method, path, data=b'{"update_id": 1}', headers=headers) as answer:
            assert (answer.status, await answer.read(), sorted(set(answer.headers) - {"Date"})) == plain
    assert plain[0] == 404
    assert (said, post.desk.seen) == ([], [])


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", RIGHT, 400),
        (b"hello, s3cret", RIGHT, 400),
        (b"[" * 100_000, RIGHT, 400),
        (b'[{"update_id": 1, "text": "s3cret"}]', RIGHT, 400),
        (b'{"text": "s3cret"}', RIGHT, 400),
        (b'{"update_id": true}', RIGHT, 400),
        (b'{"update_id": "1"}', RIGHT, 400),
        (b'{"update_id": 1, "text": "\xff s3cret"}', RIGHT, 400),
        (b'{"update_id": 1}', RIGHT | {"Content-Type": "text/plain"}, 400),
        (b'{"update_id": 1, "text": "' + b"s3cret" * 200_000 + b'"}', RIGHT, 413),
    ],
)
async def test_junk_is_refused_and_not_repeated_in_the_log(
    post: Post, body: bytes, headers: dict[str, str], status: int
) -> None:
    with structlog.testing.capture_logs() as said:
        assert await post.send(body, headers) == status
    assert [one["event"] for one in said] == ["webhook not understood"]
    assert not any("s3cret" in str(one) for one in said)
    assert post.desk.seen == []


async def test_a_body_without_a_length_is_bounded_as_well(post: Post) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"s3cret" * 10_000

    with contextlib.suppress(aiohttp.ClientError):  # we stop reading, and may close before all is sent
        async with post.session.post(f"/telegram/{PATH}", data=endless(), headers=RIGHT) as answer:
            assert answer.status == 413
    assert post.desk.seen == []


async def test_an_update_is_answered_when_it_is_dealt_with_and_not_before(post: Post) -> None:
    post.desk.go_on.clear()
    bringing = asyncio.create_task(post.bring())
    await post.desk.began.wait()
    assert not bringing.done()
    post.desk.go_on.set()
    assert await bringing == 200


async def test_an_update_that_comes_again_is_dealt_with_once(post: Post) -> None:
    post.desk.go_on.clear()
    twice = [asyncio.create_task(post.bring(7)) for _ in range(2)]
    await post.desk.began.wait()
    post.desk.go_on.set()
    assert await asyncio.gather(*twice) == [200, 200]
    assert await post.bring(7) == 200
    assert post.desk.seen == [7]


async def test_an_update_older_than_the_last_is_news_all_the_same(post: Post) -> None:
    """After a week without updates Telegram numbers them anew."""
    for number in (900, 3):
        assert await post.bring(number) == 200
    assert post.desk.seen == [900, 3]


async def test_an_update_that_broke_is_to_come_again(post: Post) -> None:
    post.desk.breaks = 1
    assert await post.bring(5, text="hello") == 500
    assert await post.bring(5, text="hello") == 200
    assert post.desk.seen == [5, 5]


async def test_an_update_that_takes_long_is_to_come_again_and_is_dealt_with_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.desk.go_on.clear()
    monkeypatch.setattr(door, "PATIENCE_SECONDS", 0.01)
    assert [await post.bring(5), await post.bring(5)] == [503, 503]
    post.desk.go_on.set()
    monkeypatch.undo()
    assert await post.bring(5) == 200
    assert post.desk.seen == [5]


async def test_what_was_dealt_with_is_remembered_within_bounds(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REMEMBERED", 3)
    for number in range(5):
        await post.bring(number)
    assert [*post.webhook._done] == [2, 3, 4]


async def test_too_many_at_once_are_to_come_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "AT_ONCE", 1)
    post.desk.go_on.clear()
    first = asyncio.create_task(post.bring(1))
    await post.desk.began.wait()
    async with post.session.post(f"/telegram/{PATH}", json={"update_id": 2}, headers=RIGHT) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    post.desk.go_on.set()
    assert await first == 200
    assert (post.desk.seen, post.webhook.late) == ([1], 1)


async def test_before_it_is_opened_and_once_it_is_closed_updates_are_to_come_again() -> None:
    webhook, desk = Webhook(path=PATH, secret=SECRET), Desk()
    async with serving(webhook) as session:
        post = Post(session, webhook, desk)
        assert await post.bring(1) == 503
        webhook.open(desk.handle)
        assert await post.bring(1) == 200
        await webhook.close(5.0)
        assert await post.bring(2) == 503
    assert desk.seen == [1]


async def test_closing_waits_for_what_was_taken(post: Post) -> None:
    post.desk.go_on.clear()
    bringing = asyncio.create_task(post.bring(1))
    await post.desk.began.wait()
    closing = asyncio.create_task(post.webhook.close(30.0))
    await asyncio.sleep(0)
    assert not closing.done()
    post.desk.go_on.set()
    await closing
    assert await bringing == 200


async def test_an_update_that_is_still_arriving_when_the_door_closes_is_to_come_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would wait for what becomes of it."""
    goes_on, arrives, read = asyncio.Event(), asyncio.Event(), door._body

    async def noted(request: web.Request) -> bytes:
        arrives.set()
        return await read(request)

    monkeypatch.setattr(door, "_body", noted)

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"update_id":'
        await goes_on.wait()
        yield b"1}"

    async def bring() -> int:
        async with post.session.post(f"/telegram/{PATH}", data=slowly(), headers=RIGHT) as answer:
            return answer.status

    bringing = asyncio.create_task(bring())
    await arrives.wait()
    await post.webhook.close(5.0)
    goes_on.set()
    assert await bringing == 503
    assert post.desk.seen == []


async def test_two_bots_have_a_door_each() -> None:
    desks = [Desk(), Desk()]
    names = ["main", "second"]
    doors = [Webhook(path=webhook_path(TOKEN, one), secret=webhook_secret(TOKEN, one)) for one in names]
    for one, desk in zip(doors, desks, strict=True):
        one.open(desk.handle)
    async with serving(*doors) as session:
        for number, name in enumerate(names):
            headers = JSON | {SECRET_HEADER: webhook_secret(TOKEN, name)}
            path = f"/telegram/{webhook_path(TOKEN, name)}"
            async with session.post(path, json={"update_id": number}, headers=headers) as answer:
                assert answer.status == 200
    assert [desk.seen for desk in desks] == [[0], [1]]


async def test_what_could_not_be_kept_is_to_come_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    away = True

    async def keep(update: dict[str, Any]) -> None:
        if away:
            raise StoreError("PostgreSQL does not answer")
        post.desk.seen.append(update["update_id"])

    post.webhook.open(keep)
    assert await post.bring(1) == 503
    away = False
    assert await post.bring(1) == 200
    assert post.desk.seen == [1]


@pytest.mark.parametrize("number", [-1, 2**63])
async def test_a_number_that_no_update_has_is_refused(post: Post, number: int) -> None:
    assert await post.bring(number) == 400
