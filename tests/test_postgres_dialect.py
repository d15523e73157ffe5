"""What PostgreSQL is asked in place of what the store says."""

from __future__ import annotations

import pytest

from storage.postgres.dialect import spoken

SAID = {
    "SELECT 1 FROM chat WHERE id = ? AND bot = ?": ("SELECT 1 FROM chat WHERE id = $1 AND bot = $2", None),
    "UPDATE post SET a = :now, b = :now WHERE c = :id": (
        "UPDATE post SET a = $1, b = $1 WHERE c = $2",
        ("now", "id"),
    ),
    "SELECT 1 FROM post p INDEXED BY post_key WHERE p.key_event": ("SELECT 1 FROM post p  WHERE p.key_event", None),
    "SELECT 1 FROM chat WHERE id IN (SELECT value FROM json_each(?))": ("SELECT 1 FROM chat WHERE id = ANY($1)", None),
    "SELECT 1 FROM page WHERE url NOT IN (SELECT value FROM json_each(:urls))": (
        "SELECT 1 FROM page WHERE url <> ALL($1)",
        ("urls",),
    ),
    "SELECT ':now', 'it''s ?' -- what? :that\n, value::jsonb FROM one WHERE a = :b": (
        "SELECT ':now', 'it''s ?' \n, value::jsonb FROM one WHERE a = $1",
        ("b",),
    ),
    "SELECT 1 WHERE a IS ? AND b IS NOT 'card' AND c IS NULL AND d IS NOT NULL": (
        "SELECT 1 WHERE a IS NOT DISTINCT FROM $1 AND b IS DISTINCT FROM 'card' AND c IS NULL AND d IS NOT NULL",
        None,
    ),
    "SELECT p.id FROM post_fts f CROSS JOIN post p ON p.id = f.rowid AND post_fts MATCH :match WHERE p.blog = :blog": (
        "SELECT p.id FROM post p WHERE p.sought @@ relay_sought($1) AND p.blog = $2",
        ("match", "blog"),
    ),
}


@pytest.mark.parametrize("statement", SAID)
def test_statements_are_said_as_postgresql_understands_them(statement: str) -> None:
    assert spoken(statement) == SAID[statement]
