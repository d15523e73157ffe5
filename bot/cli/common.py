"""What the verbs share: one line for what goes wrong, the file, the store, a bar on a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from config.forms import ID
from config.settings import BadSettings, NoSecret, Settings, find_file, read_settings
from config.values import MAIN_BOT

T = TypeVar("T")


class OwnProcess:
    """What a verb finds in its context where it has the process for itself, and may change how that runs."""

    def give_way(self) -> None:
        """To everything else on this machine, for as long as the process lives."""
        os.nice(10)


class Failed(click.ClickException):
    """One clear line on standard error, and exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


class Verbs(click.Group):
    """Listed as they were added, which is by what they are for, and each with all of its first sentence."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        first = (cmd.help or "").split("\n\n")[0].split(". ")[0]
        cmd.short_help = cmd.short_help or " ".join(first.split()).removesuffix(".")
        super().add_command(cmd, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--config", "config", metavar="PATH", type=click.Path(path_type=Path), help="the configuration file"
    )(command)


def bot_option(command: Callable[..., Any]) -> Callable[..., Any]:
    about = "of several bots, whose chats; main unless told"
    return click.option("--bot", "bot", metavar="NAME", default=MAIN_BOT, callback=_bots_name, help=about)(command)


def _bots_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if ID.fullmatch(value) is None:
        raise click.BadParameter(f"{value!r} is no name of a bot")
    return value


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="print JSON, and nothing else, on standard output")(
        command
    )


def progress(steps: Any) -> Any:
    """A bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(steps, description="", console=console, transient=True) if console.is_terminal else steps


@contextlib.contextmanager
def private_file(file: Path) -> Iterator[TextIO]:
    """A new file that only its owner may read, since it says who follows or did what. It is written beside its place:
    what stands there stays until this one is whole, and on the disk."""
    file = file.resolve()
    if file.exists() and not file.is_file():  # a pipe, a device
        with file.open("w", encoding="utf-8", newline="") as out:
            yield out
        return
    beside = file.with_name(file.name + ".part")
    beside.unlink(missing_ok=True)
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(number)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextlib.asynccontextmanager
async def opened_store(config: Path | None, bot: str = MAIN_BOT) -> AsyncIterator[tuple[Settings, Any]]:
    """What the file says of a bot, and its store."""
    settings = settings_of(find_file(config, os.environ))
    refuse_unknown(settings, bot)
    async with opened_stores(settings, [bot]) as stores:
        yield settings.of(bot), stores[bot]


@contextlib.asynccontextmanager
async def opened_stores(settings: Settings, bots: Iterable[str]) -> AsyncIterator[dict[str, Any]]:
    """Of these bots, by their names."""
    from storage import open_store

    stores: dict[str, Any] = {}
    try:
        for bot in bots:
            stores[bot] = open_store(settings.storage.url, bot)
        yield stores
    finally:
        for store in stores.values():
            await store.close()


def refuse_unknown(settings: Settings, bot: str) -> None:
    if settings.bot(bot) is None:
        known = ", ".join(one.name for one in settings.bots)
        raise Failed(f"--bot: no bot is called {bot!r}; there is {known}")


def finish(work: Coroutine[Any, Any, T]) -> T:
    with told():
        return asyncio.run(work)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What goes wrong in the ordinary course of things is one line, not a traceback."""
    from storage import StoreError

    try:
        yield
    except (BadSettings, NoSecret, StoreError) as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"{error.filename or 'error'}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Failed("the file is not UTF-8 text") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def settings_of(path: Path) -> Settings:
    try:
        return read_settings(path, os.environ)
    except BadSettings as error:
        raise Failed(str(error)) from None


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
