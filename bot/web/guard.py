"""Who may see what admins see: one guard before every such route, for people and for programs.

With a password (`web.dashboard_password_env`) it is asked of everyone: people give it in a form and get a signed
cookie, programs say it with each request. Without one, this machine alone is answered, asked directly.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.web import strangers
from bot.web.attempts import Attempts
from bot.web.connections import is_known
from bot.web.sessions import LASTS, Session, Sessions, is_password
from config.secrets import NoSecret, secret
from storage import StoreError

log = structlog.get_logger()

COOKIE = "relay_session"
FORM_COOKIE = "relay_form"  # of who sees the form that asks for the password; a session stays what it is meanwhile
TOKEN = "token"  # noqa: S105 the form's field; scripts say it in the header below
TOKEN_HEADER = "X-Relay-Token"  # noqa: S105
SESSION: Final = web.RequestKey("session", Session)
_SECRET, _ENDED = "dashboard secret", "dashboard sessions ended"  # notes in the store
LARGEST_FORM = 256 * 1024  # bytes
_READ_AGAIN = 2.0  # seconds for which the password is not looked up again, nor what other nodes know of sessions
_NOBODY = "The dashboard has a password that cannot be read; nobody may come in until it can. The log says which."
_ELSEWHERE = (
    "Without a password the dashboard answers this machine alone, asked directly and by its own name. "
    "To see it from elsewhere, let web.dashboard_password_env name a password."
)
_NOT_OURS = "This did not come from a page of the dashboard, or from one that is too old. Go back, reload, try again."

# Scripts and styles are our own files; nothing is asked of anybody else, and nobody puts us into a frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# No Cross-Origin-Opener-Policy: for it Chromium gives a page a process of its own, and that is a quarter of the first
# paint. Who opened our window could only close it or lead it elsewhere; it sees nothing of it.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # not less: without it a browser hides where a form was sent from
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Notes(Protocol):
    """As the store has them: small texts by name."""

    def note(self, name: str) -> Awaitable[str | None]: ...
    def keep_note(self, name: str, text: str | None) -> Awaitable[None]: ...


class Guard:
    """`password_env` tells which variable holds the password; "": there is none. One that is named and cannot be read
    lets nobody in."""

    def __init__(
        self,
        *,
        notes: Notes,
        environ: Mapping[str, str],
        password_env: Callable[[], str] = str,
        public_url: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._notes, self._environ, self._named = notes, environ, password_env
        self._public_url, self._clock = public_url, clock
        self._form, self._programs = Attempts(), Attempts()  # so that a program's old password keeps no person out
        self._read_at, self._read_from, self._password = float("-inf"), "", ""
        self._secret = ""
        self._ended: dict[str, float] = {}
        self._remembered_at = float("-inf")
        self._remembering = asyncio.Lock()

    @property
    def has_password(self) -> bool:
        return bool(self._named())

    # --- before a route

    def people(self, handler: Handler) -> Handler:
        """For pages and what their forms send. Who is not logged in is led to the form; see `session` and `token`."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            refused = self.refusal(request)
            return _careful(await self._answer(request, handler) if refused is None else refused)

        return guarded

    def programs(self, handler: Handler) -> Handler:
        """For what machines read: the same, or the password itself, as `Authorization: Bearer` or `Basic`."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            refused = self.refusal(request)
            if refused is None:
                refused = await self._refusal_of_program(request)
            if refused is None:
                is_known(request)
            return _careful(await handler(request) if refused is None else refused)

        return guarded

    def everybody(self, handler: Handler) -> Handler:
        """For what is in every copy of this program anyway: styles and scripts."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            refused = self.refusal(request)
            return _careful(await handler(request) if refused is None else refused)

        return guarded

    def visitors(self, handler: Handler) -> Handler:
        """For the form that asks for the password: everybody who may know there is one."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            refused = self.refusal(request)
            return _careful(await self._visited(request, handler) if refused is None else refused)

        return guarded

    async def _visited(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        session = await self._session(request, FORM_COOKIE) or await self._begin(known=False)
        answer = await self._admitted(request, session, handler)
        if COOKIE not in answer.cookies:
            self._set_cookie(request, answer, session, FORM_COOKIE)
        return answer

    async def admits(self, request: web.Request) -> bool:
        """Whether a program that asks so may see what admins see."""
        return self.refusal(request) is None and await self._refusal_of_program(request) is None

    def refusal(self, request: web.Request) -> web.Response | None:
        """What is said to whom no password would help; None where one may help, or none is needed."""
        if strangers.is_asked_by_another_page(request):
            return web.Response(status=403, text=_NOT_OURS)
        if not self.has_password:
            return None if strangers.is_from_this_machine(request) else web.Response(status=403, text=_ELSEWHERE)
        try:
            self._right_password()
        except NoSecret as error:
            log.error("password not known", why=str(error))
            return web.Response(status=503, text=_NOBODY)
        return None

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        session = await self._session(request)
        if session is None and not self.has_password:
            session = await self._begin(known=False)
            return await self._with_cookie(request, session, handler)
        if session is None or (self.has_password and not session.known):
            return _to_the_form(request)
        return await self._admitted(request, session, handler)

    async def _with_cookie(self, request: web.Request, session: Session, handler: Handler) -> web.StreamResponse:
        """The first page of a browser on this machine: its forms need a session, too."""
        answer = await self._admitted(request, session, handler)
        if not answer.prepared:
            self._set_cookie(request, answer, session)
        return answer

    async def _admitted(self, request: web.Request, session: Session, handler: Handler) -> web.StreamResponse:
        request[SESSION] = session
        if session.known or not self.has_password:
            is_known(request)
        refused = await self._refusal_of_form(request, session)
        return await handler(request) if refused is None else refused

    # --- forms

    async def still_admits(self, request: web.Request) -> bool:
        """Whether who was let in would be let in now: a stream may outlast its session."""
        if self.refusal(request) is not None:
            return False
        session = await self._session(request)
        return not self.has_password or (session is not None and session.known)

    def token(self, request: web.Request) -> str:
        """What forms on this page carry as `TOKEN`, and scripts as `TOKEN_HEADER`."""
        return self._sessions().token(request[SESSION])

    async def _refusal_of_form(self, request: web.Request, session: Session) -> web.Response | None:
        """A POST must come from a page of ours, and of this very session."""
        if request.method in (hdrs.METH_GET, hdrs.METH_HEAD):
            return None
        ours = strangers.comes_from_our_own_page(request, self._public_url) and _is_small_form(request)
        if ours and self._sessions().is_token(session, await _token_in(request)):
            return None
        return web.Response(status=403, text=_NOT_OURS)

    # --- the password

    async def enter(self, request: web.Request, password: str, answer: web.Response) -> float | None:
        """Puts a new session's cookie into `answer` where the password is right: None. Else the seconds until the next
        attempt, 0 where that may be at once."""
        wait = self._try(self._form, request, password)
        if wait is None:
            self._set_cookie(request, answer, await self._begin(known=True))
        return wait

    async def leave(self, request: web.Request, answer: web.Response) -> None:
        """Ends the session, in this browser and for who has copied its cookie."""
        session, now = request[SESSION], self._clock()
        self._remembered_at = float("-inf")  # others may have ended some meanwhile
        await self._remember()
        self._ended = {one: until for one, until in self._ended.items() if until > now} | {
            session.number: session.until
        }
        await self._notes.keep_note(_ENDED, json.dumps(self._ended))
        answer.del_cookie(COOKIE, path=self._cookie_path())

    def _try(self, attempts: Attempts, request: web.Request, password: str) -> float | None:
        address, now = strangers.address_of(request), self._clock()
        if wait := attempts.wait(address, now):
            return wait
        if is_password(password, self._right_password()):
            attempts.succeeded(address)
            return None
        attempts.failed(address, now)
        log.warning("wrong password", address=address)
        return attempts.wait(address, now)

    async def _refusal_of_program(self, request: web.Request) -> web.Response | None:
        session = await self._session(request)
        if not self.has_password or (session and session.known and request.method in (hdrs.METH_GET, hdrs.METH_HEAD)):
            return None
        given = _authorization(request)
        if given is None:
            return _unauthorized()
        wait = self._try(self._programs, request, given)
        if wait is None:
            return None
        return _too_often(wait) if wait else _unauthorized()

    def _right_password(self) -> str:
        """NoSecret where it cannot be read. A file may get another one while we run."""
        if not self.has_password:
            return ""
        now, name = self._clock(), self._named()
        if not 0 <= now - self._read_at < _READ_AGAIN or name != self._read_from:
            self._password = secret(self._environ, name)
            self._read_at, self._read_from = now, name
        return self._password

    # --- sessions

    async def _session(self, request: web.Request, name: str = COOKIE) -> Session | None:
        await self._remember()
        cookie = request.cookies.get(name)
        session = self._sessions().read(cookie, self._clock()) if cookie else None
        return None if session is None or session.number in self._ended else session

    async def _begin(self, *, known: bool) -> Session:
        await self._remember()
        return self._sessions().begin(self._clock(), known=known)

    def _sessions(self) -> Sessions:
        return Sessions(self._secret, self._right_password())

    async def _remember(self) -> None:
        """Our own secret and the sessions that were ended, from the store: both outlive us, and other nodes may have
        written them."""
        async with self._remembering:
            if self._secret and 0 <= self._clock() - self._remembered_at < _READ_AGAIN:
                return
            try:
                ended, kept = await self._notes.note(_ENDED), await self._notes.note(_SECRET)
                if kept is None:
                    kept = secrets.token_hex(32)
                    await self._notes.keep_note(_SECRET, kept)
            except StoreError:
                if not self._secret:
                    raise
                return  # who was let in may see what is wrong
            self._ended, self._secret, self._remembered_at = json.loads(ended or "{}"), kept, self._clock()

    def _set_cookie(
        self, request: web.Request, answer: web.StreamResponse, session: Session, name: str = COOKIE
    ) -> None:
        answer.set_cookie(
            name,
            self._sessions().cookie(session),
            max_age=int(LASTS) if session.known else None,
            path=self._cookie_path(),
            httponly=True,
            samesite="Strict",
            secure=strangers.is_secure(request, self._public_url) if self.has_password else False,
        )

    def _cookie_path(self) -> str:
        """With a password "", the folder of the form: a browser knows it also where a proxy has put us below a path."""
        return "" if self.has_password else "/"


def _careful(answer: web.StreamResponse) -> web.StreamResponse:
    if not answer.prepared:
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
    return answer


def _to_the_form(request: web.Request) -> web.Response:
    """Where a person reads, to the form and back again; a script is told the number that means the same."""
    if request.method != hdrs.METH_GET or "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
        return web.Response(status=401, text="Log in first.")
    headers = {hdrs.LOCATION: f"{to_the_top(request)}login"}
    if there := request.rel_url.raw_path_qs.lstrip("/"):
        headers[hdrs.LOCATION] += f"?next={quote(there, safe='')}"
    return web.Response(status=303, headers=headers)


def to_the_top(request: web.Request) -> str:
    """The way up from this page to the first: a proxy may have put all of us below a path that only it knows."""
    return "../" * (request.rel_url.raw_path.count("/") - 1) or "./"


def _is_small_form(request: web.Request) -> bool:
    """Whether its body may be read: strangers hold a token, too, that of the form which asks for the password."""
    if not request.body_exists:
        return True
    is_form = request.content_type == "application/x-www-form-urlencoded"
    return is_form and request.content_length is not None and request.content_length <= LARGEST_FORM


async def _token_in(request: web.Request) -> str:
    """What a script says in a header, or a form in its field."""
    if said := request.headers.get(TOKEN_HEADER):
        return said
    with contextlib.suppress(ValueError):
        field = (await request.post()).get(TOKEN)
        return field if isinstance(field, str) else ""
    return ""


def _authorization(request: web.Request) -> str | None:
    """The password of a program, whatever name it gives itself."""
    scheme, _, said = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer":
        return said.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(said, validate=True).decode().partition(":")[2]
    except (NotBase64, ValueError):
        return ""


def _unauthorized() -> web.Response:
    challenge = 'Bearer realm="liveblog-relay", Basic realm="liveblog-relay"'
    return web.Response(status=401, text="The password, please.", headers={hdrs.WWW_AUTHENTICATE: challenge})


def _too_often(wait: float) -> web.Response:
    headers = {hdrs.RETRY_AFTER: str(int(wait) + 1)}
    return web.Response(status=429, text="Too many wrong passwords.", headers=headers)
