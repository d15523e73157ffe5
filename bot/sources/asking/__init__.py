"""What is asked at a poll. A configured address is the name of a page; for some formats it is not all that is asked.

Pure: formats know here which addresses a blog has, and what an answer leads to. `bot.asking` does the asking.
"""

from __future__ import annotations

from bot.sources.asking import aljazeera, live24, scribblelive, sourcefabric, wordpress
from bot.sources.asking.shape import Ask, Asking, Gathered, Known, Turn, fixed

__all__ = ["Ask", "Asking", "Gathered", "Known", "Turn", "asking_for", "fixed"]

_BY_ADDRESS = (wordpress.asking, sourcefabric.asking, aljazeera.asking, live24.asking, scribblelive.asking)


def asking_for(url: str, reader: str = "auto", kept: str | None = None) -> Asking:
    """How the page at `url` is asked for.

    Where another `reader` was named, or has read the page until now (`kept`), the address is taken as it stands.
    """
    wanted = reader if reader != "auto" else kept
    try:
        found = [one for asking in _BY_ADDRESS if (one := asking(url)) is not None]
    except ValueError:  # not an address at all; fetching it will say so
        found = []
    return next((one for one in found if wanted in (None, one.format)), fixed(url))
