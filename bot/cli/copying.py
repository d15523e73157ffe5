"""`db`: a whole database at another place, on another engine."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.common import Failed, Verbs, bot_option, config_option, dumped, finish, json_option

if TYPE_CHECKING:
    from storage.copying import CopyMade
    from storage.copying.work import Compared

SHORT = 16  # digits of a hash in a table; `--json` has all of them
_ADDRESS = re.compile(r"(sqlite:///|postgres(ql)?://).+", re.DOTALL)


@click.group(cls=Verbs)
def db() -> None:
    """Take the database to another place: from a file to PostgreSQL, or back."""


def _address(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """As `storage.url` has it. What is none is not repeated: it may hold a password."""
    if _ADDRESS.fullmatch(value) is None:
        raise click.BadParameter("is no address; write sqlite:///PATH or postgresql://USER@HOST/DATABASE")
    return value


@db.command("copy")
@click.argument("from_", metavar="FROM", callback=_address)
@click.argument("to", metavar="TO", callback=_address)
@bot_option
@config_option
@json_option
def copy_database(from_: str, to: str, bot: str, config: Path | None, as_json: bool) -> None:
    """Copy a bot's whole database to an empty one, and compare them; the relay goes on there.

    FROM and TO are addresses as storage.url has them; no configuration is read. No relay may run on either. A copy that
    was interrupted goes on where it was.
    """
    from bot import logs
    from storage.copying import Differs, copy, ends, rows_to_copy

    logs.set_up(level=logging.WARNING)
    began = time.monotonic()

    async def work() -> None:
        async with ends(from_, to, bot) as (source, target):
            names = source.name, target.name
            try:
                with _bar(2 * await rows_to_copy(source)) as told_of:
                    made = await copy(source, target, told_of)
            except Differs as error:
                _say_where(error.tables, names, as_json=as_json)
                raise Failed(f"{target.name}: {error}") from None
            _say(made, names, time.monotonic() - began, as_json=as_json)

    finish(work())


def _say(made: CopyMade, names: tuple[str, str], seconds: float, *, as_json: bool) -> None:
    if as_json:
        click.echo(dumped(_told(made.tables, names) | _about(made, seconds)))
        return
    rows = sum(one.rows[0] for one in made.tables)
    click.echo("\n".join(_table(made.tables)))
    click.echo(f"{rows:,} rows in {seconds:,.1f} s, compared: every table is the same in both.")
    if made.anew:
        click.echo(f"Changed in FROM since the copy was begun, and copied anew: {', '.join(made.anew)}.")
    if made.without_nul:
        click.echo(f"Without their NUL characters, which PostgreSQL does not keep: {made.without_nul:,} rows.")
    if made.unanswered:
        click.echo(f"Left behind, since no node had answered them: {made.unanswered:,} updates of Telegram.")
    click.echo(f"{names[1]}: set storage.url to this and start the relay; it goes on where it was.")
    click.echo(f"{names[0]}: no relay starts on this any more.")


def _say_where(tables: tuple[Compared, ...], names: tuple[str, str], *, as_json: bool) -> None:
    click.echo(dumped(_told(tables, names) | {"same": False}) if as_json else "\n".join(_table(tables)))


def _about(made: CopyMade, seconds: float) -> dict[str, Any]:
    return {
        "at": datetime.fromtimestamp(made.at, UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "resumed": made.begun_before,
        "copied_anew": list(made.anew),
        "rows_without_nul": made.without_nul,
        "unanswered": made.unanswered,
        "same": True,
    }


def _told(tables: tuple[Compared, ...], names: tuple[str, str]) -> dict[str, Any]:
    compared = [
        {
            "table": one.table,
            "rows_from": one.rows[0],
            "rows_to": one.rows[1],
            "hash_from": one.hashes[0],
            "hash_to": one.hashes[1],
            "same": one.same,
        }
        for one in tables
    ]
    return {"from": names[0], "to": names[1], "tables": compared}


def _table(tables: tuple[Compared, ...]) -> Iterator[str]:
    widest = max(len(one.table) for one in tables)
    yield f"{'table':<{widest}}  {'rows':>12}  hash"
    for one in tables:
        line = f"{one.table:<{widest}}  {one.rows[0]:>12,}  {one.hashes[0][:SHORT]}"
        yield line if one.same else f"{line}  DIFFERS there: {one.rows[1]:,} rows, {one.hashes[1][:SHORT]}"


@db.command("reopen")
@click.argument("address", callback=_address)
@bot_option
@config_option
def reopen_database(address: str, bot: str, config: Path | None) -> None:
    """Let the relay run again on a database that was copied to another place.

    For a copy that was never used. What was sent from the other place since is not known here, and would be sent again:
    to come back from there with everything, copy that one.
    """
    from storage.copying import reopened
    from storage.marks import when

    gone = finish(reopened(address, bot))
    if gone is None or gone.at is None:
        raise Failed("this database was not copied to another place; a relay may run on it")
    click.echo(f"The relay may run on this again, as it was on {when(gone.at)}. It must not run at {gone.to} as well.")


@contextlib.contextmanager
def _bar(rows: int) -> Iterator[Callable[[str, int], None]]:
    """A bar on a terminal, nothing elsewhere; told what is being done, and how many rows more are done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("copying", total=rows)
        yield lambda what, more: progress.update(bar, description=what, advance=more)
