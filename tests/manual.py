"""The man page and the shells' completions, out of the command line: `python -m tests.manual`, or `make manual`.

They are kept in docs/manual/ and installed with the wheel; a test compares them with what this would write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import cleandoc
from pathlib import Path

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from bot.__main__ import cli

NAME = "liveblog-relay"
FOLDER = Path(__file__).parents[1] / "docs" / "manual"
SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}

ENVIRONMENT = {
    "TELEGRAM_BOT_TOKEN": "The bot's token, as BotFather gave it.",
    "TELEGRAM_BOT_TOKEN_FILE": "Instead of it: the path of a file that holds the token.",
    "LIVEBLOG_RELAY_CONFIG": "The configuration file, where --config does not name one.",
    "LIVEBLOG_RELAY_NODE": "What this node is called among others on one PostgreSQL; else the host's name.",
    "LIVEBLOG_RELAY_LISTEN": "Instead of web.listen: where this process listens.",
}
FILES = {
    "config/relay.toml": "The configuration, unless told otherwise. Saving it applies it.",
    "var/relay.db": "The database, unless storage.url names another.",
}
SIGNALS = {
    "SIGTERM, SIGINT": "The service ends within 12 seconds; nothing is lost and nothing sent twice.",
    "SIGHUP": "The service reads its file again.",
}
EXITS = {
    "0": "It is done.",
    "1": "It failed, and says why in one line; a missing or wrong file too.",
    "2": "It was called in a wrong way.",
}
EXAMPLES = {
    f"{NAME} demo": "All of it in the browser, with no account.",
    f"{NAME} init && {NAME} check": "A commented file to begin with, and what it means.",
    f"{NAME} read https://example.org/live/storm": "What the relay makes of a page.",
    f'{NAME} push --text "Back at six." --dry-run': "How many chats a broadcast would reach.",
}


def files() -> dict[str, str]:
    """Every file of docs/manual/ by its name, as it ought to be."""
    return {f"{NAME}.1": page()} | {f"{NAME}.{shell}": completion(shell) for shell in SHELLS}


def completion(shell: str) -> str:
    """What this shell asks `liveblog-relay` with, as click has it."""
    asking = SHELLS[shell](cli, {}, NAME, f"_{NAME.replace('-', '_').upper()}_COMPLETE")
    return ShellComplete.source(asking).strip() + "\n"  # the shells' own first look which version of them is here


def page() -> str:
    """The man page, in the language of man(7)."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield f'.TH {escaped(NAME).upper()} 1 "" "Liveblog Relay" "User Commands"'
    yield from (".SH NAME", f"{escaped(NAME)} \\- {escaped(_lower(cli.help or ''))}")
    yield from (".SH SYNOPSIS", f".B {escaped(NAME)}", ".I COMMAND", escaped("[OPTIONS] [ARGUMENTS]"))
    yield ".SH DESCRIPTION"
    yield escaped("A live blog is a page that keeps changing. The relay polls it, works out what is new, corrected or")
    yield escaped("withdrawn, and keeps every message it sent to a Telegram chat as the page is.")
    yield ".SH COMMANDS"
    yield escaped("Each takes --config PATH where it needs the configuration file, and --help.")
    for words, command in verbs(cli):
        yield from _verb(words, command)
    for title, meanings in (
        ("ENVIRONMENT", ENVIRONMENT),
        ("FILES", FILES),
        ("SIGNALS", SIGNALS),
        ("EXIT STATUS", EXITS),
        ("EXAMPLES", EXAMPLES),
    ):
        yield f".SH {title}"
        yield from (line for term, meaning in meanings.items() for line in _term(term, meaning))


def verbs(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every verb with the words that lead to it, in the order of --help."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, f"{before}{name} ")
        elif not command.hidden:
            yield f"{before}{name}", command


def call(words: Sequence[str]) -> None:
    """Let the command line take these words, without doing it. click.UsageError where it would not."""
    command: click.Command = cli
    if words and any(words[0] in option.opts for option in cli.params):
        return
    while isinstance(command, click.Group):
        found = command.commands.get(words[0] if words else "")
        if found is None:
            raise click.UsageError(f"no such verb: {' '.join(words)}")
        command, words = found, words[1:]
    command.make_context(command.name, list(words))


def _verb(words: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=words)
    arguments = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
    yield f'.SS "{escaped(f"{words} {arguments}".strip())}"'
    yield "\n.PP\n".join(escaped(part.replace("\n", " ")) for part in cleandoc(command.help or "").split("\n\n"))
    for param in command.params:
        record = param.get_help_record(context)
        if record and record[1] and "--config" not in param.opts:
            yield from _term(*record)


def _term(term: str, meaning: str) -> Iterator[str]:
    yield from (".TP", f".B {escaped(term)}", escaped(meaning))


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def escaped(text: str) -> str:
    """Plain text for roff: its own signs, and lines that would begin like one of its requests."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
