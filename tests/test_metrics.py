"""What machines are told: metrics that the documents know, to who may read them, and no words of anybody's."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from bot.core.lately import BOUNDS
from bot.core.model import Done, Lane, Refused, TryLater, Unknown
from bot.core.nodes import Nodes
from bot.core.plan import Pin, Send
from bot.counting import Counting
from bot.gauges import DELIVERY, Gauges
from bot.measures import MOST_BLOGS, OTHERS, Measures, exposition
from bot.pace import Limits, Pace
from bot.vitals import SAMPLES, Counted, Counts, Vitals
from handlers.commands import COMMANDS
from handlers.hearing import PRESSES, label_of
from tests.dashboard_house import Seen, dashboard
from tests.newsroom import post
from tests.telegram_house import ANN, BEN, buttons

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "metrics.md").read_text()
GRAFANA = json.loads((DOCS / "grafana.json").read_text())
PASSWORD = "correct horse battery"
ENDINGS = {"counter": "_total", "info": "_info"}  # that their samples have
LOCKED = '\n[web]\nlisten = "127.0.0.1:0"\ndashboard_password_env = "DASHBOARD_PASSWORD"\n'


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    """A relay in which something of everything has happened."""
    async with dashboard(tmp_path) as one:
        vitals = one.house.room.vitals
        vitals.measures.register(Gauges(vitals, lambda: {"storm": datetime.now(UTC)}))
        await one.house.room.follow(ANN, BEN)
        await one.house.room.publish(post("a", "The harbour wall holds."))
        await one.house.room.shows(ANN, "About a")
        await one.house.room.shows(BEN, "About a")
        await one.house.room.quiet()
        await one.house.ask(ANN, "/blogs")
        vitals.polled("storm", "changed", 0.2)
        vitals.measures.changed("storm", "new", 1)
        await one.count()
        yield one


async def metrics_of(seen: Seen) -> dict[str, Metric]:
    return {metric.name: metric for metric in prometheus(await seen.get("metrics"))}


def value(metrics: dict[str, Metric], name: str, /, **labels: str) -> float | None:
    found = [one for metric in metrics.values() for one in metric.samples if one.name == f"liveblog_relay_{name}"]
    return next((one.value for one in found if labels.items() <= one.labels.items()), None)


# --- what they say -------------------------------------------------------------------------------------------------


async def test_metrics_count_what_happened_and_what_there_is(seen: Seen) -> None:
    told = await metrics_of(seen)
    assert value(told, "actions_total", kind="send", lane="live", outcome="done") == 2
    assert value(told, "actions_total", kind="send", lane="breaking", outcome="done") == 0
    assert value(told, "delivery_seconds_count") == 2
    assert value(told, "delivery_seconds_bucket", le="+Inf") == 2
    assert value(told, "floods_total") == 0
    assert (value(told, "replies_total") or 0) >= 1
    assert value(told, "allowance_per_second") == 2000
    assert value(told, "pace_ratio") == 1
    assert value(told, "polls_total", blog="storm", outcome="changed") == 1
    assert value(told, "poll_seconds_count", outcome="changed") == 1
    assert value(told, "changes_total", blog="storm", kind="new") == 1
    assert value(told, "asked_total", kind="command", name="blogs", outcome="answered") == 1
    assert value(told, "subscriptions", blog="storm") == 2
    assert value(told, "posts", blog="storm") == 1
    assert (value(told, "chats_open") or 0) >= 2
    assert value(told, "queue", lane="live") == 0
    await seen.get("metrics")
    assert value(await metrics_of(seen), "http_requests_total", route="/metrics", status="200") == 2


async def test_commands_and_presses_are_counted_by_our_names_and_never_by_what_was_typed(seen: Seen) -> None:
    await seen.house.ask(ANN, "/subscribe nosuchblog")
    await seen.house.ask(ANN, "/s3cretw0rds")
    listed = await seen.house.answer(ANN, "/start")
    await seen.house.telegram.press(ANN, ANN, listed.id, next(iter(buttons(listed).values())))
    assert label_of("s3cretw0rds:1") == "(unknown)"
    text = await seen.get("metrics")
    assert "s3cretw0rds" not in text
    names = {one.labels["name"] for metric in prometheus(text) for one in metric.samples if "name" in one.labels}
    assert names <= {command.name for command in COMMANDS} | set(PRESSES)


async def test_open_metrics_are_told_to_who_accepts_them(seen: Seen) -> None:
    accepts = {"Accept": "application/openmetrics-text; version=1.0.0"}
    async with seen.visitor.get(f"{seen.url}metrics", headers=accepts) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        names = {metric.name for metric in open_metrics(await answer.text())}
    assert {"liveblog_relay_actions", "liveblog_relay_delivery_seconds", "liveblog_relay"} <= names
    async with seen.visitor.get(f"{seen.url}metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


# --- who may read them ---------------------------------------------------------------------------------------------


async def test_without_a_password_this_machine_alone_reads_them(seen: Seen) -> None:
    assert (await seen.answer("metrics", headers={"X-Forwarded-For": "203.0.113.7"}))[0] == 403
    assert (await seen.answer("metrics", headers={"Host": "relay.example.org"}))[0] == 403


async def test_with_a_password_who_knows_it_reads_them(tmp_path: Path) -> None:
    async with dashboard(tmp_path, web=LOCKED, environ={"DASHBOARD_PASSWORD": PASSWORD}) as locked:
        assert (await locked.answer("metrics"))[0] == 401
        wrong = {"Authorization": "Bearer wrong"}
        assert (await locked.answer("metrics", headers=wrong))[0] == 401
        right = {"Authorization": f"Bearer {PASSWORD}"}
        status, text = await locked.answer("metrics", headers=right)
        assert (status, "liveblog_relay_actions_total" in text, PASSWORD in text) == (200, True, False)
        basic = aiohttp.encode_basic_auth("prometheus", PASSWORD)
        assert (await locked.answer("metrics", headers={"Authorization": basic}))[0] == 200


# --- the documents -------------------------------------------------------------------------------------------------


def everything() -> dict[str, set[str]]:
    """Every metric of ours by the name that a query gives it, with its labels."""
    vitals = told_of_everything()
    return {name: labels for name, labels in _named(vitals.measures) if name.startswith("liveblog_relay")}


def told_of_everything() -> Vitals:
    vitals = Vitals(Pace(Limits()))
    nodes = Nodes(at=1.0, bots=("main",))
    vitals.measures.register(Gauges(vitals, lambda: {"storm": datetime.now(UTC)}, lambda: nodes))
    vitals.counts = Counts(blogs={"storm": Counted()}, counted_at=1.0)
    vitals.polled("storm", "failed", 1.0)
    vitals.measures.changed("storm", "new", 1)
    vitals.measures.asked("command", "help", "answered", 0.1)
    vitals.measures.requested("/metrics", 200, 0.1)
    return vitals


def _named(measures: Measures) -> Iterator[tuple[str, set[str]]]:
    for metric in measures.registry.collect():
        labels = {label for one in metric.samples for label in one.labels} - {"le"}
        yield f"{metric.name}{ENDINGS.get(metric.type, '')}", labels


def documented() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `(liveblog_relay\w+)` \| ?([^|]*)\|", PAGE, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def test_every_metric_stands_in_the_document_with_its_labels_and_no_other() -> None:
    assert documented() == everything()


def test_metrics_are_named_as_prometheus_wants_it() -> None:
    for metric in told_of_everything().measures.registry.collect():
        assert metric.documentation
        assert metric.type in ("counter", "gauge", "histogram", "info")
        if metric.type == "histogram":
            assert metric.name.endswith("_seconds")
        assert not re.search(r"milli|minutes|percent|_ms\b", metric.name)


def expressions() -> list[tuple[str, str]]:
    """Of the panels, of the list of jobs, and of the rules in the document."""
    panels = [(panel["title"], target["expr"]) for panel in GRAFANA["panels"] for target in panel["targets"]]
    rules = re.findall(r"- alert: (\w+)\n +expr: (.+)", PAGE)
    lists = [(one["name"], one["query"]["query"]) for one in GRAFANA["templating"]["list"] if one["type"] == "query"]
    return panels + rules + lists


@pytest.mark.parametrize(("title", "expression"), expressions())
def test_an_expression_names_metrics_and_labels_that_exist(title: str, expression: str) -> None:
    ours = everything()
    process = {name for name, _ in _named(told_of_everything().measures)}
    for name, selector in re.findall(r"\b((?:liveblog_relay|process)_\w+)(?:\{([^}]*)\})?", expression):
        known = re.sub(r"_(bucket|count|sum)$", "", name) if name not in ours else name
        assert known in ours or known in process, name
        labels = set(re.findall(r"(\w+)\s*(?:=|!)", selector)) - {"job"}
        assert labels - {"bot"} <= ours.get(known, set()), name  # which is there where there are several
    assert expression.count("(") == expression.count(")")


def test_every_metric_is_seen_on_the_ready_dashboard() -> None:
    shown = " ".join(expression for _, expression in expressions())
    assert [name for name in everything() if name not in shown] == []


def test_the_ready_dashboard_has_the_shape_that_grafana_imports() -> None:
    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= GRAFANA.keys()
    ids = [panel["id"] for panel in GRAFANA["panels"]]
    assert len(ids) == len(set(ids)) >= 10
    places = set()
    for panel in GRAFANA["panels"]:
        _is_panel(panel)
        places.add((panel["gridPos"]["x"], panel["gridPos"]["y"]))
    assert len(places) == len(ids)


def _is_panel(panel: dict[str, Any]) -> None:
    assert panel["type"] in ("timeseries", "stat")
    assert panel["gridPos"].keys() == {"h", "w", "x", "y"}
    assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert panel["targets"]
    assert all(target["expr"] and target["refId"] for target in panel["targets"])


# --- the rules behind them -----------------------------------------------------------------------------------------


def test_the_buckets_of_deliveries_are_some_of_those_that_are_counted() -> None:
    assert set(DELIVERY) <= set(BOUNDS)


def test_blogs_beyond_the_first_two_hundred_share_their_lines() -> None:
    measures = Measures()
    for number in range(MOST_BLOGS + 50):
        measures.polled(f"b{number}", "changed", 0.1)
    told = {metric.name: metric for metric in measures.registry.collect()}["liveblog_relay_polls"]
    by_blog = {one.labels["blog"]: one.value for one in told.samples}
    assert len(by_blog) == MOST_BLOGS + 1
    assert by_blog[OTHERS] == 50


def test_a_blog_that_left_the_file_has_no_lines_any_more_and_another_may_have_them() -> None:
    measures = Measures()
    for blog in ("storm", "flood"):
        measures.polled(blog, "changed", 0.1)
    measures.keep_blogs(["flood", "heat"])
    measures.changed("storm", "new", 1)
    text, _ = exposition({"main": measures}, "")
    assert b'polls_total{blog="flood"' in text
    assert b'polls_total{blog="storm"' not in text


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Done(), "done"),
        (Refused(why="new"), "refused"),
        (TryLater(why="", after=1.0, flood=True), "later"),
        (Unknown(why=""), "unknown"),
    ],
)
def test_each_outcome_has_its_word(outcome: Done | Refused | TryLater | Unknown, word: str) -> None:
    measures = Measures()
    for action in (Send, Pin):
        measures.settled(action, Lane.DIGEST, type(outcome))
        measures.settled(action, Lane.DIGEST, type(outcome))
    text, _ = exposition({"main": measures}, "")
    assert f'actions_total{{kind="pin",lane="digest",outcome="{word}"}} 2.0'.encode() in text


async def test_a_minute_is_kept_of_everything_that_is_drawn(seen: Seen) -> None:
    room = seen.house.room
    second = int(room.vitals.clock()) + 1
    sample = room.vitals.sample(second - 60, 60)
    assert set(sample) == set(SAMPLES)
    assert sample["delivered"] == 2
    assert sample["polls"] == 1
    await room.store.keep_samples(second - 60, sample)
    again = Vitals(room.pace)
    await Counting(store=room.store, vitals=again)._remember()
    assert again.now().delivered_last_hour == 2
