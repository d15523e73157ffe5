"""What waits in chats: each row with what the decision about it needs of its post, its subscription and the screen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from bot.core.model import Lane
from bot.core.plan import DIGEST_AT_MOST, MERGE_AT_MOST, Beside, OnScreen, Waiting
from storage.cards import CARD
from storage.corrections import CORRECTION
from storage.looking import ROWS_AT_ONCE, WAITS
from storage.spoken import Connection, Row

ROWS = 2 * MERGE_AT_MOST  # of a chat, in one lane of a thread, that one decision looks at

_ROWS = f"""
SELECT d.chat, d.post, d.thread, d.lane, d.wanted, d.sent, d.since, d.not_before, d.attempts, d.plain,
  d.silent OR NOT coalesce(CASE WHEN p.blog IS NULL THEN (SELECT max(f.sound) FROM subscription f
    INDEXED BY subscription_chat WHERE f.chat = d.chat AND f.thread = d.thread) ELSE s.sound END, TRUE),
  d.slept, p.withdrawn_at IS NOT NULL, p.copied_chat IS NOT NULL, p.notice, p.blog,
  CASE WHEN s.volume = 'digest' AND p.notice IS NULL THEN s.digest ELSE '' END, coalesce(s.pictures, TRUE),
  p.editors_word, p.continues, s.language,
  coalesce(p.blog, (SELECT min(f.blog) FROM subscription f INDEXED BY subscription_chat
    WHERE f.chat = d.chat AND f.thread = d.thread))
FROM json_each(:chats) j
CROSS JOIN delivery d INDEXED BY delivery_waiting ON d.chat = CAST(j.value AS BIGINT)
CROSS JOIN post p ON p.id = d.post LEFT JOIN blog b ON b.id = p.blog
LEFT JOIN subscription s ON s.blog = p.blog AND s.chat = d.chat AND s.thread = d.thread
WHERE {WAITS} AND (d.lane = 0 OR p.blog IS NULL OR b.held_at IS NULL AND NOT :all_held)
  AND (p.paused_at IS NULL OR d.sent > 0 OR d.lane = 0)
"""
_OR_SLEEPS = _ROWS.replace("d.aside IS NULL", "coalesce(d.aside, 'asleep') = 'asleep'")


class _Row(NamedTuple):
    """The columns of the statement above, whose names would be looked up for every message."""

    chat: int
    post: int
    thread: int
    lane: int
    wanted: int
    sent: int
    since: float
    not_before: float
    attempts: int
    plain: int
    silent: int
    slept: int
    withdrawn: int
    copied: int
    notice: str | None
    blog: str | None
    digest: str
    pictures: int
    editors_word: str | None
    continues: int | None
    language: str | None
    clock: str | None  # the blog by whose clock a chat lives that chose none


# The messages of an album were written together: their numbers are as far apart as their positions.
_MESSAGES = """
SELECT s.revision, s.position, m.id, m.message_id, m.kind, m.picture FROM shown s JOIN message m ON m.id = s.message
WHERE s.chat = :chat AND s.post = :post AND s.thread = :thread ORDER BY s.message DESC LIMIT 10
"""
_STANDS = "SELECT 1 FROM post WHERE id = ? AND withdrawn_at IS NULL"


def waiting(
    db: Connection,
    bound: dict[str, Any],
    on_withdrawal: Callable[[str | None], str],
    zone: Callable[[str | None], str],
    *,
    asleep: bool = False,
) -> Mapping[int, list[Waiting]]:
    """All that may be decided now of these chats, by chat; with `asleep` also what waits for their habits."""
    rows = _rows(db, bound, _OR_SLEEPS if asleep else _ROWS)
    found: dict[int, list[Waiting]] = defaultdict(list)
    for chat, ones in rows.items():
        for row in ones if len(ones) <= ROWS else _first_of_each(ones):
            message = _message(db, row) if row.sent or row.notice == CARD else None
            answers = _answered(db, row) if row.continues is not None and not row.sent else None
            found[chat].append(_value(row, message, answers, _how_it_goes(row, on_withdrawal), zone(row.clock)))
    return found


def _rows(db: Connection, bound: dict[str, Any], statement: str) -> Mapping[int, list[_Row]]:
    """All that waits in these chats; where it is very much, in the first of them: the others have their turn soon."""
    rows: dict[int, list[_Row]] = defaultdict(list)
    with closing(db.execute(statement, bound)) as found:
        for number, row in enumerate(map(_Row._make, found)):
            if number >= ROWS_AT_ONCE and row.chat not in rows:
                break
            rows[row.chat].append(row)
    return rows


def _how_it_goes(row: _Row, on_withdrawal: Callable[[str | None], str]) -> str:
    """What our own editors take down neither stays nor stays readable, whatever the blog does with withdrawals; and
    of a correction nothing stays where its post is gone."""
    if not row.withdrawn:
        return "notice"
    how = on_withdrawal(row.blog)
    if row.notice == CORRECTION and how != "keep":
        return "delete"
    return "notice" if row.editors_word == "withdrawn" and how in ("keep", "strike") else how


def _first_of_each(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Of each lane of a thread as many as a decision may need: order holds there, and a chat may have waited long."""
    taken: Counter[tuple[int, int]] = Counter()
    digests = {(row.thread, row.lane) for row in rows if row.slept or row.digest}
    for row in sorted(rows, key=lambda one: (one.lane, one.since, one.post)):
        place = (row.thread, row.lane)
        taken[place] += 1
        if taken[place] <= (DIGEST_AT_MOST if place in digests else ROWS):
            yield row


def _value(row: _Row, message: OnScreen | None, answers: int | None, on_withdrawal: str, zone: str) -> Waiting:
    return Waiting(
        post=row.post,
        thread=row.thread,
        lane=Lane(row.lane),
        wanted=row.wanted,
        sent=row.sent,
        since=row.since,
        not_before=row.not_before,
        attempts=row.attempts,
        plain=bool(row.plain),
        silent=bool(row.silent),
        withdrawn=bool(row.withdrawn),
        on_withdrawal=on_withdrawal,
        copied=bool(row.copied),
        alone=row.blog is None or row.notice is not None,
        card=row.notice == CARD,
        blog=row.blog,
        zone=zone,
        digest=row.digest,
        slept=bool(row.slept),
        pictures=bool(row.pictures),
        message=message,
        answers=answers,
        language=row.language,
    )


def _answered(db: Connection, row: _Row) -> int | None:
    """Telegram's number of the message that shows the post which this one goes on with, in the same thread: of an
    album the first. A notice in the place of a post is nothing to go on with."""
    assert row.continues is not None, "looked at before"
    there = _standing(db, row, row.continues)
    if not there or not db.execute(_STANDS, (row.continues,)).fetchone():
        return None
    return int(_newest(there)[0]["message_id"])


def _standing(db: Connection, row: _Row, post: int) -> list[Row]:
    """The messages that show a post where this row is to be seen, the last one first."""
    return db.execute(_MESSAGES, {"chat": row.chat, "post": post, "thread": row.thread}).fetchall()


def _message(db: Connection, row: _Row) -> OnScreen | None:
    there = _standing(db, row, row.post)
    if not there:
        return None
    first, *others = _newest(there)
    posts = db.execute("SELECT post FROM shown WHERE message = ? ORDER BY position", (first["id"],))
    return OnScreen(
        id=first["id"],
        message_id=first["message_id"],
        kind=first["kind"],
        picture=first["picture"],
        posts=tuple([one[0] for one in posts]),
        others=tuple(Beside(id=one["id"], message_id=one["message_id"], picture=one["picture"]) for one in others),
        revision=first["revision"] if others or row.notice == CARD else 0,
    )


def _newest(there: Sequence[Row]) -> list[Row]:
    """The message sent last, or the album, of these that carry a post, the newest first."""
    if len(there) == 1 or there[0]["kind"] != "photo":
        return [there[0]]
    album = there[0]["id"] - there[0]["position"]
    return [one for one in reversed(there) if one["kind"] == "photo" and one["id"] - one["position"] == album]
