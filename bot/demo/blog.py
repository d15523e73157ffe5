"""The invented live blog: a regatta day in a harbour town that does not exist, told in about two and a half minutes.

The words are in `harbour.toml`, the pictures in `pictures/`.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.core.model import Image, Post
from bot.demo.edition import Act, Story

HARBOUR = Path(__file__).with_name("harbour.toml")


def harbour(started_at: datetime, speed: float = 1.0) -> Story:
    """The whole story, its times counted from `started_at`; at speed 2 it takes half as long."""
    book = tomllib.loads(HARBOUR.read_text(encoding="utf-8"))
    posts: dict[str, Post] = {}
    acts = []
    for line in book["acts"]:
        at = line.get("at", 0) / speed
        post = _told(line, posts.get(line["key"]), started_at + timedelta(seconds=at))
        posts[post.key] = post
        acts.append(Act(at=at, post=post))
    return Story(
        title=book["title"],
        description=book["description"],
        publisher=book["publisher"],
        note=book["note"],
        language=book["language"],
        started_at=started_at,
        acts=tuple(acts),
    )


def _told(line: dict[str, Any], before: Post | None, now: datetime) -> Post:
    """The post as it is from `now` on: a new one, or what it was with the given fields changed."""
    changed: dict[str, Any] = {name: line[name] for name in ("title", "withdrawn") if name in line}
    if "text" in line:
        changed["text"] = line["text"].strip()
    if before is not None:
        return replace(before, modified_at=now, **changed)
    published = now.replace(second=0, microsecond=0) if "before" in line else now
    published -= timedelta(minutes=line.get("before", 0))
    return Post(
        key=line["key"],
        published_at=published,
        modified_at=published,
        authors=(line["author"],),
        tags=tuple(line["tags"]),
        images=_images(line),
        pinned=line.get("pinned", False),
        **changed,
    )


def _images(line: dict[str, Any]) -> tuple[Image, ...]:
    """The address is relative: where the blog is served is not known here."""
    shown = line.get("pictures") or ([line] if "picture" in line else [])
    return tuple(Image(url=f"pictures/{one['picture']}.png", caption=one["caption"]) for one in shown)
