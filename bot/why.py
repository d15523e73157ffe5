"""Why a post stands in a chat, or does not: asked in Telegram, on the command line and in the browser alike."""

from __future__ import annotations

from dataclasses import replace

from bot.core.explanation import Explanation
from bot.core.facts import Facts
from bot.core.why import explained
from config.settings import Settings
from storage import Store


async def why(store: Store, settings: Settings, post: int, chat: int, now: float, *, thread: int = 0) -> Explanation:
    """Of a post and a chat by our numbers. Times are in the zone of the post's blog, else UTC. `thread`: of several
    that have to do with the post, just this one; 0: whichever has most of it.

    A number that stands for nothing is explained as well: `unknown-post`, `unknown-chat`, `pruned`.
    """

    def zone(blog: str | None) -> str:
        found = settings.blog(blog) if blog else None
        return found.timezone if found else "UTC"

    facts = await store.facts(post, chat, now=now, zone=zone)
    facts = _of_thread(facts, thread) if thread else facts
    blog = (facts.post.blog if facts.post else None) or (facts.push.blog if facts.push else None)
    named = settings.blog(blog) if blog else None
    state = await store.blog(blog) if blog else None
    title = (named.title if named else "") or (state.title if state else None) or blog
    return explained(facts, title=title, zone=zone(blog), kept_for=settings.kept_for.total_seconds(), now=now)


def _of_thread(facts: Facts, thread: int) -> Facts:
    rows = tuple(one for one in facts.rows if one.thread == thread)
    followings = tuple(one for one in facts.followings if one.thread == thread)
    return replace(facts, rows=rows, followings=followings) if rows or followings else facts
