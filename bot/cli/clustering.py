"""`cluster`: how several nodes are that work on one database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from bot.cli.common import Failed, Verbs, config_option, dumped, finish, json_option, settings_of
from config.settings import BadSettings, Settings, find_file, parse_contents


@click.group(cls=Verbs)
def cluster() -> None:
    """Several nodes on one PostgreSQL: how they are."""


@cluster.command()
@config_option
@json_option
def status(config: Path | None, as_json: bool) -> None:
    """Nodes, who sends for which bot, polls and jobs; exit code 1 where something is not as it should be."""
    from bot.nodes_status import ALONE, alone_json, nodes_json, nodes_lines
    from storage import is_shared

    settings = settings_of(find_file(config, os.environ))
    if not is_shared(settings.storage.url):
        click.echo(dumped(alone_json()) if as_json else ALONE)
        return
    nodes = finish(_nodes(settings))
    said = nodes_json(nodes)
    click.echo(dumped(said) if as_json else "\n".join(nodes_lines(nodes)))
    if not said["ok"]:
        raise SystemExit(1)


async def _nodes(settings: Settings) -> Any:
    """By the bots of the file in force, which need not be those of ours."""
    from storage import open_store
    from storage.opening import is_made

    if not await is_made(settings.storage.url):
        raise Failed("no relay was started yet with the database that storage.url names")
    from storage.postgres.place import Place
    from storage.postgres.survey import nodes

    store = open_store(settings.storage.url)
    try:
        newest = await store.newest_file()
    finally:
        await store.close()
    bots = [bot.name for bot in _in_force(newest.text if newest else b"", settings).bots]
    if (found := await nodes(Place(settings.storage.url), bots)) is None:
        raise Failed("no node was started yet with the database that storage.url names")
    return found


def _in_force(text: bytes, ours: Settings) -> Settings:
    try:
        return parse_contents(text, None, {}) if text else ours
    except BadSettings:
        return ours
