"""Which addresses Telegram takes in links and buttons, after tdlib's `parse_url` and `LinkManager::check_link`."""

from __future__ import annotations

import re
import string

from bot.demo.telegram.values import bad_request

PARTS = re.compile(r"(?:([^:/?#@\[\]]*)://)?([^/?#]*)(.*)", re.DOTALL)
WHERE = re.compile(r"(?:(.*)@)?(.*?)(?::([^:\]@]*))?", re.DOTALL)
USER = re.compile(r"tg:(?://)?user\?(?:.*&)?id=([1-9]\d*)", re.IGNORECASE)
OTHER = re.compile(r"(tg|ton|tonsite):(?://)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
PLAIN = frozenset(string.ascii_letters + string.digits + ".-_!$,~*'();&+=")


def mentioned(link: str) -> int | None:
    """The person a `tg://user?id=…` link means."""
    match = USER.fullmatch(link)
    return int(match[1]) if match else None


def kept_link(link: str) -> str:
    """The address as Telegram keeps it (a scheme, a small host, at least "/"), or "" where it drops the link."""
    try:
        return checked_link(link)
    except ValueError:
        return ""


def button_link(link: str, what: str) -> str:
    """As `kept_link`, or the refusal that begins with `what`."""
    try:
        return checked_link(link)
    except ValueError as error:
        raise bad_request(f"{what} URL '{link}' is invalid: {error}") from error


def checked_link(link: str) -> str:
    """Raises ValueError with Telegram's words for what is wrong."""
    other = OTHER.fullmatch(link)
    if other:
        if not other[2] or not re.fullmatch(r"[A-Za-z0-9_\-.]+", other[2]):
            raise ValueError("Unallowed characters in URL host")
        return f"{other[1].lower()}://{other[2].lower()}{other[3].removeprefix('/?')}"
    scheme, host, rest = web_address(link)
    if "." not in host and not host.startswith("["):
        raise ValueError("Wrong HTTP URL")
    return f"{scheme}://{host}{rest}"


def web_address(link: str) -> tuple[str, str, str]:
    """Scheme, host with user and port, and the rest of an http(s) address; without a scheme it is http."""
    parts = PARTS.fullmatch(link)
    scheme = ((parts and parts[1]) or "http").lower()
    if parts is None or scheme not in {"http", "https"}:
        raise ValueError("Unsupported URL protocol")
    where = WHERE.fullmatch(parts[2])
    user, host, port = where.groups() if where else (None, "", None)
    if port is not None and not (port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("Wrong port number specified in the URL")
    if not host:
        raise ValueError("URL host is empty")
    _check(host.strip("[]").replace(":", "") if host.startswith("[") else host, "host")
    _check((user or "").replace(":", ""), "userinfo")
    rest = "".join(f"%{ord(character):02X}" if character <= " " else character for character in parts[3].rstrip())
    full = f"{user}@" if user else ""
    full += host.lower() + (f":{int(port)}" if port else "")
    return scheme, full, rest if rest.startswith("/") else f"/{rest}"


def _check(part: str, name: str) -> None:
    part = re.sub(r"%[0-9a-fA-F]{2}", "", part)
    if "%" in part:
        raise ValueError(f"Wrong percent-encoded symbol in URL {name}")
    if any(character not in PLAIN and ord(character) < 128 for character in part):
        raise ValueError(f"Disallowed character in URL {name}")
