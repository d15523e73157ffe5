"""Miniature pages for the readers' tests: invented text in the shapes that publishers use."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.model import Page, Post, Snapshot
from bot.sources import ReadRules, read

BLOG = "https://www.example.org/live/storm"
CAPTURED = Path(__file__).parents[2] / "shared" / "fixtures"
needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason="captured pages are not beside the repository")
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def page(body: str | bytes, url: str = BLOG, content_type: str | None = None) -> Page:
    raw = body if isinstance(body, bytes) else body.encode()
    return Page(url=url, body=raw, content_type=content_type, fetched_at=NOW)


def snapshot(body: str | bytes, url: str = BLOG, content_type: str | None = None, **rules: Any) -> Snapshot:
    return read(page(body, url, content_type), ReadRules(**rules))


def captured(name: str, **rules: Any) -> Snapshot:
    """A captured page, read under an address that says nothing about it."""
    return snapshot((CAPTURED / name).read_bytes(), url="", **rules)


def update(number: int, **fields: Any) -> dict[str, Any]:
    """One update of a LiveBlogPosting; a field set to None is left out."""
    whole = {
        "@type": "BlogPosting",
        "@id": None,
        "url": f"{BLOG}#post-{number}",
        "headline": f"Headline {number}",
        "articleBody": f"Body of post {number}. It has two sentences.",
        "datePublished": f"2026-03-04T10:{number:02}:11Z",
        "dateModified": f"2026-03-04T10:{number:02}:11Z",
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def blog(*updates: dict[str, Any], **fields: Any) -> dict[str, Any]:
    whole = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "url": BLOG,
        "headline": "Storm hits the coast",
        "dateModified": "2026-03-04T11:00:00Z",
        "liveBlogUpdate": list(updates),
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def html(*scripts: Any, body: str = "<h1>Storm</h1>") -> str:
    """A page with ld+json scripts; a string stands for a script as it is."""
    written = (one if isinstance(one, str) else json.dumps(one) for one in scripts)
    tags = "\n".join(f'<script type="application/ld+json">{one}</script>' for one in written)
    return f"<!DOCTYPE html><html><head><title>Storm</title>{tags}</head><body>{body}</body></html>"


def read_blog(*updates: dict[str, Any], rules: dict[str, Any] | None = None, **fields: Any) -> Snapshot:
    return snapshot(html(blog(*updates, **fields)), **(rules or {}))


def read_post(**fields: Any) -> Post:
    """The one post of a blog that has others beside it."""
    return read_blog(update(9, **fields), update(8), update(7)).posts[0]
