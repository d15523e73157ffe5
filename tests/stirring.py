"""What gives the sender something to do, and does not tell it: watched in PostgreSQL itself, for every transaction.

As a plugin of pytest (`-p tests.stirring`) it watches every store on PostgreSQL that a test opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from storage.postgres.sessions import Sessions

# What the sender does itself, or looks for by itself when its time has come.
ITS_OWN = frozenset(
    {
        "claims.claim", "door_deliveries._turn", "settling.settle", "cards.look_and_advance", "waiting.release_claims",
        "waiting.recover", "sleeping.wake_some",
        "chats.meet",  # of whoever is met while their chat is closed: the sender looks two seconds later at most
    }
)  # fmt: skip

_WATCH = """
CREATE TABLE IF NOT EXISTS stirred (tx BIGINT, query TEXT, what TEXT);
CREATE TABLE IF NOT EXISTS told (tx BIGINT);
CREATE OR REPLACE FUNCTION note_stir() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('INSERT INTO %I.stirred VALUES (txid_current(), current_setting(''relay.query'', true), %L)',
    TG_TABLE_SCHEMA, TG_TABLE_NAME);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION note_told() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('INSERT INTO %I.told VALUES (txid_current())', TG_TABLE_SCHEMA);
  RETURN NULL;
END $$;
CREATE TRIGGER new_delivery AFTER INSERT ON delivery FOR EACH ROW
  WHEN (new.sent <> new.wanted AND new.aside IS NULL) EXECUTE FUNCTION note_stir();
CREATE TRIGGER raised_delivery AFTER UPDATE ON delivery FOR EACH ROW
  WHEN (new.sent <> new.wanted AND new.aside IS NULL AND new.sending IS NULL
    AND (new.wanted <> old.wanted OR old.aside IS NOT NULL OR new.not_before < old.not_before
      OR new.sent <> old.sent)) EXECUTE FUNCTION note_stir();
CREATE TRIGGER new_publication AFTER INSERT ON publication FOR EACH ROW
  WHEN (new.done_at IS NULL) EXECUTE FUNCTION note_stir();
CREATE TRIGGER raised_publication AFTER UPDATE ON publication FOR EACH ROW
  WHEN (new.done_at IS NULL AND new.not_before < old.not_before) EXECUTE FUNCTION note_stir();
CREATE TRIGGER pumped AFTER INSERT ON pgqueuer FOR EACH ROW
  WHEN (new.entrypoint LIKE 'pump %') EXECUTE FUNCTION note_told();
"""
_UNTOLD = "SELECT DISTINCT query, what FROM stirred WHERE tx NOT IN (SELECT tx FROM told) ORDER BY 1, 2"


def name_of(query: Any) -> str:
    query = getattr(query, "func", query)
    return f"{query.__module__.rpartition('.')[2]}.{query.__name__}"


class Watched:
    """Patches how stores speak to PostgreSQL, until `end`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.untold: set[tuple[str, str]] = set()
        write, publish, opened, close = Sessions.write, Sessions.publish, Sessions.opened, Sessions.close
        watched = self

        def named(of: Any) -> Any:
            async def asked(sessions: Sessions, query: Any, *args: Any, **kwargs: Any) -> Any:
                def saying(db: Any, /, *given: Any, **how: Any) -> Any:
                    db.execute(f"SELECT set_config('relay.query', '{name_of(query)}', true)").fetchone()
                    return query(db, *given, **how)

                return await of(sessions, saying, *args, **kwargs)

            return asked

        async def begun(sessions: Sessions) -> None:
            is_first = not sessions._is_ready
            await opened(sessions)
            if is_first:
                async with sessions._writing.transaction() as db:
                    if not await db.wire.fetchval("SELECT to_regclass('stirred') IS NOT NULL"):
                        await db.wire.execute(_WATCH)

        async def ended(sessions: Sessions) -> None:
            if sessions._is_ready and not sessions._writing._over.is_set():
                await watched.look(sessions)
            await close(sessions)

        for name in ("write", "erase", "write_often", "write_little"):
            patch.setattr(Sessions, name, named(write))
        patch.setattr(Sessions, "publish", named(publish))
        patch.setattr(Sessions, "opened", begun)
        patch.setattr(Sessions, "close", ended)

    async def look(self, sessions: Sessions) -> None:
        async with sessions._writing.transaction() as db:
            if await db.wire.fetchval("SELECT to_regclass('stirred') IS NOT NULL"):
                rows = await db.wire.fetch(_UNTOLD)
                self.untold |= {(row[0], row[1]) for row in rows if row[0] not in ITS_OWN}
                await db.wire.execute("DELETE FROM stirred")


@pytest.fixture(autouse=True)
def stirring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    watched = Watched(monkeypatch)
    yield watched
    if watched.untold:
        pytest.fail(f"stirred without a word to the sender: {sorted(watched.untold)}")
