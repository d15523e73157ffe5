"""Every verb and option of the command line stands in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.__main__ import cli

ROOT = Path(__file__).parents[1]
COMMANDS = (ROOT / "docs" / "commands.md").read_text()


def verbs(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


@pytest.mark.parametrize(("name", "command"), list(verbs(cli)), ids=lambda one: one if isinstance(one, str) else "")
def test_a_verb_and_its_options_stand_in_the_documentation(name: str, command: click.Command) -> None:
    row = next((line for line in COMMANDS.splitlines() if line.startswith(f"| `{name}")), None)
    assert row is not None, f"{name} has no row in docs/commands.md"
    options = [option for one in command.params for option in one.opts if option.startswith("--")]
    assert [option for option in options if option not in row and option != "--config"] == []


@pytest.mark.parametrize(("name", "command"), list(verbs(cli)), ids=lambda one: one if isinstance(one, str) else "")
def test_config_may_stand_after_any_verb(name: str, command: click.Command) -> None:
    assert any("--config" in one.opts for one in command.params)


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md", "docs/commands.md", "docs/configuration.md"])
def test_links_between_the_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not (ROOT / page).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_every_command_line_in_the_pages_is_one_that_exists(page: str) -> None:
    known = {name.split()[0] for name, _ in verbs(cli)}
    used = re.findall(r"liveblog-relay ([a-z]+)", (ROOT / page).read_text())
    assert set(used) <= known
