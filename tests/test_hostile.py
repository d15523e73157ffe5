"""Pages that mean harm, from the wire to the chat. Each costs little and is told; none breaks or delays another."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.resolver import ThreadedResolver

from bot.core.diff import diff
from bot.core.markup import is_too_deep
from bot.core.model import Memory, Page, Snapshot, Style
from bot.core.render import message
from bot.core.texts import Texts
from bot.fetch import LARGEST_BODY, Fetcher, FetchFailed
from bot.reading import SMALL_BODY, Reading, TooCostly
from bot.resolving import Steady
from bot.sources import NotReadable, ReadRules, read
from tests.hostile_pages import IN_THE_PAGE, LIVE, ON_THE_ROAD, READABLE, SLOWLY, Host, harbour, redirected, sent
from tests.pages import NOW, blog, html, page, snapshot, update
from tests.soundness import assert_messages, assert_values, relayed

# --- on the road ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ON_THE_ROAD)
async def test_what_comes_on_the_road_is_told_by_name_and_hinders_nobody(tmp_path: Path, name: str) -> None:
    answer, why = ON_THE_ROAD[name]
    async with harbour(tmp_path) as blogs:
        told = await blogs.meets(answer, times=3)
        assert told.startswith("storm (") or any(one.startswith("storm (") for one in blogs.room.reports)
        assert sum(why in one for one in blogs.room.reports) == 1, blogs.room.reports
        assert blogs.said("Headline") == []
        await blogs.recovers()
        assert blogs.room.reports[-1].startswith("storm: answers again.")


@pytest.mark.parametrize("name", SLOWLY)
async def test_who_drips_is_given_up_while_others_are_polled(tmp_path: Path, name: str) -> None:
    async with harbour(tmp_path, seconds=2.0) as blogs:
        await blogs.meets(SLOWLY[name], times=3)
        assert len(blogs.room.reports) == 1
        assert "did not answer within 2 s" in blogs.room.reports[0]
        await blogs.recovers()


@pytest.mark.parametrize("name", [name for name in ON_THE_ROAD if "bomb" in name])
async def test_a_bomb_takes_no_more_memory_than_the_largest_page(name: str) -> None:
    async with Host(ON_THE_ROAD[name][0]) as host:
        fetcher = Fetcher()
        await fetcher.open()
        tracemalloc.start()
        try:
            with pytest.raises(FetchFailed):
                await fetcher.fetch(host.url)
            assert tracemalloc.get_traced_memory()[1] < 3 * LARGEST_BODY
        finally:
            tracemalloc.stop()
            await fetcher.close()


LARGE = html(blog(update(2), update(1)), body="<p>x</p>" * SMALL_BODY)  # for a worker, and well
PRIVATE = (
    *(
        "10.0.0.1",
        "127.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "010.0.0.1",
    ),
    *("169.254.169.254", "192.168.1.1", "172.16.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:7f00:1]", "[fe80::1]", "[fc00::1]"),
    *("[64:ff9b::a00:1]", "[2002:7f00:1::]", "[ff02::1]", "[::127.0.0.1]", "[2001:0:7f00:1::]"),
    *("localhost", "localhost.", "LOCALHOST", "127.0.0.1.", "１２７.0.0.1", "127。0。0。1", "user@127.0.0.1"),
)


@pytest.mark.parametrize("host", PRIVATE)
async def test_nothing_that_a_page_names_leads_into_a_private_network_however_it_is_written(host: str) -> None:
    """Redirects and hand-overs alike: only what the admin wrote is trusted."""
    async with Host(sent(b"secret")) as inside:
        fetcher = Fetcher(total_seconds=5.0)
        await fetcher.open()
        try:
            with pytest.raises(FetchFailed, match=r"private network|no connection|not a web address"):
                await fetcher.fetch(f"http://{host}:{inside.port}/", home="https://blog.example/live")
            assert inside.asked == 0
        finally:
            await fetcher.close()


@pytest.mark.parametrize("host", ["10.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost.", "[::1]"])
async def test_a_redirect_is_no_way_around_it(host: str) -> None:
    async with Host(sent(b"secret")) as inside, Host(redirected(f"http://{host}:{inside.port}/")) as door:
        fetcher = Fetcher(total_seconds=5.0)
        await fetcher.open()
        with pytest.raises(FetchFailed, match=r"private network|no connection|not a web address"):
            await fetcher.fetch(door.url)
        assert (door.asked, inside.asked) == (1, 0)
        await fetcher.close()


async def test_a_name_that_resolves_into_a_private_network_is_no_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where only one of its addresses is private: which one is taken would be chance."""

    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        known = {"hostname": host, "port": port, "family": 2, "proto": 6, "flags": 0}
        return [known | {"host": one} for one in ("127.0.0.1", "::ffff:127.0.0.1", "::1")]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    async with Host(sent(b"secret")) as inside, Host(redirected(f"http://rebound.example:{inside.port}/")) as door:
        fetcher = Fetcher(total_seconds=5.0)
        await fetcher.open()
        with pytest.raises(FetchFailed, match="private network"):
            await fetcher.fetch(door.url)
        assert inside.asked == 0
        await fetcher.close()


async def test_a_name_that_the_admin_wrote_and_that_was_public_does_not_turn_private(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leads_to = ["127.0.0.1"]

    async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        known = {"hostname": host, "port": port, "family": 2, "proto": 6, "flags": 0}
        return [known | {"host": one} for one in leads_to]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
    names = Steady()
    assert [one["host"] for one in await names.resolve("cms.internal", 80)] == ["127.0.0.1"]
    leads_to[:] = ["10.0.0.1", "93.184.215.14"]
    assert [one["host"] for one in await names.resolve("blog.example", 80)] == ["93.184.215.14"]
    leads_to[:] = ["10.0.0.1"]
    with pytest.raises(OSError, match="was public"):
        await names.resolve("blog.example", 80)
    assert [one["host"] for one in await names.resolve("cms.internal", 80)] == ["10.0.0.1"]
    await names.close()


async def test_a_name_that_turns_private_is_told_and_nothing_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Host(sent(b"secret")) as inside:
        fetcher = Fetcher(total_seconds=5.0)
        await fetcher.open()

        async def resolve(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
            known = {"hostname": host, "port": port, "family": 2, "proto": 6, "flags": 0}
            return [known | {"host": "127.0.0.1"}]

        monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
        assert fetcher._trusting is not None
        fetcher._trusting.connector._resolver._public = {"blog.example"}
        with pytest.raises(FetchFailed, match="was public"):
            await fetcher.fetch(f"http://blog.example:{inside.port}/")
        assert inside.asked == 0
        await fetcher.close()


async def test_an_address_that_the_admin_wrote_may_be_private(tmp_path: Path) -> None:
    async with Host(sent(b"hello")) as host:
        fetcher = Fetcher()
        await fetcher.open()
        found = await fetcher.fetch(host.url)
        assert isinstance(found, Page)
        assert ipaddress.ip_address(found.url.split("/")[2].partition(":")[0]).is_private
        await fetcher.close()


# --- in the page ---------------------------------------------------------------------------------------------------


WORST = (
    *("a billion laughs", "bold that is never closed", "a million attributes", "deep JSON", "angle brackets"),
    *("nothing but NULs", "UTF-16 without a mark"),
)


async def test_what_a_page_holds_is_told_once_and_hinders_nobody(tmp_path: Path) -> None:
    """One after the other: the relay that met one of them must stand the next."""
    async with harbour(tmp_path, most_cpu=1) as blogs:
        for name in WORST:
            body = IN_THE_PAGE[name]
            await blogs.meets(sent(body, kind="application/xml" if body.startswith(b"<?xml") else "text/html"))
            assert blogs.said("Headline") == [], name
        assert len(blogs.room.reports) == 1
        assert blogs.room.reports[0].startswith("storm (")
        assert "nothing is sent or withdrawn" in blogs.room.reports[0]
        await blogs.recovers()
        assert [said.split(". ")[0] for said in blogs.room.reports[1:]] == ["storm: answers again"]
        assert "lol" not in " ".join(blogs.said())


@pytest.fixture(scope="module")
def reading() -> Iterator[Reading]:
    """One for all: a worker that met one of these pages must stand the next."""
    one = Reading(most_cpu=2)
    yield one
    one.close()


@pytest.mark.parametrize("name", IN_THE_PAGE)
async def test_a_hostile_page_is_refused_or_read_within_its_limits(reading: Reading, name: str) -> None:
    found = await asyncio.gather(reading.read(page(IN_THE_PAGE[name]), ReadRules()), return_exceptions=True)
    if isinstance(found[0], NotReadable):
        assert 10 < len(str(found[0])) < 700
    else:
        assert isinstance(found[0], Snapshot)
        assert_values(found[0])


@pytest.mark.parametrize("name", READABLE)
async def test_a_page_of_absurd_size_that_can_be_read_is_sent_as_telegram_takes_it(name: str) -> None:
    found = read(page(READABLE[name]))
    assert_values(found)
    assert_messages(found)
    verdict = diff(Memory(), found, NOW)
    assert verdict.baseline


async def test_what_cost_too_much_is_not_read_again_until_it_changes() -> None:
    reading, body = Reading(most_cpu=1), IN_THE_PAGE["a million attributes"]
    try:
        with pytest.raises(TooCostly, match="more than 1 s of computing or 1024 MB") as first:
            await reading.read(page(body), ReadRules())
        with pytest.raises(TooCostly, match=re.escape(str(first.value))):
            await reading.read(page(body), ReadRules())
        assert all(worker._pool is None for worker in reading._workers)  # none was needed to say it again
    finally:
        reading.close()


async def test_pages_known_to_be_slow_leave_a_worker_to_the_others() -> None:
    reading, slow = Reading(most_cpu=1), IN_THE_PAGE["a million attributes"]
    addresses = ("https://a.example/", "https://b.example/")
    try:
        for address in addresses:
            reading._note(address, 60.0)
        bad = [asyncio.create_task(reading.read(page(slow + url.encode(), url=url), ReadRules())) for url in addresses]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert reading._free.qsize() == 1
        assert len((await reading.read(page(LARGE), ReadRules())).posts) == 2
        found = await asyncio.gather(*bad, return_exceptions=True)
        assert [type(one) for one in found] == [TooCostly, TooCostly]
        assert reading._free.qsize() == 2
    finally:
        reading.close()


async def test_after_a_page_that_took_too_much_memory_the_next_is_read(reading: Reading) -> None:
    with pytest.raises(TooCostly, match="MB of memory"):
        await reading.read(page(IN_THE_PAGE["bold that is opened anew in every paragraph"]), ReadRules())
    assert len((await reading.read(page(LARGE), ReadRules())).posts) == 2


def test_external_entities_are_neither_fetched_nor_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    dtd = tmp_path / "evil.dtd"
    dtd.write_text(f'<!ENTITY e SYSTEM "{secret.as_uri()}">')
    item = "<rss version='2.0'><channel><item><guid>1</guid><title>a &e; b</title></item></channel></rss>"
    for inner in (
        f'[<!ENTITY e SYSTEM "{secret.as_uri()}">]',
        f'[<!ENTITY % x SYSTEM "{dtd.as_uri()}"> %x;]',
        f'SYSTEM "{dtd.as_uri()}"',
        '[<!ENTITY e SYSTEM "http://127.0.0.1:9/e">]',
    ):
        try:
            found = snapshot(f'<?xml version="1.0"?><!DOCTYPE rss {inner}>{item}')
        except NotReadable:
            continue
        assert all("secret" not in f"{post.title} {post.text}" for post in found.posts)


# --- what a post says ----------------------------------------------------------------------------------------------


def told(headline: str, **more: object) -> Snapshot:
    """A blog with this headline, which is sound and which Telegram takes."""
    found = snapshot(json.dumps(blog(update(9, headline=headline, **more), update(8), update(7))))
    assert_values(found)
    assert_messages(found)
    return found


@pytest.mark.parametrize(
    "headline",
    [
        "<script>alert(1)</script>Port shut",
        "<img src=x onerror=alert(1)>Port shut",
        "Port shut<style>*{display:none}</style>",
        "<a href='javascript:alert(1)'>Port</a> shut",
        "&lt;script&gt;alert(1)&lt;/script&gt;Port shut",
        "Port shut</script><script>alert(1)",
        "<b>Port</b> <u>shut</u>",
        "*Port* _shut_ [x](http://evil.example)",
    ],
)
def test_mark_up_in_a_headline_is_never_mark_up_in_a_chat(headline: str) -> None:
    post = told(headline).posts[0]
    rendered = message(relayed(post), Style(), Texts.of("en"))
    assert [one.type for one in rendered.entities if one.offset == 0] == ["bold"]
    assert not [one for one in rendered.entities if one.url and "javascript" in one.url]
    assert "Port" in rendered.text


@pytest.mark.parametrize("mark", ["\u202e", "\u202d", "\u2066", "\u2067", "\u202b", "\u2067\u202e\u2066"])
def test_a_direction_that_a_headline_turns_is_turned_back_within_it(mark: str) -> None:
    """What follows the headline in a message, and in a list of them, reads in its own direction."""
    post = told(f"Port {mark}shut", articleBody=f"{mark}Text").posts[0]
    for paragraph in message(relayed(post), Style(), Texts.of("en")).text.split("\n"):
        opened = 0
        for char in paragraph:
            opened += (char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068") - (char in "\u202c\u2069")
        assert opened <= 0, f"{paragraph!r} leaves a direction turned"


@pytest.mark.parametrize(
    "written",
    [
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "99999-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"),
        *(10**18, -(10**18), 1e308, "1e400", "-1", "2099-01-01T00:00:00Z", "2026-13-45T99:99:99Z", "24:00", ""),
    ],
)
def test_an_absurd_date_is_none_and_its_post_stands_where_it_was_seen(written: object) -> None:
    found = told("Port shut", datePublished=written, dateModified=written)
    assert [post.title for post in found.posts] == ["Port shut", "Headline 8", "Headline 7"]
    assert (found.posts[0].published_at, found.posts[0].modified_at) == (None, None)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "javascript:alert(1)",
            " JaVaScRiPt:alert(1)",
            "data:text/html,<script>1</script>",
            "data:image/png;base64,xx",
        ),
        *("vbscript:x", "file:///etc/passwd", "ftp://example.org/a.jpg", "blob:https://example.org/1", "about:blank"),
        *("http://", "http://[::1", "https://\x00.example/", "tg://resolve?domain=x", "\\\\host\\share"),
    ],
)
def test_only_addresses_of_the_web_are_links_or_pictures(address: str) -> None:
    post = told("Port shut", url=address, image=address, mainEntityOfPage=address).posts[0]
    assert post.url is None or post.url.startswith("https://www.example.org/")
    assert all(image.url.startswith("https://www.example.org/") for image in post.images)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "127.0.0.1:8080", "169.254.169.254", "[::1]", "localhost", "printer.local"]
)
async def test_a_picture_in_a_private_network_is_never_fetched_by_us(tmp_path: Path, host: str) -> None:
    """It goes to Telegram by its address, which cannot reach it; the post arrives without it."""
    async with harbour(tmp_path) as blogs, Host(sent(b"picture", kind="image/png")) as inside:
        where = host if host != "127.0.0.1:8080" else f"127.0.0.1:{inside.port}"
        told_ = html(blog(update(3, image=f"http://{where}/a.png"), update(2), update(1)))
        blogs.room.telegram.files.refuse(f"http://{where}/a.png")
        blogs.host.answer = sent(told_.encode())
        await blogs.poller.poll_now("storm")
        await blogs.room.telegram.until(lambda: blogs.said("Headline") == ["Headline 3"], seconds=60)
        assert inside.asked == 0


def test_a_key_that_is_there_twice_counts_as_what_it_was_last() -> None:
    body = html(blog(update(2), update(1))).replace('"headline": "Headline 2"', '"headline": "x", "headline": "y"')
    assert snapshot(body).posts[0].title == "y"


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff", "\\ud83d\\ud83d", "\\udc00\\ud800"])
def test_halves_of_pairs_are_replaced_before_they_reach_anything(half: str) -> None:
    body = html(blog(update(2, headline="Port HALF shut"), update(1))).replace("HALF", half)
    found = snapshot(body)
    assert_values(found)
    assert_messages(found)
    assert "\ufffd" in (found.posts[0].title or "")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (LIVE.encode("utf-16-le"), "text/html; charset=utf-8"),
        (LIVE.encode("utf-16-be"), None),
        (LIVE.encode("utf-32"), None),
        (LIVE.encode() + b"\xff\xfe\x00", "text/html; charset=utf-16"),
        (LIVE.encode().replace(b"Body", b"B\x00dy"), None),
        (LIVE.encode().replace(b"Body", b"B\xc0\xafdy"), "text/html; charset=utf-8"),
        (LIVE.encode().replace(b"Body", b"B\xed\xa0\x80dy"), "text/html; charset=utf-8"),
        (LIVE.encode().replace(b"Body", "Böd".encode("latin-1") + "ÿ“".encode()), "text/html; charset=iso-8859-1"),
    ],
)
def test_an_encoding_that_is_broken_or_mixed_damages_letters_and_nothing_else(raw: bytes, kind: str | None) -> None:
    try:
        found = read(page(raw, content_type=kind))
    except NotReadable:
        return
    assert_values(found)
    assert_messages(found)
    assert {post.key for post in found.posts} == {"post-2", "post-1"}


@pytest.mark.parametrize(
    ("inner", "is_read"),
    [
        ("<p><b>x" * 1500, True),  # left open by mistake, each like the other: browsers open three of them anew
        ("<p><b><i><em>x</em></i></b></p>" * 3000, True),
        ("".join(f'<p><b class="x{n}">x</b></p>' for n in range(3000)), True),
        ("".join(f"<b id={n}>" for n in range(17)) + "<p>x</p>" * 500, False),
        ("".join(f"<p><FONT color={n}>x" for n in range(100)), False),
    ],
)
def test_bold_that_careless_pages_leave_open_is_let_through_and_what_multiplies_is_not(
    inner: str, is_read: bool
) -> None:
    assert is_too_deep(inner) is not is_read
