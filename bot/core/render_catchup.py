"""What happened since somebody last looked, in one glance: how much, key events first, then the latest. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.core.blocks import Block, Heading, Paragraph, RichMessage, words
from bot.core.catchup import Catchup
from bot.core.model import Relayed, Rendered
from bot.core.render import StyleOf
from bot.core.render_lists import Rows, name_of, row_of, those_that_fit, under
from bot.core.render_rich import as_details, section, told, topics_table
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
    plain = under(heading, [part for part in parts if part]).rendered(buttons=buttons)
    return replace(plain, rich=_richly(catchup, _heading(title, since, t), style_of, t, now))


def _richly(catchup: Catchup, heading: str, style_of: StyleOf, t: Texts, now: datetime) -> RichMessage:
    """The same with every key event to be opened, and the counts in a table."""
    blocks: list[Block] = [Heading(words(Writing(rtl=t.rtl).sentence(heading)), 2)]
    if count := _count(catchup, t):
        blocks.append(Paragraph(words(Writing(rtl=t.rtl).sentence(count))))
    if catchup.key_events:
        blocks.append(section(t.gettext("Key events"), t))
        blocks += [as_details(post, style_of(post), t, now) for post in catchup.key_events]
    if catchup.latest:
        blocks += [section(t.gettext("Latest"), t)] if catchup.key_events else []
        blocks += told(catchup.latest, style_of, t, now)
    blocks += topics_table(catchup.topics, t)
    if catchup.more:
        blocks.append(Paragraph(words(_more(catchup.more, t))))
    return RichMessage(tuple(blocks), t.rtl)


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
    count = _count(catchup, t)
    if not count:
        return Writing()
    topics = [
        t.gettext("{topic}: {n}", topic=name_of(topic.title, t), n=t.number(topic.posts)) for topic in catchup.topics
    ]
    return Writing(rtl=t.rtl).sentence(" · ".join([count, *topics]))


def _count(catchup: Catchup, t: Texts) -> str:
    if not catchup.topics and not catchup.key_events and not catchup.first:
        return ""
    posts = len(catchup.key_events) + len(catchup.latest) + catchup.more
    return t.ngettext("{n} post", "{n} posts", posts)


def _part(
    name: str, posts: Iterable[Relayed], style_of: StyleOf, t: Texts, now: datetime, *, headed: bool = True
) -> list[Writing]:
    """A line for each post; an empty line and a heading before them, where there is more than one part."""
    rows = those_that_fit(Writing().write("x" * _ROOM), (row_of(post, style_of(post), t, now) for post in posts))
    heading = Writing(rtl=t.rtl).write("\n")
    return [heading.sentence(name, "bold") if headed else Writing(), *rows] if rows else []


def _more(count: int, t: Texts) -> Writing:
    return Writing(rtl=t.rtl).sentence(t.ngettext("and {n} more", "and {n} more", count) if count else "")
