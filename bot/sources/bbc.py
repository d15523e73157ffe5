"""BBC live pages: the posts in the page's own state, or as the JSON that it polls.

Two generations. That of 2020 calls `Morph.setPayload` with `body.results`, posts as trees of named nodes. That since
about 2023 has `results` and `page` somewhere in `window.__INITIAL_DATA__` or `__NEXT_DATA__`, posts as typed blocks
(shapes: bbc/simorgh). Both list the newest 20 of several pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from bot.core.markup import rich_of_html, text_of_html
from bot.core.model import Image, Post, Snapshot
from bot.sources.assembly import Blog, assembled
from bot.sources.dom import head_of
from bot.sources.keys import Candidate
from bot.sources.loose import Fields, fields, line, objects
from bot.sources.parts import absolute, distinct_images, unrepeated, worded
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source, parse_json
from bot.sources.times import time_of

_STATES = (
    re.compile(r"Morph\.setPayload\(\s*['\"]/data/bbc-morph-lx-commentary-data-paged[^'\"]*['\"]\s*,\s*(?=\{)"),
    re.compile(r"__INITIAL_DATA__\s*=\s*(?=[\"{])"),
    re.compile(r"<script[^<>]*\bid=\"?__NEXT_DATA__\"?[^<>]*>\s*(?=\{)"),
)
_OF_2020 = "bbc-morph-lx-commentary-data-paged"
_NEWER = ("__INITIAL_DATA__", "__NEXT_DATA__")
_URN = re.compile(r"\"urn\\?\"\s*:\s*\\?\"(?:urn:[\w:]{0,40})?asset:")
_MOST_NODES = 200_000
_DEEPEST = 24  # nodes in nodes of a post's body
_WIDTH = "976"  # pixels: the widest size the picture service names for every picture
_ELEMENTS = {
    "paragraph": "p",
    "listItem": "li",
    "list": "ul",
    "unorderedList": "ul",
    "orderedList": "ol",
    "bold": "b",
    "italic": "i",
    "quote": "blockquote",
    "blockquote": "blockquote",
    "heading": "h3",
    "crosshead": "h3",
}
_MEDIA = frozenset(("image", "rawImage", "altText", "caption", "video", "audio", "embed", "social", "media", "url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The posts of a state, the object that lists them, and whether the blog says that it goes on."""

    posts: Sequence[Fields]
    listing: Fields
    is_live: bool | None = None
    title: str | None = None

    @property
    def is_old(self) -> bool:
        return any("body" in post for post in self.posts)


def sees(source: Source) -> str | None:
    """By the ids of posts alone: a state is long, and reading it once is enough."""
    text = source.text
    if source.start.startswith("{"):
        of_2020, newer = '"locator"' in text and '"results"' in text, '"results"' in text
    else:
        of_2020, newer = _OF_2020 in text, source.is_html and any(mark in text for mark in _NEWER)
    if of_2020:
        return "the posts in the state of a BBC live page"
    if newer and _URN.search(text):
        return f"the posts in the state of a BBC live page, newer kind {FROM_DESCRIPTION}"
    return None


def read(source: Source, rules: ReadRules) -> Snapshot:
    """A page of the blog as a window. Summary points stand outside the posts and are left out."""
    found = _found_in(source)
    if found is None:
        raise NotReadable("no state of a BBC live page, and no JSON with its results")
    head = head_of(source) if source.is_html else None
    url = head.url if head else source.page.url
    blog = Blog(
        format="bbc",
        url=url,
        title=(head.title if head else None) or found.title,
        language=head.language if head else None,
        modified_at=time_of(found.listing.get("latestChange")),
        ended=found.is_live is False,
    )
    make, listed = (_of_2020, found.posts) if found.is_old else (_of_blocks, _curated(found.posts))
    candidates = [one for post in listed if (one := make(post, url, rules))]
    return assembled(candidates, blog, source, rules)


# --- finding the state ---------------------------------------------------------------------------------------------


def _found_in(source: Source) -> _Found | None:
    """The first listing of posts that a source has. A state that is broken counts as none beside one that is not."""
    if source.start.startswith("{"):
        return _listing(source.json) if '"results"' in source.text else None
    if not source.is_html:
        return None
    fault: NotReadable | None = None
    for pattern in _STATES:
        try:
            found = next((one for state in _states(source.text, pattern) if (one := _listing(state))), None)
        except NotReadable as broken:
            fault = broken
            continue
        if found:
            return found
    if fault:
        raise fault
    return None


def _states(text: str, pattern: re.Pattern[str]) -> Iterator[Any]:
    """The values that stand where a pattern ends. One that is a string holds JSON once more."""
    for match in pattern.finditer(text):
        end = text.find("</script", match.end())
        value = parse_json(text[match.end() : end if end >= 0 else len(text)])
        yield parse_json(value) if isinstance(value, str) else value


def _listing(state: Any) -> _Found | None:
    """The object whose `results` are posts, the longest of several, wherever it stands."""
    best: Fields | None = None
    about: Fields = {}
    for node in _nodes(state):
        if _is_listing(node) and (best is None or len(node["results"]) > len(best["results"])):
            best = node
        # Cards of other pages say `isLive` too: only the page's own object has these beside it.
        if isinstance(node.get("isLive"), bool) and ("liveTextStream" in node or "summaryPoints" in node):
            about = node
    if best is None:
        return None
    return _Found(
        posts=objects(best["results"]), listing=best, is_live=about.get("isLive"), title=line(about.get("title"))
    )


def _is_listing(node: Fields) -> bool:
    results = node.get("results")
    if not isinstance(results, list):
        return False
    if not results:
        return "numberOfPages" in node or "total" in fields(node.get("page"))
    return any(_uuid(one) and ("body" in one or "content" in one or "header" in one) for one in objects(results))


def _nodes(state: Any) -> Iterator[Fields]:
    waiting = [state]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, Mapping):
            yield value
            waiting += [inner for name, inner in value.items() if name != "results" and isinstance(inner, dict | list)]
        elif isinstance(value, list):
            waiting += [inner for inner in value if isinstance(inner, dict | list)]


def _uuid(post: Fields) -> str | None:
    """What stays of a post: the end of its `locator` or `urn`. Its `assetId` is another id, never mixed with it."""
    name = post.get("locator") or post.get("urn")
    return name.rpartition(":")[2].strip() or None if isinstance(name, str) else None


def _curated(posts: Sequence[Fields]) -> list[Fields]:
    """Posts in the order that editors gave them, which is that of the page; where one has no place, as they are."""
    places = [time_of(fields(post.get("dates")).get("curated")) for post in posts]
    known = [place for place in places if place]
    if len(known) < len(places):
        return list(posts)
    order = sorted(range(len(posts)), key=known.__getitem__, reverse=True)
    return [posts[index] for index in order]


# --- posts ---------------------------------------------------------------------------------------------------------


def _of_2020(post: Fields, url: str, rules: ReadRules) -> Candidate | None:
    id_, asset = _uuid(post), post.get("assetId")
    if not id_:
        return None
    nodes = objects(post.get("body"))
    return _candidate(
        id_,
        "".join(map(_markup_of_node, nodes)),
        title=line(post.get("title")),
        times=(
            _time(post, ("firstPublished", "dateAdded"), rules),
            _time(post, ("lastPublished", "lastUpdated"), rules),
        ),
        author=line(fields(post.get("contributor")).get("name")),
        images=_images_of_nodes([*nodes, *_beside(post)], url),
        url=absolute(f"#post_{asset}", url) if isinstance(asset, str) else None,
        options=fields(post.get("options")),
    )


def _beside(post: Fields) -> list[Fields]:
    """The pictures that stand beside the text of a post, by their ids."""
    images = fields(fields(post.get("media")).get("images"))
    return [{**one, "name": "image"} for place in images.values() for one in objects(list(fields(place).values()))]


def _of_blocks(post: Fields, url: str, rules: ReadRules) -> Candidate | None:
    id_, dates = _uuid(post), fields(post.get("dates"))
    if not id_:
        return None
    header, content = _blocks(post.get("header")), _blocks(post.get("content"))
    titles = [text for block in header if block.get("type") == "headline" and (text := _line_of_block(block))]
    below = [_markup_of_block(block) for block in header if block.get("type") == "subheadline"]
    people = [fields(block.get("model")) for block in header if block.get("type") == "contributor"]
    return _candidate(
        id_,
        "".join([*(f"<p>{one}</p>" for one in below), *map(_markup_of_block, content)]),
        title=titles[0] if titles else None,
        times=(_time(dates, ("firstPublished", "curated"), rules), _time(dates, ("lastPublished",), rules)),
        author=next((name for one in people if (name := line(one.get("name")))), None),
        images=_images_of_blocks(content, url),
        url=absolute(f"?post=asset%3A{id_}#post", url),
        options=fields(post.get("options")),
    )


def _candidate(
    id_: str,
    markup: str,
    *,
    title: str | None,
    times: tuple[datetime | None, datetime | None],
    author: str | None,
    images: Iterator[Image],
    url: str | None,
    options: Fields,
) -> Candidate:
    body = unrepeated(rich_of_html(markup, url or ""))
    post = Post(
        key="",
        title=title,
        published_at=times[0],
        modified_at=times[1],
        authors=(author,) if author else (),
        images=distinct_images(images),
        url=url,
        key_event=options.get("isBreakingNews") is True or options.get("isPriorityPost") is True,
    )
    return Candidate(post=worded(post, body), addresses=(id_,), markup=markup)


def _time(dates: Fields, names: tuple[str, ...], rules: ReadRules) -> datetime | None:
    times = (time_of(dates.get(name), rules.zone) for name in names)
    return next((time for time in times if time), None)


# --- trees of named nodes (2020) -----------------------------------------------------------------------------------


def _markup_of_node(node: Fields, depth: int = 0) -> str:
    name = str(node.get("name"))
    if depth > _DEEPEST or name in _MEDIA:
        return _frame(_text_in(node, "href")) if name == "embed" else ""
    children = objects(node.get("children"))
    if name == "link":
        return _link(node, children, depth)
    text = node.get("text")
    inner = escape(text) if isinstance(text, str) else ""
    inner += "".join(_markup_of_node(one, depth + 1) for one in children)
    return _in_element(name, inner)


def _frame(address: object) -> str:
    return f'<iframe src="{escape(address)}"></iframe>' if isinstance(address, str) else ""


def _text_in(node: Fields, name: str) -> object:
    """What a node of this name among the children says."""
    named = (one for one in objects(node.get("children")) if one.get("name") == name)
    texts = (inner.get("text") for one in named for inner in objects(one.get("children")))
    return next(texts, None)


def _link(node: Fields, children: Sequence[Fields], depth: int) -> str:
    """A link's words are its caption; its address stands among the attributes of `url`."""
    words = "".join(_markup_of_node({**one, "name": ""}, depth + 1) for one in children if one.get("name") == "caption")
    attributes = [pair for one in children if one.get("name") == "url" for pair in objects(one.get("attributes"))]
    address = next((pair.get("value") for pair in attributes if pair.get("name") == "href"), None)
    return f'<a href="{escape(address)}">{words}</a>' if isinstance(address, str) else words


def _in_element(kind: str, inner: str) -> str:
    tag = _ELEMENTS.get(kind)
    if tag == "li":  # a paragraph in each would tear the list apart
        inner = inner.replace("<p>", "").replace("</p>", " ")
    return f"<{tag}>{inner}</{tag}>" if tag else inner


def _images_of_nodes(nodes: Sequence[Fields], url: str) -> Iterator[Image]:
    for node in nodes:
        sized = node.get("imageChefHref")
        address = absolute(sized.replace("{width}", _WIDTH) if isinstance(sized, str) else node.get("href"), url)
        if node.get("name") == "image" and address:
            caption = line(node.get("caption")) or line(node.get("altText"))
            yield Image(url=address, caption=caption, credit=line(node.get("copyrightHolder")))


# --- typed blocks (since about 2023) -------------------------------------------------------------------------------


def _blocks(value: Any) -> list[Fields]:
    return objects(fields(fields(value).get("model")).get("blocks"))


def _markup_of_block(block: Fields, depth: int = 0) -> str:
    kind, model = str(block.get("type")), fields(block.get("model"))
    if depth > _DEEPEST or kind in _MEDIA:
        return _frame(model.get("href") or model.get("url")) if kind in ("social", "embed") else ""
    inner = "".join(_markup_of_block(one, depth + 1) for one in _blocks(block))
    text, address = model.get("text"), model.get("locator")
    if not inner and isinstance(text, str):
        inner = escape(text)
    if kind == "urlLink" and isinstance(address, str):
        return f'<a href="{escape(address)}">{inner}</a>'
    return _in_element(kind, inner)


def _line_of_block(block: Fields) -> str | None:
    return " ".join(text_of_html(_markup_of_block(block)).split()) or None


def _images_of_blocks(blocks: Sequence[Fields], url: str) -> Iterator[Image]:
    for block in blocks:
        if block.get("type") != "image":
            continue
        parts = {str(one.get("type")): one for one in _blocks(block)}
        raw = fields(fields(parts.get("rawImage")).get("model"))
        origin, locator = raw.get("originCode"), raw.get("locator")
        address = absolute(f"https://ichef.bbci.co.uk/ace/ws/{_WIDTH}/{origin}/{locator}", url)
        if address and isinstance(origin, str) and isinstance(locator, str):
            caption = _caption(parts.get("caption")) or _caption(parts.get("altText"))
            yield Image(url=address, caption=caption, credit=line(raw.get("copyrightHolder")))


def _caption(block: Fields | None) -> str | None:
    """The words of a caption, which `_markup_of_block` takes for part of a picture."""
    return _line_of_block({**block, "type": ""}) if block else None


READER = Reader(name="bbc", sees=sees, read=read)
