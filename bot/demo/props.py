"""What the scenes are made of: sea and sky, ships and houses."""

from __future__ import annotations

import math

from bot.demo.paint import Canvas, Colour, Point, curve, mix

WIDTH, HEIGHT = 960, 540
HORIZON = 330.0

WHITE: Colour = (255, 255, 255)
CREAM: Colour = (250, 240, 220)
INK: Colour = (28, 34, 52)
GOLD: Colour = (255, 205, 110)


def spread(step: float) -> float:
    """Numbers from 0 to 1 that look scattered and are always the same (the golden ratio's multiples)."""
    return (step * 0.61803398875 + 0.37 * math.sin(step)) % 1.0


def turns(steps: int) -> list[float]:
    return [math.pi * step / steps for step in range(steps + 1)]


def clouds(canvas: Canvas, height: float, colour: Colour, alpha: float) -> None:
    for bank in range(5):
        middle, level = 100 + bank * 210 + 60 * math.sin(bank * 3), height + 38 * math.sin(bank * 2.1)
        for puff in range(-4, 5):
            across = 46 - 7 * abs(puff)
            canvas.ellipse(
                middle + puff * 26, level + 5 * spread(puff + bank), across, across * 0.34, colour, alpha * 0.4
            )


def sea(canvas: Canvas, far: Colour, near: Colour, top: float = HORIZON) -> None:
    canvas.gradient(top, HEIGHT, far, mix(far, near, 0.7), near)
    for step in range(150):
        y = top + 4 + (HEIGHT - top) * spread(step) ** 1.3
        x, length = WIDTH * spread(step * 11 + 5), (y - top + 14) * 0.35
        canvas.line((x, y), (x + length, y), 1.4, mix(near, WHITE, 0.35), 0.28)


def glitter(canvas: Canvas, x: float, colour: Colour) -> None:
    """The path of light below a sun or a moon."""
    for step in range(70):
        y = HORIZON + 3 + step * 2.9
        reach = 14 + step * 1.1
        middle = x + reach * (spread(step * 3) - 0.5)
        canvas.line((middle - reach / 2, y), (middle + reach / 2, y), 1.8, colour, 0.5 * (1 - step / 90))


def waves(canvas: Canvas, top: float, colour: Colour, height: float = 7, rows: int = 4) -> None:
    for row in range(rows):
        level, swell = top + row * (HEIGHT - top) / rows, height * (1 + row * 0.5)
        crest = [(x, level + swell * math.sin(x / (46 + row * 16) + row * 1.7)) for x in range(0, WIDTH + 9, 8)]
        canvas.polygon([*crest, (WIDTH, HEIGHT), (0, HEIGHT)], mix(colour, INK, row * 0.12), 0.55)
        canvas.path(crest, 1.5, WHITE, 0.12)


def hills(canvas: Canvas, far: Colour, near: Colour) -> None:
    for place, colour in enumerate((far, near)):
        rise = 62 - place * 30
        ridge: list[Point] = [
            (x, HORIZON - rise * (0.5 + 0.3 * math.sin(x / 130 + place * 2) + 0.2 * math.sin(x / 47 + place)))
            for x in range(0, WIDTH + 9, 8)
        ]
        canvas.polygon([*ridge, (WIDTH, HORIZON + 1), (0, HORIZON + 1)], colour)


def houses(canvas: Canvas, base: float, *, night: bool = False) -> None:
    walls = ((214, 150, 120), (232, 206, 160), (160, 176, 180), (222, 186, 170), (184, 120, 104))
    for step in range(24):
        x, width, height = step * 41.0, 38.0, 30 + 24 * spread(step * 2)
        wall = mix(walls[step % 5], (24, 24, 48), 0.82 if night else 0.12)
        foot = base + 30
        canvas.polygon([(x, foot), (x, foot - height), (x + width, foot - height), (x + width, foot)], wall)
        roof = mix((130, 70, 60), (20, 20, 40), 0.8 if night else 0.1)
        canvas.polygon(
            [(x - 2, foot - height), (x + width / 2, foot - height - 15), (x + width + 2, foot - height)], roof
        )
        for window in range(3):
            _window(canvas, x + 7 + window * 10, foot - height + 9, lit=night and (step + window) % 3 != 0, night=night)


def _window(canvas: Canvas, x: float, y: float, *, lit: bool, night: bool) -> None:
    colour = GOLD if lit else (40, 40, 66) if night else (70, 80, 96)
    canvas.polygon([(x, y), (x + 5, y), (x + 5, y + 8), (x, y + 8)], colour, 0.9)


def rain(canvas: Canvas, left: float, right: float, colour: Colour, alpha: float) -> None:
    for step in range(240):
        x, y = left + (right - left) * spread(step), HEIGHT * spread(step * 7 + 1) - 30
        canvas.line((x, y), (x - 15, y + 46), 1.2, colour, alpha)


def gulls(canvas: Canvas, around: Point, colour: Colour) -> None:
    for step in range(6):
        x, y = around[0] + 46 * step - 90, around[1] + 26 * math.sin(step * 2.3)
        wing = 7 + 4 * spread(step)
        canvas.path(curve((x - wing, y), (x - wing / 2, y - wing), (x, y), 6), 1.8, colour)
        canvas.path(curve((x, y), (x + wing / 2, y - wing), (x + wing, y), 6), 1.8, colour)


def lighthouse(canvas: Canvas, x: float, foot: float) -> None:
    canvas.polygon([(x - 15, foot), (x - 9, foot - 74), (x + 9, foot - 74), (x + 15, foot)], (232, 226, 216))
    canvas.polygon([(x - 13, foot - 24), (x - 11, foot - 48), (x + 11, foot - 48), (x + 13, foot - 24)], (178, 54, 50))
    canvas.polygon([(x - 8, foot - 74), (x - 8, foot - 90), (x + 8, foot - 90), (x + 8, foot - 74)], (255, 236, 170))
    canvas.polygon([(x - 11, foot - 90), (x, foot - 102), (x + 11, foot - 90)], (60, 40, 44))
    canvas.glow(x, foot - 82, 60, (255, 240, 190), 0.8)


def bell_buoy(canvas: Canvas, x: float, y: float) -> None:
    canvas.polygon([(x - 20, y), (x - 7, y - 56), (x + 7, y - 56), (x + 20, y)], (206, 150, 46))
    canvas.polygon([(x - 12, y - 10), (x - 4, y - 46), (x + 4, y - 46), (x + 12, y - 10)], (88, 112, 124))
    canvas.disc(x, y - 62, 6, (190, 50, 44))
    canvas.ellipse(x, y + 2, 30, 10, (170, 116, 36))


def boat(canvas: Canvas, x: float, y: float) -> None:
    """A lifeboat at speed, seen from the side, its bow up."""
    hull = [*curve((x - 140, y - 2), (x - 120, y + 44), (x - 60, y + 46)), (x + 80, y + 36)]
    hull += curve((x + 80, y + 36), (x + 150, y + 14), (x + 178, y - 44))
    canvas.polygon([*hull, (x + 60, y - 12)], (34, 50, 110))
    canvas.polygon(
        [(x - 142, y - 4), (x + 62, y - 14), (x + 178, y - 46), (x + 172, y - 32), (x + 66, y + 2), (x - 138, y + 10)],
        (226, 72, 40),
    )
    canvas.polygon([(x - 84, y - 6), (x - 72, y - 64), (x + 26, y - 68), (x + 58, y - 14)], (236, 112, 44))
    canvas.polygon([(x - 62, y - 36), (x - 58, y - 56), (x + 20, y - 59), (x + 36, y - 38)], (40, 60, 84))
    canvas.line((x - 30, y - 64), (x - 30, y - 112), 4, (232, 232, 232))
    canvas.line((x - 46, y - 100), (x - 14, y - 102), 3, (232, 232, 232))
    canvas.glow(x - 30, y - 114, 26, (120, 190, 255), 0.9)
    canvas.polygon(curve((x - 190, y + 46), (x - 120, y + 10), (x - 40, y + 48)), WHITE, 0.75)
    canvas.polygon(curve((x + 60, y + 44), (x + 150, y - 14), (x + 214, y + 40)), WHITE, 0.7)


def ship(
    canvas: Canvas, x: float, water: float, size: float, hull: Colour, sails: Colour | None, *, reefed: bool = False
) -> None:
    """A three-master from the side, bow to the right; without a sail colour her sails are furled."""
    deck = water - 16 * size
    for place, (off, tall) in enumerate(((-46, 128), (0, 150), (44, 134))):
        mast, top = x + off * size, deck - tall * size
        canvas.line((mast, deck), (mast, top), 3.2 * size, hull)
        if sails is None:
            _furled(canvas, mast, deck, tall * size, hull)
        else:
            _square_sails(canvas, mast, deck, tall * size, sails, lowest=1 if reefed else 0)
        canvas.polygon([(mast, top), (mast + 15 * size, top + 4 * size), (mast, top + 8 * size)], _pennant(place))
    _rigging(canvas, x, deck, size, hull, sails)
    stern, bow = x - 84 * size, x + 96 * size
    keel = [
        *curve((stern, deck - 9 * size), (stern + 4 * size, water + 4 * size), (stern + 26 * size, water + 5 * size)),
        *curve((x + 62 * size, water + 5 * size), (x + 84 * size, water), (bow, deck - 6 * size)),
    ]
    canvas.polygon([*keel, (x, deck + 1 * size)], hull)
    canvas.line(
        (stern + 4 * size, deck + 2 * size), (bow - 10 * size, deck + 2 * size), 2.2 * size, mix(hull, GOLD, 0.55)
    )
    canvas.ellipse(x + 4 * size, water + 9 * size, 92 * size, 5 * size, hull, 0.28)


def _pennant(place: int) -> Colour:
    return ((206, 66, 58), (52, 104, 160), (226, 170, 60))[place]


def _square_sails(canvas: Canvas, mast: float, deck: float, tall: float, colour: Colour, *, lowest: int) -> None:
    for row in range(lowest, 4):
        foot, head = deck - tall * (0.13 + 0.2 * row), deck - tall * (0.31 + 0.2 * row)
        wide, narrow = tall * (0.165 - 0.022 * row), tall * (0.145 - 0.022 * row)
        belly = curve((mast + wide, foot), (mast + tall * 0.05, foot - tall * 0.07), (mast - wide, foot))
        side = curve((mast - wide, foot), (mast - narrow + tall * 0.03, (foot + head) / 2), (mast - narrow, head))
        lee = curve((mast + narrow, head), (mast + narrow + tall * 0.06, (foot + head) / 2), (mast + wide, foot))
        canvas.polygon([*belly, *side, *lee], mix(colour, INK, 0.05 * (3 - row)))
        canvas.line((mast, head), (mast, foot - tall * 0.03), tall * 0.012, mix(colour, INK, 0.25), 0.5)


def _furled(canvas: Canvas, mast: float, deck: float, tall: float, colour: Colour) -> None:
    for row in range(4):
        y, reach = deck - tall * (0.3 + 0.19 * row), tall * (0.17 - 0.025 * row)
        canvas.line((mast - reach, y), (mast + reach, y), max(tall * 0.022, 1.6), mix(colour, CREAM, 0.3))


def _rigging(canvas: Canvas, x: float, deck: float, size: float, hull: Colour, sails: Colour | None) -> None:
    tip: Point = (x + 134 * size, deck - 26 * size)
    canvas.line((x + 86 * size, deck - 4 * size), tip, 3 * size, hull)
    stay = max(0.9 * size, 0.7)
    canvas.line(tip, (x + 44 * size, deck - 128 * size), stay, hull, 0.7)
    canvas.line((x + 44 * size, deck - 130 * size), (x, deck - 144 * size), stay, hull, 0.7)
    canvas.line((x - 82 * size, deck - 8 * size), (x - 46 * size, deck - 122 * size), stay, hull, 0.7)
    if sails is not None:
        for reach, height in ((124, 104), (104, 70)):
            foot: Point = (x + reach * size, deck - 26 * size)
            head: Point = (x + 52 * size, deck - height * size)
            canvas.polygon(
                [*curve(foot, (x + 84 * size, deck - height * 0.5 * size), head), (x + 60 * size, deck - 16 * size)],
                mix(sails, INK, 0.08),
            )


def lantern(canvas: Canvas, x: float, y: float) -> None:
    canvas.glow(x, y, 30, (255, 190, 90), 0.7)
    canvas.ellipse(x, y, 8, 10, (255, 206, 120))
    canvas.ellipse(x, y, 4, 10, (255, 240, 190), 0.8)
    canvas.line((x, y + 30), (x, y + 62), 5, (255, 190, 90), 0.16)


def firework(canvas: Canvas, x: float, y: float, reach: float, colour: Colour) -> None:
    canvas.glow(x, y, reach * 1.1, colour, 0.35)
    for ray in range(22):
        turn = 2 * math.pi * ray / 22
        inner, outer = reach * 0.25, reach * (0.8 + 0.2 * spread(ray))
        tip: Point = (x + outer * math.cos(turn), y + outer * math.sin(turn) + reach * 0.06)
        canvas.line((x + inner * math.cos(turn), y + inner * math.sin(turn)), tip, 1.7, colour, 0.75)
        canvas.disc(*tip, 2.4, mix(colour, WHITE, 0.6))
