"""Who polls which blog: the same answer on every node, for ever."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.sharing import SHARDS, shard_of


@pytest.mark.parametrize(
    ("url", "shard"),
    [
        ("https://news.example/live/storm", 41),
        ("https://other.example/live/storm", 40),
        ("http://127.0.0.1:8000/a", 12),
        ("https://[2001:db8::1]:443/a", 56),
    ],
)
def test_a_blog_has_the_shard_it_always_had(url: str, shard: int) -> None:
    """A node of another version shares the blogs with this one: these numbers must never change."""
    assert shard_of(url) == shard


@pytest.mark.parametrize(
    "other",
    [
        "http://news.example/",
        "https://NEWS.example/another/blog?x=1#top",
        "https://news.example:8443/live",
        "https://somebody:secret@news.example/live",
        "https://news.example./live",
        "https://news.example",
        "https://news.example?live=1",
    ],
)
def test_all_blogs_of_a_host_are_in_one_shard(other: str) -> None:
    assert shard_of(other) == shard_of("https://news.example/live/storm")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/live-{date:%m-%d-%y}/index.html", "https://news.example/live-11-23-26/index.html"),
        ("https://{date:%d}.news.example:8000/live", "https://{date:%d}.news.example/archive"),
        ("https://day-{date}.news.example/live?x", "https://day-{date}.news.example"),
    ],
)
def test_an_address_that_changes_with_the_day_stays_in_its_shard(one: str, other: str) -> None:
    assert shard_of(one, 2**32) == shard_of(other, 2**32)


def test_hosts_are_spread_over_the_shards() -> None:
    counted = Counter(shard_of(f"https://host{number}.example/live") for number in range(6400))
    assert len(counted) == SHARDS
    assert max(counted.values()) < 150


@given(st.text(), st.integers(1, 1000))
def test_whatever_stands_there_has_a_shard(url: str, shards: int) -> None:
    assert 0 <= shard_of(url, shards) < shards
