"""Whatever pages, people, Telegram and addresses say is text on every page of the dashboard: nothing of it runs, in a
real browser. Skipped where there is no Chromium.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.core.standing import Alarm, Kind
from bot.demo.telegram import Fault
from config.mistakes import BadSettings, Mistake
from tests.dashboard_house import Seen, dashboard
from tests.newsroom import post
from tests.telegram_house import ANN, BEN, GROUP, TWO_BLOGS
from tests.test_dashboard_browser import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here; CHROMIUM may name one"),
    pytest.mark.asyncio(loop_scope="module"),
]
expect.set_options(timeout=60_000)
SCRIPT = "<script>hit(1)</script>"
EVIL = (
    f"""Zq'"></title></textarea>--><!--token-->{SCRIPT}<img src=x onerror=hit(2)><svg onload=hit(3)>{{{{7*7}}}}\u202e"""
)
IN_FILE = EVIL.replace("\u202e", "").replace("\\", "\\\\").replace('"', '\\"')
FILE = (
    TWO_BLOGS.replace("Storm over the harbour", IN_FILE)
    .replace('title = "Ferries"', f'title = "{IN_FILE}"')
    .replace("The Harbour Post", IN_FILE)
)
WATCH = """
    window.hits = [];
    window.hit = (number) => window.hits.push(`script ${number}`);
    document.addEventListener("securitypolicyviolation", (event) => window.hits.push(event.violatedDirective));
"""


@dataclass
class Looking:
    seen: Seen
    browser: Browser
    wrongs: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def at(self, path: str) -> AsyncIterator[Page]:
        """A page, and afterwards what happened on it that should not have."""
        context = await self.browser.new_context()
        page = await context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.wrongs.append(str(error)))
        page.on("dialog", lambda dialog: self.wrongs.append(dialog.message))
        page.on("request", lambda asked: self.wrongs.extend([asked.url] * (not asked.url.startswith(self.seen.url))))
        await page.add_init_script(WATCH)
        await page.goto(f"{self.seen.url}{path}", wait_until="load")
        yield page
        self.wrongs += await page.evaluate("window.hits")
        self.wrongs += await page.evaluate("[...document.querySelectorAll('img, [onload], [onerror]')].map(String)")
        assert await page.locator("text=Zq49").count() == 0
        await context.close()
        assert self.wrongs == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def looking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Looking]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    async with dashboard(folder, FILE) as seen, async_playwright() as playwright:
        await _everybody_means_harm(seen)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield Looking(seen, browser)
        await browser.close()


async def _everybody_means_harm(seen: Seen) -> None:
    room, now = seen.house.room, time.time()
    room.telegram.chats[GROUP].title = EVIL
    await seen.house.ask(ANN, "/subscribe storm", GROUP)
    await room.follow(ANN, BEN)
    await room.publish(replace(post(EVIL, EVIL), title=EVIL, authors=(EVIL,), tags=(EVIL,), url="javascript:hit(4)"))
    await room.publish(replace(post("b", EVIL), title=None, url=f"https://blog.example/{EVIL}"))
    room.telegram.fail(chat=BEN, error=Fault.refuse(400, f"Bad Request: {EVIL}"))
    await room.push(EVIL)
    await room.quiet()
    await room.store.in_file([("storm", None, None), ("election", None, None)], now)
    await room.store.polled("election", now, EVIL)
    for about, ended in (("storm", None), (EVIL, None), ("", now)):
        alarm = Alarm(kind=Kind.PAGE, about=about, subject=EVIL, text=EVIL, since=now)
        alarm_ = await room.store.begin_alarm(alarm)
        if ended:
            await room.store.end_alarm(alarm_, EVIL, ended)
    await seen.count()


PLACES = {
    "": "#blogs",
    f"?q={quote(EVIL)}&page={quote(EVIL)}&range={quote(EVIL)}": "#q",
    "blogs/storm": "#title",
    "blogs/election": "#title",
    "pushes": "#part-pushes",
    "alarms": "#part-alarms",
    f"why?post={quote(EVIL)}": "#post",
}


@pytest.mark.parametrize("path", PLACES)
async def test_what_anybody_says_is_text_on_the_page(looking: Looking, path: str) -> None:
    async with looking.at(path) as page:
        where = page.locator(PLACES[path])
        shown = (
            await where.input_value() if PLACES[path] in ("#q", "#post") else await page.locator("main").inner_text()
        )
        assert "<script>hit(1)" in shown
        if path != f"why?post={quote(EVIL)}":
            await expect(page.locator("#live")).to_have_text("live")


async def test_what_was_done_and_answered_is_said_as_text(looking: Looking) -> None:
    looking.seen.house.changes = BadSettings([Mistake(key=EVIL, line=1, text=EVIL)], None)
    async with looking.at("") as page:
        await expect(page.locator("#live")).to_have_text("live")
        await page.get_by_role("button", name="Reload the file").click()
        await expect(page.locator("#said")).to_contain_text(SCRIPT)
    async with looking.at("blogs/storm") as page:
        await expect(page.locator("#live")).to_have_text("live")  # before that it asks on a page of its own
        await page.evaluate("window.confirm = () => true")
        await page.get_by_role("button", name="Hold this blog").click()
        await expect(page.locator("#said")).to_contain_text(SCRIPT)
    async with looking.at("why") as page:
        await page.fill("#post", EVIL[:100])
        await page.fill("#chat", EVIL)
        await page.get_by_role("button", name="Ask").click()
        await expect(page.locator("#answer")).to_have_text("Not found")
    async with looking.at("why") as page:
        await page.fill("#post", "1")
        await page.fill("#chat", str(ANN))
        await page.get_by_role("button", name="Ask").click()
        await expect(page.locator("main")).to_contain_text(SCRIPT)


async def test_what_changes_while_one_looks_is_text_as_well(looking: Looking) -> None:
    async with looking.at("") as page:
        await expect(page.locator("#live")).to_have_text("live")
        await looking.seen.house.room.store.polled(
            "storm", time.time(), f"late\r\n\u2028data: {EVIL}\n\nevent: verdict\ndata: {SCRIPT}"
        )
        await expect(page.locator("#row-storm .trouble")).to_contain_text(SCRIPT)
        assert SCRIPT not in await page.locator("#verdict").inner_text()
        await looking.seen.house.room.store.polled("storm", time.time(), None)


async def test_an_address_that_is_not_there_is_not_repeated_as_mark_up(looking: Looking) -> None:
    async with looking.at(f"blogs/{quote(SCRIPT.replace('/', ''), safe='')}") as page:
        await expect(page.locator("main")).to_contain_text("No live blog of the file has this id.")
    for path in (
        quote(EVIL, safe=""),
        f"static/{quote(EVIL, safe='')}/x.js",
        f"static/x/{quote('../../guard.py', safe='')}",
    ):
        async with looking.at(path) as page:
            assert await page.locator("body").inner_text() == "Not Found"
