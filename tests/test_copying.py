"""A store that is copied from one database to another: all of it, once, and compared."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import StoreError, open_store
from storage.copying import CopyMade, Differs, copy, ends, reopened
from storage.copying.tables import Column, Kind, Table, agreed
from storage.copying.values import Digest, Fitting, Row, without_nul
from storage.copying.work import CHUNK_BYTES, FIRST_ROWS, _next_most
from storage.postgres.end import OF_PGQUEUER, OWN
from storage.postgres.place import Place
from storage.postgres.presence import Presence, Said
from storage.postgres.store import PostgresStore
from tests import postgres
from tests.copying import STEPS, fill, held
from tests.ledger import Ledger

ROOT = Path(__file__).parents[1]
ROWS = FIRST_ROWS + 50  # two chunks
_numbers = itertools.count()


@pytest.fixture
async def far() -> AsyncIterator[str]:
    """An address on PostgreSQL where there is nothing yet."""
    async with postgres.schema() as name:
        yield postgres.shared().url(search_path=name)


@pytest.fixture
def near(tmp_path: Path) -> str:
    """The address of a file of SQLite's that is not there yet."""
    return f"sqlite:///{tmp_path}/relay.db"


@pytest.fixture
def back(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/back.db"


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


async def copied(source: str, target: str) -> CopyMade:
    async with ends(source, target) as (here, there):
        return await copy(here, there)


async def said(url: str, statement: str) -> list[tuple[object, ...]]:
    """By the database itself, past the store."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(file_of(url))) as db, db:
            return db.execute(statement).fetchall()
    wire = await asyncpg.connect(url)
    rows = [tuple(row) for row in await wire.fetch(statement)]
    await wire.close()
    return rows


async def begin(url: str) -> None:
    """An empty database there."""
    store = open_store(url)
    await store.note("anything")
    await store.close()


async def may_run(url: str) -> str | None:
    """None, or why not."""
    store = open_store(url)
    try:
        await store.refuse_where_it_is_not()
    except StoreError as error:
        return str(error)
    finally:
        await store.close()
    return None


# --- all of it -----------------------------------------------------------------------------------------------------


async def test_what_goes_to_postgresql_and_back_is_what_it_was(near: str, far: str, back: str) -> None:
    await fill(near, far)
    out = await copied(near, far)
    home = await copied(far, back)
    assert held(file_of(back)) == held(file_of(near))
    assert {one.table: one.hashes[0] for one in out.tables} == {one.table: one.hashes[1] for one in home.tables}
    assert all(one.rows == (12, 12) for one in out.tables)
    assert out.without_nul == 0


async def test_a_database_moves_between_two_of_the_same_engine_as_well(near: str, far: str, back: str) -> None:
    await fill(near, far)
    await copied(near, back)
    assert held(file_of(back)) == held(file_of(near))


async def test_every_table_of_both_engines_is_copied(near: str, far: str) -> None:
    """What is not is named here: the engines' own, and what nodes tell each other."""
    await begin(near)
    async with ends(near, far) as (here, there):
        tables = {one.name for one in agreed(await here.tables(), await there.tables())}
    in_file = {row[0] for row in await said(near, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {one for one in in_file - tables if not one.startswith(("sqlite_", "_sqlite", "post_fts"))} == set()
    in_schema = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()"
    left = {str(row[0]) for row in await said(far, in_schema)} - tables
    assert {one for one in left if not one.startswith(OF_PGQUEUER)} == OWN


@pytest.mark.parametrize(
    ("place", "statement", "named"),
    [
        ("near", "CREATE TABLE extra (id INTEGER PRIMARY KEY)", "the table extra"),
        ("far", "CREATE TABLE extra (id BIGINT PRIMARY KEY)", "the table extra"),
        ("near", "ALTER TABLE note ADD COLUMN extra TEXT", "the column note.extra"),
        ("far", "ALTER TABLE note ADD COLUMN extra TEXT", "the column note.extra"),
    ],
)
async def test_what_only_one_of_them_has_is_not_left_behind_in_silence(
    near: str, far: str, place: str, statement: str, named: str
) -> None:
    await fill(near, far, rows=1)
    await said({"near": near, "far": far}[place], statement)
    with pytest.raises(StoreError, match=f"only one of the two databases has {named}"):
        await copied(near, far)


@pytest.mark.parametrize("which", ["FROM", "TO"])
async def test_a_database_of_a_newer_version_is_left_alone(near: str, far: str, which: str) -> None:
    await begin(near)
    await begin(far)
    await said(far, "INSERT INTO step (number) VALUES (900)")
    with pytest.raises(StoreError, match="was written by a newer version of the relay"):
        await copied(*((near, far) if which == "TO" else (far, near)))


async def test_numbers_go_on_where_they_were(near: str, far: str, back: str) -> None:
    """Also those of rows that are gone: an answer of Telegram's may come for a chat that was forgotten."""
    store = open_store(near)
    people = Ledger(store)
    last = [await people.follow(one) for one in (2001, 2002, 2003)][-1]
    await store.close()
    await said(near, f"DELETE FROM subscription WHERE chat = {last}")
    await said(near, f"DELETE FROM chat WHERE id = {last}")
    await copied(near, far)
    people.store = open_store(far)
    assert await people.chat(2004) == last + 1
    await people.publish("a")
    await people.store.close()
    await said(far, f"DELETE FROM chat WHERE id = {last + 1}")
    await copied(far, back)
    people.store = open_store(back)
    assert await people.chat(2005) == last + 2
    await people.store.close()


async def test_blogs_stay_in_the_order_of_the_file(near: str, far: str, back: str) -> None:
    await begin(near)
    await said(near, "INSERT INTO blog (id) VALUES ('zeta'), ('alpha'), ('mid')")
    await copied(near, far)
    assert [one[0] for one in await said(far, "SELECT id FROM blog ORDER BY rowid")] == ["zeta", "alpha", "mid"]
    await said(far, "INSERT INTO blog (id) VALUES ('beta')")
    await copied(far, back)
    assert [one[0] for one in await said(back, "SELECT id FROM blog ORDER BY rowid")] == [
        "zeta",
        "alpha",
        "mid",
        "beta",
    ]


async def test_what_was_copied_is_found_by_its_words(near: str, far: str, back: str) -> None:
    people = Ledger(open_store(near))
    numbers = await people.publish("harbour", "storm")
    await people.store.close()
    for source, target in ((near, far), (far, back)):
        await copied(source, target)
        store = open_store(target)
        assert [one.id for one in await store.find_posts("harbour")] == numbers[:1]
        await store.close()


# --- values --------------------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
numbers = st.integers(-(2**63), 2**63 - 1)
reals = st.floats(allow_nan=False, allow_infinity=False)


@given(
    rows=st.lists(st.tuples(reals, st.none() | numbers, texts, st.none() | texts, texts), max_size=8),
    files=st.lists(st.tuples(reals, texts, st.binary(max_size=50)), max_size=4),
    chats=st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | reals, texts), max_size=8),
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_values_of_all_kinds_stay_what_they_are(
    rows: list[tuple[object, ...]], files: list[tuple[object, ...]], chats: list[tuple[object, ...]], tmp_path: Path
) -> None:
    number = next(_numbers)
    near, back = (f"sqlite:///{tmp_path}/{number}-{end}.db" for end in ("near", "back"))
    await begin(near)
    with closing(sqlite3.connect(file_of(near))) as db, db:
        db.executemany("INSERT INTO audit (at, person, act, blog, words) VALUES (?, ?, ?, ?, ?)", rows)
        db.executemany(
            "INSERT INTO applied_file (at, who, sha, text) VALUES (?, ?, ?, ?)",
            [(at, who, str(number), text) for number, (at, who, text) in enumerate(files)],
        )
        db.executemany(
            "INSERT INTO chat (bot, telegram_id, kind, open, quiet_breaking, muted_until, created_at, looked_at, title)"
            " VALUES ('main', ?, 'group', ?, ?, 0, 1, ?, ?)",
            [(number, *chat) for number, chat in enumerate(chats)],
        )
    async with postgres.schema() as name:
        far = postgres.shared().url(search_path=name)
        await copied(near, far)
        await copied(far, back)
    assert held(file_of(back)) == held(file_of(near))


async def test_nul_characters_are_left_out_where_they_cannot_be_kept_and_counted(near: str, far: str) -> None:
    await begin(near)
    with closing(sqlite3.connect(file_of(near))) as db, db:
        db.execute("INSERT INTO audit (at, act, words) VALUES (1, 'push', ?)", ("bo\0ats",))
        page = "INSERT INTO page (blog, url, format, kind, accepted_at, listed) VALUES ('storm', '', 'x', 'y', 1, ?)"
        db.execute(page, (json.dumps(["a\0b", "back\\u0000slash"]),))
    made = await copied(near, far)
    assert made.without_nul == 2
    assert await said(far, "SELECT words FROM audit") == [("boats",)]
    assert json.loads(str((await said(far, "SELECT listed FROM page"))[0][0])) == ["ab", "back\\u0000slash"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("a\0b", "ab"),
        ('["a\\u0000b"]', '["ab"]'),
        ('["a\\\\u0000b"]', '["a\\\\u0000b"]'),
        ('["\\\\\\u0000"]', '["\\\\"]'),
        ("written as \\u0000 by somebody", "written as \\u0000 by somebody"),
    ],
)
def test_of_json_the_escape_of_a_nul_is_left_out_and_no_other(text: str, kept: str) -> None:
    assert without_nul(text) == kept


async def test_a_key_with_a_nul_is_not_changed_in_silence(near: str, far: str) -> None:
    await begin(near)
    with closing(sqlite3.connect(file_of(near))) as db, db:
        db.execute("INSERT INTO alias (blog, alias, key) VALUES ('storm', ?, 'k')", ("a\0b",))
    with pytest.raises(StoreError, match="alias: the key of row 1 has a NUL character"):
        await copied(near, far)


@pytest.mark.parametrize(
    ("column", "value"), [("telegram_id", "'a secret'"), ("open", "7"), ("created_at", "'a secret'"), ("kind", "x'00'")]
)
async def test_what_a_column_is_not_made_for_is_named_without_what_it_says(
    near: str, far: str, column: str, value: str
) -> None:
    await begin(near)
    await said(near, "INSERT INTO chat (bot, telegram_id, kind, created_at) VALUES ('main', 1, 'group', 1)")
    await said(near, f"UPDATE chat SET {column} = {value}")
    with pytest.raises(StoreError, match=rf"^chat.*{column}") as refused:
        await copied(near, far)
    assert "secret" not in str(refused.value)


def test_a_hash_knows_a_number_from_a_text_and_one_order_from_another() -> None:
    rows = [(1, "1"), ("1", 1), (1.0, "1"), (None, ""), ("", None), (b"1", 1)]
    hashes = set()
    for some in itertools.permutations(rows, 2):
        digest = Digest()
        digest.add(list(some))
        hashes.add(digest.hash)
    assert len(hashes) == len(rows) * (len(rows) - 1)


def test_a_hash_is_the_same_however_the_rows_come() -> None:
    rows = [(number, f"row {number}", number / 3) for number in range(50)]
    whole, parts = Digest(), Digest()
    whole.add(rows)
    for number in range(0, 50, 7):
        parts.add([(one, "".join(list(words)), real) for one, words, real in rows[number : number + 7]])
    assert (whole.hash, whole.rows) == (parts.hash, parts.rows)


@given(sizes=st.lists(st.integers(1, 100_000), min_size=1, max_size=30))
def test_a_chunk_takes_about_the_room_that_is_meant_for_it(sizes: list[int]) -> None:
    most = 200
    for size in sizes:
        most = _next_most([("x" * size,)] * min(most, 60), most)
        assert 1 <= most <= max(1, CHUNK_BYTES // size)


def test_a_row_that_fits_is_left_as_it_is() -> None:
    table = Table("t", (Column("id", Kind.WHOLE), Column("text", Kind.TEXT)), ("id",))
    rows = [(1, "a"), (2, None)]
    assert Fitting(table, loses_nul=True)(rows) == rows


# --- whether it may be done ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["near to far", "far to near"])
async def test_a_target_that_is_not_empty_is_left_as_it_is(near: str, far: str, back: str, way: str) -> None:
    await fill(back, far, rows=3)
    source, target = (near, far) if way == "near to far" else (far, near)
    await copied(back, source)
    store = open_store(target)
    await store.keep_note("precious", "here")
    await store.close()
    with pytest.raises(StoreError, match=r"is not empty .there is something in the table note., and was left as it is"):
        await copied(source, target)
    assert await said(target, "SELECT name FROM note WHERE name <> 'copied to'") == [("precious",)]
    assert await said(target, "SELECT * FROM chat") == []
    assert await may_run(target) is None
    assert await may_run(source) is None


@pytest.mark.parametrize("which", ["FROM", "TO"])
async def test_nothing_is_copied_while_a_relay_runs_on_a_file(near: str, far: str, which: str) -> None:
    store = open_store(near)
    store.claim_sole_use()
    if which == "TO":
        await begin(far)
    with pytest.raises(StoreError, match="another relay runs on this database; stop it first"):
        await copied(*((near, far) if which == "FROM" else (far, near)))
    await store.close()


@pytest.mark.parametrize("which", ["FROM", "TO"])
async def test_nothing_is_copied_while_somebody_has_the_lane(near: str, far: str, which: str) -> None:
    await begin(near)
    store = PostgresStore(far)
    ledger = await store.ledger()
    assert ledger is not None
    with pytest.raises(StoreError, match="another relay runs on this database; stop it first"):
        await copied(*((near, far) if which == "TO" else (far, near)))
    ledger.lane.let_go()
    await store.close()


@pytest.mark.parametrize("which", ["FROM", "TO"])
async def test_nothing_is_copied_while_a_node_is_there(near: str, far: str, which: str) -> None:
    await begin(near)
    store = PostgresStore(far)
    await store.note("anything")
    node = Presence(Place(far), ["main"])
    await node.open()
    await node.say(Said(name="blue", version="", file="", started_at=1.0))
    with pytest.raises(StoreError, match="the relay runs on this database, on the node blue; stop all of it first"):
        await copied(*((near, far) if which == "TO" else (far, near)))
    await node.close()
    await store.close()


async def test_no_node_begins_while_it_is_copied(near: str, far: str) -> None:
    await fill(near, far, rows=2)
    node = Presence(Place(far), ["main"])
    async with ends(near, far) as (here, there):
        begins = asyncio.create_task(node.open())
        await copy(here, there)
        assert not begins.done()
    await begins
    await node.close()


async def test_no_lane_is_taken_while_it_is_copied(near: str, far: str) -> None:
    await begin(near)
    store = PostgresStore(far)
    async with ends(near, far):
        assert await store.ledger() is None
    await store.close()


async def test_who_writes_meanwhile_is_told_that_the_file_is_locked(near: str, far: str) -> None:
    await fill(near, far, rows=2)
    async with ends(near, far) as (here, _):
        await here.freeze()
        db = sqlite3.connect(file_of(near), timeout=0.1)
        with closing(db), pytest.raises(sqlite3.OperationalError, match="locked"):
            db.execute("INSERT INTO note VALUES ('meanwhile', '')")


@pytest.mark.parametrize("way", ["near", "far"])
async def test_a_database_is_not_copied_into_itself(near: str, far: str, way: str) -> None:
    url = {"near": near, "far": far}[way]
    await begin(url)
    with pytest.raises(StoreError, match="FROM and TO are the same database"):
        await copied(url, url)


async def test_two_copies_are_not_made_at_once(near: str, far: str, back: str) -> None:
    await begin(back)
    await fill(near, far, rows=1)
    async with ends(near, far):
        with pytest.raises(StoreError, match="another `db copy` is at work on this database"):
            await copied(back, far)
        with pytest.raises(StoreError, match="another relay runs on this database"):
            await copied(near, back)


async def test_where_there_is_nothing_nothing_is_copied_and_nothing_made(near: str, far: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        await copied(near, far)
    with pytest.raises(StoreError, match="there is no database of Liveblog Relay"):
        await copied(far, near)
    assert not file_of(near).exists()
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("CREATE TABLE theirs (id)")
    before = other.read_bytes()
    with pytest.raises(StoreError, match="is no database of Liveblog Relay"):
        await copied(f"sqlite:///{other}", far)
    await begin(far)
    with pytest.raises(StoreError, match="is no database of Liveblog Relay"):
        await copied(far, f"sqlite:///{other}")
    assert other.read_bytes() == before


# --- where the relay may run afterwards ----------------------------------------------------------------------------


async def test_the_relay_goes_on_there_and_no_longer_here(near: str, far: str, back: str) -> None:
    await fill(near, far, rows=2)
    await copied(near, far)
    assert await may_run(far) is None
    why = await may_run(near)
    assert why is not None
    assert "was copied to postgresql://relay@/postgres" in why
    with pytest.raises(StoreError, match=r"was copied to .*, and is not what the relay goes on with"):
        await copied(near, back)
    await copied(far, back)
    assert await may_run(back) is None
    assert "was copied to sqlite:///" in str(await may_run(far))
    store = PostgresStore(far)
    with pytest.raises(StoreError, match="was copied to"):
        await store.ledger()
    await store.close()


@pytest.mark.parametrize("way", ["near", "far"])
async def test_a_database_that_was_copied_is_opened_again_when_asked(near: str, far: str, back: str, way: str) -> None:
    await fill(near, far, rows=2)
    await copied(near, far)
    source = near
    if way == "far":
        await copied(far, back)
        source = far
    assert await reopened(source) is not None
    assert await may_run(source) is None
    assert await reopened(source) is None


async def test_a_copy_that_differs_is_told_of_and_not_run_on(near: str, far: str) -> None:
    """Whatever changed it on its way."""
    await fill(near, far, rows=4)
    await said(far, "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
               "'BEGIN NEW.words := NEW.words || ''!''; RETURN NEW; END'")  # fmt: skip
    await said(
        far, "CREATE TRIGGER spoil BEFORE INSERT ON audit FOR EACH ROW WHEN (NEW.id = 7) EXECUTE FUNCTION spoil()"
    )
    with pytest.raises(Differs, match=r"^audit: is not the same in both databases") as differs:
        await copied(near, far)
    assert [one.table for one in differs.value.tables if not one.same] == ["audit"]
    assert await may_run(near) is None
    assert "is not whole" in str(await may_run(far))
    with pytest.raises(StoreError, match="is not whole"):
        await reopened(far)
    await said(far, "DROP TRIGGER spoil ON audit")
    assert (await copied(near, far)).anew == ("audit",)
    assert await may_run(far) is None


# --- interrupted ---------------------------------------------------------------------------------------------------


async def killed(step: str, passes: int, source: str, target: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.copying", step, str(passes), source, target, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == -9, out.decode()


PLACES = [
    ("keep_note", 0), ("after keep_note", 0), ("after keep_note", 1), ("after freeze", 0), ("put", 0), ("after put", 3),
    ("put", 9), ("after put", 25), ("number_on", 0), ("settle", 0), ("keep_note", 2), ("after keep_note", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "passes", "way"),
    [(*one, "near to far") for one in PLACES] + [(*one, "far to near") for one in PLACES[4::3]],
)
async def test_a_copy_that_was_killed_goes_on_and_doubles_nothing(
    near: str, far: str, back: str, step: str, passes: int, way: str
) -> None:
    source, target = near, far
    await fill(near, far, rows=5)
    if way == "far to near":
        await copied(near, far)
        source, target = far, back
    await killed(step, passes, source, target)
    begun = (step, passes) not in (("keep_note", 0), ("after keep_note", 0))
    assert (await may_run(target) is not None) is begun
    assert (await may_run(source) is not None) is ((step, passes) == ("after keep_note", 2))
    made = await copied(source, target)
    assert made.begun_before is begun
    assert made.anew == ()
    assert all(one.rows == (5, 5) for one in made.tables)
    assert await may_run(target) is None
    if way == "near to far":
        await copied(far, back)
    assert held(file_of(back)) == held(file_of(near))


def test_each_step_at_which_it_may_be_killed_is_one() -> None:
    assert {step.removeprefix("after ") for step, _ in PLACES} <= set(STEPS)


@pytest.mark.parametrize(
    ("table", "way"), [("audit", "near to far"), ("known", "near to far"), ("known", "far to near")]
)
async def test_a_copy_that_was_killed_goes_on_in_the_middle_of_a_table(
    near: str, far: str, back: str, table: str, way: str
) -> None:
    """On PostgreSQL the one has an index in the order of its key, the other has none."""
    await fill(near, far, rows=ROWS)
    source, target = near, far
    if way == "far to near":
        await copied(near, far)
        source, target = far, back
    async with ends(near, target) as (here, there):
        names = [one.name for one in agreed(await here.tables(), await there.tables())]
    await reopened(near)
    await killed("after put", 2 * names.index(table), source, target)
    counted = await said(target, f"SELECT count(*) FROM {table}")
    assert counted == [(FIRST_ROWS,)]
    made = await copied(source, target)
    assert (made.begun_before, made.anew) == (True, ())
    if way == "near to far":
        await copied(far, back)
    assert held(file_of(back)) == held(file_of(near))


@pytest.mark.parametrize("way", ["near to far", "far to near"])
async def test_a_session_that_was_lost_is_one_line_and_the_copy_goes_on(
    near: str, far: str, back: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = near, far
    await fill(near, far, rows=3)
    if way == "far to near":
        await copied(near, far)
        source, target = far, back
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'liveblog-relay db copy'"
    async with ends(source, target) as (here, there):
        usual, turns = there.put, itertools.count()

        async def put(table: Table, rows: Sequence[Row]) -> None:
            if next(turns) == 5:
                await said(far, ours)
            await usual(table, rows)

        monkeypatch.setattr(there, "put", put)
        with pytest.raises(StoreError, match=r"^PostgreSQL: .+$"):
            await copy(here, there)
    made = await copied(source, target)
    assert (made.begun_before, made.anew) == (True, ())
    assert all(one.rows == (3, 3) for one in made.tables)


@pytest.mark.parametrize("way", ["near to far", "far to near"])
async def test_a_source_that_changed_meanwhile_is_noticed_and_what_changed_copied_anew(
    near: str, far: str, back: str, way: str
) -> None:
    source, target = near, far
    await fill(near, far, rows=6)
    if way == "far to near":
        await copied(near, far)
        source, target = far, back
    await killed("settle", 0, source, target)
    await said(source, "UPDATE chat SET title = 'Renamed' WHERE id = 4")
    await said(source, "DELETE FROM shown WHERE post = (SELECT max(post) FROM shown)")
    await said(source, "INSERT INTO note (name, text) VALUES ('\U0010ffff\U0010ffff', 'new')")
    made = await copied(source, target)
    assert made.anew == ("chat", "shown")
    assert {one.rows[1] for one in made.tables if one.table in ("note", "shown")} == {7, 5}
    assert await said(target, "SELECT title FROM chat WHERE id = 4") == [("Renamed",)]


async def test_the_beginning_of_another_copy_is_left_alone(near: str, far: str, back: str) -> None:
    await fill(near, far, rows=2)
    await killed("after put", 3, near, far)
    await begin(back)
    with pytest.raises(StoreError, match="holds the beginning of a copy of another database"):
        await copied(back, far)
    with pytest.raises(StoreError, match=r"is a copy of .* that is not whole"):
        await copied(far, back)
    assert (await copied(near, far)).begun_before
