"""`init`, `check`, `schema` and `status`: the file, and how things stand."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    Failed,
    config_option,
    dumped,
    finish,
    json_option,
    opened_stores,
    refuse_unknown,
    settings_of,
)
from config.settings import default_file, find_file

if TYPE_CHECKING:
    from bot.core.model import Lane
    from bot.status import Standing
    from storage import BlogState, Store

ROWS_OF = "main"  # as the rows of every bot's own store call it


@click.command()
@config_option
def init(config: Path | None) -> None:
    """Write the commented configuration file, with every key and its default, and beside it its schema for editors."""
    from config import json_schema

    path = find_file(config, os.environ)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(default_file())
        path.with_name(json_schema.NAME).write_text(json_schema.written(), encoding="utf-8")
    except FileExistsError:
        raise Failed(f"{path}: stands there already; it is left as it is") from None
    except OSError as error:
        raise Failed(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"{path}: written. Set the blog's url, then `liveblog-relay check`.")


@click.command()
@click.option("--against", metavar="OTHER", help="what applying it would change: 'running', or the path of a file")
@config_option
def check(against: str | None, config: Path | None) -> None:
    """All mistakes of the file, each with its place; or what the file means, or would change."""
    from bot.cli.filing import compared
    from config.report import meaning

    path = find_file(config, os.environ)
    if against is not None:
        click.echo(finish(compared(path, against)))
    else:
        click.echo(meaning(settings_of(path), datetime.now(UTC)))


@click.command()
@config_option
def schema(config: Path | None) -> None:
    """Print the JSON Schema of the configuration file, by which editors complete and underline."""
    from config.json_schema import written

    click.echo(written(), nl=False)


@click.command()
@config_option
@json_option
@click.option("--bot", metavar="NAME", help="of several bots, one alone")
def status(config: Path | None, as_json: bool, bot: str | None) -> None:
    """Blogs, subscribers and the queue, from the store."""
    from bot.status import of_several_json, of_several_lines, status_json, status_lines

    async def work() -> None:
        settings, now = settings_of(find_file(config, os.environ)), time.time()
        if bot is not None:
            refuse_unknown(settings, bot)
        async with opened_stores(settings, [bot] if bot else [one.name for one in settings.bots]) as stores:
            about = {name: await _about(store, now) for name, store in stores.items()}
        if as_json:
            said = {name: status_json(*one) for name, one in about.items()}
            click.echo(dumped(of_several_json(said)))
        else:
            lines = {name: list(status_lines(*one)) for name, one in about.items()}
            click.echo("\n".join(of_several_lines(lines)))

    finish(work())


async def _about(store: Store, now: float) -> tuple[Sequence[BlogState], Mapping[Lane, int], float, Standing]:
    from bot.status import Standing

    standing = Standing(
        alarms=await store.alarms(), refused=await store.refused(ROWS_OF), backup=await store.last_backup()
    )
    return await store.blogs(counted=True), await store.queue(ROWS_OF), now, standing
