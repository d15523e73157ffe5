"""Al Jazeera, by the GraphQL that its own pages ask: which posts there are, then each post by its id.

Written from what clients of it do. The list of ids is whole, so an id that left it and answers with nothing was taken
away. Texts change without a sign, so the newest are asked for again every few polls. The cursor is the ids that were
dealt with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from bot.core import alarms
from bot.core.absence import too_many
from bot.core.model import SnapshotKind
from bot.sources.asking.shape import (
    Ask,
    Asking,
    Gathered,
    Known,
    Turn,
    answer_of,
    json_of,
    merged,
    path_of,
    query_of,
    with_query,
)
from bot.sources.fields import Fields, fields_in, id_of
from bot.sources.shape import NotReadable

AT_FIRST = 60  # posts; those behind them are known by their ids, and told to nobody
NEW_AT_ONCE = 20
GONE_AT_ONCE = 10
AGAIN = 20  # of the newest posts …
EVERY = 4  # … every so many polls

_SITES = {"www.aljazeera.com": "aje", "www.aljazeera.net": "aja"}


def asking(url: str) -> Asking | None:
    """For the address of a live blog's page, or of one of the queries about it."""
    blog = _by_page(url) or _by_query(url)
    if blog is None:
        return None

    def turn(known: Known, now: datetime) -> Turn:
        shell, children = yield (blog.shell(), blog.children())
        assert shell is not None
        assert children is not None
        said = {**_article(shell), **_article(children)}
        listed = _ids(said.get("children"))
        plan = _plan(listed, known)
        bodies = yield tuple(blog.post(id_, needed=known.cursor is None) for id_ in plan.wanted)
        told = dict(zip(plan.wanted, map(json_of, bodies), strict=True))
        found = {id_: value for id_, value in told.items() if _is_post(value)}
        gone = tuple(id_ for id_ in plan.gone if id_ in told and _is_nothing(told[id_]))
        article = {**said, "children": [id_ for id_ in listed if id_ in found]}
        return Gathered(
            page=merged(shell, [{"data": {"article": article}}, *(found[one] for one in plan.shown if one in found)]),
            kind=_kind(known, listed, found),
            cursor=" ".join(plan.after(found, gone)),
            gone=gone,
            ended=said.get("isLive") is False and bool(listed),
            doubt=plan.doubt,
        )

    return Asking(format="aljazeera", listing=turn)


# --- addresses ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blog:
    graphql: str
    site: str
    slug: str

    def shell(self) -> Ask:
        return self._ask(
            "ArchipelagoSingleLiveBlogQuery", {"name": self.slug, "postType": "liveblog", "preview": ""}, needed=True
        )

    def children(self) -> Ask:
        return self._ask("SingleLiveBlogChildrensQuery", {"postName": self.slug}, needed=True)

    def post(self, id_: str, *, needed: bool) -> Ask:
        about = {"postID": int(id_), "postType": "liveblog-update", "preview": "", "isAmp": False}
        return self._ask("LiveBlogUpdateQuery", about, needed=needed)

    def _ask(self, operation: str, variables: Mapping[str, object], *, needed: bool) -> Ask:
        query = {"wp-site": self.site, "operationName": operation, "variables": orjson.dumps(variables).decode()}
        url = with_query(self.graphql, query | {"extensions": "{}"})
        return Ask(url=url, headers={"Wp-site": self.site}, needed=needed)


def _by_page(url: str) -> _Blog | None:
    parts = urlsplit(path_of(url))
    names = [name for name in parts.path.split("/") if name]
    if parts.hostname not in _SITES or "liveblog" not in names[:-1]:
        return None
    return _Blog(graphql=f"{parts.scheme}://{parts.netloc}/graphql", site=_SITES[parts.hostname], slug=names[-1])


def _by_query(url: str) -> _Blog | None:
    if not urlsplit(url).path.rstrip("/").endswith("/graphql"):
        return None
    query = query_of(url)
    try:
        variables = fields_in(orjson.loads(query.get("variables", "")))
    except ValueError:
        return None
    slug = variables.get("name") or variables.get("postName")
    if "LiveBlog" not in query.get("operationName", "") or not isinstance(slug, str):
        return None
    return _Blog(graphql=path_of(url), site=query.get("wp-site", "aje"), slug=slug)


# --- answers --------------------------------------------------------------------------------------------------------


def _article(page: Any) -> Fields:
    """The blog in an answer. NotReadable where it is null: its name or its type is another one now."""
    said = fields_in(answer_of(page).get("data"))
    found = next((fields_in(one) for name, one in said.items() if name != "posts"), {})
    if not isinstance(found.get("children"), list):
        raise NotReadable("no live blog of Al Jazeera under this name: the answer has no article with children")
    return found


def _ids(children: object) -> list[str]:
    found = (id_of(one) for one in children) if isinstance(children, list) else ()
    return list(dict.fromkeys(one for one in found if one is not None and one.isdecimal()))


def _is_post(value: Any) -> bool:
    return bool(fields_in(fields_in(fields_in(value).get("data")).get("posts")))


def _is_nothing(value: Any) -> bool:
    """Whether an answer says that there is no such post, and not that something went wrong."""
    answer = fields_in(value)
    said = answer.get("data")
    is_null = isinstance(said, Mapping) and "posts" in said and said["posts"] is None
    errors = answer.get("errors")
    return is_null and (not errors or "no_posts" in str(errors))


def _kind(known: Known, listed: Sequence[str], found: Mapping[str, Any]) -> SnapshotKind | None:
    if known.cursor is not None:
        return SnapshotKind.DELTA
    return None if len(found) == len(listed) else SnapshotKind.WINDOW


# --- which posts to ask for -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The posts to ask for by id. `before` were dealt with; `gone` of them have left the list."""

    listed: Sequence[str]
    before: Sequence[str] | None
    shown: Sequence[str]
    gone: Sequence[str]
    doubt: str | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.shown, *self.gone]))

    def after(self, found: Mapping[str, Any], gone: Iterable[str]) -> list[str]:
        """What is dealt with from now on. A post that failed, or is not public yet, comes again."""
        if self.before is None:
            return [id_ for id_ in self.listed if id_ in found or id_ not in self.shown]
        taken = set(gone)
        return [*(id_ for id_ in self.listed if id_ in found and id_ not in self.before)] + [
            id_ for id_ in self.before if id_ not in taken
        ]


def _plan(listed: Sequence[str], known: Known) -> _Plan:
    if known.cursor is None:
        return _Plan(listed=listed, before=None, shown=listed[:AT_FIRST], gone=())
    before = known.cursor.split()
    dealt_with, now = set(before), set(listed)
    fresh = [id_ for id_ in listed if id_ not in dealt_with]
    again = [id_ for id_ in listed if id_ in dealt_with][:AGAIN] if known.polls % EVERY == 0 else []
    missing = [id_ for id_ in before if id_ not in now]
    doubt = alarms.vanished(len(missing), " from the list") if too_many(len(missing), of=len(before)) else None
    return _Plan(
        listed=listed,
        before=before,
        shown=[*_in_turn(fresh, NEW_AT_ONCE, known.polls), *again],
        gone=() if doubt else _in_turn(missing, GONE_AT_ONCE, known.polls),
        doubt=doubt,
    )


def _in_turn(ids: Sequence[str], most: int, polls: int) -> list[str]:
    """As many as may be asked for now, the oldest first; where there are more, others each time."""
    line = list(reversed(ids))
    start = polls * most % len(line) if len(line) > most else 0
    return [*line[start:], *line[:start]][:most]
