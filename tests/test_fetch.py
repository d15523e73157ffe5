"""Conditional, bounded, and careful about where it is led."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot.core.model import Page
from bot.core.publishing import Validators
from bot.fetch import Fetcher, FetchFailed, NotModified, read_file, retry_at, validators_of
from bot.resolving import PublicOnly

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """A server whose one address answers as the test says."""

    def __init__(self) -> None:
        self.handler: Handler = plain("hello")
        self.asked: list[web.Request] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.handler(request)


def plain(text: str, **headers: str) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=text, headers=headers)

    return answer


def status(code: int, **headers: str) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    one, app = Site(), web.Application()
    app.router.add_route("*", "/{path:.*}", one.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/live"  # type: ignore[attr-defined]
    yield one
    await runner.cleanup()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    one = Fetcher(total_seconds=5.0, largest=200_000)
    await one.open()
    yield one
    await one.close()


async def test_a_page_comes_with_what_makes_the_next_request_conditional(site: Site, fetcher: Fetcher) -> None:
    site.handler = plain("hello", ETag='"1"', **{"Last-Modified": "Sat, 04 May 2024 12:00:00 GMT"})
    page = await fetcher.fetch(site.url)
    assert isinstance(page, Page)
    assert (page.body, page.etag) == (b"hello", '"1"')
    site.handler = status(304)
    assert isinstance(await fetcher.fetch(site.url, validators_of(page)), NotModified)
    asked = site.asked[-1].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"1"', "Sat, 04 May 2024 12:00:00 GMT")


async def test_a_date_by_which_a_second_change_could_be_missed_is_not_asked_with_until_it_is_old_enough(
    site: Site, fetcher: Fetcher
) -> None:
    """Dates are whole seconds: a page that changed again in the second of our request would be 304 for good."""
    modified = "Sat, 04 May 2024 12:00:00 GMT"
    known = Validators()
    for sent, conditional in (("00", False), ("01", False), ("30", False), ("40", True)):
        headers = {"Last-Modified": modified, "Date": f"Sat, 04 May 2024 12:00:{sent} GMT"}
        site.handler = plain("hello", **headers)
        found = await fetcher.fetch(site.url, known)
        assert ("If-Modified-Since" in site.asked[-1].headers) is conditional
        known = validators_of(found) if isinstance(found, Page) else known
    assert known.last_modified == modified
    assert isinstance(found, NotModified)


@pytest.mark.parametrize("said", ["Sat, 99999999999999999999 May 2024 12:00:00 GMT", "yesterday", "-0000", ""])
async def test_a_date_that_is_none_is_the_servers_own_affair(site: Site, fetcher: Fetcher, said: str) -> None:
    site.handler = plain("hello", **{"Last-Modified": said})
    page = await fetcher.fetch(site.url)
    assert isinstance(page, Page)
    site.handler = status(503, Retry_After=said or "soon")
    with pytest.raises(FetchFailed, match="503"):
        await fetcher.fetch(site.url)


async def test_the_same_body_is_not_modified_whatever_the_server_says(site: Site, fetcher: Fetcher) -> None:
    page = await fetcher.fetch(site.url)
    assert isinstance(page, Page)
    assert isinstance(await fetcher.fetch(site.url, validators_of(page)), NotModified)


async def test_a_304_that_nobody_asked_for_is_a_failure(site: Site, fetcher: Fetcher) -> None:
    site.handler = status(304)
    with pytest.raises(FetchFailed, match="304"):
        await fetcher.fetch(site.url)


@pytest.mark.parametrize(
    ("code", "lasting"), [(404, True), (410, True), (403, True), (429, False), (500, False), (503, False)]
)
async def test_a_refusal_names_its_status_and_whether_it_will_last(
    site: Site, fetcher: Fetcher, code: int, lasting: bool
) -> None:
    site.handler = status(code, Retry_After="120")
    with pytest.raises(FetchFailed, match=str(code)) as caught:
        await fetcher.fetch(site.url)
    assert caught.value.lasting is lasting
    assert caught.value.retry_at is not None
    assert 110 < (caught.value.retry_at - datetime.now(UTC)).total_seconds() <= 120


async def test_a_redirect_is_followed_and_the_page_has_its_last_address(site: Site, fetcher: Fetcher) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/live":
            return web.Response(status=302, headers={"Location": "/moved"})
        return web.Response(text="here")

    site.handler = answer
    page = await fetcher.fetch(site.url)
    assert isinstance(page, Page)
    assert page.url.endswith("/moved")


async def test_endless_redirects_end(site: Site, fetcher: Fetcher) -> None:
    site.handler = status(302, Location="/again")
    with pytest.raises(FetchFailed, match="redirects more than"):
        await fetcher.fetch(site.url)


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:8080/",
        "http://localhost:1/",
        "http://0.0.0.0/",
        "file:///etc/passwd",
        "ftp://example.org/",
    ],
)
async def test_a_redirect_into_a_private_network_or_another_scheme_is_refused(
    site: Site, fetcher: Fetcher, target: str
) -> None:
    site.handler = status(302, Location=target)
    with pytest.raises(FetchFailed, match=r"private network|not a web address"):
        await fetcher.fetch(site.url)


async def test_names_that_a_page_chose_resolve_to_public_addresses_only() -> None:
    with pytest.raises(OSError, match="private network"):
        await PublicOnly().resolve("localhost", 80)


async def test_an_address_that_a_page_named_is_as_guarded_as_a_redirect(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(FetchFailed, match="private network"):
        await fetcher.fetch(site.url, home="https://blog.example/live")


async def test_a_body_that_is_too_large_is_not_read_to_its_end(site: Site, fetcher: Fetcher) -> None:
    site.handler = plain("x" * 300_000)
    with pytest.raises(FetchFailed, match="larger than"):
        await fetcher.fetch(site.url)


async def test_a_gzip_bomb_is_stopped_before_it_is_large(site: Site, fetcher: Fetcher) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    site.handler = answer
    with pytest.raises(FetchFailed, match="larger than"):
        await fetcher.fetch(site.url)


async def test_an_answer_that_is_cut_off_is_a_failure_and_no_shorter_page(site: Site, fetcher: Fetcher) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    site.handler = answer
    with pytest.raises(FetchFailed, match=r"cut off|broke"):
        await fetcher.fetch(site.url)


async def test_a_server_that_drips_is_given_up(site: Site) -> None:
    hasty = Fetcher(total_seconds=0.2)
    await hasty.open()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.wait_for(asyncio.Event().wait(), 5)
        return response

    site.handler = answer
    with pytest.raises(FetchFailed, match="did not answer within"):
        await hasty.fetch(site.url)
    await hasty.close()


async def test_nobody_listening_is_one_clear_line(fetcher: Fetcher) -> None:
    with pytest.raises(FetchFailed, match="no connection"):
        await fetcher.fetch("http://127.0.0.1:9/live")


async def test_cadence_hints_are_kept(site: Site, fetcher: Fetcher) -> None:
    site.handler = plain("hello", **{"Cache-Control": "public, max-age=45"})
    page = await fetcher.fetch(site.url)
    assert isinstance(page, Page)
    assert page.max_age == 45


NOW = datetime(2024, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "at"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("60", datetime(2024, 5, 4, 12, 1, tzinfo=UTC)),
        ("Sat, 04 May 2024 12:05:00 GMT", datetime(2024, 5, 4, 12, 5, tzinfo=UTC)),
        ("999999999", datetime(2024, 5, 5, 12, 0, tzinfo=UTC)),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, at: datetime | None) -> None:
    assert retry_at(header, NOW) == at


def test_a_file_that_does_not_exist_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="no such file"):
        read_file(tmp_path / "none.html")
