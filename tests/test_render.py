from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import Button, Entity, Relayed, Rendered, Style
from bot.core.render import message, plainest
from bot.core.render_lists import merged
from bot.core.texts import Texts
from bot.core.writing import CAPTION, finds, line, tidy, units
from tests.telegram_rules import any_text, assert_telegram_takes, covered, links, unhurried

T = Texts.of("en")
MAY = datetime(2024, 5, 3, 18, 2, tzinfo=UTC)
NEW_YORK = Style(timezone="America/New_York")
LINK = "https://www.example.org/live#p1"


def post(**changes: Any) -> Relayed:
    """A plain post of a blog, published at 14:02 in New York."""
    plain = Relayed(
        id=1,
        revision=1,
        blog="harbour",
        title="Bridge reopens",
        text="The old bridge is open again. Trucks must wait.",
        published_at=MAY,
        first_seen_at=MAY + timedelta(minutes=1),
        url=LINK,
    )
    return dataclasses.replace(plain, **changes)


def own(text: str, **changes: Any) -> Relayed:
    return post(blog=None, title=None, text=text, url=None, published_at=None, **changes)


def style(**changes: Any) -> Style:
    return dataclasses.replace(NEW_YORK, **changes)


def formatted(rendered: Rendered, kind: str) -> list[str]:
    return [covered(rendered, each) for each in rendered.entities if each.type == kind]


# --- a post as it comes --------------------------------------------------------------------------------------------


def test_a_post_is_headline_text_time_and_link() -> None:
    rendered = message(post(), NEW_YORK, T)

    assert rendered.text == (
        "Bridge reopens\n\nThe old bridge is open again. Trucks must wait.\n\n14:02 EDT\nRead on example.org"
    )
    assert formatted(rendered, "bold") == ["Bridge reopens"]
    assert formatted(rendered, "text_link") == ["Read on example.org"]
    assert links(rendered) == [LINK]


def test_byline_tags_and_the_edit_stand_on_the_line_of_the_time() -> None:
    full = post(authors=("Ann Lee", "Bo"), topics=("nato", "us-election"), updated_at=MAY + timedelta(minutes=18))

    assert "\n14:02 EDT · Ann Lee and Bo · #nato #us_election · updated 14:20\n" in message(full, NEW_YORK, T).text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"published_at": None}, "14:03 EDT"),
        ({"published_at": MAY - timedelta(days=1)}, "May 2, 14:02 EDT"),
        ({"updated_at": MAY + timedelta(days=1)}, "14:02 EDT · updated May 4, 14:02"),
        ({"authors": ("A", "B", "C", "D", "E")}, "14:02 EDT · A, B, C, and 2 others"),
        ({"authors": ("Ann", " ", "\x00", "Ann")}, "14:02 EDT · Ann"),
        ({"authors": ("דן",)}, "14:02 EDT · \u2068דן\u2069"),
        ({"authors": ("דן", "Ann")}, "14:02 EDT · \u2068דן\u2069 and Ann"),
        ({"topics": ("2024", "--", "nato", "nato")}, "14:02 EDT · 2024 #nato"),
    ],
)
def test_the_line_of_the_time(changes: dict[str, Any], expected: str) -> None:
    assert expected in message(post(**changes), NEW_YORK, T).text.split("\n")


def test_in_a_language_from_right_to_left_what_runs_the_other_way_is_isolated() -> None:
    arabic = Texts(language="ar", locale=Locale("ar"))
    rendered = message(post(authors=("Ann", "سارة")), NEW_YORK, arabic)
    time, link = rendered.text.split("\n")[-2:]

    assert time == "\u206814:02 EDT\u2069 · \u2068Ann\u2069 وسارة"
    assert link == "Read on \u2068example.org\u2069"
    assert_telegram_takes(rendered)
    several = merged([post(), post(id=2, title="جسر")], lambda _: NEW_YORK, arabic)
    assert several.text.split("\n")[1:] == [
        "\u206814:02 EDT\u2069 · \u2068Bridge reopens\u2069",
        "\u206814:02 EDT\u2069 · جسر",
    ]
    assert_telegram_takes(several)


def test_the_credit_is_the_last_line() -> None:
    assert message(post(), style(credit="© Harbour Gazette"), T).text.endswith("example.org\n© Harbour Gazette")


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "tg://resolve?domain=x"])
def test_without_a_safe_address_there_is_no_link(url: str | None) -> None:
    rendered = message(post(url=url), NEW_YORK, T)

    assert links(rendered) == []
    assert "Read on" not in rendered.text


@pytest.mark.parametrize(
    "markup", ["<b>Bridge</b> &amp; <reopens>", "*Bridge* [x](http://e.org) `y`", "__Bridge__ ||x||"]
)
def test_mark_up_in_a_headline_is_only_text(markup: str) -> None:
    rendered = message(post(title=markup), NEW_YORK, T)

    assert rendered.text.startswith(markup + "\n")
    assert formatted(rendered, "bold") == [markup]
    assert links(rendered) == [LINK]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The quay is shut.\n\nRead the full story here.", "The quay is shut."),
        ("The quay is shut. Read more about the storm here.", "The quay is shut."),
        ("The quay is shut.\n\nRead more here\n\nNobody was hurt.", "The quay is shut.\n\nNobody was hurt."),
        ("The quay is shut. Watch here:", "The quay is shut."),
        ("“The quay is shut.” To read the full story click here.", "“The quay is shut.”"),
        ("Read the full analysis here.", "Read the full analysis here."),
        ("She will read the full statement here.", "She will read the full statement here."),
        ("Read here what to do.", "Read here what to do."),
    ],
)
@pytest.mark.parametrize("how", ["summary", "full"])
def test_nobody_is_sent_to_a_here_that_leads_nowhere(how: str, text: str, shown: str) -> None:
    rendered = message(post(summary=None, text=text), style(text=how), T)
    assert rendered.text.startswith(f"Bridge reopens\n\n{shown}\n\n14:02")


def test_a_summary_without_its_invitation_keeps_its_formatting() -> None:
    bold = Entity(type="bold", offset=4, length=4)
    rendered = message(
        post(summary=None, text="The quay is shut. Read the full story here.", entities=(bold,)), NEW_YORK, T
    )
    assert formatted(rendered, "bold") == ["Bridge reopens", "quay"]
    assert "here" not in rendered.text


@pytest.mark.parametrize("how", ["summary", "full"])
def test_an_invitation_that_has_its_link_stays(how: str) -> None:
    link = Entity(type="text_link", offset=18, length=25, url="https://example.org/story")
    words = "The quay is shut. Read the full story here."
    rendered = message(post(summary=None, text=words, entities=(link,)), style(text=how), T)
    assert words in rendered.text


# --- how much of it ------------------------------------------------------------------------------------------------


def words_of(rendered: Rendered) -> str:
    """What stands between headline and foot."""
    return "\n\n".join(rendered.text.split("\n\n")[1:-1])


@pytest.mark.parametrize(
    ("how", "summary", "shown"),
    [
        ("headline", "In short.", ""),
        ("summary", "In short.", "In short."),
        ("summary", None, "One is here. Two is there."),
        ("summary", " \x00 ", "One is here. Two is there."),
        ("full", "In short.", "One is here. Two is there. Three is neither.\n\nFour."),
    ],
)
def test_a_blog_chooses_how_much_text_it_shows(how: str, summary: str | None, shown: str) -> None:
    long = post(text="One is here. Two is there. Three is neither.\n\nFour.", summary=summary)

    assert words_of(message(long, style(text=how, max_chars=30), T)) == shown


@pytest.mark.parametrize(
    ("title", "derived", "text", "bold"),
    [
        ("The old bridge…", True, "The old bridge is open.", []),
        ("THE OLD  bridge", True, "The old bridge is open.", []),
        ("Another start", True, "The old bridge is open.", ["Another start"]),
        ("The old bridge", False, "The old bridge is open.", ["The old bridge"]),
        ("The old bridge…", True, "", ["The old bridge…"]),
        (None, False, "The old bridge is open.", []),
        (" \x00 ", False, "The old bridge is open.", []),
        ("\u200b", False, "The old bridge is open.", []),
        (".", False, "...\nThe old bridge is open.", ["."]),
    ],
)
def test_a_derived_headline_does_not_say_the_beginning_twice(
    title: str | None, derived: bool, text: str, bold: list[str]
) -> None:
    rendered = message(post(title=title, title_is_derived=derived, text=text), NEW_YORK, T)

    assert formatted(rendered, "bold") == bold
    assert "\n14:02 EDT\n" in "\n" + rendered.text


def test_with_headlines_alone_a_derived_one_is_shown() -> None:
    assert message(post(title_is_derived=True), style(text="headline"), T).text.startswith("Bridge reopens\n\n14:02")
    untitled = post(title=None, text="The bridge is open. " * 30)
    assert message(untitled, style(text="headline"), T).text.startswith("The bridge is open. The bridge")


def test_a_first_paragraph_that_only_repeats_the_headline_is_left_out() -> None:
    assert words_of(message(post(text="Bridge reopens.\n\nTrucks must wait."), NEW_YORK, T)) == "Trucks must wait."
    assert words_of(message(post(text="Bridge reopens"), NEW_YORK, T)) == ""
    assert words_of(message(post(title=".", text="...\n\nTrucks wait."), NEW_YORK, T)) == "...\n\nTrucks wait."


def test_an_absurd_headline_is_cut_and_everything_else_stays() -> None:
    rendered = message(post(title="word " * 2000, authors=("Ann",)), NEW_YORK, T)

    assert units(formatted(rendered, "bold")[0]) <= 256
    assert "The old bridge is open again. Trucks must wait.\n\n14:02 EDT · Ann\nRead on" in rendered.text


def test_a_text_too_long_for_a_message_is_cut_at_a_sentence_and_keeps_its_foot() -> None:
    rendered = message(post(text="This is a sentence. " * 500), style(text="full"), T)

    assert 4000 < units(rendered.text) <= 4096
    assert words_of(rendered).endswith("This is a sentence.")
    assert rendered.text.endswith("14:02 EDT\nRead on example.org")


@pytest.mark.parametrize("piece", ["#a ", "@someone ", "http://example.org/x ", "#a_"])
@pytest.mark.parametrize("times", [30, 50, 85, 95, 99, 1000])
@pytest.mark.parametrize("struck", [False, True])
def test_a_text_full_of_tags_does_not_cost_the_link(piece: str, times: int, struck: bool) -> None:
    many = piece * times
    rendered = message(
        post(title=many, text=many, authors=(many, many), struck=struck), style(text="full", credit=many), T
    )

    assert links(rendered) == [LINK]
    assert_telegram_takes(rendered)


# --- pictures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("photo", ["https://example.org/a.jpg", "AgACAgQAAxkBAAIBY2a-_x9"])
def test_a_picture_makes_the_text_its_caption(photo: str) -> None:
    rendered = message(post(photo=photo, text="This is a sentence. " * 80), style(max_chars=2000), T)

    assert rendered.photo == photo
    assert 900 < units(rendered.text) <= 1024
    assert words_of(rendered).endswith("This is a sentence.")


@pytest.mark.parametrize("photo", ["data:image/png;base64,xx", "file:///etc/passwd", "attach://x", "/etc/passwd", ""])
def test_what_is_no_address_and_no_file_id_is_no_picture(photo: str) -> None:
    assert message(post(photo=photo), NEW_YORK, T).photo is None


def test_a_full_text_that_does_not_fit_a_caption_goes_without_its_picture() -> None:
    full, photo = style(text="full"), "https://example.org/a.jpg"

    assert message(post(photo=photo), full, T).photo == photo
    long = message(post(photo=photo, text="This is a sentence. " * 60), full, T)
    assert long.photo is None
    assert words_of(long) == ("This is a sentence. " * 60).strip()


@pytest.mark.parametrize("length", range(940, 990))
def test_a_picture_is_left_out_exactly_when_the_caption_is_too_long(length: int) -> None:
    text = "x" * length
    rendered = message(post(photo="https://example.org/a.jpg", text=text), style(text="full"), T)

    assert text in rendered.text
    assert (rendered.photo is None) == (units(rendered.text) > 1024)


def test_under_a_picture_that_is_there_already_the_text_gives_way() -> None:
    long = post(photo="https://example.org/a.jpg", text="This is a sentence. " * 300)

    for changed in (long, dataclasses.replace(long, photo=None)):
        rendered = message(changed, style(text="full"), T, CAPTION)
        assert rendered.photo == changed.photo
        assert 900 < units(rendered.text) <= 1024
        assert links(rendered) == [LINK]
        assert units(plainest(rendered, CAPTION).text) <= 1024
    assert units(message(own("x" * 2000, photo="AgACAgQ"), NEW_YORK, T, CAPTION).text) == 1024


# --- struck, withdrawn, recalled -----------------------------------------------------------------------------------

GONE = MAY + timedelta(minutes=18)


def test_a_struck_post_is_struck_through_and_stays_linked() -> None:
    rendered = message(post(struck=True, photo="https://example.org/a.jpg"), NEW_YORK, T)

    assert formatted(rendered, "strikethrough") == ["Bridge reopens", "The old bridge is open again. Trucks must wait."]
    assert links(rendered) == [LINK]
    assert rendered.photo


@pytest.mark.parametrize("how", ["notice", "delete"])
def test_a_withdrawn_post_leaves_only_the_notice(how: str) -> None:
    gone = post(withdrawn_at=GONE, photo="https://example.org/a.jpg", authors=("Ann",), topics=("nato",))
    rendered = message(gone, style(on_withdrawal=how, credit="© Harbour Gazette"), T)

    assert rendered.text == "withdrawn by the publisher, 14:20 EDT"
    assert (rendered.photo, rendered.buttons, links(rendered)) == (None, (), [])


def test_a_withdrawal_on_a_later_day_names_the_day() -> None:
    later = post(withdrawn_at=GONE + timedelta(days=1))

    assert message(later, NEW_YORK, T).text == "withdrawn by the publisher, May 4, 14:20 EDT"


def test_a_blog_may_have_its_withdrawn_posts_struck() -> None:
    gone = post(withdrawn_at=GONE, photo="https://example.org/a.jpg")
    rendered = message(gone, style(on_withdrawal="strike"), T)

    assert formatted(rendered, "strikethrough") == ["Bridge reopens", "The old bridge is open again. Trucks must wait."]
    assert rendered.text.endswith("\n14:02 EDT\nwithdrawn by the publisher, 14:20 EDT")
    assert (rendered.photo, links(rendered)) == (None, [])


def test_a_blog_may_keep_its_withdrawn_posts() -> None:
    kept = style(on_withdrawal="keep")

    assert message(post(withdrawn_at=GONE), kept, T) == message(post(), kept, T)


@pytest.mark.parametrize("how", ["notice", "strike", "delete", "keep"])
def test_what_our_editors_took_down_is_gone_whatever_the_blog_says(how: str) -> None:
    rendered = message(post(withdrawn_at=GONE, taken_down=True), style(on_withdrawal=how), T)

    assert rendered.text == "withdrawn by the editors, 14:20 EDT"


@pytest.mark.parametrize("how", ["notice", "strike", "delete", "keep"])
def test_a_recalled_push_says_so(how: str) -> None:
    rendered = message(own("Secret", withdrawn_at=GONE, photo="AgACAgQ"), style(on_withdrawal=how), T)

    assert rendered == message(own("Other", withdrawn_at=GONE), NEW_YORK, T)
    assert rendered.text == "recalled by the editors, 14:20 EDT"


# --- an editor's own post ------------------------------------------------------------------------------------------


def test_an_editors_post_leaves_as_it_was_written() -> None:
    text = "Storm warning 😀\n\nStay inside"
    entities = (
        Entity(type="bold", offset=0, length=13),
        Entity(type="text_link", offset=18, length=4, url="https://example.org/"),
        Entity(type="custom_emoji", offset=14, length=2, custom_emoji_id="5368324170671202286"),
    )
    rendered = message(own(text, entities=entities, photo="AgACAgQ"), style(credit="© Harbour Gazette"), T)

    assert (rendered.text, rendered.photo) == (text, "AgACAgQ")
    assert set(rendered.entities) == set(entities)


def test_an_editors_words_go_before_the_picture_they_do_not_fit_under() -> None:
    text = "x" * 1025

    assert message(own(text, photo="AgACAgQ"), NEW_YORK, T) == Rendered(text=text)


def test_an_editors_message_of_another_kind_is_copied() -> None:
    assert message(own("", copied=(1, 2)), NEW_YORK, T).copied == (1, 2)
    assert message(own("", copied=(1, 2), withdrawn_at=GONE), NEW_YORK, T).copied is None


# --- when Telegram refused -----------------------------------------------------------------------------------------


def test_the_plainest_form_is_words_and_bare_addresses() -> None:
    rendered = message(post(photo="https://example.org/a.jpg", authors=("דן",)), NEW_YORK, T)
    plain = plainest(dataclasses.replace(rendered, buttons=((Button(text="Follow", data="x"),),)))

    assert plain == Rendered(
        text="Bridge reopens\n\nThe old bridge is open again. Trucks must wait.\n\n14:02 EDT · דן\n"
        f"Read on example.org {LINK}"
    )


def test_the_plainest_form_shortens_the_text_and_not_the_link() -> None:
    rendered = message(post(text="This is a sentence. " * 300, url=LINK + "?" + "x" * 1000), style(text="full"), T)
    plain = plainest(rendered)

    assert units(plain.text) <= 4096
    assert plain.text.endswith("example.org " + LINK + "?" + "x" * 1000)
    assert plain.text.count("This is a sentence.") > 100


def test_where_only_addresses_are_left_the_first_ones_stay_whole() -> None:
    urls = [f"https://example.org/{number}" + "x" * 1900 for number in range(3)]
    entities = tuple(Entity(type="text_link", offset=2 * place, length=1, url=url) for place, url in enumerate(urls))

    assert plainest(Rendered(text="a\nb\nc", entities=entities)).text == f"a {urls[0]}\nb {urls[1]}"
    assert units(plainest(Rendered(text="a " + "x" * 3000, entities=(entities[0],))).text) <= 4096


def test_an_address_that_is_its_own_words_is_not_said_twice() -> None:
    entities = (Entity(type="text_link", offset=0, length=units(LINK), url=LINK),)

    assert plainest(Rendered(text=LINK, entities=entities)).text == LINK


# --- whatever pages send -------------------------------------------------------------------------------------------

days = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
wild_posts = st.builds(
    post,
    title=st.none() | any_text,
    title_is_derived=st.booleans(),
    text=any_text,
    summary=st.none() | any_text,
    published_at=st.none() | days,
    updated_at=st.none() | days,
    withdrawn_at=st.none() | days,
    authors=st.lists(any_text, max_size=6).map(tuple),
    topics=st.lists(any_text, max_size=6).map(tuple),
    photo=st.none() | any_text | st.just("https://example.org/a.jpg"),
    struck=st.booleans(),
)
wild_styles = st.builds(
    style,
    text=st.sampled_from(["headline", "summary", "full"]),
    max_chars=st.integers(0, 9000),
    credit=any_text,
    on_withdrawal=st.sampled_from(["notice", "strike", "delete", "keep"]),
    timezone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]),
    language=st.sampled_from(["en", "ar", "ja", "xx", ""]),
)


@settings(max_examples=300, deadline=None)
@given(wild_posts, wild_styles)
def test_whatever_a_page_sends_telegram_takes_the_message(wild: Relayed, look: Style) -> None:
    rendered = message(wild, look, T)

    assert line(rendered.text)
    assert_telegram_takes(rendered)
    assert_telegram_takes(plainest(rendered))
    assert not plainest(rendered).entities
    assert rendered == message(wild, look, T)
    gone = wild.withdrawn_at is not None and look.on_withdrawal != "keep"
    assert links(rendered) == ([] if gone else [LINK])
    assert {each.type for each in rendered.entities} <= {"bold", "italic", "strikethrough", "text_link"}
    assert gone or LINK in plainest(rendered).text


@unhurried
@given(any_text, wild_styles)
def test_the_headline_stands_first_word_for_word(title: str, look: Style) -> None:
    rendered = message(post(title=title), look, T)
    words = line(title)

    if words and units(words) <= 256 and finds(words) <= 8:
        assert rendered.text.split("\n")[0] == tidy(words)[0]
        assert formatted(rendered, "bold") == [tidy(words)[0]]


@unhurried
@given(
    any_text,
    st.lists(
        st.builds(
            Entity, type=st.sampled_from(["bold", "spoiler"]), offset=st.integers(0, 99), length=st.integers(0, 99)
        )
    ),
)
def test_whatever_an_editor_sends_telegram_takes_the_message(text: str, entities: list[Entity]) -> None:
    rendered = message(own(text, entities=tuple(entities), photo="AgACAgQ"), NEW_YORK, T)

    assert_telegram_takes(rendered)
    assert_telegram_takes(plainest(rendered))


@unhurried
@given(any_text)
def test_a_notice_says_nothing_of_what_was_withdrawn(words: str) -> None:
    gone = post(title=words, text=words, summary=words, authors=(words,), withdrawn_at=GONE)

    assert message(gone, NEW_YORK, T) == message(post(withdrawn_at=GONE), NEW_YORK, T)
