"""`db copy` and `db reopen` on the command line: what they print, and one clear line for what goes wrong."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result

from bot.__main__ import cli
from storage import open_store
from storage.postgres import jobs
from tests import postgres


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words), catch_exceptions=False)


@pytest.fixture
def near(tmp_path: Path) -> str:
    """A file with a chat in it."""
    asyncio.run(open_store(f"sqlite:///{tmp_path}/relay.db").close())
    with closing(sqlite3.connect(tmp_path / "relay.db")) as db, db:
        db.execute("INSERT INTO chat (bot, telegram_id, kind, created_at) VALUES ('main', 2001, 'private', 1)")
    return f"sqlite:///{tmp_path}/relay.db"


@pytest.fixture
def far() -> Iterator[str]:
    """An address on PostgreSQL where there is nothing yet, with a password in it."""
    with asyncio.Runner() as work:
        room = postgres.schema()
        name = work.run(room.__aenter__())
        yield postgres.shared().url(search_path=name).replace("relay@", "relay:hunter2@")
        work.run(room.__aexit__(None, None, None))


def ask(statement: str) -> None:
    async def work() -> None:
        wire = await asyncpg.connect(postgres.shared().url())
        await wire.execute(statement)
        await wire.close()

    asyncio.run(work())


def test_a_copy_says_what_is_in_each_table_and_where_to_go_on(near: str, far: str) -> None:
    said = call("db", "copy", near, far)
    assert said.exit_code == 0, said.output
    lines = said.stdout.splitlines()
    assert lines[0].split() == ["table", "rows", "hash"]
    assert [line.split()[:2] for line in lines if line.startswith("chat")] == [["chat", "1"]]
    assert "1 rows in " in said.stdout
    assert "every table is the same in both" in said.stdout
    assert lines[-2].endswith("set storage.url to this and start the relay; it goes on where it was.")
    assert lines[-1] == f"{near}: no relay starts on this any more."
    assert "hunter2" not in said.output
    assert said.stderr == "", "a bar is for terminals"


def test_a_copy_as_json_is_the_agreed_shape_and_nothing_else(near: str, far: str) -> None:
    said = json.loads(call("db", "copy", near, far, "--json").stdout)
    assert set(said) == {
        *("from", "to", "tables", "at", "seconds", "resumed", "copied_anew", "rows_without_nul", "unanswered", "same")
    }
    assert said["same"] is True
    assert said["resumed"] is False
    chat = next(one for one in said["tables"] if one["table"] == "chat")
    assert set(chat) == {"table", "rows_from", "rows_to", "hash_from", "hash_to", "same"}
    assert (chat["rows_from"], chat["rows_to"]) == (1, 1)
    assert len(chat["hash_from"]) == 64
    assert chat["hash_from"] == chat["hash_to"]
    assert "hunter2" not in json.dumps(said)


def test_a_copy_that_differs_names_the_first_table_and_ends_with_1(near: str, far: str) -> None:
    assert call("db", "copy", near, far).exit_code == 0
    schema = far.rpartition("=")[2]
    ask(f"TRUNCATE {schema}.chat, {schema}.note")
    ask(f"CREATE FUNCTION {schema}.spoil() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.title := ''spoiled''; RETURN NEW; END'")  # fmt: skip
    ask(f"CREATE TRIGGER spoil BEFORE INSERT ON {schema}.chat FOR EACH ROW EXECUTE FUNCTION {schema}.spoil()")
    assert call("db", "reopen", near).exit_code == 0
    said = call("db", "copy", near, far)
    assert said.exit_code == 1
    assert next(line for line in said.stdout.splitlines() if "DIFFERS" in line).startswith("chat ")
    assert said.stderr.splitlines()[-1].endswith(
        "chat: is not the same in both databases after the copy; it must not be used"
    )
    again = json.loads(call("db", "copy", near, far, "--json").stdout)
    assert again["same"] is False
    assert [one["table"] for one in again["tables"] if not one["same"]] == ["chat"]


def test_a_relay_does_not_start_on_what_was_copied_until_it_is_opened_again(
    near: str, far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:token")
    config = tmp_path / "relay.toml"
    config.write_text(
        f'[telegram]\napi_base = "http://127.0.0.1:9"\n[storage]\nurl = "{near}"\n[web]\nlisten = ""\n'
        '[[blogs]]\nid = "storm"\nurl = "http://127.0.0.1:9/live"\n'
    )
    assert call("db", "copy", near, far).exit_code == 0
    refused = call("run", "--config", str(config))
    assert refused.exit_code == 1
    assert "this database was copied to postgresql://relay@/postgres?host=" in refused.stderr
    assert "see `liveblog-relay db reopen`" in refused.stderr
    assert "hunter2" not in refused.output
    pushed = call("push", "--text", "Nobody would send it", "--config", str(config))
    assert pushed.exit_code == 1
    assert "this database was copied to" in pushed.stderr
    (tmp_path / "moved.csv").write_text("chat_id,thread_id,blog,topics,volume,language\n2002,,storm,,,\n")
    imported = call("subscribers", "import", str(tmp_path / "moved.csv"), "--config", str(config))
    assert imported.exit_code == 1
    assert "this database was copied to" in imported.stderr
    said = call("db", "reopen", near)
    assert said.exit_code == 0
    assert said.stdout.startswith("The relay may run on this again, as it was on 20")
    assert "hunter2" not in said.stdout
    twice = call("db", "reopen", near)
    assert twice.exit_code == 1
    assert twice.stderr == "this database was not copied to another place; a relay may run on it\n"


def test_updates_that_nobody_had_answered_are_counted(near: str, far: str, tmp_path: Path) -> None:
    assert call("db", "copy", near, far).exit_code == 0

    async def bring(*names: str) -> None:
        wire = await asyncpg.connect(postgres.shared().url())
        for name in names:
            await jobs.put(wire, far.rpartition("=")[2], name)
        await wire.close()

    asyncio.run(bring(jobs.update("main"), jobs.update("main"), jobs.update("es"), jobs.pump("main")))
    said = call("db", "copy", far, f"sqlite:///{tmp_path}/back.db")
    assert "Left behind, since no node had answered them: 2 updates of Telegram.\n" in said.stdout


def test_each_bot_has_a_database_of_its_own_to_copy(near: str, far: str, tmp_path: Path) -> None:
    none = call("db", "copy", near, far, "--bot", "es")
    assert none.exit_code == 1
    assert none.stderr == f"{tmp_path}/relay.es.db: there is no database\n"
    asyncio.run(open_store(near, "es").close())
    assert call("db", "copy", near, far, "--bot", "es").exit_code == 0
    assert call("db", "copy", near, far).exit_code == 0, "the other one is where it was"
    assert call("db", "copy", far, f"sqlite:///{tmp_path}/back.db", "--bot", "es").exit_code == 0
    assert (tmp_path / "back.es.db").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("copy",),
        ("copy", "sqlite:///a.db"),
        ("copy", "/srv/relay.db", "postgresql://relay@db/relay"),
        ("copy", "sqlite:///a.db", "mysql://relay:hunter2@db/relay"),
        ("copy", "sqlite:///", "postgresql://relay@db/relay"),
        ("copy", "sqlite:///a.db", "sqlite:///b.db", "--bot", "../x"),
        ("reopen",),
        ("reopen", "hunter2"),
    ],
)
def test_a_wrong_use_is_one_line_and_2(words: tuple[str, ...]) -> None:
    said = call("db", *words)
    assert said.exit_code == 2
    assert said.stderr.splitlines()[-1].startswith("Error: ")
    assert "hunter2" not in said.output


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("postgresql://relay:hunter2@127.0.0.1:9/relay", "postgresql://relay@127.0.0.1:9/relay cannot be reached: "),
        ("postgresql://relay:hunter2@127.0.0.1:abc/relay", "PostgreSQL: an address cannot be read; write "),
        ("postgresql://relay:hunt[er2@127.0.0.1:9/relay", "PostgreSQL: an address cannot be read; write "),
        ("postgresql://relay:hun/ter2@127.0.0.1/relay", "PostgreSQL: an address cannot be read; write "),
    ],
)
def test_what_cannot_be_reached_is_one_line_without_the_password(near: str, address: str, why: str) -> None:
    for words in ((near, address), (address, near)):
        said = call("db", "copy", *words)
        assert said.exit_code == 1
        assert said.stderr.startswith(why)
        assert len(said.stderr.splitlines()) == 1
        assert "ter2" not in said.output


def test_a_file_is_not_copied_into_itself_however_it_is_called(near: str, tmp_path: Path) -> None:
    said = call("db", "copy", near, f"sqlite:///{tmp_path}/../{tmp_path.name}/relay.db")
    assert (said.exit_code, said.stderr) == (1, "FROM and TO are the same database\n")
