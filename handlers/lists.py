"""The lists everybody may ask for: the blogs, their newest posts, and posts with some words in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.core.model import Button, Relayed, Rendered
from bot.core.paging import Sought, Turn, fits
from bot.core.render_lists import BlogLine, blogs_list, search_results
from bot.core.render_lists import latest as latest_list
from bot.core.snippets import words_of
from bot.core.wishes import Wish
from handlers.arguments import number_in, numbered
from handlers.asked import Asked, Effect, Pressed, Where, Wrong
from handlers.blogs import Known
from handlers.naming import all_blogs, blogs_of, names
from handlers.paging import page_of, turn_in, turns
from handlers.subscribing import word_button

USUAL, MOST = 5, 20  # posts in one answer
FOUND = 10  # posts that a topic or a search shows
BLOGS = 100  # more lines than that fit no message
KEPT = "="  # before what stands for words that a button cannot carry; no word of a search begins so


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


def everything(blogs: list[Known]) -> dict[str, Wish]:
    """All posts of these blogs."""
    return {one.id: Wish() for one in blogs}


async def one_blog(where: Where, id_: str) -> list[Known]:
    """The blog of a button, or all of them where it names none."""
    blogs = await all_blogs(where)
    found = [one for one in blogs if id_ in ("", one.id)]
    if not found:
        raise Wrong(where.t.gettext("That live blog is not here any more."))
    return found


# --- the newest ----------------------------------------------------------------------------------------------------


async def latest(asked: Asked) -> Rendered:
    """`[blog] [n]`, in either order."""
    count, words = number_in(asked.words, names(await all_blogs(asked)))
    blogs = await blogs_of(asked, words)
    t, most = asked.t, asked.t.number(MOST)
    if count is not None and count < 1:
        raise Wrong(t.gettext("How many posts? A number from 1 to {most}, as in /latest 10.", most=most))
    title = None
    if count is not None and count > MOST:
        named = asked.named(_title(asked, blogs))
        title = t.gettext("{title}, the newest {most}: more do not fit", title=named, most=most)
    return await _latest(asked, blogs, min(count or USUAL, MOST), None, title)


async def press_latest(pressed: Pressed) -> Effect:
    """`latest:<blog or nothing>:<how many>:<turn>`."""
    blog, _, rest = pressed.argument.partition(":")
    count, _, turn = rest.partition(":")
    if (most := numbered(count)) is None or not 1 <= most <= MOST:
        raise Wrong(pressed.t.gettext("This button means nothing any more."))
    blogs = await one_blog(pressed, blog)
    return Effect(rewritten=await _latest(pressed, blogs, most, turn_in(pressed, turn)))


async def _latest(
    where: Where, blogs: list[Known], count: int, turn: Turn | None, title: str | None = None
) -> Rendered:
    page = await page_of(where, Sought(blogs=everything(blogs)), count, turn)
    blog = blogs[0].id if len(blogs) == 1 else ""
    buttons = turns(where, page, lambda turn: f"latest:{blog}:{count}:{turn}")
    return latest_list(
        page.posts, title or _title(where, blogs), where.blogs.style_of, where.t, where.house.now(), buttons
    )


def _title(where: Where, blogs: list[Known]) -> str:
    return blogs[0].title if len(blogs) == 1 else where.t.gettext("The latest")


# --- words ---------------------------------------------------------------------------------------------------------


async def search(asked: Asked) -> Rendered:
    """`[blog] words`: where there are several, a first word that is a blog's id means that blog, as long as the other
    words are found there."""
    if not words_of(asked.rest):
        raise Wrong(asked.t.gettext("Search for what? Write some words after it, as in /search power cut."))
    blogs = await all_blogs(asked)
    first, _, rest = asked.rest.strip().partition(" ")
    named = [one for one in blogs if one.id == first.casefold()] if len(blogs) > 1 and words_of(rest) else []
    return (
        (named and await found(asked, named, rest)) or await found(asked, blogs, asked.rest) or _nothing(asked, blogs)
    )


def _nothing(asked: Asked, blogs: list[Known]) -> Rendered:
    nothing = search_results([], asked.rest, asked.blogs.style_of, asked.t, asked.house.now())
    return replace(nothing, buttons=tuple(_follow(asked, blogs, [], asked.rest)))


async def found(where: Where, blogs: list[Known], words: str, turn: Turn | None = None) -> Rendered | None:
    """A page of what was found; None where it was nothing."""
    plain = " ".join(words_of(words))
    page = await page_of(where, Sought(blogs=everything(blogs), words=plain), FOUND, turn)
    if not page.posts:
        return None
    one = blogs[0] if len(blogs) == 1 < len(where.house.blogs()) else None
    data = await words_for_buttons(where, plain, "" if one is None else one.id) if page.newer or page.older else ""
    return search_results(
        page.posts,
        words if turn is None else plain,
        where.blogs.style_of,
        where.t,
        where.house.now(),
        blog=None if one is None else one.title,
        all_shown=not (page.newer or page.older),
        buttons=[*turns(where, page, lambda turn: f"found:{turn}:{data}"), *_follow(where, blogs, page.posts, plain)],
    )


def _follow(where: Where, blogs: list[Known], posts: Sequence[Relayed], words: str) -> list[tuple[Button, ...]]:
    """A button to hear of these words from now on, where it is clear in which blog."""
    homes = [one for one in blogs if one.id in {post.blog for post in posts}] or blogs
    row = word_button(where, homes[0], words) if len(homes) == 1 else ()
    return [row] if row else []


async def words_for_buttons(where: Where, words: str, blog: str) -> str:
    """`<blog or nothing>:<words>`, or what stands for them in the store where they are too long."""
    longest = f"found:o{'z' * 12}:{blog}:{words}"
    return f"{blog}:{words if fits(longest) else KEPT + await where.house.store.keep_words(words, where.house.clock())}"


async def press_found(pressed: Pressed) -> Effect:
    """`found:<turn, or nothing for the first page>:<blog or nothing>:<words>`."""
    turn, _, rest = pressed.argument.partition(":")
    blog, _, words = rest.partition(":")
    if words.startswith(KEPT):
        words = await pressed.house.store.kept_words(words.removeprefix(KEPT)) or ""
    if not words:
        raise Wrong(pressed.t.gettext("That search is too old; please ask again."))
    blogs = await one_blog(pressed, blog)
    results = await found(pressed, blogs, words, turn_in(pressed, turn) if turn else None)
    if results is None:
        raise Wrong(pressed.t.gettext("Nothing found for “{words}”.", words=pressed.named(words)))
    return Effect(rewritten=results) if turn else Effect(said=results)
