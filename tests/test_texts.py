from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from hypothesis import given
from hypothesis import strategies as st

from bot.core.texts import Texts
from tests.telegram_rules import unhurried

EN = Texts.of("en")
MAY = datetime(2024, 5, 3, 18, 2, tzinfo=UTC)
NEW_YORK = "America/New_York"


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A folder of catalogues as it would be installed: a little German, with one mistake in it."""
    german = Catalog(locale="de")
    german.add("and {n} others", "und {n} weitere")
    german.add(("{n} post", "{n} posts"), ("{n} Beitrag", "{n} Beiträge"))
    german.add("updated {time}", "geändert {uhrzeit}")
    german.add("{day}, {time}", "{day}, {time} Uhr")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "relay.po").open("wb") as file:
        write_po(file, german)
    return tmp_path


# --- sentences -----------------------------------------------------------------------------------------------------


def test_a_sentence_is_its_english_self_with_its_placeholders_filled() -> None:
    assert EN.gettext("Live blogs") == "Live blogs"
    assert EN.gettext("updated {time}", time="14:02") == "updated 14:02"


def test_what_fills_a_placeholder_is_not_read_again() -> None:
    assert EN.gettext("{title}: {n}", title="{n} {title.__class__}", n="3") == "{n} {title.__class__}: 3"


def test_a_sentence_without_values_may_hold_braces() -> None:
    assert EN.gettext("like {this}") == "like {this}"


@pytest.mark.parametrize(("count", "said"), [(0, "0 posts"), (1, "1 post"), (2, "2 posts"), (12345, "12,345 posts")])
def test_counts_take_their_plural(count: int, said: str) -> None:
    assert EN.ngettext("{n} post", "{n} posts", count) == said


def test_a_catalogue_is_all_that_another_language_needs(locales: Path) -> None:
    t = Texts.of("de-AT", locales)

    assert (t.language, t.rtl) == ("de-AT", False)
    assert t.ngettext("{n} post", "{n} posts", 1) == "1 Beitrag"
    assert t.ngettext("{n} post", "{n} posts", 2) == "2 Beiträge"
    assert t.moment(MAY, NEW_YORK, MAY + timedelta(days=1)) == "3. Mai, 14:02 EDT Uhr"
    assert t.ago(timedelta(minutes=5)) == "vor 5 Minuten"
    assert Texts.of("de", locales).number(12345.5) == "12.345,5"


def test_a_sentence_that_is_not_translated_stays_english(locales: Path) -> None:
    assert Texts.of("de", locales).gettext("trending") == "trending"


def test_a_translation_with_a_wrong_placeholder_gives_way_to_the_english(locales: Path) -> None:
    assert Texts.of("de", locales).gettext("updated {time}", time="14:02") == "updated 14:02"


@pytest.mark.parametrize("language", ["fr", "xx", "", "../../etc/passwd", "a" * 500, "zh-Hans-CN", "e\x00n"])
def test_a_language_without_a_catalogue_is_english_through_and_through(language: str, locales: Path) -> None:
    t = Texts.of(language, locales)

    assert t.language == "en"
    assert t.number(12345) == "12,345"


@pytest.mark.parametrize("language", ["de", "de-AT", "DE", "de_DE", "de_", "de-formal-beta"])
def test_words_that_an_app_puts_behind_a_language_do_not_hide_it(language: str, locales: Path) -> None:
    assert Texts.of(language, locales).ngettext("{n} post", "{n} posts", 2) == "2 Beiträge"


def test_english_keeps_its_country() -> None:
    t = Texts.of("en-GB")

    assert t.language == "en-GB"
    assert t.listed(["Ann", "Bo", "Cy"]) == "Ann, Bo and Cy"
    assert t.day(MAY, "UTC", MAY) == "3 May"


@pytest.mark.parametrize(
    ("names", "said"), [([], ""), (["Ann"], "Ann"), (["Ann", "Bo"], "Ann and Bo"), (["A", "B", "C"], "A, B, and C")]
)
def test_names_are_listed_as_a_phrase(names: list[str], said: str) -> None:
    assert EN.listed(names) == said


# --- times ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "zone", "said"),
    [
        (MAY, NEW_YORK, "14:02 EDT"),
        (datetime(2024, 1, 3, 18, 2, tzinfo=UTC), NEW_YORK, "13:02 EST"),
        (MAY, "Europe/Kyiv", "21:02 EEST"),
        (MAY, "Europe/London", "19:02 BST"),
        (MAY, "UTC", "18:02 UTC"),
        (MAY, "America/Sao_Paulo", "15:02 UTC-3"),
        (MAY, "Asia/Kathmandu", "23:47 UTC+5:45"),
        (datetime(2024, 5, 3, 4, 0, tzinfo=UTC), NEW_YORK, "00:00 EDT"),
    ],
)
def test_a_time_carries_the_abbreviation_its_zone_has_that_day(at: datetime, zone: str, said: str) -> None:
    assert EN.time(at, zone) == said


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (MAY, "14:02 EDT"),
        (datetime(2024, 5, 4, 3, 59, tzinfo=UTC), "14:02 EDT"),
        (datetime(2024, 5, 4, 4, 0, tzinfo=UTC), "May 3, 14:02 EDT"),
        (datetime(2024, 5, 2, 18, 0, tzinfo=UTC), "May 3, 14:02 EDT"),
        (datetime(2025, 5, 3, 18, 2, tzinfo=UTC), "May 3, 2024, 14:02 EDT"),
    ],
)
def test_the_day_is_named_when_it_is_not_today_in_that_zone(now: datetime, said: str) -> None:
    assert EN.moment(MAY, NEW_YORK, now) == said


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", [NEW_YORK, "Asia/Tokyo"])
def test_a_time_at_the_ends_of_the_calendar_is_said_all_the_same(at: datetime, zone: str) -> None:
    assert EN.moment(at, zone, MAY).endswith(EN.time(at, zone))


def test_the_zone_may_be_left_out_where_it_is_said_already() -> None:
    assert EN.clock(MAY, NEW_YORK) == "14:02"
    assert EN.moment(MAY, NEW_YORK, MAY, abbreviated=False) == "14:02"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (0, "just now"),
        (0.9, "just now"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (119, "1 minute ago"),
        (3 * 3600 + 3599, "3 hours ago"),
        (86400, "1 day ago"),
        (13 * 86400, "1 week ago"),
    ],
)
def test_ago_is_rounded_down_to_its_largest_unit(seconds: float, said: str) -> None:
    assert EN.ago(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a second"),
        (0.5, "less than a second"),
        (1, "1 second"),
        (90, "1 minute 30 seconds"),
        (7200, "2 hours"),
        (7205, "2 hours"),
        (7500, "2 hours 5 minutes"),
        (2 * 86400, "2 days"),
        (-60, "1 minute"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert EN.duration(timedelta(seconds=seconds)) == said


@unhurried
@given(st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_a_duration_has_one_unit_or_two(delta: timedelta) -> None:
    words = EN.duration(delta)

    assert len(words.split()) in {2, 4} or words == "less than a second"
