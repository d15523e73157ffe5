"""Rows below a head, as many as one message holds."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.model import Rendered
from bot.core.texts import Texts
from bot.core.writing import MESSAGE, Writing
from handlers.asked import Buttons

_ENTITIES = 90
_REST = 60  # units kept free for the line that counts what did not fit


def fitting(
    head: Writing, rows: Iterable[Writing], count: int, t: Texts, between: str = "\n\n", buttons: Buttons = ()
) -> Rendered:
    """As many of the `count` rows below the head as a message holds, and a line that counts the others."""
    shown = 0
    for row in rows:
        if head.length + row.length + _REST > MESSAGE or head.formatting + row.formatting > _ENTITIES:
            break
        head.join(row, between=between)
        shown += 1
    if shown < count:
        head.write(between).sentence(t.ngettext("and {n} more", "and {n} more", count - shown))
    return head.rendered(buttons=buttons)
