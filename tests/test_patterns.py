"""Patterns that see what strangers write take time in the measure of its length, and not of its square.

Each runs over a megabyte in a process that may compute for as long as a page may; one that went back over what it has
seen would need minutes.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable

import pytest

from bot.core import headlines, hours, identity, tables
from bot.reading import MOST_CPU
from bot.sources import charset, jsonld

MEGABYTE = 1_000_000

PATTERNS: dict[str, Callable[[], object]] = {
    "placeholders that never end": lambda: identity.fold("[[ge:a\n" * (MEGABYTE // 7)),
    "placeholders of an agency that never end": lambda: jsonld._PLACEHOLDER.sub("", "[[a:" * (MEGABYTE // 4)),
    "times ago that never come": lambda: identity.fold("1 s, and " * (MEGABYTE // 9) + "ago, or 1 s ago"),
    "a key of digits": lambda: identity.are_positions(["1" * MEGABYTE + "!", "2"], [None, None]),
    "a length of time with spaces": lambda: hours.length("1 h" + " " * MEGABYTE + "!"),
    "a charset after spaces": lambda: charset._IN_HEADER.search("charset =" + " " * MEGABYTE),
    "a charset in a tag, after spaces": lambda: charset._IN_META.search(b"<meta charset =" + b" " * MEGABYTE),
    "numerals of people who are not there": lambda: headlines._CHINESE.search("一" * MEGABYTE),
    "a number with too many digits": lambda: tables._NUMBER.fullmatch("1" * MEGABYTE + "x"),
    "a number with nothing but marks": lambda: tables._NUMBER.fullmatch("." * MEGABYTE + "x"),
}


def _within_its_time(name: str) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + MOST_CPU, used + MOST_CPU))
    PATTERNS[name]()


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_done_with_a_megabyte_within_a_pages_time(name: str) -> None:
    child = multiprocessing.get_context("spawn").Process(target=_within_its_time, args=(name,))
    child.start()
    child.join()
    assert child.exitcode == 0


def test_what_the_patterns_are_for_they_still_find() -> None:
    assert identity.fold("a [[ge:picture 1]] b, 2 hours and 3 minutes ago") == "a b,"
    assert identity.fold("Updated 2 hours, 3 minutes ago: a") == ": a"
    assert tables._NUMBER.fullmatch("1.234,5%")
    assert tables._NUMBER.fullmatch("−1’000")
    assert not tables._NUMBER.fullmatch("12 of 13")
    assert charset._IN_HEADER.search('text/html; charset = "utf-8"')[1] == "utf-8"  # type: ignore[index]
    assert headlines._CHINESE.findall("三十二人死亡") == ["三十二"]
    assert hours.length("1h, 30 min.") == hours.length("90m")
