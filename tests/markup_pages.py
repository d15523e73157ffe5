"""Miniatures of pages whose own mark-up or page state holds the posts: invented text in publishers' shapes."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

CNN = "https://edition.cnn.example/world/live-news/storm-03-04-26"
GUARDIAN = "https://www.theguardian.com/world/live/2026/mar/04/storm-live"


def reach_post(number: int, body: str = "", **attributes: str) -> str:
    whole = {
        "id": str(751000 + number),
        "data-type": "default",
        "data-post-time": str(1772618400000 + number * 60_000),
        "data-last-modified-time": str(1772618400000 + number * 60_000),
        **{name.replace("_", "-"): value for name, value in attributes.items()},
    }
    written = " ".join(f'{name}="{value}"' for name, value in whole.items())
    return (
        f'<div class="live-event-entry" {written}><div class="entry-info"><time class="x">10:0{number}</time>'
        f'<mark>Ada Byron</mark></div><div class="entry-content"><h3>Headline {number}</h3>'
        f"<p>Body of post {number}.</p><p>It has two paragraphs.</p>{body}</div></div>"
    )


def reach_page(*posts: str) -> str:
    return page_of(f'<div class="live-event-entries">{"".join(posts)}</div>')


def amp_post(number: int, inner: str | None = None, **attributes: str | None) -> str:
    whole = {
        "id": f"post-{1288000 + number}",
        "data-sort-time": str(1772618400000 + number * 60_000),
        "data-update-time": str(1772618400000 + number * 60_000),
        **{name.replace("_", "-"): value for name, value in attributes.items()},
    }
    written = " ".join(f'{name}="{value}"' for name, value in whole.items() if value is not None)
    if inner is None:
        inner = (
            f'<a href="#{number}"><amp-timeago datetime="2026-03-04T11:0{number}:00.000Z">177</amp-timeago>'
            f"</a><div><h3>Headline {number}</h3><div><p>Body of post {number}.</p></div></div>"
            f"<div><div><span>Ada Byron</span><span>4 March 2026 11:0{number}</span></div></div>"
        )
    return f"<div {written}>{inner}</div>"


def amp_page(*posts: str, attributes: str = "") -> str:
    return page_of(
        f'<amp-live-list id="live" data-max-items-per-page="10" {attributes}><button update>New</button>'
        f'<div items>{"".join(posts)}</div><div pagination><a href="?page=2">2</a></div></amp-live-list>'
    )


def guardian_block(number: int, body: str = "", header: str = "", footer: str = "") -> str:
    return (
        f'<article id="block-{guardian_id(number)}" class="block dcr-1"><header class="dcr-2"><div>'
        f'<a href="{GUARDIAN}?page=with:block-{guardian_id(number)}#block-{guardian_id(number)}">'
        f'<time datetime="2026-03-04T10:0{number}:11.000Z">4m ago</time><span>10.0{number} GMT</span></a></div>{header}'
        f"<h2>Headline {number}</h2></header><p>Body of post {number}.</p>{body}"
        f"<footer><ul><li>Share</li></ul>{footer}</footer></article>"
    )


def guardian_id(number: int) -> str:
    return f"65f0a1b2c3d4e5f60718290{number}"


def guardian_page(*blocks: str, more: str = "") -> str:
    body = f'{more}<div id="liveblog-body">{"".join(blocks)}</div>'
    return page_of(body).replace("https://www.example.org/live/storm", GUARDIAN)


def guardian_json_block(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": guardian_id(number),
        "title": f"Headline {number}",
        "elements": [
            {"_type": "model.dotcomrendering.pageElements.TextBlockElement", "html": f"<p>Body {number}.</p>"}
        ],
        "attributes": {"pinned": False, "keyEvent": False, "summary": False},
        "blockCreatedOn": 1772618000000,
        "blockFirstPublished": 1772618400000 + number * 60_000,
        "blockLastUpdated": 1772618400000 + number * 60_000 - 1000,
        "contributors": [],
        **fields,
    }


def guardian_json(*blocks: Any, **fields: Any) -> str:
    whole = {
        "webTitle": "Storm hits the coast",
        "pageId": "world/live/storm",
        "webURL": GUARDIAN,
        "blocks": list(blocks),
        "keyEvents": [],
        "config": {"isLive": True},
        **fields,
    }
    return json.dumps(whole)


def bbc_post_of_2020(number: int, *nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    text = {"name": "text", "text": f"Body of post {number}.", "children": [], "attributes": []}
    return {
        "locator": f"urn:asset:{bbc_id(number)}",
        "assetId": f"5ebab4a75c8cf7066bdfaa5{number}",
        "type": "POST",
        "options": {"isBreakingNews": False, "isPriorityPost": False},
        "title": f"Headline {number}",
        "body": [{"name": "paragraph", "children": [text], "attributes": []}, *nodes],
        "firstPublished": f"2026-03-04T10:0{number}:11+00:00",
        "lastPublished": f"2026-03-04T10:0{number}:12.441Z",
        **fields,
    }


def bbc_post(number: int, *content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    header = [bbc_block("headline", bbc_block("text", bbc_paragraph(f"Headline {number}")))]
    return {
        "urn": f"asset:{bbc_id(number)}",
        "type": "POST",
        "header": {"model": {"blocks": header}},
        "content": {"model": {"blocks": [bbc_block("text", bbc_paragraph(f"Body of post {number}.")), *content]}},
        "dates": {
            "firstPublished": f"2026-03-04T10:0{number}:11+00:00",
            "lastPublished": f"2026-03-04T10:0{number}:12+00:00",
            "curated": f"2026-03-04T10:0{number}:11.000Z",
        },
        "options": {"isBreakingNews": False},
        **fields,
    }


def bbc_block(kind: str, *blocks: dict[str, Any], **model: Any) -> dict[str, Any]:
    return {"type": kind, "model": {"blocks": list(blocks), **model}}


def bbc_paragraph(text: str) -> dict[str, Any]:
    return bbc_block("paragraph", bbc_block("fragment", text=text, attributes=[]), text=text)


def bbc_id(number: int) -> str:
    return f"6a89a107-dd3f-4e2b-9031-b792cda87b5{number}"


def bbc_page_of_2020(*posts: Any) -> str:
    answer = {"meta": {"responseCode": 200}, "body": {"results": list(posts), "numberOfPages": 5, "currentPage": 1}}
    call = (
        f"Morph.setPayload('/data/bbc-morph-lx-commentary-data-paged/limit/20/version/1', {json.dumps(answer)}); }});"
    )
    return page_of(f"<script>Morph.toInit.payloads.push(function() {{ {call}</script>")


def bbc_state(*posts: Any, **fields: Any) -> dict[str, Any]:
    stream = {"results": list(posts), "page": {"index": 1, "total": 4}}
    page = {"title": "Storm hits the coast", "isLive": True, "liveTextStream": {"id": "8E1A"}, **fields}
    cards = {"cards": [{"isLive": False, "title": "Elsewhere", "results": []}]}
    return {"data": {"live?a": {"data": page}, "stream?b": {"data": stream}, "more": {"data": cards}}}


def bbc_page(*posts: Any, **fields: Any) -> str:
    literal = json.dumps(json.dumps(bbc_state(*posts, **fields)))
    return page_of(f"<script>window.__INITIAL_DATA__={literal};</script>")


@st.composite
def with_one_thing_wrong(draw: st.DrawFn, document: Any) -> Any:
    """A JSON document in which one value, however deep, is something else."""
    whole = copy.deepcopy(document)
    holder, place = None, None
    value = whole
    while isinstance(value, dict | list) and value and draw(st.integers(0, 7)):
        holder = value
        place = (
            draw(st.sampled_from(sorted(value))) if isinstance(value, dict) else draw(st.integers(0, len(value) - 1))
        )
        value = value[place]
    if holder is not None:
        holder[place] = draw(
            st.sampled_from([None, True, 7, 1e308, "", "\ud800", "http://[", [], {}, [[7]], {"a": {}}])
        )
    return whole


def cnn_id(number: int) -> str:
    return f"h_{number:032x}"


def cnn_post(number: int, body: str = "", title: str | None = "", updated: str = "2026-03-04T12:00:00.364Z") -> str:
    headline = "" if title is None else f'<h2 class="live-story-post__headline x">{title or f"Headline {number}"}</h2>'
    return (
        f'<article class="live-story-post liveStoryPost" data-last-updated="{updated}">'
        '<header class="live-story-post__header"><span class="live-story-post__timestamp">4 min ago</span>'
        f'{headline}<span class="live-story-post__byline">From CNN\'s Ada Byron and Alan Turing</span></header>'
        '<section class="live-story-post__body"><div class="live-story-post__content">'
        f'<p data-component-name="paragraph">Body of post {number}.</p>{body}</div></section>'
        f'<div class="social-share_compact__share-links"><button data-url="https://social.example/?u=x">X</button>'
        f'<button data-url="{CNN}/{cnn_id(number)}">Copy</button></div></article>'
    )


def cnn_post_of_2021(number: int, shown: str = "11:59 p.m. ET, July 12, 2021", body: str = "") -> str:
    return (
        f'<article id="{cnn_id(number)}" class="sc-bwzfXH"><header><span>{shown}</span><h2>Headline {number}</h2>'
        '<p>From CNN\'s Ada Byron in Dover</p></header><div class="sc-1 post-content-rendered">'
        f"<p>Body of post {number}.</p>{body}</div></article>"
    )


def cnn_page(*posts: str, more: str = "") -> str:
    body = f'{more}<div class="live-story__items-container">{"".join(posts)}</div>'
    return page_of(body).replace("https://www.example.org/live/storm", f"{CNN}/index.html")


def cnn_page_of_2021(*posts: str, more: str = "") -> str:
    body = f'{more}<div id="posts-and-button">{"".join(posts)}<button>Load more</button></div>'
    return page_of(body).replace("https://www.example.org/live/storm", f"{CNN}/index.html")


def microdata_post(number: int, body: str | None = None, url: str | None = None) -> str:
    """As pages have it that leave quotes out."""
    body = f'<meta itemprop=articleBody content="Body of post {number}.">' if body is None else body
    return (
        "<div itemprop=liveBlogUpdate itemscope itemtype=https://schema.org/BlogPosting>"
        f'<meta itemprop=url content="{url or f"https://www.example.org/live/storm#{number}"}">'
        f"<meta itemprop=datePublished content=2026-03-04T10:{number % 60:02}:11+05:30>"
        f"<h2 itemprop=headline>Headline {number}</h2>{body}"
        "<span itemprop=author itemscope itemtype=https://schema.org/Person><b itemprop=name>Ada Byron</b></span></div>"
    )


def microdata_page(*posts: str, declared: str = "https://schema.org/LiveBlogPosting") -> str:
    return page_of(f'<div itemscope itemtype="{declared}"><h2 itemprop="headline">Storm</h2>{"".join(posts)}</div>')


def nyt_post(number: int, body: str = "") -> str:
    return (
        '<div data-testid="live-blog-post"><time datetime="2026-03-04T10:00:00Z">4m ago</time>'
        f'<div class="live-blog-post-headline"><h2><a href="#headline-{number}">Headline {number}</a></h2></div>'
        f'<p class="byline">By Ada Byron</p><p>Body of post {number}.</p>{body}</div>'
    )


def nyt_page(*posts: str) -> str:
    feed = f'<section id="live-feed-items">{"".join(posts)}</section>'
    return page_of(f'<article data-testid="live-blog-content">{feed}</article>')


def page_of(body: str, head: str = "") -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Storm | Example</title>'
        f'<link rel="canonical" href="https://www.example.org/live/storm">{head}</head>'
        f"<body><h1>Storm hits the coast</h1>{body}</body></html>"
    )


OWN_MARKUP = {
    "microdata": microdata_page(microdata_post(42), microdata_post(41)),
    "cnn": cnn_page(cnn_post(2), cnn_post(1)),
    "nyt": nyt_page(nyt_post(2), nyt_post(1)),
    "bbc": bbc_page_of_2020(bbc_post_of_2020(2), bbc_post_of_2020(1)),
    "guardian": guardian_page(guardian_block(2), guardian_block(1)),
    "reach": reach_page(reach_post(2), reach_post(1)),
    "amp": amp_page(amp_post(2), amp_post(1)),
}
"""One whole page for each reader, by its name."""
