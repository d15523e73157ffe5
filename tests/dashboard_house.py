"""The dashboard as it runs: the web side on a port of its own, over a real store, sender and the local Telegram."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp

from bot.core.standing import Alarm, Kind
from bot.counting import Counting
from bot.fetch import Fetcher
from bot.web import Side, Web
from storage import Store
from tests.newsroom import post
from tests.telegram_house import ANN, BEN, TWO_BLOGS, TelegramHouse, telegram_house

WEB = '\n[web]\nlisten = "127.0.0.1:0"\n'
HOSTILE = """<script>alert("boo")</script><img src=x onerror=alert(1)>"""


@dataclass
class Seen:
    """A dashboard, and a visitor with cookies who has opened no page yet."""

    house: TelegramHouse
    web: Web
    visitor: aiohttp.ClientSession
    url: str

    async def get(self, path: str = "", **how: Any) -> str:
        status, text = await self.answer(path, **how)
        assert status == 200, (status, text[:300])
        return text

    async def answer(self, path: str = "", **how: Any) -> tuple[int, str]:
        async with self.visitor.get(f"{self.url}{path}", allow_redirects=False, **how) as answer:
            return answer.status, await answer.text()

    async def send(self, path: str, *, page: str = "", headers: Mapping[str, str] | None = None, **fields: str) -> str:
        """Fill in a form of a page and follow where it leads, through the page that asks whether one is sure; what is
        said then."""
        text = await self.press(path, page=page, headers=headers, **fields)
        if 'name="sure"' in text:
            text = await self.press(path, page=page, headers=headers, **hidden_in(text))
        return said_in(text)

    async def press(self, path: str, *, page: str = "", headers: Mapping[str, str] | None = None, **fields: str) -> str:
        """The page that a form leads to."""
        token = token_in(await self.get(page))
        said = {"Origin": self.url.rstrip("/")} if headers is None else headers
        form = {**fields, "token": token}
        async with self.visitor.post(f"{self.url}{path}", data=form, headers=said) as answer:
            return await answer.text()

    async def count(self) -> None:
        await Counting(store=self.house.room.store, vitals=self.house.house.vitals).count()

    async def audit(self) -> list[tuple[str, int | None, str | None, str]]:
        acts = [act for some in [acts async for acts in self.house.room.store.every_act()] for act in some]
        return [(act.act, act.person, act.blog, act.words) for act in acts]


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert found is not None, page[:500]
    return found[1]


def hidden_in(page: str) -> dict[str, str]:
    """What the forms of a page carry."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def said_in(page: str) -> str:
    """What the page says was done: in words."""
    found = re.search(r'<div class="said.*?</div></div>', page, re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]+>", " ", found[0])).split()) if found else ""


def words_of(page: str) -> str:
    """What people read."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


@contextlib.asynccontextmanager
async def dashboard(
    folder: Path, file: str = TWO_BLOGS, *, web: str = WEB, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Seen]:
    async with telegram_house(folder, file + web) as house:
        ours = Side(house=house.house, told=_nothing, hand=_nothing)
        side = Web([ours], settings=house.house.settings, fetcher=Fetcher(), environ=environ or {})
        assert side.server is not None
        running = asyncio.create_task(side.run())
        await side.server.listening.wait()
        assert side.server.address is not None
        url = f"http://127.0.0.1:{side.server.address[1]}/"
        try:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
                yield Seen(house, side, visitor, url)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _nothing(*_: object, **__: object) -> Any:
    raise AssertionError("nobody tells us anything here")


# --- something to look at ------------------------------------------------------------------------------------------

MANY_BLOGS = TWO_BLOGS + "".join(
    f"""
[[blogs]]
id = "{id_}"
title = "{title}"
url = "https://blog.example/{id_}"
schedule = {{ every = "30s" }}
"""
    for id_, title in {
        "budget": "Budget day: the chancellor speaks",
        "marathon": "Harbour marathon, kilometre by kilometre",
        "strike": "Rail strike: which trains run",
        "volcano": "The volcano above Old Town",
        "cup": "Lantern Cup final",
        "heat": "Heat wave: what to know",
    }.items()
)


async def a_day(seen: Seen) -> None:
    """A relay that has run for a day: readers, posts, a push, alarms, refusals, and what was measured."""
    store, now = seen.house.room.store, time.time()
    for number in range(60):
        met = await store.meet(
            bot="main", telegram_id=7000 + number, kind="private", title=None, language=None, now=now
        )
        for blog in ("storm", "election", "cup")[: 1 + number % 3]:
            await store.subscribe(chat=met.id, thread=0, blog=blog, topics=(), now=now)
        await store.close_chat(met.id, "blocked", now)
    await seen.house.room.follow(ANN, BEN)
    await store.in_file([(blog.id, blog.title or None, None) for blog in seen.house.settings.blogs], now)
    await _polls(seen, now)
    await seen.house.room.publish(
        post("a", "The harbour wall holds, for now.", title="Waves over the quay", key_event=True),
        post("b", "Ferries stay in port until noon.", title="No ferries this morning"),
    )
    await seen.house.room.push("The harbour is closed. Stay away from the quay until noon.")
    await seen.house.room.quiet()
    await _alarms(store, now)
    await _measured(seen, now)
    await seen.count()
    async with asyncio.timeout(60):
        while "being counted" in await seen.get():  # noqa: ASYNC110 it is counted aside
            await asyncio.sleep(0.05)


async def _polls(seen: Seen, now: float) -> None:
    store = seen.house.room.store
    await store.polled("volcano", now - 20, "blog.example did not answer within 20 seconds")
    await store.polled("volcano", now - 10, "blog.example did not answer within 20 seconds")
    for number, blog in enumerate(("storm", "election", "budget", "marathon", "strike", "cup", "heat")):
        await store.polled(blog, now - 3 * number, None)
    await store.hold("strike", now - 900)


async def _alarms(store: Store, now: float) -> None:
    stand = "cannot be polled: blog.example did not answer within 20 seconds; it is asked again"
    for kind, about, text, since, ended in (
        (Kind.FAILING, "volcano", stand, now - 1500, None),
        (Kind.FAILING, "cup", "could not be polled: 503 Service Unavailable", now - 9000, now - 8200),
        (Kind.FLOODS, "", "Telegram answered 429 twelve times in ten minutes", now - 30_000, now - 28_000),
    ):
        alarm = await store.begin_alarm(
            Alarm(kind=kind, about=about, subject=about or "Telegram", text=text, since=since)
        )
        if ended is not None:
            await store.end_alarm(alarm, None, ended)


async def _measured(seen: Seen, now: float) -> None:
    """The tide of a day: few readers at night, bursts when something happens."""
    store = seen.house.room.store
    for minute in range(0, 24 * 60, 2):
        at = now // 60 * 60 - (24 * 60 - minute) * 60
        tide = 0.5 - 0.5 * math.cos(2 * math.pi * minute / 1440)
        burst = max(0.0, math.sin(minute / 37.0)) ** 8
        await store.keep_samples(
            at,
            {
                "delivered": round(1400 * tide * (0.25 + 0.75 * burst) + 40 * (minute % 7)),
                "floods": 3.0 if 700 < minute < 712 else 0.0,
                "subscriptions": 9200 + minute * 1.7 + 60 * burst,
                "chats": 8000 + minute,
                "queue": round(2600 * burst * tide),
                "latency_p50": 0.4 + 3 * burst * tide,
                "latency_p99": 1.3 + 40 * burst * tide,
                "polls": 24.0,
                "failures": 2.0 if minute > 1400 else 0.0,
            },
        )
