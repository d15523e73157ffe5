"""What happened since somebody last looked, in one glance: how much, key events first, then the latest. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.core.catchup import Catchup
from bot.core.model import Relayed, Rendered
from bot.core.render import StyleOf
from bot.core.render_lists import Rows, name_of, row_of, those_that_fit, under
from bot.core.texts import Texts
from bot.core.writing import Writing, isolated

_ROOM = 300  # units, for the heading and the counts


def render_catchup(
    catchup: Catchup, style_of: StyleOf, t: Texts, now: datetime, zone: str = "UTC", buttons: Rows = ()
) -> Rendered:
    """`zone` is where the beginning of the span is told; posts have the time of their blog."""
    since = isolated(t.moment(catchup.since, zone, now), rtl=t.rtl)
    title = None if catchup.title is None else name_of(catchup.title, t)
    if catchup.empty:
        return Writing(rtl=t.rtl).sentence(_nothing(title, since, t)).rendered(buttons=buttons)
    heading = Writing(rtl=t.rtl).sentence(_heading(title, since, t), "bold")
    key = _part(t.gettext("Key events"), catchup.key_events, style_of, t, now)
    latest = _part(t.gettext("Latest"), catchup.latest, style_of, t, now, headed=bool(key))
    parts = [_counts(catchup, t), *key, *latest, _more(catchup.more, t)]
    return under(heading, [part for part in parts if part]).rendered(buttons=buttons)


def _nothing(title: str | None, since: str, t: Texts) -> str:
    if title is None:
        return t.gettext("Nothing new since {time}.", time=since)
    return t.gettext("Nothing new in {blog} since {time}.", blog=title, time=since)


def _heading(title: str | None, since: str, t: Texts) -> str:
    if title is None:
        return t.gettext("Since {time}", time=since)
    return t.gettext("{blog}, since {time}", blog=title, time=since)


def _counts(catchup: Catchup, t: Texts) -> Writing:
    """ "12 posts · Ferries: 4 · Old Town: 2", on the first page; further pages have no counts."""
    if not catchup.topics and not catchup.key_events and not catchup.first:
        return Writing()
    posts = len(catchup.key_events) + len(catchup.latest) + catchup.more
    topics = [
        t.gettext("{topic}: {n}", topic=name_of(topic.title, t), n=t.number(topic.posts)) for topic in catchup.topics
    ]
    return Writing(rtl=t.rtl).sentence(" · ".join([t.ngettext("{n} post", "{n} posts", posts), *topics]))


def _part(
    name: str, posts: Iterable[Relayed], style_of: StyleOf, t: Texts, now: datetime, *, headed: bool = True
) -> list[Writing]:
    """A line for each post; an empty line and a heading before them, where there is more than one part."""
    rows = those_that_fit(Writing().write("x" * _ROOM), (row_of(post, style_of(post), t, now) for post in posts))
    heading = Writing(rtl=t.rtl).write("\n")
    return [heading.sentence(name, "bold") if headed else Writing(), *rows] if rows else []


def _more(count: int, t: Texts) -> Writing:
    return Writing(rtl=t.rtl).sentence(t.ngettext("and {n} more", "and {n} more", count) if count else "")
