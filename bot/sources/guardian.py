"""Guardian live pages: blocks in the page, and as JSON.

The JSON is that of a page (`blocks`, as its renderer gets them), of the content API (`response.content.blocks.body`),
or of the page's own poll (`html` with new blocks only, neither edits nor withdrawals). A block keeps its id for ever;
`blockLastUpdated` may lie before the publication and stand still while a headline changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.embeds import of_address
from bot.core.markup import rich_of_html
from bot.core.model import Embed, Image, Post, Snapshot, SnapshotKind
from bot.core.rich import Rich
from bot.sources.assembly import Blog, assembled
from bot.sources.dom import attribute, body_of, head_of, images_of, line_of, outermost, shown_time
from bot.sources.keys import Candidate
from bot.sources.loose import Fields, fields, line, objects
from bot.sources.parts import absolute, distinct_images, unrepeated, worded
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source, parse_json
from bot.sources.times import time_of

_BLOCKS = "article.block, div.block[id^=block-]"
_OLD_BLOCKS = "div.block[id^=block-]"
_ID = re.compile(r"block-([0-9a-f]{16,40})")
# It begins with letters, which are looked for many times as fast as anything else: every page of any site is searched.
_SHOWN = re.compile(r"""block-(?:(?<=\bid=["']block-)|(?<=\bid=block-))[0-9a-f]{16,40}\b""")
_NO_TEXT = (
    "header, footer, time, h2.block-title, .block-time, .block-share, p.updated-time, "
    "figure:not(:has(blockquote)), figcaption"
)
_OVER = re.compile(r'"isLive"\s*:\s*false')
_PARTIAL = re.compile(r"body:(?:published-since|key-events|summary|around)|lastUpdate=")
_WITHOUT_WORDS = ("Pullquote", "RichLink", "Image", "Video", "Atom", "Callout", "Interactive", "Disclaimer")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The blocks of a JSON document and the object beside them that tells of the blog."""

    blocks: Sequence[Fields]
    blog: Fields
    kind: str  # "page", "content API" or "poll"


def sees(source: Source) -> str | None:
    if source.is_html:
        return _sees_page(source)
    if source.start.startswith("{") and ('"blocks"' in source.text or '"numNewBlocks"' in source.text):
        found = _found_in(source.json)
        if found:
            unconfirmed = "" if found.kind == "page" else f" {FROM_DESCRIPTION}"
            return f"JSON with the blocks of a Guardian {found.kind}{unconfirmed}"
    return None


def _sees_page(source: Source) -> str | None:
    if not _SHOWN.search(source.text):
        return None
    nodes = source.tree.css(_BLOCKS)
    if not any(_id(node) for node in nodes):
        return None
    old = source.tree.css_first("article.block") is None
    return "the blocks of a Guardian live page" + (f" {FROM_DESCRIPTION}" if old else "")


def read(source: Source, rules: ReadRules) -> Snapshot:
    """A page of the blog as a window; as a delta where only some blocks were asked for."""
    if source.is_html:
        return _read_page(source, rules)
    found = _found_in(source.json) if source.start.startswith("{") else None
    if found is None:
        raise NotReadable("no article.block in a page, and no JSON with a Guardian page's blocks")
    return _read_poll(source, rules) if found.kind == "poll" else _read_json(found, source, rules)


# --- the page ------------------------------------------------------------------------------------------------------


def _read_page(source: Source, rules: ReadRules) -> Snapshot:
    head = head_of(source)
    candidates = _candidates(source.tree, head.url, rules)
    if not candidates:
        raise NotReadable("no article.block with an id, as Guardian live pages have")
    blog = Blog(
        format="guardian",
        url=head.url,
        kind=_kind(source),
        title=head.title,
        language=head.language,
        modified_at=head.modified_at,
        ended='"isLiveBlog":true' in source.text and bool(_OVER.search(source.text)),
    )
    key_events = _key_events(source.tree)
    marked = [
        replace(one, post=replace(one.post, key_event=one.post.key_event or one.addresses[0] in key_events))
        for one in candidates
    ]
    return assembled(marked, blog, source, rules)


def _kind(source: Source) -> SnapshotKind:
    return SnapshotKind.DELTA if _PARTIAL.search(unquote(source.page.url)) else SnapshotKind.WINDOW


def _candidates(tree: LexborHTMLParser, url: str, rules: ReadRules) -> list[Candidate]:
    """Every block with an id. A pinned one stands on top as a copy, without id and time of its own."""
    nodes = [(node, _id(node)) for node in outermost(tree.css(_BLOCKS))]
    pinned = {node.mem_id for node in tree.css("#pinned-post .block")}
    return [_candidate(node, id_, node.mem_id in pinned, url, rules) for node, id_ in nodes if id_]


def _id(node: LexborNode) -> str | None:
    """A block's own id, else that in the link of its header."""
    own = _ID.fullmatch(attribute(node, "id") or "")
    if own:
        return own[1]
    links = (_ID.search(attribute(link, "href") or "") for link in node.css('header a[href*="#block-"]'))
    return next((link[1] for link in links if link), None)


def _candidate(node: LexborNode, id_: str, pinned: bool, url: str, rules: ReadRules) -> Candidate:
    post = Post(
        key="",
        title=line_of(node.css_first("header h2, h2.block-title")),
        published_at=shown_time(node, "header time, .block-time time", rules.zone),
        modified_at=shown_time(node, "footer time, .updated-time time", rules.zone),
        authors=_authors(node),
        images=images_of(node, url, "figure img"),
        url=absolute(f"#block-{id_}", url),
        pinned=pinned,
        key_event="is-key-event" in (attribute(node, "class") or "").split(),
    )
    body = _with_films(body_of(node, url, _NO_TEXT), _properties(node, "gu-island[name^=Youtube]"))
    return Candidate(post=worded(post, body), addresses=(id_,), markup=node.html or "")


def _authors(node: LexborNode) -> tuple[str, ...]:
    """The names in a block's header, which stand beside portraits; the link there holds only its time."""
    shown = {span.mem_id for span in node.css("header a span")}
    names = (line_of(span) for span in node.css("header > div span") if span.mem_id not in shown)
    return tuple(dict.fromkeys(name for name in names if name))


def _key_events(tree: LexborHTMLParser) -> set[str]:
    """The ids in the carousel of key events; none where its properties cannot be read, for it only marks posts."""
    found = _properties(tree, "gu-island[name=KeyEventsCarousel]")
    return {str(one.get("id")) for properties in found for one in objects(properties.get("keyEvents"))}


def _properties(within: LexborHTMLParser | LexborNode, selector: str) -> Iterator[Fields]:
    """What scripts are told about a part of the page; none where it cannot be read."""
    for node in within.css(selector):
        try:
            yield fields(parse_json(attribute(node, "props") or "{}"))
        except NotReadable:
            continue


def _with_films(body: Rich, films: Iterable[Fields]) -> Rich:
    """The films of a block, which are YouTube's."""
    found = (_film(one.get("assetId"), line(one.get("mediaTitle"))) for one in films)
    return replace(body, embeds=(*body.embeds, *(one for one in found if one)))


def _film(id_: object, title: str | None) -> Embed | None:
    return of_address(f"https://www.youtube.com/embed/{id_}", title) if isinstance(id_, str) and id_ else None


# --- JSON ----------------------------------------------------------------------------------------------------------


def _found_in(document: Any) -> _Found | None:
    page = fields(document)
    if isinstance(page.get("html"), str) and "numNewBlocks" in page:
        return _Found(blocks=(), blog=page, kind="poll")
    content = fields(fields(page.get("response")).get("content"))
    if fields(content.get("blocks")):
        return _Found(blocks=_of_content_api(fields(content.get("blocks"))), blog=content, kind="content API")
    blocks = objects(page.get("blocks"))
    if isinstance(page.get("blocks"), list) and ("pageId" in page or any("elements" in one for one in blocks)):
        return _Found(blocks=blocks, blog=page, kind="page")
    return None


def _of_content_api(blocks: Fields) -> list[Fields]:
    """`body`, else the lists under the names that were asked for."""
    if isinstance(blocks.get("body"), list):
        return objects(blocks["body"])
    return [one for listed in fields(blocks.get("requestedBodyBlocks")).values() for one in objects(listed)]


def _read_poll(source: Source, rules: ReadRules) -> Snapshot:
    """What the page's own poll answers: blocks newer than the one asked about, and no more."""
    answer = fields(source.json)
    inner = Source(page=replace(source.page, body=str(answer["html"]).encode("utf-8", "replace"), content_type=None))
    candidates = _candidates(inner.tree, source.page.url, rules)
    blog = Blog(format="guardian", url=source.page.url, kind=SnapshotKind.DELTA)
    return assembled(candidates, blog, source, rules)


def _read_json(found: _Found, source: Source, rules: ReadRules) -> Snapshot:
    blog = found.blog
    url = next((one for one in (absolute(blog.get(name), source.page.url) for name in _ADDRESSES) if one), "")
    url = url or source.page.url
    key_events = {str(one.get("id")) for one in objects(blog.get("keyEvents"))}
    candidates = [_of_block(block, url, key_events, rules) for block in found.blocks]
    state, more = fields(blog.get("config")), fields(blog.get("fields"))
    modified = fields(blog.get("openGraphData")).get("article:modified_time") or more.get("lastModified")
    frame = Blog(
        format="guardian",
        url=url,
        kind=_kind(source),
        title=line(blog.get("headline")) or line(more.get("headline")) or line(blog.get("webTitle")),
        modified_at=time_of(modified, rules.zone),
        ended=state.get("isLive") is False or more.get("liveBloggingNow") in ("false", False),
    )
    return assembled([one for one in candidates if one], frame, source, rules)


_ADDRESSES = ("canonicalUrl", "webURL", "webUrl")


def _of_block(block: Fields, url: str, key_events: set[str], rules: ReadRules) -> Candidate | None:
    id_ = block.get("id")
    if not isinstance(id_, str) or not id_.strip():
        return None
    elements = objects(block.get("elements"))
    whole = block.get("bodyHtml")
    markup = whole if isinstance(whole, str) else "\n".join(_words(elements))
    flags = fields(block.get("attributes"))
    films = (one for one in elements if str(one.get("_type")).endswith("YoutubeBlockElement"))
    body = _with_films(unrepeated(rich_of_html(markup, url)), films)
    post = Post(
        key="",
        title=line(block.get("title")),
        published_at=_time(
            block, ("blockFirstPublished", "firstPublishedDate", "publishedDate", "blockCreatedOn"), rules
        ),
        modified_at=_time(block, ("blockLastUpdated", "lastModifiedDate"), rules),
        authors=tuple(name for one in objects(block.get("contributors")) if (name := line(one.get("name")))),
        images=distinct_images([*_images(elements, url), *body.images]),
        url=absolute(f"#block-{id_.strip()}", url),
        pinned=flags.get("pinned") is True,
        key_event=flags.get("keyEvent") is True or flags.get("summary") is True or id_ in key_events,
    )
    return Candidate(post=worded(post, body), addresses=(id_,), markup=markup)


def _words(elements: Sequence[Fields]) -> Iterator[str]:
    """The mark-up of those elements whose words stand in the post: not what repeats or advertises others."""
    for element in elements:
        kind, html = str(element.get("_type")).rpartition(".")[2], element.get("html")
        if isinstance(html, str) and not kind.startswith(_WITHOUT_WORDS):
            yield html


def _images(elements: Sequence[Fields], url: str) -> Iterator[Image]:
    for element in elements:
        if not str(element.get("_type")).endswith("ImageBlockElement"):
            continue
        about = fields(element.get("data"))
        address = absolute(_widest(element), url)
        if address:
            yield Image(url=address, caption=line(about.get("caption")), credit=line(about.get("credit")))


def _widest(element: Fields) -> Any:
    """The widest of the sizes a page shows, which are signed; else the master."""
    sets = [size for one in objects(element.get("imageSources")) for size in objects(one.get("srcSet"))]
    if not sets:
        sets = objects(fields(element.get("media")).get("allImages"))
    best = max(sets, key=lambda size: width if isinstance(width := size.get("width"), int | float) else 0, default=None)
    return (best.get("src") or best.get("url")) if best else None


def _time(block: Fields, names: tuple[str, ...], rules: ReadRules) -> datetime | None:
    times = (time_of(block.get(name), rules.zone) for name in names)
    return next((time for time in times if time), None)


READER = Reader(name="guardian", sees=sees, read=read)
