"""The local Telegram's limits of pace and of pictures."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.telegram.images import image_size
from bot.demo.telegram.limits import Pace, Window
from bot.demo.telegram.values import Limits

# --- pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x28\0\0\0\x1e",
        b"GIF89a\x28\0\x1e\0",
        b"BM" + bytes(16) + b"\x28\0\0\0\xe2\xff\xff\xff",  # upside down
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + b"\x28\0\x1e\0",
        b"RIFF\0\0\0\0WEBPVP8L" + bytes(5) + struct.pack("<I", 39 | 29 << 14),
        b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x27\0\0\x1d\0\0",
        b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x0b\x08\0\x1e\0\x28",
    ],
)
def test_the_size_of_a_picture_is_read_from_its_head(content: bytes) -> None:
    assert image_size(content) == (40, 30)
    assert image_size(content[:-4]) is None


@given(st.binary(), st.sampled_from([b"", b"\xff\xd8", b"RIFF\0\0\0\0WEBP", b"BM", b"GIF89a"]))
def test_what_is_no_picture_has_no_size_and_breaks_nothing(content: bytes, head: bytes) -> None:
    image_size(head + content)


# --- limits -----------------------------------------------------------------------------------------------------------

STEPS = st.lists(st.floats(0, 2, allow_nan=False, allow_subnormal=False), max_size=60)


@given(STEPS, st.sampled_from([0.5, 1, 1.5, 3, 30]))
def test_no_window_ever_holds_more_calls_than_allowed(steps: list[float], limit: float) -> None:
    window, now, taken = Window(limit, 1), 0.0, []
    for step in steps:
        now += step
        if window.wait(now) <= 0:
            window.take(now)
            taken.append(now)
    most = max(1, int(limit))
    for first in range(len(taken) - most):
        assert taken[first + most] - taken[first] >= most / limit * (1 - 1e-9)


@given(STEPS)
def test_who_waits_as_told_is_let_in(steps: list[float]) -> None:
    window, now = Window(3, 1), 0.0
    for step in steps:
        now += step + window.wait(now + step)
        assert window.wait(now) <= 1e-9
        window.take(now)


def test_the_wait_is_told_in_whole_seconds_and_a_refused_call_does_not_count() -> None:
    pace = Pace(Limits(per_second=2, per_group_per_minute=2))
    assert [pace.admit(0.0, -5, True, False) for _ in range(2)] == [0, 0]
    assert [pace.admit(0.5, -6, True, False), pace.admit(0.5, -6, True, False)] == [1, 1]
    assert pace.admit(1.0, -6, True, False) == 0
    assert pace.admit(2.5, -5, True, False) == 58


def test_a_paid_broadcast_has_a_limit_of_its_own() -> None:
    pace = Pace(Limits(per_second=1, paid_per_second=3))
    assert [pace.admit(0.0, 1, False, True) for _ in range(4)] == [0, 0, 0, 1]
    assert [pace.admit(0.0, 1, False, False) for _ in range(2)] == [0, 1]


def test_an_album_counts_once_per_message() -> None:
    pace = Pace(Limits(per_second=4))
    assert [pace.admit(0.0, 1, False, False, 3), pace.admit(0.0, 1, False, False, 2)] == [0, 1]
