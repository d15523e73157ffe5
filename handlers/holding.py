"""Stopping the relaying of a blog, or of all, and letting it go on."""

from __future__ import annotations

from bot.core.model import Rendered
from handlers.arguments import find_blog
from handlers.asked import Asked, Wrong
from handlers.blogs import Known
from handlers.naming import all_blogs, names, unknown_blog

EVERYTHING = "all"


async def hold(asked: Asked) -> Rendered:
    """`blog` or `all`."""
    t, known = asked.t, await _blog_or_all(asked, "/hold")
    if await asked.house.store.all_held():
        return asked.say(t.gettext("Everything is held already; /release all lets it go on."))
    if known is not None and known.state.held_at is not None:
        return asked.say(t.gettext("{blog} is held already; /release {id} lets it go on.", **_called(asked, known)))
    await asked.house.desk.hold(known.id if known else None, person=asked.by)
    if known is None:
        return asked.say(
            t.gettext(
                "Every live blog is held: new posts and edits wait, withdrawals still go out. /release all ends it."
            )
        )
    return asked.say(
        t.gettext(
            "{blog} is held: new posts and edits wait, withdrawals still go out. /release {id} ends it.",
            **_called(asked, known),
        )
    )


async def release(asked: Asked) -> Rendered:
    """`blog` or `all`."""
    t, known = asked.t, await _blog_or_all(asked, "/release")
    everything = await asked.house.store.all_held()
    if known is not None and everything:
        return asked.say(t.gettext("Every live blog is held; /release all lets them go on."))
    if known is not None and known.state.held_at is None:
        return asked.say(t.gettext("{blog} is not held.", **_called(asked, known)))
    if known is None and not everything and not any(one.state.held_at for one in await asked.blogs.all(fresh=True)):
        return asked.say(t.gettext("Nothing is held."))
    waited = await asked.house.desk.release(
        known.id if known else None, person=asked.person.id if asked.person else None
    )
    return asked.say(_went_on(asked, known, waited))


def _went_on(asked: Asked, known: Known | None, waited: int) -> str:
    t = asked.t
    if known is None and not waited:
        return t.gettext("Every live blog goes on; nothing had waited.")
    if known is None:
        return t.ngettext(
            "Every live blog goes on; {n} post that waited goes out now.",
            "Every live blog goes on; {n} posts that waited go out now.",
            waited,
        )
    if not waited:
        return t.gettext("{blog} goes on; nothing had waited.", **_called(asked, known))
    return t.ngettext(
        "{blog} goes on; {n} post that waited goes out now.",
        "{blog} goes on; {n} posts that waited go out now.",
        waited,
        **_called(asked, known),
    )


def _called(asked: Asked, known: Known) -> dict[str, str]:
    return {"blog": asked.named(known.title), "id": known.id}


async def _blog_or_all(asked: Asked, command: str) -> Known | None:
    """None: all of them. The only blog need not be named."""
    await asked.blogs.all(fresh=True)
    blogs, named = await all_blogs(asked), " ".join(asked.words)
    if named.casefold() == EVERYTHING:
        return None
    if not named and len(blogs) == 1:
        return blogs[0]
    if not named:
        raise Wrong(
            asked.t.gettext("Which live blog? {command} blog, or {command} all; /blogs lists them.", command=command)
        )
    found = find_blog(named, names(blogs))
    if found is None:
        raise unknown_blog(asked, named, blogs)
    return next(one for one in blogs if one.id == found.id)
