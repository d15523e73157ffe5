"""What stands in the way, as the admins know it: each thing once, with its end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What may be wrong. The values stand in the database and in `status --json`."""

    FAILING = "failing"  # a blog cannot be polled
    PAGE = "page"  # a page is not as it was: posts vanished, ids moved
    LATE = "late"  # a blog is not polled when its schedule says so
    HUB = "hub"  # a hub does not tell us
    FILE = "file"  # the file is refused
    LISTEN = "listen"  # web.listen cannot be opened
    REFUSED = "refused"  # Telegram refused deliveries
    HALTED = "halted"  # Telegram takes no messages from this bot
    UNREACHABLE = "unreachable"  # Telegram does not answer
    FLOODS = "floods"  # Telegram answers 429 too often
    DISK = "disk"  # it is nearly full
    BROKE = "broke"  # a command or a button met a mistake of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that is, or was, not as it should be. Instants in seconds since 1970.

    `about` is a blog's id, or ""; `part` tells several of one kind apart: the address of a page, Telegram's reason.
    `subject` and `text` are what people read: of what it speaks; what is wrong and what that means.
    """

    kind: Kind
    about: str
    text: str
    since: float
    ended_at: float | None = None
    told: bool = False  # to at least one admin
    part: str = ""
    subject: str = ""
    id: int = 0  # in the table


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Deliveries that Telegram refused for one reason, and that are not tried any more."""

    why: str
    rows: int
    chats: int
    last_at: float  # seconds since 1970
    newest_post: int
