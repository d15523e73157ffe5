"""Tables on a screen some thirty characters wide: aligned where that fits, else one line for each row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from bot.core.rich import Mark, Rich

_WIDTH = 30  # characters of fixed width on one line of a phone
_MOST_ROWS = 40  # aligned; a longer table is read row by row
_MOST_NAMED = 200  # rows in which the headings are said again
_LONG_CELL = 160  # characters; with cells like this a table is there for the layout
_NUMBER = re.compile(r"[-+−±]?(?:[.,:%’' ]*+\d)++[.,:%]*+|[-–—]?")
_WIDE = frozenset("WF")
_WIDEST_SPAN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its cells, each of one line, and whether they are headings."""

    cells: tuple[Rich, ...]
    is_heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells(Row):
    """A row as the page has it, with how many columns and rows each cell spans."""

    spans: tuple[tuple[int, int], ...] = ()


def is_layout(rows: Sequence[Row]) -> bool:
    """Whether a table only arranges a page: a single column, or cells that are texts."""
    widest = max((len(row.cells) for row in rows), default=0)
    return widest < 2 or any(len(cell.text) > _LONG_CELL or "\n\n" in cell.text for row in rows for cell in row.cells)


def written(rows: Sequence[Row]) -> Rich:
    """A table of short cells as text. No word of it is lost, nor a picture of a cell without words."""
    whole = Rich.joined(cell for row in rows for cell in row.cells)
    return replace(_written(rows), images=whole.images, embeds=whole.embeds)


def _written(rows: Sequence[Row]) -> Rich:
    rows = [
        Row(cells=tuple(cell.like(_line(cell.text)) for cell in row.cells), is_heading=row.is_heading) for row in rows
    ]
    rows = [row for row in rows if any(row.cells)]
    columns = max((len(row.cells) for row in rows), default=0)
    if not rows:
        return Rich()
    if columns == 2:
        return Rich.joined((_pair(row) for row in rows), "\n")
    if (
        len(rows) <= _MOST_ROWS
        and columns <= _WIDTH // 2
        and sum(widths := _widths(rows, columns)) + 2 * (columns - 1) <= _WIDTH
    ):
        return _aligned(rows, widths)
    return Rich.joined(_read_out(rows, columns), "\n")


def _line(text: str) -> str:
    return " ".join(text.split())


def _pair(row: Row) -> Rich:
    """ "Arsenal: 2"."""
    said = [cell for cell in row.cells if cell]
    between = " " if said[0].text[-1:] in ":.?!" else ": "
    whole = Rich.joined(said, between)
    return whole.marked("bold") if row.is_heading else whole


# --- aligned -------------------------------------------------------------------------------------------------------


def _widths(rows: Sequence[Row], columns: int) -> list[int]:
    return [max(_width(_cell(row, column).text) for row in rows) for column in range(columns)]


def _cell(row: Row, column: int) -> Rich:
    return row.cells[column] if column < len(row.cells) else Rich()


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in _WIDE) for char in text)


def _aligned(rows: Sequence[Row], widths: Sequence[int]) -> Rich:
    body = [row for row in rows if not row.is_heading] or list(rows)
    right = [
        column > 0 and all(_NUMBER.fullmatch(_cell(row, column).text) for row in body) for column in range(len(widths))
    ]
    lines = [
        "  ".join(
            _padded(_cell(row, column).text, width, right=right[column]) for column, width in enumerate(widths)
        ).rstrip()
        for row in rows
    ]
    # A message must not begin with white space, as a table does whose first heading is empty.
    lines[0] = lines[0] if lines[0][:1].strip() else f"·{lines[0][1:]}"
    text = "\n".join(lines)
    return Rich(text, (Mark("pre", 0, len(text)),))


def _padded(text: str, width: int, *, right: bool) -> str:
    room = " " * (width - _width(text))
    return room + text if right else text + room


# --- row by row ----------------------------------------------------------------------------------------------------


def _read_out(rows: Sequence[Row], columns: int) -> list[Rich]:
    """ "Club: Arsenal · Played: 38 · Points: 89", the headings of the first row said in each."""
    headings = rows[0] if rows[0].is_heading and 1 < len(rows) <= _MOST_NAMED and columns <= _WIDTH else None
    if headings is None:
        return [Rich.joined((cell for cell in row.cells if cell), " · ") for row in rows]
    lines: list[Rich] = []
    for number, row in enumerate(rows[1:]):
        pairs = ((_cell(headings, column), _cell(row, column)) for column in range(columns))
        said = [_named(heading, cell) for heading, cell in pairs if cell or (heading and not number)]
        lines.append(Rich.joined(said, " · "))
    return lines


def _named(heading: Rich, cell: Rich) -> Rich:
    """A heading whose cell in the first row is empty is said all the same: it may stand nowhere else."""
    if not heading:
        return cell
    return Rich.joined([heading, cell or Rich("–")], " " if heading.text.endswith(":") else ": ")


# --- from elements -------------------------------------------------------------------------------------------------


def rows_of(table: LexborNode, read: Callable[[LexborNode], Rich]) -> list[Cells]:
    """The rows of a table's element, each cell as `read` reads it."""
    return [_cells(row, read) for row in _rows(table)]


def _cells(row: LexborNode, read: Callable[[LexborNode], Rich]) -> Cells:
    cells = [one for one in row.iter() if one.tag in ("td", "th")]
    is_heading = bool(cells) and all(one.tag == "th" for one in cells)
    spans = tuple((_span(one, "colspan"), _span(one, "rowspan")) for one in cells)
    return Cells(cells=tuple(read(one) for one in cells), is_heading=is_heading, spans=spans)


def _rows(table: LexborNode) -> Iterator[LexborNode]:
    """A table's own rows, not those of tables in it."""
    for part in table.iter():
        if part.tag == "tr":
            yield part
        elif part.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in part.iter() if row.tag == "tr")


def filled(rows: Sequence[Cells]) -> list[Row]:
    """Rows with a cell in every column: one that spans several rows is said in each, one that spans columns once."""
    whole: list[Row] = []
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
        whole.append(Row(cells=tuple(cells), is_heading=row.is_heading))
    return whole


def _fill_from_above(cells: list[Rich], above: dict[int, tuple[Rich, int]], below: dict[int, tuple[Rich, int]]) -> None:
    while len(cells) in above:
        cell, lines = above[len(cells)]
        if lines > 1:
            below[len(cells)] = (cell, lines - 1)
        cells.append(cell)


def _span(cell: LexborNode, name: str) -> int:
    return min(max(whole_number(cell.attributes.get(name), 1), 1), _WIDEST_SPAN)


def whole_number(text: str | None, otherwise: int) -> int:
    text = (text or "").strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else otherwise
