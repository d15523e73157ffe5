"""Who may read the database: whoever runs the relay, and nobody else unless they are let."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import open_store
from tests.test_cli import call


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    """The usual mask of a system: everybody may read what is made."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    return {one.name: oct(one.stat().st_mode & 0o777) for one in folder.iterdir()}


async def test_a_new_database_and_all_that_sqlite_puts_beside_it_are_ours_alone(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/relay.db")
    await store.keep_note("a", "b")
    found = modes(tmp_path)
    await store.close()
    assert {"relay.db", "relay.db-wal", "relay.db-shm"} <= set(found)
    assert set(found.values()) == {"0o600"}


async def test_a_database_that_its_owner_shares_stays_shared(tmp_path: Path) -> None:
    (tmp_path / "relay.db").touch(0o644)
    store = open_store(f"sqlite:///{tmp_path}/relay.db")
    await store.keep_note("a", "b")
    await store.close()
    assert modes(tmp_path)["relay.db"] == "0o644"


async def test_a_link_to_a_database_elsewhere_is_followed(
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    elsewhere.touch(0o600)
    (tmp_path / "relay.db").symlink_to(elsewhere)
    store = open_store(f"sqlite:///{tmp_path}/relay.db")
    await store.keep_note("a", "b")
    await store.close()
    assert elsewhere.stat().st_size > 0


CONFIG = """
[storage]
url = "sqlite:///{0}/relay.db"
[[blogs]]
id = "storm"
url = "https://blog.example/live"
"""


@pytest.mark.parametrize("mask", [0o000, 0o022])
@pytest.mark.parametrize(
    "words",
    [
        ("subscribers", "export", "out.csv"),
        ("subscribers", "export", "out.opml"),
        ("audit", "export", "out.csv"),
        ("backup", "out.db"),
        ("backup",),
    ],
    ids=" ".join,
)
def test_whatever_the_command_line_writes_about_people_is_its_owners_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], mask: int
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "relay.toml"
    config.write_text(CONFIG.format(tmp_path))
    for name in ("out.csv", "out.opml", "out.db"):
        (tmp_path / name).write_text("what stood there")
        (tmp_path / name).chmod(0o644)
    os.umask(mask)
    assert call("status", "--config", str(config)).exit_code == 0
    before = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*")}
    done = call(*words, "--config", str(config))
    assert done.exit_code == 0, done.output
    [made] = [one for one in tmp_path.rglob("*") if one.suffix in (".csv", ".opml", ".db") and one not in before] or [
        tmp_path / words[-1]
    ]
    assert oct(made.stat().st_mode & 0o777) == "0o600"
    assert made.read_bytes() != b"what stood there"
    assert not list(tmp_path.rglob("*.part"))


def test_an_export_that_fails_leaves_what_stood_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "relay.toml"
    config.write_text(CONFIG.format(tmp_path))
    (tmp_path / "out.csv").write_text("what stood there")
    full = OSError(28, "No space left on device", "out.csv")

    def fails(*_: object, **__: object) -> str:
        raise full

    monkeypatch.setattr("bot.subscribers.to_csv", fails)
    done = call("subscribers", "export", str(tmp_path / "out.csv"), "--config", str(config))
    assert (done.exit_code, done.output.strip()) == (1, "out.csv: No space left on device")
    assert (tmp_path / "out.csv").read_text() == "what stood there"
    assert not list(tmp_path.glob("*.part"))
