"""The file of rssbot (https://github.com/iovxw/rssbot): a JSON list of feeds.

Each has `link`, the feed's address, and `subscribers`, a list of Telegram's ids of chats (`src/data.rs`, `Feed`). It
knows no pauses, sounds or languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from bot.moving.follows import Follow, NotThatFile, Wrong, checked

MOST_BYTES = 64 * 2**20


def read(file: Path) -> Iterator[Follow | Wrong]:
    if file.stat().st_size > MOST_BYTES:
        raise NotThatFile(f"is larger than {MOST_BYTES // 2**20} MB")
    try:
        feeds = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise NotThatFile(f"{error.lineno}: is no whole JSON: {error.msg}") from None
    if not isinstance(feeds, list):
        raise NotThatFile("is no list of feeds")
    for number, feed in enumerate(feeds, 1):
        yield from _of_a_feed(f"feed {number}", feed)


def _of_a_feed(place: str, feed: object) -> Iterator[Follow | Wrong]:
    if not isinstance(feed, dict) or not isinstance(feed.get("subscribers"), list):
        yield Wrong(place, "has no list of subscribers")
        return
    for chat in feed["subscribers"]:
        yield checked(place, chat, feed.get("link"))
