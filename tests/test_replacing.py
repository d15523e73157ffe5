"""Another text is put into the file whole or not at all, and what nobody else has is kept beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import config.replacing
from config.replacing import CannotWrite, put_back

OLD, NEW, DRAFT = b"old\r\n", b"new\n", b"draft"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "relay.toml"
    path.write_bytes(OLD)
    return path


def put(path: Path, text: bytes = NEW) -> Path | None:
    """What was there before is kept elsewhere, unless it is a draft."""
    return put_back(path, text, lambda found: not found.startswith(DRAFT))


def beside(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def test_the_file_says_the_other_text_and_nothing_is_left_beside(file: Path) -> None:
    assert put(file) is None
    assert file.read_bytes() == NEW
    assert beside(file) == ["relay.toml"]


def test_a_file_that_says_it_already_is_not_touched(file: Path) -> None:
    before = file.stat()
    assert put(file, OLD) is None
    assert file.stat() == before


def test_permissions_stay_and_owners_too(file: Path) -> None:
    file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(file, 12, 34)
    before = file.stat()
    put(file)
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_a_link_stays_a_link_and_its_end_is_written(file: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc" / "link.toml"
    link.symlink_to("../relay.toml")
    put(link)
    assert link.is_symlink()
    assert file.read_bytes() == NEW


def test_a_draft_is_kept_beside_with_the_permissions_of_the_file(file: Path) -> None:
    file.write_bytes(DRAFT)
    file.chmod(0o600)
    kept = put(file)
    assert kept == file.with_name("relay.toml.before-rollback")
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (DRAFT, 0o600)


def test_an_earlier_draft_is_not_written_over_and_the_same_one_is_kept_once(file: Path) -> None:
    for text in (DRAFT, DRAFT, DRAFT + b"2"):
        file.write_bytes(text)
        put(file)
    assert beside(file) == ["relay.toml", "relay.toml.before-rollback", "relay.toml.before-rollback-2"]


def test_a_file_that_is_gone_comes_back(file: Path) -> None:
    file.unlink()
    assert put(file) is None
    assert file.read_bytes() == NEW


def test_what_is_saved_while_we_write_is_kept_as_well(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, saved = config.replacing._write, [DRAFT]

    def write(path: Path, text: bytes, like: Path) -> None:
        usual(path, text, like)
        if saved and path.name.endswith(".part"):
            file.write_bytes(saved.pop())

    monkeypatch.setattr(config.replacing, "_write", write)
    kept = put(file)
    assert kept is not None
    assert (file.read_bytes(), kept.read_bytes()) == (NEW, DRAFT)


def test_a_file_that_somebody_writes_without_end_is_left_to_them(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, count = config.replacing._write, 0

    def write(path: Path, text: bytes, like: Path) -> None:
        nonlocal count
        usual(path, text, like)
        count += 1
        file.write_bytes(b"%d" % count)

    monkeypatch.setattr(config.replacing, "_write", write)
    with pytest.raises(CannotWrite, match=r"relay\.toml: somebody is writing it just now; try again"):
        put(file)
    assert file.read_bytes() == b"%d" % count
    assert beside(file) == ["relay.toml"]


def test_a_file_that_is_mounted_by_itself_is_left_as_it_is_with_advice(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(self: Path, target: Path) -> Path:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)
    with pytest.raises(CannotWrite, match="Device or resource busy; mount its folder instead of the file"):
        put(file)
    assert (file.read_bytes(), beside(file)) == (OLD, ["relay.toml"])


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_folder_that_is_read_only_is_one_line_and_changes_nothing(file: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CannotWrite, match=r"relay\.toml: cannot be written: Permission denied"):
            put(file)
    finally:
        tmp_path.chmod(0o700)
    assert file.read_bytes() == OLD
