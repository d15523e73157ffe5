"""The SQLite databases of other bots, read as they lie there: what their tables and columns mean.

| bot | tables and columns |
| --- | --- |
| RSStT, https://github.com/Rongronggg9/RSS-to-Telegram-Bot, `src/db/models.py` | `sub` (`id`, `user_id`, `feed_id`, `state` 0: deactivated, `notify` 0: without a sound), `feed` (`id`, `link`), `user` (`id`: of the chat, `state` -1: banned, `lang`) |
| flowerss, https://github.com/indes/flowerss-bot, `internal/model` | `subscribes` (`id`, `user_id`: of the chat, `source_id`, `enable_notification`: 1 with a sound), `sources` (`id`, `link`, `error_count`: 100 and more: paused, or failed for so long) |
| NodeRSSBot, https://github.com/fengkx/NodeRSSBot, `source/migrations` | `subscribes` (`subscribe_id`, `feed_id`, `user_id`: of the chat), `rss_feed` (`feed_id`, `url`), `users` (`user_id`, `lang`) |
| RSS-to-Telegram-Bot, https://github.com/BoKKeR/RSS-to-Telegram-Bot, `prisma` | `rss` (`id`, `link`, `chat_id`, 0 or missing: the one chat of its settings; `disabled`) |
| RobotRSS, https://github.com/cbrgm/telegram-robot-rss, `resources/setup.sql` | `web_user` (`url`, `telegram_id`), `user` (`telegram_id`, `language`, `is_active` 0: stopped) |

Such a file may come from anybody: nothing in it is executed, no view looked at, and no row may be large.
"""  # noqa: E501 a table of tables

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.moving.follows import BANNED, FEEDLESS, PAUSED, Follow, NotThatFile, Wrong, checked

MOST_BYTES_OF_A_ROW = 8 * 2**20
LONGEST_SECONDS = 60.0  # for the next row
_STEPS = 100_000  # of SQLite's machine, between two looks at the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """One bot's database. `rows` gives place, chat, feed, whether it makes a sound, language, and why it is left out,
    of every subscription; in it `{column?}` is a column that older versions lack, with what stands for it."""

    table: str  # the one that has a row for each subscription
    columns: dict[str, frozenset[str]]  # that must be there, by table
    rows: str
    missing: dict[str, str]


_WHY = {"paused": PAUSED, "banned": BANNED}

BOTS = {
    "rsstt": Tables(
        table="sub",
        columns={
            "sub": frozenset({"id", "user_id", "feed_id", "state"}),
            "feed": frozenset({"id", "link"}),
            "user": frozenset({"id", "state", "lang"}),
        },
        rows="""SELECT s.id, s.user_id, f.id IS NOT NULL, f.link, {s.notify} IS NOT 0, u.lang,
            CASE WHEN u.state = -1 THEN :banned WHEN s.state = 0 THEN :paused ELSE '' END
            FROM sub s LEFT JOIN feed f ON f.id = s.feed_id LEFT JOIN user u ON u.id = s.user_id""",
        missing={"s.notify": "1"},
    ),
    "flowerss": Tables(
        table="subscribes",
        columns={
            "subscribes": frozenset({"id", "user_id", "source_id", "enable_notification"}),
            "sources": frozenset({"id", "link", "error_count"}),
        },
        rows="""SELECT s.id, s.user_id, f.id IS NOT NULL, f.link, s.enable_notification IS 1, NULL,
            CASE WHEN f.error_count >= 100 THEN :paused ELSE '' END
            FROM subscribes s LEFT JOIN sources f ON f.id = s.source_id""",
        missing={},
    ),
    "noderssbot": Tables(
        table="subscribes",
        columns={
            "subscribes": frozenset({"subscribe_id", "user_id", "feed_id"}),
            "rss_feed": frozenset({"feed_id", "url"}),
            "users": frozenset({"user_id", "lang"}),
        },
        rows="""SELECT s.subscribe_id, s.user_id, f.feed_id IS NOT NULL, f.url, 1,
            (SELECT u.lang FROM users u WHERE u.user_id = s.user_id LIMIT 1), ''
            FROM subscribes s LEFT JOIN rss_feed f ON f.feed_id = s.feed_id""",
        missing={},
    ),
    "bokker": Tables(
        table="rss",
        columns={"rss": frozenset({"id", "link", "last", "name"})},
        rows="""SELECT s.id, {s.chat_id}, 1, s.link, 1, NULL, CASE WHEN {s.disabled} = 1 THEN :paused ELSE '' END
            FROM rss s""",
        missing={"s.chat_id": "0", "s.disabled": "0"},
    ),
    "robotrss": Tables(
        table="web_user",
        columns={
            "web_user": frozenset({"url", "telegram_id"}),
            "user": frozenset({"telegram_id", "language", "is_active"}),
        },
        rows="""SELECT s.rowid, s.telegram_id, 1, s.url, 1, u.language,
            CASE WHEN u.is_active = 0 THEN :paused ELSE '' END
            FROM web_user s LEFT JOIN user u ON u.telegram_id = s.telegram_id""",
        missing={},
    ),
}


def bot_of(file: Path) -> str | None:
    """Whose database it is; None for one that is none of these."""
    with _opened(file) as (db, _):
        there = _tables(db)
    return next((name for name, bot in BOTS.items() if _fits(bot, there)), None)


def is_ours(file: Path) -> bool:
    with _opened(file) as (db, _):
        return {"_sqlite_migrations", "delivery", "subscription"} <= _tables(db).keys()


def read(file: Path, bot: str, chat: int | None = None) -> Iterator[Follow | Wrong]:
    """Who follows what. `chat` stands in for one that the database does not name."""
    known = BOTS[bot]
    with _opened(file) as (db, clock):
        there = _tables(db)
        if not _fits(known, there):
            raise NotThatFile(f"is no database of {bot}: it has no {', '.join(_lacks(known, there))}")
        for row in db.execute(_statement(known, there[known.table]), _WHY):
            yield _follow(known.table, row, chat)
            clock.wind()


def _lacks(bot: Tables, there: dict[str, set[str]]) -> list[str]:
    return [f"{table}.{one}" for table, some in bot.columns.items() for one in sorted(some - there.get(table, set()))]


def _statement(bot: Tables, columns: set[str]) -> str:
    statement = bot.rows
    for name, instead in bot.missing.items():
        statement = statement.replace("{" + name + "}", name if name.partition(".")[2] in columns else instead)
    return statement


def _follow(table: str, row: tuple[object, ...], instead: int | None) -> Follow | Wrong:
    number, chat, has_feed, feed, sound, language, left_out = row
    place = f"table {table}, row {number}"
    if chat == 0 and instead is None:
        return Wrong(place, "names no chat; say which one it is with --chat ID")
    about = {
        "sound": bool(sound),
        "language": language if isinstance(language, str) else None,
        "left_out": str(left_out) if has_feed else FEEDLESS,
    }
    return checked(place, chat or instead, feed if has_feed else "-", **about)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[tuple[sqlite3.Connection, _Clock]]:
    """For looking alone. NotThatFile where it cannot be read."""
    wal = file.with_name(file.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise NotThatFile(f"has a log beside it ({wal.name}): stop the other bot first, so that all is in the file")
    db = sqlite3.connect(f"file:{quote(str(file))}?mode=ro&immutable=1", uri=True, isolation_level=None)
    clock = _Clock(db)
    try:
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES_OF_A_ROW)
        db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0"):
            db.execute(f"PRAGMA {pragma}")
        db.text_factory = lambda text: text.decode(errors="replace")
        yield db, clock
    except (sqlite3.Error, OverflowError) as error:
        why = "takes too long to read" if clock.has_run_down else str(error)
        raise NotThatFile(f"cannot be read: {why}") from None
    finally:
        db.close()


class _Clock:
    """Ends a statement in which the next row takes too long to come."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.has_run_down = False
        self.wind()
        db.set_progress_handler(self._look, _STEPS)

    def wind(self) -> None:
        self._until = time.monotonic() + LONGEST_SECONDS

    def _look(self) -> int:
        self.has_run_down = time.monotonic() > self._until
        return int(self.has_run_down)


def _tables(db: sqlite3.Connection) -> dict[str, set[str]]:
    """The columns of the real tables; a view or a virtual table is none, and a column that is worked out neither."""
    names = db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' LIMIT 1000"
    ).fetchall()
    columns = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0"
    return {name: {row[0] for row in db.execute(columns, (name,))} for (name,) in names}


def _fits(bot: Tables, there: dict[str, set[str]]) -> bool:
    return all(columns <= there.get(table, set()) for table, columns in bot.columns.items())
