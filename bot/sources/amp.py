"""The `amp-live-list` of an AMP page (https://amp.dev/documentation/components/amp-live-list/).

An id must never change, a `data-update-time` says that a post was edited, `data-tombstone` that it is gone. Real pages
mix advertisements in, give times in seconds beside milliseconds, and show another time than they sort by.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

from bot.core.model import Post, Snapshot, SnapshotKind
from bot.sources.assembly import Blog, assembled
from bot.sources.dom import Head, attribute, body_of, head_of, images_of, line_of, outermost, shown_time, text_of
from bot.sources.keys import Candidate
from bot.sources.parts import absolute, names_in, worded
from bot.sources.shape import NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_HEADLINES = "h1, h2, h3, h4"
_NO_TEXT = "amp-timeago, time, amp-ad, figure, figcaption, amp-social-share, button, footer"
_ADVERT = re.compile(r"(?:ad|advert|mpu|promo)[-_\d]", re.IGNORECASE)
_SIGNED = re.compile(r"\s*\d{1,2} [A-Z][a-z]+ \d{4},? \d{1,2}[:.]\d\d$")
_LONGEST_SIGNATURE = 120  # characters


def sees(source: Source) -> str | None:
    if not source.is_html or "<amp-live-list" not in source.text:
        return None
    return "an amp-live-list" if source.tree.css_first("amp-live-list") is not None else None


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The list as a window of the blog; as a delta where only changes since a time were asked for."""
    lists = outermost(source.tree.css("amp-live-list")) if source.is_html else []
    if not lists:
        raise NotReadable("no amp-live-list")
    head = head_of(source)
    nodes = [node for one in lists for node in _listed(one) if not _is_advert(node)]
    asked = _asked(source.page.url)
    blog = Blog(
        format="amp",
        url=head.url,
        kind=SnapshotKind.DELTA if "amp_latest_update_time" in asked else SnapshotKind.WINDOW,
        title=head.title,
        language=head.language,
        # Later pages of a blog are disabled too, while it goes on.
        ended="page" not in asked and all("disabled" in one.attributes for one in lists),
    )
    return assembled([_candidate(node, head, rules) for node in nodes], blog, source, rules)


def _listed(live_list: LexborNode) -> list[LexborNode]:
    """The elements of a list, adverts among them: those directly in the child that is marked with `items`."""
    return [node for child in live_list.iter() if "items" in child.attributes for node in child.iter()]


def _asked(url: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return {}


def _is_advert(node: LexborNode) -> bool:
    if _is_tombstone(node):
        return False
    if _ADVERT.match(attribute(node, "id") or ""):
        return True
    return not text_of(node, _NO_TEXT) and node.css_first("img, amp-img, amp-video, amp-iframe, amp-twitter") is None


def _is_tombstone(node: LexborNode) -> bool:
    """`data-tombstone` counts by being there; one theme writes `tombstone="true"` instead."""
    return "data-tombstone" in node.attributes or node.attributes.get("tombstone") == "true"


def _candidate(node: LexborNode, head: Head, rules: ReadRules) -> Candidate:
    id_ = _id(node)
    if _is_tombstone(node):
        return Candidate(post=Post(key="", withdrawn=True), addresses=(id_,) if id_ else ())
    signature = _signature(node)
    post = Post(
        key="",
        title=line_of(node.css_first(_HEADLINES)),
        published_at=shown_time(node, "amp-timeago, time", rules.zone) or time_of(attribute(node, "data-sort-time")),
        modified_at=time_of(attribute(node, "data-update-time")),
        authors=names_in(_SIGNED.sub("", line_of(signature) or "")),
        images=images_of(node, head.url),
        url=absolute(f"#{id_}", head.url) if id_ else None,
    )
    body = body_of(node, head.url, f"{_NO_TEXT}, {_HEADLINES}", signature)
    return Candidate(post=worded(post, body), addresses=(id_,) if id_ else (), markup=node.html or "")


def _id(node: LexborNode) -> str:
    """An id that holds the time of the last edit changes with every edit, so it is none."""
    id_, updated = attribute(node, "id") or "", attribute(node, "data-update-time")
    return "" if updated and id_.endswith(updated) else id_


def _signature(node: LexborNode) -> LexborNode | None:
    """What stands below a post: its author and the time, and nothing else."""
    children = list(node.iter())
    line = line_of(children[-1]) if children else None
    return children[-1] if line and len(line) <= _LONGEST_SIGNATURE and _SIGNED.search(line) else None


READER = Reader(name="amp", sees=sees, read=read)
