"""When the database will not: one clear line, nothing half-written, and on with it once it works again."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.model import ChatMoved, PageMemory, Post, SnapshotKind
from bot.core.publishing import Validators
from storage import AlreadyRunning, Store, StoreError, chats, database, open_store, put_back
from tests.engines import on_sqlite
from tests.ledger import BLOG, URL, Ledger

ANN = 2001


def fill(store: Store) -> None:
    """From here on the disk is full."""
    pages = store._db.writing.execute("PRAGMA page_count").fetchone()[0]
    for connection in (store._db.writing, store._db.at_once):
        connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(store: Store) -> None:
    for connection in (store._db.writing, store._db.at_once):
        connection.execute("PRAGMA max_page_count = 1000000")


@on_sqlite
async def test_a_full_disk_is_one_clear_line_and_leaves_nothing_half_written(ledger: Ledger) -> None:
    store, page = ledger.store, PageMemory(format="jsonld", kind=SnapshotKind.FULL)
    await ledger.follow(ANN)
    await ledger.publish("a", page=page, validators=Validators(etag="one"))
    before = (await store.memory(BLOG, URL), await store.blogs())
    fill(store)
    long = Post(key="b", text="Long. " * 100_000)
    for _ in range(2):
        with pytest.raises(StoreError) as refused:
            await ledger.publish("b", post=long, validators=Validators(etag="two"))
        assert str(refused.value) == f"{store.path}: database or disk is full"
    assert (await store.memory(BLOG, URL), await store.blogs()) == before
    make_room(store)
    await ledger.publish("b", post=long, validators=Validators(etag="two"))
    await ledger.run()
    assert ledger.shown(ANN) == ["a", "b"]
    assert (await store.page(BLOG, URL))[1] == Validators(etag="two")


@on_sqlite
async def test_answers_that_cannot_be_written_on_a_full_disk_are_written_later(ledger: Ledger) -> None:
    people = range(3000, 3400)
    for person in people:
        await ledger.follow(person)
    await ledger.publish("a")
    await ledger.expand()
    claims = await ledger.claim()
    answers = {claim: ledger.screens.perform(claim) for claim in claims}
    fill(ledger.store)
    failed = [claim for claim in claims if not await _settled(ledger, claim, answers[claim])]
    assert failed, "the disk is full"
    make_room(ledger.store)
    assert all([await _settled(ledger, claim, answers[claim]) for claim in failed])
    assert await ledger.run() == []
    assert await ledger.waiting() == 0


async def _settled(ledger: Ledger, claim: object, outcome: object) -> bool:
    try:
        await ledger.settle(claim, outcome)  # type: ignore[arg-type]
    except StoreError:
        return False
    return True


@on_sqlite
async def test_a_commit_that_fails_does_not_stand_in_the_way_of_the_next(ledger: Ledger) -> None:
    """What was written fits the disk, and what makes it last does not."""
    store = ledger.store

    class Failing(sqlite3.Connection):
        fails = 1

        def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
            if sql == "COMMIT" and self.fails:
                self.fails -= 1
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *parameters)  # type: ignore[arg-type]

    usual = store._db.writing
    store._db.writing = sqlite3.connect(store.path, factory=Failing, check_same_thread=False, isolation_level=None)
    store._db.writing.row_factory = sqlite3.Row
    usual.close()
    with pytest.raises(StoreError, match="disk I/O error"):
        await store.keep_note("colour", "blue")
    assert await store.note("colour") is None
    await store.keep_note("colour", "green")
    assert await store.note("colour") == "green"


@on_sqlite
async def test_a_read_sees_one_moment_however_much_is_written_meanwhile(store: Store) -> None:
    looked, written = threading.Event(), threading.Event()

    def look_twice(db: sqlite3.Connection) -> tuple[int, int]:
        first = db.execute("SELECT count(*) FROM note").fetchone()[0]
        looked.set()
        assert written.wait(10)
        return first, db.execute("SELECT count(*) FROM note").fetchone()[0]

    reading = asyncio.create_task(store._db.read(look_twice))
    assert await asyncio.to_thread(looked.wait, 10)
    await store.keep_note("colour", "blue")
    written.set()
    assert await reading == (0, 0)
    assert await store.note("colour") == "blue"


# --- opening -------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "relay.db"
    path.write_text("Dear diary, " * 1000)
    with pytest.raises(StoreError) as refused:
        open_store(f"sqlite:///{path}")
    assert str(refused.value) == f"{path}: file is not a database"
    assert path.read_text().startswith("Dear diary, ")


def test_a_directory_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as refused:
        open_store(f"sqlite:///{tmp_path}/file/var/relay.db")
    assert str(refused.value) == f"{tmp_path}/file/var: Not a directory"


def test_a_path_that_is_a_directory_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(f"sqlite:///{tmp_path}")
    assert str(refused.value) == f"{tmp_path}: is a folder; storage.url has to name a file"


async def test_a_directory_that_is_missing_is_made(tmp_path: Path) -> None:
    await open_store(f"sqlite:///{tmp_path}/var/lib/relay.db").close()
    assert (tmp_path / "var/lib/relay.db").exists()


def test_an_address_that_is_not_ours_is_refused_without_telling_it() -> None:
    with pytest.raises(StoreError) as refused:
        open_store("mysql://me:secret@host/db")
    assert "mysql is none; use sqlite:///" in str(refused.value)
    assert "secret" not in str(refused.value)


# --- one relay -----------------------------------------------------------------------------------------------------


@on_sqlite
async def test_only_one_relay_runs_on_a_database(store: Store) -> None:
    store.claim_sole_use()
    second = open_store(f"sqlite:///{store.path}")
    with pytest.raises(AlreadyRunning) as refused:
        second.claim_sole_use()
    assert str(refused.value) == f"{store.path}: another relay runs on this database; stop it first"
    await second.keep_note("colour", "blue")
    assert await store.note("colour") == "blue", "whoever else works beside it"
    await store.close()
    second.claim_sole_use()
    await second.close()


def test_the_database_of_another_program_is_left_exactly_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE album (title)")
    before = path.read_bytes()
    with pytest.raises(StoreError) as refused:
        open_store(f"sqlite:///{path}")
    assert str(refused.value) == f"{path}: is no database of Liveblog Relay; storage.url has to name another file"
    assert [one.name for one in tmp_path.iterdir()] == ["music.db"]
    assert path.read_bytes() == before


async def test_an_empty_database_becomes_ours(tmp_path: Path) -> None:
    path = tmp_path / "relay.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 1")
    store = open_store(f"sqlite:///{path}")
    assert await store.blogs() == []
    await store.close()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("folder", "{0}/folder: is a folder; storage.url has to name a file"),
        ("file/relay.db", "{0}/file: is a file, and no folder in which relay.db could be"),
        ("file/deep/relay.db", "{0}/file/deep: Not a directory"),
    ],
)
def test_a_place_where_no_database_can_stand_is_named_and_nothing_is_left_there(
    tmp_path: Path, name: str, wrong: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    asyncio.run(open_store(f"sqlite:///{tmp_path}/copy.db").close())
    before = sorted(tmp_path.rglob("*"))
    for attempt in (lambda: open_store(f"sqlite:///{tmp_path}/{name}"), lambda: _restored(tmp_path, name)):
        with pytest.raises(StoreError) as refused:
            attempt()
        assert str(refused.value) == wrong.format(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def _restored(folder: Path, name: str) -> object:
    return put_back(folder / "copy.db", folder / name)


@on_sqlite
async def test_a_relay_that_was_killed_keeps_nobody_out(store: Store) -> None:
    program = f"""
import subprocess, sys, time
from storage import open_store
store = open_store("sqlite:///{store.path}")
store.claim_sole_use()
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
print(flush=True)
time.sleep(60)
"""
    relay = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert relay.stdout is not None
    assert await relay.stdout.readline() == b"\n"
    with pytest.raises(AlreadyRunning):
        store.claim_sole_use()
    relay.kill()
    await relay.wait()
    store.claim_sole_use()


def test_a_lock_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "relay.db")):
        (tmp_path / "relay.db.lock").mkdir()
    store = open_store(f"sqlite:///{tmp_path}/relay.db")
    with pytest.raises(StoreError) as refused:
        store.claim_sole_use()
    assert str(refused.value) == f"{tmp_path}/relay.db.lock: Is a directory"
    asyncio.run(store.close())


@on_sqlite
async def test_what_is_written_often_is_on_the_disk_within_a_second_also_where_most_writes_write_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SYNC_SECONDS", -1.0)
    said: list[str] = []
    store._db.writing.set_trace_callback(said.append)
    await store.expand(1.0)
    monkeypatch.setattr(database, "SYNC_SECONDS", 3600.0)
    ledger = Ledger(store)
    synced = store._db._synced_at
    assert synced == float("-inf"), "nothing was written that the disk could have"
    await ledger.follow(ANN)
    assert store._db._synced_at > synced
    assert "PRAGMA synchronous = FULL" in said


@on_sqlite
async def test_a_long_write_among_the_answers_does_not_run_on_the_event_loop(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two chats that are found to be one: a look at every post there is."""
    await ledger.follow(-5, kind="group")
    await ledger.follow(-1005, kind="supergroup")
    await ledger.publish("a")
    await ledger.expand()
    moved, where, move = (await ledger.claim(limit=1, busy={-1005}))[0], [], chats.move
    monkeypatch.setattr(chats, "move", lambda *about: (where.append(threading.current_thread()), move(*about)))
    await ledger.settle(moved, ChatMoved(to=-1005))
    assert where != [threading.main_thread()]
    await ledger.run()
    assert await ledger.waiting() == 0
