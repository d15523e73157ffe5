"""How often a page asks to be polled, and when its coverage is to start."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sources.cadence import of_answer, of_feed
from tests.pages import blog, html, snapshot, update

SY = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
POST = "<item><guid>a</guid><title>Ferry held</title><description>In port.</description></item>"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", None),
        ("<ttl>15</ttl>", 900),
        ("<ttl> 1 </ttl>", 60),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>99999999999999999999</ttl>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", 3600),
        ("<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>12</sy:updateFrequency>", 300),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 86_400),
        ("<sy:updatePeriod>now and then</sy:updatePeriod>", None),
        ("<sy:updateFrequency>4</sy:updateFrequency>", None),
        ("<ttl>5</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 300),
    ],
)
def test_a_feed_says_how_often(said: str, seconds: int | None) -> None:
    found = snapshot(f"<rss version='2.0' {SY}><channel><title>Storm</title>{said}{POST}</channel></rss>")
    assert found.interval_hint == seconds
    assert len(found.posts) == 1


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ({}, None),
        ({"refresh_interval": 10}, 10),
        ({"refresh_interval": "10"}, 10),
        ({"settings": {"refresh_interval": 30}}, 30),
        ({"settings": "none"}, None),
        ({"refresh_interval": True}, None),
        ({"refresh_interval": -1}, None),
        ({"refresh_interval": [10]}, None),
        ({"refresh_interval": 1e300}, None),
    ],
)
def test_an_answer_says_how_often(answer: dict[str, Any], seconds: int | None) -> None:
    assert of_answer(answer) == seconds


def test_a_wordpress_liveblog_says_how_often() -> None:
    row = {"id": "1", "type": "new", "content": "<p>In port.</p>", "timestamp": 1772616000, "entry_time": 1772616000}
    assert snapshot(json.dumps({"entries": [row], "refresh_interval": 10, "pages": 1})).interval_hint == 10


def test_nothing_said_is_nothing_asked() -> None:
    assert of_feed({}) is None


def test_a_blog_announces_its_start_also_before_its_first_post() -> None:
    found = snapshot(html(blog(coverageStartTime="2026-03-04T18:00:00+01:00", liveBlogUpdate=None)))
    assert found.starts_at == datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
    assert found.posts == ()
    assert snapshot(html(blog(update(1), coverageStartTime="at dusk"))).starts_at is None
