"""A small painter: polygons with smooth edges on three colour planes, and a PNG at the end. Standard library only.

Coordinates are pixels from the top left corner, colours (red, green, blue) of 0 to 255.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

Colour = tuple[int, int, int]
Point = tuple[float, float]

SUBLINES = 4  # a row is sampled at four heights, so that slanted edges are smooth


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour in the one."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def curve(start: Point, bend: Point, end: Point, steps: int = 12) -> list[Point]:
    """A quadratic Bezier curve as points."""
    return [
        tuple(  # type: ignore[misc]  # two coordinates in, two out
            (1 - t) ** 2 * a + 2 * (1 - t) * t * b + t**2 * c for a, b, c in zip(start, bend, end, strict=True)
        )
        for t in (step / steps for step in range(steps + 1))
    ]


class Canvas:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._planes = [[bytearray(width) for _ in range(height)] for _ in range(3)]

    def gradient(self, top: float, bottom: float, *colours: Colour) -> None:
        """Fills rows from `top` to `bottom` with colours flowing evenly into each other."""
        first, last = max(int(top), 0), min(int(bottom), self.height)
        for y in range(first, last):
            place = (y - top) / max(bottom - top, 1) * (len(colours) - 1)
            step = min(int(place), len(colours) - 2)
            colour = mix(colours[step], colours[step + 1], place - step)
            for plane, value in zip(self._planes, colour, strict=True):
                plane[y][:] = bytes([value]) * self.width

    def polygon(self, points: Sequence[Point], colour: Colour, alpha: float = 1.0) -> None:
        """Fills by the even-odd rule, blending `alpha` of the colour in."""
        blends = _blends(colour, alpha)
        top = max(math.floor(min(y for _, y in points)), 0)
        bottom = min(math.ceil(max(y for _, y in points)), self.height)
        for y in range(top, bottom):
            self._fill_row(y, _crossings(points, y, self.width), colour, alpha, blends)

    def _fill_row(
        self, y: int, spans: list[tuple[float, float]], colour: Colour, alpha: float, blends: list[bytes]
    ) -> None:
        if len(spans) == SUBLINES and (inner := _common(spans)):
            start, stop = inner
            for plane, table in zip(self._planes, blends, strict=True):
                plane[y][start:stop] = plane[y][start:stop].translate(table)
        else:
            start = stop = 0
        for x, cover in _edges(spans, start, stop).items():
            self._blend(x, y, colour, min(cover / SUBLINES, 1.0) * alpha)

    def _blend(self, x: int, y: int, colour: Colour, share: float) -> None:
        for plane, value in zip(self._planes, colour, strict=True):
            before = plane[y][x]
            plane[y][x] = round(before + (value - before) * share)

    def disc(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 1.0) -> None:
        self.ellipse(x, y, radius, radius, colour, alpha)

    def ellipse(self, x: float, y: float, across: float, down: float, colour: Colour, alpha: float = 1.0) -> None:
        turns = [2 * math.pi * step / 48 for step in range(48)]
        self.polygon([(x + across * math.cos(t), y + down * math.sin(t)) for t in turns], colour, alpha)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Light that fades outwards: many faint discs, one in the other, the outer ones fainter still."""
        rings = 36
        for ring in range(rings, 0, -1):
            self.disc(x, y, radius * ring / rings, colour, strength * 3.6 / rings * (1 - ring / (rings + 1)))

    def line(self, start: Point, end: Point, width: float, colour: Colour, alpha: float = 1.0) -> None:
        length = math.dist(start, end) or 1.0
        across = (end[1] - start[1]) / length * width / 2
        down = -(end[0] - start[0]) / length * width / 2
        corners = [(start[0] + across, start[1] + down), (end[0] + across, end[1] + down)]
        corners += [(end[0] - across, end[1] - down), (start[0] - across, start[1] - down)]
        self.polygon(corners, colour, alpha)

    def path(self, points: Sequence[Point], width: float, colour: Colour, alpha: float = 1.0) -> None:
        for start, end in pairwise(points):
            self.line(start, end, width, colour, alpha)

    def png(self) -> bytes:
        """The picture as an 8-bit RGB file (PNG, second edition, W3C 2003)."""
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        pixels = zlib.compress(b"".join(self._scan_lines()), 9)
        chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)

    def _scan_lines(self) -> Iterable[bytes]:
        for y in range(self.height):
            line = bytearray(1 + 3 * self.width)  # the first byte says: no filter
            for channel, plane in enumerate(self._planes):
                line[1 + channel :: 3] = plane[y]
            yield bytes(line)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _blends(colour: Colour, alpha: float) -> list[bytes]:
    """For each channel the table that turns what was there into the blend."""
    return [bytes(round(before + (value - before) * alpha) for before in range(256)) for value in colour]


def _crossings(points: Sequence[Point], y: int, width: int) -> list[tuple[float, float]]:
    """The spans a polygon covers on each sampled height of row `y`, cut to the canvas."""
    spans = []
    for subline in range(SUBLINES):
        height = y + (subline + 0.5) / SUBLINES
        cuts = sorted(
            x1 + (height - y1) * (x2 - x1) / (y2 - y1)
            for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True)
            if (y1 <= height) != (y2 <= height)
        )
        pairs = zip(cuts[::2], cuts[1::2], strict=True)
        spans += [(max(a, 0.0), min(b, float(width))) for a, b in pairs if b > 0 and a < width]
    return spans


def _common(spans: list[tuple[float, float]]) -> tuple[int, int] | None:
    """The pixels that every span covers wholly, when the spans lie over each other."""
    start, stop = math.ceil(max(a for a, _ in spans)), math.floor(min(b for _, b in spans))
    return (start, stop) if start < stop else None


def _edges(spans: list[tuple[float, float]], start: int, stop: int) -> dict[int, float]:
    """How much of each pixel outside `start..stop` the spans cover, summed over the spans."""
    cover: dict[int, float] = {}
    for left, right in spans:
        for a, b in ((left, min(right, start)), (max(left, stop), right)) if start < stop else ((left, right),):
            for x in range(math.floor(a), math.ceil(b)):
                cover[x] = cover.get(x, 0.0) + min(b, x + 1) - max(a, x)
    return cover
