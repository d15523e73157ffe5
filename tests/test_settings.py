"""A file and the environment become one value; what is missing has its default, and secrets are no part of it."""
# ruff: noqa: E501, a table reads best with one row a line

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.durations import parse_duration, say_duration, write_duration
from bot.core.model import Style, Topic
from bot.core.timing import Schedule
from config.settings import (
    Blog,
    Bot,
    NoSecret,
    Settings,
    default_file,
    find_file,
    parse_settings,
    read_settings,
    secret,
    token,
    warnings,
)

BLOG = '[[blogs]]\nid = "a"\nurl = "https://example.org/live"\n'
PATH = Path("config/relay.toml")


def settings(text: str = "", environ: dict[str, str] | None = None) -> Settings:
    return parse_settings(text + "\n" + BLOG if "[[blogs]]" not in text else text, PATH, environ or {})


def blog(keys: str) -> Blog:
    return settings(BLOG + keys).blogs[0]


# --- a good file ---------------------------------------------------------------------------------------------------


def test_bots_without_blogs_and_with_the_same_token_are_warned_of_and_no_token_is_shown() -> None:
    text = BLOG + '[[bots]]\nname = "es"\ntoken_env = "ES_BOT_TOKEN"\n'
    same = {"TELEGRAM_BOT_TOKEN": "100:secret", "ES_BOT_TOKEN": "100:secret"}
    assert warnings(parse_settings(text, None, same)) == [
        (
            "bots: main and es have the same token (TELEGRAM_BOT_TOKEN and ES_BOT_TOKEN); Telegram gives updates to one"
            " of them only"
        ),
        'bots: no blog has bot = "es", so es relays nothing',
    ]
    other = same | {"ES_BOT_TOKEN": "200:secret"}
    assert warnings(parse_settings(text, None, other)) == ['bots: no blog has bot = "es", so es relays nothing']


def test_a_blog_with_an_id_and_a_url_is_enough() -> None:
    found = settings(BLOG)

    assert found == Settings(blogs=(Blog(id="a", url="https://example.org/live"),))
    assert found.blogs[0].schedule == Schedule(every=timedelta(seconds=30))
    assert (found.blogs[0].title, found.blogs[0].timezone, found.blogs[0].language) == ("", "UTC", "en")


def test_the_default_file_says_nothing_but_defaults() -> None:
    found = parse_settings(default_file(), None, {})
    example = found.blogs[0]

    assert found == Settings(blogs=(example,))
    assert example == Blog(id="example", url=example.url, title=example.title, topics=example.topics)
    assert warnings(found) == []


def test_what_a_blog_does_not_say_it_inherits() -> None:
    found = settings(
        '[defaults]\nschedule = { every = "45s" }\nhold = "10s"\ntext = "full"\n'
        'on_withdrawal = "strike"\nmax_chars = 900\ncredit = "The Herald"\ncorrection_reply = true\n'
        + BLOG
        + 'hold = "0s"\ntext = "headline"\n'
    ).blogs[0]

    assert (found.hold, found.text) == (timedelta(0), "headline")
    assert found.schedule.every == timedelta(seconds=45)
    assert (found.on_withdrawal, found.max_chars, found.credit) == ("strike", 900, "The Herald")
    assert found.correction_reply is True


def test_a_default_written_out_in_a_blog_still_overrides_the_defaults() -> None:
    assert settings('[defaults]\ntext = "full"\n' + BLOG + 'text = "summary"\n').blogs[0].text == "summary"


def test_a_schedule_is_inherited_whole_or_not_at_all() -> None:
    text = '[defaults]\nschedule = { every = "20s", between = "06:00-23:30" }\n' + BLOG + 'schedule = { every = "5m" }'

    assert settings(text).blogs[0].schedule == Schedule(every=timedelta(minutes=5))


def test_style_is_what_the_blog_says() -> None:
    found = blog(
        'text = "full"\nmax_chars = 100\ncredit = "C"\non_withdrawal = "keep"\ntimezone = "Asia/Tokyo"\nlanguage = "ja"'
    )

    assert found.style == Style(
        text="full", max_chars=100, credit="C", on_withdrawal="keep", timezone="Asia/Tokyo", language="ja"
    )


def test_topics_come_as_topics() -> None:
    found = blog(
        '[[blogs.topics]]\nid = "nato"\ntitle = "NATO"\nwords = ["NATO", "Vilnius", "NATO"]\n'
        '[[blogs.topics]]\nid = "aid"\n'
    )

    assert found.topics == (
        Topic(id="nato", title="NATO", words=("NATO", "Vilnius")),
        Topic(id="aid", title="aid", words=("aid",)),
    )
    assert found.topic("aid") is found.topics[1]
    assert found.topic("none") is None


def test_admins_are_editors_too() -> None:
    found = settings("[access]\nadmins = [1001]\neditors = [1002]")

    assert [found.is_admin(id_) for id_ in (1001, 1002, 1003)] == [True, False, False]
    assert [found.is_editor(id_) for id_ in (1001, 1002, 1003)] == [True, True, False]


def test_a_blog_is_found_by_its_id() -> None:
    found = settings(BLOG)

    assert found.blog("a") is found.blogs[0]
    assert found.blog("b") is None


def test_the_first_bot_is_main_whether_the_file_names_it_or_not() -> None:
    es = '[[bots]]\nname = "es"\ntoken_env = "ES_BOT_TOKEN"\n'
    named = es + '[[bots]]\nname = "main"\ntoken_env = "RELAY_TOKEN"\n'

    assert settings(es + BLOG).bots == (
        Bot(name="main", token_env="TELEGRAM_BOT_TOKEN"),
        Bot(name="es", token_env="ES_BOT_TOKEN"),
    )
    assert settings(named + BLOG).bots[0] == Bot(name="main", token_env="RELAY_TOKEN")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("telegram.messages_per_second", 0.1),
        ("telegram.messages_per_second", 100000),
        ("telegram.api_base", "http://127.0.0.1:8081"),
        ("storage.url", "sqlite:////var/lib/relay.db"),
        ("storage.url", "postgresql://relay@db.example/relay"),
        ("storage.url", "postgresql:///relay"),
        ("storage.keep_days", 1),
        ("web.listen", ""),
        ("web.listen", "[::1]:8080"),
        ("web.listen", "localhost:0"),
        ("about.privacy_url", "https://example.org/privacy"),
        ("access.admins", (1, 2**52 - 1)),
    ],
)
def test_values_that_are_right_come_as_they_are(key: str, value: Any) -> None:
    table, name = key.split(".")
    written = list(value) if isinstance(value, tuple) else f'"{value}"' if isinstance(value, str) else value

    found = settings(f"[{table}]\n{name} = {written}")

    assert getattr(getattr(found, table), name) == value


def test_a_slash_at_the_end_of_a_base_address_does_not_matter() -> None:
    assert settings('[telegram]\napi_base = "https://tg.example.org/"').telegram.api_base == "https://tg.example.org"


@pytest.mark.parametrize("language", ["en", "de", "pt-BR", "zh-Hant", "uk", "fil"])
def test_languages_are_known_by_their_codes(language: str) -> None:
    assert blog(f'language = "{language}"').language == language


@pytest.mark.parametrize("name", ["auto", "jsonld", "rss", "guardian", "text"])
def test_formats_are_the_names_of_readers(name: str) -> None:
    assert blog(f'format = "{name}"').format == name


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/{date:%m-%d-%y}/index.html",
        "https://example.org/{date:%Y}/{date:%b}/{date:%-d}",
        "https://example.org/{date}",
        "http://127.0.0.1:8000/live?x=1&y=%20#top",
        "http://[::1]:8000/",
        "https://пример.example/эфир",
    ],
)
def test_addresses_may_carry_the_date(url: str) -> None:
    assert blog("").url != url
    assert settings(BLOG.replace("https://example.org/live", url)).blogs[0].url == url


def test_a_file_may_be_written_with_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_bytes(b"\xef\xbb\xbf" + BLOG.replace("\n", "\r\n").encode())

    assert read_settings(path, {}).path == path


WEBHOOK = '[telegram]\nupdates = "webhook"\n'

# --- warnings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("[telegram]\nmessages_per_second = 30", []),
        ("[telegram]\nmessages_per_second = 30.5", ["telegram.messages_per_second: 30.5 is more than the 30 that Telegram grants without paid_broadcast"]),
        ("[telegram]\nmessages_per_second = 1000\npaid_broadcast = true", []),
        ("[telegram]\nmessages_per_second = 30\npaid_broadcast = true", ["telegram.paid_broadcast: pays for nothing while telegram.messages_per_second is 30; leave that out, or raise it"]),
        ("[telegram]\nmessages_per_second = 1001\npaid_broadcast = true", ["telegram.messages_per_second: 1001 is more than Telegram grants any bot (1000); expect it to refuse"]),
        ("[telegram]\nrich_messages = true", []),
        ('[web]\nlisten = "127.0.0.1:81"\npublic_url = "https://relay.example.org"', []),
        (WEBHOOK + '[web]\npublic_url = "https://relay.example.org/relay"', []),
        (WEBHOOK + '[web]\npublic_url = "https://relay.example.org:8443"', []),
        (WEBHOOK + '[web]\npublic_url = "http://relay.example.org"', ["web.public_url: Telegram brings updates over https only"]),
        (WEBHOOK + '[web]\npublic_url = "https://relay.example.org:444"', ["web.public_url: Telegram brings updates to the ports 80, 88, 443 and 8443 only"]),
        (WEBHOOK + '[web]\npublic_url = "https://[::1]"', ["web.public_url: Telegram cannot reach this machine under that name"]),
        (WEBHOOK + 'api_base = "http://127.0.0.1:8081"\n[web]\npublic_url = "http://127.0.0.1:9000"', []),
        ('[web]\nlisten = "0.0.0.0:8080"', ["web.listen: 0.0.0.0:8080 is for other machines as well, and without web.dashboard_password_env the dashboard answers this machine alone"]),
        ('[web]\nlisten = "[::1]:8080"', []),
        ('[web]\nlisten = ""', []),
        ("[access]\nsecond_approval = true", []),
        ('[storage]\nurl = "postgresql://me:pw@host/db"', ["storage.url: carries a password; keep it out of the file, in PGPASSWORD or ~/.pgpass"]),
        ('[storage]\nkeep_days = 3', []),
        ('[storage]\nkeep_days = 3\n[delivery]\nedits_for = "72h"', []),
        ('[storage]\nkeep_days = 3\n[delivery]\nedits_for = "73h"', ["storage.keep_days: everything is kept for 73 h all the same, as delivery.edits_for is longer"]),
        ('[defaults]\nschedule = { every = "14s" }', ["schedule.every: every 14 s is hard on another's server; 15 s or more is polite (blog a)"]),
        ('[defaults]\nschedule = { every = "15s" }', []),
        ('[defaults]\nschedule = { every = "30s", between = "06:00-07:00", otherwise = "1s" }', ["schedule.otherwise: every 1 s is hard on another's server; 15 s or more is polite (blog a)"]),
    ],
)  # fmt: skip
def test_what_is_allowed_and_unwise_is_warned_of(text: str, warned: list[str]) -> None:
    assert warnings(settings(text)) == warned


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:80", "127.1.2.3", "demo.localhost"])
def test_this_machine_may_be_polled_as_often_as_one_likes(host: str) -> None:
    found = settings(f'[[blogs]]\nid = "a"\nurl = "http://{host}/"\nschedule = {{ every = "1s" }}')

    assert warnings(found) == []


def test_an_inherited_default_is_one_warning_for_all_its_blogs() -> None:
    blogs = "".join(BLOG.replace('"a"', f'"b{number}"') for number in range(7))

    [warning] = warnings(settings('[defaults]\nschedule = { every = "5s" }\n' + blogs))
    assert warning.startswith("schedule.every: ")
    assert warning.endswith("(blogs b0, b1, b2, b3, b4 and 2 more)")


def test_a_variable_that_the_file_names_and_nobody_set_is_warned_of() -> None:
    text = BLOG + 'intake_secret_env = "INTAKE"'

    assert settings(text).unset == ("INTAKE",)
    said = "INTAKE: the file names this environment variable, and it is not set; nothing is taken in for a"
    assert said in warnings(settings(text))
    assert settings(text, {"INTAKE": "x"}).unset == ()
    assert settings(text, {"INTAKE_FILE": "/run/secrets/x"}).unset == ()


# --- secrets and places --------------------------------------------------------------------------------------------


def test_the_token_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("456:def\n")

    assert token({"TELEGRAM_BOT_TOKEN": " 123:abc\n"}) == "123:abc"
    assert token({"TELEGRAM_BOT_TOKEN_FILE": str(path)}) == "456:def"
    assert token({"TELEGRAM_BOT_TOKEN": "123:abc", "TELEGRAM_BOT_TOKEN_FILE": str(path)}) == "123:abc"
    assert token({"ES": "not even a token"}, Bot(name="es", token_env="ES")) == "not even a token"


def test_a_missing_token_is_told_by_the_name_of_its_variable(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    with pytest.raises(NoSecret, match=r"^TELEGRAM_BOT_TOKEN is not set; put it into the environment, or the path"):
        token({"TELEGRAM_BOT_TOKEN": "  "})
    with pytest.raises(NoSecret, match=r"^X_FILE names .*/gone, which cannot be read: No such file or directory$"):
        secret({"X_FILE": str(tmp_path / "gone")}, "X")
    with pytest.raises(NoSecret, match=r"^X_FILE names .*/empty, which is empty$"):
        secret({"X_FILE": str(empty)}, "X")


def test_no_secret_is_part_of_the_settings() -> None:
    found = settings(
        '[storage]\nurl = "postgresql://me:S3CRET@host/db"\n' + BLOG,
        {"TELEGRAM_BOT_TOKEN": "S3CRET", "INTAKE": "S3CRET"},
    )

    assert "S3CRET" not in repr(found) + str(found) + " ".join(warnings(found))


def test_the_file_is_named_by_the_option_the_environment_or_custom() -> None:
    environ = {"LIVEBLOG_RELAY_CONFIG": "/etc/relay.toml"}

    assert find_file("mine.toml", environ) == Path("mine.toml")
    assert find_file(None, environ) == Path("/etc/relay.toml")
    assert find_file(None, {}) == Path("config/relay.toml")


# --- durations -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 3650 * 86400).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_is_read_as_it_is_written(length: timedelta) -> None:
    assert parse_duration(write_duration(length)) == length


@pytest.mark.parametrize(
    ("written", "canonical", "said"),
    [
        ("0s", "0s", "0 s"),
        ("20s", "20s", "20 s"),
        ("5m", "5m", "5 min"),
        ("90s", "90s", "90 s"),
        ("48h", "2d", "2 d"),
        ("36h", "36h", "36 h"),
        ("0d", "0s", "0 s"),
    ],
)
def test_durations_are_said_in_the_largest_unit_that_fits(written: str, canonical: str, said: str) -> None:
    assert (write_duration(parse_duration(written)), say_duration(parse_duration(written))) == (canonical, said)


@pytest.mark.parametrize(
    ("said", "rate"),
    [("", 30), ("paid_broadcast = true", 1000), ("paid_broadcast = true\nmessages_per_second = 400", 400)],
)
def test_paid_broadcasts_raise_the_allowance_unless_the_file_names_another(said: str, rate: float) -> None:
    settings = parse_settings(f'[telegram]\n{said}\n[[blogs]]\nid = "storm"\nurl = "https://a.example/"', None, {})
    assert settings.telegram.messages_per_second == rate
