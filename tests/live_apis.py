"""Live-blog APIs on loopback, as their products answer: a blog that tests write by hand, and what was asked of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web

from tests.api_answers import (
    jazeera_update,
    live24_answer,
    scribble_event,
    scribble_post,
    sourcefabric_post,
    wordpress_row,
)
from tests.markup_pages import guardian_block, guardian_page

Row = dict[str, Any]


@dataclass
class Api:
    """`asked` are the requests, in their order. `ill` says which of them are answered with which status."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    asked: list[str] = field(default_factory=list)
    seen: list[web.BaseRequest] = field(default_factory=list)
    ill: Callable[[str], int | None] = lambda asked: None
    never: str | None = None  # what is asked with this in it is never answered
    headers: dict[str, str] = field(default_factory=dict)
    origin: str = ""

    async def __aenter__(self) -> Self:
        self._asked = asyncio.Condition()
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        asked = request.path_qs
        self.asked.append(asked)
        self.seen.append(request)
        status = self.ill(asked)
        value = None if status else self.answer(request)
        async with self._asked:
            self._asked.notify_all()
        if self.never is not None and self.never in asked:
            await asyncio.Event().wait()
        if status or value is None:
            return web.Response(status=status or 404, headers=self.headers)
        if isinstance(value, str):
            return web.Response(text=value, content_type="text/html")
        return web.Response(body=json.dumps(value).encode(), content_type="application/json", headers={"ETag": '"one"'})

    def answer(self, request: web.BaseRequest) -> Any:
        raise NotImplementedError

    def take_asked(self) -> list[str]:
        """What was asked since this was called last."""
        asked, self.asked = self.asked, []
        return asked

    async def polled(self, times: int = 1, seconds: float = 60) -> None:
        """Until so many more requests came."""
        target = len(self.seen) + times
        async with asyncio.timeout(seconds), self._asked:
            await self._asked.wait_for(lambda: len(self.seen) >= target)


@dataclass
class WordPress(Api):
    """`rows` is all that was ever said, oldest first: each row is a comment with a time of its own."""

    rows: list[Row] = field(default_factory=list)
    per_page: int = 5

    @property
    def url(self) -> str:
        return f"{self.origin}/wp-json/liveblog/v1/7"

    def say(self, number: int, kind: str = "new", text: str = "", *, seconds_ago: int = 0) -> None:
        text = text or f"Body of post {number}."
        now = int(self.clock().timestamp()) - seconds_ago
        first = next((row["entry_time"] for row in self.rows if row["id"] == str(number)), now)
        words = {"render": f"<p>{text}</p>", "content": f"<p>{text}</p>"} if kind != "delete" else {}
        self.rows.append(wordpress_row(number, kind, timestamp=now, entry_time=first, **words))

    def answer(self, request: web.BaseRequest) -> Any:
        if found := re.fullmatch(r"/wp-json/liveblog/v1/7/get-entries/(\d+)/(latest|\d+-\d+)", request.path):
            return self._page(int(found[1]))
        if found := re.fullmatch(r"/wp-json/liveblog/v1/7/entries/(\d+)/(\d+)/", request.path):
            return self._changes(int(found[1]), int(found[2]))
        return None

    def _page(self, number: int) -> Any:
        last = {row["id"]: row for row in self.rows}
        standing = [row for row in last.values() if row["type"] != "delete"]
        standing.sort(key=lambda row: (row["entry_time"], int(row["id"])), reverse=True)
        at = (number - 1) * self.per_page
        pages = -(-len(standing) // self.per_page)
        return {"entries": standing[at : at + self.per_page], "page": number, "pages": pages}

    def _changes(self, since: int, until: int) -> Any:
        told = [row for row in reversed(self.rows) if since <= row["timestamp"] <= until]
        newest = max((row["timestamp"] for row in told), default=None)
        return {"entries": told, "latest_timestamp": newest, "refresh_interval": 10, "pages": 1}


BLOG = "58bfeb4c15720af1a94c1052"


@dataclass
class Sourcefabric(Api):
    """`posts` by number; listed by their last change, the newest first, unless the query sorts them."""

    posts: dict[int, Row] = field(default_factory=dict)
    status: str = "open"
    per_page: int = 50
    link_to: str = ""  # another host that `next` names

    @property
    def url(self) -> str:
        return f"{self.origin}/api/client_blogs/{BLOG}"

    def say(self, number: int, text: str = "", **fields: Any) -> None:
        text = text or f"Body of post {number}."
        now = self.clock().isoformat(timespec="seconds")
        part = {"guid": "part", "item": {"item_type": "text", "text": f"<p>{text}</p>", "meta": {}}, "type": "text"}
        known = self.posts.get(number, {})
        times = {"_updated": now, "content_updated_date": now}
        times["published_date"] = times["firstcreated"] = known.get("published_date", now)
        self.posts[number] = sourcefabric_post(number, part, **times, **fields)

    def answer(self, request: web.BaseRequest) -> Any:
        if request.path == f"/api/client_blogs/{BLOG}":
            return {"_id": BLOG, "blog_status": self.status, "title": "Storm"}
        if request.path == f"/api/client_blogs/{BLOG}/posts":
            return self._posts(request)
        return None

    def _posts(self, request: web.BaseRequest) -> Any:
        source = json.loads(request.query.get("source", "{}"))
        rows = sorted(self.posts.values(), key=lambda row: row["_updated"], reverse="sort" not in source)
        since = next(_ranges(source), "")
        rows = [row for row in rows if row["_updated"] >= since]
        page = int(request.query.get("page", 1))
        size = min(self.per_page, int(request.query.get("max_results", 25)))
        answer: Row = {"_items": rows[(page - 1) * size : page * size], "_links": {}, "_meta": {"total": len(rows)}}
        if page * size < len(rows):
            query = {**request.query, "page": str(page + 1)}
            href = str(request.url.with_query(query).relative()).removeprefix("/api/")
            answer["_links"]["next"] = {"href": self.link_to + href}
        return answer


def _ranges(source: Row) -> Iterator[str]:
    for wanted in source.get("query", {}).get("filtered", {}).get("filter", {}).get("and", []):
        yield wanted["range"]["_updated"]["gte"]


@dataclass
class AlJazeera(Api):
    """`children` is what the blog lists, newest first; `posts` what each id answers with, None where there is none."""

    children: list[int] = field(default_factory=list)
    posts: dict[int, Row | None] = field(default_factory=dict)
    live: bool = True
    summary: str = ""

    @property
    def url(self) -> str:
        variables = json.dumps({"name": "storm", "postType": "liveblog"}).replace(" ", "")
        query = f"wp-site=aje&operationName=ArchipelagoSingleLiveBlogQuery&variables={variables}"
        return f"{self.origin}/graphql?{query}".replace('"', "%22").replace("{", "%7B").replace("}", "%7D")

    def say(self, number: int, text: str = "") -> None:
        content = f"<p>{text or f'Body of post {number}.'}</p>"
        self.posts[3000 + number] = jazeera_update(number, content=content)["data"]["posts"]
        if 3000 + number not in self.children:
            self.children.insert(0, 3000 + number)

    def take_away(self, number: int) -> None:
        self.children.remove(3000 + number)
        self.posts[3000 + number] = None

    def operations(self) -> list[str]:
        """The queries since last asked, as `operation` or `operation id`."""
        asked, self.seen = self.seen, []
        return [_operation(request) for request in asked]

    def answer(self, request: web.BaseRequest) -> Any:
        variables = json.loads(request.query["variables"])
        if request.headers.get("Wp-site") != "aje" or request.query.get("wp-site") != "aje":
            return None
        match request.query["operationName"]:
            case "LiveBlogUpdateQuery" if variables["postType"] == "liveblog-update":
                return {"data": {"posts": self.posts.get(variables["postID"])}}
            case "ArchipelagoSingleLiveBlogQuery" if variables == _SHELL:
                shell = {"id": "2999", "title": "Storm", "isLive": self.live, "link": "/news/liveblog/2026/3/4/storm"}
                return {"data": {"article": {**shell, "content": self.summary, "children": self.children}}}
            case "SingleLiveBlogChildrensQuery" if variables == {"postName": "storm"}:
                return {"data": {"article": {"children": self.children}}}
        return {"data": {"article": None}}


_SHELL = {"name": "storm", "postType": "liveblog", "preview": ""}


def _operation(request: web.BaseRequest) -> str:
    variables = json.loads(request.query["variables"])
    return " ".join(str(one) for one in (request.query["operationName"], variables.get("postID")) if one)


@dataclass
class Live24(Api):
    """`news`, newest first."""

    news: list[Row] = field(default_factory=list)

    def answer(self, request: web.BaseRequest) -> Any:
        before, limit = request.query["last_nid"], int(request.query["limit"])
        at = next((place + 1 for place, row in enumerate(self.news) if row["nid"] == before), 0)
        return live24_answer(*self.news[at : at + limit])


@dataclass
class Guardian(Api):
    """`blocks` by number, newest first; `older` stand on the blog's second page."""

    blocks: list[int] = field(default_factory=list)
    older: list[int] = field(default_factory=list)
    consents: bool = True  # else single posts are answered by a question, with a status of 200

    def answer(self, request: web.BaseRequest) -> Any:
        if not self.consents and "page" in request.query:
            return "<!doctype html><title>Your choice</title><p>May we count you?</p>"
        found = re.search(r"block-\w+(\d)$", request.query.get("page", ""))
        here = self.older if found and int(found[1]) in self.older else self.blocks
        return guardian_page(*(guardian_block(number) for number in here))


@dataclass
class Scribble(Api):
    """`posts` by number; what changed is told apart as posts, edits and deletes."""

    posts: dict[int, Row] = field(default_factory=dict)
    live: int = 1

    @property
    def url(self) -> str:
        return f"{self.origin}/api/rest/event/77?Token=abc"

    def say(self, number: int, text: str = "", *, deleted: bool = False) -> None:
        now = f"/Date({int(self.clock().timestamp() * 1000)}+0000)/"
        created = self.posts.get(number, {}).get("Created", now)
        content = f"<p>{text or f'Body of post {number}.'}</p>"
        marks = {"Content": content, "Created": created, "LastModified": now, "IsDeleted": int(deleted)}
        self.posts[number] = scribble_post(number, **marks)

    def answer(self, request: web.BaseRequest) -> Any:
        if request.query.get("Token") != "abc" or request.query.get("Format") != "json":
            return None
        newest = sorted(self.posts.values(), key=lambda row: (-_instant(row["Created"]), -row["Id"]))
        event = {**scribble_event(), "IsLive": self.live}
        standing = [row for row in newest if not row["IsDeleted"]]
        if request.path == "/api/rest/event/77/page/last/":
            return {**event, "Posts": standing[: int(request.query["PageSize"])]}
        if request.path != "/api/rest/event/77/all/":
            return None
        if "Since" not in request.query:
            return {**event, "Posts": standing[: int(request.query["Max"])]}
        since = datetime.strptime(request.query["Since"], "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
        changed = [row for row in newest if _instant(row["LastModified"]) >= since]
        return {
            **event,
            "Posts": [row for row in changed if not row["IsDeleted"] and _instant(row["Created"]) >= since],
            "Edits": [row for row in changed if not row["IsDeleted"] and _instant(row["Created"]) < since],
            "Deletes": [{"Id": row["Id"], "LastModified": row["LastModified"]} for row in changed if row["IsDeleted"]],
        }


def _instant(date: str) -> float:
    return int(date[6:-7]) / 1000
