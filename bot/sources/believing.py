"""What is not believed of a page, whichever reader read it: times that have not come, languages that are none."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.markup import tidy
from bot.core.model import Post, Snapshot

_CLOCKS_DIFFER = timedelta(days=2)  # zones taken for others, and clocks that are wrong
_LONGEST_TEXT = 200_000  # characters; Telegram shows 4096
_LONGEST_LINE = 5_000  # characters of a headline or a summary
_MOST = 100  # pictures
_MOST_NOTES = 50
_LONGEST_NOTE = 600  # characters
_LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(?:[-_][a-zA-Z0-9]{1,8}){0,3}", re.ASCII)  # RFC 5646, and as PHP writes it


def believable(found: Snapshot, fetched_at: datetime) -> Snapshot:
    """The snapshot without times later than its fetch: a post dated 2090 would stand on top of lists until then.

    What it says about itself is kept to what a terminal can show: it quotes the page.
    """
    latest = fetched_at + _CLOCKS_DIFFER
    return replace(
        found,
        posts=tuple(_short(_past(post, latest)) for post in found.posts),
        title=found.title and found.title[:_LONGEST_LINE],
        modified_at=_come(found.modified_at, latest),
        why=tidy(found.why),
        notes=tuple(tidy(note)[:_LONGEST_NOTE] for note in found.notes[:_MOST_NOTES]),
        language=found.language if _LANGUAGE.fullmatch(found.language or "") else None,
    )


def _past(post: Post, latest: datetime) -> Post:
    published, modified = _come(post.published_at, latest), _come(post.modified_at, latest)
    if published is post.published_at and modified is post.modified_at:
        return post
    return replace(post, published_at=published, modified_at=modified)


def _short(post: Post) -> Post:
    """No more of a post than anybody could want to read: the rest would be compared, stored and cut at every turn."""
    if len(post.text) + len(post.title or "") + len(post.summary or "") < _LONGEST_LINE and len(post.images) <= _MOST:
        return post
    return replace(
        post,
        title=post.title and post.title[:_LONGEST_LINE],
        text=post.text[:_LONGEST_TEXT],
        summary=post.summary and post.summary[:_LONGEST_LINE],
        images=post.images[:_MOST],
    )


def _come(time: datetime | None, latest: datetime) -> datetime | None:
    return time if time is None or time <= latest else None
