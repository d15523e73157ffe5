"""What a chat gets next: one pure decision over its waiting deliveries.

Instants in the sending half of the relay are seconds since 1970, as the delivery table holds them: this is the hot
path, and a comparison is all that is done with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.model import Lane

MERGE_FROM = 3  # so many waiting posts of one chat leave as one message
MERGE_AT_MOST = 20  # more would not fit a message of 4096 characters with a headline each


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A message of an album that stands beside the one that bears the text."""

    id: int  # ours
    message_id: int  # Telegram's
    picture: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnScreen:
    """A message of ours that stands in a chat, and the posts it carries in their order.

    Of an album it is the first that still stands: that bears the text.
    """

    id: int  # ours
    message_id: int  # Telegram's
    kind: str  # "text", "photo" or "copy"
    picture: int | None = None  # which one it shows, as `Done.picture` told
    posts: tuple[int, ...]
    others: tuple[Beside, ...] = ()  # of an album
    revision: int = 0  # which its text says; known of an album, whose messages change one after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delivery whose `sent` is not its `wanted`, with what the decision needs of its post and of the screen."""

    post: int
    thread: int
    lane: Lane
    wanted: int
    sent: int  # 0: nothing there yet
    since: float
    not_before: float = 0.0
    attempts: int = 0
    plain: bool = False  # the usual form was refused
    silent: bool = False
    withdrawn: bool = False
    on_withdrawal: str = "notice"
    copied: bool = False
    alone: bool = False  # it is never one of several in a message
    message: OnScreen | None = None
    answers: int | None = None  # Telegram's number of the message there that the post goes on with


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send these posts as one message: one post in full, or several by headline."""

    rows: tuple[Waiting, ...]

    @property
    def answers(self) -> int | None:
        """The message that this one answers. One that carries several posts answers none."""
        return self.rows[0].answers if len(self.rows) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Make this message say what its posts say now."""

    rows: tuple[Waiting, ...]
    message: OnScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Take this message away."""

    rows: tuple[Waiting, ...]
    message: OnScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Nothing to do on the screen: the rows are as they should be."""

    rows: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Never sent and no longer wanted: forget the rows."""

    rows: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Nothing may leave now."""


Action = Send | Edit | Delete
Plan = Action | Skip | Drop | Rest


def plan(rows: Iterable[Waiting], now: float) -> Plan:
    """The next action for one chat.

    Order holds within a lane of a thread: a row that is being retried holds back the rows behind it, a row that was
    set aside is not among `rows` and holds back nobody.
    """
    ordered = sorted(rows, key=lambda row: (row.lane, row.since, row.post, row.thread))
    free = _free(ordered, now)
    if not free:
        return Rest()
    return _sent_before(free[0], free) if free[0].sent else _first_time(free[0], free)


def _free(ordered: Sequence[Waiting], now: float) -> list[Waiting]:
    """The rows that may leave now: due, and behind no row of their lane and thread that is being retried."""
    held: set[tuple[int, Lane]] = set()
    free: list[Waiting] = []
    for row in ordered:
        place = (row.thread, row.lane)
        if row.not_before > now:
            held.add(place)
        elif place not in held:
            free.append(row)
    return free


def _first_time(row: Waiting, free: Sequence[Waiting]) -> Plan:
    if row.withdrawn:
        return Drop(rows=(row,))
    together = [other for other in free if _may_join(other, row)]
    if len(together) >= MERGE_FROM and _may_join(row, row):
        return Send(rows=tuple(together[:MERGE_AT_MOST]))
    return Send(rows=(row,))


def _may_join(other: Waiting, row: Waiting) -> bool:
    """Relayed posts of one thread merge; an editor's push is its own message, as is what was refused in a merge."""
    return (
        other.lane is row.lane is Lane.LIVE
        and other.thread == row.thread
        and not (other.sent or other.withdrawn or other.plain or other.copied or other.alone)
    )


def _sent_before(row: Waiting, free: Sequence[Waiting]) -> Plan:
    """An edit of the message that carries the row, with whatever else of that message has changed."""
    if row.message is None or (row.withdrawn and row.on_withdrawal == "keep"):
        return Skip(rows=(row,))
    if row.message.kind == "copy" and not row.withdrawn:
        return Skip(rows=(row,))
    rows = tuple(other for other in free if other.message == row.message)
    if row.withdrawn and _goes_away(row, row.message):
        return Delete(rows=rows, message=row.message)
    return Edit(rows=rows, message=row.message)


def _goes_away(row: Waiting, message: OnScreen) -> bool:
    """Whether a withdrawal deletes the message. `plain` means that Telegram refused the first way: then the other.

    A copied message (a poll, a sticker, …) has no text of ours to replace, so it can only go.
    """
    if len(message.posts) > 1:
        return False
    if message.kind != "copy" and row.plain:  # what could not be replaced must not stay
        replaced = message.others and message.revision >= row.wanted  # it was the album's others that could not go
        return row.on_withdrawal == "notice" and not replaced
    return message.kind == "copy" or row.on_withdrawal == "delete"
