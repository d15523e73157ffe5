"""A database that is a copy: what it takes as told, what it keeps, and copies before an upgrade."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

import storage.database
import storage.schema
import storage.upgrading
from bot.core.model import ChangeKind, Post
from bot.core.publishing import PostWrite, Publishing
from storage import StoreError, back_up, copies, open_store, put_back
from tests.engines import on_sqlite
from tests.ledger import BLOG, NOON, URL, Ledger

ANN, BEN = 2001, 2002


def silent(done: int, of: int) -> None:
    """Nobody looks at a bar."""


def a_copy(ledger: Ledger, folder: Path) -> Path:
    return back_up(ledger.store.path, folder / "copy.db", told_of=silent)[0].file


async def restored(ledger: Ledger, folder: Path, *, resend: bool = False) -> Ledger:
    """Another database, put there from a copy of this one, and seen to."""
    path = folder / "elsewhere" / "relay.db"
    put_back(a_copy(ledger, folder), path, resend=resend)
    after = Ledger(open_store(f"sqlite:///{path}"), now=ledger.now + 60, numbers=ledger.numbers)
    await after.store.come_back(after.now)
    return after


async def catches_up(after: Ledger) -> bool:
    outset = await after.store.outset(BLOG)
    assert outset is not None
    return outset.catching_up


@on_sqlite
async def test_what_waits_counts_as_sent_and_later_news_is_news(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    after = await restored(ledger, tmp_path)
    assert await after.run() == []
    assert await catches_up(after)
    assert await after.store.caught_up(BLOG, [URL], [URL])
    await after.publish("b")
    await after.run()
    assert after.shown(ANN) == ["b"]
    assert await after.store.come_back(after.now) is None, "it is seen to once"
    await after.store.close()


@on_sqlite
async def test_with_resend_what_waits_goes_out(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    after = await restored(ledger, tmp_path, resend=True)
    assert not await catches_up(after)
    await after.run()
    assert after.shown(ANN) == ["a"]
    await after.store.close()


@on_sqlite
async def test_what_a_page_shows_first_is_told_to_nobody_and_its_edits_are(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.deliver()
    after = await restored(ledger, tmp_path)
    after.screens = ledger.screens
    writes = (
        PostWrite(change=ChangeKind.NEW, post=Post(key="b", text="Sent since the copy")),
        PostWrite(change=ChangeKind.EDITED, post=Post(key="a", text="Edited since the copy")),
    )
    told = await after.store.publish(Publishing(blog=BLOG, url=URL, now=after.now, writes=writes))
    assert len(told) == 1
    done = await after.run()
    assert len(done) == 1
    assert len(after.screens.of(ANN)) == 1
    assert after.screens.of(ANN)[0][0][1] == 2, "the message has the second revision"
    await after.store.close()


@on_sqlite
async def test_a_page_that_could_not_be_read_is_still_to_catch_up(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.publish("a")
    after = await restored(ledger, tmp_path)
    assert not await after.store.caught_up(BLOG, ["one", "two"], [])
    assert not await after.store.caught_up(BLOG, ["one", "two"], ["one"])
    assert await after.store.caught_up(BLOG, ["one", "two"], ["two"])
    assert not await catches_up(after)
    await after.store.close()


@on_sqlite
async def test_a_number_that_was_given_since_is_given_to_no_other_post(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.publish("a")
    after = await restored(ledger, tmp_path)
    await after.store.caught_up(BLOG, [URL], [URL])
    await after.publish("b")
    with closing(sqlite3.connect(after.store.path)) as db:
        first, last = (db.execute("SELECT id FROM post WHERE key = ?", (key,)).fetchone()[0] for key in "ab")
    assert last > first + 1_000_000
    await after.store.close()


@on_sqlite
async def test_only_a_whole_database_of_ours_is_put_back(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.publish("a")
    copy, path = a_copy(ledger, tmp_path), tmp_path / "other" / "relay.db"
    assert copy.stat().st_mode & 0o777 == 0o600
    cut = tmp_path / "cut.db"
    cut.write_bytes(copy.read_bytes()[:20_000])
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE rss (id)")
    newer = tmp_path / "newer.db"
    newer.write_bytes(copy.read_bytes())
    with closing(sqlite3.connect(newer)) as db, db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('liveblog-relay', 'x', '')"
        )
    for file, why in ((cut, "damaged|no whole"), (other, "is no database of Liveblog"), (newer, "newer version")):
        with pytest.raises(StoreError, match=why) as refused:
            put_back(file, path)
        assert "\n" not in str(refused.value)
        assert not path.exists()


@on_sqlite
async def test_a_damaged_database_is_kept_as_it_is(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.publish("a")
    copy, path = a_copy(ledger, tmp_path), tmp_path / "bad" / "relay.db"
    path.parent.mkdir()
    path.write_bytes(b"nothing but noise" * 1000)
    put = put_back(copy, path)
    assert put.kept is not None
    assert put.kept.read_bytes().startswith(b"nothing but noise")
    assert copies.examine(path) is not None


@on_sqlite
async def test_only_the_oldest_of_its_own_backups_go(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    others = ["relay-keep.db", "other-20260101-000000.db", "relay-20260101-0000.db"]
    ours = [f"relay-2026010{day}-000000.db" for day in range(1, 5)]
    for name in (*others, *ours, f"{ours[0]}.part"):
        (folder / name).touch()
    storage.thin_backups(ledger.store.path, 2)
    assert sorted(one.name for one in folder.iterdir()) == sorted([*others, *ours[2:]])


@on_sqlite
async def test_with_a_backup_go_those_of_other_bots_and_what_never_became_whole(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    mains = [f"relay-2026010{day}-000000.db" for day in (1, 3, 5)]
    of_es = [f"relay-2026010{day}-000000.es.db" for day in range(1, 7)]  # the second was killed, the last is being made
    for name in (*mains, *of_es, f"{of_es[0]}.part"):
        (folder / name).touch()
    gone = storage.thin_backups(ledger.store.path, 2)
    assert [one.name for one in gone] == [mains[0], *of_es[:2]]
    assert sorted(one.name for one in folder.iterdir()) == sorted([*mains[1:], *of_es[2:]])


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """A later version of the relay."""
    later = Migrations("liveblog-relay")
    for one in storage.schema.migrations.pending(Database(memory=True)):
        later()(one.fn)
    monkeypatch.setattr(storage.schema, "migrations", later)
    monkeypatch.setattr(storage.database, "migrations", later)
    return later


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("relay.db.before-*"))


async def test_a_copy_comes_before_an_upgrade_and_two_are_kept(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path}/relay.db"
    await Ledger(open_store(url)).store.close()
    assert kept(tmp_path) == [], "a new database needs none"
    for name in ("20200101-000000", "20200102-000000"):
        (tmp_path / f"relay.db.before-{name}").touch()

    @request.getfixturevalue("newer")()
    def colours(db: Database) -> None:
        db.execute("ALTER TABLE chat ADD COLUMN colour TEXT")

    for _ in range(2):
        await open_store(url).close()
    assert len(kept(tmp_path)) == 2
    assert kept(tmp_path)[0].name.endswith("20200102-000000")
    with closing(sqlite3.connect(kept(tmp_path)[1])) as db:
        assert "colour" not in [row[1] for row in db.execute("PRAGMA table_info(chat)")]


async def test_an_upgrade_that_fails_leaves_the_database_and_names_the_copy(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/relay.db"
    ledger = Ledger(open_store(url))
    await ledger.follow(ANN)
    await ledger.store.close()

    @request.getfixturevalue("newer")()
    def broken(db: Database) -> None:
        db.execute("ALTER TABLE chat ADD COLUMN colour TEXT")
        db.execute("UPDATE no_such_table SET colour = 'blue'")

    with pytest.raises(StoreError, match=r"no such table: no_such_table; it is as it was, .*relay\.db\.before-"):
        open_store(url)
    with closing(sqlite3.connect(tmp_path / "relay.db")) as db:
        assert "colour" not in [row[1] for row in db.execute("PRAGMA table_info(chat)")]
        assert db.execute("SELECT count(*) FROM subscription").fetchone()[0] == 1


async def test_where_there_is_no_room_for_the_copy_nothing_is_touched(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/relay.db"
    ledger = Ledger(open_store(url))
    await ledger.store.close()

    @request.getfixturevalue("newer")()
    def colours(db: Database) -> None:
        db.execute("ALTER TABLE chat ADD COLUMN colour TEXT")

    full = type("Usage", (), {"free": 10})
    with monkeypatch.context() as patched:
        patched.setattr(storage.copies.shutil, "disk_usage", lambda folder: full)
        with pytest.raises(StoreError, match=r"needs .* MB there, and 0\.0 MB are free; make room \(.*backup FILE"):
            open_store(url)
    assert kept(tmp_path) == []
    await open_store(url).close()
    assert len(kept(tmp_path)) == 1


async def test_a_fresh_backup_elsewhere_is_as_good_as_a_copy(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path}/relay.db"
    ledger = Ledger(open_store(url), now=NOON)
    a_copy(ledger, tmp_path)
    await ledger.store.close()

    @request.getfixturevalue("newer")()
    def colours(db: Database) -> None:
        db.execute("ALTER TABLE chat ADD COLUMN colour TEXT")

    await open_store(url).close()
    assert kept(tmp_path) == []
