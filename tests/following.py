"""A document whose steps can be followed, by a newcomer at a machine of his own.

What a fenced block is stands behind its three ticks: `sh` is run, `sh own-terminal` goes on in the background, a path
behind the language is a file to be written. `text` are lines that stood in what was run before, `log` waits for them in
the other terminals. `chat` is what is said in Telegram: "you: …" is written, "you press: …" is a button, "bot: …" waits
for a message that begins so. A block without a language is only shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bot.demo.telegram import LocalTelegram

PATIENCE = 60.0  # seconds; a machine may be busy
LASTING = ("cd ", "export ")  # what the next block begins with as well
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<more>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, what stands behind it, its text."""

    kind: str
    more: str
    text: str


def blocks(document: str) -> Iterator[Block]:
    """Those that have a language, in order."""
    for found in _BLOCK.finditer(document):
        yield Block(found["kind"], found["more"] or "", found["text"])


@dataclass
class Newcomer:
    """Somebody who follows a document in a folder, with an account at the local Telegram.

    `environ` is what the machine has; `ahead` are lines that a configuration file begins with here.
    """

    folder: Path
    telegram: LocalTelegram
    person: int
    environ: Mapping[str, str]
    ahead: str
    said: str = ""  # by the last block that was run
    _lasting: list[str] = field(default_factory=list)
    _running: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def follow(self, block: Block) -> None:
        """AssertionError where it does not go as it is written."""
        if block.kind == "chat":
            for line in block.text.splitlines():
                await self._talk(*line.split(": ", 1))
        elif block.kind == "sh":
            await self._type(block)
        elif block.kind == "log":
            await self.telegram.until(lambda: self._logged(block.text), PATIENCE)
        elif block.kind == "text":
            assert [line for line in block.text.splitlines() if line not in self.said] == [], self.said
        elif block.more:
            await self._write(block)

    async def _write(self, block: Block) -> None:
        path = await self._path(block.more)
        text = self.ahead + block.text if path.suffix == ".toml" else block.text
        beside = path.with_name(path.name + "~")
        beside.write_text(text)
        beside.replace(path)  # as editors do

    async def _path(self, name: str) -> Path:
        out = await self._run(f"realpath -m {name}")
        return Path(out.strip())

    async def _type(self, block: Block) -> None:
        if block.more == "own-terminal":
            with self.log.open("ab") as log:
                self._running.append(await self._start(f"exec {block.text}", log))
            return
        self.said = await self._run(block.text)
        self._lasting += [line for line in block.text.splitlines() if line.startswith(LASTING)]

    async def _run(self, words: str) -> str:
        process = await self._start(words, asyncio.subprocess.PIPE)
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0, f"{words}\n{out.decode()}"
        return out.decode()

    async def _start(self, words: str, out: int | IO[bytes]) -> asyncio.subprocess.Process:
        lines = "\n".join(["set -e", *self._lasting, words])
        environ = os.environ | dict(self.environ)
        return await asyncio.create_subprocess_exec(
            "bash", "-c", lines, cwd=self.folder, env=environ, stdout=out, stderr=asyncio.subprocess.STDOUT
        )

    async def _talk(self, who: str, words: str) -> None:
        if who == "you":
            self.telegram.say(self.person, self.person, words)
        elif who == "you press":
            await self.telegram.until(lambda: self._button(words), PATIENCE)
            await self.telegram.tap(self.person, self.person, words)
        else:
            assert who == "bot", who
            await self.telegram.until(lambda: any(text.startswith(words) for text in self.screen()), PATIENCE)

    @property
    def log(self) -> Path:
        """What the other terminals showed."""
        return self.folder / "terminals.log"

    def screen(self) -> list[str]:
        """What stands in the chat and is the bot's."""
        return [message.text for message in self.telegram.chats[self.person].from_bot() if message.visible]

    def _logged(self, text: str) -> bool:
        log = self.log.read_text()
        return all(line in log for line in text.splitlines())

    def _button(self, label: str) -> bool:
        messages = [one for one in self.telegram.chats[self.person].from_bot() if one.visible]
        return any(button["text"] == label for one in messages for row in one.buttons for button in row)

    async def leave(self) -> None:
        """Close the terminals."""
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
