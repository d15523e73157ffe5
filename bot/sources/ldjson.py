"""ld+json: finding it in a page, and reading values that may be a string, an object or a list of either."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.identity import plain_address, same_address
from bot.sources.shape import NotReadable, Source, parse_json

Node = Mapping[str, Any]

_SCRIPT = re.compile(r"<script\b[^<>]*ld(?:\+|&#43;|&#x2b;|%2b)json[^<>]*>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_WRAPPING = re.compile(r"^\s*(?:/[/*]\s*)?(?:<!\[CDATA\[|<!--)(?:\s*\*/)?|(?:/[/*]\s*)?(?:\]\]>|-->)(?:\s*\*/)?\s*$")
_AMP = re.compile(r"/(?:google/)?amp(?=[/?]|$)|\.amp(?=\.html|$)")
_MOST_NODES = 200_000
_DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the ld+json of a source holds: LiveBlogPostings, the types beside them, and what was broken."""

    blogs: tuple[Node, ...]
    types: tuple[str, ...]
    notes: tuple[str, ...]
    places: int  # scripts in a page, 1 for a JSON file
    by_id: Mapping[str, Node]


def scripts_in(text: str) -> Iterator[str]:
    """The ld+json scripts of a page in order, those inside comments left out."""
    place = 0
    while found := _SCRIPT.search(text, place):
        ending = _SCRIPT_END.search(text, found.end())
        end = ending.start() if ending else len(text)
        if not _is_commented(text, found.start(), place):
            yield text[found.end() : end]
        place = end


def _is_commented(text: str, start: int, since: int) -> bool:
    opened = text.rfind("<!--", since, start)
    return opened >= 0 and text.find("-->", opened, start) < 0 and "</script" not in text[opened:start].lower()


def find_blogs(source: Source) -> Found:
    """Every LiveBlogPosting of a source. A broken script beside good ones is noted, not fatal.

    Raises `NotReadable` for a broken JSON file.
    """
    documents: list[Any] = []
    notes: list[str] = []
    whole = source.json
    scripts = [] if whole is not None else list(scripts_in(source.text))
    for number, script in enumerate(scripts, 1):
        try:
            documents.append(parse_json(_unwrapped(script)))
        except NotReadable as fault:
            notes.append(f"ld+json script {number} of {len(scripts)} passed over: {fault}")
    nodes = list(_nodes(documents if whole is None else whole))
    return Found(
        blogs=tuple(node for node in nodes if is_blog(node)),
        types=tuple(dict.fromkeys(name for node in nodes for name in types_of(node))),
        notes=tuple(notes),
        places=len(scripts) if whole is None else 1,
        by_id={node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 2},
    )


def _unwrapped(script: str) -> str:
    """A script without the comment or CDATA section that some publishers put around it."""
    script = script.strip("\ufeff \t\r\n")
    return script if script.startswith(("{", "[")) else _WRAPPING.sub("", script)


def _nodes(document: Any) -> Iterator[Node]:
    """Objects in document order, however deep; a blog's posts are not searched for more blogs."""
    waiting = [document]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, Mapping):
            yield value
            within = [inner for name, inner in value.items() if name != "liveBlogUpdate"]
            waiting += [inner for inner in reversed(within) if isinstance(inner, Mapping | list)]
        elif isinstance(value, list):
            waiting += [inner for inner in reversed(value) if isinstance(inner, Mapping | list)]


def types_of(node: Node) -> tuple[str, ...]:
    """The types of an object, without their vocabulary; some publishers write `type` for `@type`."""
    names = [name for value in (node.get("@type"), node.get("type")) for name in strings(value)]
    return tuple(re.split(r"[/:#]", name)[-1] for name in names)


def is_blog(node: Node) -> bool:
    return "LiveBlogPosting" in types_of(node) or "liveBlogUpdate" in node


def variants(blogs: tuple[Node, ...], page_url: str) -> list[Node]:
    """The blog of this page: of several, the one with the page's address, else the one with most posts.

    Its AMP variant comes with it, after it.
    """
    groups: dict[str, list[Node]] = {}
    for blog in blogs:
        groups.setdefault(_variant(address_of(blog) or page_url), []).append(blog)
    best = max(groups.items(), key=lambda group: (same_address(group[0], _variant(page_url)), _posts_in(group[1])))
    return sorted(best[1], key=lambda blog: bool(_AMP.search(address_of(blog) or "")))


def _variant(url: str) -> str:
    return _AMP.sub("", plain_address(url)).rstrip("/")


def _posts_in(blogs: list[Node]) -> int:
    return max(len(listed(blog.get("liveBlogUpdate"))) for blog in blogs)


def address_of(node: Node) -> str | None:
    """An object's own address: `url`, else the page it is the main entity of, else an `@id` that is an address."""
    for value in (node.get("url"), node.get("mainEntityOfPage"), node.get("@id")):
        address = next(iter(strings(value)), "").strip()
        if re.match(r"https?://", address, re.IGNORECASE):
            return address
    return None


def listed(value: Any) -> list[Node]:
    """The objects in a value that may be one, a list, a list of lists, or an ItemList."""
    found: list[Node] = []
    waiting = [value]
    while waiting and len(found) < _MOST_NODES:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, Mapping):
            inner = one.get("itemListElement") or one.get("@list") or one.get("item")
            if inner is not None and "articleBody" not in one:
                waiting.append(inner)
            else:
                found.append(one)
    return found


def strings(value: Any, names: tuple[str, ...] = ("name", "url", "@id", "@value"), depth: int = 0) -> Iterator[str]:
    """The strings in a value: itself, those of a list, or the first of `names` that an object has."""
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from strings(one, names, depth + 1)
    elif isinstance(value, Mapping):
        inner = next((value[name] for name in names if value.get(name)), None)
        yield from strings(inner, names, depth + 1)


_TEXTS = ("@value", "articleBody", "text", "value", "description", "headline", "name")


def text_in(value: Any) -> str:
    """The text in a value; pieces of a list are paragraphs."""
    return "\n\n".join(strings(value, _TEXTS))
