"""JSON of which nothing is sure: values as what they should be, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.markup import text_of_plain

Fields = Mapping[str, Any]


def fields(value: Any) -> Fields:
    """An object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def objects(value: Any) -> list[Fields]:
    """The objects of a list; none for anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def line(value: Any) -> str | None:
    """A string as one line of text, None where there is none."""
    return " ".join(text_of_plain(value).split()) or None if isinstance(value, str) else None
