"""`read` and `diff`: what the relay sees, and what it would do. They need no configuration, token or database."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.cli.common import Failed, config_option, dumped, json_option, progress


@click.command()
@click.argument("source")
@click.option("--format", "format_", default="auto", metavar="F", show_default=True, help="the name of one reader")
@click.option("--timezone", default="UTC", metavar="ZONE", show_default=True, help="of times that name no zone")
@config_option
@json_option
def read(source: str, format_: str, timezone: str, config: Path | None, as_json: bool) -> None:
    """A live blog (an address or a file) as the relay understands it."""
    from bot.saying import snapshot_json, snapshot_lines
    from bot.sources import NotReadable

    rules = _rules(format_, timezone)
    try:
        snapshot = asyncio.run(_snapshots([source], rules))[0]
    except NotReadable as error:
        raise Failed(f"{source}: {error}") from None
    assert not isinstance(snapshot, str)
    click.echo(dumped(snapshot_json(snapshot)) if as_json else "\n".join(snapshot_lines(snapshot)))


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("--format", "format_", default="auto", metavar="F", show_default=True, help="the name of one reader")
@click.option("--timezone", default="UTC", metavar="ZONE", show_default=True, help="of times that name no zone")
@config_option
@json_option
def diff(sources: tuple[str, ...], format_: str, timezone: str, config: Path | None, as_json: bool) -> None:
    """What the relay would do, snapshot by snapshot; each SOURCE is one poll."""
    from bot.core.sequence import verdicts
    from bot.saying import diff_json, diff_lines

    if len(sources) < 2:
        raise click.UsageError("diff compares two snapshots or more")
    polls = asyncio.run(_snapshots(list(sources), _rules(format_, timezone), go_on=True))
    readable = (None if isinstance(poll, str) else poll for poll in polls)
    found = [
        poll if isinstance(poll, str) else verdict
        for poll, verdict in zip(polls, verdicts(readable, datetime.now(UTC)), strict=True)
    ]
    said = [one for one in found if one is not None]
    click.echo(dumped(diff_json(said)) if as_json else "\n".join(diff_lines(sources, said)))


def _rules(format_: str, timezone: str) -> Any:
    from zoneinfo import ZoneInfo

    from bot.core.formats import FORMAT_NAMES
    from bot.sources import ReadRules

    if format_ != "auto" and format_ not in FORMAT_NAMES:
        raise click.BadParameter(f"{format_!r} is not one of auto, {', '.join(FORMAT_NAMES)}", param_hint="--format")
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise click.BadParameter(f"{timezone!r} is no time zone", param_hint="--timezone") from None
    return ReadRules(format=format_, timezone=timezone)


async def _snapshots(sources: list[str], rules: Any, *, go_on: bool = False) -> list[Any]:
    """Each source as a Snapshot. With `go_on` a poll that cannot be read is its reason instead, after the first."""
    from dataclasses import replace

    from bot.fetch import Fetcher
    from bot.sources import NotReadable

    found: list[Any] = []
    async with contextlib.AsyncExitStack() as stack:
        fetcher = Fetcher()
        await fetcher.open()
        stack.push_async_callback(fetcher.close)
        for source in progress(sources):
            try:
                snapshot = await _snapshot(fetcher, source, rules)
            except NotReadable as error:
                if not (go_on and found):
                    raise (Failed(f"{source}: {error}") if go_on else error) from None
                found.append(str(error))
            else:
                rules = replace(rules, kept=snapshot.format)
                found.append(snapshot)
    return found


async def _snapshot(fetcher: Any, source: str, rules: Any) -> Any:
    """A file as it is. An address as the relay asks for it at first sight: it may be only the name of a page."""
    from bot.asking import Asker
    from bot.fetch import FetchFailed, read_file
    from bot.sources import read

    try:
        if not source.startswith(("http://", "https://")):
            return read(read_file(Path(source)), rules)
        gathered = await Asker(fetcher).look(source, datetime.now(UTC), reader=rules.format)
    except FetchFailed as error:
        raise Failed(f"{source}: {error}") from None
    return gathered.completes(read(gathered.page, rules), rules.identity)
