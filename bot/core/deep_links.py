"""Links that open the bot at a blog or a topic: https://core.telegram.org/bots/features#deep-linking

What follows `?start=` may have 64 letters of A-Z, a-z, 0-9, _ and -. No blog's id and no topic's has an underscore, so
`<blog>_<topic>` can be parted again; a topic that may not stand there as it is, in its script or its length, is
`<blog>__<eight letters that stand for it>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.core.paging import digest

OPEN = "_"
"""The word of a link that names nothing: it only opens the bot."""

_FIT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def start_word(blog: str, topic: str = "") -> str:
    word = f"{blog}_{topic}" if topic else blog
    return word if _FIT.fullmatch(word) else f"{blog}__{digest(topic)}"


def start_link(username: str, blog: str, topic: str = "") -> str:
    return f"https://t.me/{username}?start={start_word(blog, topic)}"


def parted(word: str) -> tuple[str, str]:
    """The blog and, as it stands in the link, the topic; each "" where it is not named."""
    blog, _, topic = word.partition("_")
    return blog.casefold(), topic


def stands_for(topic: str, ids: Iterable[str]) -> str | None:
    """The topic that eight letters of a link stand for; None where they are none, or stand for none of these."""
    if not topic.startswith("_"):
        return None
    return next((one for one in ids if digest(one) == topic[1:]), None)
