"""`push` and `subscribers`: an editor's broadcast from a script, and moving from and to another bot."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

import click

from bot.cli.common import Failed, config_option, finish, opened_store, progress
from config.settings import Settings

if TYPE_CHECKING:
    from bot.core.publishing import PushText
    from storage import Store

ROWS_AT_ONCE = 200  # of an import, in one transaction: a running relay writes between two of them


@click.command()
@click.option("--text", required=True, help="what to say; - takes it from standard input")
@click.option("--blog", metavar="B", help="only to subscribers of this blog")
@click.option("--topic", metavar="T", help="and there only to who follows this topic")
@click.option("--silent", is_flag=True, help="without a sound")
@click.option("--breaking", is_flag=True, help="ahead of everything that waits, and through quiet hours")
@click.option("--at", "when", metavar="TIME", help="when: 18:30, 'tomorrow 7:00', '2026-11-24 07:00', +20m")
@click.option("--dry-run", is_flag=True, help="say to how many, send nothing")
@config_option
def push(
    text: str,
    blog: str | None,
    topic: str | None,
    silent: bool,
    breaking: bool,
    when: str | None,
    dry_run: bool,
    config: Path | None,
) -> None:
    """An editor's broadcast from a script."""
    from bot import logs
    from bot.core.model import Lane
    from bot.core.publishing import Audience, Sending
    from bot.desk import Desk, seconds_to_send

    said = _push_text(sys.stdin.read() if text == "-" else text)

    async def work() -> None:
        async with opened_store(config) as (settings, store):
            _check_audience(settings, blog, topic)
            audience = Audience(blog=blog, topics=(topic,) if topic else ())
            lane, at = Lane.BREAKING if breaking else Lane.LIVE, _moment(settings, blog, when)
            chats = await store.audience(audience)
            seconds = seconds_to_send(chats, settings.telegram.messages_per_second)
            leaves = f", at {at:%Y-%m-%d %H:%M %Z}" if at else ""
            if dry_run:
                click.echo(f"It would go to {chats:,} chats, in about {seconds:.0f} s{leaves}. Nothing was sent.")
                return
            logs.set_up(level=logging.WARNING)  # standard output is for the answer
            desk = Desk(store, lambda: settings)
            number = await desk.draft(0, said)
            sending = Sending(audience=audience, lane=lane, silent=silent, at=at.timestamp() if at else None)
            await desk.send(number, sending, chats=chats)
            click.echo(
                f"Push {number} goes to {chats:,} chats, in about {seconds:.0f} s{leaves}, while the relay runs."
            )

    finish(work())


def _push_text(text: str) -> PushText:
    """The words, and the links below them as buttons."""
    from bot.core.links import MOST, BadLink, TooManyLinks, links_below
    from bot.core.publishing import PushText
    from bot.core.writing import units

    try:
        said, buttons = links_below(text.strip())
    except BadLink as error:
        raise Failed(f"--text: no button can be made of {str(error)!r}") from None
    except TooManyLinks:
        raise Failed(f"--text: a message takes {MOST} buttons at most") from None
    if not said or units(said) > 4096:
        raise Failed("--text: Telegram takes between 1 and 4096 characters" + (f", not {units(said)}" if said else ""))
    return PushText(text=said, buttons=buttons)


def _moment(settings: Settings, blog: str | None, words: str | None) -> datetime | None:
    """In the zone of the blog that is named, else of the first."""
    from bot.core.moments import NoMoment, Past, TooFar, moment_in

    if words is None:
        return None
    named = settings.blog(blog) if blog else None
    zone = (named or settings.blogs[0]).timezone
    try:
        return moment_in(words, datetime.now(UTC), zone).at.astimezone(ZoneInfo(zone))
    except Past:
        raise Failed(f"--at: {words!r} has passed") from None
    except TooFar:
        raise Failed(f"--at: {words!r} is more than a year away") from None
    except NoMoment:
        raise Failed(f"--at: {words!r} is no time; write 18:30, 'tomorrow 7:00', '2026-11-24 07:00' or +20m") from None


def _check_audience(settings: Settings, blog: str | None, topic: str | None) -> None:
    if blog is not None and settings.blog(blog) is None:
        raise Failed(f"--blog: no blog is called {blog!r}; there is {', '.join(one.id for one in settings.blogs)}")
    if topic is not None and blog is None:
        raise click.UsageError("--topic needs --blog")


@click.group()
def subscribers() -> None:
    """Move subscriptions from and to another bot."""


@subscribers.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@config_option
def export_subscribers(file: Path, config: Path | None) -> None:
    """Write every subscription to FILE as CSV (- is standard output)."""

    async def work() -> None:
        async with opened_store(config) as (_, store):
            if str(file) == "-":
                await _export(store, sys.stdout)
                return
            # beside it first: a file that stands there stays until this one is whole
            beside = file.with_name(file.name + ".part") if file.is_file() else file
            with beside.open("w", encoding="utf-8") as out:
                count = await _export(store, out)
            beside.replace(file)
            click.echo(f"{file}: {count:,} subscriptions", err=True)

    finish(work())


async def _export(store: Store, out: TextIO) -> int:
    """A chunk at a time, so that millions need no more room than a thousand. Returns how many there were."""
    from bot.subscribers import to_csv

    count = 0
    out.write(to_csv([]))
    async for rows in store.every_subscription():
        out.write(to_csv(rows, header=False))
        count += len(rows)
    return count


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@config_option
def import_subscribers(file: Path, config: Path | None) -> None:
    """Take subscriptions from FILE, a CSV with the header of an export (- is standard input). Twice is as once."""
    from bot.subscribers import BadRows, from_csv

    async def work() -> None:
        async with opened_store(config) as (settings, store):
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
            try:
                rows = from_csv(text, [blog.id for blog in settings.blogs])
            except BadRows as error:
                raise Failed("\n".join(f"{file}:{line}" for line in str(error).splitlines())) from None
            new = 0
            for at in progress(range(0, len(rows), ROWS_AT_ONCE)):
                new += await store.take_in("main", rows[at : at + ROWS_AT_ONCE], time.time())
            click.echo(f"{file}: {len(rows):,} subscriptions read, {new:,} new")

    finish(work())
