"""What holds of every schedule, in every zone, on every day: found out by trying many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.core.state import Life
from bot.core.timing import BACK_OFF_CAP, ENDED_CAP, SPREAD, BlogState, Schedule, Window, next_poll, upcoming

NEW_YORK = "America/New_York"
FRESH = BlogState(blog="ukraine")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

lengths = st.integers(1, 4 * 3600).map(lambda seconds: timedelta(seconds=seconds))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
zones = st.sampled_from(
    ["UTC", NEW_YORK, "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
)
CLOCKS_CHANGE = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 25), date(2026, 11, 1))
days = st.dates(date(2025, 1, 1), date(2028, 1, 1)) | st.sampled_from(CLOCKS_CHANGE)
moments = st.builds(datetime.combine, days, st.times(), st.just(UTC))
windows = st.builds(Window, start=clocks, end=clocks).filter(lambda window: window.start != window.end)
crons = st.sampled_from(
    [
        "* * * * *",
        "*/7 * * * *",
        "30 2 * * *",
        "59 1,2,3 * * *",
        "0 6-23 * * 1-5",
        "0 0 1 * 1",
        "15 10 29 2 *",
        "*/45 */5 * 3,4,10,11 *",
    ]
)
schedules = st.one_of(
    st.builds(Schedule, every=lengths, adaptive=st.booleans()),
    st.builds(Schedule, every=lengths, between=windows, otherwise=lengths | st.none(), adaptive=st.booleans()),
    st.builds(Schedule, cron=crons, adaptive=st.booleans()),
)
ago = st.none() | st.integers(0, 3 * 86400).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def states(draw: st.DrawFn, now: datetime) -> BlogState:
    patience = draw(ago)
    seen = st.none() | ago.filter(lambda length: length is not None).map(lambda length: now - length)
    announced = st.none() | st.integers(-(10**6), 10**6).map(lambda seconds: now + timedelta(seconds=seconds))
    return BlogState(
        blog=draw(st.text(max_size=5)),
        failures=draw(st.integers(0, 50)),
        retry_after=now + patience if patience is not None else None,
        life=Life(
            read=draw(st.booleans()),
            last_post_at=draw(seen),
            active_at=draw(seen),
            ended_at=draw(seen),
            starts_at=draw(announced),
        ),
        daily=draw(st.booleans()),
        max_age=draw(st.none() | st.integers(0, 10**9)),
        interval_hint=draw(st.none() | st.integers(0, 10**9)),
    )


@settings(deadline=None)
@given(schedules, zones, moments, ago, st.data())
def test_the_next_poll_is_never_in_the_past_and_the_same_when_asked_again(
    schedule: Schedule, zone: str, now: datetime, since: timedelta | None, data: st.DataObject
) -> None:
    state = data.draw(states(now))
    last = now - since if since is not None else None
    if last is None:
        state = replace(state, retry_after=None, life=Life())  # nobody was there yet who could have asked, or seen

    due = next_poll(schedule, zone, now, last, state)

    assert due >= now
    assert due.tzinfo is UTC
    assert next_poll(schedule, zone, now + (due - now) / 2, last, state) == due
    assert next_poll(schedule, zone, due, last, state) == due


@settings(deadline=None)
@given(lengths, windows, lengths, st.booleans(), zones, moments, ago, st.data())
def test_the_next_poll_is_never_later_than_the_longest_interval_and_its_jitter(
    every: timedelta,
    window: Window,
    otherwise: timedelta,
    adaptive: bool,
    zone: str,
    now: datetime,
    since: timedelta | None,
    data: st.DataObject,
) -> None:
    schedule = Schedule(every=every, between=window, otherwise=otherwise, adaptive=adaptive)
    state = replace(data.draw(states(now)), retry_after=None)

    longest = max(every, otherwise)
    if state.failures > 1:
        longest = max(longest, BACK_OFF_CAP)
    if adaptive:
        longest = max(longest, ENDED_CAP)

    assert next_poll(schedule, zone, now, now - since if since is not None else None, state) - now <= longest + SPREAD


@settings(deadline=None)
@given(lengths, windows, zones, moments)
@example(20 * SECOND, Window(start=time(2), end=time(2, 30)), NEW_YORK, datetime(2026, 3, 8, 6, 59, 55, tzinfo=UTC))
@example(20 * SECOND, Window(start=time(1), end=time(1, 30)), NEW_YORK, datetime(2026, 11, 1, 4, 59, 55, tzinfo=UTC))
def test_without_otherwise_every_poll_is_inside_of_the_window(
    every: timedelta, window: Window, zone: str, now: datetime
) -> None:
    schedule = Schedule(every=every, between=window)
    due = next_poll(schedule, zone, now, now, FRESH)
    day = due.astimezone(ZoneInfo(zone)).date()
    around = [window.on(day + timedelta(days=days), ZoneInfo(zone)) for days in (-1, 0, 1)]

    assert any(opens <= due < closes for opens, closes in around)


@settings(deadline=None)
@given(windows, zones, moments)
def test_a_window_is_never_slept_through(window: Window, zone: str, now: datetime) -> None:
    schedule = Schedule(every=SECOND, between=window, otherwise=timedelta(days=30))
    day = now.astimezone(ZoneInfo(zone)).date()
    openings = [window.on(day + timedelta(days=days), ZoneInfo(zone)) for days in range(-1, 4)]
    ahead = [max(opens, now) for opens, closes in openings if closes > max(opens, now) + 2 * SECOND]

    assert next_poll(schedule, zone, now, now, FRESH) <= min(ahead) + 2 * SECOND


@settings(deadline=None)
@given(schedules, zones, moments, st.integers(1, 6))
def test_upcoming_polls_follow_each_other_by_the_schedule(schedule: Schedule, zone: str, now: datetime, n: int) -> None:
    times = upcoming(schedule, zone, now, n)

    assert len(times) == n
    assert times == sorted(set(times))
    assert times[0] > now
    shortest = min(length for length in (schedule.every, schedule.otherwise, MINUTE) if length)
    assert all(later - sooner >= shortest for sooner, later in pairwise(times))


@settings(deadline=None)
@given(schedules, zones, moments)
def test_the_first_upcoming_poll_is_the_next_one_but_for_jitter(schedule: Schedule, zone: str, now: datetime) -> None:
    assume(not schedule.adaptive)
    (planned,) = upcoming(schedule, zone, now, 1)

    assert timedelta(0) <= next_poll(schedule, zone, now, now, FRESH) - planned <= SPREAD


@settings(deadline=None)
@given(lengths, zones, moments, st.data())
def test_adaptive_never_hurries_and_hints_never_slow_it_down_further_than_five_minutes(
    every: timedelta, zone: str, now: datetime, data: st.DataObject
) -> None:
    schedule, state = Schedule(every=every, adaptive=True), replace(data.draw(states(now)), retry_after=None)
    unhinted = replace(state, max_age=None, interval_hint=None)
    plain = next_poll(replace(schedule, adaptive=False), zone, now, now, unhinted)
    adapted, hinted = (next_poll(schedule, zone, now, now, one) for one in (unhinted, state))

    assert adapted >= plain - SPREAD
    assert adapted <= hinted + SPREAD
    assert hinted <= max(adapted, now + 5 * MINUTE) + BACK_OFF_CAP * (state.failures > 1) + SPREAD


@settings(deadline=None)
@given(lengths, moments, st.integers(1, 10 * 86400), st.data())
def test_no_adaptive_poll_is_late_for_an_announced_start(
    every: timedelta, now: datetime, ahead: int, data: st.DataObject
) -> None:
    start = now + timedelta(seconds=ahead)
    state = BlogState(blog=data.draw(st.text(max_size=5)), life=Life(read=True, starts_at=start))
    assert next_poll(Schedule(every=every, adaptive=True), "UTC", now, now, state) <= max(start, now + every) + SPREAD
