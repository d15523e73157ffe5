"""`run` and `demo`: the service, with Telegram or without."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import Failed, config_option, settings_of, told
from config.settings import find_file

if TYPE_CHECKING:
    from bot.app import Relay
    from bot.demo import Demo

USUAL_PORT = 8081
LISTEN_SECONDS = 3.0
GARBAGE = 50_000  # things made between looks for those in circles; there are few, and a message alone makes hundreds


@click.command()
@config_option
def run(config: Path | None) -> None:
    """Run the service in the foreground; SIGTERM stops it, SIGHUP reads the file again."""
    path = find_file(config, os.environ)
    with told():
        _serve(path, os.environ)


def _serve(path: Path, environ: Mapping[str, str]) -> None:
    gc.set_threshold(GARBAGE)  # also for the reading of the modules, which leaves nothing in circles
    from bot import app, logs
    from config.settings import token, warnings

    logs.set_up()
    settings = settings_of(path)
    token(environ, settings.bots[0])
    for line in warnings(settings):
        click.echo(f"warning: {line}", err=True)
    try:
        app.run(path, environ)
    except app.StartFailed as error:
        raise Failed(str(error)) from None


@click.command()
@click.option("--replay", metavar="FILE", type=click.Path(path_type=Path), help="unfold a captured blog instead")
@click.option("--speed", metavar="N", type=click.FloatRange(min=0, min_open=True), help="so many times as fast")
@click.option("--port", metavar="N", type=click.IntRange(0, 65535), help="of the browser's page; 8081, or a free one")
@config_option
def demo(replay: Path | None, speed: float | None, port: int | None, config: Path | None) -> None:
    """The whole thing with no account: a local Telegram in the browser and a live blog that unfolds."""
    from bot import logs

    if config is not None:
        click.echo("the demo writes its own configuration; --config is left aside", err=True)
    if replay is not None and not replay.is_file():
        raise Failed(f"{replay}: there is no such file")
    logs.set_up(level=30)
    with told():
        asyncio.run(_demo(replay, speed, port))


async def _demo(replay: Path | None, speed: float | None, port: int | None) -> None:
    """The demo's world and the relay side by side, the one ending with the other."""
    from bot.app import Relay

    with _fresh_folder() as folder:
        world = await _world(folder, replay, speed, port)
        relay = Relay(world.config, world.environment)
        running = asyncio.create_task(relay.run())
        introduced = asyncio.create_task(_introduce(world, relay))
        try:
            await asyncio.wait({running, introduced}, return_when=asyncio.FIRST_COMPLETED)
            if introduced.done():
                introduced.result()
            await running
        finally:
            relay.stop()
            introduced.cancel()
            await asyncio.gather(running, introduced, return_exceptions=True)
            await world.close()


async def _world(folder: Path, replay: Path | None, speed: float | None, port: int | None) -> Demo:
    """At the port that was asked for; at the usual one, or where that is taken at any other."""
    from bot.demo import open_demo

    for attempt in (port,) if port is not None else (USUAL_PORT, 0):
        try:
            dashboard = _free_port_beside(attempt)
            return await open_demo(
                folder, port=attempt, speed=speed, captured=replay, dashboard=f"127.0.0.1:{dashboard}"
            )
        except ValueError as error:
            raise Failed(f"{replay}: {error}") from None
        except OSError as error:
            if attempt != USUAL_PORT or port is not None:
                raise Failed(f"port {attempt}: {error.strerror or error}") from None
    raise AssertionError("the last port is always answered for")


def _free_port_beside(port: int) -> int:
    """For the dashboard: one of the next few after the chat page's, or any. Held for a moment only, so that another
    program may still come first; the relay then says so and tries again."""
    for attempt in (*(range(port + 1, min(port + 20, 65536)) if port else ()), 0):
        with contextlib.suppress(OSError), socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(("127.0.0.1", attempt))
            return int(door.getsockname()[1])
    raise Failed("no port of 127.0.0.1 is free")


async def _introduce(world: Demo, relay: Relay) -> None:
    await relay.ready.wait()
    with contextlib.suppress(TimeoutError):  # where its port was taken meanwhile, the chats are shown all the same
        async with asyncio.timeout(LISTEN_SECONDS):
            await relay.web.listens()
    click.echo(f"\n  Open {world.address} in a browser and watch the chats,")
    click.echo(f"  and {world.dashboard} to see how the relay is. Ctrl+C ends both.\n")
    await world.introduce()


@contextlib.contextmanager
def _fresh_folder() -> Iterator[Path]:
    """The demo starts anew every time."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="liveblog-relay-demo-") as folder:
        yield Path(folder)
