"""The command line. Exit code 0; 1: it failed, in one line; 2: wrong use."""

from __future__ import annotations

import os
import sys

import click

from bot.cli import VERBS
from bot.cli.common import Verbs


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="liveblog-relay", prog_name="liveblog-relay")
def cli() -> None:
    """Brings live blogs into Telegram and keeps every message it sent true to the page."""


for verb in VERBS:
    cli.add_command(verb)


def main() -> None:
    try:
        cli(prog_name="liveblog-relay")
    except OSError as error:  # of files the verbs speak themselves; what is left is the standard output, on a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what was not written is not tried again
        click.echo(f"{error.filename or 'standard output'}: {error.strerror or error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
