"""Pages that mean harm, and a road on which they come: what they are answered with is the test's to say."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.fetch import Fetcher
from bot.poller import Poller
from bot.reading import Reading
from tests.alarming import alarms_into
from tests.newsroom import Newsroom, newsroom
from tests.pages import blog, html, update
from tests.publisher import Publisher

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
LIVE = html(blog(update(2), update(1)))


def sent(body: bytes, *headers: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> Answer:
    """An answer as it stands."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        await writer.drain()

    return answer


def dripping(before: bytes) -> Answer:
    """The beginning of an answer, and then a byte now and then without end."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    return answer


async def silent(writer: asyncio.StreamWriter) -> None:
    """Not a byte."""
    await asyncio.Event().wait()


def redirected(to: str) -> Answer:
    return sent(b"", f"Location: {to}", status="302 Found")


class Host:
    """A server that answers every request with `answer`, byte for byte."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.asked = answer, 0
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/live"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for one in self._serving:
            one.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The work goes into a task of our own: the server's would end with noise where it is cancelled."""
        one = asyncio.create_task(self._say(reader, writer))
        self._serving.add(one)
        one.add_done_callback(self._serving.discard)

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                await self.answer(writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


FILE = """
[access]
admins = [1001]
[[blogs]]
id = "storm"
url = "{storm}"
[[blogs]]
id = "calm"
title = "Calm"
url = "{calm}"
"""


@dataclass
class Harbour:
    """A hostile blog called storm and a quiet one called calm, polled by one relay, both followed by one reader."""

    host: Host
    calm: Publisher
    room: Newsroom
    poller: Poller
    reading: Reading

    async def meets(self, answer: Answer, times: int = 1) -> str:
        """Storm answers so, while calm has something new; what the admins are told."""
        self.host.answer = answer
        for _ in range(times):
            number = len(self.calm.posts)
            self.calm.publish(f"calm{number}")
            told = len(self.room.reports)
            bad = asyncio.create_task(self.poller.poll_now("storm"))
            await self.poller.poll_now("calm")
            await self.room.telegram.until(lambda: f"About calm{number}" in self.said("About calm"), seconds=30)  # noqa: B023
            await bad
        return "\n".join(self.room.reports[told:])

    def said(self, beginning: str = "") -> list[str]:
        """The first lines of what stands in the reader's chat."""
        lines = [text.split("\n")[0] for text in self.room.screen(2001)]
        return [line for line in lines if line.startswith(beginning)]

    async def recovers(self) -> None:
        """Storm is a live blog again, with a post more, which arrives."""
        self.host.answer = sent(html(blog(update(3), update(2), update(1))).encode())
        await self.poller.poll_now("storm")
        await self.room.telegram.until(lambda: self.said("Headline") == ["Headline 3"], seconds=30)


@contextlib.asynccontextmanager
async def harbour(folder: Path, *, seconds: float = 20.0, most_cpu: int = 5) -> AsyncIterator[Harbour]:
    """`seconds` is how long a fetch may take, `most_cpu` how long a reading may compute."""
    async with Host(sent(LIVE.encode())) as host, Publisher() as calm:
        calm.publish("calm0")
        async with newsroom(folder, file=FILE.format(storm=host.url, calm=calm.url), baseline=False) as room:
            fetcher, reading = Fetcher(total_seconds=seconds), Reading(most_cpu=most_cpu)
            poller = Poller(
                store=room.store,
                desk=room.desk,
                fetcher=fetcher,
                reading=reading,
                settings=lambda: room.settings,
                alarms=alarms_into(room.reports, room.store),
                vitals=room.vitals,
            )
            await fetcher.open()
            await room.store.in_file([("storm", None, None), ("calm", "Calm", None)], room.clock())
            await _follow(room)
            for name in ("storm", "calm"):
                await poller.poll_now(name)
            try:
                yield Harbour(host, calm, room, poller, reading)
            finally:
                reading.close()
                await fetcher.close()


async def _follow(room: Newsroom) -> None:
    await room.follow(2001)
    chat = await room.store.meet(
        bot="main", telegram_id=2001, kind="private", title=None, language="en", now=room.clock()
    )
    await room.store.subscribe(chat=chat.id, thread=0, blog="calm", topics=(), now=room.clock())


# --- on the road ---------------------------------------------------------------------------------------------------

_ZEROS = bytes(40_000_000)
MEMBER = gzip.compress(bytes(1_000_000))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


ON_THE_ROAD: dict[str, tuple[Answer, str]] = {
    "thirteen megabytes": (sent(b"<p>" * 4_500_000), "is larger than 12 MB"),
    "a gzip bomb": (sent(gzip.compress(_ZEROS), "Content-Encoding: gzip"), "is larger than 12 MB"),
    "a deflate bomb": (sent(zlib.compress(_ZEROS), "Content-Encoding: deflate"), "is larger than 12 MB"),
    "a raw deflate bomb": (sent(_raw_deflate(_ZEROS), "Content-Encoding: deflate"), "is larger than 12 MB"),
    "a gzip bomb of many members": (sent(MEMBER * 60, "Content-Encoding: gzip"), "is larger than 12 MB"),
    "a gzip bomb in a gzip bomb": (
        sent(gzip.compress(gzip.compress(_ZEROS)), "Content-Encoding: gzip, gzip"),
        "packed in a way that nobody asked for",
    ),
    "brotli": (sent(b"\xcb\xff\xff", "Content-Encoding: br"), "packed in a way that nobody asked for"),
    "zstd": (sent(b"\x28\xb5\x2f\xfd\x00", "Content-Encoding: zstd"), "packed in a way that nobody asked for"),
    "gzip that is none": (sent(b"<p>no gzip", "Content-Encoding: gzip"), "packed in a way that nobody asked for"),
    "a redirect to itself": (redirected("/live"), "redirects more than 5 times"),
    "a redirect into a private network": (redirected("http://10.0.0.1/"), "private network"),
    "a redirect to another scheme": (redirected("file:///etc/passwd"), "not a web address"),
    "a redirect to nowhere": (redirected(""), "redirects more than 5 times"),
    "a header without end": (sent(b"", "X: " + "x" * 100_000), "the connection broke"),
    "no HTTP at all": (dripping(b"\x00\x01\x02\r\n\r\n"), "the connection broke"),
    "a negative length": (sent(b"x", "Content-Length: -1"), "the connection broke"),
}
SLOWLY: dict[str, Answer] = {
    "headers": dripping(b"HTTP/1.1 200 OK\r\nX: "),
    "a body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n<p>"),
    "silence": silent,
}

# --- in the page ---------------------------------------------------------------------------------------------------

_DTD = '<?xml version="1.0"?><!DOCTYPE rss [{}]>'
_ITEM = "<rss version='2.0'><channel><title>Storm</title><item><guid>1</guid><title>{}</title></item></channel></rss>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


def _page(inner: str) -> bytes:
    return f"<!DOCTYPE html><html><body>{inner}".encode()


def _posts(count: int) -> str:
    posts = ",".join(f'{{"@type":"BlogPosting","@id":"p{at}","headline":"H{at}"}}' for at in range(count))
    return f'{{"@type":"LiveBlogPosting","liveBlogUpdate":[{posts}]}}'


IN_THE_PAGE: dict[str, bytes] = {
    "a hundred thousand posts": _posts(100_000).encode(),
    "ten megabytes of nothing": _page("<p>x" * 2_500_000),
    "ten megabytes of letters": b"x" * 10_000_000,
    "a billion laughs": (_DTD.format('<!ENTITY l0 "lol">' + LAUGHS) + _ITEM.format("&l11;")).encode(),
    "a quadratic entity": (_DTD.format(f'<!ENTITY a "{"x" * 100_000}">') + _ITEM.format("&a;" * 30_000)).encode(),
    "blocks in blocks": _page("<div>" * 500_000),
    "words in words": _page("<amp-live-list>" + "<span>" * 500_000),
    "bold that is never closed": _page("<amp-live-list>" + "".join(f"<p><b id={n}>x" for n in range(100_000))),
    "bold that is opened anew in every paragraph": _page(
        "<amp-live-list><p>" + "".join(f"<b id={n}>" for n in range(16)) + "</p>" + "<p>x</p>" * 1_200_000
    ),
    "lists in lists in an amp-live-list": _page('<amp-live-list><b items><b id="p-1">x' * 50_000),
    "a million attributes": _page("<amp-live-list " + " ".join(f"a{n}" for n in range(1_000_000)) + ">"),
    "paragraphs that were never opened": _page("<amp-live-list>" + "<a-b>" * 400_000 + "</p>" * 400_000),
    "scripts without end": _page('<script type="application/ld+json">{"@type":"LiveBlogPosting"' * 100_000),
    "comments without end": _page("<!--" * 2_000_000 + '<script type="application/ld+json">'),
    "deep JSON": b'{"@type":"LiveBlogPosting","liveBlogUpdate":' + b"[" * 1_000_000,
    "deep JSON in a script": _page('<script type="application/ld+json">' + '{"a":' * 500_000 + "</script>"),
    "a number of a million digits": b'{"@type":"LiveBlogPosting","liveBlogUpdate":[{"@id":' + b"9" * 1_000_000 + b"}]}",
    "angle brackets": b"<" * 5_000_000,
    "ampersands": _page("&" * 5_000_000),
    "UTF-16 without a mark": LIVE.encode("utf-16-le") * 10,
    "nothing but NULs": bytes(5_000_000),
    "overlong UTF-8": b"\xc0\xbc\xc1\xa1" * 1_000_000,
    "a doctype without end": b"<!DOCTYPE rss [" + b"<!ENTITY a 'b'>" * 300_000,
    "JSON in JSON in JSON": json.dumps(json.dumps(json.dumps("x" * 1_000_000))).encode(),
}
"""What is no live blog, or none that could be read, and must cost little and be told."""

READABLE: dict[str, bytes] = {
    "one post of ten megabytes": html(blog(update(9, articleBody="word " * 2_000_000), update(2), update(1))).encode(),
    "one word of ten megabytes": html(blog(update(9, articleBody="x" * 10_000_000), update(2), update(1))).encode(),
    "a headline of a megabyte": html(blog(update(9, headline="x" * 1_000_000), update(2), update(1))).encode(),
}
"""What can be read, and must be sent as Telegram takes it."""
