"""What stands beside the files of the bot "main", database or copy: those of the others, by one rule."""

from __future__ import annotations

from glob import escape
from pathlib import Path

MAIN = "main"


def of_bot(path: Path, bot: str) -> Path:
    """Where a bot's file stands, by the one of "main": var/relay.db, var/relay.es.db."""
    return path if bot == MAIN else path.with_name(f"{path.stem}.{bot}{path.suffix}")


def beside(path: Path) -> dict[str, Path]:
    """The files of other bots that stand there, by their names."""
    found = sorted(path.parent.glob(f"{escape(path.stem)}.*{escape(path.suffix)}"))
    names = {one.name[len(path.stem) + 1 : len(one.name) - len(path.suffix)]: one for one in found}
    return {name: one for name, one in names.items() if name and "." not in name and one.is_file()}
