"""From parsed HTML to text with its formatting: one way through the elements, in their order, without recursion.

Every word that a reader of the page sees is kept. Scripts, styles and players are no text; a player leaves its address
behind as an embed, and what stands below a picture goes with the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace

from selectolax.lexbor import LexborNode

from bot.core import embeds, tables
from bot.core.addresses import absolute
from bot.core.captions import credit_in
from bot.core.flow import Flow, Run
from bot.core.model import Embed, Image
from bot.core.pictures import caption_below, picture_of
from bot.core.raised import raised
from bot.core.rich import Rich


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
_CLOSE = {"li": 1, "tr": 1, "dt": 1, "dd": 1}
_GAPS = {**dict.fromkeys(BLOCKS, 2), **_CLOSE, "tbody": 1, "thead": 1, "tfoot": 1}
_BULLETS = ("• ", "◦ ", "▪ ")
_LONGEST_LABEL = 12
_MOST_EMBEDS = 20
_MOST_LOOKS = 100
_DEEPEST_TABLE = 8  # tables in tables; what is deeper is there for the layout
_DEEPEST_FIGURE = 4


@dataclass(slots=True)
class _End:
    """What is to be done where an element ends."""

    gap: int = 0
    run: Run | None = None
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

    _flow: Flow = field(default_factory=Flow)
    _lists: list[_List] = field(default_factory=list)
    _figures: int = 0
    _looks: int = 0
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
                self._flow.say(node.text_content or "")
            elif not self.without or node.mem_id not in self.without:
                end = self._enter(node, tag or "")
                if end is not None:
                    if end is not _NOTHING:
                        waiting.append(end)
                    waiting += reversed(list(node.iter(include_text=True)))
        return self._whole()

    # --- elements ---

    def _enter(self, node: LexborNode, tag: str) -> _End | None:
        """Begins an element. None: nothing in it is left to be read; `_NOTHING`: its end is nothing special."""
        special = _SPECIAL.get(tag)
        if special is not None:
            return special(self, node, tag)
        gap = _GAPS.get(tag, 0)
        if gap:
            self._flow.part(gap)
        type_ = _MARKS.get(tag)
        run = self._flow.begin(type_) if type_ is not None else None
        return _End(gap, run) if gap or run is not None else _NOTHING

    def _close(self, end: _End) -> None:
        if end.gap:
            self._flow.part(end.gap)
        if end.run is not None:
            self._flow.end(end.run)
        if end.then is not None:
            end.then()

    def _drop(self, node: LexborNode, tag: str) -> _End | None:
        return None

    def _line_break(self, node: LexborNode, tag: str) -> _End | None:
        self._flow.line_break()
        return None

    def _link(self, node: LexborNode, tag: str) -> _End | None:
        url = absolute(node.attributes.get("href"), self.base)
        run = self._flow.begin("text_link", url) if url else None
        return _End(0, run) if run is not None else _NOTHING

    def _quote(self, node: LexborNode, tag: str) -> _End | None:
        self._posts_of_others(node)
        self._flow.part(2)
        return _End(2, self._flow.begin("blockquote"))

    def _box(self, node: LexborNode, tag: str) -> _End | None:
        self._flow.part(2)
        class_ = node.attributes.get("class")
        if class_ and "wp-caption" in class_.split():
            return self._figure(node, tag)
        if class_ and "fb-" in class_:
            self._posts_of_others(node)
        return _BLOCK

    def _preformatted(self, node: LexborNode, tag: str) -> _End | None:
        self._flow.part(2)
        self._flow.verbatim += 1
        return _End(2, self._flow.begin("pre"), self._no_longer_verbatim)

    def _no_longer_verbatim(self) -> None:
        self._flow.verbatim -= 1

    def _cell(self, node: LexborNode, tag: str) -> _End | None:
        """A cell of no table that is one."""
        return _End(0, None, self._space_after)

    def _space_after(self) -> None:
        self._flow.space = True

    def _raised(self, node: LexborNode, tag: str) -> _End | None:
        figures = raised(node)
        if figures is None:
            return _NOTHING
        self._flow.say(figures)
        return None

    # --- lists ---

    def _list(self, node: LexborNode, tag: str) -> _End | None:
        self._flow.part(1 if self._lists else 2)
        number, step = None, 1
        if tag == "ol":
            marks = node.attributes
            backwards = "reversed" in marks
            count = sum(one.tag == "li" for one in node.iter()) if backwards else 1
            number, step = tables.whole_number(marks.get("start"), count), -1 if backwards else 1
        self._lists.append(_List(number, step))
        return _End(1 if len(self._lists) > 1 else 2, None, self._end_list)

    def _end_list(self) -> None:
        self._lists.pop()
        self._no_bullet()

    def _point(self, node: LexborNode, tag: str) -> _End | None:
        around = self._lists[-1] if self._lists else _List()
        is_first, around.begun = not around.begun, True
        self._flow.point(self._bullet(node, around), is_first=is_first)
        return _End(1, None, self._no_bullet)

    def _bullet(self, node: LexborNode, around: _List) -> str:
        if around.number is None:
            return _BULLETS[min(max(len(self._lists), 1), len(_BULLETS)) - 1]
        number = tables.whole_number(node.attributes.get("value"), around.number)
        outer = self._lists[-2].label if len(self._lists) > 1 else ""
        around.label = f"{outer if len(outer) < _LONGEST_LABEL else ''}{number}."
        around.number = number + around.step
        return f"{around.label} "

    def _no_bullet(self) -> None:
        self._flow.bullet = ""

    # --- pictures and embeds ---

    def _picture(self, node: LexborNode, tag: str) -> _End | None:
        found = picture_of(node, self.base)
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
        self._flow.part(2)
        if self._figures >= _DEEPEST_FIGURE:
            return _BLOCK
        caption = caption_below(node, self.base)
        if caption is not None:
            self._captioned.add(caption.mem_id)
        self._figures += 1
        start = len(self._images)
        return _End(2, None, lambda: self._end_figure(caption, start))

    def _end_figure(self, node: LexborNode | None, start: int) -> None:
        self._figures -= 1
        caption, credit = caption_of(node) if node is not None else (None, None)
        for one in self._images[start:]:
            if one.caption is None and one.credit is None:
                one.caption, one.credit = caption, credit

    def _below(self, node: LexborNode, tag: str) -> _End | None:
        """What stands below something: a picture's words are said with it, others are text."""
        if node.mem_id in self._captioned:
            return None
        self._flow.part(2)
        return _BLOCK

    def _paragraph(self, node: LexborNode, tag: str) -> _End | None:
        if self._captioned and node.mem_id in self._captioned:
            return None
        self._flow.part(2)
        return _BLOCK

    def _embed(self, node: LexborNode, tag: str) -> _End | None:
        inner = node.css_first("source[src]") if tag in embeds.FILES and self._may_look() else None
        source = inner.attributes.get("src") if inner is not None else None
        found = embeds.of_element(tag, node.attributes, self.base, source)
        if found is not None:
            self._keep(found)
        if tag in DROPPED:
            return None
        self._flow.part(2)
        return _BLOCK

    def _posts_of_others(self, node: LexborNode) -> None:
        marks = node.attributes
        if not marks.get("class") or not self._may_look():
            return
        found = embeds.of_quote(
            marks, self.base, lambda: embeds.links_in(node, self.base), lambda: node.text(separator=" ")
        )
        if found is not None:
            self._keep(found)

    def _may_look(self) -> bool:
        """Looking through all that is in an element is for few: they may stand in one another."""
        self._looks += 1
        return self._looks <= _MOST_LOOKS

    def _keep(self, embed: Embed) -> None:
        if len(self._embeds) < _MOST_EMBEDS:
            self._embeds.setdefault(embed.url, embed)

    # --- tables ---

    def _table(self, node: LexborNode, tag: str) -> _End | None:
        self._flow.part(2)
        if self.depth >= _DEEPEST_TABLE:
            return _BLOCK
        rows = tables.rows_of(node, self._inside)
        for caption in (one for one in node.iter() if one.tag == "caption"):
            self._insert(self._inside(caption))
            self._flow.part(1)
        if tables.is_layout(rows):
            for cell in (cell for row in rows for cell in row.cells):
                self._flow.part(2)
                self._insert(cell)
        else:
            self._insert(tables.written(tables.filled(rows)))
        self._flow.part(2)
        return None

    def _inside(self, node: LexborNode) -> Rich:
        walk = Walk(self.base, self.without, self.depth + 1)
        return walk.over(node)

    def _insert(self, rich: Rich) -> None:
        self._flow.insert(rich)
        self._images += [_Caption(one.url, None, one.caption, one.credit) for one in rich.images]
        for embed in rich.embeds:
            self._keep(embed)

    # --- the end ---

    def _whole(self) -> Rich:
        images = tuple(Image(url=one.url, caption=one.caption or one.alt, credit=one.credit) for one in self._images)
        return replace(self._flow.rich(), images=images, embeds=tuple(self._embeds.values()))


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
    "sup": Walk._raised,
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
