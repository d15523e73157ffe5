"""`backup` and `restore`: the database in a file of its own, and in its place again."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bot.cli.common import OwnProcess, config_option, settings_of, told
from config.settings import find_file

KEPT = 7


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--keep", metavar="N", type=click.IntRange(min=1), help=f"of those in its own folder; {KEPT} unless told")
@config_option
@click.pass_obj
def backup(own: OwnProcess | None, file: Path | None, keep: int | None, config: Path | None) -> None:
    """Copy the database while the relay runs, to FILE or into the folder backups beside it."""
    from storage import back_up, thin_backups

    if file is not None and keep is not None:
        raise click.UsageError("--keep is for the folder of backups, not for a file that you name")
    with told():
        path = _database(config)
        if own is not None:  # it holds no lock for which a relay could wait
            own.give_way()
        with _bar("copying") as told_of:
            made = back_up(path, file, told_of=told_of)
        click.echo(f"{made.file}: {made.size / 2**20:,.1f} MB, whole and checked")
        if file is None:
            for old in thin_backups(path, keep or KEPT):
                click.echo(f"{old}: removed")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--resend", is_flag=True, help="send what waited in it, though chats may have it")
@config_option
def restore(file: Path, resend: bool, config: Path | None) -> None:
    """Put a backup in the place of the database; the relay must not run. What stands there is kept beside it."""
    from storage import put_back

    with told():
        path = _database(config)
        with _bar("restoring") as told_of:
            put = put_back(file, path, resend=resend, told_of=told_of)
        at, ago = datetime.fromtimestamp(put.made_at, UTC), timedelta(seconds=time.time() - put.made_at)
        click.echo(f"{path}: is now {file}, as of {at:%Y-%m-%d %H:%M:%S} UTC ({_ago(ago)})")
        if put.kept is not None:
            click.echo(f"What stood there is kept: {put.kept}")
        click.echo(_RESEND if resend else _AS_TOLD)
        click.echo(_NOT_KNOWN)
        if put.acts:
            acts = ", ".join(f"{act} {count}" for act, count in put.acts.items())
            click.echo(f"Since then there was done, by the database that was here: {acts}.")


_AS_TOLD = (
    "At the next start what waited in it counts as sent, and what each page shows at its first reading as told, so that"
    " no chat gets anything twice. New posts after that go out; edits and withdrawals of what it knows follow."
)
_RESEND = (
    "At the next start what waited in it goes out, and what its pages have published since is news: chats get once more"
    " what they got since."
)
_NOT_KNOWN = (
    "It does not know what people did since: who came, left or asked to be forgotten, and what editors took down,"
    " corrected or held. Do the latter again."
)


def _database(config: Path | None) -> Path:
    from storage import path_of

    return path_of(settings_of(find_file(config, os.environ)).storage.url)


def _ago(since: timedelta) -> str:
    from bot.core.texts import Texts

    return Texts.of("en").ago(since)


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere; given how many of how many."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(bar, completed=done, total=of)
