"""Several relays on one PostgreSQL, each with a file and an environment of its own, in the process of the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.app import Relay
from bot.core.nodes import Node, Nodes
from bot.demo.telegram import BotProfile, LocalTelegram
from storage import AppliedFile, Store, open_store
from storage.postgres.place import Place
from storage.postgres.survey import nodes
from tests import postgres
from tests.publisher import Publisher

ADMIN = 1001
MAIN_TOKEN, ES_TOKEN = "100:main-test-token", "101:es-test-token"
SECONDS = 60.0
LOOK = 0.02


@dataclass
class Member:
    """One node: its folder with its file, what it finds in its environment, and the relay while it runs."""

    house: House
    name: str
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    relay: Relay | None = None
    running: asyncio.Task[None] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "relay.toml"

    def save(self, text: str) -> bytes:
        """Its file says this from now on."""
        self.config.write_text(text)
        return text.encode()

    async def start(self) -> None:
        environ = {"TELEGRAM_BOT_TOKEN": self.house.telegram.token, "LIVEBLOG_RELAY_NODE": self.name, **self.environ}
        self.relay = relay = Relay(self.config, environ)
        self.running = asyncio.create_task(relay.run())
        ready = asyncio.create_task(relay.ready.wait())
        async with asyncio.timeout(SECONDS):
            await asyncio.wait({self.running, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self.running.done():
            self.running.result()

    async def stop(self) -> None:
        if self.relay is not None and self.running is not None:
            self.relay.stop()
            await asyncio.gather(self.running, return_exceptions=True)
            self.relay = self.running = None

    @property
    def follows(self) -> str:
        """The schedule of the first blog, as this node goes by it."""
        assert self.relay is not None
        return str(self.relay.settings.blogs[0].schedule)

    @property
    def blogs(self) -> list[str]:
        assert self.relay is not None
        return [blog.id for blog in self.relay.settings.blogs]


@dataclass
class House:
    folder: Path
    url: str
    telegram: LocalTelegram
    publisher: Publisher
    members: dict[str, Member] = field(default_factory=dict)

    def file(self, *blogs: str, url: str = "", listen: str = "", extra: str = "", **keys: str) -> str:
        """A file with these blogs; `keys` stand in each of them."""
        said = "".join(f"{name} = {value}\n" for name, value in keys.items())
        head = f"""
[telegram]
api_base = "{self.telegram.api_base}"
messages_per_second = 500
messages_per_chat_per_second = 50
[storage]
url = "{url or self.url}"
[delivery]
edit_quiet = "0s"
[web]
listen = "{listen}"
[access]
admins = [{ADMIN}]
{extra}
"""
        return head + "".join(
            f'[[blogs]]\nid = "{blog}"\ntitle = "{blog.title()}"\nurl = "{self.publisher.url}?{blog}"\n{said}'
            for blog in blogs
        )

    def member(self, name: str, text: str, folder: str = "", **environ: str) -> Member:
        where = self.folder / (folder or name)
        where.mkdir()
        one = self.members[folder or name] = Member(self, name, where, environ)
        one.save(text)
        return one

    def store(self) -> Store:
        return open_store(self.url)

    async def kept(self) -> list[AppliedFile]:
        store = self.store()
        try:
            return await store.kept_files()
        finally:
            await store.close()

    async def nodes(self, *bots: str) -> Nodes:
        found = await nodes(Place(self.url), bots or ("main",))
        assert found is not None
        return found

    async def node(self, name: str) -> Node | None:
        """None where it is not heard of just now."""
        return next((one for one in (await self.nodes()).here if one.name == name), None)

    async def until(self, what: Callable[[], Any], seconds: float = SECONDS) -> Any:
        """Until it is so: `what` may be asked in whatever way."""
        async with asyncio.timeout(seconds):
            while True:
                found = what()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(LOOK)

    def told(self) -> list[str]:
        """What the bot has said to the admin."""
        return [one.text for one in self.telegram.chats[ADMIN].messages if one.bot]


@contextlib.asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """A schema of its own on the tests' PostgreSQL; whatever still runs in the end is stopped."""
    telegram = LocalTelegram(tokens={MAIN_TOKEN: BotProfile(), ES_TOKEN: BotProfile(username="es_bot")})
    await telegram.start()
    try:
        telegram.add_user(ADMIN, "Ada", started=True)
        async with postgres.schema() as name, Publisher() as publisher:
            one = House(folder, postgres.shared().url(search_path=name), telegram, publisher)
            try:
                yield one
            finally:
                await asyncio.gather(*(member.stop() for member in one.members.values()))
    finally:
        await telegram.stop()
