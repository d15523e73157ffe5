"""Which posts, and which chats, somebody names: by a number, the publisher's key, a link, a title, or some words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bot.core.identity import is_campaign, link_key
from bot.core.model import Relayed
from bot.core.snippets import words_of
from storage import chats
from storage.chats import Chat
from storage.posts import MOST_WORDS, post
from storage.rows import to_json
from storage.spoken import Connection

MOST = 6  # that one look finds: with more than one, who asks is asked which

_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def posts(db: Connection, words: str) -> list[Relayed]:
    """Those that are meant: of our number, else of the publisher's key or address, else with these words in their
    headline, or in their text. The newest first."""
    words = words.strip()
    if _NUMBER.fullmatch(words) and (found := post(db, int(words))) is not None and found.notice is None:
        return [found]
    if _ADDRESS.fullmatch(words):
        return _read(db, _of_address(db, words))
    return _read(db, _of_keys(db, [words]) or _of_words(db, words))


def _read(db: Connection, numbers: Iterable[int]) -> list[Relayed]:
    found = (post(db, number) for number in numbers)
    return [one for one in found if one is not None and one.notice is None]


def _of_address(db: Connection, link: str) -> list[int]:
    """As it stands, then with less and less of what apps and campaigns put behind it."""
    for address in addresses(link):
        rows = db.execute(
            "SELECT id FROM post WHERE url = ? AND blog IS NOT NULL AND notice IS NULL ORDER BY id DESC LIMIT ?",
            (address, MOST),
        ).fetchall()
        if rows:
            return [row["id"] for row in rows]
    return _of_keys(db, [link, *_keys(link)])


def _keys(link: str) -> list[str]:
    """The key of a post that is known by its link; none where it is no address."""
    try:
        return [link_key(link)]
    except ValueError:
        return []


def addresses(link: str) -> list[str]:
    """The addresses that a link may stand for, the likeliest first."""
    link = link.rstrip(".,;:!?)")
    try:
        parts = urlsplit(link)
    except ValueError:
        return [link]
    kept = urlencode([(name, value) for name, value in parse_qsl(parts.query) if not is_campaign(name)])
    bare = [urlunsplit(parts._replace(query=query, fragment=parts.fragment)) for query in (kept, "")]
    whole = [link, *bare, *(one.partition("#")[0] for one in bare)]
    return list(dict.fromkeys([*whole, *(one.rstrip("/") + "/" for one in whole), *(one.rstrip("/") for one in whole)]))


def _of_keys(db: Connection, keys: list[str]) -> list[int]:
    """By the publisher's own key, or another one that the post has had, in whatever blog."""
    rows = db.execute(
        """SELECT p.id FROM blog b CROSS JOIN json_each(:keys) j ON TRUE CROSS JOIN post p
        ON p.blog = b.id AND p.key = coalesce(
          (SELECT a.key FROM alias a WHERE a.blog = b.id AND a.alias = j.value), j.value)
        WHERE p.notice IS NULL LIMIT :most""",
        {"keys": to_json(keys), "most": MOST},
    )
    return [row["id"] for row in rows.fetchall()]


def _of_words(db: Connection, words: str) -> list[int]:
    """All of them must stand there, in any order; also in what is held back or withdrawn."""
    sought = words_of(words)[:MOST_WORDS]
    if not sought:
        return []
    match = " ".join(f'"{word}"' for word in sought)
    return _matching(db, "f.title", match) or _matching(db, "post_fts", match)


def _matching(db: Connection, where: str, match: str) -> list[int]:
    rows = db.execute(
        f"""SELECT p.id FROM post_fts f CROSS JOIN post p ON p.id = f.rowid AND {where} MATCH ?
        WHERE p.notice IS NULL ORDER BY f.rowid DESC LIMIT ?""",
        (match, MOST),
    )
    return [row["id"] for row in rows.fetchall()]


def found_chats(db: Connection, bot: str, words: str) -> list[Chat]:
    """Of Telegram's number, else of ours; else of this title, in any case: that takes a look at every chat."""
    words = words.strip()
    if _NUMBER.fullmatch(words):
        found = chats.find(db, bot, int(words)) or chats.numbered(db, int(words))
        return [found] if found is not None and found.bot == bot else []
    rows = db.execute(
        "SELECT telegram_id FROM chat WHERE bot = ? AND title <> '' AND lower(title) = lower(?) LIMIT ?",
        (bot, words.removeprefix("@"), MOST),
    )
    there = (chats.find(db, bot, row["telegram_id"]) for row in rows.fetchall())
    return [one for one in there if one is not None]
