"""/catchup: what happened since this chat last looked, of what it follows here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.core.catchup import KEY_EVENTS, LATE, LATEST, Catchup, counted, since_when, whole_milliseconds, zone_of
from bot.core.model import Rendered
from bot.core.paging import Page, Sought, Span, Turn, base36
from bot.core.render_catchup import render_catchup
from bot.core.wishes import Wish
from handlers.asked import Asked, Effect, Pressed, Told, Where, Wrong
from handlers.blogs import Known, topics_of
from handlers.naming import all_blogs, blogs_of
from handlers.paging import page_of, turn_in, turns

FURTHER = 10  # posts on the pages after the first
_TIME = re.compile(r"[0-9a-z]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Which posts are told of: a span of what is followed, or of the one blog that was named."""

    blogs: list[Known]
    named: str  # a blog's id, or nothing
    sought: Sought
    span: Span

    def data(self, turn: Turn) -> str:
        since, until = (base36(round(one * 1000)) for one in (self.span.since, self.span.until))
        return f"catch:{self.named}:{since}:{until}:{turn}"


async def catchup(asked: Asked) -> Told:
    """`[blog]`: the chat has looked when it was told of all that it follows; a single blog of several leaves the
    others to be told."""
    named = await blogs_of(asked, asked.words) if asked.words else None
    now = whole_milliseconds(asked.house.clock())
    followed = await asked.house.store.followed_since(asked.chat.id, asked.thread)
    since = whole_milliseconds(since_when(asked.chat.looked_at, followed, now))
    look = await _look(asked, named[0].id if named else "", since, now)
    everything = named is None or (await _followed(asked)).keys() <= look.sought.blogs.keys()

    async def looked() -> None:
        if everything:
            await asked.house.store.looked(asked.chat.id, now)

    return Told(rendered=await _first(asked, look), then=looked)


async def press_catchup(pressed: Pressed) -> Effect:
    """`catch:<blog or nothing>:<since>:<until>:<turn>`, the times in milliseconds."""
    named, *times, word = [*pressed.argument.split(":"), "", "", ""][:4]
    since, until = (int(time, 36) / 1000 if _TIME.fullmatch(time) else -1.0 for time in times)
    if not 0 <= since <= until <= pressed.house.clock() + 60:
        raise Wrong(pressed.t.gettext("This button means nothing any more."))
    look = await _look(pressed, named, since, until)
    return Effect(rewritten=await _further(pressed, look, turn_in(pressed, word)))


# --- what is told --------------------------------------------------------------------------------------------------


async def _look(where: Where, named: str, since: float, until: float) -> Look:
    blogs = {one.id: one for one in await all_blogs(where)}
    if named and named not in blogs:
        raise Wrong(where.t.gettext("That live blog is not here any more."))
    followed = await _followed(where)
    wanted = {named: followed.get(named, Wish())} if named else followed or dict.fromkeys(blogs, Wish())
    span = Span(since=since, until=until, oldest=since - LATE.total_seconds())
    return Look(blogs=[blogs[id_] for id_ in wanted], named=named, sought=Sought(blogs=wanted, span=span), span=span)


async def _followed(where: Where) -> dict[str, Wish]:
    """What is followed here, by blog; blogs that left the file have nothing to tell."""
    here = {one.id for one in where.house.blogs()}
    subscriptions = await where.house.store.subscriptions(where.chat.id, where.thread)
    return {one.blog: one.wish for one in subscriptions if one.blog in here}


async def _key_events(where: Where, look: Look) -> Page:
    return await page_of(where, replace(look.sought, key_events=True), KEY_EVENTS)


async def _first(where: Where, look: Look) -> Rendered:
    key = (await _key_events(where, look)).posts
    others = replace(look.sought, but=frozenset(post.id for post in key))
    page = await page_of(where, others, LATEST)
    _, topics = await where.house.store.tally(look.sought, now=look.span.until)
    titles = {name.id: name.title for name in topics_of(look.blogs, topics)}
    told = Catchup(
        title=_title(look),
        since=datetime.fromtimestamp(look.span.since, UTC),
        until=datetime.fromtimestamp(look.span.until, UTC),
        key_events=key,
        topics=counted(topics, titles),
        latest=page.posts,
        more=await _left(where, others, page),
    )
    return _rendered(where, look, told, page)


async def _further(where: Where, look: Look, turn: Turn) -> Rendered:
    """A page after the first. The first itself, where newer ones are asked for and these are the newest."""
    key = (await _key_events(where, look)).posts
    others = replace(look.sought, but=frozenset(post.id for post in key))
    page = await page_of(where, others, FURTHER, turn)
    if not turn.older and not page.newer:
        return await _first(where, look)
    told = Catchup(
        title=_title(look),
        since=datetime.fromtimestamp(look.span.since, UTC),
        until=datetime.fromtimestamp(look.span.until, UTC),
        latest=page.posts,
        more=await _left(where, others, page),
        first=False,
    )
    return _rendered(where, look, told, page)


async def _left(where: Where, sought: Sought, page: Page) -> int:
    """How many posts stand on the pages after this one."""
    if not page.older:
        return 0
    last = Turn(older=True, post=page.posts[-1].id)
    left, _ = await where.house.store.tally(sought, now=where.house.clock(), turn=last)
    return left


def _rendered(where: Where, look: Look, told: Catchup, page: Page) -> Rendered:
    zone = where.chat.choices.timezone or zone_of(_zones(look.blogs))
    buttons = turns(where, page, look.data)
    rendered = render_catchup(told, where.blogs.style_of, where.t, where.house.now(), zone, buttons)
    return rendered if where.house.settings().telegram.rich_messages else replace(rendered, rich=None)


def _zones(blogs: Sequence[Known]) -> list[str]:
    return [one.blog.timezone for one in blogs]


def _title(look: Look) -> str | None:
    return look.blogs[0].title if len(look.blogs) == 1 else None
