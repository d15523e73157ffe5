"""The documentation knows every command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handlers import COMMANDS, Command
from handlers.access import Role

TEXT = (Path(__file__).parents[1] / "docs" / "commands.md").read_text(encoding="utf-8")
PARTS = {
    Role.READER: TEXT.partition("## Readers")[2].partition("## Editors")[0],
    Role.EDITOR: TEXT.partition("## Editors")[2].partition("## Admins")[0],
    Role.ADMIN: TEXT.partition("## Admins")[2],
}


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_every_command_stands_where_its_people_look_with_what_may_follow(command: Command) -> None:
    form = f"/{command.name} {command.form}".strip().replace("|", r"\|")
    assert f"`{form}`" in PARTS[command.who]


def test_no_command_is_documented_that_is_not_there() -> None:
    rows = re.findall(r"^\| `/(\w+)", TEXT, re.MULTILINE)
    assert sorted(set(rows)) == sorted(command.name for command in COMMANDS)
