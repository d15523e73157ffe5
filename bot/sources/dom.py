"""What readers of a page's own mark-up share: the page's head, and an element's text, lines, times and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from selectolax.lexbor import LexborNode

from bot.core.markup import rich_of_node, text_of_node, tidy
from bot.core.model import Image
from bot.core.pictures import ADDRESSES
from bot.core.rich import Rich
from bot.core.walk import caption_of
from bot.sources.parts import absolute, distinct_images, unrepeated
from bot.sources.shape import Source
from bot.sources.times import time_of

_HIGHEST_FIGURE = 6  # elements between a picture and its figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a page says about itself. `url` is its canonical address, else the one it was fetched from."""

    url: str
    title: str | None = None
    language: str | None = None
    modified_at: datetime | None = None


def head_of(source: Source) -> Head:
    tree = source.tree
    declared = attribute(tree.css_first("link[rel=canonical]"), "href") or _meta(source, "og:url")
    return Head(
        url=absolute(declared, source.page.url) or source.page.url,
        title=line_of(tree.css_first("h1")) or _meta(source, "og:title") or line_of(tree.css_first("title"), ""),
        language=attribute(tree.css_first("html"), "lang"),
        modified_at=time_of(_meta(source, "article:modified_time")),
    )


def shared_picture(source: Source) -> str | None:
    """The picture that a page is shown with elsewhere (https://ogp.me)."""
    return _meta(source, "og:image")


def _meta(source: Source, name: str) -> str | None:
    return attribute(source.tree.css_first(f'meta[property="{name}"]'), "content")


def attribute(node: LexborNode | None, *names: str) -> str | None:
    """The first of an element's attributes that is there and says something."""
    if node is None:
        return None
    attributes = node.attributes
    return next((value for name in names if (value := (attributes.get(name) or "").strip())), None)


def body_of(node: LexborNode | None, base: str, without: str = "", nor: LexborNode | None = None) -> Rich:
    """An element's text in paragraphs with its formatting, without sentences said twice in a row.

    `without` is a CSS selector of what is no text, `nor` one more such element. What is embedded in a figure counts
    all the same.
    """
    if node is None:
        return Rich()
    left_out = [*_all(node, without), *([nor] if nor is not None else [])]
    body = unrepeated(rich_of_node(node, base, {one.mem_id for one in left_out}))
    figures = [rich_of_node(one, base).embeds for one in left_out if one.tag == "figure"]
    embeds = {one.url: one for found in (body.embeds, *figures) for one in found}
    return replace(body, embeds=tuple(embeds.values()))


def text_of(node: LexborNode | None, without: str = "") -> str:
    """An element's text alone."""
    return body_of(node, "", without).text


def line_of(node: LexborNode | None, without: str = "") -> str | None:
    """An element's text as one line, None where there is none. A page's `title` has text that no reader sees."""
    if node is None:
        return None
    text = tidy(node.text()) if node.tag == "title" else text_of_node(node, {one.mem_id for one in _all(node, without)})
    return " ".join(text.split()) or None


def _all(node: LexborNode, selector: str) -> list[LexborNode]:
    return node.css(selector) if selector else []


def shown_time(node: LexborNode, selector: str, zone: tzinfo) -> datetime | None:
    """The first `datetime` of the elements that a selector names that is one."""
    times = (time_of(attribute(one, "datetime"), zone) for one in node.css(selector))
    return next((time for time in times if time), None)


def images_of(node: LexborNode, page_url: str, selector: str = "img, amp-img") -> tuple[Image, ...]:
    """The pictures of an element, each with what its figure says below it."""
    return distinct_images(_images(node.css(selector), page_url))


def _images(nodes: Iterable[LexborNode], page_url: str) -> Iterator[Image]:
    for node in nodes:
        addresses = (absolute(attribute(node, name), page_url) for name in ADDRESSES)
        url = next((one for one in addresses if one), None)
        if url:
            figure = _figure(node)
            below = figure.css_first("figcaption, [data-editable=metaCaption]") if figure is not None else None
            caption, credit = caption_of(below) if below is not None else (None, None)
            yield Image(url=url, caption=caption, credit=credit)


def _figure(node: LexborNode) -> LexborNode | None:
    parent: LexborNode | None = node
    for _ in range(_HIGHEST_FIGURE):
        parent = parent.parent if parent is not None else None
        if parent is None or parent.tag == "figure":
            return parent
    return None


def outermost(nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """Elements in document order without those inside another of them."""
    kept: list[LexborNode] = []
    inside: set[int] = set()
    for node in nodes:
        if node.mem_id not in inside:
            kept.append(node)
            inside |= {one.mem_id for one in node.css("*")}
    return kept
