"""How often a page itself asks to be polled, in seconds.

RSS: `<ttl>`, minutes (https://www.rssboard.org/rss-specification#ltttlgtSubelementOfLtchannelgt). RSS 1.0's syndication
module: `sy:updatePeriod` and `sy:updateFrequency` (https://web.resource.org/rss/1.0/modules/syndication/). Products of
live blogs say `refresh_interval`, seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_LONGEST = 31_536_000  # a year; more is a slip of the pen


def of_feed(feed: Mapping[str, Any]) -> int | None:
    """The shortest that the feed (feedparser's) asks for; a feed that says nothing usable asks for nothing."""
    ttl = _number(feed.get("ttl"))
    period = _PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower())
    often = _number(feed.get("sy_updatefrequency")) or 1
    asked = [60 * ttl if ttl else None, period // often if period else None]
    return min((one for one in asked if one and one <= _LONGEST), default=None)


def of_answer(answer: Mapping[str, Any]) -> int | None:
    """What an API's answer says, on top or among its settings."""
    places = (answer, answer.get("settings"))
    said = [_number(place.get("refresh_interval")) for place in places if isinstance(place, Mapping)]
    return next((one for one in said if one and one <= _LONGEST), None)


def _number(value: Any) -> int | None:
    """A whole number above 0, written as a number or in a string."""
    found = re.fullmatch(r"\s*(\d{1,9})(?:\.0*)?\s*", str(value)) if isinstance(value, int | float | str) else None
    return int(found[1]) or None if found else None
