"""The whole thing with no account: a local Telegram with a chat page, and a live blog that unfolds.

The relay itself is started beside it, with the configuration and the environment a `Demo` gives.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from aiohttp import web

from bot.demo.blog import harbour
from bot.demo.doorkeeper import loopback_only
from bot.demo.edition import Story
from bot.demo.page import ChatPage
from bot.demo.replay import capture, replay
from bot.demo.screen import Seat
from bot.demo.stage import Stage
from bot.demo.telegram import REAL_LIMITS, BotProfile, LocalTelegram

__all__ = ["EDITOR", "READER", "Demo", "open_demo"]

READER, EDITOR = 2001, 1002
GROUP, FORUM = -1001000003001, -1001000003002
INLINE = True  # whether the relay answers `@bot words`; the chat page offers it when it does
ANSWER_SECONDS = 30.0  # how long the relay may take to its first answer
TYPING_SECONDS = 1.1  # nobody types faster, and Telegram takes one message a second in a chat
HARBOUR_TOPICS = {
    "weather": ("Weather", ("squall", "squalls", "wind", "gust", "gusts", "knots", "rain", "rainbow", "forecast")),
    "ships": ("Ships", ("ship", "ships", "fleet", "Sea Lark", "Juniper", "Marigold", "Lantern Cup", "jury", "dinghy")),
    "town": ("Town", ("ferry", "market", "quay", "quays", "visitors", "lanterns", "pier")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo that is up. `config` and `environment` are for the relay; `address`, of the chats, and `dashboard` (""
    where there is none) are for the browser."""

    telegram: LocalTelegram
    stage: Stage
    config: Path
    environment: Mapping[str, str]
    address: str
    dashboard: str
    blog: str  # its id in the configuration
    threads: Mapping[str, int]  # the forum's topics by name

    async def introduce(self) -> None:
        """To be called when the relay runs: people greet it and subscribe, and once it has read the page the story
        begins. TimeoutError when the relay does not answer."""
        await self._says(READER, READER, "/start")
        await asyncio.sleep(TYPING_SECONDS)
        await self._says(READER, READER, f"/subscribe {self.blog}")
        await self._says(EDITOR, GROUP, f"/subscribe {self.blog}")
        if "Weather" in self.threads:
            await self._says(EDITOR, FORUM, f"/subscribe {self.blog} weather", self.threads["Weather"])
        await asyncio.wait_for(self.stage.polled.wait(), ANSWER_SECONDS)
        self.stage.begin()

    async def _says(self, person: int, chat: int, text: str, thread: int = 0) -> None:
        said = self.telegram.say(person, chat, text, thread=thread)
        answers = self.telegram.chats[chat].from_bot
        try:
            await self.telegram.until(lambda: any(answer.id > said for answer in answers()), ANSWER_SECONDS)
        except AssertionError as error:  # the local Telegram's word for what did not come true
            raise TimeoutError(f"the relay did not answer {text!r} within {ANSWER_SECONDS:.0f} s") from error

    async def close(self) -> None:
        await self.telegram.stop()


async def open_demo(
    folder: Path, *, port: int = 0, speed: float | None = None, captured: Path | None = None, dashboard: str = ""
) -> Demo:
    """Starts the local Telegram, the chat page and the blog on 127.0.0.1, and writes the relay's configuration to
    `folder`.

    `speed` is 1 for the invented blog and 60 for a captured one unless told. `dashboard`: the relay's `web.listen`.
    OSError when the port is taken or the capture cannot be read, ValueError when it holds no live blog.
    """
    write, blog = _story(captured, speed)
    token = f"100:{secrets.token_urlsafe(24)}"
    profile = BotProfile(username="liveblog_demo_bot", first_name="Liveblog Relay", inline=INLINE)
    telegram = LocalTelegram(tokens={token: profile}, limits=REAL_LIMITS)
    threads = _people_and_chats(telegram, with_topics=captured is None)
    stage = Stage(write)
    address = f"http://{dashboard}/" if dashboard else ""
    _mount(telegram.app, stage, ChatPage(telegram, stage, _seats(), dashboard=address))
    await telegram.start(port)
    return Demo(
        telegram=telegram,
        stage=stage,
        config=_write_configuration(telegram.api_base, folder, stage, blog, dashboard),
        environment={"TELEGRAM_BOT_TOKEN": token},
        address=f"{telegram.api_base}/chat/",
        dashboard=address,
        blog=blog,
        threads=threads,
    )


def _story(captured: Path | None, speed: float | None) -> tuple[Callable[[datetime], Story], str]:
    if captured is None:
        return partial(harbour, speed=speed or 1.0), "harbour"
    return partial(replay, capture(captured), speed=speed or 60.0), "replay"


def _mount(app: web.Application, stage: Stage, chat: ChatPage) -> None:
    app.middlewares.append(loopback_only)  # the Bot API too is for programs of this machine, not for foreign pages
    app.add_subapp("/live", stage.app())
    app.add_subapp("/chat", chat.app())
    app.router.add_get("/", _to_chat)


async def _to_chat(request: web.Request) -> web.Response:
    raise web.HTTPFound("/chat/")


def _people_and_chats(telegram: LocalTelegram, *, with_topics: bool) -> dict[str, int]:
    telegram.add_user(READER, "Reader")
    telegram.add_user(EDITOR, "Editor", started=True)  # so that the relay may give them the editors' menu
    telegram.add_chat(GROUP, "supergroup", "Quayside friends", admins=[EDITOR])
    telegram.add_member(GROUP, READER)
    telegram.add_chat(FORUM, "supergroup", "Harbour desk", forum=True, admins=[EDITOR])
    telegram.add_member(FORUM, READER)
    telegram.promote(FORUM)  # so that it may open topics
    telegram.say(EDITOR, FORUM, "Each topic here follows the blog by itself, or not at all.")
    names = ("Weather", "Ships") if with_topics else ("Live",)
    return {name: telegram.add_topic(FORUM, name) for name in names}


def _seats() -> tuple[Seat, ...]:
    both = (EDITOR, READER)
    return (
        Seat(
            chat_id=READER,
            colour=0,
            people=(READER,),
            title="Reader",
            subtitle="a reader’s private chat with the relay",
            hints=("/start", "/settings", "/catchup", "/help"),
        ),
        Seat(
            chat_id=EDITOR,
            colour=1,
            people=(EDITOR,),
            title="Editor",
            subtitle="an editor’s private chat; also the admin",
            hints=("/push Good evening from the harbour wall", "/status", "/pushes", "/help"),
        ),
        Seat(
            chat_id=GROUP,
            colour=2,
            people=both,
            title="Quayside friends",
            subtitle="group: Editor (group admin), Reader",
            hints=("/subscribe", "/latest", "/settings"),
        ),
        Seat(
            chat_id=FORUM,
            colour=3,
            people=both,
            title="Harbour desk",
            subtitle="topics; Editor (group admin), Reader",
            hints=("/subscribe", "/topic", "/latest"),
        ),
    )


# --- the relay's configuration ---------------------------------------------------------------------------------------


def _write_configuration(base: str, folder: Path, stage: Stage, blog: str, dashboard: str) -> Path:
    edition = stage.edition()
    text = _CONFIGURATION.format(
        base=base,
        database=_quoted(f"sqlite:///{(folder / 'relay.db').resolve()}"),
        dashboard=_quoted(dashboard),
        editor=EDITOR,
        blog=blog,
        title=_quoted(edition.title),
        language=_quoted(edition.language),
        topics="".join(_topic(*topic) for topic in HARBOUR_TOPICS.items()) if blog == "harbour" else "",
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "relay.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _topic(name: str, about: tuple[str, tuple[str, ...]]) -> str:
    title, words = about
    listed = ", ".join(_quoted(word) for word in words)
    return f'\n[[blogs.topics]]\nid = "{name}"\ntitle = {_quoted(title)}\nwords = [{listed}]\n'


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's as well, but for the surrogates that `ensure_ascii` makes."""
    return json.dumps("".join(character for character in text if character != "\x7f"), ensure_ascii=False)


_CONFIGURATION = """# Written by the demo; gone with it. Your own file: liveblog-relay init
[about]
operator = "The Liveblog Relay demo"

[telegram]
api_base = "{base}"
rich_messages = true

[storage]
url = {database}

[delivery]
edit_quiet = "2s"

[web]
listen = {dashboard}

[access]
admins = [{editor}]

[defaults]
schedule = {{ every = "1s" }}

[[blogs]]
id = "{blog}"
title = {title}
url = "{base}/live"
language = {language}
{topics}"""
