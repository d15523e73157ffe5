"""What a new file changes is told blog by blog and key by key, and what has to wait says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.difference import Difference, difference
from config.foresight import words
from config.settings import Blog, Settings, parse_settings


def blog(id_: str, keys: str = "") -> str:
    return f'[[blogs]]\nid = "{id_}"\nurl = "https://example.org/{id_}"\n{keys}\n'


def read(text: str) -> Settings:
    return parse_settings(text, None, {})


def between(old: str, new: str) -> Difference:
    return difference(read(old), read(new))


UKRAINE = blog("ukraine", 'schedule = { every = "20s" }')


def test_the_same_file_changes_nothing() -> None:
    found = between(UKRAINE, "# a comment\n" + UKRAINE)

    assert not found
    assert words(found) == ["nothing changed"]


def test_defaults_written_out_change_nothing() -> None:
    assert not between(blog("a"), '[delivery]\nedits_for = "2d"\n[defaults]\nhold = "0m"\n' + blog("a"))


def test_a_faster_schedule_touches_nothing_but_the_schedule() -> None:
    found = between(UKRAINE + blog("b"), UKRAINE.replace("20s", "10s") + blog("b"))

    assert [change.new.id for change in found.changed] == ["ukraine"]
    assert found.changed[0].schedule_only
    assert found.changed[0].keys == ("schedule",)
    assert words(found) == ["ukraine: every 20 s → every 10 s"]


def test_a_default_that_changes_changes_the_blogs_that_inherit_it() -> None:
    found = between(UKRAINE + blog("b"), '[defaults]\nschedule = { every = "1m" }\n' + UKRAINE + blog("b"))

    assert words(found) == ["b: every 30 s → every 1 min"]


@pytest.mark.parametrize(
    ("keys", "said", "schedule_only"),
    [
        ('title = "War"', 'a: title none → "War"', False),
        ('hold = "30s"', "a: hold 0 s → 30 s", False),
        ("correction_reply = true", "a: correction_reply false → true", False),
        ("max_chars = 700", "a: max_chars 600 → 700", False),
        ('timezone = "Asia/Tokyo"', 'a: timezone "UTC" → "Asia/Tokyo"', True),
        ('[[blogs.topics]]\nid = "nato"', "a: topics none → nato", False),
        ('hold = "1m"\ntext = "full"', 'a: hold 0 s → 1 min, text "summary" → "full"', False),
    ],
)
def test_what_changes_in_a_blog_is_told(keys: str, said: str, schedule_only: bool) -> None:
    found = between(blog("a"), blog("a", keys))

    assert words(found) == [said]
    assert found.changed[0].schedule_only is schedule_only


def test_other_words_of_a_topic_are_told() -> None:
    topic = '[[blogs.topics]]\nid = "nato"\nwords = ["{}"]'

    found = between(blog("a", topic.format("NATO")), blog("a", topic.format("Vilnius")))

    assert words(found) == ["a: words or titles of topics"]


def test_added_and_removed_blogs_are_told() -> None:
    found = between(blog("a") + blog("b"), blog("a") + blog("storm") + blog("flood"))

    assert [one.id for one in found.added] == ["storm", "flood"]
    assert [one.id for one in found.removed] == ["b"]
    assert words(found) == ["2 blogs added: storm, flood", "1 blog removed: b"]


def test_a_renamed_blog_is_neither_added_nor_removed() -> None:
    found = between(blog("a") + UKRAINE, blog("a") + UKRAINE.replace('id = "ukraine"', 'id = "war"\nwas = "ukraine"'))

    assert found == Difference(renamed=(("ukraine", "war"),))
    assert words(found) == ["ukraine is now called war"]


def test_a_renamed_blog_that_changes_too_is_both() -> None:
    found = between(UKRAINE, blog("war", 'was = "ukraine"\nschedule = { every = "20s" }'))

    assert found.renamed == (("ukraine", "war"),)
    assert [(change.old.id, change.new.id, change.keys) for change in found.changed] == [("ukraine", "war", ("url",))]


def test_a_former_id_that_stays_in_the_file_renames_nothing_again() -> None:
    renamed = blog("war", 'was = "ukraine"')

    assert not between(renamed, renamed)
    assert words(between(renamed, blog("war"))) == ["nothing changed"]


def test_a_former_id_that_nobody_had_is_a_new_blog() -> None:
    assert [one.id for one in between(blog("a"), blog("a") + blog("b", 'was = "c"')).added] == ["b"]


def test_keys_of_tables_apply_at_once() -> None:
    found = between(
        blog("a"),
        '[delivery]\nedit_quiet = "5s"\n[access]\nadmins = [1001]\n[telegram]\nmessages_per_second = 25.5\n'
        + blog("a"),
    )

    assert [change.key for change in found.at_once] == [
        "telegram.messages_per_second",
        "delivery.edit_quiet",
        "access.admins",
    ]
    assert found.next_start == ()
    assert [found.touches(table) for table in ("telegram", "access", "storage")] == [True, True, False]
    assert words(found) == [
        "telegram.messages_per_second: 30 → 25.5",
        "delivery.edit_quiet: 20 s → 5 s",
        "access.admins: none → 1001",
    ]


def test_what_can_only_apply_at_the_next_start_says_so() -> None:
    found = between(
        blog("a"),
        '[storage]\nurl = "sqlite:///b.db"\nkeep_days = 5\n[web]\nlisten = ""\n[telegram]\napi_base = "http://127.0.0.1:81"\n'
        + blog("a")
        + '[[bots]]\nname = "es"\ntoken_env = "ES"\n',
    )

    assert [change.key for change in found.next_start] == ["telegram.api_base", "storage.url", "web.listen", "bots"]
    assert words(found) == [
        "storage.keep_days: 30 → 5",
        "applies at the next start: telegram.api_base, storage.url, web.listen, bots",
    ]


def test_no_password_is_part_of_what_is_told() -> None:
    found = between(blog("a"), '[storage]\nurl = "postgresql://me:S3CRET@host/db"\n' + blog("a"))

    assert "S3CRET" not in repr(found) + " ".join(words(found))


def test_values_made_in_code_compare_as_those_of_a_file() -> None:
    made = Settings(blogs=(Blog(id="a", url="https://example.org/a", hold=timedelta(seconds=5)),))

    assert not difference(made, read(blog("a", 'hold = "5s"')))


ES = '[[bots]]\nname = "es"\ntoken_env = "ES_BOT_TOKEN"\n'


def test_a_blog_that_goes_to_another_bot_keeps_its_name_and_nothing_else() -> None:
    found = between(blog("a") + blog("b") + ES, blog("a") + blog("b", 'bot = "es"') + ES)

    assert words(found) == [
        'b: bot "main" → "es"',
        "1 blog taken over by another bot, which tells nobody of what the page shows: b (main → es)",
    ]


def test_a_former_id_of_another_bots_blog_is_none_of_this_ones() -> None:
    found = between(blog("a") + blog("b") + ES, blog("a") + blog("c", 'bot = "es"\nwas = "b"') + ES)

    assert (found.renamed, found.merged) == ((), ())
    assert words(found) == ["1 blog added: c", "1 blog removed: b"]


def test_a_new_bot_and_its_blogs_wait_for_the_next_start() -> None:
    found = between(blog("a"), blog("a") + blog("b", 'bot = "es"') + ES)

    assert words(found) == [
        "1 blog added: b",
        "1 blog waiting for the next start with its bot: b",
        "applies at the next start: bots",
    ]


def test_a_bot_that_left_the_file_has_no_blogs() -> None:
    settings = read(blog("a"))
    assert [one.id for one in settings.of("main").blogs] == ["a"]
    assert settings.of("es").blogs == ()
