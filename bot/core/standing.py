"""What stands in the way, as the admins are told it: each thing once, with its end. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.core.texts import Texts

DOCUMENT = "docs/operations.md"


class Kind(StrEnum):
    """What may be wrong. The values stand in the database and in `status --json`."""

    FAILING = "failing"  # a blog cannot be polled
    PAGE = "page"  # a page is not as it was: posts vanished, ids moved
    LATE = "late"  # a blog is not polled when its schedule says so
    HUB = "hub"  # a hub does not tell us
    FILE = "file"  # the file is refused
    LISTEN = "listen"  # web.listen cannot be opened
    WEBHOOK = "webhook"  # Telegram cannot bring what people write
    REFUSED = "refused"  # Telegram refused deliveries
    HALTED = "halted"  # Telegram takes no messages from this bot
    UNREACHABLE = "unreachable"  # Telegram does not answer
    FLOODS = "floods"  # Telegram answers 429 too often
    STUCK = "stuck"  # something waits, and nothing leaves
    DISK = "disk"  # it is nearly full
    BACKUP = "backup"  # a schedule made backups, and makes them no more
    BROKE = "broke"  # a command or a button met a mistake of ours
    NODE = "node"  # a node went without a goodbye
    TROUBLE = "trouble"  # a node says that something is wrong with it
    LANE = "lane"  # no node sends for a bot
    SHARDS = "shards"  # no node polls some of the blogs
    CLOCK = "clock"  # a node's clock is not PostgreSQL's


# Where `DOCUMENT` says what each means and what is to be done.
SECTIONS: Mapping[Kind, str] = {
    Kind.FAILING: "A blog fails",
    Kind.PAGE: "A page is not as it was",
    Kind.LATE: "Polls are late",
    Kind.HUB: "A hub does not tell us",
    Kind.FILE: "The file is refused",
    Kind.LISTEN: "web.listen cannot be opened",
    Kind.WEBHOOK: "Telegram cannot bring updates",
    Kind.REFUSED: "Telegram refused deliveries",
    Kind.HALTED: "Telegram takes no messages",
    Kind.UNREACHABLE: "Telegram cannot be reached",
    Kind.FLOODS: "Telegram asks for patience",
    Kind.STUCK: "Nothing leaves",
    Kind.DISK: "The disk is nearly full",
    Kind.BACKUP: "Backups have stopped",
    Kind.BROKE: "A command broke",
    Kind.NODE: "A node is gone",
    Kind.TROUBLE: "A node is in trouble",
    Kind.LANE: "Nobody sends for a bot",
    Kind.SHARDS: "Nobody polls",
    Kind.CLOCK: "Clocks differ",
}

# Another text of these is another alarm: another mistake in the file, say. Of the others it is the same, further on.
BY_TEXT = frozenset({Kind.PAGE, Kind.FILE, Kind.TROUBLE})
# Nobody can be told as long as it stands: the log has it, and everybody hears of its end.
TOLD_WHEN_OVER = frozenset({Kind.UNREACHABLE})


ALONE = 4  # so many at a time are a message each
LONGEST, LINE = 3500, 240  # characters of a message that tells of more, and of each of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that is, or was, not as it should be. Instants in seconds since 1970.

    `about` is a blog's id, or ""; `part` tells several of one kind apart: the address of a page, Telegram's reason.
    `subject`, `text` and `ending` are what people read: of what it speaks; what is wrong and what that means for
    readers; how it ended, None where nobody is told.
    """

    kind: Kind
    about: str
    text: str
    since: float
    ended_at: float | None = None
    told: bool = False  # somebody was, or is not to be
    part: str = ""
    subject: str = ""
    ending: str | None = None
    id: int = 0  # in the table


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Deliveries that Telegram refused for one reason, and that are not tried any more."""

    why: str
    rows: int
    chats: int
    last_at: float  # seconds since 1970
    newest_post: int


def told(alarm: Alarm) -> str:
    """One line: what, where, what it means for readers, since when, and where it says what is to be done; or how it
    ended, and how long it had lasted."""
    said = _end(alarm) if alarm.ended_at is not None else _beginning(alarm)
    return " ".join(said.split())


def messages(alarms: Sequence[Alarm]) -> list[tuple[str, Sequence[Alarm]]]:
    """What somebody reads of these, and which each message tells: a line each, or very many in one. A network that is
    gone makes every blog fail, and nobody reads a hundred messages.
    """
    if len(alarms) <= ALONE:
        return [(told(one), (one,)) for one in alarms]
    ended = sum(one.ended_at is not None for one in alarms)
    lines, room = [f"{len(alarms) - ended} alarms have begun and {ended} are over; /alarms says what stands."], LONGEST
    for one in alarms:
        lines.append(f"- {told(one)[:LINE]}")
        room -= len(lines[-1]) + 1
        if room < LINE and one is not alarms[-1]:
            return [("\n".join([*lines, f"and {len(alarms) - len(lines) + 1} more"]), alarms)]
    return [("\n".join(lines), alarms)]


def _beginning(alarm: Alarm) -> str:
    subject = f"{alarm.subject}: " if alarm.subject else ""
    what_to_do = f"What to do: {DOCUMENT}, “{SECTIONS[alarm.kind]}”."
    return f"{subject}{alarm.text}. Since {_moment(alarm.since)}. {what_to_do}"


def _end(alarm: Alarm) -> str:
    assert alarm.ended_at is not None
    lasted = Texts.of("en").duration(timedelta(seconds=max(0.0, alarm.ended_at - alarm.since)))
    said = f"{alarm.about}: {alarm.ending}" if alarm.about else f"Over: {alarm.subject}; {alarm.ending}"
    return f"{said}. It lasted {lasted}, since {_moment(alarm.since)}."


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%-d %b %H:%M} UTC"
