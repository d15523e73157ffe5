"""The card of a blog: what one pinned message says of it at a moment. Pure values, and when they are others."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.model import Relayed
from bot.core.state import State

LATEST, KEY_EVENTS = 5, 3  # posts of each that it shows
TOPICS = 8
BEGINNING = 300  # characters of a text that it may show some of


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A blog at a glance. `at` is when it was read; topics come with how many posts they had in the last day."""

    title: str | None  # the page's own
    state: State
    at: datetime
    starts_at: datetime | None = None  # announced
    url: str | None = None  # where readers find the page, as far as its posts tell
    latest: tuple[Relayed, ...] = ()  # newest first, as the key events
    key_events: tuple[Relayed, ...] = ()
    topics: tuple[tuple[str, int], ...] = ()


def shown_by(card: Card) -> list[object]:
    """What its message depends on, small enough to be kept: where this differs, so does the message.

    How many posts the topics have is left out: it changes with the posts.
    """
    starts = card.starts_at.timestamp() if card.starts_at and card.state is State.NOT_STARTED else None
    return [card.title, card.state.value, starts, card.url, _each(card.latest), _each(card.key_events)]


def posts_of(shown: object) -> set[int]:
    """The numbers of the posts in what `shown_by` told; none where there is nothing."""
    if not isinstance(shown, list):
        return set()
    return {number for posts in shown[-2:] for number, _ in posts}


def _each(posts: Sequence[Relayed]) -> list[list[int]]:
    return [[post.id, zlib.crc32(repr(_words(post)).encode())] for post in posts]


def _words(post: Relayed) -> tuple[object, ...]:
    pictures = [one.url for one in post.pictures[:1]]
    return (
        post.title,
        post.summary,
        post.text[:BEGINNING],
        post.url,
        post.struck,
        post.photo,
        pictures,
        post.published_at,
        post.updated_at is not None,
    )
