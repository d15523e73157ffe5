"""The forms of the file's values as annotations: how each is read, and its JSON Schema for editors that complete and
underline while the file is written.

A schema takes at least what its form takes: it knows less than the relay does, and must refuse nothing that the relay
would apply. Patterns keep to what every engine knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from bot.core.languages import LANGUAGES
from config import forms

Json = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """`form` makes the value, or says what would be right; `schema` is for editors."""

    form: Callable[[object], Any]
    schema: Json

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.form)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return dict(self.schema)


_LINE = r"[^\x00-\x1f\x7f]"  # of one line of text
_ADDRESS = r"[Hh][Tt][Tt][Pp][Ss]?://[^\s<>\"{}\\^`]+"
_ID = "[a-z0-9][a-z0-9-]{0,30}"
_ENVIRONMENT_NAME = "[A-Za-z_][A-Za-z0-9_]*"


def pattern(form: str, *examples: str, padded: bool = True) -> Json:
    """Most forms leave spaces around a text aside."""
    whole = rf"^\s*({form})\s*$" if padded else f"^({form})$"
    return {"type": "string", "pattern": whole, **({"examples": list(examples)} if examples else {})}


def text_up_to(longest: int) -> Shape:
    return Shape(forms.text_up_to(longest), pattern(f"{_LINE}{{0,{longest}}}"))


def choice(*known: str) -> Shape:
    return Shape(forms.choice(*known), {"type": "string", "enum": list(known)})


def whole(least: int, most: int, hint: str = "") -> Shape:
    return Shape(forms.whole(least, most, hint), {"type": "integer", "minimum": least, "maximum": most})


TEXT = Shape(forms.text, pattern(f"{_LINE}*"))
SWITCH = Shape(forms.switch, {"type": "boolean"})
RATE = Shape(forms.rate, {"type": "number", "exclusiveMinimum": 0, "examples": [30, 0.5]})
USER_ID = Shape(forms.user_id, {"type": "integer", "minimum": 1, "maximum": forms.LARGEST_USER_ID - 1})
DURATION = Shape(forms.duration, pattern("[0-9]{1,12}[smhd]", "0s", "20s", "5m", "48h", "2d"))
INTERVAL = Shape(forms.interval, pattern("0{0,11}[1-9][0-9]{0,11}[smhd]", "20s", "30s", "5m"))
ID = Shape(forms.short_id, pattern(_ID, padded=False))
OPTIONAL_ID = Shape(forms.short_id_or_none, pattern(f"|{_ID}", padded=False))
TIMEZONE = Shape(forms.timezone, pattern("[A-Za-z][A-Za-z0-9_+/-]*", "UTC", "Europe/Berlin", "America/New_York"))
LANGUAGE = Shape(forms.language, pattern("[A-Za-z].*", *LANGUAGES))
WEB_ADDRESS = Shape(forms.web_address, pattern(_ADDRESS, "https://example.org"))
OPTIONAL_WEB_ADDRESS = Shape(forms.web_address_or_none, pattern(f"|{_ADDRESS}"))
PAGE_ADDRESS = Shape(
    forms.page_address,
    pattern(
        r"([Hh][Tt][Tt][Pp][Ss]?:|\{date).*",
        "https://example.org/live",
        "https://example.org/live-{date:%Y-%m-%d}/index.html",
    ),
)
STORAGE_URL = Shape(
    forms.storage_url,
    pattern(
        "(sqlite:///|postgres(ql)?://).+",
        "sqlite:///var/relay.db",
        "sqlite:////abs/path",
        "postgresql://user@host/db",
    ),
)
LISTEN_ADDRESS = Shape(forms.listen_address, pattern(r"|\S+:[0-9]{1,5}", "127.0.0.1:8080", ""))
ENVIRONMENT_NAME = Shape(forms.environment_name, pattern(_ENVIRONMENT_NAME, "RELAY_SECRET", padded=False))
OPTIONAL_ENVIRONMENT_NAME = Shape(
    forms.environment_name_or_none, pattern(f"|{_ENVIRONMENT_NAME}", "RELAY_SECRET", padded=False)
)
WORDS = Shape(
    forms.words,
    {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "minLength": 1},
        "examples": [["NATO", "Vilnius", "Stoltenberg"]],
    },
)
