"""Which hub tells of changes of a page, by the page's own word: its `Link` headers, else the links in its head.

WebSub (W3C 2018) section 4, Web Linking (RFC 8288) for the headers. In HTML only the head counts: what stands in the
body may be a reader's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree  # type: ignore[import-untyped]

from bot.core.model import Page
from bot.sources.shape import NotReadable, Source

LONGEST_ADDRESS = 2000
TOP = 256 * 1024  # bytes of a feed in which its own links are looked for

Link = tuple[str, str]  # one relation, in lower case, and the address as written

_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)')
_PARAMETER = re.compile(r';\s*([^\s=;,"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))')


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOfPage:
    """Where to subscribe, and to what. Both are http(s) addresses that the page chose."""

    hub: str
    topic: str


def hub_of(page: Page) -> HubOfPage | None:
    """The first hub that the page names, and the address by which the hub knows the page; None where it names none."""
    said = list(_in_headers(page.links))
    hubs = _addresses(said, "hub", page.url)
    topics = _addresses(said, "self", page.url)
    if not hubs or not topics:
        said = list(_in_body(page))
        hubs = hubs or _addresses(said, "hub", page.url)
        topics = topics or _addresses(said, "self", page.url)
    return HubOfPage(hub=hubs[0], topic=topics[0] if topics else page.url) if hubs else None


def _addresses(links: Iterable[Link], relation: str, base: str) -> list[str]:
    found = (_address(written, base) for name, written in links if name == relation)
    return [address for address in found if address is not None]


def _address(written: str, base: str) -> str | None:
    try:
        address = urljoin(base, written.strip())
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return None
    return address if usable and len(address) <= LONGEST_ADDRESS else None


def _in_headers(headers: Iterable[str]) -> Iterator[Link]:
    for header in headers:
        for link in _LINK.finditer(header[:16_384]):
            parameters: dict[str, str] = {}
            for name, quoted, plain in _PARAMETER.findall(link[2]):
                parameters.setdefault(name.lower(), quoted or plain)
            if "anchor" not in parameters:  # that is about another page
                yield from ((relation, link[1]) for relation in parameters.get("rel", "").lower().split())


def _in_body(page: Page) -> Iterator[Link]:
    source = Source(page=page)
    if source.is_feed:
        yield from _in_feed(page.body)
    elif source.is_html:
        yield from _in_html(source)


def _in_html(source: Source) -> Iterator[Link]:
    try:
        tree = source.tree
    except NotReadable:
        return
    for link in tree.css("head link"):
        marks = link.attributes
        for relation in (marks.get("rel") or "").lower().split():
            yield relation, marks.get("href") or ""


def _in_feed(body: bytes) -> Iterator[Link]:
    """The links of the feed itself: those in `feed` or `channel`, not those of its posts."""
    parser = etree.XMLPullParser(
        ("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
    )
    try:
        parser.feed(body[:TOP])
        for _, element in parser.read_events():
            if _is_link_of_feed(element):
                for relation in (element.get("rel") or "").lower().split():
                    yield relation, element.get("href") or ""
    except etree.XMLSyntaxError:
        return


def _is_link_of_feed(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and _name(element) == "link" and _name(parent) in ("feed", "channel")


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
