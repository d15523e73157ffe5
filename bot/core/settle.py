"""What is true after an action, and when to look again. Retry policy lives here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from bot.core.albums import WHOLE, Step
from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Outcome, Refused, TryLater, Unknown
from bot.core.plan import Action, Delete, Edit, OnScreen, Pin, Send, Waiting

LONGEST_PAUSE = 300.0  # seconds between attempts at most; Telegram's bad hours end without notice


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAfter:
    """One delivery after the action. `sent` None: what is there has not changed."""

    post: int
    thread: int
    sent: int | None = None
    not_before: float = 0.0
    attempts: int = 0
    plain: bool = False
    aside: str | None = None  # why it is not tried any more, until a new revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    why: str
    thread: int | None = None  # only this forum topic
    may_open: bool = False  # which is there, and closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    until: float


ChatAfter = Closed | Moved | Resting


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What one write makes true. `message_ids`: sent just now; `gone`: our message rows that are no more."""

    rows: tuple[RowAfter, ...]
    message_ids: tuple[int, ...] = ()
    kind: str = "text"
    picture: int | None = None
    others: tuple[int, ...] = ()  # the other pictures of an album, in the order of their messages
    gone: tuple[int, ...] = ()
    edited: int | None = None
    dropped: tuple[int, ...] = ()  # posts that the edited message carries no more
    chat: ChatAfter | None = None
    halted: str | None = None  # why Telegram takes nothing from this bot

    @property
    def refused(self) -> str | None:
        """Why it is not tried any more."""
        return next((row.aside for row in self.rows if row.aside is not None), None)


def settle(
    action: Action, rendered: dict[int, int], outcome: Outcome, now: float, ambiguous: str, step: Step = WHOLE
) -> Settlement:
    """The settlement of an action whose posts were rendered at these revisions (post -> revision).

    `ambiguous` is the configuration's word for a send whose answer was lost: "resend" or "drop". Edits and deletes
    are repeated either way: doing them twice changes nothing. `step` is the call that was made where the action takes
    several: the rows wait on until the last one.
    """
    match outcome:
        case Done():
            return _done(action, rendered, outcome, step)
        case TryLater():
            return _later(action, outcome, now)
        case Unknown() if isinstance(action, Send) and ambiguous == "drop":
            return Settlement(rows=_at(action, rendered))
        case Unknown(why=why):
            return _later(action, TryLater(why=why, after=0.0), now)
        case ChatMoved(to=to):
            return Settlement(rows=_again(action, not_before=0.0), chat=Moved(to=to))
        case ChatClosed(why=why, thread_only=thread_only, may_open=may_open):
            thread = action.rows[0].thread if thread_only else None
            closed = Closed(why=why, thread=thread, may_open=may_open)
            return Settlement(rows=_again(action, not_before=0.0), chat=closed)
        case Gone():
            return _gone(action, rendered, outcome, step)
        case Refused():
            return _refused(action, outcome)
        case _:
            assert_never(outcome)


def postponed(action: Action, until: float) -> Settlement:
    """Nothing was tried: it is too early. What is in other lanes goes first."""
    return Settlement(rows=_again(action, not_before=until))


def pause(attempts: int) -> float:
    """Seconds before the next attempt after so many failed ones: 1, 2, 4, … up to five minutes."""
    return min(LONGEST_PAUSE, 2.0 ** min(attempts - 1, 9))


def _done(action: Action, rendered: dict[int, int], outcome: Done, step: Step) -> Settlement:
    rows = _at(action, rendered) if step.last else _again(action, not_before=0.0)
    match action:
        case Send():
            sent, pictures = outcome.message_ids, (outcome.picture, outcome.others)
            if action.rows[0].card and sent:  # it waits on, to be pinned
                rows = _nothing_there(action)
            return Settlement(rows=rows, message_ids=sent, kind=outcome.kind, picture=pictures[0], others=pictures[1])
        case Pin():
            return _stands(action)
        case Edit(message=message) if step.last and not step.removes and (unwanted := _unwanted(action)):
            left = any(post not in unwanted for post in message.posts)
            gone = () if left else _all_of(message)
            return Settlement(rows=rows, edited=message.id if left else None, dropped=unwanted, gone=gone)
        case Edit(message=message) if step.removes:
            return Settlement(rows=rows, gone=_at_places(message, step))
        case Edit(message=message):
            return Settlement(rows=rows, edited=_at_places(message, step)[0], picture=outcome.picture)
        case Delete(message=message):
            return Settlement(rows=rows, gone=_all_of(message))


def _unwanted(action: Action) -> tuple[int, ...]:
    return tuple([row.post for row in action.rows if row.wanted == 0])


def _nothing_there(action: Action) -> tuple[RowAfter, ...]:
    return tuple(RowAfter(post=row.post, thread=row.thread, sent=0) for row in action.rows)


def _stands(action: Pin, gone: tuple[int, ...] = ()) -> Settlement:
    """The card is there as it was sent. A missing right to pin it is no failure; and what somebody took away before it
    was pinned comes again with the next change, not at once, or that might never end.
    """
    return Settlement(rows=_at(action, dict.fromkeys(action.message.posts, action.message.revision)), gone=gone)


def _all_of(message: OnScreen) -> tuple[int, ...]:
    return (message.id, *(one.id for one in message.others))


def _at_places(message: OnScreen, step: Step) -> tuple[int, ...]:
    every = _all_of(message)
    return tuple(every[place] for place in step.places)


def _later(action: Action, outcome: TryLater, now: float) -> Settlement:
    """A flood wait is the chat's, not the post's, and is no failed attempt."""
    if outcome.flood:
        return Settlement(rows=_again(action, not_before=0.0), chat=Resting(until=now + outcome.after))
    rows = tuple(_retried(row, max(outcome.after, pause(row.attempts + 1)), now) for row in action.rows)
    return Settlement(rows=rows, halted=outcome.why if outcome.for_admins else None)


def _retried(row: Waiting, wait: float, now: float) -> RowAfter:
    return RowAfter(post=row.post, thread=row.thread, not_before=now + wait, attempts=row.attempts + 1, plain=row.plain)


def _gone(action: Action, rendered: dict[int, int], outcome: Gone, step: Step) -> Settlement:
    """Somebody took the message away: there is nothing left to keep true, unless more of its album stands.

    One that stands but cannot be edited is left as it is, and kept in mind for the day its post is withdrawn; what is
    withdrawn must go, in another way. Nothing can be gone that was never sent: then it is a refusal like any other.
    """
    if isinstance(action, Pin):
        return _stands(action, _all_of(action.message))
    if isinstance(action, Send) or (outcome.stands and any(row.withdrawn for row in action.rows)):
        return _refused(action, Refused(why=outcome.why))
    if outcome.stands:
        return Settlement(rows=_at(action, rendered), gone=_all_of(action.message) if _unwanted(action) else ())
    gone = _all_of(action.message) if isinstance(action, Delete) else _at_places(action.message, step)
    if isinstance(action, Edit) and action.rows[0].card:  # with this change it is sent anew
        return Settlement(rows=_nothing_there(action), gone=gone)
    left = len(_all_of(action.message)) > len(gone)
    return Settlement(rows=_again(action, not_before=0.0) if left else _at(action, rendered), gone=gone)


def _refused(action: Action, outcome: Refused) -> Settlement:
    """Once more in the plainest form (posts of a merge: each on its own), then aside, and the admins hear of it."""
    if isinstance(action, Pin):
        return _stands(action)
    if outcome.otherwise:
        return Settlement(rows=_again(action, not_before=0.0))
    if any(_has_plainer_form(row) for row in action.rows):
        again = tuple(
            RowAfter(post=row.post, thread=row.thread, attempts=row.attempts, plain=True) for row in action.rows
        )
        return Settlement(rows=again)
    if not isinstance(action, Send) and all(row.wanted == 0 for row in action.rows):  # nothing helps: let go of it
        return Settlement(rows=_nothing_there(action), gone=_all_of(action.message))
    aside = tuple(RowAfter(post=row.post, thread=row.thread, plain=True, aside=outcome.why) for row in action.rows)
    return Settlement(rows=aside)


def _has_plainer_form(row: Waiting) -> bool:
    """What is copied is copied as it is."""
    return not (row.plain or row.copied)


def _at(action: Action, rendered: dict[int, int]) -> tuple[RowAfter, ...]:
    return tuple(
        RowAfter(post=row.post, thread=row.thread, sent=rendered[row.post] if row.wanted else 0, plain=row.plain)
        for row in action.rows
    )


def _again(action: Action, *, not_before: float) -> tuple[RowAfter, ...]:
    return tuple(
        RowAfter(post=row.post, thread=row.thread, not_before=not_before, attempts=row.attempts, plain=row.plain)
        for row in action.rows
    )
