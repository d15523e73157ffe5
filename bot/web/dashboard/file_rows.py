"""What the page of the file says of each file that was in force. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.applied import Kept
from bot.web.dashboard.rows import Tone

HOW = {
    "start": "at the start",
    "saved": "saved",
    "reload": "by a reload",
    "rollback": "brought back",
    "dashboard": "brought back in the dashboard",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A kept file. `what`: what it is, or what bringing it back would change, in a sentence; `lines`: each change, or
    each reason why this version refuses it."""

    name: str
    at: float  # it came into force, seconds since 1970
    how: str
    what: str
    tone: Tone
    in_force: bool
    can_come_back: bool
    lines: tuple[str, ...] = ()


def file_rows(files: Sequence[Kept]) -> list[FileRow]:
    return [_row(file) for file in files]


def _row(file: Kept) -> FileRow:
    what, tone, lines = _said(file)
    return FileRow(
        name=file.name,
        at=file.at,
        how=HOW.get(file.who, file.who),
        what=what,
        tone=tone,
        in_force=file.in_force,
        can_come_back=not file.refused and not (file.in_force and file.on_disk),
        lines=lines,
    )


def _said(file: Kept) -> tuple[str, Tone, tuple[str, ...]]:
    if file.refused:
        return "This version does not take it any more.", "bad", tuple(file.refused.splitlines())
    if file.in_force and file.on_disk:
        return "It is in force.", "good", ()
    if file.in_force:
        return "It is in force; what stands in the file is something else, and is not.", "warn", ()
    if not file.changes:
        return "It means the same as the one in force.", "calm", ()
    return file.changes[0], "calm", file.changes[1:]
