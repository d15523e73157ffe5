"""What Telegram made of the pictures it was given: its own file ids of those it took, and which it refused lately."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from typing import Any

from bot.core.model import Relayed
from bot.core.writing import safe_url

MOST = 1000  # of each that are remembered
_KINDS = ("video", "animation", "audio", "voice", "document")
REFUSED_SECONDS = 600.0  # a publisher's server may have had a bad moment


class Pictures:
    """Of one bot: a file id is good for no other. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._now = clock
        self._files: dict[str, str] = {}  # by address
        self._refused: dict[str, float] = {}  # until when

    def known(self, address: str) -> str | None:
        """Upload once, then reuse: Telegram fetches an address anew for every message, its own file ids never."""
        return self._files.get(address)

    def took(self, addresses: Iterable[str], result: Any) -> None:
        """The answer to a message with these pictures, or to an album of them."""
        sent = result if isinstance(result, list) else [result]
        for address, message in zip(addresses, sent, strict=False):
            if isinstance(message, dict) and (file := _file_in(message)):
                _keep(self._files, address, file)

    def refused(self, addresses: Sequence[str]) -> None:
        """One of these. A file id that was used is forgotten first, and the address tried again. Then they are not sent
        for a while, but for the first where it may be any: one picture is better than none.
        """
        stale = [one for one in addresses if self._files.pop(one, None) is not None]
        for one in [] if stale else addresses[1:] or addresses:
            _keep(self._refused, one, self._now() + REFUSED_SECONDS)

    def refused_among(self, posts: Sequence[Relayed]) -> frozenset[str]:
        """The pictures of these posts that are not to be sent now."""
        if not self._refused:
            return frozenset()
        theirs = {one.url for post in posts for one in post.pictures} | {post.photo or "" for post in posts}
        theirs |= {one.file for post in posts for one in post.media}
        now = self._now()
        return frozenset(one for one in theirs if self._refused.get(_as_sent(one), now) > now)


def without(post: Relayed, refused: Container[str]) -> Relayed:
    """The post less these pictures: the next one takes the place of the first."""
    left = tuple(one for one in post.pictures if one.url not in refused)
    photo = post.photo if post.photo not in refused else left[0].url if left else None
    media = tuple(one for one in post.media if one.file not in refused)
    return replace(post, photo=photo, pictures=left, media=media)


def _file_in(message: dict[str, Any]) -> str | None:
    """The file id of what a message shows; an animation is a document as well, for older programs."""
    if photo := message.get("photo"):
        return str(photo[-1]["file_id"])
    found = next((message[kind] for kind in _KINDS if message.get(kind)), None)
    return str(found["file_id"]) if found else None


def unpictured(post: Relayed) -> Relayed:
    """A post of a blog without its pictures. What an editor pushed is as it is: its picture may be all of it."""
    return post if post.blog is None else replace(post, photo=None, pictures=())


def _as_sent(address: str) -> str:
    return safe_url(address) or address


def _keep(kept: dict[str, Any], address: str, what: Any) -> None:
    kept[address] = what
    if len(kept) > MOST:
        kept.pop(next(iter(kept)))
