"""`subscribers`: moving from and to another bot."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

import click

from bot.cli.common import Failed, Verbs, bot_option, config_option, finish, opened_store, private_file, progress
from config.settings import Settings

if TYPE_CHECKING:
    from bot.moving.feeds import Feeds
    from bot.moving.source import Source, Tally
    from storage import Store, Subscription

T = TypeVar("T")

ROWS_AT_ONCE = 500  # of an import, in one transaction: a running relay writes between two of them
MOST_REST = 0.02  # seconds, after each: as long as it took or so, that the relay has the database for half of the time
MOST_SAID = 200  # feeds that nothing matches, each in a line


@click.group(cls=Verbs)
def subscribers() -> None:
    """Move subscriptions from and to another bot."""


@subscribers.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@config_option
@bot_option
def export_subscribers(file: Path, config: Path | None, bot: str) -> None:
    """Write every subscription to FILE as CSV (- is standard output); to FILE.opml the blogs."""

    async def work() -> None:
        async with opened_store(config, bot) as (settings, store):
            if str(file) == "-":
                await _export(store, sys.stdout)
                return
            is_opml = file.suffix.lower() == ".opml"
            with private_file(file) as out:
                count = await (_export_blogs(settings, store, out) if is_opml else _export(store, out))
            click.echo(f"{file}: {count:,} {'blogs' if is_opml else 'subscriptions'}", err=True)

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


async def _export_blogs(settings: Settings, store: Store, out: TextIO) -> int:
    from bot.core.timing import resolve_url
    from bot.moving.opml import written

    titles, now = await store.titles(), datetime.now(UTC)
    feeds = [
        (blog.title or titles.get(blog.id, blog.id), resolve_url(blog.url, now, blog.timezone))
        for blog in settings.blogs
    ]
    out.write(written("Live blogs", feeds))
    return len(feeds)


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--from", "format_", metavar="FORMAT", help="what FILE is, where its content does not tell")
@click.option("--chat", metavar="ID", type=int, help="whose it is, where FILE names no chat: an OPML")
@click.option("--map", "maps", metavar="URL=BLOG", multiple=True, help="a feed there is this blog here; repeatable")
@click.option("--dry-run", is_flag=True, help="say what would be taken, take nothing")
@config_option
@bot_option
def import_subscribers(
    file: Path,
    format_: str | None,
    chat: int | None,
    maps: tuple[str, ...],
    dry_run: bool,
    config: Path | None,
    bot: str,
) -> None:
    """Take subscriptions from FILE (- is standard input): an export's CSV, OPML, or another bot's database.

    Twice is as once.
    """
    from bot.moving.follows import BadRows, NotThatFile

    named = dict([_named(one) for one in maps])

    async def work() -> None:
        with _spooled(file) as path:
            try:
                async with opened_store(config, bot) as (settings, store):
                    await store.refuse_where_it_is_not()
                    feeds = await _feeds(settings, store, named)
                    source = _source(path, format_, chat, settings, feeds)
                    tally, new = await _take(store, source, dry_run=dry_run)
                    _say(file, tally, new, dry_run=dry_run, is_ours=source.is_ours)
            except NotThatFile as error:
                raise Failed(f"{file}: {error}") from None
            except BadRows as error:
                raise Failed("\n".join(f"{file}:{line}" for line in str(error).splitlines())) from None

    finish(work())


def _named(words: str) -> tuple[str, str]:
    address, sign, blog = words.rpartition("=")
    if not (sign and address and blog):
        raise click.BadParameter(f"{words!r} is not an address, = and a blog", param_hint="--map")
    return address, blog


@contextlib.contextmanager
def _spooled(file: Path) -> Iterator[Path]:
    """Standard input as a file: it is read twice, to find every mistake before anything is taken."""
    if str(file) != "-":
        yield file
        return
    with tempfile.NamedTemporaryFile(prefix="liveblog-relay-") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.flush()
        yield Path(spool.name)


async def _feeds(settings: Settings, store: Store, named: dict[str, str]) -> Feeds:
    """Every address of our blogs: as the file has it, as their pages were reached, and as hubs know them."""
    from bot.moving.feeds import Feeds

    for blog in named.values():
        if settings.blog(blog) is None:
            there = ", ".join(one.id for one in settings.blogs)
            raise Failed(f"--map: no blog is called {blog!r}; there is {there}")
    known = {one.id: [page.url for page in await store.pages(one.id)] for one in settings.blogs}
    for lease in await store.leases():
        known.setdefault(lease.blog, []).extend((lease.topic, lease.page))
    return Feeds(settings.blogs, known, named)


def _source(path: Path, format_: str | None, chat: int | None, settings: Settings, feeds: Feeds) -> Source:
    from bot.moving.source import FORMATS, Source, format_of

    if format_ is not None and format_ not in FORMATS:
        raise click.BadParameter(f"{format_!r} is not one of {', '.join(FORMATS)}", param_hint="--from")
    found = format_ or format_of(path)
    if found == "opml" and not chat:
        raise click.UsageError("an OPML does not say which chat it is of; add --chat ID")
    if chat and found not in ("opml", "bokker"):
        raise click.UsageError(f"--chat is for files that name no chat, and {found} names them")
    blogs = {blog.id: blog for blog in settings.blogs}
    return Source(file=path, format=found, blogs=blogs, feeds=feeds, chat=chat)


async def _take(store: Store, source: Source, *, dry_run: bool) -> tuple[Tally, int]:
    """All of it is read before anything is written: a file with mistakes is not taken at all."""
    from bot.moving.source import Tally

    tally = Tally()
    if dry_run:
        return tally, await _lacking(store, source, tally)
    for _ in source.subscriptions(tally):
        pass
    new = 0
    async for rows in _shown(_chunks(source.subscriptions(Tally())), tally.taken):
        before = time.monotonic()
        new += await store.take_in("main", rows, time.time(), only_new=not source.is_ours)
        await asyncio.sleep(min(MOST_REST, time.monotonic() - before))
    return tally, new


async def _lacking(store: Store, source: Source, tally: Tally) -> int:
    """How many would be new, each counted once however often it is named."""
    from storage import Seen

    with contextlib.closing(Seen()) as seen:
        return sum([await store.lacking("main", seen.fresh(rows)) for rows in _chunks(source.subscriptions(tally))])


def _chunks(rows: Iterator[Subscription]) -> Iterator[list[Subscription]]:
    while chunk := list(itertools.islice(rows, ROWS_AT_ONCE)):
        yield chunk


async def _shown(chunks: Iterable[T], rows: int) -> AsyncIterator[T]:
    """With a bar, as it is known how many there are."""
    left = iter(chunks)
    for _ in progress(range(-(-rows // ROWS_AT_ONCE))):
        if (chunk := next(left, None)) is not None:
            yield chunk
    for chunk in left:
        yield chunk


def _say(file: Path, tally: Tally, new: int, *, dry_run: bool, is_ours: bool) -> None:
    would = "would be new; nothing was taken" if dry_run else "new"
    feeds = ""
    if not is_ours:
        feeds = f", {len(tally.matched):,} of {len(tally.matched) + len(tally.unmatched):,} feeds matched"
    click.echo(f"{file}: {tally.read:,} subscriptions read, {new:,} {would}{feeds}")
    for why, count in tally.left_out.most_common():
        click.echo(f"left out: {count:,} {why}")
    for word, count in tally.categories.most_common(MOST_SAID):
        click.echo(f"no topic here: {word!r}, {count:,}")
    for feed, count in tally.unmatched.most_common(MOST_SAID):
        several = " and ".join(tally.unsure.get(feed, ()))
        hint = f" (it could be {several}; say which with --map {feed}=BLOG)" if several else ""
        click.echo(f"not matched: {feed}, {count:,}{hint}")
    if len(tally.unmatched) > MOST_SAID:
        rest = tally.unmatched.most_common()[MOST_SAID:]
        click.echo(f"not matched: {len(rest):,} more feeds, {sum(count for _, count in rest):,}")
