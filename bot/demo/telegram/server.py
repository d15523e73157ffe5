"""The local Telegram: the Bot API over HTTP on this machine, its faults, and what watches it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.demo.telegram.arguments import Arguments, read_arguments
from bot.demo.telegram.menus import menu
from bot.demo.telegram.methods import COUNTED, METHODS, method_name
from bot.demo.telegram.people import People
from bot.demo.telegram.values import PATIENCE, BotProfile, Call, Event, Fault, Json, Limits, Planned, Refusal
from bot.demo.telegram.watching import Subscription
from bot.demo.telegram.webhook import LOOPBACK
from bot.demo.telegram.wire import ConnectionLost, after, answered, before, cut, refused
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
        self.app.router.add_route("*", "/bot{token}/{method:.*}", self._answer)
        self.app.router.add_route("*", "/bot{token}", _no_method)
        self.app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        self.app.router.add_get("/file/kept/{path:.+}", self._file)
        self._runner: web.AppRunner | None = None
        self._planned: list[Planned] = []
        self._watchers: set[asyncio.Queue[Event]] = set()
        self._waiters: list[asyncio.Future[None]] = []

    # --- start and stop ------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listens on 127.0.0.1; port 0 picks a free one."""
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.1)
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

    async def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Waits until it holds, asking again after every event and call; an AssertionError with all screens if it
        does not within `seconds`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not condition():
            if loop.time() > deadline:
                shown = f"on the screens:\n{self.screens()}{self._refusals()}"
                raise AssertionError(f"it did not come true within {seconds} s; {shown}")
            waiter = loop.create_future()
            self._waiters.append(waiter)
            await asyncio.wait([waiter], timeout=RECHECK)

    def _refusals(self) -> str:
        """The last few, which often say why nothing came."""
        refused = [call for call in self.calls[-1000:] if not call.ok][-5:]
        lines = [f"\n    {call.method} in {call.chat}: {call.description}" for call in refused]
        return "".join(["\n  refused at last:", *lines] if lines else [])

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
        name = None if method is None else method_name(method)
        if name is not None and name not in METHODS:
            raise LookupError(f"there is no method {method}")
        planned = Planned(error, name, chat, times)
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
        token, name = request.match_info["token"], method_name(request.match_info["method"])
        chat, fault = None, None
        try:
            bot = self._bot(token)
            arguments = await read_arguments(request)
            chat = self._chat_id(arguments)
            fault = self._fault(name, chat)
            if fault is not None:
                await before(fault)
            response = answered(await self._perform(bot, name, chat, arguments))
            self._record(at, token, name, chat, None)
        except Refusal as refusal:
            response = refused(refusal)
            self._record(at, token, name, chat, refusal)
        except ConnectionLost:
            return cut(request, abort=True)
        return await after(fault, request, response) if fault is not None else response

    async def _perform(self, bot: LocalBot, name: str, chat: int | None, arguments: Arguments) -> Any:
        method = METHODS.get(name)
        if method is None:
            raise Refusal(404, "Not Found: method not found")
        if name in COUNTED and not bot.pace.open:
            self._admit(bot, name, chat, arguments)
        result = method(self, bot, arguments)
        return await result if inspect.isawaitable(result) else result

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

    def _chat_id(self, arguments: Arguments) -> int | None:
        """The number of the chat a call names, for limits, faults and the record."""
        name = arguments.values.get("chat_id")
        if isinstance(name, str):
            if name.startswith("@"):
                chat = self.names.get(name[1:].lower())
                return chat.id if chat else None
            return int(name) if name.lstrip("-").isdecimal() else None
        return name if isinstance(name, int) else None

    def _admit(self, bot: LocalBot, name: str, chat: int | None, arguments: Arguments) -> None:
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
            return refused(Refusal(404, "Not Found"))
        if stored.content is not None:
            return web.Response(body=stored.content, content_type=stored.media.mime or "application/octet-stream")
        if stored.address and LOOPBACK.match(stored.address):
            raise web.HTTPFound(stored.address)
        return refused(Refusal(404, "Not Found: the local Telegram fetches nothing from outside this machine"))


async def _no_method(_: web.Request) -> web.StreamResponse:
    return refused(Refusal(404, "Not Found"))
