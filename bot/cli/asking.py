"""`init`, `check` and `status`: the file, and how things stand."""

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
    """Write the commented configuration file, with every key and its default."""
    path = find_file(config, os.environ)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(default_file())
    except FileExistsError:
        raise Failed(f"{path}: stands there already; it is left as it is") from None
    except OSError as error:
        raise Failed(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"{path}: written. Set the blog's url, then `liveblog-relay check`.")


@click.command()
@config_option
def check(config: Path | None) -> None:
    """All mistakes of the file, each with its place; or what the file means."""
    from config.report import meaning

    path = find_file(config, os.environ)
    click.echo(meaning(settings_of(path), datetime.now(UTC)))


@click.command()
@config_option
@json_option
def status(config: Path | None, as_json: bool) -> None:
    """Blogs, subscribers and the queue, from the store."""
    from bot.status import Standing, status_json, status_lines

    async def work() -> None:
        async with opened_store(config) as (_, store):
            blogs, queue, now = await store.blogs(counted=True), await store.queue("main"), time.time()
            standing = Standing(alarms=await store.alarms(), refused=await store.refused("main"))
            about = blogs, queue, now, standing
            click.echo(dumped(status_json(*about)) if as_json else "\n".join(status_lines(*about)))

    finish(work())
