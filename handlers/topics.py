"""What people ask by topic: all topics and what is trending; the posts of one, and a button to follow it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.core.deep_links import start_link
from bot.core.model import Button, Relayed, Rendered
from bot.core.paging import Sought, Turn, digest
from bot.core.render_lists import TopicLine, topics_list
from bot.core.render_lists import latest as latest_list
from bot.core.topics import slug
from bot.core.trends import EARLIER, READ, RECENT, Trend, trending, trending_names
from bot.core.wishes import Wish
from bot.core.writing import isolated
from handlers.access import Role
from handlers.arguments import Name, find_topic, nearest
from handlers.asked import Asked, Effect, Pressed, Where, Wrong, is_private
from handlers.blogs import Known, topics_of
from handlers.lists import FOUND, found, words_for_buttons
from handlers.naming import all_blogs, called, topics_known
from handlers.paging import page_of, turn_in, turns
from handlers.subscribing import labelled, topic_button

HOMES = 5  # blogs in which a topic can be followed by a button
TAGS = 30  # of the publisher's own tags, in the list of topics


async def topic(asked: Asked) -> Rendered:
    """`[name]`: its posts and a button to follow it; alone: the topics; a name that is none: full-text search."""
    blogs = await all_blogs(asked)
    counts = await asked.house.store.topics(blogs=ids(blogs), now=asked.house.clock())
    topics = topics_of(blogs, counts)
    if not asked.rest.strip():
        return await _all_topics(asked, blogs, topics, counts)
    named = find_topic(asked.rest, topics)
    if named is None:
        return await _search_instead(asked, blogs, topics)
    linked = asked.role >= Role.EDITOR and is_private(asked.message)
    return await _one_topic(asked, blogs, named, linked=linked)


# --- one -----------------------------------------------------------------------------------------------------------


async def _one_topic(
    where: Where, blogs: list[Known], named: Name, turn: Turn | None = None, *, linked: bool = False
) -> Rendered:
    """`linked`: with the link that leads here, for those who lead people."""
    page = await page_of(where, Sought(blogs={one.id: Wish(topics=(named.id,)) for one in blogs}), FOUND, turn)
    with_it = {post.blog for post in page.posts}
    homes = [one for one in blogs if one.id in with_it or one.blog.topic(named.id) is not None]
    follow = [(topic_button(where, one, named, alone=len(homes) == 1),) for one in homes[:HOMES]]
    pages = turns(where, page, lambda turn: f"topic:{turn}:{digest(named.id)}")
    note = _link(where, homes[0], named) if linked and homes else ""
    return latest_list(
        page.posts, named.title, where.blogs.style_of, where.t, where.house.now(), [*follow, *pages], note
    )


def _link(where: Where, home: Known, named: Name) -> str:
    link = isolated(start_link(where.bot.username, home.id, named.id), rtl=where.t.rtl)
    return where.t.gettext("To offer this topic elsewhere: {link}", link=link)


async def press_topic(pressed: Pressed) -> Effect:
    """`topic:<turn>:<what stands for the topic>`."""
    word, _, short = pressed.argument.partition(":")
    blogs = await all_blogs(pressed)
    named = next((one for one in await topics_known(pressed, blogs) if digest(one.id) == short), None)
    if named is None:
        raise Wrong(pressed.t.gettext("That topic is not here any more."))
    return Effect(rewritten=await _one_topic(pressed, blogs, named, turn_in(pressed, word)))


async def _search_instead(asked: Asked, blogs: list[Known], topics: list[Name]) -> Rendered:
    results = await found(asked, blogs, asked.rest)
    if results is not None:
        return results
    meant = nearest(asked.rest, topics)
    if meant is None:
        raise Wrong(
            asked.t.gettext(
                "No topic and no post with “{name}”; /topic lists the topics.", name=asked.named(asked.rest)
            )
        )
    raise Wrong(
        asked.t.gettext(
            "No topic and no post with “{name}”; did you mean {nearest}? /topic lists the topics.",
            name=asked.named(asked.rest),
            nearest=called(asked, meant),
        )
    )


# --- all, and what is trending -------------------------------------------------------------------------------------


async def _all_topics(asked: Asked, blogs: list[Known], topics: list[Name], counts: dict[str, int]) -> Rendered:
    own = {topic.id for one in blogs for topic in one.blog.topics}
    tags = [name for name in topics if name.id not in own][:TAGS]
    listed = [*(name for name in topics if name.id in own), *tags]
    trends = await _trending(asked, blogs)
    lines = [
        TopicLine(id=name.id, title=name.title, posts=counts.get(name.id, 0), trending=name.id in trends)
        for name in listed
    ]
    names = await _names(asked, blogs, topics)
    shown = topics_list(lines, asked.t, [TopicLine(id=one.name, title=one.name, posts=one.posts) for one in names])
    risen = [name for name in topics if name.id in trends]
    return replace(shown, buttons=(*_follow_buttons(asked, blogs, risen), *await _search_buttons(asked, names)))


async def _trending(asked: Asked, blogs: list[Known]) -> set[str]:
    store, now = asked.house.store, asked.house.clock()
    since, before = RECENT.total_seconds(), (RECENT + EARLIER).total_seconds()
    recent = await store.topics(blogs=ids(blogs), now=now, since=now - since)
    all_ = await store.topics(blogs=ids(blogs), now=now, since=now - before)
    return trending(recent, {topic: count - recent.get(topic, 0) for topic, count in all_.items()})


async def _names(asked: Asked, blogs: list[Known], topics: list[Name]) -> list[Trend]:
    """The newest posts alone are read, and of each what was found in it is remembered. The first time it takes a good
    part of a second, in which others are to be answered."""
    since = asked.house.clock() - (RECENT + EARLIER).total_seconds()
    posts = await asked.house.store.told_lately(blogs=ids(blogs), now=asked.house.clock(), since=since, limit=READ)
    known = {spelling for name in topics for spelling in (name.id, slug(name.title))}
    told = [(post, _language(asked, post)) for post in posts]
    return await asyncio.to_thread(trending_names, told, known, asked.house.now())


def _language(asked: Asked, post: Relayed) -> str:
    return asked.blogs.style_of(post).language


def _follow_buttons(asked: Asked, blogs: list[Known], risen: list[Name]) -> list[tuple[Button, ...]]:
    """For each topic that is trending, in the first blog whose own it is; of a tag that blog is not known here."""
    homes = [(name, one) for name in risen[:HOMES] for one in blogs if _is_home(one, blogs, name)]
    firsts = dict(reversed(homes))
    return [(topic_button(asked, one, name, alone=True),) for name, one in reversed(firsts.items())]


def _is_home(known: Known, blogs: list[Known], name: Name) -> bool:
    return len(blogs) == 1 or known.blog.topic(name.id) is not None


async def _search_buttons(asked: Asked, names: list[Trend]) -> list[tuple[Button, ...]]:
    """Two in a row: names are short."""
    buttons = [
        Button(
            text=labelled(asked.t.gettext("Search {name}", name=one.name)),
            data=f"found::{await words_for_buttons(asked, one.name, '')}",
        )
        for one in names
    ]
    return [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]


def ids(blogs: list[Known]) -> list[str]:
    return [one.id for one in blogs]
