"""How PostgreSQL finds the rows of a large ledger: by an index that begins with what is asked for, with statistics and
with none."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from bot.core.model import ChangeKind, Post
from bot.core.publishing import PostWrite
from storage.postgres import connection
from storage.postgres.bridge import wait
from storage.postgres.connection import Connection
from storage.postgres.dialect import spoken, together
from storage.postgres.store import PostgresStore
from tests import postgres
from tests.ledger import BLOG, NOON, Ledger

CHATS, POSTS = 100_000, 10
LARGE = ("delivery", "subscription", "chat", "message", "shown")
# Partial indexes of what is rare: to go through one of them is little.
SMALL = ("delivery_unwanted", "delivery_retried", "chat_asleep", "chat_resting", "chat_closed")
IN_DOUBT = "sending IS NOT NULL AND sent <> wanted"  # asked once, when a lane is taken
MAY_SORT = ("WITH RECURSIVE walk",)  # some hundred stretches at the most

FILLED = f"""
INSERT INTO blog (id, title, started) VALUES ('{BLOG}', 'Storm', TRUE);
INSERT INTO chat (bot, telegram_id, kind, created_at) SELECT 'main', n, 'private', 1 FROM generate_series(1, {CHATS}) n;
INSERT INTO subscription (blog, chat, created_at) SELECT '{BLOG}', id, 1 FROM chat;
INSERT INTO post (blog, key, title, first_seen_at, public_at) SELECT '{BLOG}', 'old ' || n, 'Old', 2, 2
  FROM generate_series(1, {POSTS}) n;
INSERT INTO delivery (bot, post, chat, wanted, sent, lane, since, first_sent_at, settled_at)
  SELECT 'main', p.id, c.id, 1, 1, 2, 2, {NOON}, 2 FROM post p, chat c;
INSERT INTO message (bot, chat, thread, message_id, kind, sent_at) SELECT 'main', id, 0, id, 'text', 2 FROM chat;
INSERT INTO shown (post, chat, thread, message, revision)
  SELECT (SELECT max(id) FROM post), chat, 0, id, 1 FROM message;
"""
UNKNOWN = f"""
DELETE FROM pg_statistic WHERE starelid = ANY(ARRAY['{"', '".join(LARGE)}']::regclass[]);
UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname ~ '^({"|".join(LARGE)})'
  AND relnamespace = current_schema()::regnamespace;
"""


@pytest.fixture(scope="module")
def large() -> str:
    """The address of a ledger with a million rows."""
    server = postgres.shared()

    async def made() -> None:
        wire = await asyncpg.connect(server.url())
        await wire.execute("CREATE SCHEMA plans")
        await wire.close()
        store = PostgresStore(server.url(search_path="plans"))
        await store.note("anything")
        await store.close()
        wire = await asyncpg.connect(server.url(search_path="plans"))
        for table in LARGE:
            await wire.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        await wire.execute(FILLED)
        await wire.close()

    asyncio.run(made())
    return server.url(search_path="plans")


Plans = dict[str, Any]


def explained(db: Connection, text: str, values: Any) -> Any:
    """As the session would do it: one that plans once has no values then."""
    if wait(db.wire.fetchval("SHOW plan_cache_mode")) != "force_generic_plan":
        return json.loads(wait(db.wire.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *values)))[0]["Plan"]
    wait(db.wire.execute(f"PREPARE asked AS {text}"))
    given = f"({', '.join(['NULL'] * len(values))})" if values else ""
    plan = wait(db.wire.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked{given}"))
    wait(db.wire.execute("DEALLOCATE asked"))
    return json.loads(plan)[0]["Plan"]


@pytest.fixture
async def ledger(large: str, request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    wire = await asyncpg.connect(large)
    await wire.execute("ANALYZE" if request.param == "analyzed" else UNKNOWN)
    await wire.close()
    ledger = Ledger(PostgresStore(large))
    yield ledger
    await ledger.store.close()


async def acted(ledger: Ledger) -> None:
    """All that is done many times a second, or for very many rows."""
    store = ledger.store
    ledger.now = NOON + 60
    number = secrets.token_hex(8)
    await ledger.publish(f"new {number}")
    assert await store.expand(ledger.now)
    for _ in range(2):
        claims = await ledger.claim(limit=15)
        assert len(claims) == 15
        for claim in claims[:10]:
            await ledger.settle(claim, ledger.screens.perform(claim))
    await store.release_claims(claims[10:12])
    assert await store.recover("main", "resend", ledger.now)
    assert await store.recover("main", "drop", ledger.now) == 0
    post = Post(key=f"old {POSTS}", title="Old", text=number)
    await ledger.change(PostWrite(change=ChangeKind.EDITED, post=post))
    assert await store.expand(ledger.now)
    await store.next_due("main", ledger.now)
    await store.wake("main", ledger.now)


@pytest.mark.parametrize("ledger", ["unknown", "analyzed"], indirect=True)
async def test_a_ledger_of_a_million_rows_is_worked_on_by_its_indexes(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: Plans = {}
    execute, many = connection.Connection.execute, connection.Connection.together

    def executed(db: Connection, statement: str, given: Any = ()) -> Any:
        said = spoken(statement)
        if said.text not in plans and re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)", said.text):
            known = db._prepared(statement)
            plans[said.text] = explained(
                db, said.text, connection._bound(connection._values(given, said.names), known.shapes)
            )
        return execute(db, statement, given)

    def asked_together(db: Connection, asked: Any) -> Any:
        text = together([spoken(one).text for one, _ in asked])
        plans[text] = explained(db, text, [None] * max(int(one) for one in re.findall(r"\$(\d+)", text)))
        return many(db, asked)

    monkeypatch.setattr(Connection, "execute", executed)
    monkeypatch.setattr(Connection, "together", asked_together)
    await acted(ledger)
    monkeypatch.undo()
    leading = await columns_in_front(ledger)
    slow = [f"{text}\n  {step}" for text, plan in plans.items() for step in slow_steps(plan, text, leading)]
    assert len(plans) > 25
    assert not slow, "\n".join(slow)


async def columns_in_front(ledger: Ledger) -> dict[str, str]:
    """By index: the column or expression that it begins with."""

    def asked(db: Any) -> dict[str, str]:
        return dict(db.execute("SELECT c.relname, pg_get_indexdef(c.oid, 1, TRUE) FROM pg_class c WHERE relkind = 'i'"))

    return await ledger.store._db.count(asked)


def slow_steps(plan: Any, text: str, leading: dict[str, str], table: str = "") -> Iterator[str]:
    """Steps that go through a whole table or a whole index, or sort what came of a large one."""
    kind, index, table = plan["Node Type"], plan.get("Index Name"), plan.get("Relation Name", table)
    if "Sort" in kind and any(one in LARGE for one in tables_of(plan)) and not any(words in text for words in MAY_SORT):
        yield kind
    if table in LARGE and kind == "Seq Scan":
        yield f"{kind} on {table}"
    elif table in LARGE and index and index not in SMALL and IN_DOUBT not in text:
        column = re.escape(leading[index])
        if not re.search(rf"\b{column}\b[^()]* (=|>|<|>=|<=|IS) |ROW\({column}\b", plan.get("Index Cond", "")):
            yield f"{kind} using {index}: {plan.get('Index Cond')}"
    for part in plan.get("Plans", ()):
        yield from slow_steps(part, text, leading, table)


def tables_of(plan: Any) -> Iterator[str]:
    yield plan.get("Relation Name", "")
    for part in plan.get("Plans", ()):
        yield from tables_of(part)
