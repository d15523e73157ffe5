"""JSON fields that may hold anything, and the snapshot that readers of JSON make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.core.ending import ending_of
from bot.core.markup import rich_of_html, text_of_plain
from bot.core.model import Snapshot
from bot.core.rich import Rich
from bot.sources.feedkeys import FeedPost, feed_keyed
from bot.sources.handover import next_page
from bot.sources.parts import titled, unrepeated
from bot.sources.shape import ReadRules, Source

Fields = Mapping[str, Any]


def fields_in(value: object) -> Fields:
    """The fields of an object; none where it is none."""
    return value if isinstance(value, Mapping) else {}


def rows_in(value: object) -> list[Fields]:
    """The objects in a list; of an object, as PHP writes lists with gaps, those it holds."""
    listed = list(value.values()) if isinstance(value, Mapping) else value
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def string(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def line(value: object) -> str | None:
    return " ".join(text_of_plain(string(value) or "").split()) or None


def id_of(value: object) -> str | None:
    """An id; one that is a number is read as a string."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def body_of(html: object, base: str) -> Rich:
    """A body in HTML: its text with formatting, and the pictures and embeds in it."""
    return unrepeated(rich_of_html(string(html) or "", base))


def filled(about: Snapshot, found: Sequence[FeedPost], source: Source, rules: ReadRules) -> Snapshot:
    """What is known of a blog, with its posts under their keys, and with what they say about its end."""
    posts, markup = feed_keyed(found, rules.identity, ids_may_repeat=True)
    ending = ending_of(about.title, posts)
    url = about.url or source.page.url
    return replace(
        about,
        posts=tuple(titled(post, rules.language) for post in posts),
        ended=about.ended or ending.ended,
        next_url=next_page(markup[ending.moved], source, url) if ending.moved else None,
    )
