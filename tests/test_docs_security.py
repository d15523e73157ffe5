"""docs/security.md names every way in, and tests and libraries that are there."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

from bot.fetch import LARGEST_BODY, MOST_REDIRECTS
from bot.reading import LONGEST_SECONDS, MOST_CPU, SMALL_BODY
from bot.web import attempts, connections, guard, intake, server, webhook, websub
from bot.web.dashboard import live
from tests.dashboard_house import dashboard

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text()
FILES = sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE)))
ROUTES = set(re.findall(r"`(/[^` ]*)`", PAGE))
LIBRARIES = re.findall(r"^\| ([\w-]+) \| ([\d.]+) \| .+? \| ([^|]+) \|", PAGE, re.MULTILINE)
# what is for another system than those that it runs on is in no list
LOCKED = re.findall(
    r"^([\w-]+)==([\w.]+)(?= \\| ;)(?! ; sys_platform == 'win32')",
    (ROOT / "requirements-run.txt").read_text(),
    re.MULTILINE,
)


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


def test_the_libraries_are_those_of_the_lock_in_their_versions() -> None:
    """All that is installed where the relay runs, also what others bring along."""
    assert {(name.lower(), said) for name, said, _ in LIBRARIES} == set(LOCKED)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w-]+", one)[0] for one in wanted}  # type: ignore[index]
    assert {name.lower() for name, *_ in LIBRARIES[: len(names)]} == names  # the table of those that we use


@pytest.mark.parametrize(("name", "licence"), [(name, licence) for name, _, licence in LIBRARIES])
def test_a_librarys_licence_is_the_one_that_it_names(name: str, licence: str) -> None:
    """As far as it names one in the form that machines read."""
    named = metadata(name).get("License-Expression")
    if named is not None:
        assert set(licence.split(", ")) == set(re.findall(r"[\w.-]+", named)) - {"AND", "OR"}


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
        (connections.MOST, "512 connections at once"),
        (connections.UNREAD_SECONDS, "30 seconds for an answer to be taken"),
        (guard.LARGEST_FORM // 1024, "256 KB at most"),
        (live.MOST, "40 streams"),
    ],
)
def test_its_numbers_are_those_in_force(number: float, said: str) -> None:
    assert re.search(r"\d+", said)[0] == f"{number:.0f}"  # type: ignore[index]
    assert said in PAGE
