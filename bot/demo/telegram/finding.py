"""What Telegram finds in a text by itself: commands, mentions, tags, addresses. Offsets in UTF-16 units."""

from __future__ import annotations

import re

from bot.demo.telegram.utf16 import starts
from bot.demo.telegram.values import Json

TOP_LEVEL = (
    "com|org|net|edu|gov|int|info|news|live|blog|app|dev|io|me|tv|co|uk|us|de|fr|es|it|eu|ru|ua|in|jp|cn|br|ca|au|nl"
)
FOUND = re.compile(
    r"(?P<email>(?<![\w.+-])[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
    rf"|(?P<url>\b(?:https?://|ftp://|tg://|tonsite://)[^\s<>\"«»“”]+|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:{TOP_LEVEL})\b(?:/[^\s<>\"«»“”]*)?)"
    r"|(?P<bot_command>(?<![\w@/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w@/<>]))"
    r"|(?P<mention>(?<![\w@])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w))"
    r"|(?P<hashtag>(?<![\w#@])#\w*[^\W\d]\w*(?:@[A-Za-z0-9_]{3,32})?)"
    r"|(?P<cashtag>(?<![\w$])\$[A-Z]{1,8}(?![\w$]))",
    re.IGNORECASE,
)
HINT = re.compile(r"[@/#$.]")


def find_entities(text: str) -> list[Json]:
    """In order and apart from each other."""
    if not HINT.search(text):
        return []
    units = starts(text)
    return [
        {"offset": units[begin], "length": units[stop] - units[begin], "type": kind}
        for kind, begin, stop in _matches(text)
    ]


def _matches(text: str) -> list[tuple[str, int, int]]:
    found = []
    for match in FOUND.finditer(text):
        kind = match.lastgroup or ""
        if kind == "cashtag" and not match[0].isupper():
            continue
        found.append((kind, match.start(), match.start() + len(_trimmed(match[0]) if kind == "url" else match[0])))
    return found


def _trimmed(url: str) -> str:
    """A full stop or bracket that ends the sentence does not belong to the address."""
    while url and (url[-1] in ".,:;!?'" or (url[-1] in ")]}" and url.count(url[-1]) > url.count(OPENING[url[-1]]))):
        url = url[:-1]
    return url


OPENING = {")": "(", "]": "[", "}": "{"}
