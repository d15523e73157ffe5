"""schema.org LiveBlogPosting as microdata (https://html.spec.whatwg.org/multipage/microdata.html).

The mark-up becomes the objects that ld+json would hold, and is read as those are. `itemref` is not followed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import Any

from selectolax.lexbor import LexborNode

from bot.core.model import Snapshot
from bot.sources.dom import attribute, head_of, outermost
from bot.sources.jsonld import snapshot_of
from bot.sources.ldjson import Found
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source

_BLOG = '[itemscope][itemtype*="LiveBlogPosting"]'
_SAID = re.compile(r"itemtype\s*=\s*[\"']?[^\"'<>\s]*LiveBlogPosting", re.IGNORECASE)
_MOST_SAID = 8_000_000  # characters: a property inside a property is said twice, and so on
# Where an element of this name has its value (WHATWG, "Values"); `content` is used on all of them.
_VALUES = {
    **dict.fromkeys(("a", "area", "link"), "href"),
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video", "amp-img"), "src"),
    **dict.fromkeys(("data", "meter"), "value"),
    "object": "data",
    "time": "datetime",
}


def sees(source: Source) -> str | None:
    if not source.is_html or not _SAID.search(source.text) or source.tree.css_first(_BLOG) is None:
        return None
    return f"LiveBlogPosting as microdata {FROM_DESCRIPTION}"


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The blog as a window of it. One that marks up no posts is a blog too, and a note says so."""
    nodes = outermost(source.tree.css(_BLOG)) if source.is_html else []
    if not nodes:
        raise NotReadable("no LiveBlogPosting as microdata")
    head = head_of(source)
    blogs = [{"headline": head.title, "url": head.url, **_object(node)} for node in nodes]
    found = Found(blogs=tuple(blogs), types=("LiveBlogPosting",), notes=(), places=len(blogs), by_id={})
    snapshot = snapshot_of(found, source, rules, name="microdata")
    if any("liveBlogUpdate" in blog for blog in blogs):
        return snapshot
    return replace(snapshot, notes=(*snapshot.notes, "the page declares a LiveBlogPosting and marks up no posts in it"))


def _object(root: LexborNode) -> dict[str, Any]:
    """An element with `itemscope` and what is inside it, as ld+json would have it."""
    scopes = {root.mem_id: _named(root)}
    for node in root.css("[itemscope]"):
        scopes.setdefault(node.mem_id, _named(node))
    owners: dict[int, int] = {}
    said = 0
    for node in root.css("[itemprop]"):
        if node.mem_id == root.mem_id:
            continue
        owner = scopes[_owner(node, scopes, owners)]
        value = scopes[node.mem_id] if node.mem_id in scopes else _value(node)
        said += len(value)
        if said > _MOST_SAID:
            raise NotReadable("microdata whose properties stand inside one another too often")
        for name in dict.fromkeys((attribute(node, "itemprop") or "").split()):
            owner.setdefault(name, []).append(value)
    return scopes[root.mem_id]


def _named(node: LexborNode) -> dict[str, Any]:
    types, id_ = (attribute(node, "itemtype") or "").split(), attribute(node, "itemid")
    return {"@type": types, **({"@id": id_} if id_ else {})}


def _owner(node: LexborNode, scopes: dict[int, dict[str, Any]], owners: dict[int, int]) -> int:
    """The nearest element around this one that has `itemscope`. Remembered, so that deep pages are climbed once."""
    climbed: list[int] = []
    parent = node.parent
    while parent is not None and parent.mem_id not in scopes and parent.mem_id not in owners:
        climbed.append(parent.mem_id)
        parent = parent.parent
    found = next(iter(scopes)) if parent is None else owners.get(parent.mem_id, parent.mem_id)
    owners.update(dict.fromkeys(climbed, found))
    return found


def _value(node: LexborNode) -> str:
    """A property's value. What attributes hold was decoded by the parser, and must not be once more."""
    for name in ("content", _VALUES.get(node.tag or "", "")):
        if name and name in node.attributes:
            return (
                (node.attributes[name] or "").replace("&", "&amp;")
                if name == "content"
                else attribute(node, name) or ""
            )
    return node.inner_html or escape(node.text())


READER = Reader(name="microdata", sees=sees, read=read)
