"""Being told by a hub (WebSub). The hub is Flask-WebSub; the chats of the whole way are the local Telegram's."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from bot.core import websub
from bot.core.model import ChangeKind, Page
from bot.core.timing import BlogState, Schedule, next_poll
from bot.core.websub import LeaseState
from bot.fetch import FetchFailed
from bot.sources.hubs import HubOfPage, hub_of
from bot.status import status_json, status_lines
from tests.hub import HubServer
from tests.ports import free_port
from tests.service import Service, service
from tests.told import Told, told

DAY = timedelta(days=1)
PAGE = "https://blog.example/live"
HUB, SELF = "https://hub.example/", "https://blog.example/feed"

# --- discovery -----------------------------------------------------------------------------------------------------

BOTH = HubOfPage(hub=HUB, topic=SELF)
ATOM = (
    f'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="{HUB}"/><link rel="self" href="{SELF}"/></feed>'
)
RSS = (
    '<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>https://blog.example</link>'
    f'<atom:link rel="hub" href="{HUB}"/><atom:link rel="self" href="{SELF}"/></channel></rss>'
)
HTML = f'<!doctype html><html><head><link rel="hub" href="{HUB}"><link rel="self" href="{SELF}"></head><body>x</body>'


def found(*links: str, body: str = "") -> HubOfPage | None:
    return hub_of(Page(url=PAGE, body=body.encode(), links=links, fetched_at=datetime(2024, 5, 4, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("links", "body", "expected"),
    [
        ((f'<{HUB}>; rel="hub", <{SELF}>; rel="self"',), "", BOTH),
        ((f"<{HUB}>; rel=hub", f"<{SELF}>;rel=self"), "", BOTH),
        ((f'<{SELF}>; title="a, b; c"; REL="alternate Self", <{HUB}>; rel="preconnect HUB"',), "", BOTH),
        ((f"<{HUB}>; rel=hub, </feed>; rel=self",), "", BOTH),
        ((f'<{HUB}>; rel="hub", <https://next.example/>; rel="hub", <{SELF}>; rel="self"',), "", BOTH),
        ((f'<{PAGE}>; rel="hub"; anchor="#x", <{HUB}>; rel="hub", <{SELF}>; rel="self"',), "", BOTH),
        ((f'<{HUB}>; rel="hub"',), "", HubOfPage(hub=HUB, topic=PAGE)),
        ((f'<{PAGE}>; rel="hub", <{SELF}>; rel="self"',), ATOM, HubOfPage(hub=PAGE, topic=SELF)),
        ((f'<{SELF}>; rel="self"',), HTML, BOTH),
        ((), HTML, BOTH),
        ((), ATOM, BOTH),
        ((), '<?xml version="1.0"?>\n' + RSS, BOTH),
        ((), RSS.replace("</rss>", ""), BOTH),
        ((), '<!doctype html><p><link rel="hub" href="https://reader.example/"></p>', None),
        ((), f'<feed><entry><link rel="hub" href="{HUB}"/></entry></feed>', None),
        ((), HTML.replace(HUB, "javascript:alert(1)"), None),
        ((), HTML.replace(HUB, "https://me:secret@hub.example/"), None),
        ((), HTML.replace(HUB, "https://hub.example/" + "x" * 2000), None),
        (("<", "rel=hub", "<>; rel"), "", None),
        ((), "Just a text.", None),
    ],
)  # fmt: skip
def test_a_page_names_its_hub_in_headers_first_and_then_in_its_head(
    links: tuple[str, ...], body: str, expected: HubOfPage | None
) -> None:
    assert found(*links, body=body) == expected


@given(st.lists(st.text()), st.binary())
def test_whatever_a_page_says_of_hubs_breaks_nothing(links: list[str], body: bytes) -> None:
    for start in (b"", b"<feed><link rel='hub' href='", b"<!doctype html><head><link rel=hub href="):
        hub_of(Page(url=PAGE, body=start + body, links=tuple(links), fetched_at=datetime(2024, 5, 4, tzinfo=UTC)))


def test_a_feed_of_entities_names_no_hub_and_costs_nothing() -> None:
    bomb = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    feed = f'<!DOCTYPE feed [<!ENTITY e0 "x">{bomb}]><feed><title>&e9;</title></feed>'
    assert found(body=feed) is None


# --- signatures and leases -----------------------------------------------------------------------------------------

JEFE, ASKED = "Jefe", b"what do ya want for nothing?"
VECTORS = {  # RFC 2202 case 2 and RFC 4231 case 2
    "sha1": "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    "sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    "sha384": "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    "sha512": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",  # noqa: E501
}


@pytest.mark.parametrize("method", VECTORS)
def test_a_signature_is_known_by_every_method_of_the_recommendation(method: str) -> None:
    right = f"{method}={VECTORS[method]}"
    assert websub.is_signed(JEFE, ASKED, right)
    assert websub.is_signed(JEFE, ASKED, right.upper())
    assert not websub.is_signed(JEFE, ASKED + b"!", right)
    assert not websub.is_signed("jefe", ASKED, right)
    assert not websub.is_signed(JEFE, ASKED, right[:-1])


@pytest.mark.parametrize(
    "signature", [None, "", "sha256", "sha256=", f"md5={'0' * 32}", VECTORS["sha256"], "sha256=☃", "=" * 3]
)
def test_whatever_else_stands_there_is_no_signature(signature: str | None) -> None:
    assert not websub.is_signed(JEFE, ASKED, signature)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [("3600", 3600), (None, 864_000), ("soon", 864_000), ("-5", 864_000), ("0", 1), ("9" * 12, 30 * 86_400)],
)
def test_a_lease_is_as_long_as_the_hub_says_within_reason(seconds: str | None, expected: float) -> None:
    assert websub.granted(seconds) == expected


def test_attempts_become_rarer() -> None:
    assert [websub.pause(failures) for failures in (0, 1, 2, 10, 99)] == [60, 120, 240, 21_600, 21_600]


def test_a_blog_whose_hub_tells_us_is_polled_every_five_minutes_until_its_lease_ends() -> None:
    now, every = datetime(2024, 5, 4, 9, tzinfo=UTC), Schedule(every=timedelta(seconds=20))
    for left, expected in ((timedelta(hours=1), timedelta(minutes=5)), (timedelta(0), timedelta(seconds=20))):
        state = BlogState(blog="storm", hub_until=now + left)
        pause = next_poll(every, "UTC", now, now, state) - now
        assert expected <= pause <= expected * 1.1
    rarely = Schedule(every=timedelta(minutes=20))
    assert next_poll(rarely, "UTC", now, now, BlogState(hub_until=now + DAY)) - now >= timedelta(minutes=20)


# --- a lease and its life ------------------------------------------------------------------------------------------


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Told]:
    async with told(tmp_path) as one:
        yield one


async def test_what_the_hub_sends_is_published_without_a_poll(relay: Told) -> None:
    lease = await relay.subscribed()
    assert (lease.state, relay.hub.callbacks(relay.watch.publisher.url)) == (LeaseState.LIVE, [lease.address])
    relay.watch.publisher.publish("a", "Two boats lost")
    polls = relay.watch.last_polls()
    await relay.hub.publish(relay.watch.publisher.url)
    await relay.published("Two boats lost")
    assert relay.watch.last_polls() == polls
    assert [(one.kind, one.title) for one in relay.watch.desk.published] == [(ChangeKind.NEW, "Two boats lost")]


async def test_what_is_pushed_and_then_polled_is_one_post(relay: Told) -> None:
    await relay.subscribed()
    relay.watch.publisher.publish("a", "Two boats lost")
    await relay.hub.publish(relay.watch.publisher.url)
    await relay.published("Two boats lost")
    await relay.watch.poll(4)
    assert len(relay.watch.desk.published) == 1


async def test_a_push_before_the_first_poll_takes_the_baseline_instead(relay: Told) -> None:
    await relay.look()
    await relay.hub.until(lambda: relay.hub.happened["subscribed"] == 1)
    relay.watch.publisher.publish("a")
    await relay.hub.publish(relay.watch.publisher.url)
    await relay.delivered()
    assert await relay.watch.titles() == ["About a", "About old"]
    assert relay.watch.desk.published == []


@pytest.mark.parametrize("signature", ["", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "md5=x"])
async def test_what_the_hub_did_not_sign_is_ignored_and_the_sender_learns_nothing(relay: Told, signature: str) -> None:
    lease = await relay.subscribed()
    relay.watch.publisher.publish("a")
    body = relay.watch.publisher.body()
    with structlog.testing.capture_logs() as said:
        answers = [await relay.deliver(lease, body, signature=signature) for _ in range(3)]
    await relay.taken()
    assert answers == [202, 202, 202]
    assert (relay.watch.desk.published, relay.callbacks.forged["storm"]) == ([], 3)
    assert [one["log_level"] for one in said] == ["warning"]
    assert lease.secret not in str(said)
    assert await relay.deliver(lease, body) == 202
    await relay.published("About a")


async def test_the_status_says_until_when_we_are_told(relay: Told) -> None:
    until = (await relay.subscribed()).until
    assert until is not None
    blogs, queue = await relay.watch.store.blogs(counted=True), await relay.watch.store.queue("main")
    said = datetime.fromtimestamp(until, UTC).isoformat().replace("+00:00", "Z")
    assert f"  told by its hub until {said}" in status_lines(blogs, queue, relay.clock())
    assert not any("told by" in line for line in status_lines(blogs, queue, until))
    assert status_json(blogs, queue, relay.clock())["blogs"][0]["told_until"] == said


async def test_only_what_we_asked_for_is_confirmed(relay: Told) -> None:
    lease = await relay.subscribed()
    topic, page = lease.topic, lease.topic + "?other"
    assert await relay.confirm(lease, mode="unsubscribe", topic=topic, challenge="x") == (404, "Not Found")
    assert await relay.confirm(lease, mode="subscribe", topic=page, challenge="x") == (404, "Not Found")
    assert await relay.confirm(lease, mode="subscribe", topic=topic) == (404, "Not Found")
    assert await relay.confirm(lease, mode="subscribe", topic=topic, challenge="<b>x</b>") == (200, "<b>x</b>")
    async with relay.session.get(lease.address[:-1], params={"hub.mode": "subscribe", "hub.topic": topic}) as answer:
        assert answer.status == 404
    async with relay.session.post(lease.address[:-1], data=b"x") as answer:
        assert answer.status == 410


async def test_a_lease_is_renewed_before_it_ends_also_by_another_process(relay: Told) -> None:
    lease = await relay.subscribed()
    assert lease.until is not None
    half = timedelta(seconds=(lease.until - relay.clock()) / 2)
    await relay.look(after=half)
    assert relay.hub.heard["subscribe"] == 1
    relay.restart()
    await relay.look(after=half * 0.8)
    await relay.hub.until(lambda: relay.hub.happened["subscribed"] == 2)
    renewed = await relay.lease()
    assert (renewed.callback, renewed.secret) == (lease.callback, lease.secret)
    assert renewed.until is not None
    assert renewed.until > lease.until
    assert renewed.is_live(lease.until)


async def test_a_hub_that_fails_is_asked_again_more_and_more_rarely_and_told_of_once(relay: Told) -> None:
    relay.hub.ill = 503
    await relay.watch.poll()
    for _ in range(6):
        await relay.look(after=timedelta(seconds=60))
    assert relay.hub.heard["subscribe"] == 3  # after none, one and three minutes
    assert not (await relay.lease()).is_live(relay.clock())
    await relay.look(after=timedelta(hours=1))
    (said,) = relay.watch.reports
    assert said.startswith(
        f"storm: its hub {relay.hub.url} answers 503 SERVICE UNAVAILABLE; its page is polled as usual."
    )
    relay.hub.ill = None
    await relay.look(after=timedelta(hours=6))
    await relay.hub.until(lambda: relay.hub.happened["subscribed"] == 1)
    assert (await relay.lease()).is_live(relay.clock())


async def test_a_hub_that_grants_a_second_does_not_have_its_page_asked_for_every_second(tmp_path: Path) -> None:
    async with told(tmp_path, longest=1) as relay:
        lease = await relay.subscribed()
        await relay.state(LeaseState.LIVE)
        polls = relay.watch.publisher.polls
        for _ in range(10):
            await relay.look(after=timedelta(seconds=3))
        assert (relay.watch.publisher.polls, relay.hub.heard["subscribe"]) == (polls, 1)
        await relay.look(after=timedelta(seconds=40))
        await relay.hub.until(lambda: relay.hub.happened["subscribed"] == 2)
        assert (await relay.lease()).callback == lease.callback


async def test_a_page_pushed_without_a_post_it_had_is_polled_until_the_withdrawal_is_believed(relay: Told) -> None:
    for key in ("a", "b", "c"):
        relay.watch.publisher.publish(key)
    lease = await relay.subscribed()
    whole = {"Content-Type": "text/html"}
    await relay.deliver(lease, relay.watch.publisher.body(), **whole)
    await relay.taken()
    assert relay.watch.poller.state("storm").hub_until is not None
    relay.watch.publisher.take_away("b")
    polls = relay.watch.publisher.polls
    await relay.deliver(lease, relay.watch.publisher.body(), **whole)
    await relay.taken()
    assert relay.watch.publisher.polls == polls + 1
    assert relay.watch.poller.state("storm").hub_until is None
    await relay.watch.poll(2)
    assert [(one.kind, one.key) for one in relay.watch.desk.published] == [(ChangeKind.WITHDRAWN, "b")]


async def test_a_blog_whose_address_is_corrected_does_not_rely_on_the_hub_of_the_page_before(relay: Told) -> None:
    lease = await relay.subscribed()
    await relay.deliver(lease, relay.watch.publisher.body(), **{"Content-Type": "text/html"})
    await relay.taken()
    assert relay.watch.poller.state("storm").hub_until is not None
    before, (blog,) = relay.watch.settings, relay.watch.settings.blogs
    relay.watch.settings = replace(before, blogs=(replace(blog, url=f"{blog.url}?page=another"),))
    await relay.watch.poller.apply(before)
    assert relay.watch.poller.state("storm").hub_until is None


async def test_a_hole_that_a_poll_finds_is_not_waited_for_as_long_as_hubs_are(relay: Told) -> None:
    for key in ("a", "b", "c"):
        relay.watch.publisher.publish(key)
    lease = await relay.subscribed()
    await relay.deliver(lease, relay.watch.publisher.body(), **{"Content-Type": "text/html"})
    await relay.taken()
    relay.watch.publisher.take_away("b")
    await relay.watch.poll()
    assert relay.watch.poller.state("storm").hub_until is None


async def test_deliveries_that_come_at_once_are_bounded_from_their_first_byte(relay: Told) -> None:
    lease = await relay.subscribed()
    body = b"<html>" + b"x" * 900_000
    async with relay.watch.poller._turns["storm"]:
        answers = await asyncio.gather(*(relay.deliver(lease, body) for _ in range(20)))
        assert (answers.count(202), answers.count(503)) == (4, 16)
    await relay.taken()
    assert await relay.deliver(lease, body) == 202
    await relay.taken()


async def test_a_dead_hub_stops_no_poll(relay: Told) -> None:
    await relay.subscribed()
    await relay.hub.die()
    relay.watch.publisher.publish("a", "Two boats lost")
    await relay.look(after=10 * DAY)
    await relay.watch.poll()
    assert [one.title for one in relay.watch.desk.published] == ["Two boats lost"]


async def test_a_hub_that_denies_is_believed_told_of_once_and_asked_again_later(relay: Told) -> None:
    relay.hub.denies = "not you"
    await relay.watch.poll()
    await relay.look()
    await relay.state(LeaseState.DENIED)
    async with asyncio.timeout(60):
        while not relay.watch.reports:  # noqa: ASYNC110 it is told aside, once it is written
            await asyncio.sleep(0.02)
    lease = await relay.lease()
    assert await relay.deliver(lease, b"x") == 410
    await relay.look(after=timedelta(hours=1))
    assert relay.hub.heard["subscribe"] == 1
    assert len(relay.watch.reports) == 1
    relay.hub.denies = None
    await relay.look(after=timedelta(hours=6))
    await relay.state(LeaseState.LIVE)


async def test_websub_switched_off_ends_the_lease_at_the_hub(relay: Told) -> None:
    lease = await relay.subscribed()
    relay.configure(websub=False)
    await relay.look()
    await relay.hub.until(lambda: relay.hub.happened["unsubscribed"] == 1)
    assert await relay.watch.store.leases() == []
    assert relay.hub.callbacks(lease.topic) == []
    assert await relay.deliver(lease, b"x") == 410


async def test_a_hub_that_never_confirms_the_end_is_asked_three_times(relay: Told) -> None:
    await relay.subscribed()
    await relay.hub.die()
    relay.configure(websub=False)
    for _ in range(3):
        await relay.look(after=timedelta(hours=1))
        assert (await relay.lease()).state is LeaseState.LEAVING
    await relay.look(after=timedelta(hours=1))
    assert await relay.watch.store.leases() == []


async def test_another_topic_is_another_lease_and_the_old_one_ends(relay: Told) -> None:
    before = await relay.subscribed()
    topic = before.topic + "?new"
    relay.watch.publisher.headers["Link"] = f'<{relay.hub.url}>; rel="hub", <{topic}>; rel="self"'
    await relay.look(after=9 * DAY)
    await relay.hub.until(lambda: relay.hub.happened["subscribed"] == 2)
    await relay.look()
    await relay.hub.until(lambda: relay.hub.happened["unsubscribed"] == 1)
    after = await relay.lease()
    assert (after.topic, after.callback == before.callback) == (topic, False)


async def test_each_days_page_has_a_lease_of_its_own_while_both_are_polled(relay: Told) -> None:
    page = relay.watch.publisher.url
    relay.watch.publisher.headers["Link"] = f'<{relay.hub.url}>; rel="hub"'
    relay.configure(websub=True, url=page + "?day={date}")
    await relay.subscribed()
    relay.watch.now += timedelta(hours=17)  # two in the morning
    await relay.watch.poll()
    await relay.look()
    await relay.hub.until(lambda: relay.hub.happened["subscribed"] == 2)
    topics = {lease.topic for lease in await relay.watch.store.leases()}
    assert topics == {f"{page}?day=2024-05-04", f"{page}?day=2024-05-05"}
    await relay.look(after=timedelta(hours=7))
    await relay.hub.until(lambda: relay.hub.happened["unsubscribed"] == 1)
    assert (await relay.lease()).topic == f"{page}?day=2024-05-05"


async def test_our_own_new_address_is_told_to_the_hub(relay: Told) -> None:
    before = await relay.subscribed()
    relay.public_url = relay.public_url.replace("127.0.0.1", "localhost") + "/"
    relay.restart()
    await relay.look()
    await relay.hub.until(lambda: relay.hub.happened["subscribed"] == 2)
    after = await relay.lease()
    assert after.address.startswith(relay.public_url)
    assert after.callback != before.callback


async def test_a_page_without_a_hub_is_looked_at_again_after_hours_and_told_of_once(relay: Told) -> None:
    del relay.watch.publisher.headers["Link"]
    for _ in range(3):
        await relay.look(after=timedelta(hours=4))
    assert [said.split(". ")[0] for said in relay.watch.reports] == [
        "storm: its page names no hub; its page is polled as usual"
    ]
    assert relay.watch.publisher.polls == 2


@pytest.mark.parametrize("hub", ["http://10.0.0.7/hub", "http://169.254.169.254/latest", "http://[::1]/hub"])
async def test_a_page_cannot_send_us_into_a_private_network(relay: Told, hub: str) -> None:
    relay.watch.publisher.headers["Link"] = f'<{hub}>; rel="hub", <{relay.watch.publisher.url}>; rel="self"'
    await relay.look()
    assert await relay.watch.store.leases() == []
    (said,) = relay.watch.reports
    assert said.startswith("storm: its page names a hub in a private network; its page is polled as usual.")


@pytest.mark.parametrize(
    ("status", "to", "trouble"),
    [
        (308, "/hub", None),
        (307, "/again", "redirects more than 5 times"),
        (307, "http://10.0.0.7/hub", "leads into a private network (10.0.0.7)"),
        (307, "ftp://hub.example/", "redirects to something that is not a web address"),
        (302, "/hub", "answers 302 Found"),
        (200, "", None),
        (400, "", "answers 400 Bad Request"),
    ],
)
async def test_a_hub_is_followed_where_it_moved_and_nowhere_else(
    relay: Told, status: int, to: str, trouble: str | None
) -> None:
    heard: list[str] = []

    async def again(request: web.Request) -> web.Response:
        heard.append((await request.post())["hub.mode"])
        return web.Response(status=status, headers={"Location": to})

    async def take(request: web.Request) -> web.Response:
        heard.append((await request.post())["hub.mode"])
        return web.Response(status=202)

    app = web.Application()
    app.add_routes([web.post("/again", again), web.post("/hub", take)])
    async with TestServer(app) as server:
        try:
            await relay.fetcher.post(str(server.make_url("/again")), {"hub.mode": "x"}, home=str(server.make_url("/")))
            said = None
        except FetchFailed as error:
            said = str(error)
    assert said == trouble
    assert set(heard) == {"x"}


# --- what is pushed ------------------------------------------------------------------------------------------------


async def test_what_a_push_leaves_out_is_not_withdrawn(relay: Told) -> None:
    for key in ("a", "b", "c"):
        relay.watch.publisher.publish(key)
    lease = await relay.subscribed()
    all_of_it = relay.watch.publisher.posts
    relay.watch.publisher.publish("d")
    relay.watch.publisher.posts = relay.watch.publisher.posts[:1]
    for _ in range(4):
        await relay.deliver(lease, relay.watch.publisher.body())
        await relay.taken()
    assert [(one.kind, one.key) for one in relay.watch.desk.published] == [(ChangeKind.NEW, "d")]
    relay.watch.publisher.posts = [*relay.watch.publisher.posts, *all_of_it]
    await relay.watch.poll(4)
    assert len(relay.watch.desk.published) == 1


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
async def test_a_push_is_unpacked_whatever_its_headers_say(relay: Told, packed: bool, headers: dict[str, str]) -> None:
    lease = await relay.subscribed()
    relay.watch.publisher.publish("a")
    body = relay.watch.publisher.body()
    polls = relay.watch.last_polls()
    assert await relay.deliver(lease, gzip.compress(body) if packed else body, **headers) == 202
    await relay.published("About a")
    assert relay.watch.last_polls() == polls


def test_a_bomb_is_not_unpacked_further_than_a_page_may_be_long() -> None:
    packed = gzip.compress(b"x" * 1000)
    assert websub.unpacked(packed, 2000) == b"x" * 1000
    assert websub.unpacked(packed, 999) == b""
    assert websub.unpacked(packed[:-9], 2000) == b""
    assert websub.unpacked(b"\x1f\x8bnothing", 2000) == b""


async def test_an_edit_that_is_pushed_changes_the_post(relay: Told) -> None:
    lease = await relay.subscribed()
    relay.watch.publisher.publish("old", "Another headline")
    await relay.deliver(lease, relay.watch.publisher.body())
    await relay.published("Another headline")
    assert [one.kind for one in relay.watch.desk.published] == [ChangeKind.EDITED]


async def test_a_push_that_comes_late_takes_nothing_back(relay: Told) -> None:
    lease = await relay.subscribed()
    before = relay.watch.publisher.body()
    relay.watch.publisher.publish("old", "Another headline")
    await relay.watch.poll()
    for _ in range(4):
        await relay.deliver(lease, before)
        await relay.taken()
    assert await relay.watch.titles() == ["Another headline"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"something is new",
        b"<!doctype html><p>Nothing here.",
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x:1</id><title>Other</title></entry></feed>',
    ],
)
async def test_a_push_that_says_nothing_by_itself_has_the_page_polled(relay: Told, body: bytes) -> None:
    lease = await relay.subscribed()
    relay.watch.publisher.publish("a", "Two boats lost")
    await relay.deliver(lease, body)
    await relay.taken()
    assert [(one.kind, one.title) for one in relay.watch.desk.published] == [(ChangeKind.NEW, "Two boats lost")]


async def test_a_push_that_says_nothing_and_a_page_that_fails_leave_the_pace_as_it_is(relay: Told) -> None:
    lease = await relay.subscribed()
    relay.watch.publisher.ill = 500
    await relay.deliver(lease, b"something is new")
    await relay.taken()
    state = relay.watch.poller.state("storm")
    assert (state.failures, state.hub_until) == (1, None)


async def test_a_push_that_reaches_further_back_than_the_page_is_no_news(relay: Told) -> None:
    relay.watch.publisher.posts = []
    for number in range(6):
        relay.watch.publisher.publish(f"p{number}")
    everything = relay.watch.publisher.body()
    relay.watch.publisher.posts = relay.watch.publisher.posts[:3]
    lease = await relay.subscribed()
    await relay.deliver(lease, everything)
    await relay.taken()
    assert relay.watch.desk.published == []


async def test_more_than_a_few_deliveries_at_once_are_sent_back(relay: Told) -> None:
    lease = await relay.subscribed()
    async with relay.watch.poller._turns["storm"]:
        answers = [await relay.deliver(lease, b"x") for _ in range(6)]
    await relay.taken()
    assert answers == [202, 202, 202, 202, 503, 503]


async def test_a_poll_that_finds_what_the_hub_did_not_tell_brings_the_usual_pace_back(relay: Told) -> None:
    lease = await relay.subscribed()
    relay.watch.publisher.publish("a")
    await relay.deliver(lease, relay.watch.publisher.body())
    await relay.taken()
    assert relay.watch.poller.state("storm").hub_until == datetime.fromtimestamp(lease.until or 0, UTC)
    await relay.watch.poll()
    assert relay.watch.poller.state("storm").hub_until is not None
    relay.watch.publisher.publish("b")
    await relay.watch.poll()
    assert relay.watch.poller.state("storm").hub_until is None


def atom(*numbers: int, gone: str = "") -> bytes:
    entries = "".join(
        f"<entry><id>tag:blog.example,2024:{n}</id><title>Number {n}</title><updated>2024-05-04T08:0{n}:00Z</updated>"
        f"<content>What number {n} has to tell.</content></entry>"
        for n in numbers
    )
    names = 'xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"'
    return f"<?xml version='1.0'?><feed {names}><title>Storm</title>{gone}{entries}</feed>".encode()


async def test_a_feed_may_be_pushed_in_parts_and_with_tombstones(relay: Told) -> None:
    relay.watch.publisher.raw = atom(3, 2, 1)
    lease = await relay.subscribed()
    await relay.deliver(lease, atom(4))
    await relay.published("Number 4")
    gone = '<at:deleted-entry ref="tag:blog.example,2024:2" when="2024-05-04T08:30:00Z"/>'
    await relay.deliver(lease, atom(gone=gone))
    await relay.taken()
    relay.watch.publisher.raw = atom(4, 3, 1)
    await relay.watch.poll(4)
    assert [(one.kind, one.title) for one in relay.watch.desk.published] == [
        (ChangeKind.NEW, "Number 4"),
        (ChangeKind.WITHDRAWN, "Number 2"),
    ]
    assert relay.watch.reports == []


# --- the whole way -------------------------------------------------------------------------------------------------

ANN, BEN = 2001, 2002


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[HubServer]:
    async with HubServer(tmp_path, longest=6) as one:
        yield one


@pytest.fixture
async def whole(tmp_path: Path, hub: HubServer) -> AsyncIterator[Service]:
    async with service(tmp_path, every="1h") as one:
        listen, publisher = f"127.0.0.1:{free_port()}", one.publisher
        publisher.headers["Link"] = f'<{hub.url}>; rel="hub", <{publisher.url}>; rel="self"'
        one.configure(extra="websub = true", web=f'listen = "{listen}"\npublic_url = "http://{listen}"')
        await one.followers(ANN, BEN)
        yield one


async def renewed(hub: HubServer) -> None:
    """Until the hub has verified the lease once more."""
    seen = hub.happened["subscribed"]
    await hub.until(lambda: hub.happened["subscribed"] > seen)


async def test_from_the_hub_to_the_chats_with_renewals_and_a_restart(whole: Service, hub: HubServer) -> None:
    whole.runner = ("-m", "tests.eager")
    await whole.start()
    await whole.baseline()
    await renewed(hub)
    for number in (1, 2):
        whole.publisher.publish(f"p{number}", f"Post number {number}")
        await hub.publish(whole.publisher.url)
        await whole.shows(ANN, *(f"Post number {n + 1}" for n in range(number)))
        await renewed(hub)
    assert await whole.terminate() == 0
    await whole.start()
    await renewed(hub)
    whole.publisher.publish("p3", "Post number 3")
    await hub.publish(whole.publisher.url)
    for chat in (ANN, BEN):
        await whole.shows(chat, "Post number 1", "Post number 2", "Post number 3")
    await renewed(hub)
    assert len(hub.callbacks(whole.publisher.url)) == 1
    store = whole.store()
    (lease,) = await store.leases()
    await store.close()
    assert lease.secret not in whole.log


async def test_when_the_hub_dies_the_chats_hear_by_polls(whole: Service, hub: HubServer) -> None:
    whole.configure(every="1s")
    await whole.start()
    await whole.baseline()
    await hub.until(lambda: hub.happened["subscribed"] > 0)
    await hub.die()
    whole.publisher.publish("a", "Two boats lost")
    await whole.shows(ANN, "Two boats lost")
    await whole.shows(BEN, "Two boats lost")
    assert await whole.terminate() == 0
