"""The documents that say "do this" are done."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import click
import pytest

from bot.demo.telegram import LocalTelegram
from config.settings import parse_settings
from tests.following import Newcomer, blocks
from tests.manual import call
from tests.ports import free_port

ROOT = Path(__file__).parents[1]
YOU = 1001
ANY_BLOG = '[[blogs]]\nid = "any"\nurl = "https://example.org/live"\n'


@pytest.fixture
async def newcomer(tmp_path: Path) -> AsyncIterator[Newcomer]:
    command = tmp_path / "bin" / "liveblog-relay"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n')
    command.chmod(0o755)
    async with LocalTelegram() as telegram:
        telegram.add_user(YOU, "You")
        ahead = f'[telegram]\napi_base = "{telegram.api_base}"\n[web]\nlisten = ""\n[delivery]\nedit_quiet = "1s"\n'
        environ = {"PATH": f"{command.parent}:{Path(sys.executable).parent}:/usr/bin:/bin"}
        one = Newcomer(tmp_path, telegram, YOU, environ, ahead)
        yield one
        await one.leave()


async def test_the_tutorial_goes_as_it_is_written(newcomer: Newcomer) -> None:
    document = (ROOT / "docs" / "tutorial.md").read_text()
    document = document.replace(":8000", f":{(port := free_port())}").replace(" 8000 ", f" {port} ")
    document = document.replace("123456:the-token-you-got", newcomer.telegram.token)
    for block in blocks(document):
        await newcomer.follow(block)
    # one message was made of the post, its correction and its withdrawal
    assert [text for text in newcomer.screen() if "brass band" in text] == []
    assert len([text for text in newcomer.screen() if text.startswith("withdrawn")]) == 1


# --- what documents name --------------------------------------------------------------------------------------------

PAGES = ["README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_a_line_for_the_shell_is_one_that_the_command_line_takes(page: str) -> None:
    for block in shown((ROOT / page).read_text()):
        for words in called(block):
            try:
                call(words)
            except click.UsageError as error:
                pytest.fail(f"{page}: liveblog-relay {' '.join(words)}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_to_a_heading_that_there_is(page: str) -> None:
    here = ROOT / page
    for path, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", here.read_text()):
        there = here.parent / path if path else here
        assert anchor in anchors(there.read_text()), f"{page}: {path}#{anchor}"


@pytest.mark.parametrize("page", PAGES[1:])
def test_every_page_is_reached_from_the_readme(page: str) -> None:
    assert f"]({page})" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", [page for page in PAGES if page != "docs/configuration.md"])  # it has tests of its own
def test_configuration_that_is_shown_is_taken(page: str) -> None:
    for number, block in enumerate(one for one in blocks((ROOT / page).read_text()) if one.kind == "toml"):
        text = block.text if "[[blogs]]" in block.text else f"{block.text}\n{ANY_BLOG}"
        if "[[blogs.topics]]" in block.text and "[[blogs]]" not in block.text:
            text = f"{ANY_BLOG}\n{block.text}"
        assert parse_settings(text, Path(f"{page}-{number}"), {}).blogs


def test_headings_are_anchored_as_the_web_does_it() -> None:
    assert anchors("# What `read --json` prints\n## 5. Start it\n") == {"what-read---json-prints", "5-start-it"}


def shown(document: str) -> Iterator[str]:
    """Every fenced block of shell, and those that name no language."""
    for found in re.finditer(r"^```(?:sh|console)?(?: \S+)?\n(.*?)^```$", document, re.MULTILINE | re.DOTALL):
        yield found[1].replace("\\\n", " ")


def called(block: str) -> Iterator[list[str]]:
    """What stands behind the name of the command, in each line that calls it. Words that end it are left out."""
    for line in block.splitlines():
        if found := re.match(r"(?:\S*/)?liveblog-relay (.*)", line.strip()):
            words = shlex.split(found[1], comments=True)
            yield words[: next((n for n, word in enumerate(words) if word in {"|", "&&", ">", ";"}), len(words))]


def anchors(document: str) -> set[str]:
    """Of every heading, as the places are called that repositories are looked at in."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", document, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
