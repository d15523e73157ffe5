"""What an editor asked to be done, kept until a button says of which post."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection

import orjson

from bot.core.model import Entity
from storage.rows import entities_json

KEPT = 172_800.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`act` is the command's word; `words` why, or the new text."""

    person: int
    act: str
    words: str = ""
    entities: tuple[Entity, ...] = ()


def keep(db: Connection, wish: Wish, now: float) -> int:
    db.execute("DELETE FROM wish WHERE at < ?", (now - KEPT,))
    said = (now, wish.person, wish.act, wish.words, entities_json(wish.entities))
    return db.execute("INSERT INTO wish (at, person, act, words, entities) VALUES (?, ?, ?, ?, ?)", said).lastrowid or 0


def find(db: Connection, number: int) -> Wish | None:
    row = db.execute("SELECT * FROM wish WHERE id = ?", (number,)).fetchone()
    if row is None:
        return None
    entities = tuple(Entity(**one) for one in orjson.loads(row["entities"]))
    return Wish(person=row["person"], act=row["act"], words=row["words"], entities=entities)
