"""What other bots know about a chat: that it follows a feed. The values that the readers of their files give."""

from __future__ import annotations

from dataclasses import dataclass

from bot.subscribers import BadRows, Wrong, no_chat, right, short

__all__ = ["BadRows", "Follow", "NotThatFile", "Wrong", "checked", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """One chat (Telegram's id) that follows one feed.

    `place` is where that stands in the file, `page` where the feed's readers find it, `left_out` why it is not taken
    ("paused there"), `categories` the words by which it follows only a part.
    """

    place: str
    chat: int
    feed: str
    page: str = ""
    sound: bool = True
    language: str | None = None
    categories: tuple[str, ...] = ()
    left_out: str = ""


class NotThatFile(Exception):
    """The file as a whole cannot be taken; one line says why."""


PAUSED = "paused there"
BANNED = "of somebody who is banned there"
FEEDLESS = "with a feed that is not in the file"

_LONGEST = 4096  # characters of an address


def checked(place: str, chat: object, feed: object, **more: object) -> Follow | Wrong:
    """A follow of these, or what is wrong with them. `chat` and `feed` are as they stand in the file."""
    if isinstance(chat, bool) or not isinstance(chat, int):
        return Wrong(place, f"{short(chat)} is no chat")
    if why := no_chat(chat):
        return Wrong(place, why)
    if not isinstance(feed, str) or not 0 < len(feed.strip()) <= _LONGEST:
        return Wrong(place, f"{short(feed)} is no address of a feed")
    return Follow(place=place, chat=chat, feed=feed.strip(), **more)  # type: ignore[arg-type]
