"""The screens of /settings, each from what was chosen alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core import render_settings as screens
from bot.core.choices import Choices, Quiet
from bot.core.model import Rendered, Volume
from bot.core.render_settings import Followed, View
from bot.core.texts import Texts
from bot.core.wishes import Wish

NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
LONG = "a" * 31
STORM = Followed(
    blog="storm",
    title="Storm",
    said="“mole” in Storm",
    wish=Wish(topics=("ferries",), words=("mole",), without=("own_goal",)),
    titles={"ferries": "Ferries"},
    volume=Volume.EVERYTHING,
    digest="1h",
    sound=True,
    pictures=False,
)
VIEW = View(
    t=Texts(), now=NOW, key="", name=None, choices=Choices(), zone="UTC", followed=(STORM, replace(STORM, blog="b"))
)
CHANNEL = replace(
    VIEW,
    key="-1001234567890123",
    name="@news",
    followed=(replace(STORM, blog=LONG, volume=Volume.DIGEST, wish=replace(STORM.wish, words=("x" * 60,))),),
)


def labels(screen: Rendered) -> list[str]:
    return [button.text for row in screen.buttons for button in row]


def marked(screen: Rendered) -> list[str]:
    return [label.removeprefix("✓ ") for label in labels(screen) if label.startswith("✓")]


def every_screen(view: View) -> list[Rendered]:
    one = view.followed[0]
    of_one = (screens.subscription, screens.digest, screens.filters, screens.leaving)
    of_chat = (screens.home, screens.quiet, screens.mute, screens.closed)
    return [
        *(screen(view, one) for screen in of_one),
        *(screen(view) for screen in of_chat),
        screens.zones(view, ["Europe/Kyiv"]),
        screens.languages(view, private=True),
    ]


@pytest.mark.parametrize("view", [VIEW, CHANNEL, replace(VIEW, choices=Choices(quiet=Quiet(start=0, end=5)))])
def test_every_button_fits_what_telegram_takes_and_no_screen_is_long(view: View) -> None:
    for screen in every_screen(view):
        assert screen.text.count("\n") < 8
        for row in screen.buttons:
            assert 1 <= len(row) <= 3
            assert all(button.data and len(button.data.encode()) <= 64 for button in row)


def test_the_first_screen_has_a_button_for_each_blog_and_is_the_blogs_own_where_it_is_one() -> None:
    assert labels(screens.home(VIEW))[:2] == ["Storm", "Storm"]
    alone = screens.home(replace(VIEW, followed=(STORM,)))
    assert alone.text.startswith("“mole” in Storm\nEvery post arrives.\nQuiet hours: none.")
    assert {"✓ Everything", "Quiet hours", "Time zone", "Language", "Mute", "Done"} <= set(labels(alone))
    assert "Back" not in labels(alone)
    assert "Nothing is followed here yet" in screens.home(replace(VIEW, followed=())).text


@pytest.mark.parametrize(
    ("volume", "digest", "marks", "says"),
    [
        (Volume.EVERYTHING, "1h", "Everything", "Every post arrives."),
        (Volume.KEY, "1h", "Key events", "Only key events arrive."),
        (Volume.CARD, "1h", "One card", "One message, kept up to date"),
        (Volume.DIGEST, "30m", "Digests", "Digests arrive every 30 minutes."),
        (Volume.DIGEST, "08:00 18:00", "Digests", "Digests arrive at 08:00 and 18:00."),
    ],
)
def test_the_volume_that_was_chosen_is_marked_and_said(volume: Volume, digest: str, marks: str, says: str) -> None:
    screen = screens.subscription(VIEW, replace(STORM, volume=volume, digest=digest))
    assert marked(screen) == [marks]
    assert says in screen.text
    assert ("When digests come" in labels(screen)) is (volume is Volume.DIGEST)


def test_sound_and_pictures_say_how_they_are_and_carry_the_other() -> None:
    screen = screens.subscription(VIEW, STORM)
    found = {button.text: button.data for row in screen.buttons for button in row}
    assert found["Sound: on"] == "set::N:storm:0"
    assert found["Pictures: off"] == "set::P:storm:1"


def test_the_times_of_digests_are_marked_only_where_there_are_digests() -> None:
    assert marked(screens.digest(VIEW, STORM)) == []
    assert marked(screens.digest(VIEW, replace(STORM, volume=Volume.DIGEST))) == ["1 hour"]
    assert "/digest storm 45m" in screens.digest(VIEW, STORM).text
    assert "45m @channel" in screens.digest(CHANNEL, CHANNEL.followed[0]).text


def test_topics_and_words_have_a_button_each() -> None:
    assert labels(screens.filters(VIEW, STORM))[:3] == ["✕ Ferries", "✕ “mole”", "✕ without “own goal”"]


@pytest.mark.parametrize(
    ("chosen", "marks", "says"),
    [
        (None, ["No quiet hours"], "Quiet hours: none."),
        (Quiet(start=1320, end=420), ["22:00 – 07:00"], "22:00 to 07:00; breaking news comes through."),
        (Quiet(start=1350, end=375, breaking=False), [], "Quiet hours: 22:30 to 06:15."),
    ],
)
def test_quiet_hours(chosen: Quiet | None, marks: list[str], says: str) -> None:
    screen = screens.quiet(replace(VIEW, choices=Choices(quiet=chosen)))
    assert marked(screen) == marks
    assert says in screen.text
    assert "until you choose a time zone" in screen.text


def test_zones_are_offered_with_their_clocks_and_the_chosen_one_first() -> None:
    screen = screens.zones(replace(VIEW, choices=Choices(timezone="Asia/Tokyo")), ["Europe/Kyiv", "Asia/Tokyo"])
    assert labels(screen)[:3] == ["✓ Tokyo · 21:00", "Kyiv · 15:00", "Each live blog's own"]
    assert "Time zone: Tokyo, where it is 21:00." in screen.text


def test_languages_by_their_own_names() -> None:
    screen = screens.languages(replace(VIEW, choices=Choices(language="uk")), private=True)
    assert marked(screen) == ["Українська"]
    assert "As my Telegram" in labels(screen)
    assert "✓ As each live blog" in labels(screens.languages(VIEW, private=False))


def test_a_mute_says_until_when_and_how_to_end_it() -> None:
    assert "Unmute" not in labels(screens.mute(VIEW))
    muted = replace(VIEW, choices=Choices(muted_until=NOW.timestamp() + 7200), zone="Europe/Kyiv")
    assert "Muted until 17:00 EEST." in screens.mute(muted).text
    assert "Unmute" in labels(screens.mute(muted))
    assert "Muted until" in screens.home(muted).text


def test_in_a_topic_it_is_said_that_the_rest_is_the_groups() -> None:
    assert "are the whole group's" in screens.home(replace(VIEW, shared=True)).text
