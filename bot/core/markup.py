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


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS = _names(
    """address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend main menu nav ol p pre search section summary table tbody
    tfoot thead ul"""
)
_DROPPED = _names(
    """audio canvas head iframe math noscript object script select style svg template textarea title video"""
)
_LINES = frozenset(("li", "tr"))
_INLINE = _names(
    """a abbr acronym area b base basefont bdi bdo big blink br button cite code col colgroup data datalist del dfn em
    embed font i img input ins kbd label link map mark marquee meta meter nobr optgroup option
    output param picture progress q rb rp rt rtc ruby s samp slot small source span strike strong sub sup td th time
    track tt u var wbr"""
)
ELEMENTS = _BLOCKS | _DROPPED | _LINES | _INLINE
"""The elements of HTML, current and obsolete (WHATWG HTML, "Index of elements" and "Obsolete features"), but for
frames, which would replace all other text."""

_BARE_ATTRIBUTES = _names(
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
_BREAKING = re.compile(rf"</?(?:br|{'|'.join(sorted(_BLOCKS | _LINES))})[\s/>]", re.IGNORECASE)
_DEEPEST = 2_000  # blocks in blocks; beyond it the parser's time grows with the square of the depth
# Elements that a parser opens anew in every paragraph after the one they were left open in (WHATWG, "The list of
# active formatting elements"; `a` and `nobr` end one another): many of them make a page of 64 KB a tree of gigabytes.
_FORMATS = "b|big|code|em|font|i|s|small|strike|strong|tt|u"
_FORMATTING = re.compile(rf"<(/?)({_FORMATS})([\s/>][^<>]{{0,200}})", re.IGNORECASE)
_FORMATTING_TAG = re.compile(rf"</?(?:{_FORMATS})\b[^<>]*>", re.IGNORECASE)
_MOST_LEFT_OPEN = 16
_EQUALS = 3  # of elements with the same attributes no more are opened anew
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_BLOCKS | _LINES))})\b[^<>]*>", re.IGNORECASE)
# Runs of white space but for a single plain space, which stays as it is: most text needs nothing replaced.
_WHITE = re.compile(r"[^\S ]\s*| \s+")
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
    if "-" in name or name in _DROPPED:
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


def text_of_html(html: str) -> str:
    """HTML as plain text: paragraphs parted by an empty line, `•` before list elements, scripts and styles left out.

    Entities are decoded once, by the parser.
    """
    if "<" not in html:
        return tidy(decode(html))
    if is_too_deep(html):
        html = _FORMATTING_TAG.sub("", _BLOCK_TAG.sub("<br>", html))
    root = LexborHTMLParser(_LONE_SURROGATES.sub("\ufffd", html)).body
    return tidy("".join(_pieces(root))) if root is not None else ""


def text_of_node(root: LexborNode, without: Container[int] = ()) -> str:
    """An element of a parsed page as plain text. `without` has the `mem_id`s of elements below it that are no text."""
    return tidy("".join(_pieces(root, without)))


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
def text_of_plain(text: str, *, escaped_twice: bool = False) -> str:
    """A plain-text field as a person reads it; line breaks are kept. `escaped_twice`: its publisher is known to."""
    if escaped_twice:
        text = decode(text)
    if "<" not in text:
        return tidy(decode(text))
    marked = _BARE_AMPERSAND.sub("&amp;", escape_unknown(text))
    if "<" in marked and not _BREAKING.search(marked):
        marked = marked.replace("\n", "<br>")
    return text_of_html(marked)


def tidy(text: str) -> str:
    """One space between words, none around line breaks, at most one empty line; no control characters."""
    if _UNSEEN.search(text):
        text = _UNSEEN.sub("", _LONE_SURROGATES.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")))
    text = _SPACES.sub(" ", text)
    if "\n" in text:
        text = _MANY_BREAKS.sub("\n\n", _BULLET_ALONE.sub("• ", _AROUND_BREAKS.sub("\n", text)))
    return text.strip()


def _pieces(root: LexborNode, without: Container[int] = ()) -> list[str]:
    """The text below a node in order, with the breaks its elements make. Without recursion, for pages nest deeply."""
    pieces: list[str] = []
    waiting: list[LexborNode | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node.tag == "-text":
            pieces.append(_text(node))
        elif node.tag not in _DROPPED and node.mem_id not in without:
            before, after = _breaks(node.tag or "")
            pieces.append(before)
            waiting.append(after)
            waiting += reversed(list(node.iter(include_text=True)))
    return pieces


def _text(node: LexborNode) -> str:
    text = node.text_content or ""
    return text if node.parent is not None and node.parent.tag == "pre" else _WHITE.sub(" ", text)


def _breaks(tag: str) -> tuple[str, str]:
    """What stands before and after an element of this name."""
    if tag in _BLOCKS:
        return "\n\n", "\n\n"
    return {"br": ("\n", ""), "li": ("\n• ", ""), "tr": ("\n", ""), "td": ("", " "), "th": ("", " ")}.get(tag, ("", ""))
