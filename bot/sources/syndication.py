"""Posts that a Sourcefabric Live Blog hands to its consumers' webhooks, as an answer of its API would list them.

A push is `{"post": {...}, "items": [...]}`: what is known of the post, and its parts. What happened to it is the HTTP
method: POST for one that was published, PUT for another version, DELETE for one that was deleted or taken back to the
drafts. When a consumer is added, the newest posts are sent as if published, under the status "submitted".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from bot.sources.fields import Fields, fields_in, id_of, rows_in
from bot.sources.shape import NotReadable, parse_json

METHODS = ("POST", "PUT", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """One push: the post's id, a listing for the reader, and whether the post was there before we were told of any."""

    post: str
    body: bytes
    old: bool = False


def handed(body: bytes, method: str) -> Handed:
    """What a push says. Raises `NotReadable`, and nothing else, whatever the bytes."""
    push = fields_in(parse_json(body.decode("utf-8", "replace")))
    post, items = fields_in(push.get("post")), push.get("items")
    key = id_of(post.get("_id"))
    if key is None or not isinstance(items, list):
        raise NotReadable('it is no push of a Sourcefabric Live Blog: there is no "post" with an "_id" beside "items"')
    return Handed(
        post=key,
        body=_listing(_row(post, rows_in(items), method)),
        old=method == "POST" and post.get("post_status") == "submitted",
    )


def _row(post: Fields, parts: list[Fields], method: str) -> dict[str, Any]:
    return {
        **post,
        "deleted": method == "DELETE",
        "post_status": "open",
        "publisher": _writer(parts),
        "groups": [{"id": "main", "refs": [{"item": part} for part in parts]}],
    }


def _writer(parts: list[Fields]) -> Fields:
    return next((fields_in(part.get("syndicated_creator")) for part in parts if part.get("syndicated_creator")), {})


def _listing(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps({"_items": [row]})
    except TypeError:  # a number beyond 64 bits
        raise NotReadable("it holds numbers too large to be anything here") from None
