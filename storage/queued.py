"""What waits in chats: each row with what the decision about it needs of its post, its subscription and the screen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from bot.core.model import Lane
from bot.core.plan import DIGEST_AT_MOST, MERGE_AT_MOST, Beside, OnScreen, Waiting
from storage.cards import CARD
from storage.corrections import CORRECTION
from storage.looking import ROWS_AT_ONCE, WAITS
from storage.rows import to_json
from storage.spoken import Connection

MOST_ROWS = 2**62
ROWS = 2 * MERGE_AT_MOST  # of a chat, in one lane of a thread, that one decision looks at

# Said so that PostgreSQL has one index for it: from another one of what waits it would read all that waits.
_WAITS = WAITS.replace("d.aside IS NULL", "coalesce(d.aside, '') = ''")
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
CROSS JOIN delivery d INDEXED BY delivery_waiting ON d.chat = CAST(j.value AS BIGINT) AND {_WAITS}
CROSS JOIN post p ON p.id = d.post LEFT JOIN blog b ON b.id = p.blog
LEFT JOIN subscription s ON s.blog = p.blog AND s.chat = d.chat AND s.thread = d.thread
WHERE (d.lane = 0 OR p.blog IS NULL OR b.held_at IS NULL AND NOT :all_held)
  AND (p.paused_at IS NULL OR d.sent > 0 OR d.lane = 0) LIMIT :rows
"""
# Whoever lost the lane and does not know it neither waits for rows that another session is settling, nor claims them.
_CLAIMED = _ROWS.replace(f"{_WAITS}\n", f"{_WAITS} /* FOR UPDATE SKIP LOCKED */\n")
_OR_SLEEPS = _ROWS.replace("coalesce(d.aside, '') = ''", "coalesce(d.aside, 'asleep') = 'asleep'")


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


Place: TypeAlias = tuple[int, int, int]  # post, chat, thread

# With each message all the posts that it shows. The messages of an album were written together: their numbers are as
# far apart as their positions.
_MESSAGES = """
SELECT s.post, s.chat, s.thread, s.revision, s.position, m.id, m.message_id, m.kind, m.picture, o.post AS beside,
  o.position AS beside_at
FROM json_each(:places) j CROSS JOIN shown s ON s.post = CAST(j.value ->> 0 AS BIGINT)
  AND s.chat = CAST(j.value ->> 1 AS BIGINT) AND s.thread = CAST(j.value ->> 2 AS BIGINT)
CROSS JOIN message m ON m.id = s.message CROSS JOIN shown o INDEXED BY shown_message ON o.message = m.id
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
    rows = _rows(db, bound, _OR_SLEEPS if asleep else _CLAIMED)
    looked = {chat: ones if len(ones) <= ROWS else list(_first_of_each(ones)) for chat, ones in rows.items()}
    screens = _screens(db, [place for ones in looked.values() for row in ones for place in _places(row)])
    return {
        chat: [
            _value(row, _message(row, screens), _answers(db, row, screens), _how_it_goes(row, on_withdrawal), zone)
            for row in ones
        ]
        for chat, ones in looked.items()
    }


def _rows(db: Connection, bound: dict[str, Any], statement: str) -> Mapping[int, list[_Row]]:
    """All that waits in these chats; where it is very much, in the first of them: the others have their turn soon."""
    rows: dict[int, list[_Row]] = defaultdict(list)
    for row in map(_Row._make, db.execute(statement, bound | {"rows": ROWS_AT_ONCE + 1}).fetchall()):
        rows[row.chat].append(row)
    if sum(map(len, rows.values())) <= ROWS_AT_ONCE:
        return rows
    rows.popitem()  # which may not be whole
    return rows or _rows_of_one(db, bound, statement)


def _rows_of_one(db: Connection, bound: dict[str, Any], statement: str) -> Mapping[int, list[_Row]]:
    """The chat in which so very much waits that there was no room for another."""
    rows: dict[int, list[_Row]] = defaultdict(list)
    with closing(db.execute(statement, bound | {"rows": MOST_ROWS})) as found:
        for row in map(_Row._make, found):
            if rows and row.chat not in rows:
                break
            rows[row.chat].append(row)
    return rows


def _places(row: _Row) -> Iterator[Place]:
    """Where a decision about the row looks what stands there."""
    if row.sent or row.notice == CARD:
        yield row.post, row.chat, row.thread
    if row.continues is not None and not row.sent:
        yield row.continues, row.chat, row.thread


@dataclass
class _Shown:
    """A message that shows a post."""

    revision: int
    position: int
    id: int
    message_id: int
    kind: str
    picture: int | None
    posts: dict[int, int]  # all that it shows, by their positions


def _screens(db: Connection, places: Sequence[Place]) -> Mapping[Place, list[_Shown]]:
    """The messages that show these posts, the last one first."""
    found: dict[Place, dict[int, _Shown]] = defaultdict(dict)
    if not places:
        return {}
    for row in db.execute(_MESSAGES, {"places": to_json(places)}).fetchall():
        here = found[row["post"], row["chat"], row["thread"]]
        if (shown := here.get(row["id"])) is None:
            shown = here[row["id"]] = _Shown(
                row["revision"], row["position"], row["id"], row["message_id"], row["kind"], row["picture"], {}
            )
        shown.posts[row["beside_at"]] = row["beside"]
    return {place: [ones[id_] for id_ in sorted(ones, reverse=True)] for place, ones in found.items()}


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


def _value(
    row: _Row, message: OnScreen | None, answers: int | None, on_withdrawal: str, zone: Callable[[str | None], str]
) -> Waiting:
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
        zone=zone(row.clock),
        digest=row.digest,
        slept=bool(row.slept),
        pictures=bool(row.pictures),
        message=message,
        answers=answers,
        language=row.language,
    )


def _answers(db: Connection, row: _Row, screens: Mapping[Place, list[_Shown]]) -> int | None:
    """Telegram's number of the message that shows the post which this one goes on with, in the same thread: of an
    album the first. A notice in the place of a post is nothing to go on with."""
    if row.continues is None or row.sent:
        return None
    there = screens.get((row.continues, row.chat, row.thread))
    if not there or not db.execute(_STANDS, (row.continues,)).fetchone():
        return None
    return _newest(there)[0].message_id


def _message(row: _Row, screens: Mapping[Place, list[_Shown]]) -> OnScreen | None:
    there = screens.get((row.post, row.chat, row.thread))
    if not there or not (row.sent or row.notice == CARD):
        return None
    first, *others = _newest(there)
    return OnScreen(
        id=first.id,
        message_id=first.message_id,
        kind=first.kind,
        picture=first.picture,
        posts=tuple([first.posts[at] for at in sorted(first.posts)]),
        others=tuple(Beside(id=one.id, message_id=one.message_id, picture=one.picture) for one in others),
        revision=first.revision if others or row.notice == CARD else 0,
    )


def _newest(there: Sequence[_Shown]) -> list[_Shown]:
    """The message sent last, or the album, of these that carry a post, the newest first."""
    if len(there) == 1 or there[0].kind != "photo":
        return [there[0]]
    album = there[0].id - there[0].position
    return [one for one in reversed(there) if one.kind == "photo" and one.id - one.position == album]
