"""Moving in from other bots: their lists and databases, in miniature, and what must not be taken for them."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.moving.feeds import feed_key
from tests.test_cli import call

CONFIG = """
[storage]
url = "sqlite:///{0}/relay.db"
[[blogs]]
id = "storm"
url = "https://blog.example/live"
[[blogs.topics]]
id = "ferries"
title = "Ferries at sea"
words = ["ferry"]
[[blogs]]
id = "daily"
url = "https://news.example/{{date:%Y-%m-%d}}/index.html"
"""
HEADER = "chat_id,thread_id,blog,topics,volume,language\n"
STORM, DAILY, OTHER = (
    "http://www.blog.example/live/?utm_source=x",
    "https://news.example/2024-02-01/",
    "https://o.example/f",
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "relay.toml"
    path.write_text(CONFIG.format(tmp_path))
    return path


def taken(config: Path) -> list[str]:
    """What an export has, without its header."""
    return call("subscribers", "export", "-", "--config", str(config)).stdout.splitlines()[1:]


def imported(config: Path, file: Path, *more: str, code: int = 0) -> str:
    result = call("subscribers", "import", str(file), "--config", str(config), *more)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def database(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
    return path


def opml(path: Path, body: str) -> Path:
    path.write_text(f'<opml version="2.0"><head><title>Mine</title></head><body>\n{body}\n</body></opml>')
    return path


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/feed", "http://www.a.example/feed/", True),
        ("feed://a.example/feed", "https://a.example/feed", True),
        ("feed:https://a.example/feed", "https://a.example/feed#top", True),
        ("https://a.example/f?utm_medium=m&x=1", "https://a.example/f?x=1", True),
        ("https://a.example/?feed=rss2", "https://a.example/?feed=atom", False),
        ("https://a.example/Feed", "https://a.example/feed", False),
        ("https://a.example/caf%C3%A9", "https://a.example/café", True),
    ],
)
def test_an_address_is_the_same_feed_however_it_is_written(one: str, other: str, same: bool) -> None:
    assert (feed_key(one) == feed_key(other)) is same


RSSTT = f"""
CREATE TABLE user (id BIGINT PRIMARY KEY, state SMALLINT, lang TEXT);
CREATE TABLE feed (id INTEGER PRIMARY KEY, state SMALLINT, link TEXT, title TEXT);
CREATE TABLE sub (id INTEGER PRIMARY KEY, state SMALLINT, user_id BIGINT, feed_id INT, notify SMALLINT);
INSERT INTO user VALUES (11, 1, 'zh-Hans'), (12, -1, 'en'), (-100123, 50, 'en');
INSERT INTO feed VALUES (1, 1, '{STORM}', 's'), (2, 1, '{DAILY}', 'd'), (3, 1, '{OTHER}', 'o');
INSERT INTO sub VALUES (1, 1, 11, 1, 1), (2, 0, 11, 2, 1), (3, 1, 12, 1, 1), (4, 1, -100123, 2, 0), (5, 1, 11, 3, 1),
  (6, 1, 11, 99, 1);
"""
FLOWERSS = f"""
CREATE TABLE subscribes (id integer PRIMARY KEY, user_id bigint, source_id integer, enable_notification integer);
CREATE TABLE sources (id integer PRIMARY KEY, link varchar(255), error_count integer);
INSERT INTO sources VALUES (1, '{STORM}', 0), (2, '{DAILY}', 100), (3, '{OTHER}', 0);
INSERT INTO subscribes VALUES (1, 11, 1, 1), (2, 11, 2, 1), (3, -5, 1, 0), (4, 11, 3, 1);
"""
NODERSSBOT = f"""
CREATE TABLE rss_feed (feed_id integer PRIMARY KEY, url text, feed_title text);
CREATE TABLE subscribes (subscribe_id integer PRIMARY KEY, feed_id bigint, user_id bigint);
CREATE TABLE users (user_id bigint, lang text);
INSERT INTO rss_feed VALUES (1, '{STORM}', 's'), (2, '{OTHER}', 'o');
INSERT INTO subscribes VALUES (1, 1, 11), (2, 2, 11), (3, 1, 12);
INSERT INTO users VALUES (11, 'zh-cn');
"""
BOKKER = f"""
CREATE TABLE rss (id INTEGER PRIMARY KEY, link TEXT, last TEXT, name TEXT, chat_id INTEGER DEFAULT 0, disabled BOOLEAN);
INSERT INTO rss VALUES (1, '{STORM}', '', 's', 11, 0), (2, '{DAILY}', '', 'd', 11, 1), (3, '{OTHER}', '', 'o', 11, 0);
"""
ROBOTRSS = f"""
CREATE TABLE web (url varchar PRIMARY KEY);
CREATE TABLE user (telegram_id integer PRIMARY KEY, language varchar, is_active integer);
CREATE TABLE web_user (url varchar, telegram_id integer, alias varchar, PRIMARY KEY (url, telegram_id));
INSERT INTO user VALUES (11, 'de', 1), (12, 'de', 0);
INSERT INTO web_user VALUES ('{STORM}', 11, 's'), ('{STORM}', 12, 's'), ('{OTHER}', 11, 'o');
"""
PAUSED = "left out: 1 paused there"


@pytest.mark.parametrize(
    ("script", "rows", "says"),
    [
        (
            RSSTT,
            ["-100123,,daily,,,en", "11,,storm,,,zh"],
            [PAUSED, "1 of somebody who is banned", "1 with a feed that is"],
        ),
        (FLOWERSS, ["-5,,storm,,,", "11,,storm,,,"], [PAUSED]),
        (NODERSSBOT, ["11,,storm,,,zh", "12,,storm,,,"], []),
        (BOKKER, ["11,,storm,,,"], [PAUSED]),
        (ROBOTRSS, ["11,,storm,,,de"], [PAUSED]),
    ],
    ids=["rsstt", "flowerss", "noderssbot", "bokker", "robotrss"],
)
def test_the_database_of_another_bot_is_known_and_taken_once(
    config: Path, tmp_path: Path, script: str, rows: list[str], says: list[str]
) -> None:
    file = database(tmp_path / "other.db", script)
    dry = imported(config, file, "--dry-run")
    assert taken(config) == []
    said = imported(config, file)
    assert sorted(taken(config)) == sorted(rows)
    assert f"{len(rows)} new" in said
    assert f"{len(rows)} would be new; nothing was taken" in dry
    assert f"not matched: {OTHER}, 1" in said
    assert [words for words in says if words not in said] == []
    assert "0 new" in imported(config, file)
    assert sorted(taken(config)) == sorted(rows)


def test_what_made_no_sound_there_makes_none_here(config: Path, tmp_path: Path) -> None:
    imported(config, database(tmp_path / "other.db", FLOWERSS))
    with closing(sqlite3.connect(tmp_path / "relay.db")) as db:
        sounds = "SELECT c.telegram_id, s.sound FROM subscription s JOIN chat c ON c.id = s.chat"
        assert dict(db.execute(sounds).fetchall()) == {11: 1, -5: 0}


def test_what_a_chat_chose_here_stays_when_it_is_moved_in_again(config: Path, tmp_path: Path) -> None:
    rows = "chat_id,thread_id,blog,topics,volume,language\n11,,storm,ferries,key,de\n"
    call("subscribers", "import", "-", "--config", str(config), stdin=rows)
    said = imported(config, database(tmp_path / "other.db", NODERSSBOT))
    assert "1 new" in said
    assert "11,,storm,ferries,key,de" in taken(config)


def test_a_list_of_feeds_is_of_the_chat_that_is_named_and_its_categories_are_topics(
    config: Path, tmp_path: Path
) -> None:
    file = opml(
        tmp_path / "feeds.opml",
        f"""<outline text="Folder"><outline xmlUrl="{STORM}" category="/sea/ferries at sea,weather"/></outline>
        <outline xmlUrl="{OTHER}" htmlUrl="https://news.example/2024-05-06/"/><outline xmlUrl="{OTHER}?x=1"/>""",
    )
    said = imported(config, file, "--chat", "77")
    assert sorted(taken(config)) == ["77,,daily,,,", "77,,storm,ferries,,"]
    assert "3 subscriptions read, 2 new, 2 of 3 feeds matched" in said
    assert "no topic here: 'weather', 1" in said
    assert imported(config, file, code=2).strip().endswith("add --chat ID")


def test_a_feed_can_be_named_as_a_blog(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "rssbot.json"
    file.write_text(json.dumps([{"link": f"{OTHER}?a=b", "subscribers": [11, -1005], "hash_list": [1]}]))
    assert "0 of 1 feeds matched" in imported(config, file)
    assert "1 of 1 feeds matched" in imported(config, file, "--map", f"{OTHER}?a=b=storm")
    assert sorted(taken(config)) == ["-1005,,storm,,,", "11,,storm,,,"]


def test_the_blogs_of_the_file_are_a_list_of_feeds_for_others(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "blogs.opml"
    call("subscribers", "export", str(file), "--config", str(config))
    assert "2 of 2 feeds matched" in imported(config, file, "--chat", "5")


WRONG: list[tuple[str, bytes, tuple[str, ...], int, str]] = [
    (
        "bomb.opml",
        b'<!DOCTYPE o [<!ENTITY a "aaaa">]><opml>&a;</opml>',
        ("--chat", "5"),
        1,
        "bomb.opml: 1: declares entities",
    ),
    ("cut.opml", b"<opml><body>\n<outline", ("--chat", "5"), 1, "is no whole XML"),
    ("page.opml", b"<html></html>", ("--chat", "5"), 1, "is no OPML"),
    ("deep.opml", b"<opml>" + b"<outline>" * 100, ("--chat", "5"), 1, "more than 64 deep"),
    (
        "odd.opml",
        b'<opml><body>\n<outline xmlUrl=""/></body></opml>',
        ("--chat", "5"),
        1,
        "odd.opml:2: '' is no address",
    ),
    ("cut.json", b'[{"link": 1', (), 1, "is no whole JSON"),
    ("odd.json", b'[{"link": "https://o.example", "subscribers": ["x"]}]', (), 1, "odd.json:feed 1: 'x' is no chat"),
    ("cut.db", b"SQLite format 3\0" + b"\0" * 500, (), 1, "cut.db: cannot be read"),
    ("any.csv", b"a,b\n", ("--from", "telex"), 2, "'telex' is not one of csv, opml"),
    ("any.csv", b"a,b\n", ("--map", "nothing"), 2, "is not an address, = and a blog"),
    ("any.csv", b"a,b\n", ("--map", "https://x=none"), 1, "no blog is called 'none'"),
    ("any.csv", b"a,b\n", ("--chat", "5"), 2, "--chat is for files that name no chat"),
    ("any.csv", b"\xff\xfe", (), 1, "is not UTF-8"),
    ("wide.csv", HEADER.encode("utf-16"), (), 1, "wide.csv:1: is not UTF-8 text; save the file as CSV in UTF-8"),
    ("latin.csv", HEADER.encode() + b"5,,storm,+m\xe1laga,,\n", (), 1, "latin.csv:2: is not UTF-8 text"),
    ("bomb.csv.gz", gzip.compress(bytes(10_000_000)), (), 1, "is compressed with gzip: unpack it first"),
    ("bomb.csv.gz", gzip.compress(b"x"), ("--from", "csv"), 1, "bomb.csv.gz:1: is not UTF-8 text"),
    ("book.xlsx", b"PK\x03\x04" + bytes(100), (), 1, "is a zip, or a spreadsheet: unpack it first"),
    ("many.opml", b"<opml><body><outline " + b'a="" ' * 2_000_000, ("--chat", "5"), 1, "a tag of more than 1 MB"),
]


@pytest.mark.parametrize(("name", "content", "more", "code", "says"), WRONG, ids=[one[4][:40] for one in WRONG])
def test_what_cannot_be_taken_is_one_clear_line_and_nothing_is_taken(
    config: Path, tmp_path: Path, name: str, content: bytes, more: tuple[str, ...], code: int, says: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert says in imported(config, file, *more, code=code).strip().splitlines()[-1]
    assert taken(config) == []


def test_a_file_larger_than_any_list_is_refused_unread(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "large.opml"
    with file.open("wb") as out:
        out.write(b"<opml>")
        out.truncate(2**30)
    assert "is larger than 32 MB" in imported(config, file, "--chat", "5", code=1)


def test_a_view_is_no_table_and_a_mistake_names_its_row(config: Path, tmp_path: Path) -> None:
    view = database(
        tmp_path / "view.db", FLOWERSS + "ALTER TABLE sources RENAME TO s; CREATE VIEW sources AS SELECT * FROM s;"
    )
    assert "is a database of none of these bots" in imported(config, view, code=1)
    assert "it has no sources.error_count" in imported(config, view, "--from", "flowerss", code=1)
    odd = database(tmp_path / "odd.db", FLOWERSS + "UPDATE subscribes SET user_id = 'Ann' WHERE id = 3;")
    assert "odd.db:table subscribes, row 3: 'Ann' is no chat" in imported(config, odd, code=1)
    huge = database(tmp_path / "huge.db", FLOWERSS + "UPDATE sources SET link = zeroblob(20000000) WHERE id = 1;")
    assert "cannot be read: string or blob too big" in imported(config, huge, code=1)
    assert taken(config) == []


def test_rows_of_a_bot_with_one_chat_are_of_the_chat_that_is_named(config: Path, tmp_path: Path) -> None:
    table = "CREATE TABLE rss (id INTEGER PRIMARY KEY, link TEXT, last TEXT, name TEXT);"
    file = database(tmp_path / "old.db", f"{table} INSERT INTO rss VALUES (1, '{STORM}', '', 's');")
    assert "row 1: names no chat; say which one it is with --chat ID" in imported(config, file, code=1)
    imported(config, file, "--chat", "9")
    assert taken(config) == ["9,,storm,,,"]


def test_a_database_of_our_own_is_sent_to_restore(config: Path, tmp_path: Path) -> None:
    call("backup", str(tmp_path / "ours.db"), "--config", str(config))
    taken(config)
    call("backup", str(tmp_path / "ours.db"), "--config", str(config))
    said = imported(config, tmp_path / "ours.db", code=1)
    assert said.strip().endswith("is a database of Liveblog Relay; `restore` puts it back")


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1251", "iso-8859-1"])
def test_a_list_of_feeds_may_be_in_any_encoding_that_it_names(config: Path, tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><opml><body><outline text="Ä" xmlUrl="{STORM}"/></body></opml>'
    (tmp_path / "feeds.opml").write_bytes(
        text.replace("Ä", "Ж" if encoding == "windows-1251" else "Ä").encode(encoding)
    )
    assert "1 new" in imported(config, tmp_path / "feeds.opml", "--chat", "5")


def test_topics_that_the_file_does_not_have_are_said(config: Path, tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text(f"{HEADER}5,,storm,ferries weather,,\n6,,storm,weather,,\n")
    assert "no topic here: 'weather', 2" in imported(config, tmp_path / "all.csv")


def test_a_dry_run_counts_whom_a_file_names_twice_once(config: Path, tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text(HEADER + "5,,storm,,,\n6,,storm,,,\n" * 600)
    assert "1,200 subscriptions read, 2 would be new" in imported(config, tmp_path / "all.csv", "--dry-run")
    assert "2 new" in imported(config, tmp_path / "all.csv")
