"""From parsed HTML to text with its formatting: one way through the elements, in their order, without recursion.

Every word that a reader of the page sees is kept. Scripts, styles and players are no text; a player leaves its address
behind as an embed, and what stands below a picture goes with the picture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field, replace

from selectolax.lexbor import LexborNode

from bot.core import embeds, tables
from bot.core.addresses import absolute
from bot.core.captions import credit_in
from bot.core.model import Embed, Image
from bot.core.rich import Mark, Rich


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


BLOCKS = names(
    """address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend main menu nav ol p pre search section summary table tbody
    tfoot thead ul"""
)
DROPPED = names(
    """audio canvas head iframe math noscript object script select style svg template textarea title video"""
)
LINES = frozenset(("li", "tr"))

_MARKS = {
    **dict.fromkeys(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "caption", "summary"), "bold"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    "pre": "pre",
    "blockquote": "blockquote",
}
_FIXED = frozenset(("pre", "code"))  # no other formatting inside
_CLOSE = {"li": 1, "tr": 1, "dt": 1, "dd": 1}
_GAPS = {**dict.fromkeys(BLOCKS, 2), **_CLOSE, "tbody": 1, "thead": 1, "tfoot": 1}
_BULLETS = ("• ", "◦ ", "▪ ")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_IMAGE_ADDRESSES = ("src", "data-src", "data-url", "data-original")
_NO_PICTURES = ("emoji", "smiley", "avatar")
_CAPTION = ".wp-caption-text"
_MOST_MARKS = 1_000
_MOST_EMBEDS = 20
_LONG_QUOTE = 500  # characters; a longer one is folded until a reader opens it
_DEEPEST_TABLE = 8  # tables in tables; what is deeper is there for the layout
_DEEPEST_FIGURE = 4
_WIDEST_SPAN = 20


@dataclass(slots=True)
class _Run:
    """Formatting that has begun. It starts at the next word, for the white space before that is none of it."""

    type: str
    url: str | None = None
    start: int = -1
    stop: int = -1


@dataclass(slots=True)
class _End:
    """What is to be done where an element ends."""

    gap: int = 0
    run: _Run | None = None
    then: Callable[[], None] | None = None


@dataclass(slots=True)
class _List:
    number: int | None = None  # of the element to come; None: bullets
    step: int = 1
    label: str = ""  # of the element it is in now
    begun: bool = False


@dataclass(slots=True)
class _Caption:
    """A picture's words; `alt` stands in where the page shows none."""

    url: str
    alt: str | None
    caption: str | None = None
    credit: str | None = None


@dataclass(slots=True)
class Walk:
    """One way through a part of a page. `base` makes addresses absolute; `without` has `mem_id`s that are no text."""

    base: str = ""
    without: Container[int] = ()
    depth: int = 0

    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _breaks: int = 0  # line breaks that stand before the next word
    _space: bool = False
    _prefix: str = ""  # a list element's bullet, which comes with its first word
    _fresh: list[_Run] = field(default_factory=list)
    _runs: list[_Run] = field(default_factory=list)
    _open: set[str] = field(default_factory=set)
    _verbatim: int = 0
    _lists: list[_List] = field(default_factory=list)
    _figures: int = 0
    _captioned: set[int] = field(default_factory=set)
    _images: list[_Caption] = field(default_factory=list)
    _embeds: dict[str, Embed] = field(default_factory=dict)

    def over(self, root: LexborNode) -> Rich:
        """The element and all that is in it."""
        waiting: list[LexborNode | _End] = [root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, _End):
                self._close(node)
                continue
            tag = node.tag
            if tag == "-text":
                self._say(node.text_content or "")
            elif not self.without or node.mem_id not in self.without:
                end = self._enter(node, tag or "")
                if end is not None:
                    if end is not _NOTHING:
                        waiting.append(end)
                    waiting += reversed(list(node.iter(include_text=True)))
        return self._whole()

    # --- words ---

    def _say(self, text: str) -> None:
        if self._verbatim:
            self._say_as_it_is(text)
            return
        words = " ".join(text.split())
        if not words:
            self._space = self._space or bool(text)
            return
        if text[0].isspace():
            self._space = True
        self._put(words)
        self._space = text[-1].isspace()

    def _say_as_it_is(self, text: str) -> None:
        """Preformatted: spaces and line breaks count."""
        text = _LINE_ENDS.sub("\n", text).expandtabs(4)
        words = text.strip("\n")
        self._breaks = min(2, self._breaks + len(text) - len(text.lstrip("\n")))
        if not words.strip():
            self._space = self._space or bool(words)
            return
        self._put(words)
        self._breaks = min(2, len(text) - len(text.rstrip("\n")))

    def _put(self, words: str) -> None:
        """Words, after the white space that waits before them, with which new formatting begins."""
        if self._length and (self._breaks or self._space):
            self._add("\n" * self._breaks if self._breaks and self._parts[-1][-1] != "•" else " ")
        if self._fresh or self._prefix:
            self._begin()
        self._parts.append(words)
        self._length += len(words)
        self._breaks = 0
        self._space = False

    def _begin(self) -> None:
        """Quotes begin with the bullet of a list, what is inside a line after it."""
        quotes = [run for run in self._fresh if run.type == "blockquote"]
        for run in quotes:
            run.start = self._length
        if self._prefix:
            self._add(self._prefix)
            self._prefix = ""
        for run in self._fresh:
            if run.start < 0:
                run.start = self._length
        self._fresh.clear()

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _break(self, count: int) -> None:
        if count > self._breaks and not self._prefix:
            self._breaks = count

    def _insert(self, rich: Rich) -> None:
        """Text that was made by a way of its own."""
        if rich.text:
            self._put(rich.text)
            start = self._length - len(rich.text)
            for one in rich.marks[: _MOST_MARKS - len(self._runs)]:
                if one.type not in self._open:
                    self._runs.append(_Run(one.type, one.url, one.start + start, one.stop + start))
        self._images += [_Caption(one.url, None, one.caption, one.credit) for one in rich.images]
        for embed in rich.embeds:
            self._keep(embed)

    # --- elements ---

    def _enter(self, node: LexborNode, tag: str) -> _End | None:
        """Begins an element. None: nothing in it is left to be read; `_NOTHING`: its end is nothing special."""
        special = _SPECIAL.get(tag)
        if special is not None:
            return special(self, node, tag)
        gap = _GAPS.get(tag, 0)
        if gap:
            self._break(gap)
        type_ = _MARKS.get(tag)
        run = self._mark(type_) if type_ is not None else None
        return _End(gap, run) if gap or run is not None else _NOTHING

    def _mark(self, type_: str, url: str | None = None) -> _Run | None:
        if type_ in self._open or self._open & _FIXED or len(self._runs) >= _MOST_MARKS:
            return None
        run = _Run(type_, url)
        self._open.add(type_)
        self._fresh.append(run)
        self._runs.append(run)
        return run

    def _close(self, end: _End) -> None:
        if end.gap:
            self._break(end.gap)
        if end.run is not None:
            end.run.stop = self._length
            self._open.discard(end.run.type)
            if end.run.start < 0:
                self._fresh.remove(end.run)
        if end.then is not None:
            end.then()

    def _drop(self, node: LexborNode, tag: str) -> _End | None:
        return None

    def _line_break(self, node: LexborNode, tag: str) -> _End | None:
        self._breaks = min(2, self._breaks + 1) if not self._prefix else self._breaks
        return None

    def _link(self, node: LexborNode, tag: str) -> _End | None:
        url = absolute(node.attributes.get("href"), self.base)
        run = self._mark("text_link", url) if url else None
        return _End(0, run) if run is not None else _NOTHING

    def _quote(self, node: LexborNode, tag: str) -> _End | None:
        self._posts_of_others(node)
        self._break(2)
        return _End(2, self._mark("blockquote"))

    def _box(self, node: LexborNode, tag: str) -> _End | None:
        self._break(2)
        class_ = node.attributes.get("class")
        if class_ and "wp-caption" in class_.split():
            return self._figure(node, tag)
        if class_ and "fb-" in class_:
            self._posts_of_others(node)
        return _BLOCK

    def _preformatted(self, node: LexborNode, tag: str) -> _End | None:
        self._break(2)
        self._verbatim += 1
        return _End(2, self._mark("pre"), self._no_longer_verbatim)

    def _no_longer_verbatim(self) -> None:
        self._verbatim -= 1

    def _cell(self, node: LexborNode, tag: str) -> _End | None:
        """A cell of no table that is one."""
        return _End(0, None, self._space_after)

    def _space_after(self) -> None:
        self._space = True

    # --- lists ---

    def _list(self, node: LexborNode, tag: str) -> _End | None:
        self._break(1 if self._lists else 2)
        number, step = None, 1
        if tag == "ol":
            marks = node.attributes
            backwards = "reversed" in marks
            count = sum(one.tag == "li" for one in node.iter()) if backwards else 1
            number, step = _number(marks.get("start"), count), -1 if backwards else 1
        self._lists.append(_List(number, step))
        return _End(1 if len(self._lists) > 1 else 2, None, self._end_list)

    def _end_list(self) -> None:
        self._lists.pop()
        self._no_prefix()

    def _point(self, node: LexborNode, tag: str) -> _End | None:
        """A list element. It begins a line, whatever gaps the one before it left."""
        around = self._lists[-1] if self._lists else _List()
        self._no_prefix()
        self._breaks = 1 if around.begun else max(self._breaks, 1)
        around.begun = True
        if around.number is None:
            depth = sum(one.number is None for one in self._lists) or 1
            self._prefix = _BULLETS[min(depth, len(_BULLETS)) - 1]
        else:
            around.number = _number(node.attributes.get("value"), around.number)
            outer = self._lists[-2].label if len(self._lists) > 1 else ""
            around.label = f"{outer}{around.number}." if len(outer) < 12 else f"{around.number}."
            around.number += around.step
            self._prefix = f"{around.label} "
        return _End(1, None, self._no_prefix)

    def _no_prefix(self) -> None:
        self._prefix = ""

    # --- pictures and embeds ---

    def _picture(self, node: LexborNode, tag: str) -> _End | None:
        found = _picture_of(node, self.base)
        if found is not None:
            self._images.append(_Caption(*found))
        return _NOTHING if tag == "amp-img" else None

    def _without_script(self, node: LexborNode, tag: str) -> _End | None:
        """Pictures that a script would load stand here once more as they are."""
        for one in node.css("img"):
            self._picture(one, "img")
        return None

    def _figure(self, node: LexborNode, tag: str) -> _End | None:
        """A figure with a picture: what stands below it goes with the picture."""
        self._break(2)
        first = node.css_first("img, amp-img") if self._figures < _DEEPEST_FIGURE else None
        if first is None or _picture_of(first, self.base) is None:
            return _BLOCK
        caption = node.css_first(f"figcaption, {_CAPTION}")
        if caption is None or caption.mem_id in self._captioned or caption.css_first("img, amp-img") is not None:
            return _BLOCK
        self._figures += 1
        self._captioned.add(caption.mem_id)
        start = len(self._images)
        return _End(2, None, lambda: self._caption(caption, start))

    def _caption(self, node: LexborNode, start: int) -> None:
        self._figures -= 1
        caption, credit = caption_of(node)
        for one in self._images[start:]:
            if one.caption is None and one.credit is None:
                one.caption, one.credit = caption, credit

    def _below(self, node: LexborNode, tag: str) -> _End | None:
        """What stands below something: a picture's words are said with it, others are text."""
        if node.mem_id in self._captioned:
            return None
        self._break(2)
        return _BLOCK

    def _paragraph(self, node: LexborNode, tag: str) -> _End | None:
        if self._captioned and node.mem_id in self._captioned:
            return None
        self._break(2)
        return _BLOCK

    def _embed(self, node: LexborNode, tag: str) -> _End | None:
        inner = node.css_first("source[src]") if tag in ("video", "audio", "amp-video", "amp-audio") else None
        source = inner.attributes.get("src") if inner is not None else None
        found = embeds.of_element(tag, node.attributes, self.base, source)
        if found is not None:
            self._keep(found)
        if tag in DROPPED:
            return None
        self._break(2)
        return _BLOCK

    def _posts_of_others(self, node: LexborNode) -> None:
        marks = node.attributes
        if not marks.get("class"):
            return
        found = embeds.of_quote(
            marks, self.base, lambda: list(_links(node, self.base)), lambda: node.text(separator=" ")
        )
        if found is not None:
            self._keep(found)

    def _keep(self, embed: Embed) -> None:
        if len(self._embeds) < _MOST_EMBEDS:
            self._embeds.setdefault(embed.url, embed)

    # --- tables ---

    def _table(self, node: LexborNode, tag: str) -> _End | None:
        self._break(2)
        if self.depth >= _DEEPEST_TABLE:
            return _BLOCK
        rows = [self._row(row) for row in _rows(node)]
        for caption in (one for one in node.iter() if one.tag == "caption"):
            self._insert(self._inside(caption))
            self._break(1)
        if tables.is_layout(rows):
            for cell in (cell for row in rows for cell in row.cells):
                self._break(2)
                self._insert(cell)
        else:
            self._insert(tables.written(_filled(rows)))
        self._break(2)
        return None

    def _row(self, row: LexborNode) -> _Cells:
        cells = [one for one in row.iter() if one.tag in ("td", "th")]
        is_heading = bool(cells) and all(one.tag == "th" for one in cells)
        spans = [(_span(one, "colspan"), _span(one, "rowspan")) for one in cells]
        return _Cells(cells=tuple(self._inside(one) for one in cells), is_heading=is_heading, spans=tuple(spans))

    def _inside(self, node: LexborNode) -> Rich:
        walk = Walk(self.base, self.without, self.depth + 1)
        return walk.over(node)

    # --- the end ---

    def _whole(self) -> Rich:
        text = "".join(self._parts)
        marks = tuple(
            Mark(_folded(run), run.start, run.stop, run.url) for run in self._runs if 0 <= run.start < run.stop
        )
        images = tuple(Image(url=one.url, caption=one.caption or one.alt, credit=one.credit) for one in self._images)
        return Rich(text, marks, images, tuple(self._embeds.values())).stripped()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells(tables.Row):
    spans: tuple[tuple[int, int], ...] = ()


_NOTHING, _BLOCK = _End(), _End(2)

_Special = Callable[[Walk, LexborNode, str], "_End | None"]
_SPECIAL: dict[str, _Special] = {
    **dict.fromkeys(DROPPED, Walk._drop),
    **dict.fromkeys(embeds.ELEMENTS, Walk._embed),
    "noscript": Walk._without_script,
    **dict.fromkeys(("ul", "ol", "menu", "dir"), Walk._list),
    **dict.fromkeys(("img", "amp-img"), Walk._picture),
    **dict.fromkeys(("td", "th"), Walk._cell),
    "a": Walk._link,
    "blockquote": Walk._quote,
    "br": Walk._line_break,
    "div": Walk._box,
    "figcaption": Walk._below,
    "figure": Walk._figure,
    "li": Walk._point,
    "p": Walk._paragraph,
    "pre": Walk._preformatted,
    "table": Walk._table,
}


def caption_of(node: LexborNode) -> tuple[str | None, str | None]:
    """A picture's caption and credit, from the element that holds both."""
    own = node.css_first(
        ".credit, .caption-credit, .image-credit, .copyright, [class*=credit], [itemprop=copyrightHolder]"
    )
    credit = _line(Walk().over(own)) if own is not None and own.mem_id != node.mem_id else None
    return credit_in(_line(Walk().over(node)), credit)


def _line(rich: Rich) -> str | None:
    return " ".join(rich.text.split()) or None


def _folded(run: _Run) -> str:
    return "expandable_blockquote" if run.type == "blockquote" and run.stop - run.start > _LONG_QUOTE else run.type


def _picture_of(node: LexborNode, base: str) -> tuple[str, str | None] | None:
    """The address of a picture and its `alt`; None for emoji, avatars and counting pixels."""
    marks = node.attributes
    url = next((found for name in _IMAGE_ADDRESSES if (found := absolute(marks.get(name), base))), None)
    if url is None or {marks.get("width"), marks.get("height")} & {"0", "1"}:
        return None
    if any(word in (marks.get("class") or "") for word in _NO_PICTURES):
        return None
    return url, " ".join((marks.get("alt") or "").split()) or None


def _links(node: LexborNode, base: str) -> Iterator[str]:
    for one in node.css("a[href]"):
        if url := absolute(one.attributes.get("href"), base):
            yield url


def _rows(table: LexborNode) -> Iterator[LexborNode]:
    """A table's own rows, not those of tables in it."""
    for part in table.iter():
        if part.tag == "tr":
            yield part
        elif part.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in part.iter() if row.tag == "tr")


def _filled(rows: list[_Cells]) -> list[tables.Row]:
    """Rows with a cell in every column: one that spans several rows is said in each, one that spans columns once."""
    filled: list[tables.Row] = []
    above: dict[int, tuple[Rich, int]] = {}
    for row in rows:
        cells: list[Rich] = []
        below: dict[int, tuple[Rich, int]] = {}
        for cell, (columns, lines) in zip(row.cells, row.spans, strict=True):
            _fill_from_above(cells, above, below)
            if lines > 1:
                below[len(cells)] = (replace(cell, images=(), embeds=()), lines - 1)
            cells += [cell, *[Rich()] * (columns - 1)]
        _fill_from_above(cells, above, below)
        above = below
        filled.append(tables.Row(cells=tuple(cells), is_heading=row.is_heading))
    return filled


def _fill_from_above(cells: list[Rich], above: dict[int, tuple[Rich, int]], below: dict[int, tuple[Rich, int]]) -> None:
    while len(cells) in above:
        cell, lines = above[len(cells)]
        if lines > 1:
            below[len(cells)] = (cell, lines - 1)
        cells.append(cell)


def _span(cell: LexborNode, name: str) -> int:
    return min(max(_number(cell.attributes.get(name), 1), 1), _WIDEST_SPAN)


def _number(text: str | None, otherwise: int) -> int:
    text = (text or "").strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else otherwise
