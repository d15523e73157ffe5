"""The chat page: a messenger in the browser over the local Telegram, told everything by server-sent events."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.demo.doorkeeper import loopback_only
from bot.demo.screen import Seat, chat_on_screen, message_on_screen
from bot.demo.stage import Stage
from bot.demo.telegram import Event, LocalTelegram

STATIC = Path(__file__).with_name("static")
FILES = "chat.css|chat.js|composer.js|bubble.js|rich.js|strip.js|words.js|icon.svg"
# Scripts and styles are our own files alone. Pictures may come from elsewhere: a replayed blog shows its publisher's.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
PULSE = 15.0  # seconds; a stream that says nothing for longer looks dead to what stands between
PRESS_SECONDS = 10.0
SILENT = f"The bot did not answer within {PRESS_SECONDS:.0f} seconds."
LONGEST_TEXT = 4096  # characters of one message

JsonObject = dict[str, Any]


class ChatPage:
    """To be mounted at /chat. The visitor sees the chats of `seats` and speaks as the people sitting there; a link
    leads to the relay's `dashboard`."""

    def __init__(self, telegram: LocalTelegram, stage: Stage, seats: Iterable[Seat], *, dashboard: str = "") -> None:
        self._telegram, self._stage, self._dashboard = telegram, stage, dashboard
        self._seats: Mapping[int, Seat] = {seat.chat_id: seat for seat in seats}
        self._world = secrets.token_hex(4)  # so that an open page notices that it is a new demo it talks to
        self._streams: set[asyncio.Task[Any]] = set()
        self._results: dict[int, tuple[JsonObject, ...]] = {}  # what each person was offered last, inline

    def app(self) -> web.Application:
        app = web.Application(middlewares=[loopback_only])
        app.router.add_get("", self._to_page)
        app.router.add_get("/", self._page)
        app.router.add_get(f"/{{file:{FILES}}}", self._file)
        app.router.add_get("/events", self._events)
        app.router.add_post("/say", self._say)
        app.router.add_post("/press", self._press)
        app.router.add_post("/inline", self._inline)
        app.router.add_post("/choose", self._choose)
        app.on_shutdown.append(self._end_streams)
        return app

    async def _to_page(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{request.path}/")

    async def _page(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "chat.html", headers=HEADERS)

    async def _file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / request.match_info["file"], headers=HEADERS)

    # --- what the page is told -----------------------------------------------------------------------------------

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """The whole state first, then what changes; so a page that comes back needs to remember nothing."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        task = asyncio.current_task()
        assert task is not None
        self._streams.add(task)
        try:
            with suppress(ConnectionResetError):  # the visitor went away
                await stream.prepare(request)
                await self._tell_all(stream)
        finally:
            self._streams.discard(task)
        return stream

    async def _tell_all(self, stream: web.StreamResponse) -> None:
        with self._telegram.watch() as events:
            told = self._clock()
            await stream.write(_told("state", self._state(told)))
            while True:
                event = await _next(events, min(self._stage.edition().next_in or PULSE, PULSE))
                lines = self._lines(event) if event else []
                if _other_than_time(clock := self._clock()) != _other_than_time(told):
                    told = clock
                    lines.append(_told("clock", clock))
                await stream.write(b"".join(lines) or b": still here\n\n")

    def _state(self, clock: JsonObject) -> JsonObject:
        profile = self._telegram.first_bot.profile
        return {
            "world": self._world,
            "inline": profile.username if profile.inline else "",
            "dashboard": self._dashboard,
            "clock": clock,
            "chats": self._chats(),
        }

    def _chats(self) -> list[JsonObject]:
        return [chat_on_screen(self._telegram, seat) for seat in self._seats.values()]

    def _clock(self) -> JsonObject:
        edition = self._stage.edition()
        return {
            "title": edition.title.replace("<em>", "").replace("</em>", ""),
            "url": "/live",
            "begun": self._stage.begun,
            "published": edition.published,
            "total": edition.total,
            "changes": edition.changes,
            "next_in": edition.next_in,
        }

    def _lines(self, event: Event) -> list[bytes]:
        match event.kind:
            case "commands":
                return [_told("chat", chat) for chat in self._chats()]
            case _ if event.chat_id not in self._seats:
                return []
            case "chat":
                return [_told("chat", chat_on_screen(self._telegram, self._seats[event.chat_id]))]
            case "action":
                return [_told("action", {"chat": event.chat_id, "action": event.action})]
            case "message" | "edited" | "deleted" | "pinned" | "unpinned" if event.message is not None:
                return [_told("message", message_on_screen(self._telegram, event.message))]
        return []

    async def _end_streams(self, app: web.Application) -> None:
        for stream in self._streams:
            stream.cancel()

    # --- what the visitor does -----------------------------------------------------------------------------------

    async def _say(self, request: web.Request) -> web.Response:
        body = await _body(request)
        person, chat = self._speaker(body)
        text, files = body.get("text", ""), _files(body)
        if not isinstance(text, str) or len(text) > LONGEST_TEXT or not (text.strip() or files):
            raise web.HTTPBadRequest(text=f"A message has 1 to {LONGEST_TEXT} characters.")
        try:
            message = self._said(person, chat, text, files, body)
        except (LookupError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response({"id": message})

    def _said(self, person: int, chat: int, text: str, files: Sequence[tuple[str, bytes]], body: JsonObject) -> int:
        """The text with its files, several of them as an album; the first bears the text. The first message's id."""
        thread, reply_to = _number(body, "thread"), _number(body, "reply_to") or None
        if not files:
            ephemeral = self._telegram.is_ephemeral(person, chat, text)
            return self._telegram.say(person, chat, text, thread=thread, reply_to=reply_to, ephemeral=ephemeral)
        album = f"album {secrets.token_hex(8)}" if len(files) > 1 else None
        captions = [text, *[""] * len(files)]
        first, *_ = [
            self._telegram.say(
                person, chat, photo=content, kind=kind, caption=words, album=album, thread=thread, reply_to=reply_to
            )
            for (kind, content), words in zip(files, captions, strict=False)
        ]
        return first

    async def _inline(self, request: web.Request) -> web.Response:
        """`@bot words`: what the bot offers for them."""
        body = await _body(request)
        person, _ = self._speaker(body)
        try:
            answer = await self._telegram.inline(person, str(body.get("words", "")), seconds=PRESS_SECONDS)
        except LookupError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        except AssertionError as error:
            raise web.HTTPGatewayTimeout(text=SILENT) from error
        self._results[person] = answer.results
        return web.json_response(
            {
                "results": [
                    {name: one.get(name) or "" for name in ("title", "description", "thumbnail_url")}
                    for one in answer.results
                ],
                "button": (answer.button or {}).get("text", ""),
                "start": (answer.button or {}).get("start_parameter", ""),
            }
        )

    async def _choose(self, request: web.Request) -> web.Response:
        """Sends one of the results offered last."""
        body = await _body(request)
        person, chat = self._speaker(body)
        offered = self._results.get(person, ())
        number = _number(body, "number")
        if not 0 <= number < len(offered):
            raise web.HTTPBadRequest(text="That is not offered any more.")
        try:
            message = self._telegram.choose(person, chat, offered[number])
        except (LookupError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response({"id": message})

    async def _press(self, request: web.Request) -> web.Response:
        body = await _body(request)
        person, chat = self._speaker(body)
        try:
            answer = await self._telegram.press(
                person, chat, _number(body, "message"), str(body.get("data")), seconds=PRESS_SECONDS
            )
        except (LookupError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        except AssertionError as error:  # the local Telegram's word for an answer that did not come
            raise web.HTTPGatewayTimeout(text=SILENT) from error
        return web.json_response({"text": answer.text, "alert": answer.show_alert, "url": answer.url})

    def _speaker(self, body: JsonObject) -> tuple[int, int]:
        seat = self._seats.get(_number(body, "chat"))
        person = _number(body, "person")
        if seat is None or person not in seat.people:
            raise web.HTTPBadRequest(text="That person does not sit in that chat.")
        return person, seat.chat_id


async def _next(events: Any, seconds: float) -> Event | None:
    try:
        async with asyncio.timeout(max(seconds, 0.05)):
            event: Event = await anext(events)
            return event
    except TimeoutError:
        return None


def _other_than_time(clock: JsonObject) -> JsonObject:
    return {name: value for name, value in clock.items() if name != "next_in"}


def _told(event: str, about: JsonObject) -> bytes:
    """One event of a stream: https://html.spec.whatwg.org/multipage/server-sent-events.html"""
    return f"event: {event}\ndata: {json.dumps(about, separators=(',', ':'))}\n\n".encode()


async def _body(request: web.Request) -> JsonObject:
    """A JSON object, and said to be one: a form on a foreign page cannot say that without being asked for leave."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="JSON only")
    try:
        body = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text="That is no JSON.") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="That is no JSON object.")
    return body


def _number(body: JsonObject, name: str) -> int:
    number = body.get(name, 0)
    if not isinstance(number, int):
        raise web.HTTPBadRequest(text=f"{name} is no number.")
    return number


KINDS = ("photo", "video", "animation", "audio", "voice", "document")
TOGETHER = ({"photo", "video"}, {"audio"}, {"document"})  # what an album can hold
MOST_FILES = 10


def _files(body: JsonObject) -> list[tuple[str, bytes]]:
    """What the visitor attached: each with its kind, and its content in base64."""
    files = body.get("files") or []
    if not isinstance(files, list) or len(files) > MOST_FILES:
        raise web.HTTPBadRequest(text=f"An album has at most {MOST_FILES} files.")
    found = [_attached(one) for one in files]
    if len(found) > 1 and not any({kind for kind, _ in found} <= kinds for kinds in TOGETHER):
        raise web.HTTPBadRequest(text="An album holds photos and videos, or only sounds, or only documents.")
    return found


def _attached(file: Any) -> tuple[str, bytes]:
    if not isinstance(file, dict) or file.get("kind") not in KINDS:
        raise web.HTTPBadRequest(text="That is no file.")
    try:
        content = base64.b64decode(str(file.get("content")), validate=True)
    except ValueError as error:
        raise web.HTTPBadRequest(text="That is no file.") from error
    if not content:
        raise web.HTTPBadRequest(text="That file is empty.")
    return file["kind"], content
