"""The command line. Exit code 0; 1: it failed, in one line; 2: wrong use."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from config.settings import BadSettings, NoSecret, Settings, default_file, find_file, read_settings

T = TypeVar("T")


class Failed(click.ClickException):
    """One clear line on standard error, and exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--config", "config", metavar="PATH", type=click.Path(path_type=Path), help="the configuration file"
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="print JSON, and nothing else, on standard output")(
        command
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="liveblog-relay", prog_name="liveblog-relay")
def cli() -> None:
    """Brings live blogs into Telegram and keeps every message it sent true to the page."""


@cli.command()
@config_option
def run(config: Path | None) -> None:
    """Run the service in the foreground; SIGTERM stops it, SIGHUP reads the file again."""
    path = find_file(config, os.environ)
    with told():
        _serve(path, os.environ)


def _serve(path: Path, environ: Any) -> None:
    from bot import logs
    from bot.app import run as serve
    from config.settings import token

    logs.set_up([token(environ)])
    for line in _warnings(_settings(path)):
        click.echo(f"warning: {line}", err=True)
    serve(path, environ)


@cli.command()
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


@cli.command()
@click.option("--replay", metavar="FILE", type=click.Path(path_type=Path), help="unfold a captured blog instead")
@click.option("--speed", metavar="N", type=click.FloatRange(min=0, min_open=True), help="so many times as fast")
@click.option("--port", metavar="N", type=click.IntRange(0, 65535), default=8081, show_default=True)
@config_option
def demo(replay: Path | None, speed: float | None, port: int, config: Path | None) -> None:
    """The whole thing with no account: a local Telegram in the browser and a live blog that unfolds."""
    from bot import logs

    if config is not None:
        raise click.UsageError("the demo writes its own configuration; --config does not go with it")
    if replay is not None and not replay.is_file():
        raise Failed(f"{replay}: there is no such file")
    logs.set_up([], level=30)
    with told():
        asyncio.run(_demo(replay, speed, port))


async def _demo(replay: Path | None, speed: float | None, port: int) -> None:
    """The demo's world and the relay side by side, the one ending with the other."""
    from bot.app import Relay
    from bot.demo import open_demo

    with _fresh_folder() as folder:
        try:
            world = await open_demo(folder, port=port, speed=speed, captured=replay)
        except (OSError, ValueError) as error:
            raise Failed(f"{replay or f'port {port}'}: {error}") from None
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


async def _introduce(world: Any, relay: Any) -> None:
    await relay.ready.wait()
    click.echo(f"\n  Open {world.address} in a browser and watch. Ctrl+C ends it.\n")
    await world.introduce()


@contextlib.contextmanager
def _fresh_folder() -> Iterator[Path]:
    """The demo starts anew every time."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="liveblog-relay-demo-") as folder:
        yield Path(folder)


@cli.command()
@config_option
def check(config: Path | None) -> None:
    """All mistakes of the file, each with its place; or what the file means."""
    from config.report import meaning

    path = find_file(config, os.environ)
    click.echo(meaning(_settings(path), datetime.now(UTC)))


@cli.command()
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
    click.echo(_dumped(snapshot_json(snapshot)) if as_json else "\n".join(snapshot_lines(snapshot)))


@cli.command()
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
    click.echo(_dumped(diff_json(said)) if as_json else "\n".join(diff_lines(sources, said)))


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
    from bot.sources import read as read_page

    found: list[Any] = []
    async with contextlib.AsyncExitStack() as stack:
        fetcher = Fetcher()
        await fetcher.open()
        stack.push_async_callback(fetcher.close)
        for source in _progress(sources):
            page = await _page(fetcher, source)
            try:
                snapshot = read_page(page, rules)
            except NotReadable as error:
                if not (go_on and found):
                    raise (Failed(f"{source}: {error}") if go_on else error) from None
                found.append(str(error))
            else:
                rules = replace(rules, kept=snapshot.format)
                found.append(snapshot)
    return found


async def _page(fetcher: Any, source: str) -> Any:
    from bot.fetch import FetchFailed, NotModified, read_file

    try:
        page = await fetcher.fetch(source) if source.startswith(("http://", "https://")) else read_file(Path(source))
    except FetchFailed as error:
        raise Failed(f"{source}: {error}") from None
    assert not isinstance(page, NotModified)
    return page


@cli.command()
@config_option
@json_option
def status(config: Path | None, as_json: bool) -> None:
    """Blogs, subscribers and the queue, from the store."""
    from bot.status import status_json, status_lines

    async def work() -> None:
        async with _store(config) as (_, store):
            blogs, queue, now = await store.blogs(), await store.queue("main"), time.time()
            said = _dumped(status_json(blogs, queue)) if as_json else "\n".join(status_lines(blogs, queue, now))
            click.echo(said)

    _run(work())


@cli.command()
@click.option("--text", required=True, help="what to say; - takes it from standard input")
@click.option("--blog", metavar="B", help="only to subscribers of this blog")
@click.option("--topic", metavar="T", help="and there only to who follows this topic")
@click.option("--silent", is_flag=True, help="without a sound")
@click.option("--dry-run", is_flag=True, help="say to how many, send nothing")
@config_option
def push(text: str, blog: str | None, topic: str | None, silent: bool, dry_run: bool, config: Path | None) -> None:
    """An editor's broadcast from a script."""
    from bot.core.publishing import Audience, PushText
    from bot.core.writing import units
    from bot.desk import Desk

    said = (sys.stdin.read() if text == "-" else text).strip()
    if not said or units(said) > 4096:
        raise Failed("--text: Telegram takes between 1 and 4096 characters" + (f", not {units(said)}" if said else ""))

    async def work() -> None:
        async with _store(config) as (settings, store):
            _check_audience(settings, blog, topic)
            audience = Audience(blog=blog, topics=(topic,) if topic else ())
            chats = await store.audience(audience)
            seconds = chats / settings.telegram.messages_per_second
            if dry_run:
                click.echo(f"It would go to {chats:,} chats, in about {seconds:.0f} s. Nothing was sent.")
                return
            desk = Desk(store, lambda: settings)
            number = await desk.draft(0, PushText(text=said))
            await desk.send(number, audience, silent=silent)
            click.echo(f"Push {number} goes to {chats:,} chats, in about {seconds:.0f} s, while the relay runs.")

    _run(work())


def _check_audience(settings: Settings, blog: str | None, topic: str | None) -> None:
    if blog is not None and settings.blog(blog) is None:
        raise Failed(f"--blog: no blog is called {blog!r}; there is {', '.join(one.id for one in settings.blogs)}")
    if topic is not None and blog is None:
        raise click.UsageError("--topic needs --blog")


@cli.group()
def subscribers() -> None:
    """Move subscriptions from and to another bot."""


@subscribers.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@config_option
def export_subscribers(file: Path, config: Path | None) -> None:
    """Write every subscription to FILE as CSV (- is standard output)."""
    from bot.subscribers import to_csv

    async def work() -> None:
        async with _store(config) as (_, store):
            rows = await store.every_subscription()
            if str(file) == "-":
                click.echo(to_csv(rows), nl=False)
                return
            file.write_text(to_csv(rows), encoding="utf-8")
            click.echo(f"{file}: {len(rows):,} subscriptions", err=True)

    _run(work())


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@config_option
def import_subscribers(file: Path, config: Path | None) -> None:
    """Take subscriptions from FILE, a CSV with the header of an export (- is standard input). Twice is as once."""
    from bot.subscribers import BadRows, from_csv

    async def work() -> None:
        async with _store(config) as (settings, store):
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
            try:
                rows = from_csv(text, [blog.id for blog in settings.blogs])
            except BadRows as error:
                raise Failed("\n".join(f"{file}:{line}" for line in str(error).splitlines())) from None
            new = 0
            for at in _progress(range(0, len(rows), 1000)):
                new += await store.take_in("main", rows[at : at + 1000], time.time())
            click.echo(f"{file}: {len(rows):,} subscriptions read, {new:,} new")

    _run(work())


def _progress(steps: Any) -> Any:
    """A bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(steps, description="", console=console, transient=True) if console.is_terminal else steps


@contextlib.asynccontextmanager
async def _store(config: Path | None) -> AsyncIterator[tuple[Settings, Any]]:
    from storage import open_store

    settings = _settings(find_file(config, os.environ))
    store = open_store(settings.storage.url)
    try:
        yield settings, store
    finally:
        await store.close()


def _run(work: Coroutine[Any, Any, T]) -> T:
    with told():
        return asyncio.run(work)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What goes wrong in the ordinary course of things is one line, not a traceback."""
    from bot.app import StartFailed
    from storage import StoreError

    try:
        yield
    except (BadSettings, NoSecret, StoreError, StartFailed) as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"{error.filename or 'error'}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Failed("the file is not UTF-8 text") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _settings(path: Path) -> Settings:
    try:
        return read_settings(path, os.environ)
    except BadSettings as error:
        raise Failed(str(error)) from None


def _warnings(settings: Settings) -> list[str]:
    from config.settings import warnings

    return warnings(settings)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def main() -> None:
    cli(prog_name="liveblog-relay")


if __name__ == "__main__":
    main()
