"""Digests as rich messages, and the pieces that the card and catch-ups share with them. Pure.

The plain form stands beside each: it is what chats get where rich messages are off, or refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from bot.core.blocks import Block, Details, Heading, Listing, Paragraph, Picture, RichMessage, Table, words
from bot.core.model import Relayed, Style
from bot.core.render import StyleOf, headline, is_gone, is_struck, photo_of, picture_caption, said_at
from bot.core.render_lists import TopicLine, counted_title, name_of, row_of
from bot.core.summary import summary
from bot.core.texts import Texts
from bot.core.writing import Writing, isolated, safe_url

SUMMARY = 600  # units of a post's summary
TOPICS = 8  # lines of a table


def digest(
    posts: Sequence[Relayed], style_of: StyleOf, t: Texts, title: str | None, topic_title: Callable[[str], str]
) -> RichMessage:
    """Waiting posts as one message, oldest first: a line each, key events with their summary to be opened."""
    ordered = sorted(posts, key=lambda post: (said_at(post), post.id))
    now = said_at(ordered[-1])
    heading = Heading(words(Writing(rtl=t.rtl).sentence(counted_title(title, len(posts), t))), 2)
    body = told(ordered, style_of, t, now)
    return RichMessage((heading, *body, *topics_table(_topics_of(ordered, style_of, topic_title), t)), t.rtl)


def section(name: str, t: Texts) -> Heading:
    """The heading of a part."""
    return Heading(words(Writing(rtl=t.rtl).sentence(name)), 4)


def told(posts: Sequence[Relayed], style_of: StyleOf, t: Texts, now: datetime) -> Iterator[Block]:
    """Lines in their order; a key event stands by itself and opens."""
    lines: list[Writing] = []
    for post in posts:
        if not post.key_event or is_gone(post, style_of(post)):
            lines.append(row_of(post, style_of(post), t, now))
            continue
        yield from _listing(lines)
        lines = []
        yield as_details(post, style_of(post), t, now)
    yield from _listing(lines)


def _listing(lines: Sequence[Writing]) -> Iterator[Block]:
    if lines:
        yield Listing(tuple(words(line) for line in lines))


def as_details(post: Relayed, style: Style, t: Texts, now: datetime) -> Block:
    """A post's line, which opens on its summary, its picture and the way to it; just the line where it has no more."""
    line = row_of(post, style, t, now)
    if is_gone(post, style) or is_struck(post, style):
        return Paragraph(words(line))
    text = summary(post, SUMMARY, style.language)
    inside: list[Block] = [Paragraph(words(Writing(rtl=t.rtl).write(text)))] if text else []
    inside += a_picture([post], style, t)
    if safe_url(post.url):
        inside.append(Paragraph(words(Writing(rtl=t.rtl).sentence(t.gettext("Read the post"), url=post.url))))
    if not inside:
        return Paragraph(words(line))
    time = isolated(t.moment(said_at(post), style.timezone, now), rtl=t.rtl)
    said = (
        Writing(rtl=t.rtl).sentence(f"{time} · ").write(headline(post, style) or t.gettext("(no text)"), isolate=True)
    )
    return Details(words(said), tuple(inside))


def a_picture(posts: Sequence[Relayed], style: Style, t: Texts) -> list[Block]:
    """The picture of the first of them that has one."""
    for post in posts:
        address = safe_url(photo_of(post)) if not is_gone(post, style) else None
        if address:
            caption = picture_caption(post.pictures[0], style, t) if post.pictures else ""
            return [Picture(address, caption)]
    return []


def topics_table(topics: Sequence[TopicLine], t: Texts) -> list[Block]:
    """Which topics the posts have, and how many each."""
    if len(topics) < 2:
        return []
    head = (t.gettext("Topic"), t.gettext("Posts"))
    rows = tuple((name_of(one.title, t), t.number(one.posts)) for one in topics[:TOPICS])
    return [Table((head, *rows))]


def _topics_of(posts: Sequence[Relayed], style_of: StyleOf, topic_title: Callable[[str], str]) -> list[TopicLine]:
    """Of what is not withdrawn, the most used first."""
    found = Counter(topic for post in posts if not is_gone(post, style_of(post)) for topic in post.topics)
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [TopicLine(id=id_, title=topic_title(id_), posts=count) for id_, count in ordered]
