"""From a text as it was sent to the text and entities as Telegram keeps them, or its refusal.

After tdlib's `get_formatted_text` and `fix_formatted_text`: parse, check the ranges, clean, trim, find. The results
for the texts seen last are kept, since a broadcast sends one text to many chats.
"""

from __future__ import annotations

import re
from functools import lru_cache

import orjson

from bot.demo.telegram.finding import find_entities
from bot.demo.telegram.links import button_link, mentioned
from bot.demo.telegram.markup import parse_html
from bot.demo.telegram.nesting import nested, with_found
from bot.demo.telegram.utf16 import length, starts
from bot.demo.telegram.values import Json, bad_request

TEXT_LIMIT = 4096  # https://core.telegram.org/bots/api#sendmessage, in UTF-16 units
CAPTION_LIMIT = 1024
ENTITIES_LIMIT = 100  # Telegram passes over the rest in silence: https://limits.tginfo.me/en
FOUND_BY_TELEGRAM = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"}
)
SIMPLE = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "blockquote", "expandable_blockquote"}
)
CLEANED = re.compile("[\x00-\x09\x0b-\x0c\x0e-\x1f]")
REMOVED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
DIRECTIONS = re.compile("[\u200e\u200f]+(?=[\u200e\u200f])")
EMPTY = re.compile(
    "[ \n\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufffc\ufeff\u00a0\U000e0000-\U000e007f]*"
)

Formatted = tuple[str, tuple[Json, ...]]


def message_text(text: str, parse_mode: str, entities: object) -> Formatted:
    """1 to 4096 units, counted after parsing."""
    if not text:
        raise bad_request("message text is empty")
    kept, found = formatted(text, parse_mode, entities)
    if not kept:
        raise bad_request("text must be non-empty")
    if length(kept) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return kept, found


def caption_text(text: str, parse_mode: str, entities: object) -> Formatted:
    """0 to 1024 units, counted after parsing."""
    if not text:
        return "", ()
    kept, found = formatted(text, parse_mode, entities)
    if length(kept) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return kept, found


def formatted(text: str, parse_mode: str, entities: object) -> Formatted:
    return _formatted(text, parse_mode.lower(), orjson.dumps(entities) if entities else b"")


@lru_cache(maxsize=512)
def _formatted(text: str, parse_mode: str, entities: bytes) -> Formatted:
    if len(text.encode("utf-8", "surrogatepass")) > 1 << 15:
        raise bad_request("text is too long")
    if parse_mode and parse_mode != "none":
        plain, given = _parsed(text, parse_mode)
    else:
        plain, given = text, _given(orjson.loads(entities) if entities else None)
    kept, fixed = fix(plain, given)
    return kept, tuple(fixed[:ENTITIES_LIMIT])


def _parsed(text: str, parse_mode: str) -> tuple[str, list[Json]]:
    if parse_mode == "html":
        return parse_html(text)
    if parse_mode in {"markdown", "markdownv2"}:
        raise bad_request("can't parse entities: the local Telegram reads parse_mode HTML and entities, not Markdown")
    raise bad_request("unsupported parse_mode")


def _given(entities: object) -> list[Json]:
    if not isinstance(entities, list):  # as Telegram: anything but an array is as good as nothing
        return []
    found = []
    for one in entities:
        entity = _entity(one)
        if entity is not None:
            found.append(entity)
    return found


def _entity(one: object) -> Json | None:
    if not isinstance(one, dict):
        raise _wrong("expected an Object")
    offset, size = _whole(one, "offset"), _whole(one, "length")
    kind = one.get("type")
    if not isinstance(kind, str) or not kind:
        raise _wrong("Type is not specified" if kind == "" else 'Can\'t find field "type"')
    if kind in FOUND_BY_TELEGRAM:
        return None  # Telegram finds these by itself and takes nobody's word for them
    entity = {"offset": offset, "length": size, "type": kind, **_argument(kind, one)}
    if offset < 0 or offset > 1_000_000:
        raise bad_request(f"receive an entity with incorrect offset {offset}")
    if size < 0 or size > 1_000_000:
        raise bad_request(f"receive an entity with incorrect length {size}")
    return entity if size else None


def _argument(kind: str, one: Json) -> Json:
    match kind:
        case "text_link":
            return _link(one)
        case "pre":
            return {"language": str(one["language"])} if one.get("language") else {}
        case "custom_emoji":
            if not str(one.get("custom_emoji_id", "")).isdigit():
                raise _wrong('Can\'t find field "custom_emoji_id"')
            return {"custom_emoji_id": str(one["custom_emoji_id"])}
        case "text_mention":
            user = one.get("user")
            if not isinstance(user, dict) or not isinstance(user.get("id"), int):
                raise _wrong('Can\'t find field "user"')
            return {"user": user}
        case "date_time":
            shape = {"date_time_format": one["date_time_format"]} if one.get("date_time_format") else {}
            return {"unix_time": _whole(one, "unix_time"), **shape}
    if kind not in SIMPLE:
        raise _wrong("Unsupported type specified")
    return {}


def _link(one: Json) -> Json:
    url = one.get("url")
    if not isinstance(url, str):
        raise _wrong('Can\'t find field "url"')
    user = mentioned(url)
    if user is not None:
        return {"type": "text_mention", "user": {"id": user}}
    return {"url": button_link(url, "entity")}


def _whole(one: Json, name: str) -> int:
    number = one.get(name)
    if isinstance(number, str) and re.fullmatch(r"-?\d+", number):
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool):
        raise _wrong(f'Can\'t find field "{name}"' if number is None else f'Field "{name}" must be a valid Number')
    return number


def _wrong(why: str) -> Exception:
    return bad_request(f"can't parse MessageEntity: {why}")


def fix(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Checks the ranges, cleans and trims as Telegram does, and adds what Telegram finds. Empty: nothing to see."""
    entities = nested([one for one in entities if one["length"] > 0])
    _check_ranges(text, entities)
    text, entities = _cleaned(text, entities)
    text, entities = _trimmed(text, entities)
    if EMPTY.fullmatch(text):
        return "", []
    return text, with_found(entities, find_entities(text))


def _check_ranges(text: str, entities: list[Json]) -> None:
    if not entities:
        return
    units = starts(text)
    begins, last = set(units), units[-1]
    for one in entities:
        offset, stop = one["offset"], one["offset"] + one["length"]
        if offset > last:
            raise bad_request(f"entity begins after the end of the text at UTF-16 offset {offset}")
        if offset not in begins:
            raise bad_request(
                f"entity begins in a middle of a UTF-16 symbol at byte offset {_bytes(text, units, offset)}"
            )
        what = f"entity beginning at UTF-16 offset {offset}"
        if stop > last:
            raise bad_request(f"{what} ends after the end of the text at UTF-16 offset {stop}")
        if stop not in begins:
            at = _bytes(text, units, stop)
            raise bad_request(f"{what} ends in a middle of a UTF-16 symbol at byte offset {at}")


def _bytes(text: str, units: list[int], offset: int) -> int:
    """The byte where the character begins that follows the unit."""
    return len(text[: next(n for n, unit in enumerate(units) if unit > offset)].encode())


def _cleaned(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Control characters become spaces; carriage returns and a few troublemakers go, and entities move along."""
    text = DIRECTIONS.sub(lambda match: "\u200c" * len(match[0]), CLEANED.sub(" ", text))
    if not REMOVED.search(text):
        return text, entities
    units = starts(text)
    gone = [units[match.start()] for match in REMOVED.finditer(text)]

    def moved(unit: int) -> int:
        return unit - sum(place < unit for place in gone)

    entities = [
        {**one, "offset": moved(one["offset"]), "length": moved(one["offset"] + one["length"]) - moved(one["offset"])}
        for one in entities
    ]
    return REMOVED.sub("", text), nested([one for one in entities if one["length"] > 0])


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """White space goes at the end, and at the beginning as far as no entity covers it."""
    text = text.rstrip(" \n")
    stop = length(text)
    entities = [{**one, "length": min(one["length"], stop - one["offset"])} for one in entities if one["offset"] < stop]
    front = len(text) - len(text.lstrip(" \n"))
    if entities:
        front = min(front, entities[0]["offset"])
    if front:
        entities = [{**one, "offset": one["offset"] - front} for one in entities]
    return text[front:], entities
