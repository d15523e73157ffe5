"""Which posts are meant: by a message that carries them, or by a link."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.model import Relayed
from storage.corrections import CORRECTION
from storage.posts import post
from storage.spoken import Connection

_MOST = 20


def of_message(db: Connection, bot: str, chat: int, message: int) -> list[Relayed]:
    """The posts that a message (Telegram's ids) carries, in its order: of a told correction its post."""
    rows = db.execute(
        f"""SELECT iif(p.notice = '{CORRECTION}', p.continues, p.id) AS post FROM chat c
        JOIN message m ON m.chat = c.id AND m.message_id = ?
        JOIN shown s ON s.message = m.id JOIN post p ON p.id = s.post
        WHERE c.bot = ? AND c.telegram_id = ? ORDER BY m.id DESC, s.position""",
        (message, bot, chat),
    )
    return _posts(db, dict.fromkeys(row["post"] for row in rows.fetchall()))


def of_link(db: Connection, url: str) -> list[Relayed]:
    """The posts that lead there, the newest first: several where they have no address but their page's."""
    rows = db.execute(
        "SELECT id FROM post WHERE url = ? AND blog IS NOT NULL AND notice IS NULL ORDER BY id DESC LIMIT ?",
        (url, _MOST),
    )
    return _posts(db, [row["id"] for row in rows.fetchall()])


def _posts(db: Connection, numbers: Iterable[int]) -> list[Relayed]:
    found = (post(db, number) for number in numbers)
    return [one for one in found if one is not None and one.notice is None]
