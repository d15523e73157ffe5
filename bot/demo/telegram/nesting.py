"""How Telegram makes entities nest: the rules of tdlib's `fix_entities`.

Links, code, mentions and the like never meet; quotes may hold them; bold, italic, underline, strikethrough and
spoiler are merged where they touch and split where another entity begins or ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.demo.telegram.values import Json

SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
PREFORMATTED = frozenset({"code", "pre"})
PRIORITY = {
    "blockquote": 0, "expandable_blockquote": 0, "pre": 11, "code": 20, "date_time": 30, "text_link": 49,
    "text_mention": 49, "bold": 90, "italic": 91, "underline": 92, "strikethrough": 93, "spoiler": 94,
    "custom_emoji": 99,
}  # fmt: skip


def end(entity: Json) -> int:
    return int(entity["offset"] + entity["length"])


def ordered(entities: Iterable[Json]) -> list[Json]:
    """By offset, the longer first."""
    return sorted(entities, key=lambda one: (one["offset"], -one["length"], PRIORITY.get(one["type"], 50)))


def nested(entities: list[Json]) -> list[Json]:
    """The same entities as Telegram stores them."""
    entities = ordered(entities)
    if len(entities) < 2:
        return entities
    splittable = [one for one in entities if one["type"] in SPLITTABLE]
    quotes = apart(one for one in entities if one["type"] in QUOTES)
    continuous = apart(one for one in entities if one["type"] not in SPLITTABLE and one["type"] not in QUOTES)
    return joined(splittable, [one for one in continuous if not crosses_any(one, quotes)], quotes)


def joined(splittable: list[Json], continuous: list[Json], quotes: list[Json]) -> list[Json]:
    fixed = ordered([*continuous, *quotes])
    return ordered([*fixed, *split(splittable, fixed)]) if splittable else fixed


def with_found(entities: list[Json], found: list[Json]) -> list[Json]:
    """Adds what Telegram found in the text by itself, where nothing continuous stands already."""
    if not found:
        return entities
    splittable = [one for one in entities if one["type"] in SPLITTABLE]
    quotes = [one for one in entities if one["type"] in QUOTES]
    continuous = [one for one in entities if one["type"] not in SPLITTABLE and one["type"] not in QUOTES]
    free = [
        one
        for one in found
        if not crosses_any(one, quotes)
        and not any(one["offset"] < end(other) and other["offset"] < end(one) for other in continuous)
    ]
    return joined(splittable, [*continuous, *free], quotes) if free else entities


def apart(entities: Iterable[Json]) -> list[Json]:
    """Drops what begins inside an earlier one."""
    kept: list[Json] = []
    for one in entities:
        if not kept or one["offset"] >= end(kept[-1]):
            kept.append(one)
    return kept


def crosses_any(entity: Json, quotes: list[Json]) -> bool:
    """It may stand inside a quote or outside, but not across its edge."""
    return any(
        one["offset"] < end(entity)
        and entity["offset"] < end(one)
        and not (one["offset"] <= entity["offset"] and end(entity) <= end(one))
        for one in quotes
    )


def split(entities: list[Json], fixed: list[Json]) -> list[Json]:
    """Merges touching runs of a type and cuts them at the edges of `fixed`; inside code nothing is left."""
    cuts = _Cuts(entities)
    stack: list[Json] = []
    for one in [*fixed, None]:
        until = one["offset"] if one else 1 << 30
        while stack and until >= end(stack[-1]):
            cuts.until(end(stack[-1]), keep=stack.pop()["type"] not in PREFORMATTED)
        cuts.until(until)
        if one:
            stack.append(one)
    return ordered(cuts.result)


class _Cuts:
    def __init__(self, entities: list[Json]) -> None:
        self.waiting = entities[::-1]
        self.runs: dict[str, tuple[int, int]] = {}
        self.result: list[Json] = []

    def until(self, offset: int, *, keep: bool = True) -> None:
        before = len(self.result)
        while self.waiting and self.waiting[-1]["offset"] < offset:
            one = self.waiting.pop()
            run = self.runs.get(one["type"])
            if run and one["offset"] <= run[1]:
                self.runs[one["type"]] = (run[0], max(run[1], end(one)))
            else:
                self._flush(one["offset"])
                self.runs[one["type"]] = (one["offset"], end(one))
        self._flush(offset)
        if not keep:
            del self.result[before:]

    def _flush(self, offset: int) -> None:
        for kind in SPLITTABLE:
            begin, stop = self.runs.get(kind, (offset, offset))
            if begin < offset:
                size = min(stop, offset) - begin
                self.result.append({"offset": begin, "length": size, "type": kind})
                if stop <= offset:
                    del self.runs[kind]
                else:
                    self.runs[kind] = (offset, stop)
