"""From values to HTML: the templates, and what they may call. Everything that is not mark-up of ours is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web
from aiohttp.web_response import ContentCoding
from markupsafe import Markup, escape

from bot.web.dashboard import words
from bot.web.dashboard.files import Files
from bot.web.dashboard.questions import question
from bot.web.guard import TOKEN

PLACE = "<!--token-->"  # in forms: parts are rendered once for everybody, and a token is of one session
WORTH = 1000  # bytes; less is not compressed


class Frame:
    """`top`, in every template, is the way from a page up to the first: a proxy may have put us below a path."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._templates: jinja2.Environment

    def set_up(self, app: web.Application) -> None:
        """The templates, for the application that shows them."""
        self._templates = aiohttp_jinja2.setup(
            app,
            loader=jinja2.PackageLoader("bot.web"),
            default_helpers=False,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            filters=FILTERS,
        )
        self._templates.globals |= {"files": self._files, "count": words.count, "question": question}
        for name in self._templates.list_templates():  # made ready now: later everybody would wait for it
            self._templates.get_template(name)

    def part(self, template: str, *, now: float, **values: Any) -> str:
        """A piece of a page. `now`: seconds since 1970."""
        return self._templates.get_template(template).render(values | _moments(now))

    def page(
        self, request: web.Request, template: str, *, status: int = 200, now: float, **values: Any
    ) -> web.Response:
        answer = aiohttp_jinja2.render_template(template, request, values | _moments(now), status=status)
        token = Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN, values["token"])
        answer.text = text = (answer.text or "").replace(PLACE, token)
        answer.headers[hdrs.VARY] = "Accept-Encoding, HX-Request"
        if len(text) > WORTH and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            answer.enable_compression(ContentCoding.gzip)
        return answer


def _moments(now: float) -> dict[str, Any]:
    """What templates say times with."""

    def moment(at: float | None, none: str = "–") -> str:
        return none if at is None else time(at, now)

    def due(at: float | None) -> str:
        return "–" if at is None else time(at, now, DUE)

    def clock(at: float) -> str:
        return time(at, now, CLOCK)

    return {"now": now, "moment": moment, "due": due, "clock": clock}


AGO, DUE, CLOCK = Markup(""), Markup(" data-due"), Markup(" data-clock")


def time(at: float, now: float, how: Markup = AGO) -> Markup:
    """The clock's time, which a script turns into "12 s ago" and keeps so (into "now" for a while, where it is `due`),
    or into the clock of who looks: the mark-up itself stays as it is."""
    return Markup('<time datetime="{}"{}>{}</time>').format(words.instant(at), how, words.clock(at, now))


def link(address: str | None, said: str) -> Markup:
    """Of a page's own address only what leads to the web."""
    if address is None or urlsplit(address).scheme.lower() not in ("http", "https"):
        return escape(said)
    return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(address, said)


FILTERS: Mapping[str, Callable[..., str]] = {"seconds": words.seconds, "rate": words.rate, "link": link}
