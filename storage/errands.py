"""What an editor asked to be done, kept until a button says of which post."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from bot.core.model import Entity
from storage.rows import entities_json, insert
from storage.spoken import Connection

KEPT = 172_800.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """`act` is the command's word; `words` why, or the new text."""

    person: int
    act: str
    words: str = ""
    entities: tuple[Entity, ...] = ()


def keep(db: Connection, errand: Errand, now: float) -> int:
    db.execute("DELETE FROM errand WHERE at < ?", (now - KEPT,))
    said = {"at": now, "person": errand.person, "act": errand.act, "words": errand.words}
    return insert(db, "errand", said | {"entities": entities_json(errand.entities)})


def find(db: Connection, number: int) -> Errand | None:
    row = db.execute("SELECT * FROM errand WHERE id = ?", (number,)).fetchone()
    if row is None:
        return None
    entities = tuple(Entity(**one) for one in orjson.loads(row["entities"]))
    return Errand(person=row["person"], act=row["act"], words=row["words"], entities=entities)
