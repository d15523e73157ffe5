"""What a process begins with: which file is in force, where its stores are, and the tokens of its bots."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import structlog

from bot.in_force import CannotFollow, first
from bot.lane import StartFailed
from config.settings import NoSecret, Settings, contents, parse_contents, token
from config.values import MAIN_BOT
from storage import Store, is_shared, open_store

log = structlog.get_logger()


class Beginning:
    """`text` and `settings`: the file that we begin with, once `stores` are open. `over`: where our own file is to be
    in force on all nodes, the name of the one whose place it takes."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        """BadSettings where our own file is wrong, NoSecret where the token of the bot "main" is not there."""
        self.path, self.environ = path, environ
        self.text = contents(path)
        self.settings: Settings = parse_contents(self.text, path, environ)
        self._tokens = {MAIN_BOT: token(environ, self.settings.bots[0])}
        self.url = self.settings.storage.url  # whatever the file in force says: a node stays where it is
        self.is_shared = is_shared(self.url)
        self.over: str | None = None
        self.node = environ.get("LIVEBLOG_RELAY_NODE", "").strip() or socket.gethostname()

    @contextlib.asynccontextmanager
    async def stores(self) -> AsyncIterator[dict[str, Store]]:
        """One for each bot. StartFailed where what is in force on other nodes cannot be followed here."""
        stores: dict[str, Store] = {}
        try:
            stores[MAIN_BOT] = open_store(self.url, MAIN_BOT, self.node)
            if self.is_shared:
                await self._find_the_file(stores[MAIN_BOT])
            for bot in self.settings.bots[1:]:
                stores[bot.name] = open_store(self.url, bot.name, self.node)
            self._find_tokens()
            yield stores
        finally:
            for store in stores.values():
                await store.close()

    async def _find_the_file(self, store: Store) -> None:
        """What is in force where others run already, and only else what stands on our disk."""
        try:
            found = await first(store, self.path, self.text, self.settings, self.environ)
        except CannotFollow as error:
            raise StartFailed(str(error)) from None
        self.text, self.settings, self.over = found.text, found.settings, found.over

    def _find_tokens(self) -> None:
        """Where there are other nodes, one that lacks the token of a bot polls for it all the same, and never sends."""
        for bot in self.settings.bots:
            try:
                self._tokens[bot.name] = token(self.environ, bot)
            except NoSecret:
                if not self.is_shared or bot.name == MAIN_BOT:
                    raise
                log.warning("no token", bot=bot.name)

    def has_token(self, bot: str) -> bool:
        return bot in self._tokens

    def token(self, bot: str) -> str:
        """Where there is none, one that nobody can guess: addresses are made of it. Nothing is ever sent with it."""
        return self._tokens.get(bot) or secrets.token_urlsafe()
