"""Miniature answers of APIs, for the readers' tests: invented text in the shapes that products use."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

HOUR = 1_772_618_400  # 2026-03-04 10:00 UTC
BODIES = ("The storm crossed the coast at noon.", "Two ferries stay in port.", "The harbour wall holds.")


def wordpress_row(number: int, kind: str = "new", **fields: Any) -> dict[str, Any]:
    whole = {
        "id": str(number),
        "type": kind,
        "render": "" if kind == "delete" else f"<p>Body of post {number}.</p>\n",
        "content": "" if kind == "delete" else f"<p>Body of post {number}.</p>",
        "timestamp": HOUR + 60 * number,
        "entry_time": HOUR + 60 * number,
        "author_link": '<a href="https://www.example.org/ada">Ada Byron</a>',
        "key_event": False,
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def wordpress_page(*rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"entries": list(rows), "page": 1, "pages": 3, **fields}


def wordpress_changes(*rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"entries": list(rows), "latest_timestamp": HOUR + 900, "refresh_interval": 10, "pages": 3, **fields}


def reddit_update(number: int, **fields: Any) -> dict[str, Any]:
    whole = {
        "id": f"0000000{number}-aaaa-11ea-bf11-0e3a6897349b",
        "name": f"LiveUpdate_0000000{number}-aaaa-11ea-bf11-0e3a6897349b",
        "body": f"Body of post {number}.",
        "body_html": f'<div class="md"><p>Body of post {number}.</p>\n</div>',
        "author": "ada_byron",
        "created_utc": HOUR + 60.0 * number,
        "stricken": False,
        "embeds": [],
        **fields,
    }
    return {"kind": "LiveUpdate", "data": {name: value for name, value in whole.items() if value is not None}}


def reddit_listing(*updates: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"modhash": "", "children": list(updates), "after": None, "before": None}}


def sourcefabric_part(kind: str, text: str, **meta: Any) -> dict[str, Any]:
    return {"guid": f"part:{kind}", "item": {"item_type": kind, "text": text, "meta": meta}, "type": "text"}


def sourcefabric_post(number: int, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    made = f"2026-03-04T10:{number:02}:00+00:00"
    refs = list(parts) or [sourcefabric_part("text", f"<p>Body of post {number}.</p>")]
    whole = {
        "_id": f"urn:newsml:localhost:2026-03-04T10:{number:02}:00.581133:aaaa-{number}",
        "_etag": f"etag-{number}",
        "_updated": made,
        "content_updated_date": made,
        "published_date": made,
        "firstcreated": made,
        "byline": "Ada",
        "publisher": {"display_name": "Ada Byron", "email": "ada@example.org"},
        "deleted": False,
        "sticky": False,
        "lb_highlight": False,
        "post_status": "open",
        "groups": [{"id": "root", "refs": [{"idRef": "main"}]}, {"id": "main", "refs": refs}],
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def sourcefabric_listing(*posts: dict[str, Any]) -> dict[str, Any]:
    return {"_items": list(posts), "_links": {}, "_meta": {"max_results": 25, "page": 1, "total": len(posts)}}


def live24_news(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "nid": f"291640170787244713{number}",
        "newstitle": f"Headline {number}",
        "contents": f"<p>Body of post {number}.</p>",
        "created": HOUR + 60 * number,
        **fields,
    }


def live24_answer(*news: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"err_code": 100, "data": {"count": len(news), "news": list(news), **fields}}


def arena_post(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "_id": f"5ea6fd8a23f0ea0f{number}",
        "createdAt": (HOUR + 60 * number) * 1000,
        "message": {"title": f"Headline {number}", "text": f"<p>Body of post {number}.</p>"},
        **fields,
    }


def arena_answer(*posts: dict[str, Any], **event: Any) -> dict[str, Any]:
    return {"eventInfo": {"name": "Storm", "createdAt": HOUR * 1000, **event}, "posts": list(posts)}


def scribble_post(number: int, **fields: Any) -> dict[str, Any]:
    made = f"/Date({(HOUR + 60 * number) * 1000}+0000)/"
    whole = {
        "Id": 36_000_000 + number,
        "Content": f"<p>Body of post {number}.</p>",
        "Created": made,
        "LastModified": made,
        "IsDeleted": 0,
        "IsStuck": 0,
        "Creator": {"Name": "Ada Byron"},
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def scribble_event(*posts: dict[str, Any]) -> dict[str, Any]:
    return {"Id": 77, "Title": "Storm", "Pages": 1, "Posts": list(posts)}


def tickaroo_update(number: int, **fields: Any) -> dict[str, Any]:
    headline = f"Headline of post {number}"
    return {
        "@type": "BlogPosting",
        "headline": headline,
        "articleBody": f"{headline} {BODIES[number % 3]}",
        "datePublished": f"2026-03-04T10:{number:02}:11Z",
        **fields,
    }


def tickaroo_blog(*updates: dict[str, Any]) -> dict[str, Any]:
    return {"@type": "LiveBlogPosting", "headline": "Storm", "liveBlogUpdate": list(updates)}


def tickaroo_embed(*updates: dict[str, Any]) -> str:
    """The mark-up of an embed, with its JSON in JSON in an attribute."""
    initial = html.escape(json.dumps({"liveblog": {}, "schemaOrg": json.dumps(tickaroo_blog(*updates))}))
    return f'<div class="tik4-live-blog" initialData="{initial}"></div>'


def jazeera_update(number: int, **fields: Any) -> dict[str, Any]:
    post = {
        "id": str(3_000 + number),
        "title": f"Headline {number}",
        "shouldDisplayTitle": True,
        "content": f"<p>Body of post {number}.</p>",
        "date": f"2026-03-04T10:{number:02}:00",
        "modified_gmt": f"2026-03-04T10:{number:02}:00",
        "author": [{"name": "Ada Byron"}],
        "link": "/news/liveblog/2026/3/4/storm",
        **fields,
    }
    return {"data": {"posts": post}}


def jazeera_blog(*numbers: int, **fields: Any) -> dict[str, Any]:
    children = [3_000 + number for number in numbers]
    whole = {"id": "2999", "title": "Storm", "isLive": True, "link": "/news/liveblog/2026/3/4/storm", **fields}
    return {"data": {"article": {**whole, "children": children}}}


ANSWERS: Mapping[str, Any] = {
    "wordpress": wordpress_page(wordpress_row(2), wordpress_row(1)),
    "sourcefabric": sourcefabric_listing(sourcefabric_post(2), sourcefabric_post(1)),
    "live24": live24_answer(live24_news(2), live24_news(1)),
    "arena": arena_answer(arena_post(2), arena_post(1)),
    "scribblelive": scribble_event(scribble_post(2), scribble_post(1)),
    "tickaroo": {"html": tickaroo_embed(tickaroo_update(2), tickaroo_update(1))},
    "aljazeera": [jazeera_blog(2, 1), jazeera_update(2), jazeera_update(1)],
    "reddit": reddit_listing(reddit_update(2), reddit_update(1)),
}
"""One answer a format, with posts in it."""
