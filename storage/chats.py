"""Chats: met, closed, open again, moved, forgotten. A chat's number is ours; Telegram's id is an attribute of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.core.choices import Choices, Quiet
from storage import cards, expansion, forgetting, sleeping
from storage.spoken import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat as we know it."""

    id: int
    bot: str
    telegram_id: int
    kind: str
    title: str | None = None
    language: str | None = None
    open: bool = True
    closed_why: str | None = None
    choices: Choices = field(default_factory=Choices)
    looked_at: float | None = None  # up to when /catchup told it


def meet(
    db: Connection, *, bot: str, telegram_id: int, kind: str, title: str | None, language: str | None, now: float
) -> Chat:
    """The chat with this Telegram id, made or brought up to date. One that was closed opens: it spoke to us."""
    row = _find(db, bot, telegram_id)
    if row is None:
        db.execute(
            "INSERT INTO chat (bot, telegram_id, kind, title, language, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (bot, telegram_id, kind, title, language, now),
        )
    elif (row["kind"], row["title"], row["language"]) != (kind, title, language or row["language"]):
        db.execute(
            "UPDATE chat SET kind = ?, title = ?, language = coalesce(?, language) WHERE id = ?",
            (kind, title, language, row["id"]),
        )
    if row is not None and not row["open"]:
        reopen(db, row["id"], now)
    return _chat(_find(db, bot, telegram_id))


def find(db: Connection, bot: str, telegram_id: int) -> Chat | None:
    row = _find(db, bot, telegram_id)
    return _chat(row) if row else None


def numbered(db: Connection, chat: int) -> Chat | None:
    """By our number."""
    row = db.execute("SELECT * FROM chat WHERE id = ?", (chat,)).fetchone()
    return _chat(row) if row else None


def _find(db: Connection, bot: str, telegram_id: int) -> Any:
    return db.execute("SELECT * FROM chat WHERE bot = ? AND telegram_id = ?", (bot, telegram_id)).fetchone()


def _chat(row: Row) -> Chat:
    columns = {name: row[name] for name in Chat.__slots__ if name != "choices"}
    return Chat(**columns | {"open": bool(row["open"]), "choices": choices(row)})


# --- what it chose -------------------------------------------------------------------------------------------------


def choices(row: Row) -> Choices:
    """Of a row that has these columns of `chat`."""
    quiet = None
    if row["quiet_from"] is not None:
        quiet = Quiet(start=row["quiet_from"], end=row["quiet_until"], breaking=bool(row["quiet_breaking"]))
    return Choices(
        language=row["chosen_language"], timezone=row["timezone"], quiet=quiet, muted_until=row["muted_until"]
    )


def choose(db: Connection, chat: int, choices: Choices) -> None:
    """All that a chat chose, in the place of what it had chosen before."""
    quiet = choices.quiet
    db.execute(
        """UPDATE chat SET chosen_language = :language, timezone = :timezone, quiet_from = :start, quiet_until = :end,
        quiet_breaking = :breaking, muted_until = :muted_until WHERE id = :chat""",
        {
            "chat": chat,
            "language": choices.language,
            "timezone": choices.timezone,
            "start": quiet.start if quiet else None,
            "end": quiet.end if quiet else None,
            "breaking": quiet.breaking if quiet else True,
            "muted_until": choices.muted_until,
        },
    )
    sleeping.wake(db, chat)


def rechoose(db: Connection, chat: int, change: Callable[[Choices], Choices]) -> Choices | None:
    """Change a part of what a chat chose, whoever else changes another part. None: the chat was forgotten."""
    row = db.execute("SELECT * FROM chat WHERE id = ?", (chat,)).fetchone()
    if row is None:
        return None
    now = change(_chat(row).choices)
    choose(db, chat, now)
    return now


def looked(db: Connection, chat: int, at: float) -> None:
    """What happened up to then was told there. A look never goes back."""
    db.execute("UPDATE chat SET looked_at = max(coalesce(looked_at, 0), ?) WHERE id = ?", (at, chat))


# --- closed, and open again ----------------------------------------------------------------------------------------


def close(db: Connection, chat: int, why: str, now: float) -> None:
    """Nobody there: nothing waits for it any more. Its subscriptions stay, for the day it comes back.

    What is on its way keeps its mark, since its answer is still to come.
    """
    db.execute(
        "UPDATE chat SET open = FALSE, closed_at = coalesce(closed_at, ?), closed_why = ? WHERE id = ?",
        (now, why, chat),
    )
    db.execute(
        "UPDATE delivery INDEXED BY delivery_waiting SET aside = 'closed' WHERE chat = ? AND sent <> wanted", (chat,)
    )


def reopen(db: Connection, chat: int, now: float | None = None) -> None:
    """What it has on screen becomes true again; what it missed while closed is not sent after it.

    A chat that is open stays as it is: Telegram tells of every change of the bot's rights there.
    """
    opened = db.execute(
        """UPDATE chat SET open = TRUE, was_closed_at = closed_at, reopened_at = ?, closed_at = NULL, closed_why = NULL,
        not_before = 0 WHERE id = ? AND NOT open""",
        (now, chat),
    )
    if opened.rowcount:
        _revive(db, "chat = :chat", {"chat": chat})
        cards.give_again(db, chat)


def close_thread(db: Connection, chat: int, thread: int) -> None:
    """A deleted forum topic ends its own subscriptions, not the group's.

    What was not sent there is dropped; what was sent gets another chance with its next revision.
    """
    db.execute("DELETE FROM subscription WHERE chat = ? AND thread = ?", (chat, thread))
    db.execute("DELETE FROM forum_topic WHERE chat = ? AND thread = ?", (chat, thread))
    _fall_silent(db, chat, thread)


def sleep_thread(db: Connection, chat: int, thread: int, now: float) -> None:
    """A forum topic that was closed hears nothing until it is opened again; its subscriptions stay for that day."""
    db.execute(
        "UPDATE subscription SET closed_at = coalesce(closed_at, ?) WHERE chat = ? AND thread = ?", (now, chat, thread)
    )
    _fall_silent(db, chat, thread)


def wake_thread(db: Connection, chat: int, thread: int, now: float | None = None) -> None:
    """A forum topic is open again. What it missed meanwhile is not sent after it; what stands there becomes true again,
    also where nothing is followed any more."""
    woken = db.execute(
        """UPDATE subscription SET closed_at = NULL, changed_at = coalesce(?, changed_at)
        WHERE chat = ? AND thread = ? AND closed_at IS NOT NULL""",
        (now, chat, thread),
    )
    reopen_thread(db, chat, thread)
    if woken.rowcount:
        cards.give_again(db, chat, thread)


def _fall_silent(db: Connection, chat: int, thread: int) -> None:
    bound = {"chat": chat, "thread": thread}
    _forget_unsent(db, "chat = :chat AND thread = :thread", bound)
    db.execute(
        """UPDATE delivery INDEXED BY delivery_waiting SET aside = 'closed'
        WHERE chat = :chat AND thread = :thread AND sent <> wanted AND sent > 0""",
        bound,
    )


def reopen_thread(db: Connection, chat: int, thread: int) -> None:
    """As `reopen`, for a forum topic that follows something again."""
    _revive(
        db,
        "chat = :chat AND thread = :thread AND aside = 'closed' AND EXISTS"
        " (SELECT 1 FROM chat c WHERE c.id = :chat AND c.open)",
        {"chat": chat, "thread": thread},
    )


def _revive(db: Connection, where: str, bound: dict[str, Any]) -> None:
    _forget_unsent(db, where, bound)
    db.execute(
        f"""UPDATE delivery INDEXED BY delivery_waiting SET aside = NULL, attempts = 0, not_before = 0
        WHERE {where} AND sent <> wanted AND aside = 'closed'""",
        bound,
    )


def _forget_unsent(db: Connection, where: str, bound: dict[str, Any]) -> None:
    """First sends that wait. One that is on its way is not tried again if it does not arrive."""
    waiting = f"WHERE {where} AND sent <> wanted AND sent = 0"
    db.execute(f"DELETE FROM delivery INDEXED BY delivery_waiting {waiting} AND sending IS NULL", bound)
    db.execute(f"UPDATE delivery INDEXED BY delivery_waiting SET aside = 'left' {waiting}", bound)


# --- moved, and forgotten ------------------------------------------------------------------------------------------


def move(db: Connection, bot: str, chat: int, to: int) -> None:
    """A group became a supergroup: one update. Its old message ids are dead, so nothing there follows edits."""
    already = _find(db, bot, to)
    if already is not None and already["id"] == chat:
        return
    if db.execute("SELECT 1 FROM chat WHERE id = ?", (chat,)).fetchone() is None:
        return
    _forget_screen(db, chat)
    if already is not None:  # the supergroup spoke before we heard of the move
        _fold(db, already, chat)
    db.execute("UPDATE chat SET telegram_id = ?, kind = 'supergroup', not_before = 0 WHERE id = ?", (to, chat))
    if already is not None and already["open"]:
        reopen(db, chat)
    sleeping.wake(db, chat)  # its own rows and those of the supergroup had different times


# Rows stand by post first: a look for each post is little, where a look at every row would be millions.
_ROWS_OF = "bot = :bot AND post IN (SELECT id FROM post) AND chat = {}"


def _fold(db: Connection, other: Row, chat: int) -> None:
    """What the supergroup has is the group's now. What the group had got already, it does not get again."""
    bound = {"bot": other["bot"], "other": other["id"], "chat": chat}
    db.execute(
        f"""DELETE FROM delivery WHERE {_ROWS_OF.format(":other")} AND sent = 0 AND EXISTS (SELECT 1 FROM delivery d
        WHERE d.bot = delivery.bot AND d.post = delivery.post AND d.chat = :chat AND d.thread = delivery.thread
        AND d.sent > 0)""",
        bound,
    )
    db.execute(  # followed for as long as the longer of the two, so that no post under way passes it by
        """UPDATE subscription AS s SET created_at = min(created_at, coalesce((SELECT o.created_at
        FROM subscription o WHERE o.blog = s.blog AND o.chat = :chat AND o.thread = s.thread), created_at))
        WHERE s.chat = :other""",
        bound,
    )
    for table, key in (
        ("delivery", ("bot", "post", "thread")),
        ("subscription", ("blog", "thread")),
        ("forum_topic", ("blog",)),
    ):
        alike = " AND ".join(f"there.{name} = {table}.{name}" for name in key)
        rows = _ROWS_OF if table == "delivery" else "chat = {}"
        db.execute(
            f"""DELETE FROM {table} WHERE {rows.format(":chat")} AND EXISTS
            (SELECT 1 FROM {table} AS there WHERE there.chat = :other AND {alike})""",
            bound,
        )
        db.execute(f"UPDATE {table} SET chat = :chat WHERE {rows.format(':other')}", bound)
    db.execute("UPDATE shown SET chat = :chat WHERE message IN (SELECT id FROM message WHERE chat = :other)", bound)
    db.execute("UPDATE message SET chat = :chat WHERE chat = :other", bound)
    db.execute("UPDATE publication SET only_chat = :chat WHERE done_at IS NULL AND only_chat = :other", bound)
    db.execute("UPDATE push SET only_chat = :chat WHERE only_chat = :other", bound)
    db.execute("DELETE FROM chat WHERE id = :other", bound)
    expansion.begin_again(db)


def forget(db: Connection, chat: int) -> None:
    """Everything we know of a chat; and where it is an editor's, of the pushes that it holds previews of."""
    row = db.execute("SELECT bot, telegram_id FROM chat WHERE id = ?", (chat,)).fetchone()
    if row is None:
        return
    _forget_screen(db, chat)
    db.execute("DELETE FROM subscription WHERE chat = ?", (chat,))
    db.execute("DELETE FROM forum_topic WHERE chat = ?", (chat,))
    db.execute(f"DELETE FROM delivery WHERE {_ROWS_OF.format(':chat')}", {"bot": row["bot"], "chat": chat})
    _forget_previews(db, row["telegram_id"])
    _forget_sent_to_it_alone(db, chat)
    db.execute("DELETE FROM chat WHERE id = ?", (chat,))


def forget_all(db: Connection, chat: int) -> None:
    """The same, and their hand in what editors did."""
    row = db.execute("SELECT telegram_id FROM chat WHERE id = ?", (chat,)).fetchone()
    forget(db, chat)
    if row is not None:
        forgetting.person(db, row["telegram_id"])


def _forget_screen(db: Connection, chat: int) -> None:
    db.execute("DELETE FROM shown WHERE message IN (SELECT id FROM message WHERE chat = ?)", (chat,))
    db.execute("DELETE FROM message WHERE chat = ?", (chat,))


def _forget_sent_to_it_alone(db: Connection, chat: int) -> None:
    """Pushes for nobody but this chat are for nobody now: 0 is no chat, where NULL would be everybody."""
    db.execute(
        """UPDATE publication SET only_chat = 0 WHERE only_chat = :chat
        AND post IN (SELECT post FROM push WHERE only_chat = :chat)""",
        {"chat": chat},
    )
    db.execute("UPDATE push SET only_chat = 0 WHERE only_chat = ?", (chat,))


def _forget_previews(db: Connection, telegram_id: int) -> None:
    """Drafts are dropped. What was sent to others stays, as it is theirs as well."""
    mine = "(preview_chat = :me OR EXISTS (SELECT 1 FROM post p WHERE p.id = push.post AND p.copied_chat = :me))"
    me = {"me": telegram_id}
    db.execute(f"UPDATE push SET state = 'cancelled', author = 0 WHERE state IN ('draft', 'waiting') AND {mine}", me)
    db.execute(
        f"""UPDATE post SET text = '', entities = '[]', photo = NULL, media = '[]', buttons = '[]', copied_chat = NULL,
        copied_message = NULL
        WHERE id IN (SELECT post FROM push WHERE state = 'cancelled' AND {mine})""",
        me,
    )
    db.execute("UPDATE push SET preview_chat = NULL, preview_message = NULL WHERE preview_chat = :me", me)
    db.execute("UPDATE push SET said_chat = NULL, said_message = NULL WHERE said_chat = :me", me)
