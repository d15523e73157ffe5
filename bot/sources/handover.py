"""Where a blog goes on: the link in the post that says it has moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from bot.core.ending import says_moved
from bot.core.identity import plain_address, same_address
from bot.sources.parts import absolute
from bot.sources.shape import Source

_HERE = re.compile(r"\b(?:here|new (?:live )?(?:page|blog)|follow|continues?|latest)\b", re.IGNORECASE)
_LIVE = re.compile(r"live|blog|diretta|directo|direct|ticker", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_DEEPEST_PAGE = 4_000_000  # characters of a page that is searched for the link


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    words: str


def next_page(markup: str, source: Source, blog_url: str) -> str | None:
    """The address in a hand-over post's own mark-up; where that lost its links, the one the page shows beside it.

    Only another page of the same site counts.
    """
    links = [*_links_in(markup, blog_url), *(Link(found[0], "here") for found in _ADDRESS.finditer(markup))]
    if not links and source.is_html and len(source.text) <= _DEEPEST_PAGE:
        links = list(_links_beside(source.text, blog_url))
    return _best([link for link in links if _is_elsewhere(link.url, blog_url)])


def _best(links: list[Link]) -> str | None:
    """The link that says "here", else one that leads to a live page; of what is left only a single one is trusted."""
    for wanted in ([one for one in links if _HERE.search(one.words)], [one for one in links if _LIVE.search(one.url)]):
        if wanted:
            return wanted[0].url
    return links[0].url if len(links) == 1 else None


def _links_in(markup: str, base: str) -> Iterator[Link]:
    if "<" not in markup:
        return
    for anchor in LexborHTMLParser(markup).css("a[href]"):
        url = absolute(anchor.attributes.get("href"), base)
        if url:
            yield Link(url, anchor.text())


def _links_beside(page: str, base: str) -> Iterator[Link]:
    """Links in those paragraphs of a page that say that coverage has moved."""
    for anchor in LexborHTMLParser(page).css("a[href]"):
        around = anchor.parent
        url = absolute(anchor.attributes.get("href"), base)
        if url and around is not None and says_moved(around.text()):
            yield Link(url, anchor.text())


def _is_elsewhere(url: str, blog_url: str) -> bool:
    """Another page of the same site: neither the blog itself nor one of its posts."""
    here, there = plain_address(blog_url), plain_address(url)
    if same_address(url, blog_url) or there.startswith(f"{here}/"):
        return False
    return _site(here) == _site(there)


def _site(address: str) -> str:
    """The host's last two names, three where the last two are both short (`bbc.co.uk`)."""
    labels = address.partition("/")[0].partition(":")[0].split(".")
    short = len(labels) > 2 and len(labels[-1]) <= 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])
