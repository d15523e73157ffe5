"""Editors' own posts: a draft that only its author may send, then a publication like any other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from bot.core.model import Lane, Relayed
from bot.core.publishing import Audience, PushText, Sending
from storage import audit, expansion
from storage.audit import Act
from storage.rows import OWN, entities_json, insert, relayed, spaced, to_json, unspaced
from storage.spoken import Connection, Row

OPEN = ("draft", "waiting")  # nobody hears of it yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """An editor's post with its state.

    "draft"; "waiting" for another editor's approval; "scheduled"; "sent"; "cancelled", "rejected" or "expired".
    """

    post: Relayed
    author: int
    state: str
    preview_chat: int | None = None
    preview_message: int | None = None
    sent_at: float | None = None
    sending: Sending = field(default_factory=Sending)
    approved_by: int | None = None


def draft(db: Connection, *, author: int, text: PushText, now: float) -> int:
    """Keep what an editor wrote; nobody hears of it. Returns the post's number."""
    copied_chat, copied_message = text.copied or (None, None)
    media = to_json([(one.kind, one.file) for one in text.media])
    columns = {
        "key": f"push:{secrets.token_hex(8)}",
        "text": text.text,
        "entities": entities_json(text.entities),
        "photo": text.photo,
        "media": media,
        "buttons": _buttons_json(text),
        "copied_chat": copied_chat,
        "copied_message": copied_message,
        "first_seen_at": now,
    }
    post = insert(db, "post", columns)
    db.execute("INSERT INTO push (post, author, lane, created_at) VALUES (?, ?, ?, ?)", (post, author, Lane.LIVE, now))
    return post


def _buttons_json(text: PushText) -> str:
    return to_json([(one.text, one.url) for one in text.buttons])


def link(db: Connection, post: int, text: PushText) -> bool:
    """Give a draft the links of `text`: False where it is none any more."""
    changed = db.execute(
        "UPDATE post SET buttons = ? WHERE id = ? AND EXISTS (SELECT 1 FROM push WHERE post = id AND state = 'draft')",
        (_buttons_json(text), post),
    )
    return changed.rowcount == 1


def shown_at(db: Connection, post: int, chat: int, message: int) -> None:
    """Where the preview stands (Telegram's ids), so that progress can be shown in it, also after a restart."""
    db.execute("UPDATE push SET preview_chat = ?, preview_message = ? WHERE post = ?", (chat, message, post))


def find(db: Connection, post: int) -> Push | None:
    """None for what an editor wrote for a blog: that is sent in another way."""
    row = db.execute(
        "SELECT u.* FROM push u JOIN post p ON p.id = u.post WHERE u.post = ? AND substr(p.key, 1, ?) <> ?",
        (post, len(OWN), OWN),
    ).fetchone()
    return _push(db, row) if row else None


def under(db: Connection, chat: int, message: int) -> Push | None:
    """The push whose buttons this message (Telegram's ids) bears."""
    row = db.execute("SELECT * FROM push WHERE preview_chat = ? AND preview_message = ?", (chat, message)).fetchone()
    return _push(db, row) if row else None


def _push(db: Connection, row: Row) -> Push:
    post = db.execute("SELECT * FROM post WHERE id = ?", (row["post"],)).fetchone()
    names = ("author", "state", "preview_chat", "preview_message", "sent_at", "approved_by")
    return Push(post=relayed(post), sending=_sending(row), **{name: row[name] for name in names})


def _sending(row: Row) -> Sending:
    audience = Audience(
        blog=row["blog"], topics=unspaced(row["topics"]), language=row["language"], only_chat=row["only_chat"]
    )
    return Sending(audience=audience, lane=Lane(row["lane"]), silent=bool(row["silent"]), at=row["send_at"])


_CHOSEN = """
lane = :lane, silent = :silent, blog = :blog, topics = :topics, language = :language, only_chat = :only_chat,
send_at = :send_at
"""


def _columns(sending: Sending) -> dict[str, Any]:
    to = sending.audience
    return {
        "lane": sending.lane,
        "silent": sending.silent,
        "blog": to.blog,
        "topics": spaced(to.topics),
        "language": to.language,
        "only_chat": to.only_chat,
        "send_at": sending.at,
    }


def choose(db: Connection, post: int, sending: Sending) -> bool:
    """How a draft is to go out: False where it is none any more."""
    bound = _columns(sending) | {"post": post}
    changed = db.execute(f"UPDATE push SET {_CHOSEN} WHERE post = :post AND state = 'draft'", bound)
    return changed.rowcount == 1


def send(
    db: Connection, post: int, *, sending: Sending, now: float, person: int | None = None, chats: int | None = None
) -> bool:
    """From draft to publication, once: False where it is no draft any more. `chats`: how many its author was told."""
    if not choose(db, post, sending):
        return False
    _publish(db, post, sending, now)
    audit.note(db, _act("push", sending, post, now, person, chats))
    return True


def ask(db: Connection, post: int, sending: Sending) -> bool:
    """Let a draft wait for another editor: False where it is no draft any more."""
    return choose(db, post, sending) and _moves(db, post, "draft", "waiting")


def take_back(db: Connection, post: int) -> bool:
    """Nobody could be asked: it is a draft again."""
    return _moves(db, post, "waiting", "draft")


def approve(db: Connection, post: int, *, person: int, now: float, chats: int | None = None) -> bool:
    """What waits goes out as its author wanted, in the name of both: False where it does not wait any more."""
    row = db.execute(
        "SELECT * FROM push WHERE post = ? AND state = 'waiting' AND author <> ?", (post, person)
    ).fetchone()
    if row is None:
        return False
    db.execute("UPDATE push SET approved_by = ? WHERE post = ?", (person, post))
    _publish(db, post, sending := _sending(row), now)
    audit.note(db, _act("approve", sending, post, now, person, None))
    audit.note(db, _act("push", sending, post, now, row["author"], chats))
    return True


def reject(db: Connection, post: int, *, person: int, now: float) -> bool:
    """What waits goes to nobody: False where it does not wait any more."""
    if not _moves(db, post, "waiting", "rejected"):
        return False
    audit.note(db, Act(at=now, act="reject", person=person, post=post))
    return True


def _publish(db: Connection, post: int, sending: Sending, now: float) -> None:
    later = sending.at is not None and sending.at > now
    state, sent_at = ("scheduled", None) if later else ("sent", now)
    db.execute("UPDATE push SET state = ?, sent_at = ? WHERE post = ?", (state, sent_at, post))
    columns = _columns(sending)
    del columns["send_at"]
    begun = {"post": post, "kind": "new", "created_at": now, "not_before": sending.at if later else now}
    expansion.begin(db, columns | begun)


def _act(act: str, sending: Sending, post: int, now: float, person: int | None, chats: int | None) -> Act:
    if act == "push" and sending.at is not None and sending.at > now:
        act = "schedule"
    return Act(at=now, act=act, person=person, post=post, blog=sending.audience.blog, chats=chats)


def send_now(db: Connection, post: int, *, person: int | None, now: float) -> bool:
    """What is scheduled goes at once: False where it went, or was cancelled."""
    if not _moves(db, post, "scheduled", "sent"):
        return False
    db.execute("UPDATE push SET sent_at = ?, send_at = NULL WHERE post = ?", (now, post))
    open_ = db.execute("SELECT id FROM publication WHERE post = ? AND done_at IS NULL", (post,)).fetchone()
    db.execute("UPDATE publication SET not_before = ? WHERE id = ?", (now, open_["id"]))
    expansion.advance(db, now, open_["id"])
    audit.note(db, Act(at=now, act="push", person=person, post=post, words="sooner than scheduled"))
    return True


def cancel(db: Connection, post: int, *, person: int | None, now: float, words: str = "") -> bool:
    """Drop what has not gone out: False where it has, or was dropped before."""
    state = _state(db, post)
    if state not in (*OPEN, "scheduled"):
        return False
    expansion.cancel(db, post, now)
    _moves(db, post, state, "cancelled")
    audit.note(db, Act(at=now, act="cancel", person=person, post=post, words=words))
    return True


def expire(db: Connection, before: float) -> int:
    """Drop what nobody has sent since, with what it says. Returns how many there were."""
    return _drop(db, "created_at < :before", "expired", {"before": before})


def drop_drafts_but_of(db: Connection, editors: str) -> int:
    """Drop what people wrote who are no editors any more. `editors`: their Telegram ids, as JSON."""
    return _drop(
        db, "author <> 0 AND author NOT IN (SELECT value FROM json_each(:editors))", "cancelled", {"editors": editors}
    )


def _drop(db: Connection, which: str, state: str, bound: dict[str, Any]) -> int:
    rows = db.execute(f"SELECT post FROM push WHERE state IN ('draft', 'waiting') AND {which}", bound).fetchall()
    for row in rows:
        db.execute("UPDATE push SET state = ? WHERE post = ?", (state, row["post"]))
        db.execute(
            """UPDATE post SET text = '', entities = '[]', photo = NULL, media = '[]', buttons = '[]',
            copied_chat = NULL, copied_message = NULL WHERE id = ?""",
            (row["post"],),
        )
    return len(rows)


def _state(db: Connection, post: int) -> str | None:
    row = db.execute("SELECT state FROM push WHERE post = ?", (post,)).fetchone()
    return row["state"] if row else None


def _moves(db: Connection, post: int, before: str, after: str) -> bool:
    changed = db.execute("UPDATE push SET state = ? WHERE post = ? AND state = ?", (after, post, before))
    return changed.rowcount == 1
