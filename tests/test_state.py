"""Where a blog is in its life: not started, live, quiet, ended, and live again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.state import Life, State, state_of

NOON = datetime(2024, 5, 4, 12, 0, tzinfo=UTC)
JUST_NOW, EARLIER, SOON = NOON - timedelta(minutes=29), NOON - timedelta(minutes=30), NOON + timedelta(hours=2)
LONG_AGO = NOON - timedelta(days=2)


@pytest.mark.parametrize(
    ("life", "state"),
    [
        (Life(), State.UNREAD),
        (Life(starts_at=SOON), State.UNREAD),
        (Life(read=True), State.NOT_STARTED),
        (Life(read=True, starts_at=SOON), State.NOT_STARTED),
        (Life(read=True, starts_at=LONG_AGO), State.NOT_STARTED),
        (Life(read=True, starts_at=SOON, active_at=LONG_AGO), State.NOT_STARTED),
        (Life(read=True, starts_at=SOON, active_at=JUST_NOW), State.LIVE),
        (Life(read=True, starts_at=LONG_AGO, active_at=EARLIER), State.QUIET),
        (Life(read=True, active_at=JUST_NOW), State.LIVE),
        (Life(read=True, active_at=JUST_NOW, last_post_at=LONG_AGO), State.LIVE),
        (Life(read=True, active_at=EARLIER, last_post_at=EARLIER), State.QUIET),
        (Life(read=True, active_at=JUST_NOW, last_post_at=JUST_NOW, ended_at=JUST_NOW), State.ENDED),
        (Life(read=True, active_at=JUST_NOW, last_post_at=LONG_AGO, ended_at=EARLIER), State.ENDED),
        (Life(read=True, active_at=JUST_NOW, last_post_at=JUST_NOW, ended_at=EARLIER), State.LIVE),
        (Life(read=True, active_at=EARLIER, last_post_at=EARLIER, ended_at=LONG_AGO), State.ENDED),
        (Life(read=True, ended_at=LONG_AGO), State.ENDED),
    ],
    ids=[
        "never read",
        "never read, announced",
        "no posts",
        "no posts, announced",
        "no posts, late",
        "a preview long ago",
        "a preview just now",
        "silence after its start",
        "a post just now",
        "an edit of an old post just now",
        "half an hour of silence",
        "its farewell",
        "an edit after the end",
        "a post after the end",
        "silence after the post after the end",
        "ended before its first post",
    ],
)
def test_a_state_is_what_was_seen_and_said(life: Life, state: State) -> None:
    assert state_of(life, NOON) is state
