"""Miniatures of pages whose own mark-up or page state holds the posts: invented text in publishers' shapes."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

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


def page_of(body: str, head: str = "") -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Storm | Example</title>'
        f'<link rel="canonical" href="https://www.example.org/live/storm">{head}</head>'
        f"<body><h1>Storm hits the coast</h1>{body}</body></html>"
    )


OWN_MARKUP = {
    "bbc": bbc_page_of_2020(bbc_post_of_2020(2), bbc_post_of_2020(1)),
    "guardian": guardian_page(guardian_block(2), guardian_block(1)),
    "reach": reach_page(reach_post(2), reach_post(1)),
    "amp": amp_page(amp_post(2), amp_post(1)),
}
"""One whole page for each reader, by its name."""
