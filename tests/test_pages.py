"""Which addresses of a blog are polled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.pages import KnownPage, pages_to_poll

DAILY = "https://blog.example/{date:%d}"
ELEVEN = datetime(2024, 5, 4, 11, 0, tzinfo=UTC)
FOURTH, FIFTH = "https://blog.example/04", "https://blog.example/05"


def known(*urls: str, **fields: object) -> list[KnownPage]:
    return [KnownPage(url=url, **fields) for url in urls]  # type: ignore[arg-type]


def test_a_plain_address_is_polled_as_it_is() -> None:
    assert pages_to_poll("https://blog.example/live", "UTC", [], ELEVEN) == ("https://blog.example/live",)


def test_a_date_is_the_blogs_own_day() -> None:
    assert pages_to_poll(DAILY, "Pacific/Auckland", [], ELEVEN + timedelta(hours=8)) == (FIFTH,)


@pytest.mark.parametrize(("hours", "polled"), [(0.5, (FOURTH, FIFTH)), (5.9, (FOURTH, FIFTH)), (6.1, (FIFTH,))])
def test_for_six_hours_after_midnight_both_days_are_polled(hours: float, polled: tuple[str, ...]) -> None:
    midnight = datetime(2024, 5, 5, 0, 0, tzinfo=UTC)
    assert pages_to_poll(DAILY, "UTC", known(FOURTH, FIFTH), midnight + timedelta(hours=hours)) == polled


def test_while_the_new_page_was_never_accepted_the_old_one_stays() -> None:
    noon = datetime(2024, 5, 5, 12, 0, tzinfo=UTC)
    assert pages_to_poll(DAILY, "UTC", known(FOURTH), noon) == (FOURTH, FIFTH)


LIVE, NEXT = "https://blog.example/live", "https://blog.example/next"


def test_a_page_that_moved_is_followed_and_both_are_polled_for_six_hours() -> None:
    moved = known(LIVE, next_url=NEXT, moved_at=ELEVEN)
    assert pages_to_poll(LIVE, "UTC", moved, ELEVEN + timedelta(hours=1)) == (LIVE, NEXT)
    accepted = moved + known(NEXT)
    assert pages_to_poll(LIVE, "UTC", accepted, ELEVEN + timedelta(hours=5)) == (LIVE, NEXT)
    assert pages_to_poll(LIVE, "UTC", accepted, ELEVEN + timedelta(hours=7)) == (NEXT,)


def test_while_the_successor_does_not_answer_the_old_page_stays() -> None:
    moved = known(LIVE, next_url=NEXT, moved_at=ELEVEN)
    assert pages_to_poll(LIVE, "UTC", moved, ELEVEN + timedelta(days=2)) == (LIVE, NEXT)


def test_pages_that_name_each_other_do_not_lead_in_circles() -> None:
    circle = known(LIVE, next_url=NEXT, moved_at=ELEVEN) + known(NEXT, next_url=LIVE, moved_at=ELEVEN)
    assert set(pages_to_poll(LIVE, "UTC", circle, ELEVEN + timedelta(hours=1))) == {LIVE, NEXT}
    assert pages_to_poll(LIVE, "UTC", circle, ELEVEN + timedelta(days=1))
