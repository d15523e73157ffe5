"""Many posts as one message, and the lists that answer commands. Pure, and never longer than Telegram allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import assert_never

from bot.core.model import Button, Relayed, Rendered, Style
from bot.core.render import StyleOf, headline, is_gone, is_struck, notice, said_at, updated
from bot.core.snippets import LONGEST, snippet, words_of
from bot.core.state import State
from bot.core.summary import summary
from bot.core.texts import Texts
from bot.core.writing import ENTITIES, MESSAGE, Writing, cut, finds, fitted, isolated, line, units

Rows = Sequence[tuple[Button, ...]]

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
    heading = Writing(rtl=t.rtl).sentence(counted_title(title, len(posts), t), "bold")
    rows = those_that_fit(heading, (row_of(post, style_of(post), t, said_at(newest_first[0])) for post in newest_first))
    missing = t.ngettext("and {n} more before this", "and {n} more before these", len(posts) - len(rows))
    return under(heading, rows[::-1], missing if len(rows) < len(posts) else "").rendered()


def counted_title(title: str | None, count: int, t: Texts) -> str:
    updates = t.ngettext("{n} update", "{n} updates", count)
    return t.gettext("{title}: {updates}", title=name_of(title, t), updates=updates) if title else updates


def row_of(post: Relayed, style: Style, t: Texts, now: datetime) -> Writing:
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


def those_that_fit(heading: Writing, rows: Iterable[Writing], apart: int = 1) -> list[Writing]:
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


def under(heading: Writing, rows: Iterable[Writing], rest: str = "", between: str = "\n") -> Writing:
    last = Writing().sentence(cut(rest, (), _REST - len(between))[0])
    return Writing().join(heading).join(*rows, last, between=between)


def name_of(name: str | None, t: Texts) -> str:
    """A title, or words somebody typed, fit to stand in a sentence of ours."""
    return isolated(fitted(line(name or ""), _NAME, most=5), rtl=t.rtl)


# --- posts that answer a command -----------------------------------------------------------------------------------


def latest(
    posts: Sequence[Relayed],
    blog_title: str | None,
    style_of: StyleOf,
    t: Texts,
    now: datetime,
    buttons: Rows = (),
    note: str = "",
) -> Rendered:
    """Posts under a title (a blog's or a topic's), in the order given: time, linked headline, summary. `note`: a
    sentence below the title."""
    heading = Writing(rtl=t.rtl).sentence(name_of(blog_title, t), "bold")
    heading.join(Writing(rtl=t.rtl).sentence(note), between="\n")
    if not posts:
        none = Writing(rtl=t.rtl).sentence(t.gettext("No posts yet."))
        return under(heading, [none]).rendered(buttons=buttons)
    return listed(heading, posts, style_of, t, now).rendered(buttons=buttons)


def search_results(
    posts: Sequence[Relayed],
    words: str,
    style_of: StyleOf,
    t: Texts,
    now: datetime,
    *,
    blog: str | None = None,
    all_shown: bool = True,
    buttons: Rows = (),
) -> Rendered:
    """What a search for `words` found, in the order given; `blog` is the title of the one that was searched, and
    `all_shown` says that there are no further pages."""
    sought = name_of(words, t)
    if not posts:
        return Writing(rtl=t.rtl).sentence(t.gettext("Nothing found for “{words}”.", words=sought)).rendered()
    found = _found(len(posts) if all_shown else None, sought, None if blog is None else name_of(blog, t), t)
    heading = Writing(rtl=t.rtl).sentence(found, "bold")
    rows = those_that_fit(heading, _with_snippets(posts, words, style_of, t, now), _APART)
    return under(heading, rows, between="\n\n").rendered(buttons=buttons)


def _found(count: int | None, words: str, blog: str | None, t: Texts) -> str:
    if count is None and blog is None:
        return t.gettext("Posts with “{words}”", words=words)
    if count is None:
        return t.gettext("Posts with “{words}” in {blog}", words=words, blog=blog or "")
    if blog is None:
        return t.ngettext("{n} post with “{words}”", "{n} posts with “{words}”", count, words=words)
    return t.ngettext(
        "{n} post with “{words}” in {blog}", "{n} posts with “{words}” in {blog}", count, words=words, blog=blog
    )


def _with_snippets(
    posts: Iterable[Relayed], words: str, style_of: StyleOf, t: Texts, now: datetime
) -> Iterator[Writing]:
    for post in posts:
        style = style_of(post)
        yield row_of(post, style, t, now).join(_snippet(post, words_of(words), style, t), between="\n")


def _snippet(post: Relayed, words: Sequence[str], style: Style, t: Texts) -> Writing:
    """Where the words stand in its text; the beginning of its summary where they stand in its headline alone."""
    found = None if is_gone(post, style) or is_struck(post, style) else snippet(post.text, words)
    if found is None:
        return Writing(rtl=t.rtl).write(cut(_summary(post, style), (), LONGEST, style.language)[0])
    cost = len(found.entities) + 3 * finds(found.text)
    return Writing(rtl=t.rtl).formatted(found.text, found.entities, cost)


def room_for(posts: Sequence[Relayed], style_of: StyleOf, t: Texts, now: datetime, words: str = "") -> int:
    """How many of them, from the first on, fit a message under a heading; with `words`, as results of a search."""
    heading = Writing().write("x" * 2 * _NAME)
    plain = (row_of(post, style_of(post), t, now) for post in posts)
    return len(those_that_fit(heading, _with_snippets(posts, words, style_of, t, now) if words else plain, _APART))


def listed(heading: Writing, posts: Sequence[Relayed], style_of: StyleOf, t: Texts, now: datetime) -> Writing:
    """Summaries are shortened evenly first; posts are dropped from the end only when their headlines do not fit."""
    rows = those_that_fit(heading, (row_of(post, style_of(post), t, now) for post in posts), _APART)
    summaries = [_summary(post, style_of(post)) for post in posts[: len(rows)]]
    taken = heading.length + _REST + sum(row.length + _APART for row in rows)
    share = _even_share([units(each) for each in summaries], MESSAGE - taken)
    most = ENTITIES - heading.formatting - sum(row.formatting for row in rows)
    for row, post, text in zip(rows, posts, summaries, strict=False):
        short = cut(text, (), share, style_of(post).language)[0] if share >= _SHORTEST else ""
        most -= finds(short)
        row.join(Writing(rtl=t.rtl).write(short if most >= 0 else ""), between="\n")
    left = t.ngettext("and {n} more", "and {n} more", len(posts) - len(rows))
    return under(heading, rows, left if len(rows) < len(posts) else "", between="\n\n")


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


def topics_list(topics: Sequence[TopicLine], t: Texts, names: Sequence[TopicLine] = ()) -> Rendered:
    """The topics in the order given, under their blog's title where one is named: name, posts, what is trending.
    Below them `names` that are trending and no topics."""
    if not topics and not names:
        return Writing(rtl=t.rtl).sentence(t.gettext("No topics yet.")).rendered()
    heading = Writing(rtl=t.rtl).sentence(t.gettext("Topics") if topics else t.gettext("Trending"), "bold")
    below = _trending(names, t, headed=bool(topics))
    rows: list[Writing] = []
    for blog, of_blog in groupby(topics, key=lambda topic: topic.blog):
        if blog:
            rows.append(Writing(rtl=t.rtl).sentence(name_of(blog, t), "italic"))
        rows += [_topic(topic, t) for topic in of_blog]
    fitting = those_that_fit(Writing(rtl=t.rtl).join(heading, *below), rows)
    left = len(rows) - len(fitting)
    more = t.ngettext("and {n} more", "and {n} more", left) if left else ""
    return under(heading, [*fitting, *([Writing().write(more)] if more else []), *below]).rendered()


def _trending(names: Sequence[TopicLine], t: Texts, *, headed: bool) -> list[Writing]:
    if not names:
        return []
    heading = [Writing(rtl=t.rtl).write("\n").sentence(t.gettext("Trending"), "bold")] if headed else []
    return [*heading, *(_named(name, t) for name in names)]


def _named(name: TopicLine, t: Texts) -> Writing:
    count = t.ngettext("{n} post", "{n} posts", name.posts)
    return Writing(rtl=t.rtl).sentence(f"{name_of(name.title, t)} · {count}")


def _topic(topic: TopicLine, t: Texts) -> Writing:
    """ "NATO · 12 posts · trending", with the id in brackets where the title does not tell it."""
    name = name_of(topic.title, t)
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
    row = Writing(rtl=t.rtl).sentence(name_of(blog.title, t), url=blog.url)
    id_ = t.gettext("({id})", id=isolated(blog.id, rtl=t.rtl))
    return row.sentence(" " + " · ".join([id_, state_word(blog.state, t), last]))


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
    fitting = those_that_fit(heading, rows)
    left = len(rows) - len(fitting)
    return under(heading, fitting, t.ngettext("and {n} more", "and {n} more", left) if left else "").rendered()
