"""Who may read the database: whoever runs the relay, and nobody else unless they are let."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import open_store


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
