"""Mark-up and text: the one place where HTML becomes what a person reads.

Two kinds of input come in. HTML (`text_of_html`) is parsed as browsers do. Plain-text fields that publishers fill with
a little HTML anyway (`text_of_plain`) count only known HTML elements as mark-up: `<reopens>` and `a < b` stay.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container
from html import unescape
from html.entities import html5

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.remembering import remembered
from bot.core.rich import Rich
from bot.core.walk import BLOCKS, DROPPED, LINES, Walk, names

_INLINE = names(
    """a abbr acronym area b base basefont bdi bdo big blink br button cite code col colgroup data datalist del dfn em
    embed font i img input ins kbd label link map mark marquee meta meter nobr optgroup option
    output param picture progress q rb rp rt rtc ruby s samp slot small source span strike strong sub sup td th time
    track tt u var wbr"""
)
ELEMENTS = BLOCKS | DROPPED | LINES | _INLINE
"""The elements of HTML, current and obsolete (WHATWG HTML, "Index of elements" and "Obsolete features"), but for
frames, which would replace all other text."""

_BARE_ATTRIBUTES = names(
    """allowfullscreen async autofocus autoplay checked compact controls default defer disabled download hidden inert
    ismap itemscope loop multiple muted nohref nomodule noshade novalidate nowrap open playsinline readonly required
    reversed selected"""
)
# A `<` inside an attribute ends the attempt, so that a page full of `<p "` costs no more than its length.
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)((?:[\s/](?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*)?)>")
_END = re.compile(r"</([a-zA-Z][a-zA-Z0-9-]*)\s*>")
_ATTRIBUTE = re.compile(r"[^\s=/\"'<>]+(\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))?")
_REFERENCE = re.compile(r"&(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[a-zA-Z][a-zA-Z0-9]{1,40});")
_BARE_AMPERSAND = re.compile(rf"&(?!{_REFERENCE.pattern[1:]})")
_DOCTYPE = re.compile(r"<!doctype[^<>]*>", re.IGNORECASE)
_BREAKING = re.compile(rf"</?(?:br|{'|'.join(sorted(BLOCKS | LINES))})[\s/>]", re.IGNORECASE)
_DEEPEST = 2_000  # blocks in blocks; beyond it the parser's time grows with the square of the depth
# Elements that a parser opens anew in every paragraph after the one they were left open in (WHATWG, "The list of
# active formatting elements"; `a` and `nobr` end one another): many of them make a page of 64 KB a tree of gigabytes.
_FORMATS = "b|big|code|em|font|i|s|small|strike|strong|tt|u"
_FORMATTING = re.compile(rf"<(/?)({_FORMATS})([\s/>][^<>]{{0,200}})", re.IGNORECASE)
_FORMATTING_TAG = re.compile(rf"</?(?:{_FORMATS})\b[^<>]*>", re.IGNORECASE)
_MOST_LEFT_OPEN = 16
_EQUALS = 3  # of elements with the same attributes no more are opened anew
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(BLOCKS | LINES))})\b[^<>]*>", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n ][^\S\n]*| [^\S\n]+")
_AROUND_BREAKS = re.compile(r" ?\n ?")
_BULLET_ALONE = re.compile(r"•\n+")
_MANY_BREAKS = re.compile(r"\n{3,}")
_UNSEEN = re.compile("[\x00-\x08\x0d-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def escape_unknown(text: str) -> str:
    """The same text as HTML in which only known elements are left as mark-up; every other `<` is a character.

    Custom elements (a name with a hyphen) and those that swallow what follows them count where the text closes them.
    """
    if "<" not in text:
        return text
    text = _DOCTYPE.sub("", _without_comments(text))
    closed = frozenset(name.lower() for name in _END.findall(text))
    parts: list[str] = []
    done = 0
    for found in _TAG.finditer(text):
        if _is_tag(found, closed):
            parts += (text[done : found.start()].replace("<", "&lt;"), found[0])
            done = found.end()
    parts.append(text[done:].replace("<", "&lt;"))
    return "".join(parts)


def _without_comments(text: str) -> str:
    """By hand, because a pattern looks for the end of every comment anew where none of them ends."""
    kept, place = [], 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[place:start])
        place = end + 3
    return "".join([*kept, text[place:]])


def _is_tag(found: re.Match[str], closed: frozenset[str]) -> bool:
    """Whether `<word …>` is an HTML tag: a known element, and what follows are attributes rather than words."""
    name, rest = found[1].lower(), found[2].strip(" \t\r\n\f/")
    if "-" in name or name in DROPPED:
        return name in closed
    if name not in ELEMENTS:
        return False
    return all(one[1] or one[0].lower() in _BARE_ATTRIBUTES for one in _ATTRIBUTE.finditer(rest))


def decode(text: str) -> str:
    """Character references decoded once. Without its `;` nothing is a reference: `?a=1&copy=2` stays."""
    if "&" not in text:
        return text
    return _REFERENCE.sub(lambda found: unescape(found[0]) if _is_reference(found[1]) else found[0], text)


def _is_reference(name: str) -> bool:
    return name.startswith("#") or f"{name};" in html5


def rich_of_html(html: str, base: str = "") -> Rich:
    """HTML as text with its formatting: paragraphs parted by an empty line, scripts and styles left out.

    Entities are decoded once, by the parser. Without a `base`, only links that are absolute are links.
    """
    if "<" not in html:
        return Rich(tidy(decode(html)))
    if is_too_deep(html):
        html = _FORMATTING_TAG.sub("", _BLOCK_TAG.sub("<br>", html))
    root = LexborHTMLParser(_LONE_SURROGATES.sub("\ufffd", html)).body
    return rich_of_node(root, base) if root is not None else Rich()


def rich_of_node(root: LexborNode, base: str = "", without: Container[int] = ()) -> Rich:
    """An element of a parsed page. `without` has the `mem_id`s of elements below it that are no text."""
    rich = Walk(base, without).over(root)
    return rich.like(tidy(rich.text)) if _UNSEEN.search(rich.text) else rich


def text_of_html(html: str) -> str:
    """HTML as plain text."""
    return rich_of_html(html).text


def text_of_node(root: LexborNode, without: Container[int] = ()) -> str:
    """An element of a parsed page as plain text."""
    return rich_of_node(root, "", without).text


def is_too_deep(html: str) -> bool:
    """Whether blocks nest so deeply, or so much bold is left open, that parsing takes more than its share of time."""
    if html.count("<") >= _MOST_LEFT_OPEN and _leaves_open(html):
        return True
    if html.count("<") < _DEEPEST:
        return False
    depth = deepest = 0
    for found in _BLOCK_TAG.finditer(html):
        depth = max(0, depth - 1) if found[0][1] == "/" else depth + 1
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _leaves_open(html: str) -> bool:
    """Whether more formatting elements are open at once than any page has on purpose; of equal ones three count."""
    opened: defaultdict[str, list[str]] = defaultdict(list)
    for end, name, attributes in _FORMATTING.findall(html):
        standing = opened[name.lower()]
        if end:
            del standing[-1:]
        elif standing.count(attributes) < _EQUALS:
            standing.append(attributes)
            if len(standing) > _MOST_LEFT_OPEN or sum(map(len, opened.values())) > _MOST_LEFT_OPEN:
                return True
    return False


@remembered
def rich_of_plain(text: str, base: str = "", *, escaped_twice: bool = False) -> Rich:
    """A plain-text field as a person reads it; line breaks are kept. `escaped_twice`: its publisher is known to."""
    if escaped_twice:
        text = decode(text)
    if "<" not in text:
        return Rich(tidy(decode(text)))
    marked = _BARE_AMPERSAND.sub("&amp;", escape_unknown(text))
    if "<" in marked and not _BREAKING.search(marked):
        marked = marked.replace("\n", "<br>")
    return rich_of_html(marked, base)


def text_of_plain(text: str, *, escaped_twice: bool = False) -> str:
    """The same as plain text."""
    return rich_of_plain(text, escaped_twice=escaped_twice).text


def tidy(text: str) -> str:
    """One space between words, none around line breaks, at most one empty line; no control characters."""
    if _UNSEEN.search(text):
        text = _UNSEEN.sub("", _LONE_SURROGATES.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")))
    text = _SPACES.sub(" ", text)
    if "\n" in text:
        text = _MANY_BREAKS.sub("\n\n", _BULLET_ALONE.sub("• ", _AROUND_BREAKS.sub("\n", text)))
    return text.strip()
