"""docs/security.md names every way in, and tests and libraries that are there."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.fetch import LARGEST_BODY, MOST_REDIRECTS
from bot.reading import LONGEST_SECONDS, MOST_CPU, SMALL_BODY
from bot.web import attempts, connections, intake, server, webhook, websub
from tests.dashboard_house import dashboard

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text()
FILES = sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE)))
ROUTES = set(re.findall(r"`(/[^` ]*)`", PAGE))
LIBRARIES = re.findall(r"^\| ([\w-]+) \| ([\d.]+) \|", PAGE, re.MULTILINE)


async def test_every_route_stands_in_it_and_every_one_in_it_is_there(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as seen:
        assert seen.web.server is not None
        registered = {route.resource.canonical for route in seen.web.server._app.router.routes() if route.resource}
    door = webhook.routes(webhook.Webhook(path="p", secret="s"))
    registered |= {route.path for route in door}
    assert ROUTES - {"/forget"} == registered


@pytest.mark.parametrize("file", FILES)
def test_a_test_that_it_names_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


def test_the_libraries_are_those_that_the_relay_needs_in_their_versions() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w-]+", one)[0] for one in wanted}  # type: ignore[index]
    assert {name.lower() for name, _ in LIBRARIES} == names
    assert [(name, said) for name, said in LIBRARIES if version(name) != said] == []


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (LARGEST_BODY // 1024**2, "12 MB after unpacking"),
        (MOST_REDIRECTS, "5, to http"),
        (MOST_CPU, "5 seconds of computing"),
        (LONGEST_SECONDS, "30 by the clock"),
        (SMALL_BODY // 1024, "8 KB"),
        (server.LONGEST_SECONDS, "90 seconds a request"),
        (connections.SILENT_SECONDS, "15 seconds for a request's head"),
        (webhook.AT_ONCE, "256 at once"),
        (webhook.READ_SECONDS, "10 seconds, JSON"),
        (websub.WAITING_AT_MOST, "4 waiting for each blog"),
        (intake.MOST_A_MINUTE, "600 a minute"),
        (intake.WAITING_AT_MOST, "8 at once"),
        (attempts.BY_ONE, "8 wrong passwords"),
        (attempts.BY_ALL, "120 in all"),
    ],
)
def test_its_numbers_are_those_in_force(number: float, said: str) -> None:
    assert re.search(r"\d+", said)[0] == f"{number:.0f}"  # type: ignore[index]
    assert said in PAGE
