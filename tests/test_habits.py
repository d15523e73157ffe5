"""When chats want to hear: times of digests and quiet hours, also on the days on which clocks are changed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.choices import Quiet
from bot.core.habits import DAY, Digest, next_digest, parse_digest, quiet_until, zone_of

ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana"]


def at(text: str, zone: str = "UTC", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def told(instant: float | None, zone: str) -> str | None:
    return instant and f"{datetime.fromtimestamp(instant, ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "digest", "written"),
    [
        ("30m", Digest(every=30), "30m"),
        ("3h", Digest(every=180), "3h"),
        ("120m", Digest(every=120), "2h"),
        ("24H", Digest(every=1440), "24h"),
        ("08:00 18:00", Digest(times=(480, 1080)), "08:00 18:00"),
        ("18:00, 8:00,18:00", Digest(times=(480, 1080)), "08:00 18:00"),
        (" 00:00 ", Digest(times=(0,)), "00:00"),
    ],
)
def test_times_of_digests_are_read_as_people_write_them_and_written_in_one_way(
    text: str, digest: Digest, written: str
) -> None:
    assert parse_digest(text) == digest
    assert str(digest) == written
    assert parse_digest(written) == digest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write for example 30m, 3h or 08:00 18:00"),
        ("often", '"often" says no times'),
        ("4m", "every 5m to 24h"),
        ("25h", "every 5m to 24h"),
        ("0m", "every 5m to 24h"),
        ("24:00", "says no times"),
        ("08:60", "says no times"),
        ("30m 08:00", "says no times"),
        ("3h 3h", "says no times"),
        (" ".join(f"{hour:02}:00" for hour in range(13)), "says no times"),
    ],
)
def test_what_is_no_time_of_a_digest_is_refused_with_what_would_be_right(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_digest(text)


DIGESTS = [
    # digest, zone, after, next
    ("30m", "UTC", "2026-03-04 10:00", "2026-03-04 10:30"),
    ("30m", "UTC", "2026-03-04 10:29", "2026-03-04 10:30"),
    ("3h", "UTC", "2026-03-04 10:00", "2026-03-04 12:00"),
    ("1h", "Asia/Kolkata", "2026-03-04 10:59", "2026-03-04 11:00"),
    ("5h", "UTC", "2026-03-04 21:00", "2026-03-05 00:00"),
    ("24h", "UTC", "2026-03-04 00:00", "2026-03-05 00:00"),
    ("08:00 18:00", "Europe/Berlin", "2026-03-04 07:59", "2026-03-04 08:00"),
    ("08:00 18:00", "Europe/Berlin", "2026-03-04 08:00", "2026-03-04 18:00"),
    ("08:00 18:00", "Europe/Berlin", "2026-03-04 18:00", "2026-03-05 08:00"),
    ("08:00 18:00", "Europe/Berlin", "2026-12-31 23:00", "2027-01-01 08:00"),
    # the clocks go forward at 02:00: that day has no 02:30, and three hours after midnight it is 04:00
    ("02:30", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 03:30"),
    ("02:30", "Europe/Berlin", "2026-03-29 03:30", "2026-03-30 02:30"),
    ("3h", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 04:00"),
    ("3h", "Europe/Berlin", "2026-03-29 22:30", "2026-03-30 00:00"),
    # they go back at 03:00: that day has 02:30 twice, and a digest once
    ("02:30", "Europe/Berlin", "2026-10-25 02:30", "2026-10-26 02:30"),
    ("3h", "Europe/Berlin", "2026-10-25 00:00", "2026-10-25 02:00"),
    # a midnight that is left out, and one that comes twice
    ("24h", "Africa/Cairo", "2026-04-23 12:00", "2026-04-24 01:00"),
    ("00:00", "America/Havana", "2026-10-31 12:00", "2026-11-01 00:00"),
    ("08:00", "no such zone", "2026-03-04 07:00", "2026-03-04 08:00"),
    ("what is this", "UTC", "2026-03-04 07:10", "2026-03-04 08:00"),
]


@pytest.mark.parametrize(("text", "zone", "after", "expected"), DIGESTS)
def test_the_next_digest_comes_at_its_time_in_its_zone(text: str, zone: str, after: str, expected: str) -> None:
    where = zone_of(zone).key
    assert told(next_digest(text, zone, at(after, where)), where) == expected


digests = st.one_of(
    st.integers(5, DAY).map(lambda minutes: str(Digest(every=minutes))),
    st.sets(st.integers(0, DAY - 1), min_size=1, max_size=4).map(lambda times: str(Digest(times=tuple(sorted(times))))),
)
instants = st.floats(at("2025-01-01"), at("2028-01-01"))


@given(digests, st.sampled_from(ZONES), instants)
def test_the_next_digest_is_always_later_and_at_most_a_day_and_its_hour_away(text: str, zone: str, now: float) -> None:
    due = next_digest(text, zone, now)
    assert now < due <= now + 25 * 3600


@given(digests, st.sampled_from(ZONES), instants, st.floats(0, 30 * 3600))
def test_of_two_moments_the_later_one_never_has_the_earlier_digest(
    text: str, zone: str, now: float, later: float
) -> None:
    due = next_digest(text, zone, now)
    after = next_digest(text, zone, now + later)
    assert after >= due
    assert (after == due) is (now + later < due)


NIGHT = Quiet(start=22 * 60, end=7 * 60)
NOON = Quiet(start=12 * 60, end=13 * 60)


@pytest.mark.parametrize(
    ("quiet", "zone", "now", "until"),
    [
        (NIGHT, "UTC", "2026-03-04 21:59", None),
        (NIGHT, "UTC", "2026-03-04 22:00", "2026-03-05 07:00"),
        (NIGHT, "UTC", "2026-03-05 06:59", "2026-03-05 07:00"),
        (NIGHT, "UTC", "2026-03-05 07:00", None),
        (NOON, "America/New_York", "2026-03-05 12:30", "2026-03-05 13:00"),
        (NOON, "America/New_York", "2026-03-05 13:00", None),
        (NIGHT, "Europe/Berlin", "2026-03-28 23:00", "2026-03-29 07:00"),
        (NIGHT, "Europe/Berlin", "2026-10-24 23:00", "2026-10-25 07:00"),
        (Quiet(start=60, end=150), "Europe/Berlin", "2026-03-29 01:30", "2026-03-29 03:30"),
        (Quiet(start=480, end=480), "UTC", "2026-03-05 08:00", None),
        (Quiet(start=0, end=DAY), "UTC", "2026-03-05 08:00", None),
        (Quiet(start=0, end=DAY - 1), "UTC", "2026-03-05 08:00", "2026-03-05 23:59"),
    ],
)
def test_quiet_hours_hold_from_their_first_minute_to_before_their_last(
    quiet: Quiet, zone: str, now: str, until: str | None
) -> None:
    assert told(quiet_until(quiet, zone, at(now, zone)), zone) == until


@given(st.builds(Quiet, start=st.integers(0, DAY - 1), end=st.integers(0, DAY - 1)), st.sampled_from(ZONES), instants)
def test_quiet_hours_end_within_a_day_and_then_they_are_over(quiet: Quiet, zone: str, now: float) -> None:
    until = quiet_until(quiet, zone, now)
    if until is not None:
        assert now < until <= now + 25 * 3600
        assert quiet_until(quiet, zone, until) is None
