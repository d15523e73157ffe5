"""The tables: how they come about, and that no frequent statement reads or sorts more than it needs."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database, Migrations

import storage.database
import storage.schema
from bot.core.choices import Choices
from bot.core.corrections import Correction
from bot.core.model import ChangeKind, Post, Refused, TryLater, Volume
from bot.core.paging import Sought, Span, Turn
from bot.core.publishing import Audience, PostWrite, Publishing, PushText, Sending
from bot.core.wishes import Wish
from storage import Act, AppliedFile, StoreError, Subscription, copies, expansion, open_store
from tests.choosing import choose_in, hear_in
from tests.ledger import BLOG, NOON, URL, Ledger

ANN = 2001

# --- plans ---------------------------------------------------------------------------------------------------------

LARGE = "sample|delivery|subscription|chat|post|message|shown|known|alias|publication|forum_topic|audit"
SMALL = (
    "blog|note|pruned|json_each|chat_closed|publication_open|post_fts"  # partial, virtual, or with a row for each blog
)

Statements = dict[str, Any]


class Recorded(sqlite3.Connection):
    """A connection that keeps what it was asked, with one set of parameters for each statement."""

    asked: Statements

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        self.asked = {**getattr(self, "asked", {}), sql: parameters}
        return super().execute(sql, *parameters)

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
        rows = list(rows)
        self.asked = {**getattr(self, "asked", {}), sql: (rows[0],)} if rows else getattr(self, "asked", {})
        return super().executemany(sql, rows)


@pytest.fixture
async def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ledger]:
    monkeypatch.setattr(storage.database.sqlite3, "connect", partial(sqlite3.connect, factory=Recorded))
    monkeypatch.setattr(expansion, "CHUNK", 2)
    store = open_store(f"sqlite:///{tmp_path}/relay.db")
    ledger = Ledger(store)
    for person in range(ANN, ANN + 5):
        await ledger.follow(person, "nato")
    yield ledger
    await store.close()


async def publishing(ledger: Ledger) -> None:
    await ledger.publish("a", topics=("nato",), hold=0.0)
    await ledger.publish("b", topics=("nato",), hold=60.0)


async def expanding(ledger: Ledger) -> None:
    await publishing(ledger)
    await ledger.push()
    await ledger.push(blog=BLOG)
    await ledger.expand()


async def claiming(ledger: Ledger) -> None:
    await expanding(ledger)
    await ledger.store.hold("flood", NOON)
    await ledger.claim()


async def settling(ledger: Ledger) -> None:
    await expanding(ledger)
    await ledger.deliver(lambda claim: TryLater(why="", after=5.0) if claim.telegram_id == ANN else None)


async def following_edits_and_withdrawals(ledger: Ledger) -> None:
    await expanding(ledger)
    await ledger.deliver()
    await ledger.edit("a", topics=("nato", "kyiv"))
    await ledger.run()
    for change in (ledger.withdraw, ledger.restore):
        await change("a")
        await ledger.run()


async def keeping_cards(ledger: Ledger) -> None:
    await expanding(ledger)
    chat = await ledger.chat(ANN)
    for volume in (Volume.CARD, Volume.EVERYTHING, Volume.CARD):
        about = {"sound": True, "pictures": True, "digest": "1h"}
        await hear_in(ledger.store, chat=chat, thread=0, blog=BLOG, volume=volume, **about)
        await ledger.deliver()
    await ledger.publish("c")
    await ledger.withdraw("a")
    await ledger.run()
    await ledger.leave(chat)
    await ledger.deliver()


async def recovering(ledger: Ledger) -> None:
    await claiming(ledger)
    await ledger.store.in_doubt("main")
    await ledger.store.recover("main", "drop", NOON)
    await ledger.store.release_claims(await ledger.claim())


async def looking_when_something_is_due(ledger: Ledger) -> None:
    await expanding(ledger)
    await ledger.store.next_due("main", NOON)
    await ledger.store.queue("main")


async def following_words(ledger: Ledger) -> None:
    store, chat = ledger.store, await ledger.chat(ANN)
    for words in (["one"], ["one", "two_words"]):
        await store.subscribe(chat=chat, thread=0, blog=BLOG, topics=(), words=words, without=["x"], now=NOON)
    await expanding(ledger)
    await ledger.edit("a", text="One.")
    await ledger.run()
    await store.subscribe(chat=chat, thread=0, blog=BLOG, topics=(), words=["two_words"], without=["x"], now=NOON)


async def closing_opening_and_leaving(ledger: Ledger) -> None:
    await expanding(ledger)
    chat = await ledger.chat(ANN)
    await ledger.store.close_thread(chat, 7)
    await ledger.store.close_chat(chat, "blocked", NOON)
    await ledger.follow(ANN, "nato")
    await ledger.store.subscribe(chat=chat, thread=0, blog=BLOG, topics=["kyiv"], now=NOON)
    await ledger.leave(chat)


async def answering_and_correcting(ledger: Ledger) -> None:
    await expanding(ledger)
    await ledger.deliver()
    for title in ("1 boat lost at sea", "2 boats lost at sea", "3 boats lost at sea", "4 boats lost at sea"):
        post = Post(key="a", title=title, text=title)
        await ledger.change(PostWrite(change=ChangeKind.EDITED, post=post, topics=("nato",)), correction_reply=True)
        await ledger.run()
    post = Post(key="c", title="UPDATE: 4 boats lost at sea", text=f"As {URL}#a said.")
    await ledger.publish("c", post=post, topics=("nato",))
    await ledger.run()
    await ledger.withdraw("a")


async def opening_and_closing_topics(ledger: Ledger) -> None:
    await expanding(ledger)
    chat, store = await ledger.chat(ANN), ledger.store
    await store.wish_for_topics(chat=chat, blogs=[BLOG], asked_in=0, now=NOON)
    [topic] = await store.topics_wished("main", NOON)
    await store.topic_tried(topic)
    await store.topic_later(topic, NOON, in_doubt=True)
    assert await store.topic_opened(topic, 7, NOON)
    assert not await store.topics_to_close("main", NOON)
    assert not await store.topics_to_reopen("main", NOON)
    await store.topic_turned(topic)
    await store.sleep_thread(chat, 7, NOON)
    await store.wake_thread(chat, 7)
    await store.forget_topic(topic)


async def sleeping_and_waking(ledger: Ledger) -> None:
    chat = await ledger.chat(ANN)
    await ledger.choose(chat, muted_until=NOON + 60)
    await ledger.hear(await ledger.chat(ANN + 1), Volume.DIGEST)
    await ledger.hear(await ledger.chat(ANN + 2), Volume.KEY)
    await expanding(ledger)
    await ledger.deliver()
    await ledger.hear(chat, Volume.KEY)
    await ledger.edit("a", topics=("nato",), post=Post(key="a", title="a", key_event=True))
    await ledger.change(key_events=("b",))
    await ledger.store.next_due("main", NOON)
    await ledger.store.chats_asleep("main")
    ledger.now += 3600.0
    await ledger.run()


async def pushing(ledger: Ledger) -> None:
    """A language's audience, an approval, a schedule sent sooner, and drafts that go."""
    store = ledger.store
    mine = await ledger.chat(1002)
    for audience in (
        Audience(language="en"),
        Audience(language="en", blog=BLOG, topics=("nato",)),
        Audience(only_chat=mine),
    ):
        post = await store.draft(author=1002, text=PushText(text="Soon."), now=NOON)
        await store.push_shown_at(post, 1002, 17)
        assert await store.push_under(1002, 17) is not None
        assert await store.ask_for_approval(post, Sending(audience=audience, at=NOON + 60))
        assert await store.approve_push(post, person=1003, now=NOON)
        assert await store.send_push_now(post, person=1002, now=NOON)
    assert await store.cancel_push(await store.draft(author=1, text=PushText(text="Never."), now=NOON), now=NOON)
    await store.expire_drafts(NOON)
    await ledger.run()


async def moving_and_forgetting(ledger: Ledger) -> None:
    await expanding(ledger)
    await ledger.deliver()
    group, _ = [await ledger.follow(one, kind="group") for one in (-500, -1005)]
    await ledger.store.move_chat("main", group, -1005)
    await ledger.store.forget(group)


async def remembering(ledger: Ledger) -> None:
    await publishing(ledger)
    await ledger.store.memory(BLOG, "https://blog.example/live")
    await ledger.store.page(BLOG, "https://blog.example/live")
    assert await ledger.store.polled(BLOG, NOON, "gone") == 1
    await ledger.store.polls_answered({BLOG: NOON + 1})
    await ledger.store.rely_on_hub(BLOG, NOON + 60)
    assert await ledger.store.turn(BLOG)
    assert await ledger.store.outset(BLOG)
    assert await ledger.store.some_blogs([BLOG])


async def asking(ledger: Ledger) -> None:
    store = ledger.store
    await publishing(ledger)
    await store.latest(blogs=[BLOG], now=NOON, limit=5)
    await store.search(words="a", blogs=[BLOG], now=NOON, limit=5)
    span = Span(since=NOON - 60, until=NOON, oldest=NOON - 3600)
    for sought in (
        Sought(blogs={BLOG: Wish(topics=("nato",))}),
        Sought(blogs={BLOG: Wish()}, span=span, but=frozenset({1})),
        Sought(blogs={BLOG: Wish()}, span=span, key_events=True),
    ):
        for turn in (None, Turn(older=True, post=1), Turn(older=False, post=1)):
            await store.listed(sought, now=NOON, limit=5, turn=turn)
    await store.tally(Sought(blogs={BLOG: Wish()}, span=span), now=NOON)
    await store.told_lately(blogs=[BLOG], now=NOON, since=NOON - 60, limit=5)
    await store.kept_words(await store.keep_words("a", NOON))
    await store.topics(blogs=[BLOG], now=NOON)
    await store.subscriptions(await ledger.chat(ANN), 0)
    await store.progress("main", await ledger.push())


async def speaking_of_posts(ledger: Ledger) -> None:
    store = ledger.store
    await expanding(ledger)
    await ledger.deliver()
    post, push = ledger.numbers["a"], await ledger.push("Wrong.")
    said = [Act(at=NOON, act="", person=1002, post=one) for one in (post, push, ledger.numbers["b"])]
    await store.held_posts(NOON)
    await store.fate(post)
    await store.watched_pushes(NOON - 60)
    await store.posts_of_message("main", ANN, 1)
    await store.posts_of_link("https://blog.example/live#a")
    await store.send_held_now(said[2])
    await store.correct(said[0], Correction(title="Right", text="So."))
    await store.pause_push(said[1])
    await store.drop_the_rest(said[1])
    for one in said[:2]:
        await store.withdraw(one)
        await store.is_on_the_wire("main", one.post or 0)
        await store.acts_on(one.post or 0)
    await ledger.publish("c", post=Post(key="c", title="a"))
    await store.restore(said[0])


async def looking_at_what_was_refused(ledger: Ledger) -> None:
    await expanding(ledger)
    for _ in range(2):  # the plain form as well
        await ledger.deliver(lambda claim: Refused(why="no") if claim.telegram_id == ANN else None)
    assert await ledger.store.refused("main")
    for words in ("no", ""):
        await ledger.store.requeue_some("main", Act(at=NOON, act="requeue"), None, words)
    await ledger.store.alarms(ended_since=NOON)


async def changing_the_file(ledger: Ledger) -> None:
    await expanding(ledger)
    await ledger.store.close_chat(await ledger.chat(ANN), "blocked", NOON)
    assert await ledger.store.followers([BLOG, "none"]) == {BLOG: 4}
    file = AppliedFile(text=b"a", at=NOON, who="saved")
    assert await ledger.store.keep_file(file)
    assert not await ledger.store.keep_file(file)
    assert await ledger.store.kept_file(file.name) == await ledger.store.newest_file() == file


async def explaining(ledger: Ledger) -> None:
    store, chat = ledger.store, await ledger.chat(ANN)
    await store.subscribe(chat=chat, thread=0, blog=BLOG, topics=(), words=["one"], without=["x"], now=NOON)
    await expanding(ledger)
    await ledger.deliver()
    await choose_in(store, chat, Choices(muted_until=NOON + 60))
    await ledger.publish("d", post=Post(key="d", title="one"))
    await ledger.run()
    for post in (*ledger.numbers.values(), await ledger.push()):
        await store.facts(post, chat, now=NOON, zone=lambda blog: "UTC")
    for words in ("1", "a", "https://blog.example/live?utm_source=x#a", "one or two"):
        await store.find_posts(words)
    for number in (ANN, chat):
        await store.find_chats(str(number))


async def pruning(ledger: Ledger) -> None:
    await following_edits_and_withdrawals(ledger)
    for before in (NOON + 1, NOON + 100):  # posts by their age, and then with their blog
        async for _ in ledger.store.prune(before):
            pass
        await ledger.publish("c")
        await ledger.store.in_file([("flood", None, None)], NOON)


async def keeping_samples(ledger: Ledger) -> None:
    for minute in range(30):
        await ledger.store.keep_samples(NOON + minute * 60, {"queue": 1.0, "delivered": 2.0})
    await ledger.store.history(["queue"], NOON)
    async for _ in ledger.store.thin_samples(NOON + 1200, NOON + 60):
        pass


async def coming_back_from_a_copy(ledger: Ledger) -> None:
    store = ledger.store
    await expanding(ledger)
    await ledger.choose(await ledger.chat(ANN), muted_until=NOON + 600)
    await ledger.push()
    await ledger.publish("later", hold=600.0)
    await store.keep_note(copies.COPY, str(NOON))
    returned = await store.come_back(NOON + 90)
    assert returned is not None
    assert returned.taken
    assert (outset := await store.outset(BLOG)) is not None
    assert outset.catching_up
    writes = (PostWrite(change=ChangeKind.NEW, post=Post(key="e", text="Since the copy")),)
    assert not await store.publish(Publishing(blog=BLOG, url=URL, now=NOON + 90, writes=writes))
    assert await store.caught_up(BLOG, [URL], [URL])


async def moving_in(ledger: Ledger) -> None:
    rows = [Subscription(blog=BLOG, telegram_id=one, sound=False, volume=Volume.CARD) for one in (ANN, ANN + 100)]
    for only_new in (True, False):
        assert await ledger.store.lacking("main", rows) == int(only_new)
        await ledger.store.take_in("main", rows, NOON, only_new=only_new)
    assert [some async for some in ledger.store.every_subscription()]


ACTS = [
    coming_back_from_a_copy,
    moving_in,
    keeping_samples,
    explaining,
    pruning,
    publishing,
    expanding,
    claiming,
    settling,
    following_edits_and_withdrawals,
    keeping_cards,
    recovering,
    following_words,
    looking_when_something_is_due,
    closing_opening_and_leaving,
    sleeping_and_waking,
    answering_and_correcting,
    opening_and_closing_topics,
    pushing,
    moving_and_forgetting,
    remembering,
    asking,
    speaking_of_posts,
    looking_at_what_was_refused,
]
MAY_SORT = (
    "GROUP BY s.blog",  # of the closed chats alone, when a file is about to leave blogs out
    "GROUP BY p.topics",  # the topics that posts have
    "post_fts MATCH",  # the newest of those that match
    "ORDER BY s.created_at",  # what one thread follows
    "FROM publication p JOIN post",  # what is open now
    "count(DISTINCT chat)",  # those of what was refused
    "ORDER BY j.key, s.thread",  # what a thousand chats follow, of an export
    "ORDER BY since, id",  # the alarms that stand, or ended lately
)


@pytest.mark.parametrize("act", ACTS)
async def test_what_is_done_often_finds_its_rows_by_an_index_and_sorts_nothing(
    recorded: Ledger, act: Callable[[Ledger], Awaitable[None]]
) -> None:
    asked: Statements = {}
    db = recorded.store._db
    connections = (db.writing, db.at_once, db.reading, db.counting)
    for connection in connections:
        connection.asked = {}  # type: ignore[attr-defined]
    await act(recorded)
    for connection in connections:
        asked |= connection.asked  # type: ignore[attr-defined]
    with closing(sqlite3.connect(recorded.store.path)) as db:
        plans = {sql: _plan(db, sql, parameters) for sql, parameters in asked.items() if _is_query(sql)}
    assert len(plans) > 3
    slow = [f"{sql}\n  {step}" for sql, plan in plans.items() for step in _slow(sql, plan)]
    assert not slow, "\n".join(slow)


def _is_query(sql: str) -> bool:
    return sql.split(maxsplit=1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")


def _plan(db: sqlite3.Connection, sql: str, parameters: Any) -> list[str]:
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", *parameters)]


def _slow(sql: str, plan: list[str]) -> list[str]:
    """Steps that go through a whole table, or sort."""
    whole = [step for step in plan if step.startswith("SCAN") or "(rowid<?)" in step]
    scans = [step for step in whole if not re.search(SMALL, step) and _is_large(step, sql)]
    sorts = [step for step in plan if "TEMP B-TREE" in step and not any(words in sql for words in MAY_SORT)]
    return scans + sorts


def _is_large(step: str, sql: str) -> bool:
    """Whether the table that a step names, perhaps by its letter, is one of the large ones."""
    name = step.split()[1]
    named = re.search(rf"(?:FROM|JOIN|UPDATE)\s+(\w+)\s+(?:AS\s+)?{name}\b", sql)
    return re.fullmatch(LARGE, named.group(1) if named else name) is not None


# --- migrations ----------------------------------------------------------------------------------------------------


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """A later version of the relay, with one migration more."""
    later = Migrations("liveblog-relay")
    for one in storage.schema.migrations.pending(Database(memory=True)):
        later()(one.fn)
    monkeypatch.setattr(storage.schema, "migrations", later)
    monkeypatch.setattr(storage.database, "migrations", later)
    return later


async def test_an_older_database_is_brought_up_to_date_with_all_that_is_in_it(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/relay.db"
    before = Ledger(open_store(url))
    await before.follow(ANN)
    await before.publish("a")
    await before.store.close()

    @request.getfixturevalue("newer")()
    def colours(db: Database) -> None:
        db.execute("ALTER TABLE chat ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'")

    for _ in range(2):
        store = open_store(url)
        after = Ledger(store, numbers=before.numbers)
        assert store._db.reading.execute("SELECT colour FROM chat").fetchall()[0][0] == "blue"
        await after.deliver()
        await store.close()
    assert await _count(tmp_path, "message") == 1


async def test_a_migration_that_fails_leaves_the_older_database_as_it_was(tmp_path: Path, newer: Migrations) -> None:
    @newer()
    def broken(db: Database) -> None:
        db.execute("ALTER TABLE chat ADD COLUMN colour TEXT")
        db.execute("UPDATE no_such_table SET colour = 'blue'")

    with pytest.raises(StoreError, match="no such table: no_such_table"):
        open_store(f"sqlite:///{tmp_path}/relay.db")
    with closing(sqlite3.connect(tmp_path / "relay.db")) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'chat'").fetchone() == (0,)


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/relay.db"
    await open_store(url).close()
    with closing(sqlite3.connect(tmp_path / "relay.db")) as db, db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('liveblog-relay', 'colours', '')"
        )
    with pytest.raises(StoreError, match=r"relay\.db: written by a newer version of the relay \(colours\)"):
        open_store(url)


def test_processes_that_open_a_new_database_at_once_all_can(tmp_path: Path) -> None:
    program = f"""
import asyncio
from storage import open_store
store = open_store("sqlite:///{tmp_path}/relay.db")
asyncio.run(store.keep_note("a", "b"))
asyncio.run(store.close())
"""
    together = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(4)]
    ends = [process.communicate()[1].decode() for process in together]
    assert ends == [""] * 4


async def _count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "relay.db")) as db:
        found: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found
