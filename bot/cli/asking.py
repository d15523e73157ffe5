"""`init`, `check`, `schema` and `status`: the file, and how things stand."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.common import Failed, config_option, dumped, finish, json_option, opened_store, settings_of
from config.settings import default_file, find_file


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
def status(config: Path | None, as_json: bool) -> None:
    """Blogs, subscribers and the queue, from the store."""
    from bot.status import Standing, status_json, status_lines

    async def work() -> None:
        async with opened_store(config) as (_, store):
            blogs, queue, now = await store.blogs(counted=True), await store.queue("main"), time.time()
            standing = Standing(
                alarms=await store.alarms(), refused=await store.refused("main"), backup=await store.last_backup()
            )
            about = blogs, queue, now, standing
            click.echo(dumped(status_json(*about)) if as_json else "\n".join(status_lines(*about)))

    finish(work())
