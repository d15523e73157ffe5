"""Conditional GET → `Page`, or nothing new. Bounded in time, in bytes and in redirects, whatever the server does.

Conditional requests follow RFC 9110 §13, Retry-After its §10.2.3. An address written in the configuration may be
private; a redirect into a private network is refused: a page must not choose whom we speak to behind a firewall.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import ContentEncodingError

from bot.core.model import Page
from bot.core.publishing import Validators
from bot.resolving import PublicOnly, Steady, is_private
from bot.version import VERSION

TOTAL_SECONDS = 30.0
CONNECT_SECONDS = 10.0
LARGEST_BODY = 12 * 1024 * 1024  # bytes after decompression; the largest live blog captured has 2.4 million
MOST_REDIRECTS = 5
SURELY_BEFORE = timedelta(seconds=2)  # the answer, and what changes after it has another second
_UNPACKED = ("", "identity", "gzip", "x-gzip", "deflate")  # while it comes; of layers and other kinds nothing is asked
AGENT = f"LiveblogRelay/{VERSION} (relays live blogs to their readers)"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
ACCEPT = "text/html, application/ld+json, application/feed+json, application/atom+xml, application/rss+xml, */*;q=0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The page is as it was when it was last accepted."""

    max_age: int | None = None
    retry_at: datetime | None = None


class FetchFailed(Exception):
    """No page; the text says why, in a few words. `lasting`: asking again soon will not help (a 404, say)."""

    def __init__(self, why: str, *, status: int | None = None, retry_at: datetime | None = None, lasting: bool = False):
        super().__init__(why)
        self.status, self.retry_at, self.lasting = status, retry_at, lasting


class Fetcher:
    """Fetches pages; `open()` first, `close()` last."""

    def __init__(
        self, *, agent: str = AGENT, total_seconds: float = TOTAL_SECONDS, largest: int = LARGEST_BODY
    ) -> None:
        self._headers = {"User-Agent": agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"}
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, sock_connect=CONNECT_SECONDS)
        self._largest = largest
        self._trusting: aiohttp.ClientSession | None = None
        self._guarded: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._trusting = self._session(Steady())
        self._guarded = self._session(PublicOnly())

    def _session(self, resolver: AbstractResolver) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=100, limit_per_host=4, resolver=resolver)
        return aiohttp.ClientSession(
            connector=connector, headers=self._headers, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def close(self) -> None:
        for session in (self._trusting, self._guarded):
            if session is not None:
                await session.close()

    async def fetch(
        self,
        url: str,
        known: Validators | None = None,
        *,
        home: str | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Page | NotModified:
        """The page at `url`, or NotModified where the server or the body itself says so. FetchFailed otherwise.

        `home` is the address that the admin wrote, where `url` came from elsewhere (a page that moved). `headers` are
        those that an API wants beside the usual ones.
        """
        with self._told():
            async with asyncio.timeout(self._timeout.total):
                return await self._follow(url, urlsplit(home or url).hostname, known or Validators(), headers)

    async def post(self, url: str, form: Mapping[str, str], *, home: str) -> None:
        """Ask a hub for something, at an address that a page chose: guarded like those. FetchFailed unless it does.

        307 and 308 are followed, as WebSub 5.1 asks of subscribers.
        """
        with self._told():
            async with asyncio.timeout(self._timeout.total):
                await self._hand_over(url, form, urlsplit(home).hostname)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Everything that a connection may go through, as one FetchFailed in a few words."""
        try:
            yield
        except TimeoutError:
            raise FetchFailed(f"did not answer within {self._timeout.total:.0f} s") from None
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
            raise _broken_off(error) from None
        except aiohttp.ClientConnectorError as error:
            raise FetchFailed(f"no connection: {_reason(error.os_error)}") from None
        except aiohttp.InvalidURL:
            raise FetchFailed("is not a web address", lasting=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(f"the connection broke: {type(error).__name__}") from None

    async def _follow(
        self, address: str, trusted: str | None, known: Validators, headers: Mapping[str, str]
    ) -> Page | NotModified:
        for _ in range(MOST_REDIRECTS + 1):
            session = self._session_for(address, trusted)
            async with session.get(address, headers={**headers, **_conditions(known)}, allow_redirects=False) as answer:
                if answer.status not in (301, 302, 303, 307, 308):
                    return await self._page(answer, known)
                address = _target(answer, address)
        raise FetchFailed(f"redirects more than {MOST_REDIRECTS} times", lasting=True)

    async def _hand_over(self, address: str, form: Mapping[str, str], trusted: str | None) -> None:
        for _ in range(MOST_REDIRECTS + 1):
            session = self._session_for(address, trusted)
            async with session.post(address, data=form, allow_redirects=False) as answer:
                if answer.status not in (307, 308):
                    if not 200 <= answer.status < 300:
                        raise _refused(answer)
                    return
                address = _target(answer, address)
        raise FetchFailed(f"redirects more than {MOST_REDIRECTS} times", lasting=True)

    def _session_for(self, address: str, trusted: str | None) -> aiohttp.ClientSession:
        """Only the host that the admin wrote down may be a private one."""
        own = urlsplit(address).hostname == trusted
        session = self._trusting if own else self._guarded
        assert session is not None, "open() comes first"
        if not own and is_private(address):
            raise FetchFailed(f"leads into a private network ({urlsplit(address).hostname})", lasting=True)
        return session

    async def _page(self, answer: aiohttp.ClientResponse, known: Validators) -> Page | NotModified:
        max_age, later = _max_age(answer), retry_at(answer.headers.get("Retry-After"), datetime.now(UTC))
        if answer.status == 304 and _conditions(known):
            return NotModified(max_age=max_age, retry_at=later)
        if answer.status != 200:
            raise _refused(answer)
        if answer.headers.get("Content-Encoding", "identity").strip().lower() not in _UNPACKED:
            raise _packed()
        page = Page(
            url=str(answer.url),
            body=await self._body(answer),
            content_type=answer.headers.get("Content-Type"),
            etag=answer.headers.get("ETag"),
            last_modified=_last_modified(answer),
            max_age=max_age,
            retry_at=later,
            links=tuple(answer.headers.getall("Link", ())),
            fetched_at=datetime.now(UTC),
        )
        if known.body_hash == body_hash(page.body) and (_conditions(known) or not _conditions(validators_of(page))):
            return NotModified(max_age=max_age, retry_at=later)
        return page

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        """All of it, decompressed as it comes, so that a small bomb is stopped before it is a large one."""
        body = bytearray()
        async for piece in answer.content.iter_chunked(65536):
            body += piece
            if len(body) > self._largest:
                raise FetchFailed(f"is larger than {self._largest // 1024 // 1024} MB", lasting=True)
        return bytes(body)


def validators_of(page: Page) -> Validators:
    """What makes the next request for this page conditional."""
    return Validators(etag=page.etag, last_modified=page.last_modified, body_hash=body_hash(page.body))


def body_hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


_LIKE_AN_ADDRESS = re.compile(r"www\.|[a-z]{2,}:/|[\w-]+(\.[\w-]+)+/", re.IGNORECASE)


def read_file(path: Path) -> Page:
    """A saved page. FetchFailed where it cannot be read."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        meant = "; an address begins with https:// or http://" if _LIKE_AN_ADDRESS.match(str(path)) else ""
        raise FetchFailed(f"there is no such file{meant}", lasting=True) from None
    except OSError as error:
        raise FetchFailed(f"cannot be read: {error.strerror}", lasting=True) from None
    return Page(url=path.absolute().as_uri(), body=body, fetched_at=datetime.now(UTC))


def _broken_off(error: aiohttp.ClientPayloadError | aiohttp.ClientResponseError) -> FetchFailed:
    """What the client says of a body, or of an answer that is no HTTP."""
    if isinstance(error.__cause__, ContentEncodingError) or "content-encoding" in str(error).lower():
        return _packed()
    if isinstance(error, aiohttp.ClientPayloadError):
        return FetchFailed("the answer was cut off on the way")
    return FetchFailed("the connection broke: what came is no HTTP")


def _packed() -> FetchFailed:
    return FetchFailed("comes packed in a way that nobody asked for", lasting=True)


def _target(answer: aiohttp.ClientResponse, address: str) -> str:
    target = urljoin(address, answer.headers.get("Location", ""))
    if urlsplit(target).scheme not in ("http", "https") or not urlsplit(target).hostname:
        raise FetchFailed("redirects to something that is not a web address", lasting=True)
    return target


def _conditions(known: Validators) -> dict[str, str]:
    conditions = {}
    if known.etag:
        conditions["If-None-Match"] = known.etag
    if known.last_modified:
        conditions["If-Modified-Since"] = known.last_modified
    return conditions


def _last_modified(answer: aiohttp.ClientResponse) -> str | None:
    """The date, where a change after this answer has another one: it counts whole seconds, and what changed in the very
    second of the answer may do so again in it (RFC 9110, 8.8.2.2)."""
    said = answer.headers.get("Last-Modified")
    try:
        age = parsedate_to_datetime(answer.headers["Date"]) - parsedate_to_datetime(said or "")
    except (KeyError, TypeError, ValueError, OverflowError):
        return said  # whatever it is, the server has it back
    return said if age >= SURELY_BEFORE else None


def _refused(answer: aiohttp.ClientResponse) -> FetchFailed:
    lasting = 400 <= answer.status < 500 and answer.status not in (408, 425, 429)
    return FetchFailed(
        f"answers {answer.status} {answer.reason or ''}".rstrip(),
        status=answer.status,
        retry_at=retry_at(answer.headers.get("Retry-After"), datetime.now(UTC)),
        lasting=lasting,
    )


def retry_at(header: str | None, now: datetime) -> datetime | None:
    """Retry-After as a moment: seconds or an HTTP date; None where it says nothing we understand."""
    if not header:
        return None
    if header.strip().isdigit():
        return datetime.fromtimestamp(now.timestamp() + min(int(header), 86_400), UTC)
    try:
        found = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)  # "-0000" says that the zone is not known


def _max_age(answer: aiohttp.ClientResponse) -> int | None:
    found = re.search(r"(?:^|[\s,])max-age=(\d{1,9})", answer.headers.get("Cache-Control", ""))
    return int(found[1]) if found else None


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
