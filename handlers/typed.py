"""The choices that are typed: /mute, /quiet, /timezone, /digest. Alone, each opens its screen of /settings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.core import render_settings as screens
from bot.core.model import Rendered
from handlers.arguments import blog_in
from handlers.asked import Asked, Wrong
from handlers.choosing import OFF, be_quiet, digest_at, live_in, mute_until, muted_for, not_followed, zone_in_force
from handlers.naming import all_blogs, names, unknown_blog
from handlers.settings import at, likely_zones, view
from handlers.targets import Target, target_of

_TIME = re.compile(r"[0-9]{1,4}[mh]|[0-9]{1,2}:[0-9]{2},?", re.IGNORECASE)


async def mute(asked: Asked) -> Rendered:
    """`[2h]`: until when, and a button to end it."""
    target, words = await target_of(asked)
    if not words:
        return screens.mute(await view(at(asked, target)))
    until = muted_for(asked, words, await zone_in_force(asked, target))
    said = await mute_until(asked, target, until)
    seen = await view(at(asked, target))
    unmute = [(seen.button(asked.t.gettext("Unmute"), "M", "off"),)] if until else []
    return asked.say(said, unmute)


async def quiet(asked: Asked) -> Rendered:
    """`[22:30-6:15]`"""
    target, words = await target_of(asked)
    if not words:
        return screens.quiet(await view(at(asked, target)))
    return asked.say(await be_quiet(asked, target, words))


async def timezone(asked: Asked) -> Rendered:
    """`[city]`"""
    target, words = await target_of(asked)
    if not words:
        return screens.zones(await view(at(asked, target)), likely_zones(asked))
    return asked.say(await live_in(asked, target, words))


async def digest(asked: Asked) -> Rendered:
    """`[blog] [30m | 08:00 18:00]`: shows what is chosen by then."""
    target, words = await target_of(asked)
    blog, times = await _blog_and_times(asked, target, words)
    if blog is None:
        return screens.home(await view(at(asked, target)))
    if times:
        await digest_at(asked, target, blog, " ".join(times))
    seen = await view(at(asked, target))
    one = next((one for one in seen.followed if one.blog == blog), None)
    if one is None:
        raise Wrong(not_followed(asked))
    return screens.subscription(seen, one) if times else screens.digest(seen, one)


async def _blog_and_times(asked: Asked, target: Target, words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The blog need not be named where one is followed. None: it is not said which."""
    blogs = await all_blogs(asked)
    named, times = blog_in([word for word in words if not _is_time(word)], names(blogs))
    times += [word for word in words if _is_time(word)]
    if named is not None:
        return named.id, times
    followed = await asked.house.store.subscriptions(target.chat.id, target.thread)
    if len(followed) == 1:
        return followed[0].blog, times
    if words:
        raise unknown_blog(asked, words[0], blogs)
    return None, []


def _is_time(word: str) -> bool:
    return bool(_TIME.fullmatch(word)) or word.casefold() in OFF
