"""What the verbs share: one line for what goes wrong, the file, the store, a bar on a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from config.settings import BadSettings, NoSecret, Settings, find_file, read_settings

T = TypeVar("T")


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


@contextlib.asynccontextmanager
async def opened_store(config: Path | None) -> AsyncIterator[tuple[Settings, Any]]:
    from storage import open_store

    settings = settings_of(find_file(config, os.environ))
    store = open_store(settings.storage.url)
    try:
        yield settings, store
    finally:
        await store.close()


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
