"""Albums: their messages come one by one, and nothing says which is the last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from telegram import Message

QUIET_SECONDS = 1.0  # without a further part an album is whole; Telegram hands its parts over together
KEPT_SECONDS = 3600.0  # so long a reply to one of its messages may take all of it
MOST = 100  # albums


@dataclass(slots=True)
class _Album:
    parts: dict[int, Message] = field(default_factory=dict)
    heard_at: float = 0.0
    answering: asyncio.Future[None] | None = None


class Albums:
    """Those that were heard lately, in memory only: after a restart a message of an album stands for itself."""

    def __init__(self) -> None:
        self._albums: dict[tuple[int, str], _Album] = {}

    def heard(self, message: Message, begin: Callable[[Message], asyncio.Future[None]]) -> asyncio.Future[None]:
        """A part of an album; what `begin` made of its first part, which is about all of it."""
        now = time.monotonic()
        self._forget(now)
        album = self._albums.setdefault(_name(message), _Album())
        album.parts[message.message_id] = message
        album.heard_at = now
        if album.answering is None or album.answering.cancelled():
            album.answering = begin(message)
        return album.answering

    async def whole(self, message: Message) -> Sequence[Message]:
        """All parts, once no further one came for a while."""
        album = self._albums.get(_name(message), _Album())
        while (wait := album.heard_at + QUIET_SECONDS - time.monotonic()) > 0:  # noqa: ASYNC110 each part postpones it
            await asyncio.sleep(wait)
        return self.parts(message)

    def parts(self, message: Message) -> Sequence[Message]:
        """What is known of the album that a message is of, in order; the message alone where it is of none."""
        album = self._albums.get(_name(message)) if message.media_group_id else None
        return [album.parts[number] for number in sorted(album.parts)] if album else [message]

    def _forget(self, now: float) -> None:
        old = [name for name, album in self._albums.items() if now - album.heard_at > KEPT_SECONDS]
        for name in old or list(self._albums)[: max(0, len(self._albums) - MOST)]:
            del self._albums[name]


def _name(message: Message) -> tuple[int, str]:
    return message.chat.id, message.media_group_id or ""
