"""The file and the environment, read into one frozen value; every mistake of the file is reported together."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from importlib.resources import files
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from config.agreement import disagreements
from config.cautions import warnings
from config.forms import Wrong, listen_address, printable
from config.mistakes import BadSettings, Flaw, Mistake, flaw_of, write_key
from config.places import Places
from config.secrets import NoSecret, is_set, read_all, secret, token
from config.values import (
    MAIN,
    MAIN_BOT,
    PAID_RATE,
    About,
    Access,
    Blog,
    Bot,
    Defaults,
    Delivery,
    Document,
    Settings,
    Storage,
    Telegram,
    Web,
)

__all__ = [
    "About",
    "Access",
    "BadSettings",
    "Blog",
    "Bot",
    "Defaults",
    "Delivery",
    "Mistake",
    "NoSecret",
    "Settings",
    "Storage",
    "Telegram",
    "Web",
    "contents",
    "default_file",
    "find_file",
    "parse_contents",
    "parse_settings",
    "read_settings",
    "secret",
    "token",
    "warnings",
]

LISTEN = "LIVEBLOG_RELAY_LISTEN"  # in place of web.listen
USUAL_PLACE = Path("config/relay.toml")
_DOCUMENT = TypeAdapter(Document)


def find_file(given: str | Path | None, environ: Mapping[str, str]) -> Path:
    """Where the file is: `--config`, else LIVEBLOG_RELAY_CONFIG, else config/relay.toml."""
    return Path(given or environ.get("LIVEBLOG_RELAY_CONFIG") or USUAL_PLACE)


def default_file() -> str:
    """The commented file that `init` writes: every key with its default, and one example blog."""
    return files("config").joinpath("relay.toml.default").read_text(encoding="utf-8")


def read_settings(path: str | Path, environ: Mapping[str, str]) -> Settings:
    """The settings of the file at `path`. BadSettings where it is missing, unreadable or wrong."""
    return parse_contents(contents(path), Path(path), environ)


def contents(path: str | Path) -> bytes:
    """What stands in the file at `path`. BadSettings where it is missing or unreadable."""
    path = Path(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _unreadable("there is no such file; `liveblog-relay init` writes one", path) from None
    except OSError as error:
        raise _unreadable(f"cannot be read: {error.strerror}", path) from None


def parse_contents(contents: bytes, path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings that a file says which stands like this on the disk, with whatever line ends."""
    try:
        text = TextIOWrapper(BytesIO(contents), encoding="utf-8-sig").read()
    except UnicodeDecodeError as error:
        raise _unreadable(f"is not UTF-8 text (byte {error.start}); save it as UTF-8", path) from None
    return parse_settings(text, path, environ)


def parse_settings(text: str, path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings that `text` says; `path` is only for the mistakes. BadSettings carries all of them."""
    raw = _toml(text, path)
    document, flaws = _document(raw)
    flaws += disagreements(raw)
    if document is None or flaws:
        raise BadSettings(_mistakes(flaws, raw, Places(text)), path)
    return _settings(document, raw, path, environ)


def _unreadable(text: str, path: Path | None, line: int | None = None) -> BadSettings:
    return BadSettings([Mistake(key="", line=line, text=text)], path)


def _toml(text: str, path: Path | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(*_broken(str(error), text, path)) from None
    except RecursionError:
        raise _unreadable("is nested too deeply to be a configuration", path) from None


_KNOWN_TROUBLE = {
    "Cannot overwrite a value": "this key or table stands in the file twice",
    "Cannot declare": "this table stands in the file twice",
}
_BARE_DURATION = re.compile(r"=\s*[0-9]+[smhd]\b")


def _broken(trouble: str, text: str, path: Path | None) -> tuple[str, Path | None, int]:
    """tomllib's "… (at line 3, column 7)" as a mistake with its line."""
    place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", trouble)
    lines = text.split("\n")
    line = int(place[1]) if place and place[1] else max(len(text.rstrip().split("\n")), 1)
    said = trouble[: place.start()] if place else trouble
    said = next((plain for cryptic, plain in _KNOWN_TROUBLE.items() if said.startswith(cryptic)), said)
    hint = '; a duration stands in quotes, as in "20s"' if _BARE_DURATION.search(lines[line - 1]) else ""
    return f"not valid TOML: {said}{hint}", path, line


def _document(raw: dict[str, Any]) -> tuple[Document | None, list[Flaw]]:
    try:
        return _DOCUMENT.validate_python(raw), []
    except ValidationError as error:
        return None, [flaw_of(dict(one)) for one in error.errors(include_url=False)]


def _mistakes(flaws: list[Flaw], raw: dict[str, Any], where: Places) -> list[Mistake]:
    mistakes = [
        Mistake(key=printable(write_key(loc)), line=where.line(loc), text=printable(text), blog=_blog_at(loc, raw))
        for loc, text in dict.fromkeys(flaws)
    ]
    return sorted(mistakes, key=lambda mistake: mistake.line or 0)


def _blog_at(loc: tuple[str | int, ...], raw: dict[str, Any]) -> str | None:
    """The id of the blog that a place belongs to, if it has a readable one."""
    match loc:
        case ("blogs", int(index), *rest) if rest != ["id"]:
            blog = raw["blogs"][index]
            id_ = blog.get("id") if isinstance(blog, dict) else None
            return printable(id_[:40]) if isinstance(id_, str) and id_ else None
    return None


def _settings(document: Document, raw: dict[str, Any], path: Path | None, environ: Mapping[str, str]) -> Settings:
    read_all(environ, _variables(document))
    blogs, bots = zip(document.blogs, raw["blogs"], strict=True), _bots(document.bots)
    return Settings(
        about=document.about,
        telegram=_granted(document.telegram, raw.get("telegram", {})),
        storage=document.storage,
        delivery=document.delivery,
        web=_here(document.web, path, environ),
        access=document.access,
        blogs=tuple(_inherited(blog, said, document.defaults) for blog, said in blogs),
        bots=bots,
        path=path,
        unset=tuple(name for name in _variables(document) if not is_set(environ, name)),
        twins=tuple(_twins(bots, environ)),
    )


def _here(web: Web, path: Path | None, environ: Mapping[str, str]) -> Web:
    """Nodes have one file, and each may listen elsewhere."""
    if not (listen := environ.get(LISTEN, "")):
        return web
    try:
        return replace(web, listen=listen_address(listen))
    except Wrong as error:
        raise _unreadable(f"{LISTEN} in the environment: {error}", path) from None


def _granted(telegram: Telegram, said: dict[str, Any]) -> Telegram:
    """Paid broadcasts raise what Telegram grants, unless the file names another rate."""
    raised = telegram.paid_broadcast and "messages_per_second" not in said
    return replace(telegram, messages_per_second=PAID_RATE) if raised else telegram


def _inherited(blog: Blog, said: dict[str, Any], defaults: Defaults) -> Blog:
    unsaid = {field.name for field in fields(Defaults)} - said.keys()
    return replace(blog, **{name: getattr(defaults, name) for name in unsaid})


def _bots(named: tuple[Bot, ...]) -> tuple[Bot, ...]:
    """Main first; the file may name it too, to take its token from another variable."""
    main = next((bot for bot in named if bot.name == MAIN_BOT), MAIN)
    return main, *(bot for bot in named if bot.name != MAIN_BOT)


def _twins(bots: tuple[Bot, ...], environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Bots whose variables hold the token of one before them: Telegram takes them for one and the same."""
    known: dict[str, str] = {}
    for bot in bots:
        with contextlib.suppress(NoSecret):
            if (first := known.setdefault(token(environ, bot), bot.name)) != bot.name:
                yield first, bot.name


def _variables(document: Document) -> Iterator[str]:
    """The environment variables that the file names, each once."""
    named = [document.web.dashboard_password_env]
    named += [blog.intake_secret_env for blog in document.blogs]
    named += [bot.token_env for bot in document.bots]
    return (name for name in dict.fromkeys(named) if name)
