"""What a chat chose in its settings. Pure values; when they let something pass is decided beside `plan`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Quiet hours in the chat's own zone: minutes after midnight, from the first to before the last.

    They may span midnight. `breaking`: breaking news comes through all the same.
    """

    start: int
    end: int
    breaking: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a chat chose for itself: all that its subscriptions share.

    `language` beats the one of the chat's client; without `timezone` (an IANA name) the blog's own is used.
    """

    language: str | None = None
    timezone: str | None = None
    quiet: Quiet | None = None
    muted_until: float = 0.0  # an instant, in seconds since 1970
