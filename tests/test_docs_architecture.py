"""docs/architecture.md names what there is, and links in the documentation lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlite_utils import Database

import bot
from storage.schema import migrations

ROOT = Path(__file__).parents[1]
CODE = Path(bot.__path__[0]).parent
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
PLACES = sorted(set(re.findall(r"`((?:bot|storage|handlers|config|tests)/[\w./]*)`", ARCHITECTURE)))
PAGES = ["README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_named_in_the_architecture_is_there(place: str) -> None:
    assert ((ROOT if place.startswith("tests/") else CODE) / place).exists()


def test_every_table_stands_in_the_architecture() -> None:
    db = Database(memory=True)
    migrations.apply(db)
    ours = {name for name in db.table_names() if not name.startswith(("post_fts", "_", "sqlite_"))}
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", ARCHITECTURE, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} >= ours


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", (ROOT / page).read_text())
    missing = [link for link in links if not ((ROOT / page).parent / link).exists()]
    assert missing == []
