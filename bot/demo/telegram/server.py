"""The local Telegram: the Bot API over HTTP on this machine, its faults, and what watches it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from bot.demo.telegram.arguments import Arguments, read_arguments
from bot.demo.telegram.menus import menu
from bot.demo.telegram.methods import METHODS
from bot.demo.telegram.people import People
from bot.demo.telegram.values import BotProfile, Call, Event, Fault, Json, Limits, Planned, Refusal
from bot.demo.telegram.webhook import LOOPBACK
from bot.demo.telegram.world import LocalBot

DEFAULT_TOKEN = "100:local-test-token"  # noqa: S105 - opens nothing but this server
UPLOAD_LIMIT = 50 << 20  # bytes: https://core.telegram.org/bots/api#sending-files
RECHECK = 0.05  # seconds; `until` may ask about more than what happens here


class LocalTelegram(People):
    """A strict Telegram on 127.0.0.1. `async with` starts and stops it; `app` takes further routes before the start."""

    def __init__(self, *, tokens: Mapping[str, BotProfile] | None = None, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        super().__init__(tokens or {DEFAULT_TOKEN: BotProfile()}, limits)
        self.token = self.first_bot.token
        self.api_base = ""
        self.calls: list[Call] = []
        self.app = web.Application(client_max_size=UPLOAD_LIMIT)
        self.app.router.add_route("*", "/bot{token}/{method}", self._answer)
        self.app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        self.app.router.add_get("/file/kept/{path:.+}", self._file)
        self._runner: web.AppRunner | None = None
        self._planned: list[Planned] = []
        self._watchers: set[asyncio.Queue[Event]] = set()
        self._waiters: list[asyncio.Future[None]] = []

    # --- start and stop ------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listens on 127.0.0.1; port 0 picks a free one."""
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.api_base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.files.base = self.api_base

    async def stop(self) -> None:
        for bot in self.bots.values():
            bot.webhook.stop()
            bot.updates.interrupt(None)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # --- watching ------------------------------------------------------------------------------------------------

    def watch(self) -> Subscription:
        """All that happens from now on: `with telegram.watch() as events: async for event in events: …`."""
        return Subscription(self._watchers)

    def tell(self, event: Event) -> None:
        for watcher in self._watchers:
            watcher.put_nowait(event)
        self._wake()

    async def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Waits until it holds, asking again after every event and call; an AssertionError with all screens if it
        does not within `seconds`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not condition():
            if loop.time() > deadline:
                raise AssertionError(f"it did not come true within {seconds} s; on the screens:\n{self.screens()}")
            waiter = loop.create_future()
            self._waiters.append(waiter)
            await asyncio.wait([waiter], timeout=RECHECK)

    def _wake(self) -> None:
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def menu(self, user_id: int, chat_id: int, *, bot: str | None = None) -> list[Json]:
        """The commands this person is offered in this chat."""
        return menu(self.bot_named(bot), self._person(user_id), self._chat(chat_id, bot))

    # --- faults --------------------------------------------------------------------------------------------------

    def fail(
        self, *, method: str | None = None, chat: int | None = None, times: int | None = 1, error: Fault
    ) -> Planned:
        """The next `times` calls (None: all until it is lifted) of this method in this chat go wrong in this way."""
        if method is not None and method.lower() not in METHODS:
            raise LookupError(f"there is no method {method}")
        planned = Planned(error, METHODS[method.lower()][0] if method else None, chat, times)
        self._planned.append(planned)
        return planned

    def _fault(self, method: str, chat: int | None) -> Fault | None:
        if not self._planned:
            return None
        self._planned = [planned for planned in self._planned if planned.left != 0]
        return next((planned.hit() for planned in self._planned if planned.matches(method, chat)), None)

    # --- answering -----------------------------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        at = asyncio.get_running_loop().time()
        token, name = request.match_info["token"], request.match_info["method"]
        name, method, counted = METHODS.get(name.lower(), (name, None, False))
        arguments, chat, fault = Arguments({}), None, None
        try:
            bot = self._bot(token)
            arguments = await read_arguments(request)
            chat = _chat_id(self, arguments)
            fault = self._fault(name, chat)
            if fault is not None:
                await _before(fault)
            if method is None:
                raise Refusal(404, "Not Found: method not found")
            if counted:
                self._admit(bot, name, chat, arguments)
            result = method(self, bot, arguments)
            body = orjson.dumps({"ok": True, "result": await result if inspect.isawaitable(result) else result})
            response = web.Response(body=body, content_type="application/json")
            refusal = None
        except Refusal as error:
            refusal, response = error, _refused(error)
        except _ConnectionLost:
            return _cut(request, abort=True)
        self._record(at, token, name, chat, refusal)
        return await _after(fault, request, response) if fault is not None else response

    def _bot(self, token: str) -> LocalBot:
        bot = self.bots.get(token)
        if bot is None:
            malformed = (
                token.startswith("0") or len(token) > 80 or not token.partition(":")[0].isdigit() or ":" not in token
            )
            raise Refusal(401, "Unauthorized: invalid token specified" if malformed else "Unauthorized")
        if bot.closed:
            raise Refusal(400, "Logged out")
        return bot

    def _admit(self, bot: LocalBot, name: str, chat: int | None, arguments: Arguments) -> None:
        if bot.pace.open:
            return
        media = arguments.structure("media", "can't parse media JSON object") if name == "sendMediaGroup" else None
        weight = len(media) if isinstance(media, list) and media else 1
        now, group = asyncio.get_running_loop().time(), chat is not None and chat < 0
        wait = bot.pace.admit(now, chat, group, arguments.flag("allow_paid_broadcast"), weight)
        if wait:
            raise Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    def _record(self, at: float, token: str, name: str, chat: int | None, refusal: Refusal | None) -> None:
        done = asyncio.get_running_loop().time()
        code, description = (200, "") if refusal is None else (refusal.code, refusal.description)
        self.calls.append(Call(at, done, token, name, chat, refusal is None, code, description))
        self._wake()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        stored = self.files.by_path.get(request.match_info["path"])
        bot = self.bots.get(request.match_info.get("token", ""))
        if stored is None or ("token" in request.match_info and (bot is None or bot.id != stored.bot_id)):
            return _refused(Refusal(404, "Not Found"))
        if stored.content is not None:
            return web.Response(body=stored.content, content_type=stored.media.mime or "application/octet-stream")
        if stored.address and LOOPBACK.match(stored.address):
            raise web.HTTPFound(stored.address)
        return _refused(Refusal(404, "Not Found: the local Telegram fetches nothing from outside this machine"))


class Subscription:
    """The events since it was entered (or first asked for one)."""

    def __init__(self, watchers: set[asyncio.Queue[Event]]) -> None:
        self._watchers = watchers
        self._queue: asyncio.Queue[Event] = asyncio.Queue()

    def __enter__(self) -> Self:
        self._watchers.add(self._queue)
        return self

    def __exit__(self, *_: object) -> None:
        self._watchers.discard(self._queue)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()

    def __aiter__(self) -> AsyncIterator[Event]:
        self._watchers.add(self._queue)
        return self

    async def __anext__(self) -> Event:
        return await self._queue.get()


class _ConnectionLost(Exception):
    """A planned fault: the connection goes before anything happened."""


async def _before(fault: Fault) -> None:
    match fault.kind:
        case "reset":
            raise _ConnectionLost
        case "refuse":
            refusal = Refusal(fault.status, fault.description, **dict(fault.parameters))
            refusal.body = fault.body
            raise refusal
        case "hold" if fault.until is not None:
            await fault.until.wait()


async def _after(fault: Fault, request: web.Request, response: web.Response) -> web.StreamResponse:
    match fault.kind:
        case "lose answer":
            return _cut(request, abort=False)
        case "delay":
            await asyncio.sleep(fault.seconds)
        case "hold answer" if fault.until is not None:
            await fault.until.wait()
    return response


def _cut(request: web.Request, *, abort: bool) -> web.Response:
    """Closes the connection; the response returned goes nowhere."""
    transport: Any = request.transport
    if transport is not None:
        transport.abort() if abort else transport.close()
    return web.Response(status=500)


def _refused(refusal: Refusal) -> web.Response:
    if refusal.body is not None:
        return web.Response(status=refusal.code, body=refusal.body, content_type="text/html")
    answer: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    headers = {}
    if refusal.parameters:
        answer["parameters"] = refusal.parameters
    if "retry_after" in refusal.parameters:
        headers["Retry-After"] = str(refusal.parameters["retry_after"])
    return web.Response(
        status=refusal.code, body=orjson.dumps(answer), content_type="application/json", headers=headers
    )


def _chat_id(telegram: People, arguments: Arguments) -> int | None:
    """The number of the chat a call names, for limits and the record."""
    name = arguments.values.get("chat_id")
    if isinstance(name, int):
        return name
    if isinstance(name, str) and name:
        if name[0] == "@":
            chat = telegram.names.get(name[1:].lower())
            return chat.id if chat else None
        return int(name) if name.lstrip("-").isdigit() else None
    return None
