"""Rows into values and back. SQL stands elsewhere; here are only the shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from bot.core.model import Button, Embed, Entity, Image, KeyKind, Media, PageMemory, Relayed, Seen, SnapshotKind
from storage.spoken import Connection, Row

OWN = "note:"  # how the keys of posts begin that our editors added to a blog


def instant(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


_LAST = 253_402_300_799.0  # the last second of the year 9999, which a fraction of it would round out of the calendar


def moment(instant: float | None) -> datetime | None:
    return None if instant is None else datetime.fromtimestamp(min(instant, _LAST), UTC)


def to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def spaced(ids: Iterable[str]) -> str:
    """Ids between spaces, so that ' nato ' is found by position and never inside ' nato-summit '."""
    return " " + "".join(f"{one} " for one in ids)


def unspaced(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def entities_json(entities: Iterable[Entity]) -> str:
    fields = ({name: getattr(one, name) for name in Entity.__slots__} for one in entities)
    return to_json([{name: value for name, value in one.items() if value is not None} for one in fields])


def relayed(row: Row) -> Relayed:
    """A row of `post` as the value that rendering needs."""
    copied = (row["copied_chat"], row["copied_message"]) if row["copied_chat"] is not None else None
    return Relayed(
        id=row["id"],
        revision=row["revision"],
        blog=row["blog"],
        notice=row["notice"],
        title=row["title"],
        title_is_derived=bool(row["title_is_derived"]),
        text=row["text"],
        entities=tuple(Entity(**one) for one in orjson.loads(row["entities"])),
        embeds=tuple(Embed(**one) for one in orjson.loads(row["embeds"])),
        summary=row["summary"],
        published_at=moment(row["published_at"]),
        first_seen_at=datetime.fromtimestamp(row["first_seen_at"], UTC),
        updated_at=moment(row["updated_at"]),
        withdrawn_at=moment(row["withdrawn_at"]),
        taken_down=row["editors_word"] == "withdrawn",
        by_editors=row["key"].startswith(OWN),
        pictures=tuple(Image(**one) for one in orjson.loads(row["images"])),
        authors=tuple(orjson.loads(row["authors"])),
        topics=unspaced(row["topics"]),
        photo=row["photo"],
        media=tuple(Media(kind=kind, file=file) for kind, file in orjson.loads(row["media"])),
        buttons=tuple(Button(text=words, url=url) for words, url in orjson.loads(row["buttons"])),
        copied=copied,
        url=row["url"],
        pinned=bool(row["pinned"]),
        key_event=bool(row["key_event"]),
        struck=bool(row["struck"]),
    )


def seen(row: Row) -> Seen:
    """A row of `known`."""
    return Seen(
        key=row["key"],
        key_kind=KeyKind(row["key_kind"]),
        hash=row["hash"],
        title=row["title"],
        text=row["text"],
        text_is_whole=bool(row["text_is_whole"]),
        published_at=moment(row["published_at"]),
        modified_at=moment(row["modified_at"]),
        first_seen_at=datetime.fromtimestamp(row["first_seen_at"], UTC),
        withdrawn=bool(row["withdrawn"]),
        past=tuple(orjson.loads(row["past"])),
    )


def seen_columns(blog: str, seen: Seen) -> dict[str, Any]:
    return {
        "blog": blog,
        "key": seen.key,
        "key_kind": seen.key_kind.value,
        "hash": seen.hash,
        "title": seen.title,
        "text": seen.text,
        "text_is_whole": seen.text_is_whole,
        "published_at": instant(seen.published_at),
        "modified_at": instant(seen.modified_at),
        "first_seen_at": instant(seen.first_seen_at),
        "withdrawn": seen.withdrawn,
        "past": to_json(seen.past),
    }


def page_memory(row: Row) -> PageMemory:
    return PageMemory(
        format=row["format"],
        kind=SnapshotKind(row["kind"]),
        order=tuple(orjson.loads(row["listed"])),
        pinned=frozenset(orjson.loads(row["pinned"])),
        missing=orjson.loads(row["missing"]),
        doubted=frozenset(orjson.loads(row["doubted"])),
        modified_at=moment(row["modified_at"]),
        ignored=row["ignored"],
        ended=bool(row["ended"]),
        next_url=row["next_url"],
        anew=row["anew"],
        ids_fail=bool(row["ids_fail"]),
        cursor=row["cursor"],
    )


def page_columns(memory: PageMemory) -> dict[str, Any]:
    return {
        "format": memory.format,
        "kind": memory.kind.value,
        "listed": to_json(memory.order),
        "pinned": to_json(sorted(memory.pinned)),
        "missing": to_json(dict(memory.missing)),
        "doubted": to_json(sorted(memory.doubted)),
        "modified_at": instant(memory.modified_at),
        "ignored": memory.ignored,
        "ended": memory.ended,
        "next_url": memory.next_url,
        "anew": memory.anew,
        "ids_fail": memory.ids_fail,
        "cursor": memory.cursor,
    }


def insert(db: Connection, table: str, columns: Mapping[str, Any]) -> int:
    """One more row of exactly these columns; returns its number. Names come from this package, values are bound."""
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    row = db.execute(f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING id", columns).fetchone()
    return int(row["id"])


def moved(
    db: Connection, table: str, column: str, key: Sequence[str], *, was: Any, to: Any, only: str | None = None
) -> None:
    """What stands under the one stands under the other, but where that has a row of the same `key` already; `only`
    what holds this of a row, such as "ended_at IS NULL"."""
    these = f" AND {table}.{only}" if only else ""
    if key:
        alike = [f"there.{name} = {table}.{name}" for name in key] + ([f"there.{only}"] if only else [])
        there = f"SELECT 1 FROM {table} AS there WHERE there.{column} = :to AND {' AND '.join(alike)}"
        these += f" AND NOT EXISTS ({there})"
    db.execute(f"UPDATE {table} SET {column} = :to WHERE {column} = :was{these}", {"was": was, "to": to})


def upsert(table: str, columns: Mapping[str, Any], *, key: tuple[str, ...], once: tuple[str, ...] = ()) -> str:
    """An INSERT … ON CONFLICT over exactly these columns, of which `once` are never changed.

    Names come from this package, values are bound.
    """
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    others = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in (*key, *once))
    return f"INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT ({', '.join(key)}) DO UPDATE SET {others}"
