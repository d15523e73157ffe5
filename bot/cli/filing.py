"""`check --against` and `rollback`: what a file would change, and the way back to an earlier one."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import Failed, config_option, finish, settings_of
from config.settings import BadSettings, Settings, Storage, find_file, parse_contents, warnings
from config.values import MAIN_BOT

if TYPE_CHECKING:
    from bot.applied import Kept
    from storage import AppliedFile, Store

RUNNING = "running"
_STORAGE = re.compile(r"""^[ \t]*url[ \t]*=[ \t]*["']((?:sqlite:///|postgres(?:ql)?://)[^"'\n]+)["']""", re.MULTILINE)


# --- check --against -----------------------------------------------------------------------------------------------


async def compared(path: Path, against: str) -> str:
    """What it would change to apply the file at `path`, where `against` is in force: "running", or another file."""
    from bot.applied import foreseen
    from storage import is_shared

    after = settings_of(path)
    asks = against == RUNNING or not is_shared(after.storage.url)  # a file can be compared where no server is
    async with _existing_stores(after.storage.url, _names(after) if asks else ()) as stores:
        with_what, before = (
            await _running(stores.get(MAIN_BOT), after) if against == RUNNING else (against, settings_of(Path(against)))
        )
        changes = await foreseen(stores, before, after, datetime.now(UTC))
    lines = [f"Against {with_what}:", "", *(changes or ["Nothing changes."])]
    if warned := warnings(after):
        lines += ["", *(f"warning: {line}" for line in warned)]
    return "\n".join(lines)


async def _running(store: Store | None, after: Settings) -> tuple[str, Settings]:
    file = await store.newest_file() if store is not None else None
    if file is None:
        where = "the database that storage.url names"
        raise Failed(
            f"no file was applied yet with {where}; if this file changes storage.url, compare it with --against FILE"
        )
    try:
        return f"the file in force since {_when(file.at)} ({file.who})", parse_contents(
            file.text, after.path, os.environ
        )
    except BadSettings as error:
        raise Failed(f"this version does not take the file that was applied last:\n{error}") from None


@contextlib.asynccontextmanager
async def _existing_stores(url: str, bots: Iterable[str]) -> AsyncIterator[dict[str, Store]]:
    """Without those that have no database yet: to ask makes none."""
    from storage import open_store
    from storage.opening import is_made

    stores: dict[str, Store] = {}
    try:
        for bot in bots:
            if await is_made(url, bot):
                stores[bot] = open_store(url, bot)
        yield stores
    finally:
        for store in stores.values():
            await store.close()


def _names(settings: Settings) -> list[str]:
    return [bot.name for bot in settings.bots]


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%SZ}"


# --- rollback ------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("which", metavar="[N]", required=False)
@config_option
def rollback(which: str | None, config: Path | None) -> None:
    """List the files that were in force last; with N, let the configuration file say again what that one says."""
    path = find_file(config, os.environ)

    async def work() -> None:
        async with _existing_stores(*_stores(path)) as stores:
            files = await stores[MAIN_BOT].kept_files() if MAIN_BOT in stores else []
            if not files:
                raise Failed("no file was applied yet, so there is none to return to")
            if which is None:
                click.echo(await _listed(stores, path, files))
            else:
                click.echo(await _brought_back(stores, path, files, _chosen(files, which)))

    finish(work())


def _stores(path: Path) -> tuple[str, list[str]]:
    """Where the files are kept, and the bots; also as a file says it that is full of mistakes, for then one wants them
    most."""
    try:
        settings = settings_of(path)
        return settings.storage.url, _names(settings)
    except Failed:
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        found = _STORAGE.search(text)
        return found[1] if found else Storage().url, [MAIN_BOT]


def _chosen(files: list[AppliedFile], which: str) -> AppliedFile:
    """By its place in the list, or by its name."""
    found = [file for place, file in enumerate(files, 1) if which in (str(place), file.name)]
    if not found:
        raise Failed(f"{which}: is none of the {len(files)} files that are kept; `liveblog-relay rollback` lists them")
    return found[0]


def _in_force(path: Path, files: list[AppliedFile]) -> Settings:
    """What the newest kept file says; where this version does not take it, what the file on the disk says."""
    for text in (files[0].text, path.read_bytes() if path.exists() else b""):
        with contextlib.suppress(BadSettings):
            return parse_contents(text, path, os.environ)
    return Settings(path=path)


async def _listed(stores: Mapping[str, Store], path: Path, files: list[AppliedFile]) -> str:
    from bot.applied import kept_files

    kept = await kept_files(stores, _in_force(path, files), datetime.now(UTC))
    return "\n".join(line for place, file in enumerate(kept, 1) for line in _lines(place, file))


def _lines(place: int, file: Kept) -> list[str]:
    head = f"{place}  {_when(file.at)}  {file.who:<9}  {file.name}"
    if file.refused:
        return [head, *(f"   refused by this version: {line}" for line in file.refused.splitlines())]
    if file.in_force:
        return [head, "   applied last" + ("" if file.on_disk else "; what stands in the file is something else")]
    return [head, *(f"   {line}" for line in file.changes or ["It means the same as the one applied last."])]


async def _brought_back(stores: Mapping[str, Store], path: Path, files: list[AppliedFile], file: AppliedFile) -> str:
    """Written to the disk; to apply it is the running relay's. Where there may be several, it is in force at once for
    all of them: those on other machines do not see this disk."""
    from bot.applied import CannotWrite, bring_back, draft_words, foreseen, went_back
    from storage import is_shared

    before, store = _in_force(path, files), stores[MAIN_BOT]
    try:
        after = parse_contents(file.text, path, os.environ)
        draft = await bring_back(store, path, file)
    except (BadSettings, CannotWrite) as error:
        raise Failed(f"nothing has changed: {error}") from None
    act = went_back(file, None, time.time())
    if is_shared(_stores(path)[0]):
        await store.replace_file(replace(file, at=time.time(), who="rollback"), file.name, act)
    else:
        await store.note_act(act)
    changes = await foreseen(stores, before, after, datetime.now(UTC))
    said = f"{path}: says again what was applied at {_when(file.at)}; a running relay follows within two seconds."
    return "\n".join([said, *changes, *draft_words(draft)])
