"""What the admins hear of what goes wrong."""

from __future__ import annotations

from bot.core.reports import AT_MOST, WINDOW, Reported


def test_the_same_is_told_once_in_an_hour() -> None:
    reported = Reported()
    assert reported.is_news("post 1: no", 0.0)
    assert not reported.is_news("post 1: no", WINDOW - 1)
    assert reported.is_news("post 1: no", WINDOW)


def test_another_post_and_another_reason_are_told_as_well() -> None:
    reported = Reported()
    assert all(reported.is_news(text, 0.0) for text in ("post 1: no", "post 2: no", "post 1: not now"))


def test_a_storm_of_different_reports_is_cut_short() -> None:
    reported = Reported()
    assert sum(reported.is_news(f"post {n}: no", 0.0) for n in range(10 * AT_MOST)) == AT_MOST
    assert reported.is_news("post 5000: no", WINDOW)
