"""From values to HTML: the templates, and what they may call. Everything that is not mark-up of ours is escaped."""

from __future__ import annotations

import gzip
from typing import Any
from urllib.parse import urlsplit

import jinja2
from aiohttp import hdrs, web
from markupsafe import Markup, escape

from bot.web.dashboard import words
from bot.web.dashboard.files import Files
from bot.web.guard import TOKEN

PLACE = "<!--token-->"  # in forms: parts are rendered once for everybody, and a token is of one session
WORTH = 1000  # bytes; less is not compressed


class Frame:
    """`top`, in every template, is the way from a page up to the first: a proxy may have put us below a path."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("bot.web"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals |= {"files": files, "count": words.count}
        self._templates.filters |= {
            "seconds": words.seconds,
            "rate": words.rate,
            "link": link,
        }
        for name in self._templates.list_templates():  # made ready now: later everybody would wait for it
            self._templates.get_template(name)

    def part(self, template: str, *, now: float, **values: Any) -> str:
        """A piece of a page. `now`: seconds since 1970."""

        def moment(at: float | None, none: str = "–") -> str:
            return none if at is None else time(at, now)

        def clock(at: float) -> str:
            return time(at, now, ago=False)

        return self._templates.get_template(template).render(now=now, moment=moment, clock=clock, **values)

    def page(
        self, request: web.Request, template: str, *, status: int = 200, now: float, **values: Any
    ) -> web.Response:
        token = Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN, values["token"])
        text = self.part(template, now=now, **values).replace(PLACE, token).encode()
        headers = {hdrs.VARY: "Accept-Encoding, HX-Request"}
        if len(text) > WORTH and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            text = gzip.compress(text, 5)
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=text, status=status, content_type="text/html", charset="utf-8", headers=headers)


def time(at: float, now: float, *, ago: bool = True) -> Markup:
    """The clock's time, which a script turns into "12 s ago" and keeps so, or into the clock of who looks: the mark-up
    itself stays as it is."""
    how = Markup("") if ago else Markup(" data-clock")
    return Markup('<time datetime="{}"{}>{}</time>').format(words.instant(at), how, words.clock(at, now))


def link(address: str | None, said: str) -> Markup:
    """Of a page's own address only what leads to the web."""
    if address is None or urlsplit(address).scheme.lower() not in ("http", "https"):
        return escape(said)
    return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(address, said)
