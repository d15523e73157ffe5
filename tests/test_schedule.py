"""A schedule is read from its table, and said in words."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.core.timing import Schedule, Window
from config.report import meaning, next_polls
from config.schedule import words
from config.settings import Blog, parse_settings

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BLOG = '[[blogs]]\nid = "a"\nurl = "http://127.0.0.1/live"\n'


def read(table: str) -> Schedule:
    return parse_settings(f"{BLOG}schedule = {table}", None, {}).blogs[0].schedule


@pytest.mark.parametrize(
    ("table", "schedule", "said"),
    [
        ('{ every = "20s" }', Schedule(every=20 * SECOND), "every 20 s"),
        ('{ every = "120s", adaptive = true }', Schedule(every=2 * MINUTE, adaptive=True), "every 2 min, adaptive"),
        (
            '{ every = "20s", between = "06:00-23:30", otherwise = "5m" }',
            Schedule(every=20 * SECOND, between=Window(start=time(6), end=time(23, 30)), otherwise=5 * MINUTE),
            "every 20 s between 06:00 and 23:30 (America/New_York), otherwise every 5 min",
        ),
        (
            '{ every = "1h", between = "22:00 – 2:00" }',
            Schedule(every=60 * MINUTE, between=Window(start=time(22), end=time(2))),
            "every 1 h between 22:00 and 02:00 (America/New_York), otherwise not at all",
        ),
        (
            '{ every = "20s", between = "18:00-24:00" }',
            Schedule(every=20 * SECOND, between=Window(start=time(18), end=time(0))),
            "every 20 s between 18:00 and 00:00 (America/New_York), otherwise not at all",
        ),
        ('{ cron = "*/2  * * * *" }', Schedule(cron="*/2 * * * *"), "every 2 min"),
    ],
)
def test_a_schedule_is_read_and_said(table: str, schedule: Schedule, said: str) -> None:
    assert read(table) == schedule
    assert words(schedule, "America/New_York") == said


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 min"),
        ("*/7 * * * *", "by cron */7 * * * * (UTC)"),
        ("5 * * * *", "every hour at :05"),
        ("30 9 * * *", "at 09:30 (UTC)"),
        ("30 9 * * 1-5", "at 09:30, Mon to Fri (UTC)"),
        ("0 18 * * SAT,SUN", "at 18:00, Sat and Sun (UTC)"),
        ("0 18 * * 1,3,5", "at 18:00, Mon, Wed, Fri (UTC)"),
        ("0 18 1 * *", "by cron 0 18 1 * * (UTC)"),
        ("5,35 8-18 * * *", "by cron 5,35 8-18 * * * (UTC)"),
    ],
)
def test_cron_is_said_in_words_where_words_are_plain(cron: str, said: str) -> None:
    assert words(Schedule(cron=cron), "UTC") == said
    assert words(Schedule(cron=cron, adaptive=True), "UTC") == f"{said}, adaptive"


NOW = datetime(2026, 6, 10, 2, 29, 30, tzinfo=UTC)


def test_the_next_polls_are_told_by_the_clock_of_the_blog() -> None:
    blog = Blog(id="a", url="http://127.0.0.1/", timezone="America/New_York", schedule=Schedule(every=20 * SECOND))

    assert next_polls(blog, NOW) == "22:29:50, 22:30:10, 22:30:30 EDT"


def test_the_next_polls_of_other_days_are_told_with_their_date() -> None:
    blog = Blog(id="a", url="http://127.0.0.1/", timezone="Europe/London", schedule=Schedule(cron="0 1 25,31 10 *"))

    assert next_polls(blog, NOW) == (
        "Sun 2026-10-25 01:00:00, Sun 2026-10-25 01:00:00, Sat 2026-10-31 01:00:00 BST/GMT"
    )


def test_a_good_file_is_told_with_what_it_means() -> None:
    text = """
[telegram]
messages_per_second = 45
[web]
public_url = "https://relay.example.org"
[access]
admins = [1001]
editors = [1002, 1003]
[[blogs]]
id = "ukraine"
title = "Russia-Ukraine war"
url = "https://example.org/war-{date:%m-%d-%y}"
timezone = "America/New_York"
schedule = { every = "20s", between = "06:00-23:30", otherwise = "5m" }
hold = "30s"
credit = "AP"
on_withdrawal = "delete"
websub = true
intake_secret_env = "INTAKE"
[[blogs.topics]]
id = "nato"
title = "NATO"
[[blogs]]
id = "b"
url = "http://127.0.0.1/"
format = "rss"
text = "headline"
was = "old"
"""
    assert meaning(parse_settings(text, Path("relay.toml"), {"INTAKE": "x"}), NOW) == (
        """\
Blog ukraine
  title       Russia-Ukraine war
  page        https://example.org/war-06-09-26
  format      found out from the page
  language    en
  polled      every 20 s between 06:00 and 23:30 (America/New_York), otherwise every 5 min
  next polls  22:29:50, 22:30:10, 22:30:30 EDT
  told        by the hub its page names and by intake, at /intake/ukraine/
  posts       headline and summary, up to 600 characters, held for 30 s, credited to AP; a withdrawn one is deleted
  topics      nato (NATO)

Blog b
  title       the page's own
  page        http://127.0.0.1/
  format      rss
  language    en
  polled      every 30 s
  next polls  02:30:00, 02:30:30, 02:31:00 UTC
  posts       the headline alone; a withdrawn one becomes a notice
  formerly    old

Telegram      https://api.telegram.org, polling: 45 messages a second, 1 a second in one chat, 20 a minute in one group
Edits         followed for 2 d, passed on after 20 s of quiet; in doubt, sent again
Storage       sqlite:///var/relay.db; kept for 30 d
Web           listens on 127.0.0.1:8080, reached as https://relay.example.org
Access        1 admin, 2 editors
Operator      not named; /privacy has nobody to show

warning: telegram.messages_per_second: 45 is more than the 30 that Telegram grants without paid_broadcast"""
    )


def test_a_password_in_the_storage_address_is_not_told() -> None:
    told = meaning(parse_settings(f'[storage]\nurl = "postgresql://me:S3CRET@host/db"\n{BLOG}', None, {}), NOW)

    assert "postgresql://me:…@host/db" in told
    assert "S3CRET" not in told
