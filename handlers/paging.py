"""Lists whose pages are turned by buttons: "Newer" and "Older" change the message they stand under."""

from __future__ import annotations

from collections.abc import Callable

from bot.core.model import Button
from bot.core.paging import Page, Sought, Turn, fits
from bot.core.render_lists import room_for
from handlers.asked import Where, Wrong


async def page_of(where: Where, sought: Sought, limit: int, turn: Turn | None = None) -> Page:
    """As many of the posts as fit a message. Wrong where there is nothing to turn to."""
    t, house = where.t, where.house
    page = await house.store.listed(sought, now=house.clock(), limit=limit, turn=turn)
    if page is None:
        raise Wrong(t.gettext("Those posts are too old; they are kept no more."))
    if turn is not None and not page.posts:
        raise Wrong(t.gettext("There is nothing older any more."))
    if turn is None or turn.older:
        return page.first(room_for(page.posts, where.blogs.style_of, t, house.now(), sought.words))
    return page.last(room_for(page.posts[::-1], where.blogs.style_of, t, house.now(), sought.words))


def turns(where: Where, page: Page, data: Callable[[Turn], str]) -> list[tuple[Button, ...]]:
    """The row of buttons below a page; none where everything stands on it."""
    t, row = where.t, list[Button]()
    if page.newer and page.posts:
        row.append(Button(text=t.gettext("Newer"), data=data(Turn(older=False, post=page.posts[0].id))))
    if page.older and page.posts:
        row.append(Button(text=t.gettext("Older"), data=data(Turn(older=True, post=page.posts[-1].id))))
    return [tuple(row)] if row and all(fits(one.data or "") for one in row) else []


def turn_in(where: Where, word: str) -> Turn:
    """The turn that a button names. Wrong where it names none."""
    turn = Turn.read(word)
    if turn is None:
        raise Wrong(where.t.gettext("This button means nothing any more."))
    return turn
