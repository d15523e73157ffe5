"""What a change of the file means is said in a sentence, with how many people it is about, and then line by line."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Topic
from bot.core.timing import Schedule
from config.difference import Difference, difference
from config.foresight import CALLED, TOPIC_WORDS, asked_about, shown, summary, words
from config.settings import Settings, parse_settings
from config.values import About, Access, Blog, Bot, Delivery, Storage, Telegram, Web
from tests.test_difference import between, blog

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
FOLLOWERS = {"a": 340, "b": 1, "c": 1200}


def said(old: str, new: str, followers: dict[str, int] | None = FOLLOWERS) -> str:
    return summary(between(old, new), followers, parse_settings(new, None, {}), NOW)


def many(count: int, keys: str = "") -> str:
    return "".join(blog(f"b{number}", keys) for number in range(count))


FAST = 'schedule = { every = "10s" }'
A, B, C, D = blog("a"), blog("b"), blog("c"), blog("d")
ES = '[[bots]]\nname = "es"\ntoken_env = "ES_BOT_TOKEN"\n'
SUMMARIES = [
    (A, A + "# a comment", "Nothing changes."),
    (A + B, blog("a", FAST) + blog("b", FAST), "2 blogs change their interval."),
    (
        A + B + D,
        blog("b", FAST) + blog("d", FAST),
        "2 blogs change their interval, 1 stops; 340 subscriptions sleep for 30 d, then go; nobody is told.",
    ),
    (A + B, A, "1 blog stops; 1 subscription sleeps for 30 d, then goes; nobody is told."),
    (A + D, A, "1 blog stops; nobody is told."),
    (A, A + D, "1 blog starts."),
    (A, A + C, "1 blog starts; 1,200 subscriptions wake up."),
    (
        A,
        blog("z", 'was = "a"') + "",
        "1 blog gets a new id, 1 changes its page; 340 subscriptions move along; nobody is told.",
    ),
    (A + B, blog("b", 'was = "a"'), "1 blog goes on in another; 340 subscriptions move along; nobody is told."),
    (A + D, A + blog("e", 'was = "c"') + D, "1 blog starts; 1,200 subscriptions wake up."),
    (A, A.replace("org/a", "org/other"), "1 blog changes its page; nobody is told."),
    (
        A,
        A.replace("org/a", "org/live-{date}"),
        "1 blog changes its page; 340 subscriptions are told once of the new page, silently.",
    ),
    (A.replace("/a", "/live-2026-03-04"), A.replace("/a", "/live-{date}"), "1 blog changes its page; nobody is told."),
    (A, blog("a", 'hold = "1m"'), "1 blog changes otherwise."),
    (
        A + B + ES,
        A + blog("b", 'bot = "es"') + ES,
        (
            "1 blog goes to another bot; 1 subscription stays with the bot they speak to, sleeps for 30 d, then goes;"
            " nobody is told."
        ),
    ),
    (A + B, A + B + ES, "1 setting waits for the next start."),
    (A, "[access]\nadmins = [1]\n" + A, "1 setting of the relay changes."),
    (A, '[web]\nlisten = ""\n' + A, "1 setting waits for the next start."),
    (
        A,
        "[storage]\nkeep_days = 7\n" + A,
        "1 setting of the relay changes; what is older than 7 d is forgotten for good.",
    ),
    (A, '[storage]\nkeep_days = 7\n[delivery]\nedits_for = "60d"\n' + A, "2 settings of the relay change."),
    (
        A + D,
        "[storage]\nkeep_days = 7\n" + D,
        (
            "1 blog stops; 1 setting of the relay changes; 340 subscriptions sleep for 7 d, then go; nobody is told;"
            " what is older than 7 d is forgotten for good."
        ),
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), SUMMARIES, ids=[sentence for _, _, sentence in SUMMARIES])
def test_a_change_is_summed_up_with_whom_it_is_about(old: str, new: str, sentence: str) -> None:
    assert said(old, new) == sentence


def test_without_a_database_nobody_is_counted() -> None:
    assert said(A + D, D, None) == "1 blog stops; their subscriptions sleep for 30 d, then go; nobody is told."


def test_only_blogs_whose_subscriptions_something_happens_to_are_counted() -> None:
    new = blog("b", FAST) + C.replace("/c", "/x") + blog("z", 'was = "d"') + blog("new", 'was = "older"')
    assert asked_about(between(A + B + C + D, new)) == ["a", "c", "d", "new", "older"]


def test_removed_blogs_are_told_with_their_subscriptions() -> None:
    assert words(between(A + B + D, D), FOLLOWERS) == ["2 blogs removed: a (340 subscriptions), b (1 subscription)"]


def test_a_blog_that_another_one_follows_on_is_not_told_as_removed() -> None:
    assert words(between(A + B, blog("b", 'was = "a"'))) == ["a goes on in b"]


def test_five_hundred_blogs_that_change_alike_are_one_line() -> None:
    old, new = many(480) + many_other(20), many(480, 'schedule = { every = "1m" }') + many_other(20, 'hold = "5s"')
    assert words(between(old, new)) == [
        "480 blogs change their interval: every 30 s → every 1 min",
        "20 blogs change their hold: 0 s → 5 s",
    ]


def many_other(count: int, keys: str = "") -> str:
    return many(count, keys).replace('id = "b', 'id = "other')


def test_few_blogs_that_change_alike_are_told_by_name() -> None:
    assert len(words(between(many(3), many(3, FAST)))) == 3


def test_what_differs_from_blog_to_blog_is_told_of_twenty_and_summed_up_of_the_rest() -> None:
    new = "".join(blog(f"b{number}", f'title = "Number {number}"\nhold = "{number + 1}s"') for number in range(500))
    lines = words(between(many(500), new))
    assert len(lines) == 22
    assert lines[0] == 'b0: hold 0 s → 1 s, title none → "Number 0"'
    assert lines[-2:] == ["480 more blogs change their hold", "480 more blogs change their title"]


def test_five_hundred_blogs_that_leave_are_one_line() -> None:
    (line,) = words(between(many(500) + A, A))
    assert line.startswith("500 blogs removed: b0, b1, ")
    assert line.endswith("b9 and 490 more")


# --- any two files -------------------------------------------------------------------------------------------------

lengths = st.integers(1, 90).map(lambda count: timedelta(seconds=count))
lines = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=5)
topics = st.lists(st.sampled_from("xyz"), unique=True).map(
    lambda ids: tuple(Topic(id=id_, title=id_, words=(id_,)) for id_ in ids)
)
schedules = lengths.map(lambda every: Schedule(every=every)) | st.just(Schedule(cron="*/2 * * * *"))
blogs = st.builds(
    Blog,
    id=st.sampled_from("abcdef"),
    was=st.sampled_from(["", "a", "b", "x"]),
    url=st.sampled_from(["https://example.org/1", "https://example.org/{date}"]),
    title=lines,
    schedule=schedules,
    timezone=st.sampled_from(["UTC", "Asia/Tokyo"]),
    language=st.sampled_from(["en", "de"]),
    hold=lengths,
    max_chars=st.integers(50, 60),
    websub=st.booleans(),
    topics=topics,
    on_withdrawal=st.sampled_from(["notice", "keep"]),
)
some_blogs = st.lists(blogs, min_size=1, max_size=6, unique_by=lambda one: one.id).map(tuple)
# Where only these differ, all blogs change in their own way, or many in the same.
alike = st.builds(
    lambda count, hold, title: tuple(
        Blog(id=f"b{number}", url="https://example.org", hold=hold, title=title and f"{title}{number}")
        for number in range(count)
    ),
    st.integers(1, 40),
    lengths,
    lines,
)
files = st.builds(
    Settings,
    about=st.builds(About, operator=lines, contact=lines),
    telegram=st.builds(Telegram, messages_per_second=st.floats(0.1, 9), paid_broadcast=st.booleans()),
    storage=st.builds(
        Storage, url=st.sampled_from(["sqlite:///a", "postgresql://u:S3CRET@h/d"]), keep_days=st.integers(1, 9)
    ),
    delivery=st.builds(Delivery, edits_for=lengths, ambiguous=st.sampled_from(["drop", "resend"])),
    web=st.builds(Web, listen=st.sampled_from(["", "127.0.0.1:80"])),
    access=st.builds(Access, admins=st.lists(st.integers(1, 5), max_size=3).map(tuple)),
    blogs=some_blogs | alike,
    bots=st.sampled_from([(), (Bot(name="es", token_env="ES"),)]),
)


def named(lines: list[str], id_: str, key: str, change: Any) -> bool:
    """Whether a line of this blog, or one about several, says that this key changes."""
    word = CALLED.get(key, key)
    own = [line for line in lines if line.startswith(f"{id_}: ")]
    if key == "schedule":
        return any("→" in line for line in own) or any(
            f"their {word}" in line or f"its {word}" in line for line in lines
        )
    if any(f"{key} " in line for line in own) or any(TOPIC_WORDS in line for line in lines if key == "topics"):
        return True
    return any(f"blogs change their {word}" in line or f"blog changes its {word}" in line for line in lines)


@given(files, files, st.dictionaries(st.sampled_from("abcdefx"), st.integers(1, 10**6)) | st.none())
def test_every_key_that_changed_is_named_and_no_password_is(
    old: Settings, new: Settings, followers: dict[str, int] | None
) -> None:
    found = difference(old, new)
    lines, sentence = words(found, followers), summary(found, followers, new, NOW)
    assert "S3CRET" not in " ".join([*lines, sentence])
    assert all(line and "\n" not in line for line in (*lines, sentence))
    assert bool(found) == (sentence != "Nothing changes.") == (lines != ["nothing changed"])
    for change in (*found.at_once, *found.next_start):
        assert any(change.key in line for line in lines)
    for change_ in found.changed:
        assert all(named(lines, change_.new.id, key, change_) for key in change_.keys)
    assert len(lines) < 60


@given(files)
def test_a_file_is_no_change_of_itself(file: Settings) -> None:
    assert difference(file, file) == Difference()


@pytest.mark.parametrize("key", [one.name for one in fields(Blog) if one.name not in {"id", "url", "was"}])
def test_every_value_of_a_blog_can_be_shown(key: str) -> None:
    assert shown(getattr(Blog(id="a", url="https://example.org"), key))
