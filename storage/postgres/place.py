"""Where a bot's tables stand: the schema of an address, and how sessions are opened there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from storage.errors import StoreError

MAIN = "main"
CONNECT_SECONDS = 10.0
SILENT_MS = 4000  # a session that holds something and says nothing for so long is ended by PostgreSQL
# Plans of statements that a session keeps, by what it does: PgQueuer's are long, and planning them or a look costs the
# server more than doing them. Who reads and writes keeps its own.
KEPT = {"jobs": 50, "node": 4}
UNREADABLE = (
    "an address cannot be read; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for an @ in the password"
    " and so on; or a line of the password file cannot"
)
LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer ones
# A machine that is gone says nothing: the server asks after it, so that its sessions and their locks go as well.
_KEPT_ALIVE = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Place:
    """The bot "main" stands in the address's own schema (its search_path, else public), with what all nodes share;
    every other bot in a schema of its own beside it."""

    url: str
    bot: str = MAIN
    node: str = ""

    @property
    def home(self) -> str:
        """The schema of what all nodes share."""
        named = parse_qs(urlsplit(self.url).query).get("search_path", ["public"])[-1]
        return named.split(",")[0].strip().strip('"')

    @property
    def schema(self) -> str:
        if self.bot == MAIN:
            return self.home
        return f"bot_{self.bot}" if self.home == "public" else f"{self.home}_{self.bot}"

    @property
    def is_plain(self) -> bool:
        """Whether the jobs' tables can stand there: PgQueuer writes the schema's name without quotes."""
        return _PLAIN.fullmatch(self.home) is not None

    async def session(self, does: str, patience: float | None = None, **settings: str) -> asyncpg.Connection:
        """A new session there. `patience`: seconds for each statement. StoreError where it cannot be had."""
        try:
            return await asyncpg.connect(
                self.url,
                timeout=CONNECT_SECONDS,
                command_timeout=patience,
                statement_cache_size=KEPT.get(does, 0),
                server_settings=self._settings(does) | settings,
            )
        except asyncpg.ProtocolViolationError as error:
            raise StoreError(f"PostgreSQL: {error}; is that a pooler? Nodes need the server itself") from None
        except OSError as error:
            raise StoreError(f"{shown(self.url)} cannot be reached: {_why(error)}") from error
        except asyncpg.InterfaceError:  # a ValueError as well, that says what is wrong
            raise
        except ValueError:
            raise StoreError(f"PostgreSQL: {UNREADABLE}") from None

    def _settings(self, does: str) -> dict[str, Any]:
        name = " ".join(part for part in ("liveblog-relay", self.node, does) if part)
        return {
            "application_name": name.encode()[:LONGEST_NAME].decode(errors="ignore"),
            "search_path": quoted(self.schema),
            "idle_in_transaction_session_timeout": str(SILENT_MS),
            **_KEPT_ALIVE,
        }


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "the socket, or a certificate that it names, is not there"
    return error.strerror or str(error) or f"no answer in {CONNECT_SECONDS:.0f} s"


def shown(url: str) -> str:
    """An address without what is secret in it."""
    parts = urlsplit(url)
    if "@" in parts.query + parts.fragment:  # a password with a question mark or a hash in it: nobody knows its end
        return "postgresql://…"
    user = f"{parts.username}@" if parts.username else ""
    where = f"{parts.netloc}{parts.path}".rpartition("@")[2]  # also where a password has a slash in it
    asked = parse_qs(parts.query)
    more = "&".join(f"{one}={asked[one][-1]}" for one in ("host", "port", "search_path") if one in asked)
    return f"postgresql://{user}{where}{'?' if more else ''}{more}"


def quoted(name: str) -> str:
    """A name as PostgreSQL takes it whatever it is."""
    return '"' + name.replace('"', '""') + '"'
