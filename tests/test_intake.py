"""Posts that a Sourcefabric Live Blog hands to us: what it sends, who may send it, and what becomes of it."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Change, ChangeKind, Page, SnapshotKind
from bot.sources import NotReadable, ReadRules, read
from bot.sources.syndication import handed
from bot.web import intake
from bot.web.intake import Intake
from bot.web.server import Server
from storage import StoreError, open_store
from tests.api_answers import sourcefabric_listing, sourcefabric_post
from tests.newsroom import settings_of
from tests.polling import Watch
from tests.ports import free_port
from tests.publisher import Publisher
from tests.service import Service, service

SECRET = "a-token-of-forty-letters"
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
Push = dict[str, Any]


def key(number: int) -> str:
    return str(sourcefabric_post(number)["_id"])


def push(
    number: int, text: str | None = None, *, status: str = "open", minute: int | None = None, **fields: Any
) -> Push:
    """As the product sends it; `minute`: of its last change."""
    part = {
        "text": text or f"<p>Body of post {number}.</p>",
        "item_type": "text",
        "group_type": "default",
        "commenter": None,
        "syndicated_creator": {"display_name": "Ada Byron", "email": "ada@example.org"},
        "meta": {},
    }
    post = {
        "_id": key(number),
        "_updated": f"2026-03-04T10:{number if minute is None else minute:02}:00+0000",
        "lb_highlight": False,
        "sticky": False,
        "post_status": status,
        "published_date": f"2026-03-04T10:{number:02}:00+0000",
    }
    return {"items": [part], "post": post | fields}


# --- what it says --------------------------------------------------------------------------------------------------


def page(body: bytes) -> Page:
    return Page(url="https://live.example.org/api", body=body, content_type="application/json", fetched_at=NOON)


def test_a_push_reads_like_the_same_post_in_an_answer_of_the_api() -> None:
    rules = ReadRules(format="sourcefabric")
    found = handed(json.dumps(push(3)).encode(), "POST")
    (pushed,) = read(page(found.body), rules).posts
    listing = read(page(json.dumps(sourcefabric_listing(sourcefabric_post(3))).encode()), rules)
    assert listing.kind is SnapshotKind.WINDOW
    assert pushed == listing.posts[0]
    assert (found.post, found.old) == (key(3), False)


@pytest.mark.parametrize(
    ("method", "status", "withdrawn", "old"),
    [
        ("POST", "open", False, False),
        ("POST", "submitted", False, True),  # sent when the consumer was added
        ("PUT", "open", False, False),
        ("PUT", "submitted", False, False),
        ("DELETE", "open", True, False),
        ("DELETE", "draft", True, False),  # taken back
    ],
)
def test_the_method_says_what_happened(method: str, status: str, withdrawn: bool, old: bool) -> None:
    found = handed(json.dumps(push(3, status=status)).encode(), method)
    (post,) = read(page(found.body)).posts
    assert (post.withdrawn, found.old) == (withdrawn, old)
    assert (post.text == "") is withdrawn


@given(
    st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_whatever_else_comes_is_not_readable(body: bytes) -> None:
    with pytest.raises(NotReadable):
        handed(body, "POST")


@pytest.mark.parametrize(
    "said",
    [
        {"post": {}, "items": []},
        {"post": {"_id": None}, "items": []},
        {"post": {"_id": "a"}},
        {"post": {"_id": "a"}, "items": "x"},
        {"items": []},
    ],
)
def test_a_push_without_a_post_or_its_parts_is_not_readable(said: Push) -> None:
    with pytest.raises(NotReadable):
        handed(json.dumps(said).encode(), "POST")


def test_a_number_that_fits_nowhere_is_not_readable() -> None:
    body = json.dumps({"post": {"_id": "a", "order": 2**70, "note": "?"}, "items": []}).replace("?", "\x01")
    with pytest.raises(NotReadable):
        handed(body.encode(), "POST")


@pytest.mark.parametrize("item", [None, 5, [], {}, {"text": 5, "meta": "x"}, {"text": None, "syndicated_creator": 3}])
def test_parts_that_are_none_make_a_post_without_text(item: object) -> None:
    found = handed(json.dumps({"post": {"_id": "a"}, "items": [item]}).encode(), "POST")
    assert [post.text for post in read(page(found.body), ReadRules(format="sourcefabric")).posts] == [""]


def test_the_example_in_the_documentation_is_a_push() -> None:
    text = (Path(__file__).parents[1] / "docs" / "operations.md").read_text()
    (example,) = re.findall(r"-d '(\{.*?\})'", text, re.DOTALL)
    (post,) = read(page(handed(example.encode(), "POST").body)).posts
    assert post.text == "Two boats are lost."


# --- a door, a poller and a store -------------------------------------------------------------------------------------


@dataclass
class Room:
    """A blog whose page is an answer of the API that its own system pushes from."""

    watch: Watch
    session: aiohttp.ClientSession
    address: str
    posts: list[dict[str, Any]] = field(default_factory=list)

    async def send(
        self, method: str, sent: Push | bytes, *, token: str | None = SECRET, path: str = "/intake/storm/"
    ) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} | ({} if token is None else {"Authorization": token})
        body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        async with self.session.request(method, self.address + path, data=io.BytesIO(body), headers=headers) as answer:
            assert answer.content_type == "application/json"
            return answer.status, await answer.json()

    async def poll(self, *numbers: int, times: int = 1) -> None:
        """The page lists these posts."""
        self.watch.publisher.raw = json.dumps(sourcefabric_listing(*map(sourcefabric_post, numbers))).encode()
        await self.watch.poll(times)

    @property
    def published(self) -> list[tuple[ChangeKind, str]]:
        return [(one.kind, one.key) for one in self.changes]

    @property
    def changes(self) -> list[Change]:
        return self.watch.desk.published


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with Publisher() as publisher, aiohttp.ClientSession() as session:
        file = f'[[blogs]]\nid = "storm"\nurl = "{publisher.url}"\nintake_secret_env = "STORM_INTAKE"\n'
        file += f'[[blogs]]\nid = "other"\nurl = "{publisher.url}"\n'
        watch = Watch(publisher, open_store(f"sqlite:///{tmp_path}/relay.db"), settings_of(file), now=NOON)
        await watch.open()
        door = Intake(
            settings=lambda: watch.settings,
            environ={"STORM_INTAKE": SECRET},
            hand=watch.poller.handed,
            clock=watch.clock,
        )
        server = Server("127.0.0.1:0", door.routes(), watch.alarms)
        serving = asyncio.create_task(server.run())
        await server.listening.wait()
        assert server.address is not None
        yield Room(watch, session, f"http://127.0.0.1:{server.address[1]}")
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await watch.close()


async def test_a_post_that_is_handed_over_is_news_and_follows_its_edits_and_its_end(room: Room) -> None:
    await room.poll(1)
    assert await room.send("POST", push(2)) == (201, {"post_id": key(2)})
    assert await room.send("PUT", push(2, "<p>Another text.</p>", minute=9)) == (200, {"post_id": key(2)})
    assert await room.send("DELETE", push(2, minute=9)) == (200, {"post_id": key(2)})
    assert await room.send("POST", push(2, minute=11)) == (201, {"post_id": key(2)})
    kinds = (ChangeKind.NEW, ChangeKind.EDITED, ChangeKind.WITHDRAWN, ChangeKind.RESTORED)
    assert room.published == [(kind, key(2)) for kind in kinds]


async def test_the_same_push_twice_changes_nothing(room: Room) -> None:
    await room.poll(1)
    for _ in range(2):
        assert (await room.send("POST", push(2)))[0] == 201
    for _ in range(2):
        assert (await room.send("DELETE", push(2)))[0] == 200
    assert room.published == [(ChangeKind.NEW, key(2)), (ChangeKind.WITHDRAWN, key(2))]


async def test_an_older_version_that_comes_late_changes_nothing(room: Room) -> None:
    await room.poll(1)
    await room.send("POST", push(2, "<p>First words.</p>"))
    await room.send("PUT", push(2, "<p>Third words.</p>", minute=20))
    assert (await room.send("PUT", push(2, "<p>Second words.</p>", minute=10)))[0] == 200
    assert [change.post.text for change in room.changes if change.post] == ["First words.", "Third words."]


async def test_an_update_or_an_end_of_what_we_never_saw_is_taken_as_it_is(room: Room) -> None:
    await room.poll(1)
    assert (await room.send("DELETE", push(2)))[0] == 200
    assert (await room.send("PUT", push(3)))[0] == 200
    assert room.published == [(ChangeKind.NEW, key(3))]


async def test_what_was_there_when_we_were_added_is_stored_and_no_news_but_its_edits_are(room: Room) -> None:
    await room.poll(1)
    assert (await room.send("POST", push(2, status="submitted")))[0] == 201
    assert room.published == []
    assert len(await room.watch.titles()) == 2
    await room.send("PUT", push(2, "<p>Another text.</p>", minute=9))
    assert room.published == [(ChangeKind.EDITED, key(2))]


async def test_what_was_handed_over_and_is_then_polled_is_one_post(room: Room) -> None:
    await room.poll(1)
    await room.send("POST", push(2))
    await room.poll(2, 1, times=4)
    assert room.published == [(ChangeKind.NEW, key(2))]


async def test_a_page_that_lags_behind_what_was_handed_over_withdraws_nothing(room: Room) -> None:
    await room.poll(2, 1)
    await room.send("POST", push(3))
    await room.poll(2, 1, times=5)
    await room.poll(3, 2, 1)
    assert room.published == [(ChangeKind.NEW, key(3))]


async def test_a_post_before_the_first_poll_waits_for_the_baseline(room: Room) -> None:
    room.watch.publisher.raw = json.dumps(sourcefabric_listing(sourcefabric_post(1))).encode()
    await room.send("POST", push(2))
    assert room.watch.publisher.polls == 1
    assert room.published == [(ChangeKind.NEW, key(2))]


async def test_where_the_page_cannot_be_polled_the_post_is_news_and_the_page_later_still_a_baseline(room: Room) -> None:
    room.watch.publisher.ill = 500
    await room.send("POST", push(2))
    await room.send("POST", push(3))
    assert room.watch.publisher.polls == 1
    assert room.published == [(ChangeKind.NEW, key(2)), (ChangeKind.NEW, key(3))]
    room.watch.publisher.ill = None
    await room.poll(3, 2, 1)
    assert len(room.published) == 2
    assert len(await room.watch.titles()) == 3


async def test_posts_of_a_page_under_other_ids_are_not_mixed_up_with_what_is_handed_over(room: Room) -> None:
    """The page is not the API's own: its reader stays, and what it lists is not taken for missing."""
    room.watch.publisher.publish("a")
    await room.watch.poll()
    await room.send("POST", push(2))
    await room.watch.poll(4)
    assert room.published == [(ChangeKind.NEW, key(2))]
    assert room.watch.reports == []


@pytest.mark.parametrize(
    ("token", "path"),
    [
        (None, "/intake/storm/"),
        ("", "/intake/storm/"),
        (SECRET[:-1], "/intake/storm/"),
        (SECRET + "x", "/intake/storm/"),
        ("Bearer ", "/intake/storm/"),
        ("tökèn", "/intake/storm/"),
        (SECRET, "/intake/other/"),
        (SECRET, "/intake/nowhere/"),
        ("none", "/intake/other/"),
        ("", "/intake/other"),
    ],
)
async def test_without_the_blogs_own_secret_nothing_is_taken_and_nothing_is_told(
    room: Room, token: str | None, path: str
) -> None:
    await room.poll(1)
    with structlog.testing.capture_logs() as said:
        for method in ("POST", "PUT", "DELETE"):
            assert await room.send(method, push(2), token=token, path=path) == (
                401,
                {"error": "wrong or missing token"},
            )
    assert room.published == []
    assert SECRET[:-1] not in str(said)
    assert len(said) <= 1


@pytest.mark.parametrize(("token", "path"), [(f"Bearer {SECRET}", "/intake/storm"), (SECRET, "/intake/storm")])
async def test_the_secret_may_come_as_a_bearer_and_the_address_without_its_slash(
    room: Room, token: str, path: str
) -> None:
    await room.poll(1)
    assert (await room.send("POST", push(2), token=token, path=path))[0] == 201


async def test_the_product_may_ask_whether_anybody_is_there(room: Room) -> None:
    assert await room.send("GET", b"", token=None) == (200, {})
    assert await room.send("GET", b"", token=None, path="/intake/nowhere/") == (200, {})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"post": {}}', b"\xff\xfe", b"[" * 50_000])
async def test_what_is_no_post_is_refused_in_a_few_words(room: Room, body: bytes) -> None:
    assert await room.send("POST", body) == (400, {"error": "not a post of a live blog"})


async def test_what_is_too_large_is_refused(room: Room) -> None:
    assert await room.send("POST", b" " * (intake.LARGEST_POST + 1)) == (413, {"error": "too large"})


async def test_what_could_not_be_written_is_to_be_sent_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.poll(1)

    async def full(*_: object) -> list[int]:
        raise StoreError("relay.db: database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(room.watch.store, "publish", full)
        assert await room.send("POST", push(2)) == (503, {"error": "not written; send it again"})
    assert (await room.send("POST", push(2)))[0] == 201
    assert room.published == [(ChangeKind.NEW, key(2))]


async def test_a_flood_of_requests_is_bounded_and_passes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_A_MINUTE", 3)
    await room.poll(1)
    assert [(await room.send("POST", push(2)))[0] for _ in range(5)] == [201, 201, 201, 429, 429]
    room.watch.now += timedelta(minutes=1)
    assert (await room.send("POST", push(2)))[0] == 201


async def test_requests_at_once_are_bounded_as_well(room: Room) -> None:
    await room.poll(1)
    async with room.watch.poller._turns["storm"]:
        sent = [asyncio.create_task(room.send("POST", push(number))) for number in range(2, 12)]
        await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
        while sum(one.done() for one in sent) < 2:  # noqa: ASYNC110 answers, not events
            await asyncio.sleep(0.01)
    assert sorted(status for status, _ in await asyncio.gather(*sent)) == [201] * 8 + [429] * 2


async def test_an_advert_or_a_post_for_later_is_taken_and_says_nothing(room: Room) -> None:
    await room.poll(1)
    assert (await room.send("POST", push(2, published_date="2026-03-05T10:00:00+0000")))[0] == 201
    assert room.published == []


# --- the whole way -------------------------------------------------------------------------------------------------

ANN = 2001


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path, every="1h") as one:
        one.publisher.raw = json.dumps(sourcefabric_listing(sourcefabric_post(1))).encode()
        one.environ["STORM_INTAKE"] = SECRET
        one.configure(extra='intake_secret_env = "STORM_INTAKE"', web=f'listen = "127.0.0.1:{free_port()}"')
        await one.followers(ANN)
        yield one


async def test_from_the_publishers_system_to_the_chats(relay: Service) -> None:
    await relay.start()
    await relay.baseline()
    address = "http://" + relay.web.split('"')[1] + "/intake/storm/"
    async with aiohttp.ClientSession(headers={"Authorization": SECRET}) as session:

        async def send(method: str, sent: Push) -> int:
            async with session.request(method, address, json=sent) as answer:
                return answer.status

        assert await send("POST", push(2, "<p>Two boats are lost.</p>")) == 201
        assert await send("POST", push(3, "<p>The quay is shut.</p>")) == 201
        await relay.shows(ANN, "Two boats are lost.", "The quay is shut.")
        assert await send("PUT", push(2, "<p>Three boats are lost.</p>", minute=30)) == 200
        assert await send("DELETE", push(3, minute=31)) == 200
    await relay.telegram.until(lambda: relay.headlines(ANN)[:1] == ["Three boats are lost."], 60)
    await relay.telegram.until(lambda: relay.headlines(ANN)[1].startswith("withdrawn by the publisher"), 60)
    assert len(relay.headlines(ANN)) == 2
    assert SECRET not in relay.log
    assert await relay.terminate() == 0
