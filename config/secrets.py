"""Secrets: from the environment, or from a file that the environment names; never from the configuration."""

from __future__ import annotations

import base64
import contextlib
import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot import logs
from config.values import MAIN, Bot


class NoSecret(Exception):
    """A secret is needed and not there. The text names the variable, never a value."""


def token(environ: Mapping[str, str], bot: Bot = MAIN) -> str:
    """The bot's token, as it is: its shape is not checked. NoSecret where it is not set."""
    return secret(environ, bot.token_env)


def secret(environ: Mapping[str, str], name: str) -> str:
    """What the variable `name` holds, or the file that `name`_FILE names; from now on no line of the log shows it.
    NoSecret where neither is there."""
    if value := environ.get(name, "").strip():
        return logs.keep_out(value)
    if path := environ.get(f"{name}_FILE", ""):
        return logs.keep_out(_read(Path(path), name))
    raise NoSecret(
        f"{name} is not set; put it into the environment, or the path of a file that holds it into {name}_FILE"
    )


def read_all(environ: Mapping[str, str], names: Iterable[str]) -> None:
    """Read what these variables hold, where they are set and can be read, so that no line of the log shows it."""
    for name in names:
        with contextlib.suppress(NoSecret):
            secret(environ, name)


def is_set(environ: Mapping[str, str], name: str) -> bool:
    return bool(environ.get(name, "").strip() or environ.get(f"{name}_FILE", ""))


def _read(path: Path, name: str) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NoSecret(f"{name}_FILE names {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NoSecret(f"{name}_FILE names {path}, which is not text") from None
    if not value:
        raise NoSecret(f"{name}_FILE names {path}, which is empty")
    return value


def webhook_path(token: str, bot: str) -> str:
    """Where Telegram brings a bot's updates: known to whoever has the token, to be guessed by nobody."""
    return _derived(token, f"path of the webhook of {bot}")


def webhook_secret(token: str, bot: str) -> str:
    """What Telegram shows with each of them, as `secret_token` of setWebhook."""
    return _derived(token, f"secret of the webhook of {bot}")


def _derived(token: str, what: str) -> str:
    """43 letters, digits, _ and -: nothing new has to be kept, and none of them leads to the token or to another."""
    made = hmac.digest(token.encode(), what.encode(), "sha256")
    return logs.keep_out(base64.urlsafe_b64encode(made).decode().rstrip("="))
