"""The pictures of docs/pictures.md, out of the demo: `python -m tests.picturing`. Needs Chromium."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, async_playwright

from tests.test_dashboard_browser import CHROMIUM, FLAGS

DOCS = Path(__file__).parents[1] / "docs"
UNFOLDED = 75.0  # seconds of the demo: there were corrections, a withdrawal and a push by then
SETTLED = 2.0  # seconds, for pictures in the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Where it is kept, of which of the two pages and where in it, and how large the window is."""

    name: str
    of: Literal["chats", "dashboard"]
    path: str = ""
    width: int = 1200
    height: int = 760
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture(name="demo.png", of="chats", width=960, height=600),
    Picture(name="dashboard.png", of="dashboard", height=900),
    Picture(name="dashboard-blog.png", of="dashboard", path="blogs/harbour"),
    Picture(name="dashboard-phone.png", of="dashboard", width=400, height=800, scheme="dark"),
)


@contextlib.asynccontextmanager
async def demo() -> AsyncIterator[dict[str, str]]:
    """The demo in a process of its own, and the addresses that it says."""
    words = [sys.executable, "-m", "bot", "demo", "--port", "0"]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        said = ""
        while len(found := re.findall(r"http://\S+", said)) < 2:
            said += (await process.stdout.readline()).decode()
        yield {"chats": found[0], "dashboard": found[1]}
    finally:
        process.terminate()
        await process.wait()


async def take(browser: Browser, picture: Picture, addresses: dict[str, str], folder: Path) -> Path:
    """One picture, without what moves."""
    size = {"width": picture.width, "height": picture.height}
    context = await browser.new_context(viewport=size, color_scheme=picture.scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(addresses[picture.of] + picture.path)
    await asyncio.sleep(SETTLED)
    path = folder / picture.name
    await page.screenshot(path=path, animations="disabled")
    await context.close()
    return path


async def main() -> None:
    async with demo() as addresses, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        await asyncio.sleep(UNFOLDED)
        for picture in PICTURES:
            path = await take(browser, picture, addresses, DOCS)
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
