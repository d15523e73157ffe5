"""Reading a value whose table in the file looks different from the value itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class ReadAs:
    """An annotation: pydantic reads `written`, `meaning` makes the value of it, and mistakes keep their keys."""

    written: type
    meaning: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.meaning, handler.generate_schema(self.written))
