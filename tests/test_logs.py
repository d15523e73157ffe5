"""The log: each event known to the documents, and no secret in any line, whoever writes it."""

from __future__ import annotations

import ast
import base64
import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import TelegramError
from telegram.request import BaseRequest

import bot
from bot import logs
from bot.core import seldom
from bot.core.seldom import EVERY, MOST, Seldom
from bot.mishaps import Mishap, Mishaps
from config.settings import parse_settings
from tests.newsroom import FILE

CODE = Path(bot.__path__[0]).parent
OPERATIONS = (Path(__file__).parents[1] / "docs" / "operations.md").read_text()
LEVELS = {"exception": "error"}
SECRET = 'pa/ss "wörd"+1'


# --- the events ----------------------------------------------------------------------------------------------------


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every line that is logged, with the file it stands in."""
    for folder in ("bot", "handlers", "storage", "config"):
        for file in sorted((CODE / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and _is_log(node.func):
                    yield f"{file.relative_to(CODE)}:{node.lineno}", node


def _is_log(function: ast.expr) -> bool:
    named = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return named and function.value.id == "log"  # type: ignore[attr-defined]


def test_every_event_in_the_code_stands_in_the_table_with_its_level_and_no_other() -> None:
    found = set()
    for place, call in calls():
        event = call.args[0]
        assert isinstance(event, ast.Constant), f"{place}: an event is a word of ours, and not made"
        assert isinstance(call.func, ast.Attribute)
        found.add((event.value, LEVELS.get(call.func.attr, call.func.attr)))
    rows = re.findall(r"^\| `([^`]+)` \| (debug|info|warning|error) \|", OPERATIONS, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == found


def test_events_are_short_and_their_reasons_are_called_why() -> None:
    for place, call in calls():
        event = call.args[0]
        assert isinstance(event, ast.Constant)
        assert re.fullmatch(r"[a-z][a-z ,]{3,40}", event.value), f"{place}: {event.value}"
        assert "error" not in {one.arg for one in call.keywords}, place


# --- secrets -------------------------------------------------------------------------------------------------------


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Where the log goes; everything is afterwards as it was."""
    told, root = io.StringIO(), logging.getLogger()
    before = (root.handlers[:], root.level, dict(logs._kept_out), structlog.get_config())
    monkeypatch.setattr(sys, "stderr", told)
    logs._kept_out.clear()
    logs.set_up()
    yield told
    root.handlers[:], root.level = before[0], before[1]
    logs._kept_out.clear()
    logs._kept_out.update(before[2])
    structlog.configure(**before[3])


def test_a_line_is_json_where_nobody_sits_before_a_terminal(lines: io.StringIO) -> None:
    structlog.get_logger().info("published", blog="storm", new=["a", "b"], told=2)
    line = json.loads(lines.getvalue())
    assert (line["event"], line["level"], line["blog"], line["new"]) == ("published", "info", "storm", ["a", "b"])
    assert line["timestamp"].endswith("Z")


def test_a_terminal_has_colours(monkeypatch: pytest.MonkeyPatch, lines: io.StringIO) -> None:
    monkeypatch.setattr(lines, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", lines)
    logs.set_up()
    structlog.get_logger().info("published", blog="storm")
    assert "published" in lines.getvalue()
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(lines.getvalue())


FORMS = [
    SECRET,
    quote(SECRET),
    quote(SECRET, safe=""),
    repr(SECRET),
    json.dumps(SECRET),
    f"https://relay.example/x?token={quote(SECRET, safe='')}&a=1",
    "Basic " + base64.b64encode(f":{SECRET}".encode()).decode(),
]


def _break(said: str) -> None:
    raise RuntimeError(said)


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_in_no_line_in_whatever_form(lines: io.StringIO, form: str) -> None:
    logs.keep_out(SECRET)
    log = structlog.get_logger()
    log.info("broke", why=form, deep={"in": [form]}, error=ValueError(form))
    logging.getLogger("aiohttp.client").warning("could not ask %s", form)
    logging.getLogger("telegram.ext").warning("of %r", form)
    try:
        _break(form)
    except RuntimeError:
        log.exception("request broke")
        logging.getLogger("asyncio").exception("never retrieved")
    assert lines.getvalue().count("\n") == 5
    said = lines.getvalue()
    assert not [one for one in {*FORMS, SECRET[3:], "wörd", "w\\u00f6rd"} if one in said], said


def test_who_calls_at_an_address_is_in_no_line(lines: io.StringIO) -> None:
    structlog.get_logger().info("poll failed", page="https://desk:hunter2@blog.example/live?a=b@c", why="a: b@c")
    line = json.loads(lines.getvalue())
    assert (line["page"], line["why"]) == ("https://…@blog.example/live?a=b@c", "a: b@c")


def test_what_the_file_names_is_kept_out_from_when_it_is_read(lines: io.StringIO, tmp_path: Path) -> None:
    log, kept = structlog.get_logger(), tmp_path / "password"
    kept.write_text("in-a-file\n")
    environ = {"FIRST_INTAKE": "first-secret", "DASHBOARD_FILE": str(kept), "ES_TOKEN": "77:spanish", "OTHER": "other"}
    said = ["first-secret", "in-a-file", "77:spanish", "other"]
    log.info("alarm", text=" ".join(said))
    parse_settings(FILE, None, environ)
    log.info("alarm", text=" ".join(said))
    assert lines.getvalue().count("first-secret in-a-file 77:spanish other") == 2
    later = FILE.replace('title = "Storm"', 'title = "Storm"\nintake_secret_env = "FIRST_INTAKE"')
    later += '[web]\ndashboard_password_env = "DASHBOARD"\n[[bots]]\nname = "es"\ntoken_env = "ES_TOKEN"\n'
    parse_settings(later, None, environ)
    log.info("alarm", text=" ".join(said))
    assert json.loads(lines.getvalue().splitlines()[-1])["text"] == "… … … other"


def test_an_answer_that_cannot_be_read_is_not_repeated(lines: io.StringIO) -> None:
    """It may be what people wrote."""
    with pytest.raises(TelegramError):
        BaseRequest.parse_json_payload(b'{"ok": true, "result": [{"message": {"text": "my own words"')
    assert lines.getvalue() == ""


def test_numbers_stay_numbers_whatever_is_secret(lines: io.StringIO) -> None:
    logs.keep_out("17")
    structlog.get_logger().info("push sent", post=17, chats=None)
    assert json.loads(lines.getvalue())["post"] == 17


def test_where_something_broke_is_told_without_what_it_says() -> None:
    try:
        int("my own words")
    except ValueError as error:
        kind, *places = logs.where(error)
    assert kind == "ValueError"
    assert places
    assert all(re.fullmatch(r"\w+\.py:\d+ \w+", place) for place in places)


# --- what happens very often ---------------------------------------------------------------------------------------


def test_what_happens_often_is_told_at_once_and_then_once_a_minute(lines: io.StringIO) -> None:
    mishaps = Mishaps()
    for second in range(180):
        for _ in range(10):
            mishaps.happened(Mishap("chats closed", "bot was blocked by the user"), 1000.0 + second)
        mishaps.tell(1000.0 + second)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["times"] for line in told] == [1, 609, 600]
    assert {(line["event"], line["why"]) for line in told} == {("chats closed", "bot was blocked by the user")}


def test_another_reason_is_told_at_once_as_well(lines: io.StringIO) -> None:
    mishaps = Mishaps()
    mishaps.happened(Mishap("telegram asks for patience", "429", 7.0), 1000.0)
    mishaps.happened(Mishap("telegram asks for patience", "slow mode", 9.0), 1000.0)
    assert [json.loads(line)["seconds"] for line in lines.getvalue().splitlines()] == [7.0, 9.0]


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0.0, 50.0)), max_size=300))
def test_everything_is_told_once_however_many_reasons_there_are(happened: list[tuple[int, float]]) -> None:
    counted, now, told = Seldom[int](), 0.0, 0
    for what, pause in happened:
        now += pause
        told += counted.happened(what, now)
        told += sum(times for _, times in counted.due(now))
        assert len(counted._told_at) <= MOST
    told += sum(times for _, times in counted.due(now + seldom.EVERY + 1.0))  # floats round
    assert told == len(happened)
    assert EVERY == 60.0
