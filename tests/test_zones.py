"""Time zones by the names that people give them."""

from __future__ import annotations

import pytest

from bot.core.languages import LANGUAGES
from bot.core.zones import all_zones, city, find, guesses, nearest


@pytest.mark.parametrize(
    ("text", "language", "zone"),
    [
        ("Kyiv", "en", "Europe/Kyiv"),
        ("kiev", "en", "Europe/Kyiv"),
        ("Київ", "uk", "Europe/Kyiv"),
        ("new york", "en", "America/New_York"),
        ("NEW_YORK", "en", "America/New_York"),
        ("America/New_York", "en", "America/New_York"),
        ("europe/kyiv", "fr", "Europe/Kyiv"),
        ("São Paulo", "en", "America/Sao_Paulo"),
        ("san francisco", "en", "America/Los_Angeles"),
        ("München", "de", "Europe/Berlin"),
        ("Rom", "de", "Europe/Rome"),
        ("東京", "ja", "Asia/Tokyo"),
        ("Mumbai", "hi", "Asia/Kolkata"),
        ("utc", "en", "UTC"),
        ("Lodnon", "en", None),
        ("../../etc/passwd", "en", None),
        ("", "en", None),
        ("🙂", "en", None),
    ],
)
def test_a_zone_is_found_by_a_city_or_by_its_name(text: str, language: str, zone: str | None) -> None:
    assert find(text, language) == zone


@pytest.mark.parametrize(("text", "zone"), [("Lodnon", "Europe/London"), ("Kiyv", "Europe/Kyiv"), ("xqzzw", None)])
def test_a_slip_of_the_fingers_is_understood(text: str, zone: str | None) -> None:
    assert nearest(text) == zone


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_likely_zones_that_exist_and_can_be_called(language: str) -> None:
    likely = guesses(language, ["Europe/Kyiv", "nowhere"])
    assert likely
    assert set(likely) <= all_zones()
    assert all(city(zone, language) for zone in likely)


def test_the_cities_are_named_in_the_language_of_who_asks() -> None:
    assert city("Europe/Kyiv", "de") == "Kiew"
    assert city("America/Argentina/Buenos_Aires") == "Buenos Aires"
    assert city("UTC", "uk") == "UTC"
