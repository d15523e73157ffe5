"""How things stand, on the command line."""

from __future__ import annotations

from bot.core.standing import Alarm, Kind, Refusal
from bot.status import Standing, status_json, status_lines
from storage import BlogState
from tests.ledger import NOON

FAILING = Alarm(kind=Kind.FAILING, about="storm", subject="storm (jsonld)", text="answers 404;\nso", since=NOON - 780)
REFUSED = Alarm(kind=Kind.REFUSED, about="", text="“no”", since=NOON - 60, told=True)
REFUSAL = Refusal(why="Bad Request: no", rows=12, chats=3, last_at=NOON - 30, newest_post=7)


def test_what_stands_comes_first_each_in_a_line_with_how_long_it_lasts() -> None:
    lines = list(status_lines([], {}, NOON, Standing(alarms=[FAILING, REFUSED], refused=[REFUSAL])))
    assert lines[0] == "ALARM for 13 minutes: storm (jsonld): answers 404; so"
    assert lines[1].startswith("ALARM: Telegram refused deliveries: “Bad Request: no”, 12 deliveries in 3 chats")
    assert lines[3:] == ["queue: empty", "last backup: none yet"], "what was refused is told once"


def test_where_nothing_stands_nothing_is_said_of_it() -> None:
    assert list(status_lines([], {}, NOON)) == ["no blog was polled yet", "queue: empty", "last backup: none yet"]
    assert (status_json([], {}, NOON)["alarms"], status_json([], {}, NOON)["refused"]) == ([], [])


def test_a_blog_is_a_line_and_one_is_counted_as_one() -> None:
    lines = list(status_lines([BlogState(id="storm", title=None, posts=1400, subscriptions=1)], {}, NOON))
    assert lines[0] == "storm: not read yet, 1,400 posts, 1 subscription"


def test_scripts_get_what_stands_and_what_was_refused() -> None:
    said = status_json([], {}, NOON, Standing(alarms=[FAILING], refused=[REFUSAL]))
    assert said["alarms"] == [
        {
            "kind": "failing",
            "about": "storm",
            "subject": "storm (jsonld)",
            "text": "answers 404;\nso",
            "told": False,
            "since": "2025-06-15T14:53:40Z",
        }
    ]
    assert said["refused"] == [
        {"why": "Bad Request: no", "deliveries": 12, "chats": 3, "newest_post": 7, "last_at": "2025-06-15T15:06:10Z"}
    ]
