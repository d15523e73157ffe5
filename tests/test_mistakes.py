"""Every mistake of a file is told, each with its key, its line and what would be right."""
# ruff: noqa: E501, a table reads best with one row a line

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.mistakes import TABLES, keys
from config.settings import BadSettings, Mistake, parse_settings, read_settings

BLOG = '[[blogs]]\nid = "a"\nurl = "https://example.org/live"\n'
PATH = Path("config/relay.toml")


def mistakes(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(BadSettings) as caught:
        parse_settings(text, PATH, {})
    return caught.value.mistakes


IN_A_TABLE = [
    ("[telegram]\nmessages_per_secnd = 3", "telegram.messages_per_secnd", 'is not a key of [telegram]; did you mean "messages_per_second"?'),
    ("[telegram]\nhold = 3", "telegram.hold", "is not a key of [telegram]; it belongs in [defaults] or [[blogs]]"),
    ("[telegram]\nzzz = 3", "telegram.zzz", "is not a key of [telegram]; known are api_base, updates, messages_per_second, messages_per_chat_per_second, messages_per_group_per_minute, paid_broadcast, rich_messages"),
    ("[telegram]\ntoken = 3", "telegram.token", "is not a key of [telegram]; secrets come from the environment: TELEGRAM_BOT_TOKEN, or a variable that an …_env key names"),
    ("[telegram]\nmessages_per_second = 0", "telegram.messages_per_second", "0 is not a number above 0; write for example 30 or 0.5"),
    ("[telegram]\nmessages_per_second = true", "telegram.messages_per_second", "true is not a number above 0; write for example 30 or 0.5"),
    ("[telegram]\nmessages_per_second = nan", "telegram.messages_per_second", "nan is not a number above 0; write for example 30 or 0.5"),
    ('[telegram]\nmessages_per_second = "30"', "telegram.messages_per_second", '"30" is not a number above 0; write for example 30 or 0.5'),
    ("[telegram]\nmessages_per_group_per_minute = -1", "telegram.messages_per_group_per_minute", "-1 is not a number above 0; write for example 30 or 0.5"),
    ('[telegram]\nupdates = "pollin"', "telegram.updates", '"pollin" is not known here; write "polling" or "webhook"; did you mean "polling"?'),
    ('[telegram]\nupdates = "webhook"', "telegram.updates", '"webhook" needs web.public_url, the https address that Telegram can reach'),
    ("[telegram]\npaid_broadcast = 1", "telegram.paid_broadcast", "1 is neither true nor false; write one of them, without quotes"),
    ('[telegram]\napi_base = "api.telegram.org"', "telegram.api_base", '"api.telegram.org" is not a web address; write one that starts with https:// or http://'),
    ('[telegram]\napi_base = ""', "telegram.api_base", '"" is not a web address; write one that starts with https:// or http://'),
    ('[storage]\nurl = "relay.db"', "storage.url", '"relay.db" is not a storage address; write for example sqlite:///var/relay.db, sqlite:////abs/path or postgresql://user@host/db'),
    ('[storage]\nurl = "mysql://me:pw@h/db"', "storage.url", '"mysql://me:…@h/db" is not a storage address; write for example sqlite:///var/relay.db, sqlite:////abs/path or postgresql://user@host/db'),
    ('[storage]\nurl = "postgresql://me:pw@h"', "storage.url", '"postgresql://me:…@h" names no database; write for example postgresql://user@host/db'),
    ('[storage]\nurl = "sqlite:///:memory:"', "storage.url", '"sqlite:///:memory:" is not a storage address; write for example sqlite:///var/relay.db, sqlite:////abs/path or postgresql://user@host/db'),
    ("[storage]\nkeep_days = 0", "storage.keep_days", "0 is not a whole number from 1 to 36500"),
    ("[storage]\nkeep_days = 1.5", "storage.keep_days", "1.5 is not a whole number from 1 to 36500"),
    ("[storage]\nkeep_days = true", "storage.keep_days", "true is not a whole number from 1 to 36500"),
    ('[delivery]\nambiguous = "maybe"', "delivery.ambiguous", '"maybe" is not known here; write "resend" or "drop"'),
    ('[delivery]\nedits_for = "48"', "delivery.edits_for", '"48" is not a duration; write for example 20s, 5m or 2d'),
    ("[delivery]\nedits_for = 48", "delivery.edits_for", "48 is not a duration; write for example 20s, 5m or 2d, in quotes"),
    ('[delivery]\nedit_quiet = "1h30m"', "delivery.edit_quiet", '"1h30m" is not a duration; write for example 20s, 5m or 2d'),
    ('[delivery]\nedit_quiet = "-5s"', "delivery.edit_quiet", '"-5s" is not a duration; write for example 20s, 5m or 2d'),
    ('[delivery]\nedit_quiet = "99999999d"', "delivery.edit_quiet", '"99999999d" is longer than 3650d, the longest that makes sense'),
    ('[web]\nlisten = "8080"', "web.listen", '"8080" is not host:port; write for example 127.0.0.1:8080, or "" to switch it off'),
    ('[web]\nlisten = "127.0.0.1:99999"', "web.listen", '"127.0.0.1:99999" is not host:port; write for example 127.0.0.1:8080, or "" to switch it off'),
    ('[web]\nlisten = "::1:8080"', "web.listen", '"::1:8080" is not host:port; write for example 127.0.0.1:8080, or "" to switch it off'),
    ('[web]\ndashboard_password_env = "s3cret!"', "web.dashboard_password_env", "must name an environment variable, such as RELAY_SECRET; the secret itself stays out of the file"),
    ("[access]\nadmins = [1001, true]", "access.admins[1]", "true is not a Telegram user id; write the number that /id tells, without quotes, not a name"),
    ('[access]\neditors = ["@anna"]', "access.editors[0]", '"@anna" is not a Telegram user id; write the number that /id tells, without quotes, not a name'),
    ("[access]\neditors = [0]", "access.editors[0]", "0 is not a Telegram user id; write the number that /id tells, without quotes, not a name"),
    ("[access]\neditors = [-100123]", "access.editors[0]", "-100123 is not a Telegram user id; write the number that /id tells, without quotes, not a name"),
    ("[access]\nadmins = 1001", "access.admins", "1001 is not a list; write it in square brackets"),
    ("[defaults]\nmax_chars = 49", "defaults.max_chars", "49 is not a whole number from 50 to 3500, the most that fits a message"),
    ("[defaults]\nmax_chars = 3501", "defaults.max_chars", "3501 is not a whole number from 50 to 3500, the most that fits a message"),
    ('[defaults]\non_withdrawal = "hide"', "defaults.on_withdrawal", '"hide" is not known here; write "notice", "strike", "delete" or "keep"'),
    ('[defaults]\ntimezone = "UTC"', "defaults.timezone", "is not a key of [defaults]; it belongs in [[blogs]]"),
    ('[defaults]\nschedule = "30s"', "defaults.schedule", '"30s" is not a schedule; write for example { every = "30s" }'),
    ('[about]\noperator = "a\\nb"', "about.operator", "must be one line of text, without tabs or other control characters"),
    ("[about]\noperator = 5", "about.operator", "5 is not text; write it in quotes"),
    ('[about]\nprivacy_url = "ftp://example.org"', "about.privacy_url", '"ftp://example.org" is not a web address; write one that starts with https:// or http://'),
    ("[abuot]\n# a slip", "abuot", "is not a key of the file's top level; did you mean \"about\"?"),
    ('[[bots]]\nname = "es"', "bots[0].token_env", "is missing; every [[bots]] needs one"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "said"), IN_A_TABLE)
def test_a_mistake_in_a_table_is_told_with_its_place(text: str, key: str, said: str) -> None:
    header = 0 if key in {"abuot", "bots[0].token_env"} else 1  # those stand in the table's own line

    assert mistakes(f"# one\n\n{text}\n\n{BLOG}") == (Mistake(key=key, line=3 + header, text=said),)


IN_A_BLOG = [
    ('schedule = { every = "20x" }', "schedule.every", '"20x" is not a duration; write for example 20s, 5m or 2d'),
    ('schedule = { every = "0s" }', "schedule.every", '"0s" is too short; the shortest is 1s'),
    ("schedule = { every = 20 }", "schedule.every", "20 is not a duration; write for example 20s, 5m or 2d, in quotes"),
    ('schedule = { evry = "20s", every = "20s" }', "schedule.evry", 'is not a key of schedule; did you mean "every"?'),
    ('schedule = { between = "06:00-07:00" }', "schedule", 'says neither how often nor when; write { every = "30s" } or { cron = "*/2 * * * *" }'),
    ("schedule = { adaptive = true }", "schedule", 'says neither how often nor when; write { every = "30s" } or { cron = "*/2 * * * *" }'),
    ('schedule = { every = "20s", cron = "* * * * *" }', "schedule", 'says both "cron" and "every", "between" or "otherwise"; a schedule has one or the other'),
    ('schedule = { every = "20s", otherwise = "5m" }', "schedule", 'says "otherwise" without "between"; write for example between = "06:00-23:30" beside it'),
    ('schedule = { every = "20s", between = "6-23" }', "schedule.between", '"6-23" is not a part of the day; write for example 06:00-23:30'),
    ('schedule = { every = "20s", between = "25:00-23:30" }', "schedule.between", '"25:00-23:30" is not a part of the day; write for example 06:00-23:30'),
    ('schedule = { every = "20s", between = "06:00-24:30" }', "schedule.between", '"24:30" is no time of day; the last is 24:00'),
    ('schedule = { every = "20s", between = "06:00-06:00" }', "schedule.between", '"06:00-06:00" starts where it ends; leave it out to mean the whole day'),
    ('schedule = { every = "20s", between = 6 }', "schedule.between", "6 is not a part of the day; write for example 06:00-23:30"),
    ('schedule = { cron = "*/2 * * *" }', "schedule.cron", '"*/2 * * *" is not a cron expression (it has 4 fields); write five fields, as in */2 * * * *'),
    ('schedule = { cron = "0 0 31 2 *" }', "schedule.cron", '"0 0 31 2 *" is not a cron expression (that date never comes); write five fields, as in */2 * * * *'),
    ('schedule = { cron = "0 0 * * noday" }', "schedule.cron", '"0 0 * * noday" is not a cron expression ("noday" is no weekday); write five fields, as in */2 * * * *'),
    ("schedule = { cron = 5 }", "schedule.cron", "5 is not text; write it in quotes"),
    ('schedule = { every = "20s", adaptive = "yes" }', "schedule.adaptive", '"yes" is neither true nor false; write one of them, without quotes'),
    ("schedule = []", "schedule", 'a list is not a schedule; write for example { every = "30s" }'),
    ('timezone = "America/New_Yrok"', "timezone", '"America/New_Yrok" is not a time zone; did you mean "America/New_York"?'),
    ('timezone = "?"', "timezone", '"?" is not a time zone; write for example Europe/Berlin or UTC'),
    ('timezone = "../../etc/passwd"', "timezone", '"../../etc/passwd" is not a time zone; write for example Europe/Berlin or UTC'),
    ('language = "klingon"', "language", '"klingon" is not a language code; write for example en, de or pt-BR'),
    ('language = ""', "language", '"" is not a language code; write for example en, de or pt-BR'),
    ('language = "en_US"', "language", '"en_US" is not a language code; write for example en, de or pt-BR'),
    ('identity = "title"', "identity", '"title" is not known here; write "auto", "id", "link" or "link+title"; did you mean "link+title"?'),
    ('was = "Old One"', "was", '"Old One" is not an id; use up to 31 small letters, digits and hyphens, no hyphen first'),
    ('was = "a"', "was", '"a" is what the blog is called now; name the id that it had before'),
    ('bot = "es"', "bot", '"es" is not the name of a bot; known is "main"'),
    ('websub = "no"', "websub", '"no" is neither true nor false; write one of them, without quotes'),
    ('intake_secret_env = "123:abc"', "intake_secret_env", "must name an environment variable, such as RELAY_SECRET; the secret itself stays out of the file"),
    ('text = "everything"', "text", '"everything" is not known here; write "headline", "summary" or "full"'),
    ('hold = "soon"', "hold", '"soon" is not a duration; write for example 20s, 5m or 2d'),
    ("topics = 5", "topics", "is written as 5; write it as [[blogs.topics]], with its keys below"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "said"), IN_A_BLOG)
def test_a_mistake_in_a_blog_is_told_with_its_place(text: str, key: str, said: str) -> None:
    assert mistakes(BLOG + "\n" + text) == (Mistake(key=f"blogs[0].{key}", line=5, text=said, blog="a"),)


@pytest.mark.parametrize("name", ["jsonl", "JSONLD", "JsonLD"])
def test_an_unknown_format_is_told_with_the_nearest_reader(name: str) -> None:
    (mistake,) = mistakes(BLOG + f'format = "{name}"')

    assert (mistake.key, mistake.line) == ("blogs[0].format", 4)
    assert mistake.text.startswith(f'"{name}" is not known here; write "auto", "jsonld", ')
    assert mistake.text.endswith('; did you mean "jsonld"?')


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("example.org/live", '"example.org/live" is not a web address; write one that starts with https:// or http://'),
        ("file:///etc/passwd", '"file:///etc/passwd" is not a web address; write one that starts with https:// or http://'),
        ("https://", '"https://" is not a web address; write one that starts with https:// or http://'),
        ("https://example.org:port/", '"https://example.org:port/" is not a web address; write one that starts with https:// or http://'),
        ("https://example.org/a b", '"https://example.org/a b" is not a web address; write one that starts with https:// or http://'),
        ("https://me:pw@example.org/", "carries a user name or password; addresses are shown to people, so write it without"),
        ("https://example.org/{day}", '"{day}" is not understood; only {date:…} may stand in braces, as in {date:%m-%d-%y}'),
        ("https://example.org/{date:%H}", '"%H" is no part of a date; write for example {date:%Y-%m-%d} or {date:%m-%d-%y}'),
        ("https://example.org/{date:%}", '"%" is no part of a date; write for example {date:%Y-%m-%d} or {date:%m-%d-%y}'),
        ("https://example.org/{date", '"{date" is not understood; only {date:…} may stand in braces, as in {date:%m-%d-%y}'),
    ],
)  # fmt: skip
def test_a_wrong_address_is_told(url: str, said: str) -> None:
    assert mistakes(f'[[blogs]]\nid = "a"\nurl = "{url}"') == (
        Mistake(key="blogs[0].url", line=3, text=said, blog="a"),
    )


@pytest.mark.parametrize("id_", ["", "Ukraine", "-a", "a_b", "a" * 32, "ä", "a b"])
def test_an_id_that_readers_could_not_type_is_refused(id_: str) -> None:
    (mistake,) = mistakes(f'[[blogs]]\nid = "{id_}"\nurl = "https://example.org"')

    assert (mistake.key, mistake.line) == ("blogs[0].id", 2)
    assert mistake.text == f'"{id_}" is not an id; use up to 31 small letters, digits and hyphens, no hyphen first'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[blogs]]\n", [("blogs[0].id", 1, "is missing; every [[blogs]] needs one"), ("blogs[0].url", 1, "is missing; every [[blogs]] needs one")]),
        ("[about]\n", [("blogs", None, "there is no blog; add at least one [[blogs]] with an id and a url")]),
        ("blogs = []\n", [("blogs", 1, "there is no blog; add at least one [[blogs]] with an id and a url")]),
        ("[blogs]\nid = 'a'", [("blogs", 1, "is written as a table; write it as [[blogs]], with its keys below")]),
        ("blogs = [5]\n", [("blogs[0]", 1, "is written as 5; write it as [[blogs]], with its keys below")]),
        (f"[[telegram]]\n{BLOG}", [("telegram", 1, "is written as a list; write it as [telegram], with its keys below")]),
        (f"about = 'me'\n{BLOG}", [("about", 1, 'is written as "me"; write it as [about], with its keys below')]),
        (BLOG + BLOG, [("blogs[1].id", 5, '"a" is the id of an earlier blog; ids must differ')]),
    ],
)  # fmt: skip
def test_tables_of_the_wrong_shape_are_told(text: str, expected: list[tuple[str, int | None, str]]) -> None:
    assert [(one.key, one.line, one.text) for one in mistakes(text)] == expected


def test_a_former_id_may_stand_once_and_be_no_other_blogs_id() -> None:
    two = (
        BLOG + 'was = "b"\n' + BLOG.replace('"a"', '"b"') + 'was = "old"\n' + BLOG.replace('"a"', '"c"') + 'was = "old"'
    )

    assert [(one.key, one.line) for one in mistakes(two)] == [("blogs[0].was", 4), ("blogs[2].was", 12)]


def test_topics_of_a_blog_differ_and_may_repeat_in_another() -> None:
    topic = '[[blogs.topics]]\nid = "nato"\n'
    other = BLOG.replace('"a"', '"b"')

    assert parse_settings(BLOG + topic + other + topic, PATH, {}).blogs
    assert mistakes(BLOG + topic + topic + other + topic) == (
        Mistake(
            key="blogs[0].topics[1].id", line=7, text='"nato" is the id of an earlier topic of this blog', blog="a"
        ),
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('"NATO"', '"NATO" is not a list of words; write for example ["NATO", "Vilnius"]'),
        ("[]", 'a list is not a list of words; write for example ["NATO", "Vilnius"]'),
        ('["NATO", "…"]', '"…" has no letter or digit, so no post would ever match it'),
        ('["NATO", 5]', "5 is not text; write it in quotes"),
    ],
)
def test_words_of_a_topic_are_words(words: str, said: str) -> None:
    found = mistakes(BLOG + f'[[blogs.topics]]\nid = "nato"\nwords = {words}')

    assert found == (Mistake(key="blogs[0].topics[0].words", line=6, text=said, blog="a"),)


def test_bots_need_names_and_tokens_of_their_own() -> None:
    bots = (
        '[[bots]]\nname = "es"\ntoken_env = "TELEGRAM_BOT_TOKEN"\n'
        '[[bots]]\nname = "es"\ntoken_env = "ES"\n[[bots]]\nname = "fr"\ntoken_env = "ES"\n'
    )

    assert [(one.key, one.text) for one in mistakes(bots + BLOG)] == [
        ("bots[0].token_env", '"TELEGRAM_BOT_TOKEN" holds another bot\'s token; each bot needs its own'),
        ("bots[1].name", '"es" is the name of an earlier bot'),
        ("bots[2].token_env", '"ES" holds another bot\'s token; each bot needs its own'),
    ]


def test_webhooks_need_the_web_side() -> None:
    text = '[telegram]\nupdates = "webhook"\n[web]\nlisten = ""\npublic_url = "https://relay.example.org"\n' + BLOG

    assert mistakes(text) == (
        Mistake(key="telegram.updates", line=2, text='"webhook" needs web.listen, which is switched off'),
    )


@pytest.mark.parametrize(
    ("web", "blog", "expected"),
    [
        ("", "websub = true", [("blogs[0].websub", "needs web.public_url, the address under which hubs can reach this relay")]),
        ('listen = ""\npublic_url = "https://relay.example.org"', "websub = true", [("blogs[0].websub", "needs web.listen, which is switched off")]),
        ('listen = ""', 'intake_secret_env = "INTAKE"', [("blogs[0].intake_secret_env", "needs web.listen, which is switched off")]),
        ('public_url = "https://relay.example.org"', 'websub = true\nintake_secret_env = "INTAKE"', []),
        ('listen = ""', "websub = false", []),
    ],
)  # fmt: skip
def test_who_wants_to_be_told_must_be_reachable(web: str, blog: str, expected: list[tuple[str, str]]) -> None:
    text = f"[web]\n{web}\n{BLOG}{blog}\n"
    if not expected:
        assert parse_settings(text, PATH, {}).blogs
    else:
        assert [(one.key, one.text) for one in mistakes(text)] == expected


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """
[[blogs]]
id = "ukraine"
url = "example.org"
schedule = { every = "0s", between = "x", zzz = 1 }

[telegram]
messages_per_second = 0

[[blogs]]
id = "ukraine"
bot = "es"
"""
    assert [(one.line, one.key) for one in mistakes(text)] == [
        (4, "blogs[0].url"),
        (5, "blogs[0].schedule.every"),
        (5, "blogs[0].schedule.between"),
        (5, "blogs[0].schedule.zzz"),
        (8, "telegram.messages_per_second"),
        (10, "blogs[1].url"),
        (11, "blogs[1].id"),
        (12, "blogs[1].bot"),
    ]


def test_the_error_is_one_line_per_mistake() -> None:
    with pytest.raises(BadSettings) as caught:
        parse_settings('[web]\nlisten = 5\n\n[[blogs]]\nid = "a"\nurl = "x"\nmax_chars = 1', PATH, {})

    assert str(caught.value).split("\n") == [
        "config/relay.toml:2: web.listen: 5 is not text; write it in quotes",
        'config/relay.toml:6: blogs[0].url: "x" is not a web address; write one that starts with https:// or http:// (blog a)',
        "config/relay.toml:7: blogs[0].max_chars: 1 is not a whole number from 50 to 3500, the most that fits a message (blog a)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[telegram\n", "config/relay.toml:1: not valid TOML: "),
        ('[about]\n\noperator = "me\n', "config/relay.toml:3: not valid TOML: "),
        ("[about]\n[web]\n[about]\n", "config/relay.toml:3: not valid TOML: this table stands in the file twice"),
        ('a = 1\n\n\na = "two"\n', "config/relay.toml:4: not valid TOML: this key or table stands in the file twice"),
        ('x = """\n\n', "config/relay.toml:1: not valid TOML: "),
        ("", "config/relay.toml: the file is empty; `liveblog-relay init` writes one to start from"),
        ("# nothing\n\n", "config/relay.toml: the file is empty; `liveblog-relay init` writes one to start from"),
        ("x = " + "[" * 9999, "config/relay.toml: is nested too deeply to be a configuration"),
    ],
)
def test_a_file_that_is_no_toml_or_empty_is_one_line(text: str, said: str) -> None:
    with pytest.raises(BadSettings) as caught:
        parse_settings(text, PATH, {})

    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_duration_without_quotes_gets_a_hint() -> None:
    (mistake,) = mistakes(BLOG + "schedule = { every = 20s }")

    assert mistake.line == 4
    assert mistake.text.endswith('; a duration stands in quotes, as in "20s"')


def test_what_is_not_for_printing_is_told_as_an_escape() -> None:
    text = BLOG.replace('"a"', '"\\u001b[2J"') + '"a\\nb" = 1\nformat = "x\\u2028y"'

    assert [mistake.words(PATH)[:70] for mistake in mistakes(text)] == [
        'config/relay.toml:2: blogs[0].id: "\\x1b[2J" is not an id; use up to 31',
        "config/relay.toml:4: blogs[0].a\\nb: is not a key of [[blogs]]; known a",
        'config/relay.toml:5: blogs[0].format: "x\\u2028y" is not known here; wr',
    ]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as caught:
        read_settings(tmp_path / "relay.toml", {})

    assert str(caught.value) == f"{tmp_path}/relay.toml: there is no such file; `liveblog-relay init` writes one"


def test_a_folder_or_a_binary_in_its_place_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="cannot be read: Is a directory"):
        read_settings(tmp_path, {})
    (tmp_path / "relay.toml").write_bytes(b"[about]\noperator = '\xff'")
    with pytest.raises(BadSettings, match=r"is not UTF-8 text \(byte 20\); save it as UTF-8"):
        read_settings(tmp_path / "relay.toml", {})


def test_a_secret_written_by_mistake_is_never_repeated() -> None:
    text = (
        '[telegram]\ntoken = "S3CRET"\n[web]\ndashboard_password_env = "S3CRET!"\n'
        '[storage]\nurl = "postgres//u:S3CRET@h/d"\n' + BLOG + 'intake_secret_env = "S3-CRET S3CRET"\n'
    )
    with pytest.raises(BadSettings) as caught:
        parse_settings(text, PATH, {})

    assert len(caught.value.mistakes) == 4
    assert "S3CRET" not in str(caught.value) + repr(caught.value) + repr(caught.value.mistakes)


# TOML can hold anything: whatever stands where, the answer is settings or mistakes, never another error.
anything = st.recursive(
    st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=8) | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted({"zzz", *(key for table in TABLES if table for key in keys(table))})


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08X}" for letter in value) + '"'
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(keys(())),
        anything | st.dictionaries(st.sampled_from(KEYS), anything) | st.lists(st.dictionaries(st.sampled_from(KEYS), anything), max_size=3),
    )
)  # fmt: skip
def test_whatever_stands_in_a_file_is_answered(document: dict[str, Any]) -> None:
    text = "\n".join(f"{key} = {toml(value)}" for key, value in document.items())
    told = answer(text)
    assert told
    assert all(line.isprintable() for line in told)


def answer(text: str) -> list[str]:
    try:
        return [blog.id for blog in parse_settings(text, PATH, {}).blogs]
    except BadSettings as error:
        return [mistake.words(PATH) for mistake in error.mistakes]
