"""What a chat gets next: one pure decision over its waiting deliveries.

Instants in the sending half of the relay are seconds since 1970, as the delivery table holds them: this is the hot
path, and a comparison is all that is done with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.core.choices import Choices
from bot.core.habits import Habit, next_digest, quiet_until
from bot.core.model import Lane

MERGE_FROM = 3  # so many waiting posts of one chat leave as one message
MERGE_AT_MOST = 20  # more would not fit a message of 4096 characters with a headline each
DIGEST_FROM = 2  # of a digest, and of what was held back: those were not wanted one by one
DIGEST_AT_MOST = 1000  # a night or two of a busy blog: what does not fit is counted


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
    kind: str  # "text", "rich", "photo" or "copy"
    picture: int | None = None  # which one it shows, as `Done.picture` told
    posts: tuple[int, ...]
    others: tuple[Beside, ...] = ()  # of an album
    revision: int = 0  # which its text says; known of a card, and of an album, whose messages change one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delivery whose `sent` is not its `wanted`, with what the decision needs of its post and of the screen.

    `wanted` 0: this chat shall not have the post any more.
    """

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
    card: bool = False  # the card of a blog: pinned where it stands, and sent again where somebody took it away
    blog: str | None = None
    zone: str = "UTC"  # the blog's own: where its chat chose none
    digest: str = ""  # when the digests come for which it waits; "" where its chat wants each post
    slept: bool = False  # it was held back for its chat's habits
    pictures: bool = True  # whether its chat wants them
    language: str | None = None  # that its subscription was brought along with, from another bot
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
class Pin:
    """Pin this message, which was just sent; whether that is allowed or not."""

    rows: tuple[Waiting, ...]
    message: OnScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Nothing to do on the screen: the rows are as they should be."""

    rows: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Nowhere on the screen and no longer wanted: forget the rows."""

    rows: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """The chat does not want to hear of these yet. At `until` it is decided anew, also of what waits longer."""

    rows: tuple[Waiting, ...]
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Nothing may leave now."""


Action = Send | Edit | Delete | Pin
Plan = Action | Skip | Drop | Sleep | Rest

_NOTHING_CHOSEN = Choices()


def plan(rows: Iterable[Waiting], now: float, choices: Choices = _NOTHING_CHOSEN) -> Plan:
    """The next action for one chat that chose this.

    Order holds within a lane of a thread: a row that is being retried holds back the rows behind it, a row that was
    set aside is not among `rows` and holds back nobody.
    """
    ordered = sorted(rows, key=lambda row: (row.lane, row.since, row.post, row.thread))
    free = _free(ordered, now)
    if not free:
        return Rest()
    if asleep := _asleep(free, choices, now):
        return Sleep(rows=tuple(row for row, _ in asleep), until=min(until for _, until in asleep))
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


# --- what a chat does not want to hear of yet ----------------------------------------------------------------------


def _asleep(free: Sequence[Waiting], choices: Choices, now: float) -> list[tuple[Waiting, float]]:
    """First sends that their chat wants later, each with the moment. Edits and withdrawals make no sound and pass, and
    so does a card.
    """
    if choices.quiet is None and choices.muted_until <= now and not any(row.digest for row in free):
        return []
    first = [row for row in free if not (row.sent or row.withdrawn or row.card)]
    digests = _digests(first, choices.timezone)
    waits = ((row, _held(row, choices, digests, now)[1]) for row in first)
    return [(row, until) for row, until in waits if until > now]


def _digests(first: Sequence[Waiting], zone: str | None) -> dict[tuple[int, str | None], float]:
    """When the digest of each blog of a thread is due: it was after its oldest post that is told in none."""
    due: dict[tuple[int, str | None], float] = {}
    for row in first:  # the oldest first
        if row.digest:
            due.setdefault((row.thread, row.blog), next_digest(row.digest, zone or row.zone, row.since))
    return due


Held = tuple[Habit | None, float]


def _held(row: Waiting, choices: Choices, digests: dict[tuple[int, str | None], float], now: float) -> Held:
    """A mute holds everything, quiet hours what is not breaking news or what is as well; until 0 where nothing does."""
    if choices.muted_until > now:
        return Habit.MUTE, choices.muted_until
    quiet = choices.quiet
    if quiet and not (quiet.breaking and row.lane is Lane.BREAKING):
        until = quiet_until(quiet, choices.timezone or row.zone, now)
        if until is not None:
            return Habit.QUIET, until
    return (Habit.DIGEST, digests[row.thread, row.blog]) if row.digest else (None, 0.0)


def held_for(row: Waiting, rows: Iterable[Waiting], now: float, choices: Choices) -> Held:
    """For what this one of all the `rows` of its chat that wait to be sent is held back, and until when."""
    ordered = sorted(rows, key=lambda one: (one.lane, one.since, one.post, one.thread))
    first = [one for one in ordered if not (one.sent or one.withdrawn or one.card)]
    habit, until = _held(row, choices, _digests(first, choices.timezone), now)
    return (habit, until) if until > now else (None, 0.0)


# --- what was never sent -------------------------------------------------------------------------------------------


def _first_time(row: Waiting, free: Sequence[Waiting]) -> Plan:
    if row.withdrawn:
        return Drop(rows=(row,))
    if row.message is not None:  # a card, whose last step is the pin
        return Pin(rows=(row,), message=row.message)
    if not _merges(row):
        return Send(rows=(row,))
    beside = [other for other in free if other.thread == row.thread and other.plain == row.plain and _merges(other)]
    return Send(rows=_together(row, beside))


def _merges(row: Waiting) -> bool:
    """Relayed posts merge; an editor's push is its own message."""
    return row.lane in (Lane.LIVE, Lane.DIGEST) and not (row.sent or row.withdrawn or row.copied or row.alone)


def _together(row: Waiting, beside: Sequence[Waiting]) -> tuple[Waiting, ...]:
    """Of these, which leave in one message with `row`. What was refused in a merge is tried by itself, unless that
    would be a flood: then once more as one, in its plainest form.
    """
    of_lane = [other for other in beside if other.lane is row.lane]
    if row.lane is Lane.DIGEST or any(other.slept or other.digest for other in of_lane):
        together, least = tuple(beside[:DIGEST_AT_MOST]), MERGE_AT_MOST + 1 if row.plain else DIGEST_FROM
        return together if len(together) >= least else (row,)
    return tuple(of_lane[:MERGE_AT_MOST]) if len(of_lane) >= MERGE_FROM and not row.plain else (row,)


# --- what stands there already -------------------------------------------------------------------------------------


def _sent_before(row: Waiting, free: Sequence[Waiting]) -> Plan:
    """An edit of the message that carries the row, with whatever else of that message has changed."""
    if row.wanted == 0:
        return _taken_back(row, free)
    if row.message is None and row.card:
        return Send(rows=(row,))
    if row.message is None or (row.withdrawn and row.on_withdrawal == "keep"):
        return Skip(rows=(row,))
    if row.message.kind == "copy" and not row.withdrawn:
        return Skip(rows=(row,))
    rows = tuple(other for other in free if other.message == row.message and other.wanted)
    if row.withdrawn and _goes_away(row, row.message):
        return Delete(rows=rows, message=row.message)
    return Edit(rows=rows, message=row.message)


def _taken_back(row: Waiting, free: Sequence[Waiting]) -> Plan:
    """The message goes, or where it carries other posts as well, its part of it.

    What Telegram refused to delete (`plain`) says at least that nobody keeps it true any more.
    """
    if row.message is None:
        return Drop(rows=(row,))
    rows = tuple(other for other in free if other.message == row.message)
    unwanted = {other.post for other in rows if other.wanted == 0}
    left = tuple(post for post in row.message.posts if post not in unwanted)
    if left:
        return Edit(rows=rows, message=replace(row.message, posts=left))
    return Edit(rows=rows, message=row.message) if row.plain else Delete(rows=rows, message=row.message)


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
