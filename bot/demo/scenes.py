"""The pictures of the invented blog, painted by this program: a harbour, its ships and its weather.

The painted files are kept beside it in `pictures/`; `python -m bot.demo.scenes` paints them again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from bot.demo.paint import Canvas, mix
from bot.demo.props import (
    CREAM,
    HEIGHT,
    HORIZON,
    INK,
    WHITE,
    WIDTH,
    bell_buoy,
    boat,
    clouds,
    firework,
    glitter,
    gulls,
    hills,
    houses,
    lantern,
    lighthouse,
    rain,
    sea,
    ship,
    spread,
    turns,
    waves,
)


def morning(canvas: Canvas) -> None:
    canvas.gradient(0, HORIZON, (92, 140, 190), (200, 205, 205), (255, 214, 170))
    canvas.glow(690, 285, 230, (255, 236, 190), 0.9)
    canvas.disc(690, 285, 34, (255, 246, 220))
    clouds(canvas, 95, (255, 244, 232), 0.5)
    sea(canvas, (222, 190, 165), (72, 118, 150))
    glitter(canvas, 690, (255, 240, 205))
    hills(canvas, (122, 140, 165), (86, 110, 140))
    ship(canvas, 300, 402, 1.05, (70, 44, 40), CREAM)
    ship(canvas, 560, 372, 0.62, (60, 58, 74), (246, 226, 205))
    ship(canvas, 820, 360, 0.45, (60, 58, 74), (240, 222, 205))
    waves(canvas, 430, (60, 100, 132))
    gulls(canvas, (640, 130), (80, 88, 110))


def squall(canvas: Canvas) -> None:
    canvas.gradient(0, HORIZON, (38, 46, 62), (70, 82, 98), (168, 170, 160))
    for step in range(90):
        x, y = 1040 * spread(step) - 40, 150 * spread(step * 5 + 2) - 10
        across = 60 + 70 * spread(step * 3)
        canvas.ellipse(x, y, across, across * 0.36, mix((24, 30, 44), (92, 102, 118), y / 170), 0.3)
    sea(canvas, (120, 132, 132), (28, 48, 60))
    rain(canvas, 380, 960, (190, 200, 210), 0.22)
    canvas.polygon([(0, 350), (0, 300), (90, 282), (210, 300), (280, 345), (300, 360)], (26, 30, 40))
    canvas.polygon([(150, 218), (900, 108), (960, 190), (150, 230)], (255, 238, 180), 0.16)
    lighthouse(canvas, 150, 296)
    ship(canvas, 590, 386, 0.7, (24, 26, 36), (206, 206, 200), reefed=True)
    waves(canvas, 410, (20, 36, 48), height=11)


def shelter(canvas: Canvas) -> None:
    canvas.gradient(0, HORIZON, (72, 86, 106), (120, 134, 148), (172, 182, 188))
    clouds(canvas, 80, (96, 108, 126), 0.6)
    hills(canvas, (104, 118, 132), (84, 98, 114))
    houses(canvas, 300)
    sea(canvas, (134, 148, 158), (60, 84, 100))
    for place, (x, size) in enumerate(((120, 0.6), (270, 0.75), (430, 0.55), (575, 0.8), (720, 0.6), (860, 0.7))):
        ship(canvas, x, 372 + 10 * (place % 2), size, (40, 40, 52), None)
    canvas.polygon([(0, 470), (620, 440), (700, 448), (720, 540), (0, 540)], (58, 60, 68))
    canvas.polygon([(0, 470), (620, 440), (700, 448), (640, 456), (0, 486)], (98, 100, 106))
    canvas.line((664, 446), (664, 392), 7, (170, 60, 50))
    canvas.glow(664, 388, 40, (255, 120, 90), 0.8)
    rain(canvas, 0, 960, (220, 228, 234), 0.16)


def lifeboat(canvas: Canvas) -> None:
    canvas.gradient(0, 300, (58, 74, 94), (112, 130, 146), (186, 192, 188))
    clouds(canvas, 90, (70, 84, 104), 0.6)
    sea(canvas, (110, 136, 146), (24, 62, 78), top=300)
    waves(canvas, 330, (44, 88, 104), height=16, rows=3)
    bell_buoy(canvas, 770, 352)
    boat(canvas, 400, 400)
    waves(canvas, 440, (20, 60, 76), height=20, rows=4)
    for step in range(46):
        x, y = 235 + 120 * spread(step), 350 + 70 * spread(step * 7 + 3)
        canvas.disc(x, y, 2 + 3.5 * spread(step * 3), WHITE, 0.7)
    rain(canvas, 0, 960, (220, 230, 236), 0.12)


def rainbow(canvas: Canvas) -> None:
    canvas.gradient(0, HORIZON, (64, 116, 168), (142, 186, 214), (236, 232, 210))
    clouds(canvas, 70, (230, 236, 240), 0.45)
    bands = ((214, 72, 72), (236, 148, 70), (246, 216, 96), (104, 180, 104), (82, 132, 206), (128, 98, 184))
    for place, colour in enumerate(bands):
        arc = [(480 + (430 - place * 9) * math.cos(t), 400 - (360 - place * 9) * math.sin(t)) for t in turns(64)]
        canvas.path(arc, 10, colour, 0.5)
    hills(canvas, (108, 140, 140), (74, 118, 108))
    houses(canvas, 302)
    sea(canvas, (150, 190, 204), (40, 104, 134))
    ship(canvas, 250, 398, 0.95, (84, 44, 36), WHITE)
    ship(canvas, 640, 380, 0.72, (36, 58, 84), CREAM)
    waves(canvas, 430, (34, 92, 122))
    gulls(canvas, (470, 180), (60, 80, 104))


def finish(canvas: Canvas) -> None:
    canvas.gradient(0, HORIZON, (236, 126, 84), (250, 178, 104), (255, 226, 160))
    canvas.glow(480, 300, 300, (255, 240, 190), 1.0)
    canvas.disc(480, 300, 46, (255, 248, 216))
    clouds(canvas, 110, (252, 206, 160), 0.4)
    sea(canvas, (250, 196, 130), (120, 70, 80))
    glitter(canvas, 480, (255, 240, 190))
    hills(canvas, (196, 120, 100), (160, 92, 90))
    ship(canvas, 330, 412, 1.25, (52, 30, 42), (255, 240, 214))
    ship(canvas, 630, 406, 1.2, (44, 28, 48), (250, 218, 180))
    waves(canvas, 446, (96, 54, 70))
    canvas.line((868, 470), (868, 372), 4, INK)
    canvas.polygon([(868, 374), (920, 386), (868, 402)], (206, 60, 60))
    canvas.ellipse(868, 474, 26, 12, (206, 60, 60))


def lanterns(canvas: Canvas) -> None:
    canvas.gradient(0, HORIZON, (14, 18, 44), (36, 38, 84), (96, 72, 110))
    for step in range(120):
        canvas.disc(WIDTH * spread(step), 230 * spread(step * 5 + 2), 0.7 + spread(step * 3), WHITE, 0.7)
    canvas.glow(770, 90, 90, (240, 232, 200), 0.7)
    canvas.disc(770, 90, 30, (250, 244, 222))
    hills(canvas, (38, 36, 70), (26, 26, 54))
    houses(canvas, 304, night=True)
    sea(canvas, (62, 54, 96), (14, 18, 42))
    glitter(canvas, 770, (190, 186, 196))
    ship(canvas, 300, 408, 1.05, (12, 12, 26), None)
    ship(canvas, 620, 386, 0.7, (12, 12, 26), None)
    for step in range(17):
        x, sag = 20 + step * 58.0, 24 * math.sin(step * math.pi / 4) ** 2
        lantern(canvas, x, 452 + sag)
    firework(canvas, 180, 110, 84, (255, 170, 110))
    firework(canvas, 470, 76, 64, (150, 210, 255))
    firework(canvas, 620, 150, 52, (255, 150, 200))


SCENES: dict[str, Callable[[Canvas], None]] = {
    scene.__name__: scene for scene in (morning, squall, shelter, lifeboat, rainbow, finish, lanterns)
}


def paint(name: str) -> bytes:
    """A scene as a PNG file. KeyError for a name that is none."""
    canvas = Canvas(WIDTH, HEIGHT)
    SCENES[name](canvas)
    return canvas.png()


if __name__ == "__main__":
    for scene_name in SCENES:
        (Path(__file__).with_name("pictures") / f"{scene_name}.png").write_bytes(paint(scene_name))
