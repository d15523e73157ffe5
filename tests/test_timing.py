"""When a blog is polled next: by the interval in force, never all at once, and never when nobody wants it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.state import Life
from bot.core.timing import (
    SPREAD,
    BlogState,
    Schedule,
    Window,
    has_date,
    next_poll,
    resolve_url,
    upcoming,
)

NEW_YORK = "America/New_York"
FRESH = BlogState(blog="ukraine")
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
EVERY_20 = Schedule(every=20 * SECOND)
DAYTIME = Schedule(every=20 * SECOND, between=Window(start=time(6), end=time(23, 30)), otherwise=5 * MINUTE)
ONLY_DAYTIME = replace(DAYTIME, otherwise=None)
NIGHT = Schedule(every=20 * SECOND, between=Window(start=time(22), end=time(2)), otherwise=5 * MINUTE)


def at(text: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def poll(schedule: Schedule, now: datetime, last: datetime | None, state: BlogState = FRESH) -> datetime:
    return next_poll(schedule, NEW_YORK, now, last, state)


def gap(schedule: Schedule, now: datetime, state: BlogState = FRESH) -> timedelta:
    """From a poll that started now to the next."""
    return poll(schedule, now, now, state) - now


def within(found: timedelta, length: timedelta) -> bool:
    return length <= found <= length + min(length * 0.1, SPREAD)


NOON = at("2026-06-10 12:00")


# --- every ---------------------------------------------------------------------------------------------------------


def test_the_next_poll_comes_after_the_interval_and_a_little_jitter() -> None:
    assert within(gap(EVERY_20, NOON), 20 * SECOND)
    assert within(gap(Schedule(every=HOUR), NOON), HOUR)


def test_the_interval_counts_from_the_start_of_the_last_poll() -> None:
    assert within(poll(EVERY_20, NOON + 15 * SECOND, NOON) - NOON, 20 * SECOND)


def test_a_poll_that_took_longer_than_the_interval_is_followed_at_once() -> None:
    late = NOON + 25 * SECOND

    assert poll(EVERY_20, late, NOON) == late


def test_the_answer_stays_until_it_has_passed() -> None:
    due = poll(EVERY_20, NOON, NOON)

    assert poll(EVERY_20, NOON + 10 * SECOND, NOON) == due
    assert poll(EVERY_20, due, NOON) == due


def test_blogs_of_one_schedule_are_spread_and_each_keeps_its_place() -> None:
    blogs = [BlogState(blog=f"b{number}") for number in range(50)]
    first = [poll(EVERY_20, NOON, None, blog) for blog in blogs]
    later = [poll(EVERY_20, NOON, NOON, blog) for blog in blogs]

    assert len(set(first)) == len(set(later)) == 50
    assert all(NOON <= one <= NOON + SPREAD for one in first)
    assert max(first) - min(first) > SPREAD / 2
    assert [poll(EVERY_20, NOON, None, blog) for blog in blogs] == first


def test_the_jitter_of_a_blog_differs_from_poll_to_poll() -> None:
    assert len({gap(EVERY_20, NOON + number * MINUTE) for number in range(20)}) == 20


def test_a_first_poll_asked_for_again_does_not_move_away() -> None:
    due = poll(EVERY_20, NOON, None)

    assert poll(EVERY_20, due - timedelta(microseconds=1), None) == due
    assert poll(EVERY_20, due, None) == due


def test_after_a_long_stop_blogs_are_spread_again() -> None:
    blogs = [BlogState(blog=f"b{number}") for number in range(50)]
    due = {poll(EVERY_20, NOON, NOON - HOUR, blog) for blog in blogs}

    assert len(due) == 50
    assert all(NOON <= one <= NOON + SPREAD for one in due)


def test_a_clock_that_was_put_back_does_not_stop_the_polls() -> None:
    assert within(poll(EVERY_20, NOON, NOON + 5 * HOUR) - NOON, 20 * SECOND)


# --- between and otherwise -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "now", "length"),
    [
        (DAYTIME, "2026-06-10 12:00", 20 * SECOND),
        (DAYTIME, "2026-06-10 06:00", 20 * SECOND),
        (DAYTIME, "2026-06-10 23:29", 20 * SECOND),
        (DAYTIME, "2026-06-10 23:30", 5 * MINUTE),
        (DAYTIME, "2026-06-10 03:00", 5 * MINUTE),
        (NIGHT, "2026-06-10 21:00", 5 * MINUTE),
        (NIGHT, "2026-06-10 23:59", 20 * SECOND),
        (NIGHT, "2026-06-10 00:00", 20 * SECOND),
        (NIGHT, "2026-06-10 01:59", 20 * SECOND),
        (NIGHT, "2026-06-10 02:00", 5 * MINUTE),
    ],
)
def test_the_interval_is_the_one_in_force(schedule: Schedule, now: str, length: timedelta) -> None:
    assert within(gap(schedule, at(now)), length)


def test_a_window_is_entered_when_it_starts_however_long_the_interval_before() -> None:
    opens = at("2026-06-10 06:00")

    assert opens <= poll(DAYTIME, at("2026-06-10 05:58"), at("2026-06-10 05:58")) <= opens + SPREAD


def test_a_window_that_starts_is_no_reason_to_poll_twice_in_a_row() -> None:
    last = at("2026-06-10 05:59:55")

    assert within(poll(DAYTIME, last, last) - last, 20 * SECOND)


def test_after_a_window_the_longer_interval_counts_from_the_last_poll() -> None:
    last = at("2026-06-10 23:29:50")

    assert within(poll(DAYTIME, last, last) - last, 5 * MINUTE)


def test_without_otherwise_nothing_is_polled_outside_of_the_window() -> None:
    last = at("2026-06-10 23:29:50")
    opens = at("2026-06-11 06:00")

    assert opens <= poll(ONLY_DAYTIME, last, last) <= opens + SPREAD
    assert opens <= poll(ONLY_DAYTIME, at("2026-06-11 03:00"), None) <= opens + SPREAD


def test_jitter_never_carries_a_poll_out_of_its_window() -> None:
    last = at("2026-06-10 23:29:39.999999")

    assert poll(ONLY_DAYTIME, last, last) == last + 20 * SECOND


def test_a_window_is_of_the_clock_on_the_wall_on_days_that_clocks_change() -> None:
    spring, autumn = at("2026-03-08 05:58"), at("2026-11-01 05:58")

    assert poll(DAYTIME, spring, spring) - at("2026-03-08 06:00") <= SPREAD
    assert poll(DAYTIME, autumn, autumn) - at("2026-11-01 06:00") <= SPREAD
    assert at("2026-03-08 06:00").hour == 10
    assert at("2026-11-01 06:00").hour == 11


def test_a_window_in_the_hour_that_is_skipped_comes_as_long_after_midnight_as_ever() -> None:
    schedule = Schedule(every=MINUTE, between=Window(start=time(2, 15), end=time(2, 45)))
    last = at("2026-03-08 00:00")

    assert poll(schedule, last, last) - datetime(2026, 3, 8, 7, 15, tzinfo=UTC) <= SPREAD


def test_a_window_in_the_hour_that_comes_twice_opens_once() -> None:
    schedule = Schedule(every=MINUTE, between=Window(start=time(1, 15), end=time(1, 45)))
    last = at("2026-11-01 01:44:30")

    assert poll(schedule, last, last) - at("2026-11-02 01:15") <= SPREAD


# --- cron ----------------------------------------------------------------------------------------------------------


def test_cron_is_of_the_blogs_own_zone() -> None:
    found = poll(Schedule(cron="30 9 * * *"), NOON, NOON)

    assert timedelta(0) <= found - at("2026-06-11 09:30") <= SPREAD


@pytest.mark.parametrize(
    ("cron", "days"),
    [
        ("0 9 * * 1", ["Mon"]),
        ("0 9 * * 0", ["Sun"]),
        ("0 9 * * 7", ["Sun"]),
        ("0 9 * * 1-5", ["Mon", "Tue", "Wed", "Thu", "Fri"]),
        ("0 9 * * MON-FRI", ["Mon", "Tue", "Wed", "Thu", "Fri"]),
        ("0 9 * * 5-1", ["Mon", "Fri", "Sat", "Sun"]),
        ("0 9 * * */2", ["Sun", "Tue", "Thu", "Sat"]),
        ("0 9 * * 1/3", ["Mon", "Thu"]),
        ("0 9 * * sun-sat", ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]),
        ("0 9 * * 6,tue", ["Tue", "Sat"]),
    ],
)
def test_weekdays_are_those_of_crontab(cron: str, days: list[str]) -> None:
    fired = {f"{time.astimezone(ZoneInfo(NEW_YORK)):%a}" for time in upcoming(Schedule(cron=cron), NEW_YORK, NOON, 14)}

    assert fired == set(days)


def test_a_day_of_the_month_and_a_weekday_are_either_as_in_crontab() -> None:
    fired = upcoming(Schedule(cron="0 0 13 * 5"), "UTC", datetime(2026, 6, 10, tzinfo=UTC), 3)

    assert [f"{time:%a %d}" for time in fired] == ["Fri 12", "Sat 13", "Fri 19"]


def test_a_firing_that_was_missed_still_counts() -> None:
    hourly = Schedule(cron="0 * * * *")

    assert poll(hourly, NOON + 5 * MINUTE, NOON - 30 * MINUTE) == NOON + 5 * MINUTE
    assert poll(hourly, NOON, NOON - 24 * HOUR) - NOON <= SPREAD


def test_a_blog_never_polled_does_not_wait_for_its_first_firing() -> None:
    assert poll(Schedule(cron="0 0 1 1 *"), NOON, None) - NOON <= SPREAD


def test_an_hour_that_comes_twice_fires_twice() -> None:
    fired = upcoming(Schedule(cron="30 1,2 * * *"), NEW_YORK, at("2026-11-01 00:00"), 3)

    assert [f"{time:%d %H:%M}" for time in fired] == ["01 05:30", "01 06:30", "01 07:30"]


# --- adaptive ------------------------------------------------------------------------------------------------------

ADAPTIVE = replace(EVERY_20, adaptive=True)


def living(**life: datetime | None) -> BlogState:
    return replace(FRESH, life=Life(read=True, **life))


@pytest.mark.parametrize(
    ("quiet", "length"),
    [
        (timedelta(0), 20 * SECOND),
        (29 * MINUTE, 20 * SECOND),
        (30 * MINUTE, 40 * SECOND),
        (179 * MINUTE, 40 * SECOND),
        (3 * HOUR, 80 * SECOND),
        (72 * HOUR, 80 * SECOND),
    ],
)
def test_a_quiet_blog_is_polled_less_often(quiet: timedelta, length: timedelta) -> None:
    state = living(active_at=NOON - quiet)

    assert within(gap(ADAPTIVE, NOON, state), length)
    assert within(gap(EVERY_20, NOON, state), 20 * SECOND)


def test_a_blog_is_asked_fast_as_long_as_posts_are_edited() -> None:
    edited = living(last_post_at=NOON - 5 * HOUR, active_at=NOON - MINUTE)

    assert within(gap(ADAPTIVE, NOON, edited), 20 * SECOND)


def test_an_ended_blog_is_looked_at_now_and_then_until_a_post_comes() -> None:
    ended = living(last_post_at=NOON, active_at=NOON, ended_at=NOON)
    goes_on = living(last_post_at=NOON, active_at=NOON, ended_at=NOON - HOUR)

    assert within(gap(ADAPTIVE, NOON, ended), 10 * MINUTE)
    assert within(gap(replace(ADAPTIVE, every=2 * MINUTE), NOON, ended), 20 * MINUTE)
    assert within(gap(replace(ADAPTIVE, every=30 * MINUTE), NOON, ended), HOUR)
    assert within(gap(ADAPTIVE, NOON, goes_on), 20 * SECOND)
    assert within(gap(EVERY_20, NOON, ended), 20 * SECOND)


def test_the_end_of_a_days_page_slows_its_blog_down_no_further_than_silence() -> None:
    over = replace(living(active_at=NOON - HOUR, ended_at=NOON - HOUR), daily=True)

    assert within(gap(ADAPTIVE, NOON, over), 80 * SECOND)


@pytest.mark.parametrize(
    ("ahead", "length"),
    [
        (None, 80 * SECOND),
        (5 * HOUR, 10 * MINUTE),
        (20 * MINUTE, 5 * MINUTE),  # that is 15 minutes before it begins
        (15 * MINUTE, 20 * SECOND),
        (timedelta(0), 20 * SECOND),
        (-29 * MINUTE, 20 * SECOND),
        (-31 * MINUTE, 40 * SECOND),
        (-4 * HOUR, 80 * SECOND),
    ],
)
def test_a_blog_that_has_not_started_is_asked_seldom_but_often_around_its_announced_start(
    ahead: timedelta | None, length: timedelta
) -> None:
    waiting = living(starts_at=None if ahead is None else NOON + ahead)

    assert within(gap(ADAPTIVE, NOON, waiting), length)
    assert within(gap(EVERY_20, NOON, waiting), 20 * SECOND)


def test_a_slow_schedule_is_not_slowed_much_further() -> None:
    quiet = living(active_at=NOON - 5 * HOUR)

    assert within(gap(replace(ADAPTIVE, every=10 * MINUTE), NOON, quiet), 15 * MINUTE)
    assert within(gap(replace(ADAPTIVE, every=2 * HOUR), NOON, quiet), 2 * HOUR)


def test_a_copy_that_stays_the_same_is_not_asked_for_again() -> None:
    assert within(gap(ADAPTIVE, NOON, replace(FRESH, max_age=60)), MINUTE)
    assert within(gap(ADAPTIVE, NOON, replace(FRESH, max_age=5)), 20 * SECOND)
    assert within(gap(ADAPTIVE, NOON, replace(FRESH, max_age=86400)), 5 * MINUTE)
    assert within(gap(EVERY_20, NOON, replace(FRESH, max_age=60)), 20 * SECOND)


def test_what_a_page_asks_for_is_a_floor_with_a_cap_and_only_for_adaptive_schedules() -> None:
    assert within(gap(ADAPTIVE, NOON, replace(FRESH, interval_hint=60)), MINUTE)
    assert within(gap(ADAPTIVE, NOON, replace(FRESH, interval_hint=10)), 20 * SECOND)
    assert within(gap(ADAPTIVE, NOON, replace(FRESH, interval_hint=900)), 5 * MINUTE)
    assert within(gap(ADAPTIVE, NOON, replace(FRESH, interval_hint=60, max_age=90)), 90 * SECOND)
    assert within(gap(EVERY_20, NOON, replace(FRESH, interval_hint=900)), 20 * SECOND)


def test_an_adaptive_cron_leaves_out_firings() -> None:
    quiet = living(active_at=NOON - HOUR)

    assert gap(Schedule(cron="*/2 * * * *", adaptive=True), NOON, quiet) - 4 * MINUTE <= SPREAD
    assert gap(Schedule(cron="*/2 * * * *"), NOON, quiet) - 2 * MINUTE <= SPREAD


# --- errors and Retry-After ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "length"),
    [(0, 20), (1, 20), (2, 40), (3, 80), (6, 640), (7, 900), (999, 900)],
)
def test_polls_back_off_after_failures_and_no_further_than_15_minutes(failures: int, length: int) -> None:
    assert within(gap(EVERY_20, NOON, replace(FRESH, failures=failures)), length * SECOND)


def test_a_schedule_slower_than_the_longest_back_off_keeps_its_interval() -> None:
    assert within(gap(Schedule(every=HOUR), NOON, replace(FRESH, failures=9)), HOUR)


def test_a_cron_backs_off_by_leaving_out_firings() -> None:
    assert gap(Schedule(cron="* * * * *"), NOON, replace(FRESH, failures=4)) - 8 * MINUTE <= SPREAD


@pytest.mark.parametrize("schedule", [EVERY_20, DAYTIME, Schedule(cron="* * * * *")])
def test_retry_after_is_obeyed(schedule: Schedule) -> None:
    asked = NOON + 7 * MINUTE

    found = poll(schedule, NOON, NOON, replace(FRESH, retry_after=asked))

    assert timedelta(0) <= found - asked <= SPREAD


def test_retry_after_is_obeyed_for_a_day_at_most() -> None:
    found = poll(EVERY_20, NOON, NOON, replace(FRESH, retry_after=NOON + timedelta(days=30)))

    assert timedelta(0) <= found - (NOON + timedelta(days=1)) <= SPREAD


def test_retry_after_that_ends_outside_of_the_window_waits_for_the_window() -> None:
    asked, opens = at("2026-06-11 02:00"), at("2026-06-11 06:00")

    assert timedelta(0) <= poll(ONLY_DAYTIME, NOON, NOON, replace(FRESH, retry_after=asked)) - opens <= SPREAD


def test_a_schedule_says_either_every_or_cron() -> None:
    for wrong in ({}, {"every": MINUTE, "cron": "* * * * *"}):
        with pytest.raises(ValueError, match="either every or cron"):
            Schedule(**wrong)  # type: ignore[arg-type]


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("https://example.org/live", "https://example.org/live"),
        ("https://example.org/war-{date:%m-%d-%y}/index.html", "https://example.org/war-06-09-26/index.html"),
        ("https://example.org/{date:%Y}/{date:%b}/{date:%-d}", "https://example.org/2026/Jun/9"),
        ("https://example.org/{date}", "https://example.org/2026-06-09"),
        ("https://example.org/{date:%B-%-d-%Y}?a=%20", "https://example.org/June-9-2026?a=%20"),
        ("https://example.org/{date:100%%}", "https://example.org/100%"),
    ],
)
def test_the_date_in_an_address_is_the_blogs_own(template: str, address: str) -> None:
    late_evening = at("2026-06-09 23:59")

    assert resolve_url(template, late_evening, NEW_YORK) == address
    assert has_date(template) == ("{" in template)


def test_an_address_rolls_over_at_midnight_in_the_blogs_zone() -> None:
    midnight = at("2026-06-10 00:00")

    assert resolve_url("{date:%d}", midnight - SECOND, NEW_YORK) == "09"
    assert resolve_url("{date:%d}", midnight, NEW_YORK) == "10"
    assert resolve_url("{date:%d}", midnight - SECOND, "UTC") == "10"


@pytest.mark.parametrize("template", ["{date:%H}", "{date:%}", "{day}", "{date", "}", "{date:{date}}"])
def test_other_braces_in_an_address_are_an_error(template: str) -> None:
    with pytest.raises(ValueError, match="date"):
        resolve_url(template, NOON, NEW_YORK)
