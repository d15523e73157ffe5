"""The form that asks for the password, and the way out."""

from __future__ import annotations

import re

from aiohttp import hdrs, web

from bot.web.dashboard.frame import Frame
from bot.web.dashboard.words import said
from bot.web.guard import Guard

LONGEST = 1024  # characters of a password
_OURS = re.compile(r"[?A-Za-z0-9][A-Za-z0-9/_.?=&%+-]{0,300}", re.ASCII)


class Login:
    def __init__(self, guard: Guard, frame: Frame) -> None:
        self._guard, self._frame = guard, frame

    async def form(self, request: web.Request) -> web.StreamResponse:
        if not self._guard.has_password:
            return web.Response(status=303, headers={hdrs.LOCATION: "./"})
        return self._page(request, where(request.query.get("next", "")))

    async def enter(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        password, there = str(form.get("password", ""))[:LONGEST], where(str(form.get("next", "")))
        answer = web.Response(status=303, headers={hdrs.LOCATION: f"./{there}"})
        wait = await self._guard.enter(request, password, answer)
        if wait is None:
            return answer
        if wait:
            return self._page(request, there, f"Too many wrong passwords. Try again in {said(wait)}.", 429)
        return self._page(request, there, "That is not the password.", 403)

    async def leave(self, request: web.Request) -> web.StreamResponse:
        answer = web.Response(status=303, headers={hdrs.LOCATION: "./login"})
        await self._guard.leave(request, answer)
        return answer

    def _page(self, request: web.Request, there: str, wrong: str = "", status: int = 200) -> web.Response:
        values = {"root": "./", "bots": (), "token": self._guard.token(request), "next": there, "wrong": wrong}
        return self._frame.page(request, "login.html", status=status, now=0.0, **values)


def where(said_: str) -> str:
    """A page of ours to go on to, relative to the first; "" for anything that could lead elsewhere."""
    plain = said_.lower().replace("%2e", ".")  # to browsers it is the same
    return said_ if _OURS.fullmatch(said_) and "//" not in plain and ".." not in plain else ""
