"""`backup` and `restore`: the database in a file of its own, and in its place again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import Failed, OwnProcess, config_option, opened_stores, refuse_unknown, settings_of, told
from config.settings import Settings, find_file
from config.values import MAIN_BOT

if TYPE_CHECKING:
    from storage import Returned

KEPT = 7


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--keep", metavar="N", type=click.IntRange(min=1), help=f"of those in its own folder; {KEPT} unless told")
@config_option
@click.pass_obj
def backup(own: OwnProcess | None, file: Path | None, keep: int | None, config: Path | None) -> None:
    """Copy the database while the relay runs, to FILE or into the folder backups beside it.

    With several bots each has a copy, all of one moment: FILE is that of main, the others stand beside it.
    """
    from storage import back_up, of_bot, thin_backups

    if file is not None and keep is not None:
        raise click.UsageError("--keep is for the folder of backups, not for a file that you name")
    with told():
        settings = settings_of(find_file(config, os.environ))
        path = _database(settings)
        bots = [bot.name for bot in settings.bots if bot.name == MAIN_BOT or of_bot(path, bot.name).is_file()]
        if own is not None:  # it holds no lock for which a relay could wait
            own.give_way()
        with _bar("copying") as told_of:
            made = back_up(path, file, bots=bots, told_of=told_of)
        for one in made:
            click.echo(f"{one.file}: {one.size / 2**20:,.1f} MB, whole and checked")
        if file is None:
            for old in thin_backups(path, keep or KEPT):
                click.echo(f"{old}: removed")


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--resend", is_flag=True, help="send what waited in it, though chats may have it")
@click.option("--bot", metavar="NAME", help="of several bots, this one alone: FILE is its own copy")
@click.option("--as-of", "as_of", metavar="TIME", help="PostgreSQL, after pg_restore: when the dump was made, in UTC")
@config_option
def restore(file: Path | None, resend: bool, bot: str | None, as_of: str | None, config: Path | None) -> None:
    """Put a backup in the place of the database; the relay must not run. What stands there is kept beside it.

    With several bots FILE is the copy of main, and those beside it are put back with it. On PostgreSQL, pg_restore puts
    a dump back; `restore --as-of TIME` then sees to it that no chat gets anything twice.
    """
    from storage import is_shared

    with told():
        settings = settings_of(find_file(config, os.environ))
        if bot is not None:
            refuse_unknown(settings, bot)
        if is_shared(settings.storage.url):
            _see_to_a_dump(settings, file, as_of, resend=resend)
            return
        if file is None:
            raise click.UsageError("name the backup")
        if as_of is not None:
            raise click.UsageError("--as-of is for PostgreSQL; a backup knows when it was made")
        _put_back(settings, file, bot, resend=resend)


def _put_back(settings: Settings, file: Path, bot: str | None, *, resend: bool) -> None:
    from storage import of_bot, put_all_back

    path = _database(settings)
    copies = {bot: file} if bot else _set(settings, file)
    places = {name: (copy, of_bot(path, name)) for name, copy in copies.items()}
    with _bar("restoring") as told_of:
        put = put_all_back(places, resend=resend, told_of=told_of)
    for name, one in put.items():
        at, ago = datetime.fromtimestamp(one.made_at, UTC), timedelta(seconds=time.time() - one.made_at)
        click.echo(f"{places[name][1]}: is now {places[name][0]}, as of {at:%Y-%m-%d %H:%M:%S} UTC ({_ago(ago)})")
        if one.kept is not None:
            click.echo(f"What stood there is kept: {one.kept}")
    for line in _left_alone(settings, path, file, set(put)) if bot is None else ():
        click.echo(line)
    click.echo(_RESEND if resend else _AS_TOLD)
    click.echo(_NOT_KNOWN)
    for name, one in put.items():
        if one.acts:
            acts = ", ".join(f"{act} {count}" for act, count in one.acts.items())
            of_bot_ = f" of the bot {name}" if len(put) > 1 else ""
            click.echo(f"Since then there was done, by the database{of_bot_} that was here: {acts}.")


def _set(settings: Settings, file: Path) -> dict[str, Path]:
    """The copies of a backup, by their bots, as far as the file has those."""
    from storage import beside

    others = {name: copy for name, copy in beside(file).items() if settings.bot(name) is not None}
    return {MAIN_BOT: file, **others}


def _left_alone(settings: Settings, path: Path, file: Path, put: set[str]) -> Iterator[str]:
    """What somebody may have thought would be put back as well."""
    from storage import beside, of_bot

    for bot in settings.bots:
        if bot.name not in put and (here := of_bot(path, bot.name)).exists():
            yield f"{here}: is left as it is; the backup has none of the bot {bot.name}"
    for name, copy in beside(file).items():
        if settings.bot(name) is None:
            yield f"{copy}: is left aside; the configuration has no bot {name}"


def _see_to_a_dump(settings: Settings, file: Path | None, as_of: str | None, *, resend: bool) -> None:
    """PostgreSQL has its own ways to put a copy back; what we add is that nothing of it is sent twice."""
    if file is not None or as_of is None:
        raise Failed(
            "storage.url: names PostgreSQL; put its dump back with pg_restore, then say when that was made:"
            " liveblog-relay restore --as-of '2026-11-23 10:00'"
        )
    if resend:
        raise click.UsageError("--resend needs nothing here: without --as-of what waited in the dump goes out")
    at = _instant(as_of)
    for name, one in asyncio.run(_taken_as_told(settings, at)).items():
        said = f"{one.taken:,} messages that waited count as sent"
        later = f", {one.waiting:,} posts that had a later time still go out" if one.waiting else ""
        click.echo(f"{name}: as of {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC; {said}{later}")
    click.echo("What each page shows at its first reading counts as told. New posts after that go out.")
    click.echo(_NOT_KNOWN)


def _instant(words: str) -> float:
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise Failed(f"--as-of: {words!r} is no time; write '2026-11-23 10:00', in UTC") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if at.timestamp() > time.time():
        raise Failed(f"--as-of: {words!r} is yet to come")
    return at.timestamp()


async def _taken_as_told(settings: Settings, at: float) -> dict[str, Returned]:
    """Of every bot; none of them may be sent for meanwhile, by any node."""
    from storage.postgres.returned import take_as_told

    async with opened_stores(settings, [bot.name for bot in settings.bots]) as stores:
        return await take_as_told(stores, at, time.time())


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


def _database(settings: Settings) -> Path:
    from storage import is_shared, path_of

    if is_shared(settings.storage.url):
        raise Failed("storage.url: names PostgreSQL; copy it with pg_dump, all schemas (docs/operations.md says how)")
    return path_of(settings.storage.url)


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
