"""A page as a publisher might have broken it: values of other types, mark-up out of order, bytes that are none.

One grammar for the property tests and for the fuzzer; all chance comes from the `Random` that is handed in.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 10**30, 1e308, float("nan"), "", " ", [], {}, [[7]], {"a": {}}),
    *("\ud800", "\x00\x1b[0m", "\u202eevil", "\u2028", "a" * 5000, "<b>x", "<script>x</script>", "&amp;lt;p&amp;gt;"),
    *(
        "http://[",
        "javascript:alert(1)",
        "data:text/html,x",
        "//10.0.0.1/x.png",
        "HTTPS://EXAMPLE.org:99999/",
        "#",
        "?",
    ),
    *("0000-00-00T00:00:00Z", "99999-01-01", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "4m ago"),
    *(-(10**15), 99_999_999_999_999, "1772618400000", "2026-03-04T10:00:00", "24:00 p.m. ET, July 99, 2023"),
    *({"@id": "#1"}, {"@value": ["x"]}, [None, "x", {"name": 7}], {"@type": "LiveBlogPosting"}),
)
"""What stands in the place of a value."""

PIECES = (
    *("<!DOCTYPE rss [", "<!ENTITY a 'b'>", "&a;", "]]>", "<![CDATA[", "<!--", "-->", "</script>", "<script>", "<?xml"),
    *("[", "]", "{", "}", ",", ":", '"', "\\", "\\ud800", "\x00", "&#0;", "&#xd800;", "&#x110000;", "\ud7ff", "\ufffd"),
    *(
        "<item>",
        "</item>",
        "<entry>",
        "<guid>",
        "<id>",
        "<at:deleted-entry ref='x' when='y'/>",
        "<title/>",
        "<plaintext>",
    ),
    *(
        "<div>" * 40,
        "</div>" * 40,
        "<p",
        "<table><tr>",
        "<svg><style>",
        "<template>",
        "<frameset>",
        "<noscript>",
        "<pre>\n",
    ),
    *("4m ago\n", "\n\n", "99:99 p.m. ET, July 99, 2023\n\n", "3 Posts\n", "\u202e", "é", "👍🏽", "🇺🇦", "e\u0301" * 30),
    *(
        '"url":"http://[::1"',
        '"@id":"\\ud800"',
        '"liveBlogUpdate":',
        '"@graph":[',
        "1e999",
        "-0",
        "NaN",
        "itemprop=url",
    ),
)
"""What comes in between."""

_TOKENS = re.compile(r"<[^<>]*>|[^<]+|<")
_ATTRIBUTE = re.compile(r"=(\"[^\"]*\"|'[^']*'|[^\s>\"']+)")
_SCRIPT = re.compile(r"(<script[^>]*>)(.*?)(</script>)", re.DOTALL)


def mutated(body: bytes, rng: Random, *, times: int = 4) -> bytes:
    """The same page with one to `times` things wrong."""
    for _ in range(rng.randint(1, times)):
        body = rng.choice(_WAYS)(body, rng)
    return body


def _in_text(way: Callable[[str, Random], str]) -> Callable[[bytes, Random], bytes]:
    def changed(body: bytes, rng: Random) -> bytes:
        return way(body.decode("utf-8", "replace"), rng).encode("utf-8", "replace")

    return changed


def _json(text: str, rng: Random) -> str:
    """A value of the JSON that the page is, or that one of its scripts holds."""
    whole = _parsed(text)
    if whole is not None:
        return _written(wrong(whole, rng), rng)
    scripts = [found for found in _SCRIPT.finditer(text) if _parsed(found[2]) is not None]
    if not scripts:
        return _marked_up(text, rng)
    found = rng.choice(scripts)
    return text[: found.start(2)] + _written(wrong(_parsed(found[2]), rng), rng) + text[found.end(2) :]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _written(value: Any, rng: Random) -> str:
    written = json.dumps(value, ensure_ascii=rng.random() < 0.7)
    if rng.random() < 0.1:  # a key that is there twice
        written = re.sub(r'\{("[^"\\]*"): ', r"{\1: 7, \1: ", written, count=1)
    return written


def wrong(document: Any, rng: Random) -> Any:
    """The same JSON with one value, however deep, another, gone, twice, elsewhere or in a list of its own."""
    whole = [copy.deepcopy(document)]
    holder, place = _place(whole, rng)
    match rng.randrange(6):
        case 0:
            del holder[place]
        case 1:
            holder[place] = [holder[place]]
        case 2:
            _shuffle(holder[place], rng)
        case 3:
            other, there = _place(whole, rng)
            holder[place] = copy.deepcopy(other[there])
        case _:
            holder[place] = copy.deepcopy(rng.choice(VALUES))
    return whole[0] if whole else None


def _place(whole: list[Any], rng: Random) -> tuple[Any, Any]:
    holder: Any = whole
    place: Any = 0
    while isinstance(holder[place], dict | list) and holder[place] and rng.random() < 0.85:
        holder = holder[place]
        place = rng.choice(sorted(holder, key=str)) if isinstance(holder, dict) else rng.randrange(len(holder))
    return holder, place


def _shuffle(value: Any, rng: Random) -> None:
    if isinstance(value, list):
        rng.shuffle(value)
        value += copy.deepcopy(value[: rng.randint(0, 2)])
    elif isinstance(value, dict):
        names = list(value)
        if len(names) > 1:
            one, other = rng.sample(names, 2)
            value[one], value[other] = value[other], value[one]


def _marked_up(text: str, rng: Random) -> str:
    """Tags and texts out of their order, twice, gone, or with something between them."""
    tokens = _TOKENS.findall(text) or [""]
    at, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    match rng.randrange(5):
        case 0:
            tokens[at : at + rng.randint(1, 8)] = []
        case 1:
            tokens[other:other] = tokens[at : at + rng.randint(1, 30)]
        case 2:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        case 3:
            tokens.insert(at, rng.choice(PIECES))
        case _:
            tokens[at] = _with_another_value(tokens[at], rng)
    return "".join(tokens)


def _with_another_value(token: str, rng: Random) -> str:
    value = str(rng.choice(VALUES)).replace('"', "")
    if not token.startswith("<"):
        return value
    found = [*_ATTRIBUTE.finditer(token)]
    if not found:
        return token.replace(">", f' id="{value}">', 1)
    one = rng.choice(found)
    return f'{token[: one.start()]}="{value}"{token[one.end() :]}'


def _bytes(body: bytes, rng: Random) -> bytes:
    """Bytes changed, cut off, or written in another encoding than the page says."""
    raw = bytearray(body)
    match rng.randrange(4):
        case 0 if raw:
            for _ in range(rng.randint(1, 6)):
                raw[rng.randrange(len(raw))] = rng.randrange(256)
        case 1:
            del raw[rng.randint(0, len(raw)) :]
        case 2:
            at = rng.randint(0, len(raw))
            raw[at:at] = rng.choice(
                (b"\xff\xfe", b"\x00", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88", b"\xe2\x80", b"\x1b")
            )
        case _:
            encoding = rng.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "shift_jis", "koi8-u"))
            return body.decode("utf-8", "replace").encode(encoding, "replace")
    return bytes(raw)


_WAYS = (_in_text(_json), _in_text(_json), _in_text(_marked_up), _in_text(_marked_up), _bytes)
