"""The command line: what it prints, and one clear line for what goes wrong."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import cli
from storage import AppliedFile, open_store
from tests.publisher import update

FULL = Path("/dev/full")
SHARED = Path(__file__).parents[2] / "shared" / "fixtures"


def call(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(words), input=stdin, catch_exceptions=False)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return saved(tmp_path / "1.json", "b", "a")


def saved(path: Path, *keys: str, **texts: str) -> Path:
    """A page with these posts, newest first."""
    url = "https://blog.example/live"
    posts = [update(key, texts.get(key)) | {"url": f"{url}#post-{key}"} for key in keys]
    path.write_text(json.dumps({"@type": "LiveBlogPosting", "headline": "Storm", "url": url, "liveBlogUpdate": posts}))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "relay.toml"
    path.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path}/relay.db"\n[[blogs]]\nid = "storm"\nurl = "https://blog.example/live"\n'
    )
    return path


@pytest.mark.parametrize("group", [(), ("subscribers",), ("audit",), ("db",)])
def test_the_list_of_verbs_cuts_no_sentence_short(group: tuple[str, ...]) -> None:
    said = call(*group, "--help").stdout.split("Commands:")[1]
    assert "..." not in said
    assert all(len(line) <= 80 for line in said.splitlines())


def test_read_shows_a_blog_as_the_relay_understands_it(page: Path) -> None:
    result = call("read", str(page))
    assert result.exit_code == 0
    assert "2 posts, read as jsonld" in result.stdout
    assert "About a" in result.stdout


def test_read_as_json_is_the_agreed_shape_and_nothing_else(page: Path) -> None:
    said = json.loads(call("read", str(page), "--json").stdout)
    assert set(said) == {"blog", "posts"}
    assert set(said["blog"]) == {"title", "url", "format", "kind", "ended", "next_url"}
    assert set(said["posts"][0]) == {
        *("key", "title", "title_is_derived", "text", "summary", "published_at", "modified_at", "authors", "topics"),
        *("images", "url", "pinned", "key_event", "withdrawn", "hash"),
    }
    assert [post["title"] for post in said["posts"]] == ["About b", "About a"]
    assert said["posts"][0]["published_at"] is None


def test_diff_says_what_the_relay_would_do(page: Path, tmp_path: Path) -> None:
    later = saved(tmp_path / "2.json", "c", "b", "a", a="Corrected")
    said = json.loads(call("diff", str(page), str(later), "--json").stdout)
    assert said == [
        {
            "snapshot": 1,
            "alarm": None,
            "changes": [
                {"change": "edited", "key": "post-a", "title": "Corrected"},
                {"change": "new", "key": "post-c", "title": "About c"},
            ],
        }
    ]


def test_a_hole_is_a_withdrawal_after_three_files(page: Path, tmp_path: Path) -> None:
    first = saved(tmp_path / "0.json", "c", "b", "a")
    without = saved(tmp_path / "2.json", "c", "a")
    said = json.loads(call("diff", str(first), *[str(without)] * 3, "--json").stdout)
    assert [len(one["changes"]) for one in said] == [0, 0, 1]
    assert said[2]["changes"][0]["change"] == "withdrawn"


def test_an_unreadable_snapshot_is_an_alarm_and_no_failure(page: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    broken.write_text("<p>Nothing here.</p>")
    result = call("diff", str(page), str(broken), str(page), "--json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert said[0]["alarm"]
    assert said[0]["changes"] == said[1]["changes"] == []


@pytest.mark.skipif(not FULL.exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("words", [["schema"], ["--help"]])
def test_an_output_that_cannot_be_written_is_one_clear_line(words: list[str]) -> None:
    with FULL.open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "bot", *words], check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (ended.returncode, ended.stderr) == (1, "standard output: No space left on device\n")


WRONG = [
    # words, exit code, what the last line says
    (["read", "none.html"], 1, "none.html: there is no such file"),
    (["read", "blog.example/live"], 1, "there is no such file; an address begins with https:// or http://"),
    (["read", "ftp://blog.example/live"], 1, "there is no such file; an address begins with https:// or http://"),
    (["read", "http://127.0.0.1:9/live"], 1, "http://127.0.0.1:9/live: no connection"),
    (["read", "{empty}"], 1, "empty"),
    (["read", "{html}"], 1, "no live blog"),
    (["read", "{html}", "--format", "telex"], 2, "'telex' is not one of"),
    (["read", "{html}", "--timezone", "Mars/Base"], 2, "no time zone"),
    (["read"], 2, "Missing argument 'SOURCE'"),
    (["diff", "{html}"], 2, "two snapshots or more"),
    (["diff", "{html}", "{html}"], 1, "no live blog"),
    (["frobnicate"], 2, "No such command 'frobnicate'"),
    (["check", "--config", "none.toml"], 1, "none.toml: there is no such file"),
    (["status", "--config", "none.toml"], 1, "none.toml: there is no such file"),
    (["run", "--config", "{config}"], 1, "TELEGRAM_BOT_TOKEN"),
    (["push", "--config", "{config}"], 2, "Missing option '--text'"),
    (["push", "--text", " ", "--config", "{config}"], 1, "between 1 and 4096 characters"),
    (["push", "--text", "x" * 5000, "--config", "{config}"], 1, "between 1 and 4096 characters, not 5000"),
    (["push", "--text", "hi", "--blog", "none", "--config", "{config}"], 1, "no blog is called 'none'; there is storm"),
    (["push", "--text", "hi", "--topic", "nato", "--config", "{config}"], 2, "--topic needs --blog"),
    (["push", "--text", "hi", "--at", "soon", "--config", "{config}"], 1, "--at: 'soon' is no time; write 18:30"),
    (["push", "--text", "hi", "--at", "2020-01-01 07:00", "--config", "{config}"], 1, "has passed"),
    (["push", "--text", "hi", "--at", "in 9999 days", "--config", "{config}"], 1, "more than a year away"),
    (
        ["push", "--text", "hi\nMap | https://quay", "--config", "{config}"],
        1,
        "no button can be made of 'Map | https://quay'",
    ),
    (["init", "--config", "{config}"], 1, "stands there already"),
    (["check", "--against", "running", "--config", "{config}"], 1, "no file was applied yet with the database"),
    (["check", "--against", "none.toml", "--config", "{config}"], 1, "none.toml: there is no such file"),
    (["rollback", "--config", "{config}"], 1, "no file was applied yet, so there is none to return to"),
    (["subscribers", "import", "none.csv", "--config", "{config}"], 1, "none.csv: No such file"),
    (["demo", "--replay", "none.html"], 1, "none.html: there is no such file"),
    (["demo", "--speed", "0"], 2, "--speed"),
]


@pytest.mark.parametrize(("words", "code", "says"), WRONG, ids=[" ".join(words)[:60] for words, _, _ in WRONG])
def test_wrong_use_is_one_clear_line(
    words: list[str], code: int, says: str, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    files = {"config": config, "empty": tmp_path / "empty.html", "html": tmp_path / "page.html"}
    files["empty"].write_bytes(b"")
    files["html"].write_text("<p>An article.</p>")
    result = call(*(word.format(**files) if "{" in word else word for word in words))
    assert result.exit_code == code
    assert says in result.stderr.strip().splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_check_says_what_a_good_file_means(config: Path) -> None:
    result = call("check", "--config", str(config))
    assert result.exit_code == 0
    assert "every 30 s" in result.stdout


def test_check_reports_all_mistakes_each_with_its_line(config: Path) -> None:
    config.write_text('[[blogs]]\nid = "Storm!"\nurl = "nowhere"\n')
    result = call("check", "--config", str(config))
    assert result.exit_code == 1
    assert [line.split(":")[1] for line in result.stderr.strip().splitlines()] == ["2", "3"]


def test_init_writes_a_file_that_check_takes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "relay.toml"
    assert call("init", "--config", str(path)).exit_code == 0
    assert call("check", "--config", str(path)).exit_code == 0


def test_subscribers_come_back_as_they_went(config: Path, tmp_path: Path) -> None:
    rows = "chat_id,thread_id,blog,topics,volume,language\n-1005,7,storm,ferries nato,key,de\n2001,,storm,,,\n"
    file = tmp_path / "in.csv"
    file.write_text(rows)
    first = call("subscribers", "import", str(file), "--config", str(config))
    assert "2 subscriptions read, 2 new" in first.stdout
    again = call("subscribers", "import", str(file), "--config", str(config))
    assert "2 subscriptions read, 0 new" in again.stdout
    assert call("subscribers", "export", "-", "--config", str(config)).stdout == rows
    exported = config.parent / "out.csv"
    exported.write_text("an older one")
    assert call("subscribers", "export", str(exported), "--config", str(config)).exit_code == 0
    assert exported.read_text() == rows
    assert not list(config.parent.glob("*.part"))


def test_an_import_with_mistakes_names_each_and_takes_nothing(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(
        "chat_id,thread_id,blog,topics,volume,language\n2001,,storm,,,\nAnn,,storm,,,\n2,,flood,,,\n3,,storm,,loud,\n4\n"
    )
    result = call("subscribers", "import", str(file), "--config", str(config))
    assert result.exit_code == 1
    lines = result.stderr.strip().splitlines()
    assert [line.split(":")[1] for line in lines] == ["3", "4", "5", "6"]
    assert call("subscribers", "export", "-", "--config", str(config)).stdout.count("\n") == 1


def test_an_import_without_the_header_says_which_one_it_wants(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("2001,,storm,,,\n")
    result = call("subscribers", "import", str(file), "--config", str(config))
    assert "chat_id,thread_id,blog,topics,volume,language" in result.stderr


def test_a_dry_run_of_a_push_counts_and_sends_nothing(config: Path) -> None:
    rows = "chat_id,thread_id,blog,topics,volume,language\n2001,,storm,,,\n-1005,7,storm,,,\n-1005,8,storm,,,\n"
    call("subscribers", "import", "-", "--config", str(config), stdin=rows)
    said = call("push", "--text", "hi", "--dry-run", "--config", str(config)).stdout
    assert "2 chats" in said
    status = json.loads(call("status", "--json", "--config", str(config)).stdout)
    assert set(status["queue"].values()) == {0}


def test_status_tells_blogs_and_queue(config: Path) -> None:
    rows = "chat_id,thread_id,blog,topics,volume,language\n2001,,storm,,,\n"
    call("subscribers", "import", "-", "--config", str(config), stdin=rows)
    call("push", "--text", "hi", "--breaking", "--config", str(config))
    assert "breaking 1" in call("status", "--config", str(config)).stdout


def test_a_push_is_normal_or_breaking_at_once_or_later_and_has_its_links(config: Path) -> None:
    rows = "chat_id,thread_id,blog,topics,volume,language\n2001,,storm,,,\n"
    call("subscribers", "import", "-", "--config", str(config), stdin=rows)
    said = call("push", "--text", "hi\nMap | https://maps.example", "--at", "+20m", "--config", str(config)).stdout
    assert "1 chats" in said
    assert ", at 20" in said
    queue = json.loads(call("status", "--json", "--config", str(config)).stdout)["queue"]
    assert set(queue.values()) == {0}, "it waits for its time"
    call("push", "--text", "hi", "--config", str(config))
    queue = json.loads(call("status", "--json", "--config", str(config)).stdout)["queue"]
    assert queue["live"] == 1


@pytest.mark.skipif(not SHARED.exists(), reason="the captured pages are not here")
def test_the_captured_page_and_its_second_fetch_differ_in_nothing() -> None:
    name = "cnn_allen-texas-mall-shooting-news-05-07-23"
    files = [str(SHARED / "cnn" / f"{name}{end}.json") for end in ("", ".refetch-mojibake")]
    assert json.loads(call("diff", *files, "--json").stdout)[0] == {"snapshot": 1, "alarm": None, "changes": []}


# --- the file, and those before it ---------------------------------------------------------------------------------


def applied(path: Path) -> None:
    """A relay has applied what stands in this file."""

    async def keep() -> None:
        store = open_store(f"sqlite:///{path.parent}/relay.db")
        await store.keep_file(AppliedFile(text=path.read_bytes(), at=1_772_600_000.0, who="saved"))
        await store.close()

    asyncio.run(keep())


def test_init_writes_the_schema_that_its_first_line_names(tmp_path: Path) -> None:
    path = tmp_path / "config" / "relay.toml"
    assert call("init", "--config", str(path)).exit_code == 0
    first = path.read_text().splitlines()[0]
    assert path.parent / first.removeprefix("#:schema ") == path.parent / "relay.schema.json"
    assert (path.parent / "relay.schema.json").read_text() == call("schema").stdout


def test_check_against_another_file_needs_no_database_and_makes_none(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(config.read_text().replace("storm", "flood"))
    result = call("check", "--against", str(other), "--config", str(config))
    assert result.exit_code == 0
    assert "1 blog starts, 1 stops; their subscriptions sleep for 30 d, then go; nobody is told." in result.stdout
    assert not (tmp_path / "relay.db").exists()


def test_a_file_that_breaks_is_brought_back_although_it_names_no_database_any_more(config: Path) -> None:
    good = config.read_bytes()
    applied(config)
    config.write_text(config.read_text().replace("[[blogs]]", "[[blogs"))
    broken = config.read_bytes()
    assert "what stands in the file is something else" in call("rollback", "--config", str(config)).stdout
    result = call("rollback", "1", "--config", str(config))
    assert result.exit_code == 0
    assert config.read_bytes() == good
    kept = config.with_name("relay.toml.before-rollback")
    assert kept.read_bytes() == broken
    assert str(kept) in result.stdout
    exported = call("audit", "export", "-", "--config", str(config)).stdout
    assert ",rollback," in exported


def test_a_number_that_no_file_has_is_one_line_and_changes_nothing(config: Path) -> None:
    applied(config)
    before = config.read_bytes()
    result = call("rollback", "7", "--config", str(config))
    assert result.exit_code == 1
    assert "7: is none of the 1 files that are kept" in result.stderr
    assert config.read_bytes() == before


def test_no_password_of_the_storage_is_shown(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(
        '[storage]\nurl = "postgresql://me:S3CRET@host/db"\n[[blogs]]\nid = "a"\nurl = "https://b.example"\n'
    )
    for one, against in ((config, other), (other, config)):
        result = call("check", "--against", str(against), "--config", str(one))
        assert result.exit_code == 0
        assert "storage.url" in result.stdout
        assert "S3CRET" not in result.stdout + result.stderr
