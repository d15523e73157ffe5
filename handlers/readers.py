"""What everybody may ask: the blogs, their newest posts, their topics, and words in them."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot.core.model import Button, Relayed, Rendered
from bot.core.render_lists import BlogLine, TopicLine, blogs_list, search_results, topics_list
from bot.core.render_lists import latest as latest_list
from bot.core.state import State
from bot.core.texts import Texts
from bot.core.topics import slug
from bot.core.writing import Writing
from handlers.arguments import Name, find_topic, nearest, number_in
from handlers.asked import Asked, Wrong
from handlers.blogs import Known, topics_of
from handlers.naming import all_blogs, blogs_of, called, names
from handlers.subscribing import follow_buttons, topic_button, word_button

USUAL, MOST = 5, 20  # posts in one answer
FOUND = 10  # posts that a topic or a search shows
HOMES = 5  # blogs in which a topic can be followed by a button
TAGS = 30  # of the publisher's own tags, in the list of topics
BLOGS = 100  # more lines than that fit no message
RECENT, EARLIER = 6 * 3600.0, 48 * 3600.0  # seconds: what is trending now, compared with the time before it
FEWEST = 3  # recent posts; a topic with less is no trend
MUCH_MORE = 2.0


async def start(asked: Asked) -> Rendered:
    """Greets, and offers the blogs; with the word of a deep link, `blog` or `blog_topic`, just that."""
    t = asked.t
    blogs = await all_blogs(asked)
    if asked.rest.strip():
        return await _deep_link(asked, blogs, asked.rest.split()[0])
    greeting = t.gettext("Hello! I bring live blogs into this chat and keep every message true to the page.")
    how = t.gettext("Choose what to follow; /help lists what else I can do.")
    return asked.say(f"{greeting}\n\n{how}", follow_buttons(blogs))


async def _deep_link(asked: Asked, blogs: list[Known], word: str) -> Rendered:
    """https://core.telegram.org/bots/features#deep-linking; a blog's id has no underscore in it."""
    t, (id_, _, topic) = asked.t, word.partition("_")
    known = next((one for one in blogs if one.id == id_.casefold()), None)
    if known is None:
        return asked.say(t.gettext("That live blog is not here any more; these are."), follow_buttons(blogs))
    counts = await asked.house.store.topics(blogs=[known.id], now=asked.house.clock())
    found = find_topic(topic, topics_of([known], counts)) if topic else None
    title = asked.named(known.title)
    if found is not None:
        button = topic_button(asked, known, found, alone=True)
        return asked.say(
            t.gettext("{topic} in the live blog {blog}", topic=asked.named(found.title), blog=title), [(button,)]
        )
    state = _sentence(known.state_at(asked.house.now()), t)
    button = Button(text=t.gettext("Follow"), data=f"follow:{known.id}")
    return asked.say(t.gettext("The live blog {blog}.", blog=title) + f" {state}", [(button,)])


def _sentence(state: State, t: Texts) -> str:
    match state:
        case State.ENDED:
            return t.gettext("It has ended.")
        case State.UNREAD:
            return t.gettext("It was not read yet.")
        case State.NOT_STARTED:
            return t.gettext("It has not started yet.")
        case State.LIVE:
            return t.gettext("It is live.")
        case State.QUIET:
            return t.gettext("It is live, and quiet at the moment.")
    assert_never(state)


async def blogs(asked: Asked) -> Rendered:
    known = await asked.blogs.all(fresh=True)
    lines = [await _blog_line(asked, one) for one in known[:BLOGS]]
    return blogs_list(lines, asked.t, asked.house.now())


async def _blog_line(asked: Asked, known: Known) -> BlogLine:
    newest = await asked.house.store.latest(blogs=[known.id], now=asked.house.clock(), limit=1)
    return BlogLine(
        id=known.id,
        title=known.title,
        state=known.state_at(asked.house.now()),
        starts_at=known.state.life.starts_at,
        last_post_at=(newest[0].published_at or newest[0].first_seen_at) if newest else None,
        zone=known.blog.timezone,
    )


async def latest(asked: Asked) -> Rendered:
    """`[blog] [n]`, in either order."""
    count, words = number_in(asked.words, names(await all_blogs(asked)))
    blogs = await blogs_of(asked, words)
    if count is not None and count < 1:
        raise Wrong(asked.t.gettext("How many posts? A number from 1 to {most}, as in /latest 10.", most=str(MOST)))
    posts = await asked.house.store.latest(
        blogs=[one.id for one in blogs], now=asked.house.clock(), limit=min(count or USUAL, MOST)
    )
    title = blogs[0].title if len(blogs) == 1 else asked.t.gettext("The latest")
    if count is not None and count > MOST:
        title = asked.t.gettext("{title}, the newest {most}: more do not fit", title=asked.named(title), most=str(MOST))
    return latest_list(posts, title, asked.blogs.style_of, asked.t, asked.house.now())


# --- topics and words ----------------------------------------------------------------------------------------------


async def topic(asked: Asked) -> Rendered:
    """`[name]`: its posts and a button to follow it; alone: the topics; a name that is none: full-text search."""
    blogs = await all_blogs(asked)
    counts = await asked.house.store.topics(blogs=[one.id for one in blogs], now=asked.house.clock())
    topics = topics_of(blogs, counts)
    if not asked.rest.strip():
        return await _all_topics(asked, blogs, topics, counts)
    found = find_topic(asked.rest, topics)
    return await _search_instead(asked, blogs, topics) if found is None else await _one_topic(asked, blogs, found)


async def _one_topic(asked: Asked, blogs: list[Known], found: Name) -> Rendered:
    now = asked.house.clock()
    posts = await asked.house.store.of_topic(topic=found.id, blogs=ids(blogs), now=now, limit=FOUND)
    with_it = {post.blog for post in posts}
    homes = [one for one in blogs if one.id in with_it or one.blog.topic(found.id) is not None]
    shown = latest_list(posts, found.title, asked.blogs.style_of, asked.t, asked.house.now())
    buttons = [(topic_button(asked, one, found, alone=len(homes) == 1),) for one in homes[:HOMES]]
    return replace(shown, buttons=tuple(buttons))


async def _search_instead(asked: Asked, blogs: list[Known], topics: list[Name]) -> Rendered:
    now = asked.house.clock()
    posts = await asked.house.store.search(words=asked.rest, blogs=ids(blogs), now=now, limit=FOUND)
    if posts:
        return _found(asked, blogs, posts)
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


async def _all_topics(asked: Asked, blogs: list[Known], topics: list[Name], counts: dict[str, int]) -> Rendered:
    own = {topic.id for one in blogs for topic in one.blog.topics}
    tags = [name for name in topics if name.id not in own][:TAGS]
    trends = await _trending(asked, blogs)
    lines = [
        TopicLine(id=name.id, title=name.title, posts=counts.get(name.id, 0), trending=name.id in trends)
        for name in [*(name for name in topics if name.id in own), *tags]
    ]
    return topics_list(lines, asked.t)


async def _trending(asked: Asked, blogs: list[Known]) -> set[str]:
    store, now = asked.house.store, asked.house.clock()
    recent = await store.topics(blogs=ids(blogs), now=now, since=now - RECENT)
    since = await store.topics(blogs=ids(blogs), now=now, since=now - RECENT - EARLIER)
    return trending(recent, {topic: count - recent.get(topic, 0) for topic, count in since.items()})


def trending(recent: dict[str, int], earlier: dict[str, int]) -> set[str]:
    """Topics that make up far more of the recent posts than of those before. Shares, because a live blog has busy
    and quiet hours; and with nothing before there is nothing to compare with."""
    all_recent, all_earlier = sum(recent.values()), sum(earlier.values())
    if not all_earlier:
        return set()
    return {
        topic
        for topic, count in recent.items()
        if count >= FEWEST and count / all_recent >= MUCH_MORE * earlier.get(topic, 0) / all_earlier
    }


async def search(asked: Asked) -> Rendered:
    if not slug(asked.rest):
        raise Wrong(asked.t.gettext("Search for what? Write some words after it, as in /search power cut."))
    blogs = await all_blogs(asked)
    posts = await asked.house.store.search(words=asked.rest, blogs=ids(blogs), now=asked.house.clock(), limit=FOUND)
    return _found(asked, blogs, posts)


def _found(asked: Asked, blogs: list[Known], posts: list[Relayed]) -> Rendered:
    """And a button to follow the words, where it is clear in which blog."""
    shown = search_results(posts, asked.rest, asked.blogs.style_of, asked.t, asked.house.now())
    homes = [one for one in blogs if one.id in {post.blog for post in posts}] or blogs
    row = word_button(asked, homes[0], asked.rest) if len(homes) == 1 else ()
    return replace(shown, buttons=(row,)) if row else shown


def ids(blogs: list[Known]) -> list[str]:
    return [one.id for one in blogs]


async def who_is_this(asked: Asked) -> Rendered:
    """The numbers that an admin needs for the file."""
    t = asked.t
    numbers = [(t.gettext("This chat"), asked.message.chat.id)]
    numbers += [(t.gettext("This topic"), asked.thread)] if asked.thread else []
    numbers += [(t.gettext("You"), asked.person.id)] if asked.person else []
    lines = [Writing(rtl=t.rtl).sentence(f"{words}: ").code(str(number)) for words, number in numbers]
    return Writing(rtl=t.rtl).join(*lines, between="\n").rendered()
