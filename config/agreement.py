"""What the keys of a file owe each other: ids that are unique, names that exist.

Looks at the raw document, so that these mistakes are told beside all the others; wrong forms are passed over here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from config.forms import listed, nearest
from config.mistakes import Flaw, Loc
from config.values import MAIN_BOT, MAIN_TOKEN

Raw = dict[str, Any]
Placed = Iterable[tuple[Loc, Any]]


def disagreements(raw: Raw) -> list[Flaw]:
    """All of them, each with the place of the key that has to change."""
    blogs, bots = list(_tables(raw, "blogs")), list(_tables(raw, "bots"))
    return [
        *_no_blogs(raw),
        *_repeated(_column(blogs, "id"), "is the id of an earlier blog; ids must differ"),
        *_former_ids(blogs),
        *(flaw for loc, blog in blogs for flaw in _topics(loc, blog)),
        *_bots(bots),
        *_unknown_bots(blogs, bots),
        *_webhook(raw),
        *_told(raw, blogs),
    ]


def _tables(raw: Raw, name: str, loc: Loc = ()) -> Iterator[tuple[Loc, Raw]]:
    """The tables of a list, each with its place."""
    found = raw.get(name)
    for index, table in enumerate(found if isinstance(found, list) else []):
        if isinstance(table, dict):
            yield (*loc, name, index), table


def _column(tables: Iterable[tuple[Loc, Raw]], key: str) -> list[tuple[Loc, str]]:
    """The texts that stand under one key of some tables."""
    return [((*loc, key), table[key]) for loc, table in tables if isinstance(table.get(key), str) and table[key]]


def _repeated(column: Iterable[tuple[Loc, str]], text: str, taken: Iterable[str] = ()) -> Iterator[Flaw]:
    seen = set(taken)
    for loc, word in column:
        if word in seen:
            yield loc, f'"{word}" {text}'
        seen.add(word)


def _no_blogs(raw: Raw) -> Iterator[Flaw]:
    if not raw:
        yield (), "the file is empty; `liveblog-relay init` writes one to start from"
    elif raw.get("blogs", []) == []:
        yield ("blogs",), "there is no blog; add at least one [[blogs]] with an id and a url"


def _former_ids(blogs: list[tuple[Loc, Raw]]) -> Iterator[Flaw]:
    ids = {id_ for _, id_ in _column(blogs, "id")}
    own = {(*loc, "was"): blog["was"] for loc, blog in blogs if blog.get("was") and blog["was"] == blog.get("id")}
    for loc, was in own.items():
        yield loc, f'"{was}" is what the blog is called now; name the id that it had before'
    others = [(loc, was) for loc, was in _column(blogs, "was") if loc not in own]
    yield from _repeated(others, "is the id or former id of another blog; name the id that only this one had", ids)


def _topics(loc: Loc, blog: Raw) -> Iterator[Flaw]:
    return _repeated(_column(_tables(blog, "topics", loc), "id"), "is the id of an earlier topic of this blog")


def _bots(bots: list[tuple[Loc, Raw]]) -> Iterator[Flaw]:
    yield from _repeated(_column(bots, "name"), "is the name of an earlier bot")
    further = [(loc, bot) for loc, bot in bots if bot.get("name") != MAIN_BOT]
    mains = [bot.get("token_env") for _, bot in bots if bot.get("name") == MAIN_BOT]
    taken = [name for name in mains or [MAIN_TOKEN] if isinstance(name, str)]
    yield from _repeated(_column(further, "token_env"), "holds another bot's token; each bot needs its own", taken)


def _unknown_bots(blogs: list[tuple[Loc, Raw]], bots: list[tuple[Loc, Raw]]) -> Iterator[Flaw]:
    known = list(dict.fromkeys([MAIN_BOT, *(name for _, name in _column(bots, "name"))]))
    for loc, name in _column(blogs, "bot"):
        if name not in known:
            yield loc, f'"{name}" is not the name of a bot; known is {listed(known)}{nearest(name, known)}'


def _webhook(raw: Raw) -> Iterator[Flaw]:
    telegram, web = raw.get("telegram"), raw.get("web", {})
    if isinstance(telegram, dict) and telegram.get("updates") == "webhook" and isinstance(web, dict):
        if not web.get("public_url"):
            yield ("telegram", "updates"), '"webhook" needs web.public_url, the https address that Telegram can reach'
        if web.get("listen") == "":
            yield ("telegram", "updates"), '"webhook" needs web.listen, which is switched off'


def _told(raw: Raw, blogs: list[tuple[Loc, Raw]]) -> Iterator[Flaw]:
    """Who wants to be told must be reachable."""
    web = raw.get("web", {})
    if not isinstance(web, dict):
        return
    off = web.get("listen") == ""
    for loc, blog in blogs:
        if blog.get("websub") is True and not web.get("public_url"):
            yield (*loc, "websub"), "needs web.public_url, the address under which hubs can reach this relay"
        if blog.get("websub") is True and off:
            yield (*loc, "websub"), "needs web.listen, which is switched off"
        if blog.get("intake_secret_env") and off:
            yield (*loc, "intake_secret_env"), "needs web.listen, which is switched off"
