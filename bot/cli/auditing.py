"""`audit`: who did what, when, to how many, out of the database."""

from __future__ import annotations

import csv
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from bot.cli.common import Verbs, bot_option, config_option, dumped, finish, json_option, opened_store, private_file

if TYPE_CHECKING:
    from storage import Act, Store

HEADER = ("at", "person", "act", "post", "blog", "chats", "words")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


@click.group(cls=Verbs)
def audit() -> None:
    """Who did what, when, to how many chats."""


@audit.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@config_option
@bot_option
@json_option
def export_audit(file: Path, config: Path | None, bot: str, as_json: bool) -> None:
    """Write everything that people did to FILE as CSV (- is standard output), oldest first."""

    async def work() -> None:
        async with opened_store(config, bot) as (_, store):
            write = _json if as_json else _csv
            if str(file) == "-":
                await write(store, sys.stdout)
                return
            with private_file(file) as out:
                count = await write(store, out)
            click.echo(f"{file}: {count:,} acts", err=True)

    finish(work())


async def _csv(store: Store, out: TextIO) -> int:
    writer, count = csv.writer(out, lineterminator="\n"), 0
    writer.writerow(HEADER)
    async for row in _rows(store):
        said = str(row["words"])
        harmless = f"'{said}" if said.startswith(_FORMULA) else said
        writer.writerow(["" if one is None else one for one in (row | {"words": harmless}).values()])
        count += 1
    return count


async def _json(store: Store, out: TextIO) -> int:
    rows = [row async for row in _rows(store)]
    out.write(dumped(rows) + "\n")
    return len(rows)


async def _rows(store: Store) -> AsyncIterator[dict[str, Any]]:
    async for acts in store.every_act():
        for act in acts:
            yield _row(act)


def _row(act: Act) -> dict[str, Any]:
    at = datetime.fromtimestamp(act.at, UTC).isoformat(timespec="seconds")
    return {"at": at} | {name: getattr(act, name) for name in HEADER[1:]}
