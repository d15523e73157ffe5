"""HTTP to Telegram: one aiohttp session under everything that speaks to the Bot API.

python-telegram-bot builds on it through `BaseRequest`; the sender posts ready bodies through `post_json`. The token is
part of every address, so no address may reach a log or an error: failures are told by their kind alone.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

# python-telegram-bot asks for this switch before it gives time spans as such, and warns without it.
os.environ.setdefault("PTB_TIMEDELTA", "true")

READ_SECONDS = 20.0  # Telegram answers a send within a few seconds; longer is a lost answer
CONNECT_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 30.0


class NotSent(NetworkError):
    """No connection was made: Telegram cannot have seen the request."""


class AnswerLost(TimedOut):
    """The request went out and no answer came back: it may have been done."""


class Reach:
    """Whether Telegram answers at all, whoever asks and whatever it says."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.lost_at: float | None = None  # by the clock: when it did not answer for the first time since it last did

    def answered(self) -> None:
        self.lost_at = None

    def lost(self) -> None:
        if self.lost_at is None:
            self.lost_at = self._clock()

    def lost_for(self) -> float:
        """Seconds for which nothing was answered; 0: it answers, as far as is known."""
        return 0.0 if self.lost_at is None else self._clock() - self.lost_at


class AiohttpRequest(BaseRequest):
    """The transport. `connections` bounds what is in flight; Telegram's server itself stops at about 1000.

    A proxy that the environment names is used (`HTTPS_PROXY` and the like, and `NO_PROXY`), as it stood when the
    connections were opened: looked up once, as aiohttp's own way costs two threads for every request. `reach` is told
    whether answers come.
    """

    def __init__(self, connections: int = 256, read_seconds: float = READ_SECONDS, reach: Reach | None = None) -> None:
        self._connections = connections
        self._reach = reach or Reach()
        self._read_seconds = read_seconds
        self._session: aiohttp.ClientSession | None = None
        self._targets: dict[URL, aiohttp.ClientRequest] = {}

    @property
    def read_timeout(self) -> float:
        return self._read_seconds

    async def initialize(self) -> None:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEEP_ALIVE_SECONDS)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            self._targets.clear()  # they know their session
            self._proxy_of = lru_cache(_proxy_of)

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        seconds = self._read_seconds if isinstance(read_timeout, DefaultValue) else read_timeout
        form = _form(request_data) if request_data else None
        return _readable(*await self._exchange(method, url, seconds, data=form))

    async def post_json(self, url: str, body: bytes) -> tuple[int, bytes]:
        """Post a ready JSON body. Raises `NotSent` or `AnswerLost`."""
        assert self._session is not None, "initialize() comes first"
        target = URL(url)
        if self._proxy_of(target.scheme, target.host or ""):
            return await self._exchange("POST", url, self._read_seconds, data=body, headers=_JSON)
        return await self._post(target, body)

    async def _post(self, target: URL, body: bytes) -> tuple[int, bytes]:
        """As `_exchange`, over the same connections, without making a request and a response object for each message:
        these cost more than everything else that a message costs us."""
        connection = await self._connection(target)
        protocol = connection.protocol
        try:
            if protocol is None or (transport := protocol.transport) is None or transport.is_closing():
                raise NotSent("the connection to Telegram closed before anything was sent")
            protocol.set_response_params()
            transport.write(b"%b%d\r\n\r\n%b" % (_head(target), len(body), body))
            async with asyncio.timeout(self._read_seconds):
                status, answer = await _answer(protocol)
        except TimeoutError:
            raise self._lost() from None
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            raise self._lost(error) from None
        else:
            connection.release()
            self._reach.answered()
            return status, answer
        finally:
            connection.close()  # where it was not released: what comes over it now is nobody's

    async def _connection(self, target: URL) -> Connection:
        assert self._session is not None
        assert self._session.connector is not None
        if (first := self._targets.get(target)) is None:
            loop = asyncio.get_running_loop()
            first = self._targets[target] = aiohttp.ClientRequest("POST", target, session=self._session, loop=loop)
        try:
            return await self._session.connector.connect(first, [], _timeout(self._read_seconds))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._not_sent(error) from None

    async def post_form(self, url: str, form: aiohttp.FormData) -> tuple[int, bytes]:
        """Post a form, for the few requests that carry a file."""
        return await self._exchange("POST", url, self._read_seconds, data=form)

    async def _exchange(self, method: str, url: str, seconds: float | None, **what: Any) -> tuple[int, bytes]:
        assert self._session is not None, "initialize() comes first"
        target = URL(url)
        if proxy := self._proxy_of(target.scheme, target.host or ""):
            what["proxy"], what["proxy_auth"] = proxy
        timeout = _timeout(seconds or self._read_seconds)
        try:
            async with self._session.request(method, target, timeout=timeout, **what) as answer:
                said = await answer.read()
                self._reach.answered()
                return answer.status, said
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise self._not_sent(error) from None
        except TimeoutError:
            raise self._lost() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._lost(error) from None

    def _lost(self, error: Exception | None = None) -> AnswerLost:
        self._reach.lost()
        if error is None:
            return AnswerLost("Telegram did not answer in time")
        return AnswerLost(f"the connection to Telegram broke: {type(error).__name__}")

    def _not_sent(self, error: Exception) -> NotSent:
        self._reach.lost()
        return _not_sent(error)


def _not_sent(error: Exception) -> NotSent:
    if isinstance(error, aiohttp.ClientConnectorError):
        return NotSent(f"no connection to Telegram: {error.os_error.strerror or error.os_error}")
    why = "timed out" if isinstance(error, TimeoutError) else type(error).__name__
    return NotSent(f"no connection to Telegram: {why}")


@lru_cache(maxsize=64)
def _head(target: URL) -> bytes:
    """The request up to the length of its body."""
    lines = (
        f"POST {target.raw_path_qs} HTTP/1.1",
        f"Host: {target.host_port_subcomponent}",
        "Content-Type: application/json",
        "Content-Length: ",
    )
    return "\r\n".join(lines).encode()


async def _answer(protocol: ResponseHandler) -> tuple[int, bytes]:
    message, content = await protocol.read()
    while message.code < 200:
        message, content = await protocol.read()
    return message.code, await content.read()


_JSON = {"Content-Type": "application/json"}


@lru_cache
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds + CONNECT_SECONDS, sock_connect=CONNECT_SECONDS)


def _proxy_of(scheme: str, host: str) -> tuple[URL, aiohttp.BasicAuth | None] | None:
    """The environment's proxy for this host, and what it wants to be told."""
    named = getproxies().get(scheme)
    if named is None or proxy_bypass(host):
        return None
    proxy = URL(named)
    known = aiohttp.BasicAuth(proxy.user, proxy.password or "") if proxy.user else None
    return proxy.with_user(None), known


def _readable(status: int, answer: bytes) -> tuple[int, bytes]:
    """A refusal that is not Telegram's, without its body: the library would repeat all of it in its error, and what
    stands between us and Telegram may repeat what people wrote."""
    if 200 <= status < 300:
        return status, answer
    try:
        is_telegrams = isinstance(orjson.loads(answer), dict)
    except orjson.JSONDecodeError:
        is_telegrams = False
    return status, answer if is_telegrams else b"{}"


def _form(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    if data.contains_files:
        for name, (filename, content, kind) in data.multipart_data.items():
            form.add_field(name, content, filename=filename, content_type=kind)
    return form
