"""Where a post can be asked for by itself, so that a hole in a listing is not taken for a withdrawal too soon."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.sources.asking.shape import path_of

_BLOCK = re.compile(r"[0-9a-f]{24}")
_HOSTS = ("www.theguardian.com", "amp.theguardian.com")


def address_of_post(url: str, reader: str, key: str) -> str | None:
    """The address of the page that shows this post, if it still stands; None where there is no such address.

    The Guardian's live pages answer `?page=with:block-<id>` with the page of the blog that the block stands on by now.
    Other publishers' posts are fragments of the page that was read, which proves nothing.
    """
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    if not _BLOCK.fullmatch(key) or (reader != "guardian" and host not in _HOSTS):
        return None
    return f"{path_of(url)}?page=with:block-{key}"


def readers_of_posts(reader: str) -> tuple[str, ...]:
    """Who looks for it there: the page's own reader, and the one that sees the blocks of any of its pages."""
    return tuple(dict.fromkeys((reader, "guardian")))
