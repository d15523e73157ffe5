"""Many posts as one message, and the lists that answer commands. Pure, and never longer than Telegram allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import assert_never

from bot.core.model import Relayed, Rendered, Style
from bot.core.render import StyleOf, headline, is_gone, is_struck, notice, said_at, updated
from bot.core.state import State
from bot.core.summary import summary
from bot.core.texts import Texts
from bot.core.writing import ENTITIES, MESSAGE, Writing, cut, finds, fitted, isolated, line, units

_HEADLINE = 150  # in a list; twenty of them fit a message
_NAME = 100
_SUMMARY = 400  # of one post in a list, where there is room
_REST = 80  # kept free for the line that counts what did not fit
_APART = 3  # an empty line between posts, and a summary's own line
_SHORTEST = 40  # below this a summary says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """A topic in a list: what people type, what it is called, how many posts it has."""

    id: str
    title: str
    posts: int
    trending: bool = False
    blog: str | None = None  # the title of its blog, where topics of several are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class BlogLine:
    """A blog in a list. `zone` is the blog's own."""

    id: str
    title: str
    state: State = State.LIVE
    starts_at: datetime | None = None  # announced
    last_post_at: datetime | None = None
    zone: str = "UTC"
    url: str | None = None


# --- several posts that leave as one message -----------------------------------------------------------------------


def merged(posts: Sequence[Relayed], style_of: StyleOf, t: Texts, title: str | None = None) -> Rendered:
    """Waiting posts as one message, oldest first, a line each. `title` is their blog's where all are of one.

    Where they do not all fit the newest stay, and the last line counts the others.
    """
    newest_first = sorted(posts, key=lambda post: (said_at(post), post.id), reverse=True)
    heading = Writing(rtl=t.rtl).sentence(_counted(title, len(posts), t), "bold")
    rows = _fitting(heading, (_row(post, style_of(post), t, said_at(newest_first[0])) for post in newest_first))
    missing = t.ngettext("and {n} more before this", "and {n} more before these", len(posts) - len(rows))
    return _under(heading, rows[::-1], missing if len(rows) < len(posts) else "").rendered()


def _counted(title: str | None, count: int, t: Texts) -> str:
    updates = t.ngettext("{n} update", "{n} updates", count)
    return t.gettext("{title}: {updates}", title=_name(title, t), updates=updates) if title else updates


def _row(post: Relayed, style: Style, t: Texts, now: datetime) -> Writing:
    """The time and the linked headline as it is now, or the notice in its place."""
    row = Writing(rtl=t.rtl).write(t.moment(said_at(post), style.timezone, now), isolate=True).plain(" · ")
    words = headline(post, style, _HEADLINE) or t.gettext("(no text)")
    gone, struck = is_gone(post, style), is_struck(post, style)
    if struck or not gone:
        row.write(words, *(["strikethrough"] if struck else []), url=None if gone else post.url, isolate=True)
    if gone:
        return row.plain(" · " if struck else "").sentence(notice(post, style, t), "italic")
    mark = updated(post, style, t)
    return row.sentence(f" · {mark}" if mark else "")


def _fitting(heading: Writing, rows: Iterable[Writing], apart: int = 1) -> list[Writing]:
    """As many of the first `rows` as fit below `heading` with `apart` units before each, and a line about the rest."""
    fitting: list[Writing] = []
    length, formatting = heading.length + _REST, heading.formatting
    for row in rows:
        length += row.length + apart
        formatting += row.formatting
        if length > MESSAGE or formatting > ENTITIES:
            break
        fitting.append(row)
    return fitting


def _under(heading: Writing, rows: Iterable[Writing], rest: str = "", between: str = "\n") -> Writing:
    last = Writing().sentence(cut(rest, (), _REST - len(between))[0])
    return Writing().join(heading).join(*rows, last, between=between)


def _name(name: str | None, t: Texts) -> str:
    """A title, or words somebody typed, fit to stand in a sentence of ours."""
    return isolated(fitted(line(name or ""), _NAME, most=5), rtl=t.rtl)


# --- posts that answer a command -----------------------------------------------------------------------------------


def latest(posts: Sequence[Relayed], blog_title: str | None, style_of: StyleOf, t: Texts, now: datetime) -> Rendered:
    """Posts under a title (a blog's or a topic's), in the order given: time, linked headline, summary."""
    heading = Writing(rtl=t.rtl).sentence(_name(blog_title, t), "bold")
    if not posts:
        return _under(heading, [Writing(rtl=t.rtl).sentence(t.gettext("No posts yet."))]).rendered()
    return _listed(heading, posts, style_of, t, now)


def search_results(posts: Sequence[Relayed], words: str, style_of: StyleOf, t: Texts, now: datetime) -> Rendered:
    """What a search for `words` found, in the order given."""
    sought = _name(words, t)
    if not posts:
        return Writing(rtl=t.rtl).sentence(t.gettext("Nothing found for “{words}”.", words=sought)).rendered()
    found = t.ngettext("{n} post with “{words}”", "{n} posts with “{words}”", len(posts), words=sought)
    return _listed(Writing(rtl=t.rtl).sentence(found, "bold"), posts, style_of, t, now)


def _listed(heading: Writing, posts: Sequence[Relayed], style_of: StyleOf, t: Texts, now: datetime) -> Rendered:
    """Summaries are shortened evenly first; posts are dropped from the end only when their headlines do not fit."""
    rows = _fitting(heading, (_row(post, style_of(post), t, now) for post in posts), _APART)
    summaries = [_summary(post, style_of(post)) for post in posts[: len(rows)]]
    taken = heading.length + _REST + sum(row.length + _APART for row in rows)
    share = _even_share([units(each) for each in summaries], MESSAGE - taken)
    most = ENTITIES - heading.formatting - sum(row.formatting for row in rows)
    for row, post, text in zip(rows, posts, summaries, strict=False):
        short = cut(text, (), share, style_of(post).language)[0] if share >= _SHORTEST else ""
        most -= finds(short)
        row.join(Writing(rtl=t.rtl).write(short if most >= 0 else ""), between="\n")
    left = t.ngettext("and {n} more", "and {n} more", len(posts) - len(rows))
    return _under(heading, rows, left if len(rows) < len(posts) else "", between="\n\n").rendered()


def _summary(post: Relayed, style: Style) -> str:
    """Its summary on one line, without the words that already stand as its headline; none when it is gone or struck."""
    if is_gone(post, style) or is_struck(post, style):
        return ""
    text = line(summary(post, min(style.max_chars, _SUMMARY), style.language))
    title = headline(post, style, _HEADLINE)
    said = title.rstrip(" .…")
    if not said or not text.startswith(said):
        return text
    rest = text[len(said) :].lstrip(" .…")
    return f"…{rest}" if rest and title.endswith("…") else rest


def _even_share(lengths: Sequence[int], room: int) -> int:
    """The most units each may have so that all together, the short ones whole, fit `room`."""
    waiting = len(lengths)
    for length in sorted(lengths):
        if length * waiting > room:
            return max(room // waiting, 0)
        room -= length
        waiting -= 1
    return MESSAGE


# --- topics and blogs ----------------------------------------------------------------------------------------------


def topics_list(topics: Sequence[TopicLine], t: Texts) -> Rendered:
    """The topics in the order given, under their blog's title where one is named: name, posts, what is trending."""
    if not topics:
        return Writing(rtl=t.rtl).sentence(t.gettext("No topics yet.")).rendered()
    heading = Writing(rtl=t.rtl).sentence(t.gettext("Topics"), "bold")
    rows: list[Writing] = []
    for blog, of_blog in groupby(topics, key=lambda topic: topic.blog):
        if blog:
            rows.append(Writing(rtl=t.rtl).sentence(_name(blog, t), "italic"))
        rows += [_topic(topic, t) for topic in of_blog]
    return _all_or_more(heading, rows, t)


def _topic(topic: TopicLine, t: Texts) -> Writing:
    """ "NATO · 12 posts · trending", with the id in brackets where the title does not tell it."""
    name = _name(topic.title, t)
    if line(topic.title).casefold() != topic.id.casefold():
        name = t.gettext("{title} ({id})", title=name, id=isolated(topic.id, rtl=t.rtl))
    count = t.ngettext("{n} post", "{n} posts", topic.posts)
    return Writing(rtl=t.rtl).sentence(" · ".join([name, count, *([t.gettext("trending")] if topic.trending else [])]))


def blogs_list(blogs: Sequence[BlogLine], t: Texts, now: datetime) -> Rendered:
    """The blogs in the order given: title, the id people type, its state, the last post."""
    if not blogs:
        return Writing(rtl=t.rtl).sentence(t.gettext("No blogs yet.")).rendered()
    heading = Writing(rtl=t.rtl).sentence(t.gettext("Live blogs"), "bold")
    return _all_or_more(heading, [_blog(blog, t, now) for blog in blogs], t)


def _blog(blog: BlogLine, t: Texts, now: datetime) -> Writing:
    last = t.gettext("no posts yet")
    if blog.state is State.NOT_STARTED and blog.starts_at and blog.starts_at > now:
        time = isolated(t.moment(blog.starts_at, blog.zone, now), rtl=t.rtl)
        last = t.gettext("starts {time}", time=time)
    elif blog.last_post_at:
        time = isolated(t.moment(blog.last_post_at, blog.zone, now), rtl=t.rtl)
        last = t.gettext("last post {time}", time=time)
    row = Writing(rtl=t.rtl).sentence(_name(blog.title, t), url=blog.url)
    return row.sentence(
        " " + " · ".join([t.gettext("({id})", id=isolated(blog.id, rtl=t.rtl)), state_word(blog.state, t), last])
    )


def state_word(state: State, t: Texts) -> str:
    match state:
        case State.UNREAD:
            return t.gettext("not read yet")
        case State.NOT_STARTED:
            return t.gettext("not started")
        case State.LIVE:
            return t.gettext("live")
        case State.QUIET:
            return t.gettext("quiet")
        case State.ENDED:
            return t.gettext("ended")
    assert_never(state)


def _all_or_more(heading: Writing, rows: Sequence[Writing], t: Texts) -> Rendered:
    fitting = _fitting(heading, rows)
    left = len(rows) - len(fitting)
    return _under(heading, fitting, t.ngettext("and {n} more", "and {n} more", left) if left else "").rendered()
