"""The relay as a process of its own, between a publisher and the local Telegram that the test holds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bot.demo.telegram import LocalTelegram
from storage import Store, open_store
from tests.forking import Begun, begin
from tests.publisher import Publisher

ROOT = Path(__file__).parents[1]


@dataclass
class Service:
    """Everything outside of the relay, and the relay itself by its process."""

    folder: Path
    telegram: LocalTelegram
    publisher: Publisher
    extra: str = ""
    every: str = "1s"
    process: Begun | asyncio.subprocess.Process | None = None
    environ: dict[str, str] = field(default_factory=dict)
    api_base: str = ""  # where the relay finds Telegram, if not at the local one itself
    limits: str = "messages_per_second = 500\nmessages_per_chat_per_second = 50"
    delivery: str = 'edit_quiet = "0s"'
    web: str = 'listen = ""'  # many run at once
    runner: Sequence[str] = ("-m", "bot")
    database: str = ""  # its address, if not a file beside the configuration

    @property
    def config(self) -> Path:
        return self.folder / "relay.toml"

    @property
    def log(self) -> str:
        log = self.folder / "relay.log"
        return log.read_text() if log.exists() else ""

    async def until_logged(self, words: str) -> None:
        async with asyncio.timeout(60):
            while words not in self.log:  # noqa: ASYNC110 another process writes it
                await asyncio.sleep(0.05)

    def configure(self, **changes: str) -> None:
        """Write the configuration; `every` and `extra` are kept from before unless told."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.config.write_text(
            f"""
[telegram]
api_base = "{self.api_base or self.telegram.api_base}"
{self.limits}
[storage]
url = "{self.url}"
[delivery]
{self.delivery}
[web]
{self.web}
[access]
admins = [1001]
editors = [1002]
[[blogs]]
id = "storm"
title = "Storm"
url = "{self.publisher.url}"
schedule = {{ every = "{self.every}" }}
{self.extra}
"""
        )

    @property
    def url(self) -> str:
        return self.database or f"sqlite:///{self.folder}/relay.db"

    def store(self, bot: str = "main") -> Store:
        return open_store(self.url, bot)

    async def baseline(self, bot: str = "main", seconds: float = 60) -> None:
        """Until the page was read for the first time."""
        store = self.store(bot)
        async with asyncio.timeout(seconds):
            while not any(blog.started for blog in await store.blogs()):  # noqa: ASYNC110 another process writes it
                await asyncio.sleep(0.05)
        await store.close()

    async def followers(self, *people: int) -> None:
        """These people follow the blog, as if they had said so long ago."""
        store = self.store()
        for person in people:
            self.telegram.add_user(person, f"Reader {person}")
            self.telegram.say(person, person, "hello")
            chat = await store.meet(
                bot="main", telegram_id=person, kind="private", title=None, language="en", now=time.time()
            )
            await store.subscribe(chat=chat.id, thread=0, blog="storm", topics=(), now=time.time())
        await store.close()
        self.telegram.first_bot.updates.drop()  # nobody is to be answered for it

    async def run(self, *words: str) -> tuple[int, str, str]:
        """One command of the command line to its end: exit code, standard output, standard error."""
        process = await self._afresh(["-m", "bot", *words], asyncio.subprocess.PIPE)
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def start(self, step: str | None = None, passes: int = 0) -> None:
        """Start the relay; with a step it kills itself there."""
        words = self.runner if step is None else ["-m", "tests.killed_at", step, str(passes)]
        self.process = self.spawn([*words, "run", "--config", str(self.config)])

    def spawn(self, words: Sequence[str], log: str = "relay.log") -> Begun:
        """A process of these words for the interpreter, whose output goes to the end of that file."""
        return begin(words, folder=ROOT, environ=self._environ, out=self.folder / log)

    async def spawn_afresh(self, words: Sequence[str]) -> asyncio.subprocess.Process:
        """Likewise, of an interpreter that has read nothing of the relay yet."""
        with (self.folder / "relay.log").open("ab") as out:
            return await self._afresh(words, out)

    async def _afresh(self, words: Sequence[str], out: IO[bytes] | int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, env=self._environ, stdin=asyncio.subprocess.DEVNULL, stdout=out,
            stderr=out,
        )  # fmt: skip

    @property
    def _environ(self) -> dict[str, str]:
        return os.environ | {"TELEGRAM_BOT_TOKEN": self.telegram.token} | self.environ

    async def died(self, seconds: float = 60) -> int:
        """Until the process has ended; its exit code (negative: the signal)."""
        assert self.process is not None
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
        self.process = None
        return code

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.died()

    async def terminate(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await self.died()

    def screen(self, chat: int) -> list[str]:
        return [message.text for message in self.telegram.chats[chat].from_bot() if message.visible]

    def headlines(self, chat: int) -> list[str]:
        return [text.split("\n")[0] for text in self.screen(chat)]

    async def shows(self, chat: int, *headlines: str, seconds: float = 60) -> None:
        """Until the chat's messages begin with these headlines, in this order, and there are no others."""
        try:
            await self.telegram.until(lambda: self.headlines(chat) == list(headlines), seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log[-3000:]}") from None


@contextlib.asynccontextmanager
async def service(folder: Path, *, extra: str = "", every: str = "1s") -> AsyncIterator[Service]:
    async with LocalTelegram() as telegram, Publisher() as publisher:
        publisher.publish("old")
        one = Service(folder, telegram, publisher, extra, every)
        one.configure()
        try:
            yield one
        finally:
            if one.process is not None:
                await one.kill()
