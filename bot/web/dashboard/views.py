"""Which parts a page has that change while one looks at it: rendered for the page itself, and again for its stream."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.house import House
from bot.web.dashboard.frame import Frame
from bot.web.dashboard.rows import BlogRow, blog_page, blog_row, blog_rows, lane_rows, node_rows, push_rows
from bot.web.dashboard.situation import Situation, Watched
from bot.web.dashboard.verdict import verdict
from bot.web.dashboard.watching import Watching

LONGEST_SEARCH = 100
LONGEST_PAGE = 6  # digits
POSTS = 15  # newest, on the page of a blog
PUSHES = 25  # on a page of them
PAGES = ("overview", "blog", "pushes", "alarms")
FEW = 5  # pushes and ended alarms that the overview shows
MOST_HELD = 20


@dataclass(frozen=True, slots=True)
class View:
    """A page as somebody looks at it: which, of which blog, with which search, and which part of a list."""

    name: str = "overview"
    blog: str = ""
    search: str = ""
    page: int = 1

    @property
    def top(self) -> str:
        return "../" if self.name == "blog" else "./"


def view_of(name: str, request: web.Request) -> View:
    """As the address says it; what it says that cannot be is left out."""
    asked = request.query
    page = asked.get("page", "")
    return View(
        name=name if name in PAGES else "overview",
        blog=request.match_info.get("blog", asked.get("blog", ""))[:64],
        search=asked.get("q", "").strip()[:LONGEST_SEARCH],
        page=int(page) if page.isascii() and page.isdigit() and len(page) < LONGEST_PAGE else 1,
    )


Parts = dict[str, str]


class Views:
    """Renders parts by their names, which are the names of the stream's events as well."""

    def __init__(self, house: House, watching: Watching, frame: Frame) -> None:
        self._house, self._watching, self._frame = house, watching, frame
        self._rows_of: Situation | None = None
        self._rows: list[tuple[Watched, BlogRow]] = []

    async def parts(self, view: View, situation: Situation) -> Parts:
        match view.name:
            case "blog":
                return await self._blog(view, situation)
            case "pushes":
                return await self._pushes(view, situation)
            case "alarms":
                return await self._alarms(view, situation)
        return self._overview(view, situation)

    def _overview(self, view: View, situation: Situation) -> Parts:
        if self._rows_of is not situation:  # of very many blogs, rows are made once for all who look
            self._rows_of, self._rows = situation, blog_rows(situation)
        listed = blog_page(self._rows, view.search, view.page)
        return {
            "verdict": self._part("part_verdict.html", view, situation, verdict=verdict(situation)),
            "tiles": self._part("part_tiles.html", view, situation, vitals=situation.now, waiting=situation.waiting),
            "queue": self._part("part_queue.html", view, situation, lanes=lane_rows(situation)),
            "nodes": self._part("part_nodes.html", view, situation, nodes=node_rows(situation.nodes)),
            "blogs": self._part("part_blogs.html", view, situation, listed=listed),
            "pushes": self._part("part_pushes.html", view, situation, pushes=push_rows(situation.pushes[:FEW])),
            "alarms": self._part(
                "part_alarms.html", view, situation, alarms=situation.alarms, ended=situation.ended[:FEW]
            ),
            **{f"row-{row.id}": self._part("part_row.html", view, situation, row=row) for row in listed.rows},
        }

    async def _blog(self, view: View, situation: Situation) -> Parts:
        found = situation.blog(view.blog)
        if found is None:
            return {}
        store = self._house.store
        lately = await store.latest(blogs=[view.blog], now=situation.at, limit=POSTS)
        held = [one for one in await store.held_posts(situation.at) if one.blog == view.blog][:MOST_HELD]
        row = blog_row(found, situation.now.blogs.get(view.blog), situation.at, all_held=situation.all_held)
        return {
            "blog": self._part("part_blog.html", view, situation, row=row, known=found),
            "posts": self._part("part_posts.html", view, situation, posts=lately, held=held),
        }

    async def _pushes(self, view: View, situation: Situation) -> Parts:
        page = max(view.page, 1)
        found = await self._watching.pushes(PUSHES + 1, (page - 1) * PUSHES)
        rows = push_rows(found[:PUSHES])
        return {
            "pushes": self._part("part_pushes.html", view, situation, pushes=rows, page=page, older=len(found) > PUSHES)
        }

    async def _alarms(self, view: View, situation: Situation) -> Parts:
        refused = await self._house.store.refused(self._house.bot)
        return {
            "alarms": self._part("part_alarms.html", view, situation, alarms=situation.alarms, ended=situation.ended),
            "refused": self._part("part_refused.html", view, situation, refused=refused),
        }

    def _part(self, template: str, view: View, situation: Situation, **values: object) -> str:
        return self._frame.part(template, now=situation.at, view=view, top=view.top, situation=situation, **values)
