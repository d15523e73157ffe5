"""Miniature answers of APIs, for the readers' tests: invented text in the shapes that products use."""

from __future__ import annotations

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


ANSWERS: Mapping[str, Any] = {
    "wordpress": wordpress_page(wordpress_row(2), wordpress_row(1)),
    "sourcefabric": sourcefabric_listing(sourcefabric_post(2), sourcefabric_post(1)),
    "reddit": reddit_listing(reddit_update(2), reddit_update(1)),
}
"""One answer a format, with posts in it."""
