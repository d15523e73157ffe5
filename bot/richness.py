"""Whether Telegram takes rich messages: an older Bot API server does not know them, and a form of one may be refused.

What was refused is remembered for a while, so that it costs one call and not one for every chat.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.core.blocks import RichMessage, without_pictures

UNKNOWN_SECONDS = 3600.0  # until a server that did not know them is asked again
REFUSED_SECONDS = 600.0  # until a refused form is tried again
MOST = 1000  # refusals that are remembered


class Richness:
    """Of one way out. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._now = clock
        self._unknown_until = float("-inf")
        self._refused: dict[RichMessage, float] = {}  # until when
        self._changes = 0

    @property
    def version(self) -> int:
        """Another one where `form_of` may say something else than before."""
        now = self._now()
        if self._refused and next(iter(self._refused.values())) <= now:
            self._refused = {form: until for form, until in self._refused.items() if until > now}
            self._changes += 1
        if self._unknown_until != float("-inf") and self._unknown_until <= now:
            self._unknown_until = float("-inf")
            self._changes += 1
        return self._changes

    def form_of(self, rich: RichMessage | None) -> RichMessage | None:
        """As it is, or without pictures where one may have been why it was refused; None: it is to be said plainly."""
        now = self._now()
        if rich is None or self._unknown_until > now:
            return None
        for form in dict.fromkeys((rich, without_pictures(rich))):
            if self._refused.get(form, now) <= now:
                return form
        return None

    def unknown(self) -> None:
        """The server has no such method."""
        self._unknown_until = self._now() + UNKNOWN_SECONDS
        self._changes += 1

    def refused(self, form: RichMessage) -> None:
        """The server would not take this."""
        self._refused.pop(form, None)
        self._refused[form] = self._now() + REFUSED_SECONDS
        self._changes += 1
        if len(self._refused) > MOST:
            self._refused.pop(next(iter(self._refused)))
