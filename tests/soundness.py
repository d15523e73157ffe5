"""What holds of every page that was read, whatever its bytes were: the values, the comparison, and the messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from bot.core.diff import confirm, diff, remember
from bot.core.model import ChangeKind, Memory, Page, Post, Relayed, Snapshot, Style
from bot.core.render import message, photo_of
from bot.core.render_lists import merged
from bot.core.texts import Texts
from bot.core.topics import topics_of
from bot.sources import NotReadable, ReadRules, read
from tests.pages import NOW, page
from tests.telegram_rules import assert_telegram_takes

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_MOST_RENDERED = 8  # posts; the others are like them
_TEXTS = Texts.of("en")
_STYLES = tuple(Style(text=text, timezone=zone) for text, zone in (("full", "Pacific/Kiritimati"), ("summary", "UTC")))


def read_soundly(body: bytes, rules: ReadRules, *, before: Snapshot | None = None, url: str = "") -> Snapshot | None:
    """The page's snapshot, None where it was refused; an AssertionError where something does not hold of it.

    `before` is what the blog's page was when it was last well.
    """
    asked = page(body, url) if url else page(body)
    found = _read(asked, rules)
    if isinstance(found, NotReadable):
        assert "\n" not in str(found), "a refusal of several lines"
        assert not _UNSEEN.search(str(found)), "a refusal that no terminal should show"
        return None
    assert_values(found)
    assert_comparison(found, before)
    assert_messages(found)
    return found


def _read(asked: Page, rules: ReadRules) -> Snapshot | NotReadable:
    try:
        return read(asked, rules)
    except NotReadable as refusal:
        return refusal


# --- values --------------------------------------------------------------------------------------------------------


def assert_values(found: Snapshot) -> None:
    """Keys are there and unique, times are of our days and in UTC, addresses http(s), texts can be shown."""
    keys = [post.key for post in found.posts]
    assert len(set(keys)) == len(keys), "two posts have one key"
    for key in keys:
        assert key.strip(), "a post without a key"
        assert key.isprintable(), f"a key that cannot be printed: {key!r}"
    for text in _texts(found):
        assert isinstance(text, str), f"no text: {text!r}"
        assert not _UNSEEN.search(text), f"unseen characters in {text[:80]!r}"
    for time in _times(found):
        assert time.utcoffset() == timedelta(0), f"not in UTC: {time}"
        assert 1990 <= time.year < 2100, f"not of our days: {time}"
    for address in _addresses(found):
        assert urlsplit(address).scheme.lower() in ("http", "https"), f"not of the web: {address[:80]!r}"
        assert urlsplit(address).hostname, f"no host: {address[:80]!r}"


def _texts(found: Snapshot) -> Iterator[str]:
    yield from (found.why, *found.notes, *(one for one in (found.title, found.language, found.url) if one is not None))
    for post in found.posts:
        yield post.text
        yield from (one for one in (post.title, post.summary) if one is not None)
        yield from (*post.authors, *post.tags)
        yield from (one for image in post.images for one in (image.caption, image.credit) if one is not None)


def _times(found: Snapshot) -> Iterator[datetime]:
    yield from (one for one in (found.modified_at,) if one is not None)
    for post in found.posts:
        yield from (one for one in (post.published_at, post.modified_at) if one is not None)


def _addresses(found: Snapshot) -> Iterator[str]:
    yield from (one for one in (found.url, found.next_url) if one)
    for post in found.posts:
        yield from (image.url for image in post.images)
        yield from (one for one in (post.url,) if one is not None)


# --- the comparison ------------------------------------------------------------------------------------------------


def assert_comparison(found: Snapshot, before: Snapshot | None) -> None:
    """First sight tells nothing, the same page again nothing either, and no page breaks the comparison."""
    first = diff(Memory(), found, NOW)
    assert not first.changes, "a first sight that tells something"
    memory = remember(Memory(), first)
    again = diff(memory, found, NOW)
    told = [change for change in again.changes if change.kind not in (ChangeKind.ENDED, ChangeKind.MOVED)]
    assert not told, f"the same page again tells {[(one.kind.value, one.key) for one in told]}"
    confirm(remember(memory, again), NOW)
    if before is not None:
        known = remember(Memory(), diff(Memory(), before, NOW))
        after = remember(known, diff(known, found, NOW))
        diff(after, before, NOW)


# --- the messages --------------------------------------------------------------------------------------------------


def assert_messages(found: Snapshot) -> None:
    """Every post can be sent, changed, struck and withdrawn, alone and with others, and Telegram takes it."""
    posts = [relayed(post, number) for number, post in enumerate(found.posts[:_MOST_RENDERED])]
    for post in posts:
        assert photo_of(post) is None or urlsplit(photo_of(post) or "").scheme.lower() in ("http", "https")
        for style in _STYLES:
            assert_telegram_takes(message(post, style, _TEXTS))
        gone = replace(post, withdrawn_at=NOW, updated_at=NOW)
        assert_telegram_takes(message(gone, Style(on_withdrawal="strike"), _TEXTS))
    if len(posts) > 1:
        assert_telegram_takes(merged(posts, lambda _: _STYLES[1], _TEXTS, found.title))


def relayed(post: Post, number: int = 1) -> Relayed:
    """A post as the store hands it to rendering."""
    return Relayed(
        id=number,
        revision=1,
        blog="storm",
        title=post.title,
        title_is_derived=post.title_is_derived,
        text=post.text,
        summary=post.summary,
        published_at=post.published_at,
        first_seen_at=datetime(2026, 3, 4, 12, tzinfo=UTC),
        authors=post.authors,
        topics=topics_of(post.title, post.text, post.tags, ()),
        photo=post.images[0].url if post.images else None,
        url=post.url,
        pinned=post.pinned,
        key_event=post.key_event,
        struck=post.struck,
    )
